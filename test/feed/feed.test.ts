// Guards: a feed gives each reader everything after its place, once and in order.
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Feed } from "../../src/feed/feed.js";
import { Follow, type FollowTarget } from "../../src/feed/follow.js";
import type { Followed } from "../../src/feed/subscription.js";
import type { Batch } from "../../src/feed/tail.js";
import { systemClock } from "../../src/runtime/clock.js";
import type { Log, RoomKey } from "../../src/store/log.js";
import { openMemoryStore } from "../../src/store/memory/memory.js";
import { fastClock } from "../clock.js";
import { chat, chats } from "../contracts/events.js";
import { claimed } from "../contracts/harness.js";
import { until } from "../until.js";
import { runsOf } from "../whole.js";

/** Takes everything, and notes it. */
class Reader implements FollowTarget<Followed> {
  readonly batches: Batch[] = [];
  readonly stop = new AbortController();
  readonly follow: Follow<Followed>;
  error: unknown = null;
  ready: (signal: AbortSignal) => Promise<() => void> = async () => () => {};
  prepare: (batch: Batch) => Promise<void> | null = () => null;

  constructor(feed: Feed) {
    this.follow = new Follow(feed, this, this.stop.signal);
  }

  take(batch: Batch): void {
    this.batches.push(batch);
  }

  failed(error: unknown): void {
    this.error = error;
  }

  seqs(room: RoomKey): number[] {
    return this.batches.filter((batch) => batch.room === room).flatMap(({ rows }) => rows.map(({ seq }) => seq));
  }
}

/** A log in memory that counts how it is read. */
function counted(clock = systemClock) {
  const store = openMemoryStore({ maxEventsPerRoom: 1_000_000 });
  const counts = { reads: 0, listeners: 0 };
  let failures = 0;
  const { log } = store;
  const spied: Pick<Log, "readRoom" | "heads" | "wakes"> = {
    readRoom: async (...args) => {
      counts.reads++;
      if (failures-- > 0) throw new Error("the disk is gone");
      return log.readRoom(...args);
    },
    heads: (rooms) => log.heads(rooms),
    wakes: (signal) => {
      counts.listeners++;
      signal.addEventListener("abort", () => counts.listeners--);
      return log.wakes(signal);
    },
  };
  const errors: unknown[] = [];
  const feed = new Feed({ log: spied, clock, coalesceMs: 10, onError: (error) => errors.push(error) });
  return { store, feed, counts, errors, fail: (times: number) => (failures = times) };
}

const followed = (room: RoomKey, after: number): Followed => ({ room, after, where: {} });
const upTo = (n: number, from = 1) => Array.from({ length: n - from + 1 }, (_, index) => from + index);

describe("a feed", () => {
  it("read once for everybody at the head, who are given the same frozen batch", async () => {
    const { store, feed, counts } = counted();
    const { room, append } = await claimed(store);
    const readers = Array.from({ length: 50 }, () => new Reader(feed));
    for (const reader of readers) reader.follow.add(followed(room, 0));
    await until(() => feed.size === 1);
    await append(...chats(1, "first"));
    await until(() => readers.every((reader) => reader.seqs(room).length === 1));
    counts.reads = 0;
    await Promise.all([append(...chats(10, "a")), append(...chats(10, "b"))]);
    await until(() => readers.every((reader) => reader.seqs(room).length === 21));
    // One with the events; a wake that came meanwhile may have caused a look in vain.
    expect(counts.reads).toBeLessThanOrEqual(2);
    expect(readers.map((reader) => reader.batches.length)).toEqual(readers.map(() => 2));
    const batches = new Set(readers.map((reader) => reader.batches.at(-1)));
    expect(batches.size).toBe(1);
    const [batch] = batches;
    expect(Object.isFrozen(batch) && Object.isFrozen(batch?.rows) && Object.isFrozen(batch?.rows[0]?.event)).toBe(true);
    let made = 0;
    const make = () => Buffer.from(String(++made));
    expect([batch?.once("k", make), batch?.once("k", make), batch?.once("other", () => null)]).toEqual([
      Buffer.from("1"),
      Buffer.from("1"),
      null,
    ]);
    for (const reader of readers) reader.stop.abort();
  });

  it("are there only while somebody reads", async () => {
    const { store, feed, counts } = counted();
    const { room, append } = await claimed(store);
    await append(...chats(3));
    expect([feed.size, counts.listeners]).toEqual([0, 0]);
    const [one, two] = [new Reader(feed), new Reader(feed)];
    one.follow.add(followed(room, 0));
    two.follow.add(followed(room, 3));
    await until(() => one.seqs(room).length === 3);
    expect([feed.size, counts.listeners]).toEqual([1, 1]);
    one.stop.abort();
    expect(two.follow.drop(room)).toBe(true);
    expect([feed.size, counts.listeners]).toEqual([0, 0]);
    counts.reads = 0;
    await append(...chats(3, "more"));
    await new Promise((resolve) => setTimeout(resolve, 40));
    expect([counts.reads, one.seqs(room).length, two.seqs(room).length]).toEqual([0, 3, 0]);
    two.follow.add(followed(room, 0));
    await until(() => two.seqs(room).length === 6);
    two.stop.abort();
  });

  it("let a reader that is ahead of them in without giving it anything twice", async () => {
    const { store, feed } = counted();
    const { room, append } = await claimed(store);
    const stop = new AbortController();
    const early = feed.subscribe({ room, after: 0, where: {} }, stop.signal);
    const [first, seqs] = [early.next(), [] as number[]];
    await until(() => feed.size === 1);
    // Beyond where the tail is: as one who has read the log for himself.
    const ahead = feed.subscribe({ room, after: 6, where: {} }, stop.signal);
    const rest = ahead.next();
    await append(...chats(10));
    seqs.push(...((await first)?.rows ?? []).map(({ seq }) => seq));
    expect(seqs).toEqual(upTo(10));
    expect(await rest).toMatchObject({ after: 6, to: 10, rows: [{ seq: 7 }, { seq: 8 }, { seq: 9 }, { seq: 10 }] });
    stop.abort();
    expect(await early.next()).toBe(null);
  });

  it("let a reader go back, and read what comes meanwhile as it is when that is asked for", async () => {
    const { store, feed, counts } = counted();
    const { room, append } = await claimed(store);
    const stop = new AbortController();
    const reader = feed.subscribe({ room, after: 0, where: {}, pageEvents: 4 }, stop.signal);
    const first = reader.next();
    await until(() => feed.size === 1);
    await append(...chats(10));
    expect((await first)?.to).toBe(10);
    reader.goBack(3);
    counts.reads = 0;
    await append(...chats(2, "more"));
    await new Promise((resolve) => setTimeout(resolve, 40));
    expect(counts.reads).toBe(0);
    const batches = [await reader.next(), await reader.next(), await reader.next()];
    expect(batches.map((batch) => [batch?.after, batch?.rows.length, batch?.to])).toEqual([
      [3, 4, 7],
      [7, 4, 11],
      [11, 1, 12],
    ]);
    stop.abort();
  });

  it("go on when the log could not be read, and when a reader has a bug", async () => {
    const { store, feed, errors, fail } = counted(fastClock(20)); // it is read again after a second
    const { room, append } = await claimed(store);
    const [good, bad] = [new Reader(feed), new Reader(feed)];
    let taken = 0;
    bad.take = () => {
      taken++;
      throw new Error("a bug");
    };
    good.follow.add(followed(room, 0));
    bad.follow.add(followed(room, 0));
    await until(() => feed.size === 1);
    await append(chat("a"));
    await until(() => good.seqs(room).length === 1 && bad.error !== null);
    fail(1);
    await append(chat("b"));
    await until(() => good.seqs(room).length === 2);
    expect([taken, String(bad.error), ...errors.map(String)]).toEqual([1, "Error: a bug", "Error: the disk is gone"]);
    good.stop.abort();
    bad.stop.abort();
  });

  it("end a reader that is behind when the log cannot be read", async () => {
    const { store, feed, fail } = counted();
    const { room, append } = await claimed(store);
    await append(chat("a"));
    fail(1);
    const reader = new Reader(feed);
    reader.follow.add(followed(room, 0));
    await until(() => reader.error !== null);
    expect(String(reader.error)).toBe("Error: the disk is gone");
    reader.stop.abort();
  });

  it("give each reader everything after its place exactly once, whatever comes when", async () => {
    const step = fc.oneof(
      fc.record({ do: fc.constant("append" as const), room: fc.nat(1), count: fc.integer({ min: 1, max: 300 }) }),
      fc.record({ do: fc.constant("join" as const), back: fc.nat(400), slow: fc.boolean(), prepares: fc.boolean() }),
      fc.record({ do: fc.constant("leave" as const), which: fc.nat(20) }),
      fc.record({ do: fc.constant("wait" as const), ms: fc.nat(15) }),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 5, maxLength: 25 }), async (steps) => {
        const { store, feed, errors } = counted();
        const rooms = [await claimed(store, "1"), await claimed(store, "2")];
        const heads = [0, 0];
        const readers: { reader: Reader; after: number[] }[] = [];
        let made = 0;
        for (const one of steps) {
          if (one.do === "wait") await new Promise((resolve) => setTimeout(resolve, one.ms));
          if (one.do === "append") {
            await rooms[one.room]?.append(...chats(one.count, `${made++}-`));
            heads[one.room] = (heads[one.room] ?? 0) + one.count;
          }
          if (one.do === "leave") readers.splice(one.which, 1)[0]?.reader.stop.abort();
          if (one.do === "join") {
            const reader = new Reader(feed);
            if (one.slow) reader.ready = () => new Promise((resolve) => setTimeout(() => resolve(() => {}), 2));
            if (one.prepares) reader.prepare = ({ to }) => (to % 3 === 0 ? null : new Promise((resolve) => setTimeout(resolve, to % 3)));
            const after = heads.map((head) => Math.max(0, head - one.back));
            for (const [index, { room }] of rooms.entries()) reader.follow.add(followed(room, after[index] ?? 0));
            readers.push({ reader, after });
          }
        }
        for (const { reader, after } of readers)
          for (const [index, { room }] of rooms.entries()) {
            const wanted = upTo(heads[index] ?? 0, (after[index] ?? 0) + 1);
            await until(() => reader.seqs(room).length >= wanted.length);
            expect(reader.seqs(room)).toEqual(wanted);
          }
        for (const { reader } of readers) reader.stop.abort();
        expect([feed.size, errors]).toEqual([0, []]);
        await store.close();
      }),
      { numRuns: runsOf(30) },
    );
  });
});
