import { describe, expect, it } from "vitest";
import type { LiveEvent } from "../../src/events/event.js";
import { normalise } from "../../src/events/normalise.js";
import { check } from "../../src/log/check.js";
import { openMemoryStore } from "../../src/log/memory.js";
import { openSqliteStore } from "../../src/log/sqlite/store.js";
import type { Store } from "../../src/log/store.js";
import { catchUp } from "../../src/outputs/stats/advance.js";
import { type Broadcast, type Decode, Pipeline } from "../../src/rooms/pipeline.js";
import { redecode } from "../../src/rooms/redecode.js";
import { corpus } from "../../src/simulator/index.js";
import { rawFiles } from "../../src/sources/raw/files.js";
import { RawRecorder } from "../../src/sources/raw/recorder.js";
import { readFrame } from "../../src/sources/read.js";
import type { Received } from "../../src/sources/source.js";
import { Drift } from "../../src/wire/drift.js";
import { FakeClock } from "../clock.js";
import { erased } from "../contracts/events.js";
import { everything } from "../contracts/statistics.js";
import { useDirectory } from "../log/directory.js";
import { plainWords } from "../outputs/stats/plain-words.js";

const T0 = 1_777_726_800_000;
const directory = useDirectory();
const made = corpus({ seed: "redecode", frames: 80 });
const received: Received[] = made.frames.map((frame, i) => readFrame(frame, T0 + i * 500, new Drift()).received);
const broadcast: Broadcast = { sessionId: made.roomId, webRid: "98765", anchorId: null, source: "websocket" };

/** A decoder of long ago: it knew no likes, read every grade as unknown, took every gift for one unit, and fans' clubs for something unknown. */
const older: Decode = (envelope, context) => {
  if (envelope.method === "WebcastLikeMessage") return null;
  const draft = normalise(
    envelope.method === "WebcastFansclubMessage" ? { ...envelope, method: "WebcastOfTomorrowMessage" } : envelope,
    context,
  );
  if (draft === null) return null;
  const event = { ...draft.event };
  if ("user" in event && event.user !== undefined) event.user = { ...event.user, payLevel: null };
  return (draft.claim === null ? { event, claim: null } : { event, claim: { ...draft.claim, total: 1 } }) as typeof draft;
};

async function collected(store: Store, decode: Decode | undefined, folder = directory("raw")) {
  const room = await store.rooms.ensure([{ kind: "web_rid", value: "98765" }]);
  await store.sessions.open(room, made.roomId, T0);
  const clock = new FakeClock(T0);
  const setAside = (_event: unknown, error: unknown) => {
    throw error;
  };
  const raw = new RawRecorder({ folder, clock, byDefault: true, maxBytes: 50_000, onError: setAside });
  const parts = { log: store.log, rooms: store.rooms, room, clock, drift: new Drift(), setAside };
  const pipeline = await Pipeline.open({ ...parts, ...(decode && { decode }) });
  for (let at = 0; at < received.length; at += 4) {
    raw.take(room, received.slice(at, at + 4), broadcast);
    await pipeline.store(received.slice(at, at + 4), broadcast);
  }
  await clock.advance(120_000);
  await pipeline.settle();
  await raw.close();
  const again = async (change: Partial<Parameters<typeof redecode>[0]> = {}) =>
    redecode({
      store,
      room,
      files: await rawFiles(folder, room),
      clock,
      drift: new Drift(),
      signal: new AbortController().signal,
      setAside,
      ...change,
    });
  const events = async () => (await store.log.read(room, 0, 100_000)).events;
  return { room, clock, pipeline, again, events, folder };
}

/** Events without what tells when they were stored; what settles is told by its combo. */
const bodies = (events: readonly LiveEvent[]) =>
  new Map(events.filter(({ type }) => type !== "gift").map((event) => [event.id, { ...event, seq: 0, revision: 0 }]));
const units = (events: readonly LiveEvent[]) => {
  const sums = new Map<string, [number, number | null]>();
  for (const event of events) {
    if (event.type !== "gift") continue;
    const [count, worth] = sums.get(event.comboId) ?? [0, 0];
    sums.set(event.comboId, [count + event.delta, worth === null || event.diamonds === null ? null : worth + event.diamonds]);
  }
  return new Map([...sums].sort());
};

const stores = {
  memory: () => openMemoryStore({ maxEventsPerRoom: 100_000 }),
  SQLite: () => openSqliteStore({ path: directory("dylive.sqlite") }),
};

describe.each(Object.entries(stores))("raw frames decoded anew, in %s", (_name, open) => {
  it("give what a newer decoder would have given from the first, and keep seq and id", async () => {
    const store = open();
    const { again, events, room } = await collected(store, older);
    const before = await events();
    const fresh = openMemoryStore({ maxEventsPerRoom: 100_000 });
    const wanted = await collected(fresh, undefined);
    const whole = await wanted.events();
    expect(units(before)).not.toEqual(units(whole));

    const done = await again();
    const after = await events();
    expect(bodies(after)).toEqual(bodies(whole));
    expect(units(after)).toEqual(units(whole));
    expect(after.slice(0, before.length).map(({ seq, id }) => [seq, id])).toEqual(before.map(({ seq, id }) => [seq, id]));
    const changed = after.slice(0, before.length).filter(({ revision }) => revision > 0);
    expect(changed.length).toBeGreaterThan(50);
    for (const event of after.slice(0, before.length)) {
      const { revision: _, ...then } = before[event.seq - 1] ?? event;
      const { revision, ...now } = event;
      expect([event.id, revision > 0]).toEqual([event.id, JSON.stringify(now) !== JSON.stringify(then)]);
    }
    const likes = whole.filter(({ type }) => type === "like").length;
    expect(after.slice(before.length).filter(({ type }) => type === "like")).toHaveLength(likes);
    expect(after.slice(before.length).every(({ time }) => time < T0 + 60_000)).toBe(true);
    expect(done).toMatchObject({ sessions: [made.roomId], appended: after.length - before.length, erased: 0, lostBytes: 0 });
    expect(await check(store.log)).toEqual([]);

    await catchUp(store, plainWords);
    await catchUp(fresh, plainWords);
    const counted = async (from: Store, key: number) => (await everything(from, key, [made.roomId])).sessions[0]?.tally;
    const [now, then] = [await counted(store, room), await counted(fresh, wanted.room)];
    expect({ ...now, types: { ...now?.types, gift: 0 }, gifts: 0 }).toMatchObject({
      units: then?.units,
      diamonds: then?.diamonds,
      likes: then?.likes,
    });
    expect({ ...now?.types, gift: 0 }).toEqual({ ...then?.types, gift: 0 });

    expect(await again()).toMatchObject({ replaced: 0, regifted: 0, appended: 0 });
    expect(await events()).toEqual(after);
    await store.close();
  });

  it("leave erased events erased, and people that stand under a pseudonym", async () => {
    const store = open();
    const { again, events, room } = await collected(store, older);
    const chats = (await events()).filter((event) => event.type === "chat");
    const [gone, hidden] = chats;
    if (gone === undefined || hidden === undefined) throw new Error("no chats");
    const someone = { ...hidden, user: { ...hidden.user, id: "p0123456789abcdef", nickname: "p0123456789abcdef" } };
    await store.log.replace(room, [{ ...erased(gone), seq: gone.seq }, someone]);
    expect(await again()).toMatchObject({ erased: 2 });
    const now = await events();
    expect([now[gone.seq - 1]?.type, now[hidden.seq - 1]]).toEqual(["erased", { ...someone, revision: 1 }]);
    expect(now.filter(({ id }) => id === gone.id || id === hidden.id)).toHaveLength(2);
    await store.close();
  });

  it("change nothing where the decoder is the same, also beside a server that goes on, and with what was removed", async () => {
    const store = open();
    const { again, events, room, pipeline } = await collected(store, undefined);
    const before = await events();
    expect(await again()).toMatchObject({ replaced: 0, regifted: 0, appended: 0 });
    await store.log.remove(room, 1, 100, "retention");
    await store.retention.setHorizon(room, Math.max(...before.slice(0, 100).map(({ time }) => time)));
    expect(await again()).toMatchObject({ replaced: 0, regifted: 0, appended: 0 });
    expect(await events()).toEqual(before.slice(100));
    // The owner was fenced, and goes on with the sums of the log.
    expect((await pipeline.store(received, broadcast)).events).toEqual([]);
    await store.close();
  });

  it("can be broken off and begun again", async () => {
    const store = open();
    const { again, events } = await collected(store, older);
    const stop = new AbortController();
    let reports = 0;
    const onProgress = () => {
      if (++reports === 5) stop.abort(new Error("stopped"));
    };
    await expect(again({ signal: stop.signal, onProgress })).rejects.toThrow("stopped");
    await again();
    const fresh = await collected(openMemoryStore({ maxEventsPerRoom: 100_000 }), undefined);
    const whole = await fresh.events();
    expect(units(await events())).toEqual(units(whole));
    expect(bodies(await events())).toEqual(bodies(whole));
    await store.close();
  });
});
