// Guards: expensive filters and large readings leave turns of the event loop to everything else.
import { describe, expect, it } from "vitest";
import { type ReadEvents, readAfter } from "../../src/feed/read.js";
import { ReadQueue } from "../../src/feed/read-queue.js";
import type { StoreLog } from "../../src/store/log.js";
import { pageOf } from "../../src/store/page.js";
import { rowOf, StoredEvent } from "../../src/store/stored-event.js";
import { chats } from "../contracts/events.js";
import { serveLive } from "../http/streams/live-server.js";
import { SseClient } from "../http/streams/sse-client.js";
import { until } from "../until.js";

const EVENTS = stored(50);

function stored(count: number, after = 0): readonly StoredEvent[] {
  return chats(count).map((event, index) => new StoredEvent({ room: 1, seq: after + index + 1, pos: after + index + 1 }, rowOf(event)));
}

/** A filter that takes its time. */
function busy(ms: number): boolean {
  for (const end = performance.now() + ms; performance.now() < end; );
  return true;
}

const nextTurn = () => new Promise((resolve) => setImmediate(resolve));

describe("turns", () => {
  it("are given one in each turn of the event loop, in the order of the calls", async () => {
    const queue = new ReadQueue();
    const order: string[] = [];
    const taken = Promise.all(
      ["a", "b", "c", "d"].map(async (name) => {
        await queue.turn();
        order.push(name);
      }),
    );
    for (let n = 1; n <= 4; n++) {
      await nextTurn();
      expect(order.length).toBeLessThanOrEqual(n);
    }
    await taken;
    expect(order).toEqual(["a", "b", "c", "d"]);
  });

  it("are between the slices of a filter that takes long; an abort ends it within one", async () => {
    const stop = new AbortController();
    let turns = 0;
    const filtering = new ReadQueue().filter(EVENTS, () => busy(6), { signal: stop.signal });
    while (turns < 10) {
      await nextTurn();
      turns++;
    }
    stop.abort();
    const { found, tried } = await filtering;
    // Each event takes more than a slice, so that it has a turn to itself.
    expect(tried).toBeLessThanOrEqual(turns + 1);
    expect(found).toEqual(EVENTS.slice(0, tried));
  });

  it("end a filter when it has found enough or has reached its deadline", async () => {
    const queue = new ReadQueue();
    let seen = 0;
    const enough = await queue.filter(EVENTS, () => ++seen % 2 === 0, { limit: 3 });
    expect([enough.found.map(({ seq }) => seq), enough.tried]).toEqual([[2, 4, 6], 6]);
    const late = await queue.filter(EVENTS, () => busy(10), { maxMs: 15 });
    expect(late.tried).toBeLessThan(EVENTS.length);
    expect(late.ms).toBeGreaterThanOrEqual(15);
  });
});

it("few readings hold events at a time: the others wait with nothing, and give up when their calls do", async () => {
  const queue = new ReadQueue();
  const waiting: Promise<ReadEvents>[] = [];
  const stop = new AbortController();
  let reading = 0;
  let most = 0;
  const log = {
    readRoom: async (_room: number, after: number, limit: number) => {
      if (after === 0) most = Math.max(most, ++reading);
      await nextTurn();
      if (after + limit >= 1_000) reading--;
      return pageOf(stored(limit, after), { scanned: after + limit, head: 1_000, pos: after + limit });
    },
  } as unknown as StoreLog;
  const filter = { where: {}, inside: null, expression: null };
  for (let n = 0; n < 20; n++) {
    const one = { log, room: 1, limit: 1_000, filter, queue };
    waiting.push(readAfter(one, { next: 0, pos: 0 }, n < 15 ? new AbortController().signal : stop.signal));
  }
  stop.abort();
  const got = await Promise.all(waiting);
  expect(most).toBe(8);
  expect(got.slice(0, 15).every(({ rows, next }) => rows.length === 1_000 && next === 1_000)).toBe(true);
  for (const one of got.slice(15)) expect(one).toEqual({ rows: [], next: 0, pos: 0, more: true, removed: [] });
});

it("a stream whose filter takes long gets what it wants, and holds up no other", async () => {
  const server = await serveLive();
  const { room, append } = await server.room();
  // Each search goes through the whole text: some milliseconds for an event.
  const searches = Array.from({ length: 15 }, () => "text.contains(w)").join("||");
  const filter = `![${Array.from({ length: 20 }, () => `"${"a".repeat(90)}b"`).join(",")}].exists(w, ${searches})`;
  const url = `${server.url}/v1/events/stream?rooms=${room}`;
  const slow = await SseClient.open(`${url}&filter=${encodeURIComponent(filter)}`, server);
  const plain = await SseClient.open(url, server);
  await until(() => slow.messages.length > 0 && plain.messages.length > 0);
  await append(...chats(100).map((event) => ({ ...event, text: "a".repeat(1_000) })));
  await until(() => plain.events.length === 100);
  expect(slow.events.length).toBeLessThan(100);
  await until(() => slow.events.length === 100);
});
