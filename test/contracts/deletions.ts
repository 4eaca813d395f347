import { describe, expect, it } from "vitest";
import { runDeletion } from "../../src/retention/deletion.js";
import { fold } from "../../src/statistics/fold.js";
import { catchUp } from "../../src/statistics/reader.js";
import { checkStore } from "../../src/store/check.js";
import { SYSTEM_ROOM } from "../../src/store/log.js";
import { plainWords } from "../statistics/plain-words.js";
import { chat, gift } from "./events.js";
import { claimed, type Open, readAll, replaceOne, useStore } from "./harness.js";

const FIRST = "7400000000000000001";
const SECOND = "7400000000000000002";
const T0 = 1_760_000_000_000;

/** Rooms and broadcasts that were deleted. */
export function describeDeletions(open: Open): void {
  describe("a deletion", () => {
    const store = useStore(open);
    const run = (deletion: Parameters<typeof runDeletion>[1], options = {}) => runDeletion(store(), deletion, () => T0, options);
    const counted = async (room: number) => [...(await store().statistics.sessions(room, [FIRST, SECOND])).keys()].sort();
    const news = async () => (await readAll(store().log, SYSTEM_ROOM)).events.map((event) => (event.type === "system" ? event.text : ""));
    /** A room with two broadcasts, whose events take turns, and some of none. */
    const roomWith = async (name: string, events: number) => {
      const { room, epoch, append } = await claimed(store(), name);
      await store().rooms.setFacts(room, { webRid: name, title: "夜话" });
      await store().sessions.open(room, FIRST, T0, "第一场");
      await store().sessions.end(room, FIRST, T0 + 1, "announced");
      await store().sessions.open(room, SECOND, T0 + 2, "第二场");
      await append(
        ...Array.from({ length: events }, (_, n) =>
          n % 50 === 7
            ? { ...gift(`${name}g${n}`, `${name}combo${n}`, 1, 1, true), sessionId: SECOND }
            : chat(`${name}c${n}`, { sessionId: n % 50 === 9 ? null : FIRST, time: T0 + n, receivedAt: T0 + n }),
        ),
      );
      await catchUp(store(), plainWords);
      return { room, epoch, append };
    };

    it("of a room leaves its seqs, as removed, and nothing else", async () => {
      const [{ room, epoch }, other] = [await roomWith("98765", 700), await roomWith("98766", 60)];
      const kept = await readAll(store().log, other.room);
      const { rooms, sessions, log, deletions, statistics, retention } = store();
      await retention.setLimits(room, "events", { maxAgeMs: 5, maxBytes: null });
      const deletion = await deletions.ofRoom(room);
      expect(deletion).toMatchObject({ room, sessionId: null, until: 700 });
      // At once: nobody finds it, and whoever had it can store and change nothing.
      expect(await rooms.get(room)).toBeNull();
      expect(await deletions.ofRooms([0, room, other.room])).toEqual(new Set([room]));
      expect((await rooms.list()).map((row) => row.room)).toEqual([other.room]);
      expect([await rooms.find({ kind: "web_rid", value: "98765" }), await rooms.aliases(room)]).toEqual([null, []]);
      expect(await sessions.list(room, 9)).toEqual([]);
      expect(await retention.limits(room)).toEqual({});
      expect(await log.append([{ room, epoch, events: [chat("late")] }])).toEqual([{ room, head: 700, fenced: true }]);
      // A test event that somebody asked for a moment before is nobody's, and is stored no more, either.
      expect(await log.append([{ room, epoch: null, events: [chat("test")] }])).toEqual([{ room, head: 700, fenced: true }]);
      expect(await checkStore(store())).toEqual([]);
      await expect(rooms.claim(room)).rejects.toMatchObject({ code: "not_owner" });
      for (const change of [
        () => rooms.setWatch(room, "on"),
        () => rooms.setFacts(room, { title: "x" }),
        () => rooms.setResume(room, null),
        () => rooms.setSettings(room, { account: "a" }),
        () => sessions.open(room, FIRST, T0),
        () => retention.setLimits(room, "events", null),
        () => deletions.ofRoom(room),
        () => deletions.ofSession(room, FIRST),
      ])
        await expect(change()).rejects.toMatchObject({ code: "not_found" });

      expect(await run(deletion)).toEqual({ events: 700, sessions: 3 });
      expect(await readAll(log, room)).toMatchObject({ events: [], removed: [[1, 700]] });
      expect((await log.heads([room])).get(room)).toEqual({ oldest: 701, head: 700 });
      expect([await counted(room), await counted(other.room)]).toEqual([[], [FIRST, SECOND]]);
      expect(await retention.size(room)).toBe(0);
      expect([await readAll(log, other.room), await checkStore(store())]).toEqual([kept, []]);
      expect([await deletions.open(), (await deletions.of(room)).map(({ n }) => n)]).toEqual([[], [deletion.n]]);
      expect([await deletions.ofRooms([other.room, room]), await deletions.ofRooms([])]).toEqual([new Set([room]), new Set()]);
      // The name is free, and its room another: no key and no seq is given twice.
      const anew = await claimed(store(), "98765");
      expect([anew.room === room, await anew.append(chat("98765c3"))]).toEqual([false, [1]]);
      await catchUp(store(), plainWords);
      expect([await counted(room), await statistics.behind()]).toEqual([[], 0]);
    });

    it("of a broadcast leaves the others, and is told once", async () => {
      const { room, append } = await roomWith("98765", 700);
      const { sessions, log, deletions, retention, hooks } = store();
      const before = (await readAll(log, room)).events.filter(({ sessionId }) => sessionId !== FIRST);
      await expect(deletions.ofSession(room, "7")).rejects.toMatchObject({ code: "not_found" });
      const deletion = await deletions.ofSession(room, FIRST);
      expect((await sessions.list(room, 9)).map(({ sessionId }) => sessionId)).toEqual([SECOND]);
      expect([await deletions.open(), await deletions.ofRooms([room])]).toEqual([[deletion], new Set()]);
      expect([await deletions.ofSessions([FIRST, SECOND]), await deletions.ofSessions([])]).toEqual([new Set([FIRST]), new Set()]);
      // Two do it at once.
      const done = await Promise.all([run(deletion), run(deletion)]);
      expect(Math.max(...done.map(({ events }) => events))).toBeGreaterThan(0);
      expect((await readAll(log, room)).events).toEqual(before);
      expect(await counted(room)).toEqual([SECOND]);
      expect(await retention.horizon(room)).toBe(T0 + 699);
      expect([await checkStore(store()), await deletions.open(), await hooks.list()]).toEqual([[], [], []]);
      // No number: either removed only a part.
      expect((await news()).filter((text) => text.includes(FIRST))).toEqual([`broadcast ${FIRST} of room ${room} was deleted`]);
      // An event of it is not found by its id, which stays known: the message is not stored again.
      expect([...(await log.byId(room, ["98765c0", "98765g7"])).keys()]).toEqual(["98765g7"]);
      // What comes of it later is a broadcast that begins then, and stays.
      await sessions.open(room, FIRST, T0 + 9);
      await append(chat("later", { sessionId: FIRST }));
      expect(await deletions.ofSessions([FIRST])).toEqual(new Set());
      await run(deletion);
      await catchUp(store(), plainWords);
      expect([(await readAll(log, room)).events.length, await counted(room)]).toEqual([before.length + 1, [FIRST, SECOND]]);
    });

    it("of a broadcast or a room leaves nothing of what was not counted yet", async () => {
      const [{ room, append }, other] = [await roomWith("98765", 60), await roomWith("98766", 60)];
      const { deletions, statistics } = store();
      await append(chat("late", { sessionId: FIRST }), chat("of the other", { sessionId: SECOND }));
      await other.append(chat("later", { sessionId: FIRST }));
      const begun = [await deletions.ofSession(room, FIRST), await deletions.ofRoom(other.room)];
      await catchUp(store(), plainWords);
      expect([await counted(room), await counted(other.room)]).toEqual([[SECOND], []]);
      for (const one of begun) await run(one);
      await catchUp(store(), plainWords);
      expect([await counted(room), await counted(other.room), await checkStore(store())]).toEqual([[SECOND], [], []]);
      expect(await statistics.behind()).toBe(0);
    });

    it("goes on where another left it, and nothing that was being counted brings it back", async () => {
      const { room } = await roomWith("98765", 700);
      const { deletions, derived, log } = store();
      await replaceOne(store(), room, FIRST);
      // It begins when events of the room were read to be counted again, and before they are added.
      let begun: ReturnType<typeof deletions.ofRoom> | null = null;
      await derived.advance((rows) => {
        begun ??= deletions.ofRoom(room);
        return fold(rows, plainWords);
      });
      const deletion = await (begun ?? expect.unreachable("nothing was to be counted"));
      const onProgress = () => {
        throw new Error("the process died");
      };
      await expect(run(deletion, { onProgress })).rejects.toThrow("the process died");
      const left = (await readAll(log, room)).events.length;
      expect([left > 0, left < 700, (await deletions.open()).length]).toEqual([true, true, 1]);
      for (const one of await deletions.open()) await run(one);
      expect([(await readAll(log, room)).events, await deletions.open(), await counted(room)]).toEqual([[], [], []]);
      await catchUp(store(), plainWords);
      expect([await counted(room), await checkStore(store())]).toEqual([[], []]);
    });
  });
}
