import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { LiveEvent, NewEvent } from "../../src/events/event.js";
import { testEvent } from "../../src/events/test-event.js";
import { type Log, newestReal, type Page, type RoomKey, type Where } from "../../src/store/log.js";
import type { RoomStore } from "../../src/store/store.js";
import { runsOf } from "../whole.js";
import { chat, chats, gift, userOf } from "./events.js";
import { claimed, type Open, readAll, useStore } from "./harness.js";

const seqsOf = (events: readonly LiveEvent[]) => events.map(({ seq }) => seq);

const testOf = (type: "chat" | "gift", id: string | number): NewEvent =>
  testEvent({ type }, { room: 1, webRid: null, id: `${id}`, now: 1 }) as NewEvent;

/** Reading: pages, conditions, removed ranges. */
export function describePages(open: Open<RoomStore>): void {
  describe("read", () => {
    const store = useStore(open);

    it("pages forward", async () => {
      const { room, append } = await claimed(store());
      await append(...chats(10));
      const page = await store().log.read(room, 3, 4);
      expect(seqsOf(page.events)).toEqual([4, 5, 6, 7]);
      expect(page).toMatchObject({ scanned: 7, head: 10 });
      expect(await store().log.read(room, 7, 4)).toMatchObject({ scanned: 10, events: [{ seq: 8 }, { seq: 9 }, { seq: 10 }] });
      expect(await store().log.read(room, 10, 4)).toEqual({ rows: [], events: [], scanned: 10, head: 10 });
    });

    it("of a cursor beyond the head begins at the head, so that nothing is skipped later", async () => {
      const { room, append } = await claimed(store());
      await append(...chats(3));
      expect(await store().log.read(room, 99, 10)).toEqual({ rows: [], events: [], scanned: 3, head: 3 });
      expect(await store().log.readBefore(room, 99, 2)).toMatchObject({ events: [{ seq: 2 }, { seq: 3 }], scanned: 2, head: 3 });
    });

    it("pages backward, oldest first", async () => {
      const { room, append } = await claimed(store());
      await append(...chats(10));
      expect(await store().log.readBefore(room, 8, 3)).toMatchObject({
        events: [{ seq: 5 }, { seq: 6 }, { seq: 7 }],
        scanned: 5,
        head: 10,
      });
      expect(await store().log.readBefore(room, 3, 3)).toMatchObject({ events: [{ seq: 1 }, { seq: 2 }], scanned: 1 });
      expect(await store().log.readBefore(room, 1, 3)).toEqual({ rows: [], events: [], scanned: 1, head: 10 });
    });

    it("of an empty or unknown room is empty", async () => {
      const { room } = await claimed(store());
      for (const key of [room, 999]) {
        expect(await store().log.read(key, 0, 10)).toEqual({ rows: [], events: [], scanned: 0, head: 0 });
        expect(await store().log.readBefore(key, 10, 10)).toEqual({ rows: [], events: [], scanned: 1, head: 0 });
      }
    });

    it("with a limit of 0 looks at nothing", async () => {
      const { room, append } = await claimed(store());
      await append(...chats(3));
      expect(await store().log.read(room, 1, 0)).toEqual({ rows: [], events: [], scanned: 1, head: 3 });
      expect(await store().log.readBefore(room, 3, 0)).toEqual({ rows: [], events: [], scanned: 3, head: 3 });
    });

    it("ends by the bytes of its events, whatever its limit, and goes on from there", async () => {
      const { room, append } = await claimed(store());
      for (let part = 0; part < 3; part++)
        await append(...chats(4, `${part}:`).map((event): NewEvent => ({ ...event, text: "x".repeat(600_000) }) as NewEvent));
      const page = await store().log.read(room, 0, 500);
      expect(seqsOf(page.events)).toEqual([1, 2, 3, 4, 5, 6, 7]);
      expect(page).toMatchObject({ scanned: 7, head: 12 });
      const back = await store().log.readBefore(room, 13, 500, { types: ["chat"] });
      expect(seqsOf(back.events)).toEqual([6, 7, 8, 9, 10, 11, 12]);
      expect(back.scanned).toBe(6);
      expect(seqsOf((await readAll(store().log, room, 0, 500)).events)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12]);
      // One that is larger than a page is a page.
      await append({ ...chats(1, "large")[0], text: "x".repeat(5_000_000) } as NewEvent);
      expect(seqsOf((await store().log.read(room, 12, 500)).events)).toEqual([13]);
      expect(await store().log.readBefore(room, 14, 500)).toMatchObject({ scanned: 13, events: [{ seq: 13 }] });
    });

    it("bounds what one call looks at, and says how far it came", async () => {
      const { room, append } = await claimed(store());
      for (let part = 0; part < 5; part++) await append(...chats(5000, `${part}:`));
      await append(gift("last", "combo", 1, 1));
      const seen: number[] = [];
      let calls = 0;
      for (let after = 0; after < 25_001; calls++) {
        const page = await store().log.read(room, after, 10, { types: ["gift"] });
        expect(page.scanned).toBeGreaterThan(after);
        seen.push(...seqsOf(page.events));
        after = page.scanned;
      }
      expect(seen).toEqual([25_001]);
      expect(calls).toBeGreaterThan(1);
      const back = await store().log.readBefore(room, 25_001, 10, { types: ["gift"] });
      expect(back.events).toEqual([]);
      expect(back.scanned).toBeGreaterThan(1);
    });
  });

  describe("lines", () => {
    const store = useStore(open);

    it("end with the seq up to which they are asked for, or with the head", async () => {
      const { room, append } = await claimed(store());
      await append(...chats(10));
      const { log } = store();
      const texts = textsOf(await log.read(room, 0, 10));
      expect(await linesOf(log, room, 0, 7, 100)).toEqual({ texts: texts.slice(0, 7), scanned: 7 });
      expect(await linesOf(log, room, 3, 7, 2)).toEqual({ texts: texts.slice(3, 5), scanned: 5 });
      expect(await linesOf(log, room, 5, 99, 100, { types: ["chat"] })).toEqual({ texts: texts.slice(5), scanned: 10 });
      expect(await linesOf(log, room, 5, 8, 100, { types: ["gift"] })).toEqual({ texts: [], scanned: 8 });
      expect(await linesOf(log, room, 0, 9, 0)).toEqual({ texts: [], scanned: 0 });
      expect(await linesOf(log, room, 10, 10, 5)).toEqual({ texts: [], scanned: 10 });
      expect(await linesOf(log, 999, 0, 10, 5)).toEqual({ texts: [], scanned: 0 });
    });

    it("hold whatever was written, and no more than a page", async () => {
      const { room, append } = await claimed(store());
      const { log } = store();
      const texts = [
        "\u0000",
        "a\nb\r",
        `'"\\`,
        "😀𠮷\ud83d",
        "\u2028",
        "{}",
        "x".repeat(2_400_000),
        "弹幕".repeat(300_000),
        "礼".repeat(800_000),
      ];
      await append(...texts.map((text, at) => chat(`${at}`, { text })));
      for (let after = 0; after < texts.length; ) {
        const page = await log.lines(room, after, 99, 500);
        const lines = Buffer.from(page.bytes).toString().split("\n").slice(0, -1);
        expect(lines.map((line) => JSON.parse(line))).toEqual((await log.read(room, after, lines.length)).events);
        expect(page.scanned).toBe(after + lines.length);
        expect(page.bytes.length).toBeLessThan(10_000_000);
        after = page.scanned;
      }
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
      [{ types: ["chat", "gift"] }, [1, 2, 3, 4, 5, 6]],
      [{ types: [] }, []],
      [{ types: ["like"] }, []],
      [{ userId: "u2" }, [3]],
      [{ sessionId: "s1" }, [1]],
      [{ minDiamonds: 0 }, [2, 4]],
      [{ minDiamonds: 11 }, [4]],
      [{ types: ["gift"], userId: "1002", sessionId: "7400000000000000001", minDiamonds: 90 }, [4]],
      [{ types: ["chat"], minDiamonds: 1 }, []],
      [{ tests: false }, [1, 2, 3, 4, 5, 6]],
    ];

    it.each(cases)("%j", async (where, expected) => {
      const { room, append } = await claimed(store());
      await append(...events);
      const forward = await store().log.read(room, 0, 10, where);
      expect(seqsOf(forward.events)).toEqual(expected);
      expect(forward).toMatchObject({ scanned: 6, head: 6 });
      expect(await linesOf(store().log, room, 0, 6, 10, where)).toEqual({ scanned: 6, texts: textsOf(forward) });
      const backward = await store().log.readBefore(room, 7, 10, where);
      expect(seqsOf(backward.events)).toEqual(expected);
      expect(backward.scanned).toBe(1);
    });

    it("leave out test events, and nothing that only looks like one", async () => {
      const { room, append } = await claimed(store());
      const tests = (id: string) => [testOf("chat", id), testOf("gift", `${id}g`)];
      await append(...tests("a"), chat("test:of:the:platform"), ...tests("b"), chat("testimony", { sessionId: null }), ...tests("c"));
      const { log } = store();
      const real = async () => {
        const page = await log.read(room, 0, 10, { tests: false });
        expect(await linesOf(log, room, 0, 10, 10, { tests: false })).toEqual({ scanned: page.scanned, texts: textsOf(page) });
        return seqsOf(page.events);
      };
      expect(await real()).toEqual([3, 6]);
      expect(seqsOf((await log.readBefore(room, 9, 10, { tests: false })).events)).toEqual([3, 6]);
      expect((await log.read(room, 0, 10, { types: ["gift"], tests: false })).events).toEqual([]);
      const events = (await log.read(room, 0, 10)).events;
      await log.replace(
        room,
        events.flatMap((event) => (event.type === "chat" ? [{ ...event, text: "…" }] : [])),
      );
      expect(await real()).toEqual([3, 6]);
    });

    it("and the newest that are no tests are found behind however many tests", async () => {
      const { room, append } = await claimed(store());
      const { log } = store();
      expect((await newestReal(log, room, 5)).events).toEqual([]);
      await append(gift("1", "c", 1, 1), chat("2"));
      await append(...Array.from({ length: 600 }, (_, at) => testOf("gift", at)));
      expect(seqsOf((await newestReal(log, room, 5)).events)).toEqual([1, 2]);
      expect(seqsOf((await newestReal(log, room, 5, { types: ["gift"] })).events)).toEqual([1]);
    });

    it("that reach the limit say the last match as scanned", async () => {
      const { room, append } = await claimed(store());
      await append(...events);
      expect(await store().log.read(room, 0, 2, { types: ["gift"] })).toMatchObject({ scanned: 4 });
      expect(await store().log.readBefore(room, 7, 2, { types: ["gift"] })).toMatchObject({ scanned: 4 });
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

    it("are passed over and told, from the cursor on", async () => {
      const { room, append } = await claimed(store());
      await append(...chats(10));
      await store().log.remove(room, 1, 4, "retention");
      expect(await store().log.read(room, 0, 2)).toMatchObject({ removed: [1, 4], scanned: 6, events: [{ seq: 5 }, { seq: 6 }] });
      expect(await store().log.read(room, 2, 2)).toMatchObject({ removed: [3, 4], scanned: 6 });
      expect((await store().log.read(room, 4, 10)).removed).toBeUndefined();
      expect(await store().log.readBefore(room, 6, 10)).toMatchObject({ events: [{ seq: 5 }], scanned: 5 });
      expect(await store().log.readBefore(room, 5, 10)).toEqual({ removed: [1, 4], rows: [], events: [], scanned: 1, head: 10 });
      expect(await store().log.heads([room])).toEqual(new Map([[room, { oldest: 5, head: 10 }]]));
    });

    it("never let a seq be used again", async () => {
      const { room, append } = await claimed(store());
      await append(...chats(5));
      await store().log.remove(room, 3, 99, "retention");
      expect(await store().log.heads([room])).toEqual(new Map([[room, { oldest: 1, head: 5 }]]));
      await store().log.remove(room, -5, 2, "retention");
      expect(await store().log.heads([room])).toEqual(new Map([[room, { oldest: 6, head: 5 }]]));
      expect(await store().log.read(room, 0, 10)).toEqual({ rows: [], events: [], scanned: 5, head: 5, removed: [1, 5] });
      expect(await append(chat("next"))).toEqual([6]);
      expect(await store().log.read(room, 0, 10)).toMatchObject({ events: [{ seq: 6 }], scanned: 6, removed: [1, 5] });
    });

    it("forget their ids, and nothing else", async () => {
      const { room, append } = await claimed(store());
      await append(...chats(4));
      await store().log.remove(room, 2, 3, "retention");
      expect(await store().log.known(room, ["c0", "c1", "c2", "c3"])).toEqual(new Set(["c0", "c3"]));
      expect([...(await store().log.byId(room, ["c0", "c1", "c2", "c3"])).keys()]).toEqual(["c0", "c3"]);
    });

    it("do not touch other rooms", async () => {
      const [one, two] = [await claimed(store(), "a"), await claimed(store(), "b")];
      await one.append(...chats(3));
      await two.append(...chats(3));
      await store().log.remove(one.room, 1, 3, "retention");
      await store().log.remove(999, 1, 3, "retention");
      expect((await readAll(store().log, two.room)).events).toHaveLength(3);
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
        { numRuns: runsOf(40) },
      );
    });
  });
}

const textsOf = ({ rows }: Page) => rows.map(({ text }) => text);

/** Returns what a log gives as lines, line by line. */
async function linesOf(log: Log, ...ask: Parameters<Log["lines"]>) {
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

async function forward(log: Log, room: RoomKey, limit: number, where: Where): Promise<Seen> {
  const seen: Seen = { seqs: [], removed: [] };
  for (let after = 0; ; ) {
    const page = await log.read(room, after, limit, where);
    expect(await linesOf(log, room, after, page.head, limit, where)).toEqual({ scanned: page.scanned, texts: textsOf(page) });
    seen.seqs.push(...seqsOf(page.events));
    addRemoved(seen.removed, page.removed);
    if (page.scanned >= page.head) return seen;
    if (page.scanned <= after) throw new Error(`no progress after ${after}`);
    after = page.scanned;
  }
}

async function backward(log: Log, room: RoomKey, limit: number, where: Where): Promise<Seen> {
  const seen: Seen = { seqs: [], removed: [] };
  for (let before = Number.MAX_SAFE_INTEGER; ; ) {
    const page = await log.readBefore(room, before, limit, where);
    seen.seqs.unshift(...seqsOf(page.events));
    addRemoved(seen.removed, page.removed);
    if (page.scanned <= 1) return { seqs: seen.seqs, removed: seen.removed.sort((a, b) => a - b) };
    if (page.scanned >= before) throw new Error(`no progress before ${before}`);
    before = page.scanned;
  }
}
