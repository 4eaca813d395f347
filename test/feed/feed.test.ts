// Guards: a feed gives each reader everything of its rooms after its position, once and in order.
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Batch } from "../../src/feed/batch.js";
import { Feed, type FeedReading } from "../../src/feed/feed.js";
import { systemClock } from "../../src/runtime/clock.js";
import type { RoomKey, StoreLog } from "../../src/store/log.js";
import { openSqliteStore } from "../../src/store/sqlite/store.js";
import { fastClock } from "../clock.js";
import { chat, chats } from "../contracts/events.js";
import { claimed } from "../contracts/harness.js";
import { until } from "../until.js";
import { runsOf } from "../whole.js";

/** Takes everything, and notes it. */
class Notes {
  readonly batches: Batch[] = [];
  readonly stop = new AbortController();
  error: unknown = null;
  following: FeedReading | null = null;
  ready: (signal: AbortSignal) => Promise<() => void> = async () => () => {};
  take: (batch: Batch) => Promise<void> | undefined = () => undefined;

  follow(feed: Feed, rooms: readonly RoomKey[] | null, after: number, pageEvents?: number): this {
    const reader = {
      rooms: rooms === null ? null : new Set(rooms),
      after,
      pageEvents,
      ready: (signal: AbortSignal) => this.ready(signal),
      take: (batch: Batch) => {
        this.batches.push(batch);
        return this.take(batch);
      },
    };
    this.following = feed.follow(reader, this.stop.signal);
    this.following.done.catch((error: unknown) => (this.error = error));
    return this;
  }

  /** What came, as `room:seq`. */
  get seen(): string[] {
    return this.batches.flatMap(({ rows }) => rows.map(({ room, seq }) => `${room}:${seq}`));
  }
}

/** A log in memory that counts how it is read. */
function counted(clock = systemClock) {
  const store = openSqliteStore({ path: ":memory:" });
  const counts = { reads: 0, pages: 0, listeners: 0 };
  let failures = 0;
  const { log } = store;
  const fail = () => {
    if (failures-- > 0) throw new Error("the disk is gone");
  };
  const spied: Pick<StoreLog, "read" | "readRoom" | "seqAt" | "head" | "wakes"> = {
    read: async (...args) => {
      counts.reads++;
      fail();
      return log.read(...args);
    },
    readRoom: async (...args) => {
      counts.pages++;
      fail();
      return log.readRoom(...args);
    },
    seqAt: (room, pos) => log.seqAt(room, pos),
    head: () => log.head(),
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

const upTo = (room: RoomKey, n: number) => Array.from({ length: n }, (_, index) => `${room}:${1 + index}`);

describe("a feed", () => {
  it("reads once for all readers at the head, and gives those of the same rooms the same batch", async () => {
    const { store, feed, counts } = counted();
    const [one, two] = [await claimed(store, "1"), await claimed(store, "2")];
    const ofOne = Array.from({ length: 20 }, () => new Notes().follow(feed, [one.room], 0));
    const ofBoth = Array.from({ length: 20 }, () => new Notes().follow(feed, [one.room, two.room], 0));
    const all = new Notes().follow(feed, null, 0);
    await until(() => counts.listeners === 1);
    await one.append(...chats(1, "first"));
    await until(() => [...ofOne, ...ofBoth, all].every(({ seen }) => seen.length === 1));
    counts.reads = 0;
    await Promise.all([one.append(...chats(10, "a")), two.append(...chats(10, "b"))]);
    await until(() => ofBoth.every(({ seen }) => seen.length === 21) && ofOne.every(({ seen }) => seen.length === 11));
    // One with the events; a wake that came meanwhile may have caused a look in vain.
    expect(counts.reads).toBeLessThanOrEqual(2);
    expect(counts.pages).toBe(0);
    expect(new Set(ofOne.map(({ batches }) => batches.at(-1))).size).toBe(1);
    expect(new Set([all, ...ofBoth].map(({ batches }) => batches.at(-1))).size).toBe(1);
    const batch = all.batches.at(-1);
    let made = 0;
    expect([batch?.once("k", () => ++made), batch?.once("k", () => ++made), batch?.once("other", () => null)]).toEqual([1, 1, null]);
    expect(ofOne.map(({ following }) => following?.at)).toEqual(ofOne.map(() => 21));
    for (const reader of [all, ...ofOne, ...ofBoth]) reader.stop.abort();
  });

  it("reads only while there are readers", async () => {
    const { store, feed, counts } = counted();
    const { room, append } = await claimed(store);
    await append(...chats(3));
    expect([feed.size, counts.listeners]).toEqual([0, 0]);
    const [one, two] = [new Notes().follow(feed, [room], 0), new Notes().follow(feed, [room], 3)];
    await until(() => one.seen.length === 3);
    expect([feed.size, counts.listeners]).toEqual([2, 1]);
    one.stop.abort();
    two.stop.abort();
    await Promise.all([one.following?.done, two.following?.done]);
    await until(() => counts.listeners === 0);
    expect(feed.size).toBe(0);
    counts.reads = 0;
    await append(...chats(3, "more"));
    await new Promise((resolve) => setTimeout(resolve, 40));
    expect([counts.reads, one.seen.length, two.seen.length]).toEqual([0, 3, 0]);
    const again = new Notes().follow(feed, null, 0);
    await until(() => again.seen.length === 6);
    again.stop.abort();
  });

  it("gives a reader that is ahead of it nothing twice", async () => {
    const { store, feed } = counted();
    const { room, append } = await claimed(store);
    const early = new Notes().follow(feed, [room], 0);
    const ahead = new Notes().follow(feed, [room], 6);
    await append(...chats(10));
    await until(() => ahead.seen.length === 4 && early.seen.length === 10);
    expect(ahead.seen).toEqual(upTo(room, 10).slice(6));
    early.stop.abort();
    ahead.stop.abort();
  });

  it("gives a busy reader nothing more, and the batches that it missed from memory", async () => {
    const { store, feed, counts } = counted();
    const { room, append } = await claimed(store);
    const [busy, other] = [new Notes(), new Notes().follow(feed, [room], 0)];
    let finish = () => {};
    busy.take = ({ to }) => (to === 1 ? new Promise<void>((resolve) => (finish = resolve)) : undefined);
    busy.follow(feed, [room], 0);
    await until(() => counts.listeners === 1);
    for (const n of [1, 2, 3]) {
      await append(chat(String(n)));
      await until(() => other.seen.length === n);
    }
    expect([busy.seen, busy.following?.at]).toEqual([[`${room}:1`], 0]);
    finish();
    await until(() => busy.seen.length === 3);
    expect([busy.seen, busy.following?.at, counts.pages]).toEqual([upTo(room, 3), 3, 0]);
    busy.stop.abort();
    other.stop.abort();
  });

  it("tells each removed range once, where it lies", async () => {
    const { store, feed } = counted();
    const [one, two] = [await claimed(store, "1"), await claimed(store, "2")];
    await one.append(...chats(4, "a"));
    await two.append(...chats(4, "b"));
    await one.append(...chats(4, "c"));
    await store.log.remove(one.room, 3, 6, "retention");
    const told = ({ batches }: Notes) =>
      batches.flatMap((batch) => [...batch.inOrder(batch.rows)].map((x) => ("seq" in x ? `${x.room}:${x.seq}` : [x.room, x.from, x.to])));
    const [ofOne, ofBoth] = [new Notes().follow(feed, [one.room], 0, 3), new Notes().follow(feed, [one.room, two.room], 0, 3)];
    await until(() => ofOne.seen.length === 4 && ofBoth.seen.length === 8);
    const before = upTo(one.room, 2);
    const after = upTo(one.room, 8).slice(6);
    expect(told(ofOne)).toEqual([...before, [one.room, 3, 6], ...after]);
    expect(told(ofBoth)).toEqual([...before, ...upTo(two.room, 4), [one.room, 3, 6], ...after]);
    ofOne.stop.abort();
    ofBoth.stop.abort();
  });

  it("goes on when the log could not be read, and when a reader has a bug", async () => {
    const { store, feed, counts, errors, fail } = counted(fastClock(20)); // it is read again after a second
    const { room, append } = await claimed(store);
    const [good, bad] = [new Notes(), new Notes()];
    bad.take = () => {
      throw new Error("a bug");
    };
    good.follow(feed, [room], 0);
    bad.follow(feed, [room], 0);
    await until(() => counts.listeners === 1);
    await append(chat("a"));
    await until(() => good.seen.length === 1 && bad.error !== null);
    fail(1);
    await append(chat("b"));
    await until(() => good.seen.length === 2);
    expect([bad.seen.length, String(bad.error), ...errors.map(String)]).toEqual([1, "Error: a bug", "Error: the disk is gone"]);
    good.stop.abort();
  });

  it("ends a reader that is behind when the log cannot be read", async () => {
    const { store, feed, fail } = counted();
    const { room, append } = await claimed(store);
    await append(chat("a"));
    const [one, all] = [new Notes(), new Notes()];
    fail(9);
    one.follow(feed, [room], 0);
    await until(() => one.error !== null);
    all.follow(feed, null, 0);
    await until(() => all.error !== null);
    expect([String(one.error), String(all.error)]).toEqual(["Error: the disk is gone", "Error: the disk is gone"]);
  });

  it("gives each reader everything of its rooms after its position exactly once, whatever comes when", async () => {
    const step = fc.oneof(
      fc.record({ do: fc.constant("append" as const), room: fc.nat(1), count: fc.integer({ min: 1, max: 300 }) }),
      fc.record({
        do: fc.constant("join" as const),
        of: fc.constantFrom("one", "both", "all"),
        back: fc.nat(400),
        slow: fc.boolean(),
        busy: fc.boolean(),
      }),
      fc.record({ do: fc.constant("leave" as const), which: fc.nat(20) }),
      fc.record({ do: fc.constant("wait" as const), ms: fc.nat(15) }),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 5, maxLength: 25 }), async (steps) => {
        const { store, feed, errors } = counted();
        const rooms = [await claimed(store, "1"), await claimed(store, "2")];
        const [first = 0, second = 0] = rooms.map(({ room }) => room);
        const log: string[] = [];
        const seqs = new Map<RoomKey, number>();
        const readers: { readonly notes: Notes; readonly rooms: readonly RoomKey[]; readonly after: number }[] = [];
        let made = 0;
        for (const one of steps) {
          if (one.do === "wait") await new Promise((resolve) => setTimeout(resolve, one.ms));
          if (one.do === "append") {
            const { room = 0, append } = rooms[one.room] ?? {};
            await append?.(...chats(one.count, `${made++}-`));
            for (let seq = (seqs.get(room) ?? 0) + 1, n = 0; n < one.count; n++) log.push(`${room}:${seq + n}`);
            seqs.set(room, (seqs.get(room) ?? 0) + one.count);
          }
          if (one.do === "leave") readers.splice(one.which, 1)[0]?.notes.stop.abort();
          if (one.do === "join") {
            const notes = new Notes();
            const pause = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));
            if (one.slow) notes.ready = () => pause(2).then(() => () => {});
            if (one.busy) notes.take = ({ to }) => (to % 2 === 0 ? undefined : pause(to % 5));
            const after = Math.max(0, log.length - one.back);
            const wanted = one.of === "one" ? [first] : [first, second];
            notes.follow(feed, one.of === "all" ? null : wanted, after);
            readers.push({ notes, rooms: wanted, after });
          }
        }
        for (const { notes, rooms, after } of readers) {
          const wanted = log.slice(after).filter((one) => rooms.includes(Number(one.split(":")[0])));
          await until(() => notes.seen.length >= wanted.length);
          expect(notes.seen).toEqual(wanted);
          expect(notes.error).toBeNull();
        }
        for (const { notes } of readers) notes.stop.abort();
        await Promise.all(readers.map(({ notes }) => notes.following?.done));
        expect(errors).toEqual([]);
        await store.close();
      }),
      { numRuns: runsOf(30) },
    );
  });
});
