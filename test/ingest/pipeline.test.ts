// Guards: the pipeline stores each message once and in order, counts gifts exactly, and stores nothing in another owner's room.
import { describe, expect, it } from "vitest";
import { corpus } from "../../simulator/index.js";
import type { LiveEvent, NewEvent } from "../../src/events/event.js";
import { testEvent } from "../../src/events/test-event.js";
import { RoomHealth } from "../../src/health/room-health.js";
import { gapEvent } from "../../src/ingest/intake.js";
import { type Broadcast, type IncomingFrame, Pipeline } from "../../src/ingest/pipeline.js";
import type { Received } from "../../src/platform/access/read.js";
import { readFrame } from "../../src/platform/access/read.js";
import { normalise } from "../../src/platform/messages/normalise.js";
import { Drift } from "../../src/platform/wire/drift.js";
import { DyliveError } from "../../src/runtime/errors.js";
import { check } from "../../src/store/check.js";
import { appendTest, type Log } from "../../src/store/log.js";
import { openMemoryStore } from "../../src/store/memory/memory.js";
import { during, FakeClock } from "../clock.js";
import { readAll } from "../contracts/harness.js";
import { envelope } from "../platform/messages/encode.js";

const made = corpus({ seed: "pipeline", frames: 60 });
const received: Received[] = made.frames.map((frame, i) => readFrame(frame, 1_777_726_800_000 + i * 100, new Drift()).received);
const gap = gapEvent(1, { sessionId: null, webRid: "1" }, 1, 2, "a test");
const broadcast: Broadcast = { sessionId: made.roomId, webRid: "1", anchorId: null, source: "websocket" };

async function opened(change: (log: Log) => Log = (log) => log) {
  const store = openMemoryStore({ maxEventsPerRoom: 100_000 });
  const room = await store.rooms.ensure([{ kind: "web_rid", value: "1" }]);
  const aside: NewEvent[] = [];
  const clock = new FakeClock(1_777_726_900_000);
  const parts = {
    log: change(store.log),
    rooms: store.rooms,
    room,
    clock,
    drift: new Drift(),
    setAside: (event: NewEvent) => aside.push(event),
  };
  const events = async (): Promise<readonly LiveEvent[]> => (await readAll(store.log, room)).events;
  return { store, room, aside, clock, parts, events, open: () => Pipeline.open(parts) };
}
/** The same log, with some methods replaced. */
const changed = (log: Log, methods: Partial<Log>): Log =>
  new Proxy(log, { get: (target, key) => Reflect.get(methods, key) ?? bound(target, key) });
const bound = (log: Log, key: string | symbol) => {
  const value: unknown = Reflect.get(log, key);
  return typeof value === "function" ? value.bind(log) : value;
};

/** A message of a combo, as it came. @param n which message it is */
const combo = (n: number, repeatCount: number, repeatEnd = 0) => {
  const msgId = String(7_624_523_651_580_285_000n + BigInt(n));
  const common = { msgId, roomId: broadcast.sessionId, createTime: "1777726900000" };
  const about = {
    giftId: "463",
    groupCount: 1,
    comboCount: 1,
    groupId: "1775222770",
    user: { id: "5" },
    gift: { id: "463", combo: true },
  };
  const message = envelope("GiftMessage", { common, ...about, repeatCount, repeatEnd }, msgId);
  return { receivedAt: 1_777_726_900_000 + n, response: { messages: [message] } };
};

describe("pipeline", () => {
  it("says of what a session brings whether the log had it before, from another process too", async () => {
    const { open } = await opened();
    const by = (n: number) => received.slice(0, 20).map((one) => ({ ...one, by: n }));
    const first = await open();
    const brought = (await first.store(by(0), broadcast)).sightings;
    expect(brought.length).toBeGreaterThan(20);
    expect(brought.filter(({ isOld }) => isOld)).toEqual([]);
    const stored = new Set((await first.store(by(1), broadcast)).sightings.filter(({ isOld }) => isOld).map(({ id }) => id));
    const again = (await (await open()).store(by(0), broadcast)).sightings;
    expect(stored.size).toBeGreaterThan(20);
    expect(new Set(again.filter(({ isOld }) => isOld).map(({ id }) => id))).toEqual(stored);
  });

  it("counts nothing as brought that no event is stored of: the member's echo of a follow, and what is older than all that is kept", async () => {
    const { parts, clock } = await opened();
    const time = clock.now() - 60_000;
    const follow = (name: string, msgId: string, action: number) =>
      envelope(name, { common: { msgId, createTime: `${time}` }, user: { id: "555555555" }, action });
    const bring = (by: number) => ({
      receivedAt: clock.now(),
      by,
      response: { messages: [follow("SocialMessage", "1", 1), follow("MemberMessage", "2", 20)] },
    });
    const brought = async (horizon: number) => {
      const { sightings, events } = await (await Pipeline.open({ ...parts, retention: { horizon: async () => horizon } })).store(
        [bring(0), bring(1)],
        broadcast,
      );
      const counted = sightings.filter(({ isOld }) => !isOld).map(({ id, by }) => `${id} by ${by}`);
      return [counted, events.flatMap(({ id }) => [`${id} by 0`, `${id} by 1`])];
    };
    expect(await brought(time)).toEqual([[], []]);
    const [counted, stored] = await brought(time - 1);
    expect(stored).toHaveLength(2);
    expect(counted).toEqual(stored);
  });

  it("marks what the first fetch brings, and counts it in no rate and as no sight of people", async () => {
    const { open, clock } = await opened();
    const chat = (msgId: string) =>
      envelope("ChatMessage", { common: { msgId }, user: { id: "5" }, content: "a", eventTime: 1_777_726_800 });
    const one = (kind: "response" | "frame", msgId: string) => ({
      receivedAt: clock.now(),
      kind,
      by: 0,
      response: { messages: [chat(msgId)] },
    });
    const { events, messages, methods, sightings } = await (await open()).store([one("response", "1"), one("frame", "2")], broadcast);
    expect(events.map(({ id, history }) => [id, history])).toEqual([
      ["1", true],
      ["2", undefined],
    ]);
    expect([messages, methods, sightings.map(({ id }) => id)]).toEqual([2, new Map([["WebcastChatMessage", 1]]), ["2"]]);
    const health = new RoomHealth(clock);
    expect([health.stored(events, clock.now()), health.stored(events.slice(0, 1), clock.now())]).toEqual([1, 0]);
  });

  it("takes no test event for what was received: neither a person's follow nor an open combo", async () => {
    const { store, room, parts, clock, events } = await opened();
    const now = clock.now();
    const made = { room, webRid: null, id: "1", now };
    const tests = [testEvent({ type: "follow", userId: "555555555" }, made), testEvent({ type: "gift" }, { ...made, id: "2" })];
    for (const event of tests) if (event !== null) await appendTest(store, event.type === "gift" ? { ...event, settled: false } : event);
    const follow = envelope("MemberMessage", { common: { msgId: "2", createTime: `${now}` }, user: { id: "555555555" }, action: 20 });
    const pipeline = await Pipeline.open(parts);
    const stored = await pipeline.store([{ receivedAt: now, response: { messages: [follow] } }], broadcast);
    expect(stored.events.map(({ type }) => type)).toEqual(["follow"]);
    await clock.advance(120_000);
    expect(await pipeline.settle()).toBe(0);
    expect((await events()).map(({ type, source }) => `${type} ${source}`)).toEqual(["follow test", "gift test", "follow websocket"]);
  });

  it("gives the same log whatever the size of its batches", async () => {
    const whole = await opened();
    const first = await whole.open();
    await first.store(received, broadcast);
    const single = await opened();
    const pipeline = await single.open();
    for (const one of received) await pipeline.store([one], broadcast);
    // In the same order too: what comes twice moves no combo back.
    expect(await pipeline.settle()).toBeGreaterThan(1);
    await first.settle();
    expect((await single.events()).map((event) => ({ ...event, seq: 0 }))).toEqual(
      (await whole.events()).map((event) => ({ ...event, seq: 0 })),
    );
    expect(await check(whole.store.log)).toEqual([]);
  });

  it("stores what comes twice once, also after a restart", async () => {
    const { open, events } = await opened();
    await (await open()).store(received, broadcast);
    const before = await events();
    const again = await (await open()).store(received, broadcast);
    expect(await events()).toEqual(before);
    expect(again.events).toEqual([]);
  });

  it("finds the one event that the store refuses, keeps it aside and stores all others", async () => {
    let bad = "";
    const { open, events, aside } = await opened((log) =>
      changed(log, {
        append: (batches) =>
          batches.some((batch) => batch.events.some(({ id }) => id === bad))
            ? Promise.reject(new DyliveError("bad_request", "refused"))
            : log.append(batches),
      }),
    );
    const twin = await opened();
    await (await twin.open()).store(received, broadcast);
    const all = await twin.events();
    bad = all.find(({ type }) => type === "chat")?.id ?? "";
    const stored = await (await open()).store(received, broadcast);
    expect(aside.map(({ id }) => id)).toEqual([bad]);
    expect(stored.drops.get("refused_by_store")).toBe(1);
    expect((await events()).map(({ id }) => id)).toEqual(all.map(({ id }) => id).filter((id) => id !== bad));
  });

  it("throws when the store is down, forgets nothing that was stored, and takes the batch when it is back", async () => {
    let down = false;
    const { open, events, aside, store } = await opened((log) =>
      changed(log, { append: (batches) => (down ? Promise.reject(new DyliveError("internal", "disk full")) : log.append(batches)) }),
    );
    const pipeline = await open();
    await pipeline.store(received.slice(0, 30), broadcast);
    const before = await events();
    down = true;
    await expect(pipeline.store(received.slice(30), broadcast)).rejects.toThrow("disk full");
    expect(await events()).toEqual(before);
    down = false;
    await pipeline.store(received.slice(30), broadcast);
    expect(aside).toEqual([]);
    const twin = await opened();
    await (await twin.open()).store(received, broadcast);
    expect((await events()).map(({ id }) => id)).toEqual((await twin.events()).map(({ id }) => id));
    expect(await check(store.log)).toEqual([]);
  });

  it("counts once what the store took after it was given up, as over a way that was silent for a while", async () => {
    let late: (() => Promise<unknown>) | null = null;
    let isSilent = false;
    const { open, events, store } = await opened((log) =>
      changed(log, {
        append: (batches) => {
          if (!isSilent) return log.append(batches);
          late = () => log.append(batches);
          return Promise.reject(new DyliveError("store_unreachable", "no answer"));
        },
      }),
    );
    const pipeline = await open();
    await pipeline.store([combo(1, 11)], broadcast);
    isSilent = true;
    const batch = [combo(2, 13)];
    await expect(pipeline.store(batch, broadcast)).rejects.toMatchObject({ code: "store_unreachable" });
    isSilent = false;
    await (late as (() => Promise<unknown>) | null)?.();
    await pipeline.store(batch, broadcast);
    await pipeline.store([combo(3, 13, 1)], broadcast);
    expect((await events()).map((event) => (event.type === "gift" ? [event.delta, event.comboTotal] : []))).toEqual([
      [11, 11],
      [2, 13],
      [0, 13],
    ]);
    expect(await check(store.log)).toEqual([]);
  });

  it("shares a room with a second owner without counting anything twice", async () => {
    const { open, events, store, clock } = await opened();
    const [live, other] = [await open(), await open()];
    for (let i = 0; i < received.length; i += 6) {
      const both = [live.store(received.slice(i, i + 6), broadcast), other.store(received.slice(Math.max(0, i - 3), i + 3), broadcast)];
      await during(clock, Promise.all(both));
    }
    const twin = await opened();
    await (await twin.open()).store(received, broadcast);
    const units = (list: readonly LiveEvent[]) => list.reduce((sum, event) => sum + (event.type === "gift" ? event.delta : 0), 0);
    expect(units(await events())).toBe(units(await twin.events()));
    expect(await check(store.log)).toEqual([]);
  });

  it("lets an import into a live room get its turns, though it is slower than the live messages come", async () => {
    const { parts, clock, store, open } = await opened();
    const slow = {
      append: async (...batches: Parameters<Log["append"]>) => {
        await clock.sleep(150);
        return store.log.append(...batches);
      },
    };
    const [live, imported] = [await open(), await Pipeline.open({ ...parts, log: changed(store.log, slow) })];
    const stop = new AbortController();
    const collecting = (async () => {
      for (let n = 0; !stop.signal.aborted; n++, await clock.sleep(100)) await live.store([combo(n, n + 1)], broadcast);
    })();
    const importing = (async () => {
      for (let i = 0; i < received.length; i += 6) await imported.store(received.slice(i, i + 6), broadcast);
      stop.abort();
    })();
    await during(clock, Promise.all([importing, collecting]));
    expect(await check(store.log)).toEqual([]);
  });

  it("forgets what is minutes old, and stores none of it twice when it is told again", async () => {
    const { open, clock, events } = await opened();
    const pipeline = await open();
    const first = await pipeline.store(received, broadcast);
    const ids = first.events.map(({ id }) => id);
    await pipeline.settle();
    expect(ids.filter((id) => pipeline.knows(id)).length).toBe(ids.length);
    for (let minute = 0; minute < 3; minute++) {
      await clock.advance(60_000);
      await pipeline.settle();
    }
    expect(ids.filter((id) => pipeline.knows(id))).toEqual([]);
    const kept = await events();
    const again = await pipeline.store(received, broadcast);
    expect(again.events).toEqual([]);
    expect(await events()).toEqual(kept);
  });

  it("settles combos that fell silent, once, also those from before a restart", async () => {
    const { open, events, clock, store } = await opened();
    await (await open()).store(received, broadcast);
    await clock.advance(60_000);
    const restarted = await open();
    expect(await restarted.settle()).toBeGreaterThan(0);
    expect(await restarted.settle()).toBe(0);
    const open_ = new Map<string, boolean>();
    for (const event of await events())
      if (event.type === "gift") open_.set(event.comboId, event.settled || open_.get(event.comboId) === true);
    expect([...open_.values()].every(Boolean)).toBe(true);
    expect(await check(store.log)).toEqual([]);
  });

  it("settles each combo that was open at a restart of a room in which a thousand gifts come in half a minute", async () => {
    const { open, clock, events } = await opened();
    const now = clock.now();
    const frames = Array.from({ length: 1100 }, (_, n): IncomingFrame => {
      const common = { msgId: `${n + 1}`, createTime: `${now}` };
      const about = { giftId: "463", groupId: "1775222770", user: { id: `${n + 1}` }, gift: { id: "463", combo: true } };
      return { receivedAt: now + n * 25, response: { messages: [envelope("GiftMessage", { common, ...about, repeatCount: 1 })] } };
    });
    await (await open()).store(frames, broadcast);
    const restarted = await open();
    await clock.advance(90_000);
    expect(await restarted.settle()).toBe(1100);
    expect((await events()).filter((event) => event.type === "gift" && event.settled)).toHaveLength(1100);
  });

  it("stores nothing more when the room is another's", async () => {
    const { parts, store, events, clock } = await opened();
    let mine = true;
    const pipeline = await Pipeline.open({ ...parts, rooms: { claim: async (one) => (mine ? store.rooms.claim(one) : null) } });
    await pipeline.store(received, broadcast);
    const before = await events();
    mine = false;
    await Pipeline.open(parts);
    await expect(during(clock, pipeline.own(gap))).rejects.toMatchObject({ code: "not_owner" });
    await expect(pipeline.settle()).rejects.toMatchObject({ code: "not_owner" });
    expect(await events()).toEqual(before);
    expect(await check(store.log)).toEqual([]);
  });

  it("gives up when the room is taken away at every try, with an error that can be tried again", async () => {
    let appends = 0;
    const { open, parts, clock } = await opened((log) =>
      changed(log, {
        append: async (batches) => {
          appends++;
          for (const { room } of batches) await parts.rooms.claim(room);
          return log.append(batches);
        },
      }),
    );
    const pipeline = await open();
    const stored = during(clock, pipeline.store(received, broadcast));
    await expect(stored).rejects.toMatchObject({ code: "in_use", row: { retryable: true } });
    expect(appends).toBe(8);
  });

  it("claims again when what follows the claim fails", async () => {
    let down = false;
    const { parts, events } = await opened((log) =>
      changed(log, {
        append: (batches) => (down ? Promise.reject(new DyliveError("store_unreachable", "no answer")) : log.append(batches)),
        readRoomBefore: (...asked) => (down ? Promise.reject(new DyliveError("internal", "gone")) : log.readRoomBefore(...asked)),
      }),
    );
    const pipeline = await Pipeline.open(parts);
    down = true;
    await expect(pipeline.store(received, broadcast)).rejects.toThrow("no answer");
    await expect(pipeline.store(received, broadcast)).rejects.toThrow("gone");
    expect(await events()).toEqual([]);
    down = false;
    await pipeline.store(received, broadcast);
    expect((await events()).length).toBeGreaterThan(10);
  });

  it("counts what a store finds too old apart from what it had", async () => {
    const { open } = await opened((log) =>
      changed(log, {
        append: async (batches) =>
          (await log.append(batches.map((batch) => ({ ...batch, events: batch.events.slice(1) })))).map((appended) =>
            appended.stored === undefined ? appended : { ...appended, stored: [null, ...appended.stored], tooOld: 1 },
          ),
      }),
    );
    const stored = await (await open()).store(received.slice(0, 1), broadcast);
    expect(stored.drops.get("too_old")).toBe(1);
    expect(stored.drops.has("duplicate")).toBe(false);
  });
});

describe("one Response of thousands of messages", () => {
  const COMBOS = 4_100;
  const gifts = Array.from({ length: COMBOS }, (_, i) =>
    envelope("GiftMessage", {
      ...{ common: { msgId: `${10_000 + i}`, createTime: "1777726899000" }, user: { id: `${i + 1}` } },
      ...{ giftId: "1", groupId: "9", repeatCount: "2", comboCount: "2", gift: { id: "1", type: 1, combo: true, diamondCount: 1 } },
    }),
  );
  const ids = gifts.map((_, i) => `${10_000 + i}:WebcastGiftMessage`);
  const response: readonly IncomingFrame[] = [{ receivedAt: 1_777_726_900_000, response: { messages: gifts } }];

  it("is read and appended in parts, between which everything else has its turn, and stored once and in order", async () => {
    const appended: number[] = [];
    const { parts, events, store } = await opened((log) =>
      changed(log, {
        append: (batches) => {
          appended.push(batches.reduce((sum, batch) => sum + batch.events.length, 0));
          return log.append(batches);
        },
      }),
    );
    let [inTurn, most, over] = [0, 0, false];
    const turn = () => {
      inTurn = 0;
      if (!over) setImmediate(turn);
    };
    setImmediate(turn);
    const decode: typeof normalise = (message, context) => {
      most = Math.max(most, ++inTurn);
      return normalise(message, context);
    };
    const pipeline = await Pipeline.open({ ...parts, decode });
    const stored = await pipeline.store(response, broadcast);
    over = true;
    expect(most).toBeLessThanOrEqual(250);
    expect(Math.max(...appended)).toBeLessThanOrEqual(2_000);
    expect(appended.length).toBeGreaterThan(2);
    expect(stored.events.map(({ id }) => id)).toEqual(ids);
    expect((await events()).map(({ id }) => id)).toEqual(ids);
    expect(await check(store.log)).toEqual([]);
  });

  it("is stored once when the store fails in its midst and is given the whole again", async () => {
    let appends = 0;
    const { open, events } = await opened((log) =>
      changed(log, {
        append: (batches) => (++appends === 2 ? Promise.reject(new DyliveError("internal", "disk full")) : log.append(batches)),
      }),
    );
    const pipeline = await open();
    await expect(pipeline.store(response, broadcast)).rejects.toThrow("disk full");
    const before = (await events()).length;
    expect([before > 0, before < COMBOS]).toEqual([true, true]);
    const stored = await pipeline.store(response, broadcast);
    expect(stored.events.map(({ id }) => id)).toEqual(ids.slice(before));
    expect((await events()).map(({ id }) => id)).toEqual(ids);
  });
});
