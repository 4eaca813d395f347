// Guards: A hook's types, rooms and filter decide which events it is sent, and a broadcast is announced live once.
import { describe, expect, it } from "vitest";
import { EVENT_TYPES, type LiveEvent, type NewEvent } from "../../src/events/event.js";
import type { RoomState } from "../../src/health/state.js";
import { alarmEvent, stateEvent } from "../../src/ingest/intake.js";
import { type Log, tellSystem } from "../../src/store/log.js";
import { rowOf, StoredEvent } from "../../src/store/stored-event.js";
import { hookSelection, saysStateAgain } from "../../src/webhooks/selection.js";
import { FakeClock } from "../clock.js";
import { chat, chats } from "../contracts/events.js";
import { delivering, FakeReceiver } from "./delivering.js";

const of = (types: readonly string[], rooms: readonly number[] = [], filter: string | null = null) =>
  hookSelection({ types, rooms, filter });

let ms = 0;
/** A room's state event of a broadcast. */
const state = (to: RoomState, sessionId: string | null, from: RoomState = "connecting"): NewEvent =>
  stateEvent(1, sessionId, from, to, {}, ++ms);

describe("what a hook is sent", () => {
  it("is by default what streams show, and by name what is named", () => {
    expect(of([]).types).toEqual(EVENT_TYPES.filter((type) => !["unknown", "rank", "stats"].includes(type)).toSorted());
    expect(of(["*"]).types).toEqual(EVENT_TYPES.toSorted());
    expect(of(["gift", "room.live", "room.ended", "account.lapsed"]).types).toEqual(["gift", "state", "system"]);
    expect(of(["work.published"]).types).toEqual(["work"]);
    expect(() => of(["room.Live"])).toThrow(expect.objectContaining({ code: "bad_request" }));
  });

  it("of a room's gifts, which the system's room tells, too, is the room's own event", () => {
    const { wants } = of(["gifts.suppressed"]);
    const told = (room: number, kind: "gifts.suppressed" | "gifts.flowing") =>
      wants(
        new StoredEvent(
          { room: 1, seq: 1, pos: 1 },
          rowOf(alarmEvent(room, { sessionId: "s1", webRid: null }, { kind, text: "…", session: null }, 1)),
        ),
      );
    expect([told(1, "gifts.suppressed"), told(0, "gifts.suppressed"), told(1, "gifts.flowing")]).toEqual([true, false, false]);
  });

  it("covers the system's room when all rooms are meant, or something of it is named", () => {
    const cases: [readonly string[], readonly number[], boolean][] = [
      [[], [], true],
      [["chat"], [], true],
      [[], [1], false],
      [["room.live"], [1], false],
      [["account.lapsed"], [1], true],
      // The room's own log tells these.
      [["gifts.suppressed", "session.lost"], [1], false],
      [["system"], [1], true],
      [["work.published"], [1], true],
      [["work"], [1], true],
      [["chat"], [0], true],
    ];
    for (const [types, rooms, system] of cases) {
      const selection = of(types, rooms);
      expect([types, rooms, selection.covers(0)]).toEqual([types, rooms, system]);
      expect([selection.covers(1), selection.covers(2)]).toEqual([!rooms.includes(0), rooms.length === 0]);
    }
  });

  it("room.live is the first time that a broadcast is seen live, also for what is read again; room.ended its end", async () => {
    const clock = new FakeClock();
    const receiver = new FakeReceiver(clock);
    const { hook, append, webhooks, restart } = await delivering({ clock, send: receiver.send });
    const { id } = await hook({ types: ["room.live", "room.ended"] });
    const tell = async (...events: NewEvent[]) => {
      const room = await append("a", ...events, ...chats(300, `c${ms}-`));
      await clock.advance(200);
      return room;
    };
    await tell(state("waiting", null), state("live", "s1"));
    await tell(state("stalled", "s1"), state("live", "s1", "stalled"), state("blocked", "s1"));
    await restart();
    await tell(state("live", "s1", "resolving"));
    const room = await tell(state("ended", "s1"), state("waiting", "s1"), state("live", "s2"), state("live", "s2"));
    const seen = () => receiver.taken.flatMap(({ events }) => events.map((one) => [one.seq, one.id.split(":")[2]]));
    const expected = [
      [2, "live"],
      [907, "ended"],
      [909, "live"],
    ];
    expect(seen()).toEqual(expected);
    // Another process that knows nothing yet, from the middle of a broadcast.
    receiver.sent.length = 0;
    await webhooks.replay(id, room, 3);
    await restart();
    await clock.advance(3_000);
    expect(seen()).toEqual(expected.slice(1));
  });

  it.each<[was: [RoomState, string | null] | null, is: [RoomState, string | null], known: boolean]>([
    [["waiting", null], ["waiting", null], true],
    [["ended", "s1"], ["waiting", "s1"], true],
    [["ended", "s1"], ["ended", "s1"], true],
    [["ended", "s1"], ["ended", "s2"], false],
    [["paused", null], ["waiting", null], false],
    [["blocked", null], ["blocked", null], true],
    [["live", "s1"], ["live", "s1"], false],
    [null, ["waiting", null], false],
  ])("of states that people are told, %j and then %j: known is %s, however far back the one before stands", async (was, is, known) => {
    const before = was === null ? [] : [{ ...state(...was), seq: 3 } as LiveEvent];
    // One look at the log goes no further than so many rows.
    const readRoomBefore = async (_room: number, seq: number) =>
      seq > 20_000
        ? { rows: [], events: [], scanned: 10_000, head: 30_000, pos: 0 }
        : { rows: [], events: before, scanned: 1, head: 30_000, pos: 0 };
    expect(await saysStateAgain({ readRoomBefore } as unknown as Log, { ...state(...is), seq: 30_000 } as LiveEvent)).toBe(known);
  });

  it("account.lapsed and hook.paused are events of the system's room", async () => {
    const clock = new FakeClock();
    const receiver = new FakeReceiver(clock);
    const { hook, append, store } = await delivering({ clock, send: receiver.send });
    await hook({ types: ["account.lapsed"] });
    await append("a", chat("1"));
    for (const kind of ["hook.paused", "account.lapsed", "disk.low"]) await tellSystem(store, { kind, about: "x", text: "…" }, clock.now());
    await clock.advance(200);
    expect(receiver.taken).toMatchObject([{ room: 0, events: [{ id: "system:account.lapsed:x" }] }]);
  });
});
