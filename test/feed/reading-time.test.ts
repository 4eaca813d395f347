// Guards: expensive filters of one token do not slow others down.
import { describe, expect, it } from "vitest";
import { type ReadEvents, readAfter } from "../../src/feed/read.js";
import { ReadingTime } from "../../src/feed/reading-time.js";
import type { StoreLog } from "../../src/store/log.js";
import { pageOf } from "../../src/store/page.js";
import { rowOf, StoredEvent } from "../../src/store/stored-event.js";
import { FakeClock } from "../clock.js";
import { chats } from "../contracts/events.js";
import { serveLive } from "../http/streams/live-server.js";
import { SseClient } from "../http/streams/sse-client.js";
import { WsClient } from "../http/streams/ws-client.js";
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

describe("turns", () => {
  it("are given one in each turn of the event loop, to one payer after the other", async () => {
    const time = new ReadingTime(new FakeClock());
    const order: string[] = [];
    const take = async (payer: string) => {
      await time.turn(payer);
      order.push(payer);
    };
    const taken = Promise.all(["a", "a", "a", "a", "b", "c", "b"].map(take));
    for (let n = 1; n <= 7; n++) {
      await new Promise((resolve) => setImmediate(resolve));
      expect(order.length).toBeLessThanOrEqual(n);
    }
    await taken;
    expect(order).toEqual(["a", "b", "c", "a", "b", "a", "a"]);
  });

  it("are between the slices of a filter that takes long; an abort ends it within one", async () => {
    const time = new ReadingTime(new FakeClock());
    const stop = new AbortController();
    let turns = 0;
    const sifting = time.sift(EVENTS, { payer: "a", wanted: () => busy(6), signal: stop.signal });
    while (turns < 10) {
      await new Promise((resolve) => setImmediate(resolve));
      turns++;
    }
    stop.abort();
    const { found, tried } = await sifting;
    // Each event takes more than a slice, so that it has a turn to itself.
    expect(tried).toBeLessThanOrEqual(turns + 1);
    expect(found).toEqual(EVENTS.slice(0, tried));
  });

  it("end a filter when it has found enough or has taken its time", async () => {
    const time = new ReadingTime(new FakeClock());
    const enough = await time.sift(EVENTS, { payer: "a", wanted: ({ seq }) => seq % 2 === 0, limit: 3 });
    expect([enough.found.map(({ seq }) => seq), enough.tried]).toEqual([[2, 4, 6], 6]);
    const late = await time.sift(EVENTS, { payer: "a", wanted: () => busy(10), mostMs: 15 });
    expect(late.tried).toBeLessThan(EVENTS.length);
    expect(late.ms).toBeGreaterThanOrEqual(15);
  });

  it("are of few readings that hold events at a time: the others wait with nothing, and give up when their calls do", async () => {
    const time = new ReadingTime(new FakeClock());
    const waiting: Promise<ReadEvents>[] = [];
    const stop = new AbortController();
    let reading = 0;
    let most = 0;
    const log = {
      readRoom: async (_room: number, after: number, limit: number) => {
        if (after === 0) most = Math.max(most, ++reading);
        await new Promise((resolve) => setImmediate(resolve));
        if (after + limit >= 1_000) reading--;
        return pageOf(stored(limit, after), { scanned: after + limit, head: 1_000, pos: after + limit });
      },
    } as unknown as StoreLog;
    const filter = { where: {}, inside: null, expression: null };
    for (let n = 0; n < 20; n++) {
      const one = { log, room: 1, limit: 1_000, filter, time, payer: "a" };
      waiting.push(readAfter(one, { next: 0, pos: 0 }, n < 15 ? new AbortController().signal : stop.signal));
    }
    stop.abort();
    const got = await Promise.all(waiting);
    expect(most).toBe(4);
    expect(got.slice(0, 15).every(({ rows, next }) => rows.length === 1_000 && next === 1_000)).toBe(true);
    for (const one of got.slice(15)) expect(one).toEqual({ rows: [], next: 0, pos: 0, more: true, removed: [] });
  });

  it("compile an expression once, as long as it is used", async () => {
    const time = new ReadingTime(new FakeClock());
    const first = await time.compile("a", 'type == "chat"');
    expect(await time.compile("b", 'type == "chat"')).toBe(first);
    for (let n = 0; n < 60; n++) await time.compile("a", `${n} == ${n}`);
    expect(await time.compile("b", 'type == "chat"')).not.toBe(first);
    await expect(time.compile("a", "typo == 1")).rejects.toMatchObject({ code: "bad_request", details: { position: 0 } });
  });
});

describe("the time of filters", () => {
  it("is counted by token, comes back with time, and makes readers of the past wait", async () => {
    const clock = new FakeClock();
    const time = new ReadingTime(clock, { workBurstMs: 20, workMsPerSecond: 100 });
    await time.sift(EVENTS.slice(0, 1), { payer: "a", wanted: () => busy(25) });
    expect(time.left("a")).toBeLessThanOrEqual(-5);
    expect(time.left("b")).toBe(20);
    expect(() => time.assertLeft("a")).toThrow(expect.objectContaining({ code: "too_costly" }));
    time.assertLeft("b");
    let calm = false;
    void time.calm("a", new AbortController().signal).then(() => {
      calm = true;
    });
    await clock.advance(100);
    expect(calm).toBe(false);
    await clock.advance(1_500);
    expect(calm).toBe(true);
    expect(time.left("a")).toBe(20);
  });

  it("ends streams of a token whose filters take too much; others go on", async () => {
    const server = await serveLive({ limits: { workBurstMs: 100, workMsPerSecond: 0.01 } });
    const { room, append } = await server.room();
    const other = await server.makeToken();
    const words = Array.from({ length: 150 }, (_, index) => `"w${index}"`).join(",");
    const filter = `[${words}].exists(w, (text + w).lowerAscii().contains(w + "x"))`;
    const url = `${server.url}/v1/events/stream?rooms=${room}`;
    // Read once on somebody else's account: on a busy machine that alone may take the time that the token has.
    const reader = await SseClient.open(`${url}&filter=${encodeURIComponent(filter)}`, await server.makeToken());
    await until(() => reader.messages.length > 0);
    reader.close();
    const costly = await SseClient.open(`${url}&filter=${encodeURIComponent(filter)}`, server);
    const ws = await WsClient.open(server.url, server.token);
    ws.send({ op: "subscribe", rooms: [room], filter });
    const plain = await SseClient.open(url, server);
    const light = await SseClient.open(`${url}&filter=${encodeURIComponent('type == "chat"')}`, other);
    await until(() => ws.typed("subscribed").length === 1 && [costly, plain, light].every(({ messages }) => messages.length > 0));
    for (let i = 0; !costly.ended || ws.closed === null; i++) {
      await append(...chats(50, `${i}-`));
      await new Promise((resolve) => setTimeout(resolve, 20));
      if (i > 500) throw new Error("it was never too much");
    }
    expect(costly.messages.at(-1)?.event).toBe("costly");
    expect(ws.closed).toEqual({ code: 1008, reason: "costly" });
    const { length } = plain.events;
    await append(...chats(1, "last"));
    await until(() => plain.events.length > length);
    expect(plain.ended).toBe(false);
  });

  it("keeps no stream without a filter waiting for the past", async () => {
    const server = await serveLive({ limits: { workMsPerSecond: 0.01 } });
    const { room, append } = await server.room();
    await append(...chats(3));
    const { token, id } = await server.makeToken();
    server.live.time.charge(id, 6_000);
    const sse = await SseClient.open(`${server.url}/v1/events/stream?rooms=${room}&after=0`, { token });
    const ws = await WsClient.open(server.url, token);
    ws.send({ op: "subscribe", rooms: [room], after: 0 });
    await until(() => sse.events.length === 3 && ws.events.length === 3);
  });
});
