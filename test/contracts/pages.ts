import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { LiveEvent, NewEvent } from "../../src/events/event.js";
import { testEvent } from "../../src/events/test-event.js";
import type { Page, RoomKey, StoreLog, Where } from "../../src/store/log.js";
import { runsOf } from "../whole.js";
import { chat, chats, gift, userOf } from "./events.js";
import { claimed, type Open, readAll, useStore } from "./harness.js";

const seqsOf = (events: readonly LiveEvent[]) => events.map(({ seq }) => seq);

const testOf = (type: "chat" | "gift", id: string | number): NewEvent =>
  testEvent({ type }, { room: 1, webRid: null, id: `${id}`, now: 1 }) as NewEvent;

/** Reads the whole log in pages. */
async function readWhole(log: StoreLog, after: number, limit: number, where: Where = {}) {
  const rows: string[] = [];
  const removed: string[] = [];
  for (let scanned = after, last = after; ; ) {
    const page = await log.read(scanned, limit, where);
    for (const { room, seq, pos } of page.rows) {
      expect(pos).toBeGreaterThan(last);
      last = pos;
      rows.push(`${room}:${seq}`);
    }
    for (const { room, from, to, pos } of page.removed) {
      expect([pos > scanned, pos <= page.scanned]).toEqual([true, true]);
      removed.push(`${room}:${from}-${to}`);
    }
    if (page.scanned >= page.head) return { rows, removed, head: page.head };
    expect(page.scanned).toBeGreaterThan(scanned);
    scanned = page.scanned;
  }
}

/** Reading: pages, conditions, removed ranges. */
export function describePages(open: Open): void {
  describe("read of the whole log", () => {
    const store = useStore(open);
    let made = 0;

    it("gives all rooms' events in the order of their commits, after any position, and says what was removed", async () => {
      const actions = fc.array(
        fc.oneof(
          { weight: 4, arbitrary: fc.record({ append: fc.constantFrom(0, 1, 2), count: fc.integer({ min: 1, max: 4 }) }) },
          { weight: 1, arbitrary: fc.record({ remove: fc.constantFrom(0, 1, 2), from: fc.nat(12), count: fc.nat(6) }) },
        ),
        { minLength: 4, maxLength: 25 },
      );
      await fc.assert(
        fc.asyncProperty(actions, fc.nat(60), fc.integer({ min: 1, max: 5 }), async (done, back, limit) => {
          const { log } = store();
          const begin = await log.head();
          const rooms = await Promise.all([0, 1, 2].map((n) => claimed(store(), `${made++}/${n}`)));
          const order: { readonly room: RoomKey; readonly seq: number; readonly pos: number }[] = [];
          for (const action of done) {
            const one = rooms["append" in action ? action.append : action.remove];
            if (one === undefined) continue;
            if ("remove" in action) await log.remove(one.room, action.from, action.from + action.count, "retention");
            else
              for (const seq of await one.append(...chats(action.count, `${made++}:`)))
                order.push({ room: one.room, seq: seq ?? 0, pos: order.length });
          }
          const kept = new Map<RoomKey, ReadonlySet<number>>();
          for (const { room } of rooms) kept.set(room, new Set(seqsOf((await readAll(log, room)).events)));
          const keys = new Set(rooms.map(({ room }) => room));
          const names = (some: typeof order) =>
            some.filter(({ room, seq }) => kept.get(room)?.has(seq)).map(({ room, seq }) => `${room}:${seq}`);
          const whole = await readWhole(log, begin, limit, { rooms: keys });
          expect(whole.rows).toEqual(names(order));
          const lost = (
            await Promise.all([...keys].map(async (room) => (await log.removals(room, 0, 99)).map((one) => ({ room, ...one }))))
          ).flat();
          expect([...whole.removed].sort()).toEqual(lost.map(({ room, from, to }) => `${room}:${from}-${to}`).sort());
          // From a position on, by it or by the room's seq at it, come the same events.
          const at = begin + Math.min(back, whole.head - begin);
          const rest = (await readWhole(log, at, limit, { rooms: keys })).rows;
          expect(rest).toEqual(whole.rows.slice(whole.rows.length - rest.length));
          for (const { room } of rooms) {
            const own = await readAll(log, room, await log.seqAt(room, at), limit);
            expect(seqsOf(own.events).map((seq) => `${room}:${seq}`)).toEqual(rest.filter((name) => name.startsWith(`${room}:`)));
            const page = await log.readRoom(room, 0, limit);
            const after = (await readWhole(log, page.pos, 50, { rooms: new Set([room]) })).rows;
            expect([...seqsOf(page.events).map((seq) => `${room}:${seq}`), ...after]).toEqual(
              [...(kept.get(room) ?? [])].map((seq) => `${room}:${seq}`),
            );
          }
          expect(await readWhole(log, whole.head, limit)).toMatchObject({ rows: [], removed: [] });
        }),
        { numRuns: runsOf(15) },
      );
    });

    it("gives no position twice", async () => {
      const { log } = store();
      const { room, append } = await claimed(store());
      expect(await log.head()).toBe(0);
      await append(...chats(3));
      await log.remove(room, 1, 3, "retention");
      expect(await log.head()).toBe(3);
      await append(chat("next"));
      expect((await log.read(0, 10)).rows.map(({ pos }) => pos)).toEqual([4]);
      expect((await log.read(99, 10)).scanned).toBe(4);
    });
  });

  describe("read", () => {
    const store = useStore(open);

    it("of a cursor beyond the head begins at the head, so that nothing is skipped later", async () => {
      const { room, append } = await claimed(store());
      await append(...chats(3));
      expect(await store().log.readRoom(room, 99, 10)).toMatchObject({ rows: [], events: [], scanned: 3, head: 3 });
      expect(await store().log.readRoomBefore(room, 99, 2)).toMatchObject({ events: [{ seq: 2 }, { seq: 3 }], scanned: 2, head: 3 });
    });

    it("ends by the bytes of its events, whatever its limit, and goes on from there", async () => {
      const { room, append } = await claimed(store());
      for (let part = 0; part < 3; part++)
        await append(...chats(4, `${part}:`).map((event): NewEvent => ({ ...event, text: "x".repeat(600_000) }) as NewEvent));
      const page = await store().log.readRoom(room, 0, 500);
      expect(seqsOf(page.events)).toEqual([1, 2, 3, 4, 5, 6, 7]);
      expect(page).toMatchObject({ scanned: 7, head: 12 });
      expect(await store().log.lines(room, 0, 12, 500)).toMatchObject({ scanned: 7 });
      const back = await store().log.readRoomBefore(room, 13, 500, { types: ["chat"] });
      expect(seqsOf(back.events)).toEqual([6, 7, 8, 9, 10, 11, 12]);
      expect(back.scanned).toBe(6);
      expect(seqsOf((await readAll(store().log, room, 0, 500)).events)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12]);
    });
  });

  describe("lines", () => {
    const store = useStore(open);

    it("end with the seq up to which they are asked for, or with the head", async () => {
      const { room, append } = await claimed(store());
      await append(...chats(10));
      const { log } = store();
      const texts = textsOf(await log.readRoom(room, 0, 10));
      expect(await linesOf(log, room, 0, 7, 100)).toEqual({ texts: texts.slice(0, 7), scanned: 7 });
      expect(await linesOf(log, room, 3, 7, 2)).toEqual({ texts: texts.slice(3, 5), scanned: 5 });
      expect(await linesOf(log, room, 5, 99, 100, { types: ["chat"] })).toEqual({ texts: texts.slice(5), scanned: 10 });
      expect(await linesOf(log, room, 5, 8, 100, { types: ["gift"] })).toEqual({ texts: [], scanned: 8 });
      expect(await linesOf(log, room, 0, 9, 0)).toEqual({ texts: [], scanned: 0 });
      expect(await linesOf(log, room, 10, 10, 5)).toEqual({ texts: [], scanned: 10 });
      expect(await linesOf(log, 999, 0, 10, 5)).toEqual({ texts: [], scanned: 0 });
    });
  });

  describe("conditions", () => {
    const store = useStore(open);
    const events: NewEvent[] = [
      chat("1", { user: userOf("u1"), sessionId: "s1" }),
      gift("2", "c", 1, 1),
      chat("3", { user: userOf("u2"), sessionId: "s2" }),
      gift("4", "c", 9, 10),
      chat("5", { user: userOf(null), sessionId: null }),
      { ...gift("6", "d", 5, 5), diamonds: null },
    ];
    const cases: readonly [Where, number[]][] = [
      [{}, [1, 2, 3, 4, 5, 6]],
      [{ types: ["chat"] }, [1, 3, 5]],
      [{ types: [] }, []],
      [{ userId: "u2" }, [3]],
      [{ sessionId: "s1" }, [1]],
      [{ minDiamonds: 11 }, [4]],
      [{ types: ["gift"], userId: "1002", sessionId: "7400000000000000001", minDiamonds: 90 }, [4]],
      [{ tests: false }, [1, 2, 3, 4, 5, 6]],
    ];

    it("choose events forward, backward and as lines", async () => {
      const { room, append } = await claimed(store());
      await append(...events);
      for (const [where, expected] of cases) {
        const forward = await store().log.readRoom(room, 0, 10, where);
        expect(seqsOf(forward.events)).toEqual(expected);
        expect(forward).toMatchObject({ scanned: 6, head: 6 });
        expect(await linesOf(store().log, room, 0, 6, 10, where)).toEqual({ scanned: 6, texts: textsOf(forward) });
        const backward = await store().log.readRoomBefore(room, 7, 10, where);
        expect(seqsOf(backward.events)).toEqual(expected);
        expect(backward.scanned).toBe(1);
      }
    });

    it("leave out test events, and nothing that only looks like one", async () => {
      const { room, append } = await claimed(store());
      const tests = (id: string) => [testOf("chat", id), testOf("gift", `${id}g`)];
      await append(...tests("a"), chat("test:of:the:platform"), ...tests("b"), chat("testimony", { sessionId: null }), ...tests("c"));
      const { log } = store();
      const real = async () => {
        const page = await log.readRoom(room, 0, 10, { tests: false });
        expect(await linesOf(log, room, 0, 10, 10, { tests: false })).toEqual({ scanned: page.scanned, texts: textsOf(page) });
        return seqsOf(page.events);
      };
      expect(await real()).toEqual([3, 6]);
      expect(seqsOf((await log.readRoomBefore(room, 9, 10, { tests: false })).events)).toEqual([3, 6]);
      expect((await log.readRoom(room, 0, 10, { types: ["gift"], tests: false })).events).toEqual([]);
      const events = (await log.readRoom(room, 0, 10)).events;
      await log.replace(
        room,
        events.flatMap((event) => (event.type === "chat" ? [{ ...event, text: "…" }] : [])),
      );
      expect(await real()).toEqual([3, 6]);
    });
  });

  describe("removed ranges", () => {
    it("are told of a range of seqs, and by lines as by pages", async () => {
      const { log } = store();
      const { room, append } = await claimed(store());
      await append(...chats(20));
      expect(await log.removals(room, 0, 20)).toEqual([]);
      for (const [from, to] of [
        [1, 2],
        [3, 4],
        [9, 12],
        [18, 18],
      ] as const)
        await log.remove(room, from, to, "retention");
      expect(await log.removals(room, 0, 20)).toEqual([
        { from: 1, to: 4 },
        { from: 9, to: 12 },
        { from: 18, to: 18 },
      ]);
      expect(await log.removals(room, 4, 17)).toEqual([{ from: 9, to: 12 }]);
      expect(await log.removals(room, 3, 9)).toEqual([
        { from: 1, to: 4 },
        { from: 9, to: 12 },
      ]);
      expect(await log.removals(999, 0, 20)).toEqual([]);
      expect((await log.lines(room, 0, 20, 3)).removed).toEqual([1, 4]);
      expect((await log.lines(room, 4, 20, 3)).removed).toBeUndefined();
    });

    const store = useStore(open);

    it("never let a seq be used again", async () => {
      const { room, append } = await claimed(store());
      await append(...chats(5));
      await store().log.remove(room, 3, 99, "retention");
      expect(await store().log.heads([room])).toEqual(new Map([[room, { oldest: 1, head: 5 }]]));
      await store().log.remove(room, -5, 2, "retention");
      expect(await store().log.heads([room])).toEqual(new Map([[room, { oldest: 6, head: 5 }]]));
      expect(await store().log.readRoom(room, 0, 10)).toMatchObject({ rows: [], events: [], scanned: 5, head: 5, removed: [1, 5] });
      expect(await append(chat("next"))).toEqual([6]);
      expect(await store().log.readRoom(room, 0, 10)).toMatchObject({ events: [{ seq: 6 }], scanned: 6, removed: [1, 5] });
    });

    it("forget their ids, and nothing else", async () => {
      const { room, append } = await claimed(store());
      await append(...chats(4));
      await store().log.remove(room, 2, 3, "retention");
      expect(await store().log.known(room, ["c0", "c1", "c2", "c3"])).toEqual(new Set(["c0", "c3"]));
      expect([...(await store().log.byId(room, ["c0", "c1", "c2", "c3"])).keys()]).toEqual(["c0", "c3"]);
    });

    it("and pages agree with a simple list, whatever is removed and however it is read", async () => {
      const range = fc.tuple(fc.integer({ min: -2, max: 45 }), fc.integer({ min: 0, max: 12 }));
      let rooms = 0;
      await fc.assert(
        fc.asyncProperty(
          fc.integer({ min: 0, max: 40 }),
          fc.array(range, { maxLength: 6 }),
          fc.integer({ min: 1, max: 9 }),
          async (count, ranges, limit) => {
            const { room, append } = await claimed(store(), `r${rooms++}`);
            await append(
              ...Array.from({ length: count }, (_, index) => (index % 3 === 0 ? gift(`${index}`, "c", 1, 1) : chat(`${index}`))),
            );
            const gone = new Set<number>();
            for (const [from, length] of ranges) {
              await store().log.remove(room, from, from + length, "retention");
              for (let seq = Math.max(1, from); seq <= Math.min(count, from + length); seq++) gone.add(seq);
            }
            const all = Array.from({ length: count }, (_, index) => index + 1);
            const kept = all.filter((seq) => !gone.has(seq));
            for (const [where, expected] of [
              [{}, kept],
              [{ types: ["gift"] }, kept.filter((seq) => seq % 3 === 1)],
            ] as const) {
              expect(await forward(store().log, room, limit, where)).toEqual({ seqs: expected, removed: [...gone].sort((a, b) => a - b) });
              expect(await backward(store().log, room, limit, where)).toEqual({ seqs: expected, removed: [...gone].sort((a, b) => a - b) });
            }
          },
        ),
        { numRuns: runsOf(20) },
      );
    });
  });
}

const textsOf = ({ rows }: Page) => rows.map(({ text }) => text);

/** Returns what a log gives as lines, line by line. */
async function linesOf(log: StoreLog, ...ask: Parameters<StoreLog["lines"]>) {
  const { bytes, scanned } = await log.lines(...ask);
  return { texts: Buffer.from(bytes).toString().split("\n").slice(0, -1), scanned };
}

interface Seen {
  readonly seqs: number[];
  readonly removed: number[];
}

function addRemoved(removed: number[], range: readonly [number, number] | undefined): void {
  if (range !== undefined) for (let seq = range[0]; seq <= range[1]; seq++) removed.push(seq);
}

async function forward(log: StoreLog, room: RoomKey, limit: number, where: Where): Promise<Seen> {
  const seen: Seen = { seqs: [], removed: [] };
  for (let after = 0; ; ) {
    const page = await log.readRoom(room, after, limit, where);
    expect(await linesOf(log, room, after, page.head, limit, where)).toEqual({ scanned: page.scanned, texts: textsOf(page) });
    seen.seqs.push(...seqsOf(page.events));
    addRemoved(seen.removed, page.removed);
    if (page.scanned >= page.head) return seen;
    if (page.scanned <= after) throw new Error(`no progress after ${after}`);
    after = page.scanned;
  }
}

async function backward(log: StoreLog, room: RoomKey, limit: number, where: Where): Promise<Seen> {
  const seen: Seen = { seqs: [], removed: [] };
  for (let before = Number.MAX_SAFE_INTEGER; ; ) {
    const page = await log.readRoomBefore(room, before, limit, where);
    seen.seqs.unshift(...seqsOf(page.events));
    addRemoved(seen.removed, page.removed);
    if (page.scanned <= 1) return { seqs: seen.seqs, removed: seen.removed.sort((a, b) => a - b) };
    if (page.scanned >= before) throw new Error(`no progress before ${before}`);
    before = page.scanned;
  }
}
