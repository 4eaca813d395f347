// Guards: decoding recordings again gives what the newer decoder would have given, and brings no erased person back.
import { describe, expect, it } from "vitest";
import { corpus } from "../../simulator/index.js";
import { eraseUser } from "../../src/erasure/erase.js";
import { Pipeline } from "../../src/ingest/pipeline.js";
import { readFrame } from "../../src/platform/access/read.js";
import { normalise } from "../../src/platform/messages/normalise.js";
import { Drift } from "../../src/platform/wire/drift.js";
import { systemClock } from "../../src/runtime/clock.js";
import { type RawFile, rawFiles } from "../../src/sources/raw/files.js";
import { packLeft, RawRecorder } from "../../src/sources/raw/recorder.js";
import { catchUp } from "../../src/statistics/reader.js";
import { check } from "../../src/store/check.js";
import { openSqliteStore } from "../../src/store/sqlite/store.js";
import type { Store } from "../../src/store/store.js";
import { during } from "../clock.js";
import { erased, userOf } from "../contracts/events.js";
import { everything } from "../contracts/statistics.js";
import { plainWords } from "../statistics/plain-words.js";
import { useDirectory } from "../store/directory.js";
import { bodies, broadcast, collected, made, older, received, T0, units } from "./older.js";

const directory = useDirectory();

const open = () => openSqliteStore({ path: ":memory:" });

describe("raw frames decoded anew", () => {
  it("give what a newer decoder would have given from the first, and keep seq and id", { tags: ["full"] }, async () => {
    const store = open();
    const { again, events, room } = await collected(store, older, directory("raw"));
    const before = await events();
    const fresh = openSqliteStore({ path: ":memory:" });
    const wanted = await collected(fresh, undefined, directory("raw"));
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
    const counted = async (from: Store, key: number) => (await everything(from, key, [made.roomId])).sessions[0]?.totals;
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

  it("leave the time of a message that tells none to when it came first", async () => {
    const store = open();
    /** Decodes joins as messages that tell no time, which came so many ms sooner. */
    const dated =
      (sooner: number): typeof normalise =>
      (message, context) => {
        const draft = normalise(message, context);
        const receivedAt = context.receivedAt - sooner;
        if (draft?.event.type === "join") Object.assign(draft.event, { receivedAt, time: receivedAt, timeEstimated: true });
        return draft;
      };
    const { again, events } = await collected(store, dated(1000), directory("raw"));
    expect((await events()).filter(({ timeEstimated }) => timeEstimated === true).length).toBeGreaterThan(0);
    expect(await again({ decode: dated(0) })).toMatchObject({ replaced: 0 });
    await store.close();
  });

  it("beside a server count as new only what it does not store itself", async () => {
    const store = open();
    const { room, pipeline, clock, again, events } = await collected(store, undefined, directory("raw"));
    const late = corpus({ seed: "late", frames: 6, start: T0 + 90_000 });
    const folder = directory("live");
    const raw = new RawRecorder({ folder, clock, byDefault: true, maxBytes: 1e6, onError: (error) => expect(error).toBeNull() });
    const waiting = late.frames.map((frame) => readFrame(frame, clock.now(), new Drift()).received);
    const comes = late.frames.map((frame) => readFrame(frame, clock.now() + 1000, new Drift()).received);
    raw.take(room, [...waiting.slice(0, 4), ...comes.slice(4)], broadcast);
    await raw.rotate();
    const files = (await rawFiles(folder, room)).map((file) => ({ ...file, open: true }));
    // What was recorded is in the log some moments later.
    const server = {
      now: () => clock.now(),
      every: clock.every.bind(clock),
      sleep: async () => void (await pipeline.store(waiting.slice(0, 4), broadcast)),
    };
    const before = (await events()).length;
    expect(await again({ files, clock: server })).toMatchObject({ appended: 0, replaced: 0 });
    expect((await events()).length).toBeGreaterThan(before + 10);
    expect(await again({ files, clock: { ...server, now: () => clock.now() + 60_000, sleep: async () => {} } })).not.toMatchObject({
      appended: 0,
    });
    await raw.close();
    await store.close();
  });

  it("leave the room to a server that stores into it meanwhile, but for what is new", { tags: ["full"] }, async () => {
    const live = corpus({ seed: "live", frames: 40, start: T0 + 90_000 });
    const comes = live.frames.map((frame, i) => readFrame(frame, T0 + 90_000 + i * 500, new Drift()).received);
    /** Redecodes while a server stores a frame after each step. @returns how often the room was taken from somebody, and what is kept */
    const beside = async (decode: typeof normalise | undefined) => {
      const store = open();
      const { room, again, events, clock } = await collected(store, decode, directory("raw"));
      const setAside = (_event: unknown, error: unknown) => expect(error).toBeNull();
      const server = await Pipeline.open({ log: store.log, rooms: store.rooms, room, clock, drift: new Drift(), setAside });
      let claims = 0;
      let next = 0;
      const claim = (one: number) => {
        claims++;
        return store.rooms.claim(one);
      };
      const rooms = { ...store.rooms, claim };
      const serve = async () => {
        const frame = comes[next++];
        if (frame !== undefined) await server.store([frame], broadcast);
      };
      const steps = await during(clock, again({ store: { ...store, rooms }, onProgress: serve }));
      const kept = await events();
      expect(await check(store.log)).toEqual([]);
      expect(await again()).toMatchObject({ replaced: 0, regifted: 0, appended: 0 });
      expect(next).toBeGreaterThan(10);
      const served = comes.slice(0, next);
      await store.close();
      return { claims, kept, served, steps };
    };
    const same = await beside(undefined);
    expect([same.steps.appended, same.claims]).toEqual([0, 1]);
    const newer = await beside(older);
    expect(newer.steps.appended).toBeGreaterThan(10);
    expect(newer.claims).toBeLessThan(8);
    const alone = openSqliteStore({ path: ":memory:" });
    const wanted = await collected(alone, undefined, directory("raw"));
    for (const frame of newer.served) await wanted.pipeline.store([frame], broadcast);
    expect(units(newer.kept)).toEqual(units(await wanted.events()));
    await alone.close();
  });

  it("say what only later messages tell of a gift, and a second time nothing is left to say", { tags: ["full"] }, async () => {
    const store = open();
    /** A decoder that finds no name and price in what came in the first twenty seconds. */
    const bare: typeof normalise = (envelope, context) => {
      const draft = normalise(envelope, context);
      if (draft?.event.type !== "gift" || context.receivedAt >= T0 + 20_000) return draft;
      const { event } = draft;
      return { ...draft, event: { ...event, gift: { ...event.gift, name: null }, unitDiamonds: null, diamonds: null } } as typeof draft;
    };
    // Nobody has taught the catalogue, as by a version that could not read this.
    const { again, events } = await collected(store, bare, directory("raw"));
    const unnamed = async () => (await events()).filter((event) => event.type === "gift" && event.gift.name === null).length;
    const before = await unnamed();
    const done = await again({ decode: bare });
    expect(done.messages).toBe(800);
    expect(done.replaced).toBeGreaterThan(0);
    expect(await unnamed()).toBeLessThan(before);
    expect(await again({ decode: bare })).toMatchObject({ replaced: 0, regifted: 0, appended: 0 });
    await store.close();
  });

  it("leave erased events erased, and people that stand under a pseudonym", async () => {
    const store = open();
    const { again, events, room } = await collected(store, older, directory("raw"));
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

  it("bring nobody back who was erased since, into others' events neither", { tags: ["full"] }, async () => {
    const store = open();
    const operator = { ...userOf("78901234567"), nickname: "小安安" };
    /** A decoder that takes shares for what a moderator did. */
    const moderated: typeof normalise = (envelope, context) => {
      const draft = normalise(envelope, context);
      if (draft?.event.type !== "share") return draft;
      const { target: _, ...rest } = draft.event;
      return { event: { ...rest, type: "moderation", action: "mute", operator }, claim: null };
    };
    const before: typeof normalise = (envelope, context) => {
      const draft = moderated(envelope, context);
      if (draft !== null && "user" in draft.event && draft.event.user !== undefined) draft.event.user.payLevel = null;
      return draft;
    };
    const { again, events, clock } = await collected(store, before, directory("raw"));
    const givers = new Set((await events()).flatMap((event) => (event.type === "gift" ? [event.user?.id ?? ""] : [])));
    const erasedOnes = [operator.id ?? "", ...[...givers].slice(0, 2)];
    for (const user of erasedOnes) await eraseUser(store, { user, keep: false, clock });
    const clubs = async () => (await events()).flatMap((event) => (event.type === "fansclub" ? [event.text] : []));
    const sentences = await clubs();
    expect((await again({ decode: moderated })).replaced).toBeGreaterThan(50);
    const others = (await events()).filter(({ type }) => type !== "chat");
    expect(others.filter(({ type }) => type === "moderation").length).toBeGreaterThan(0);
    for (const id of erasedOnes) expect(JSON.stringify(others)).not.toContain(`"${id}"`);
    expect(await clubs()).toEqual(sentences);
    expect(await again({ decode: moderated })).toMatchObject({ replaced: 0, regifted: 0, appended: 0 });
    await store.close();
  });

  it("change nothing where the decoder is the same, also beside a server that goes on, and with what was removed", async () => {
    const store = open();
    const { again, events, room, pipeline } = await collected(store, undefined, directory("raw"));
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

  it("go on where a recording was compressed meanwhile, or removed by its limits", async () => {
    const store = open();
    const { again, folder, room } = await collected(store, older, directory("raw"));
    await packLeft(folder, systemClock);
    const files = await rawFiles(folder, room);
    const moved = files.map((file) => ({ ...file, path: file.path.replace(/\.gz$/, "") }));
    const whole = await again({ files: [{ ...files[0], path: `${folder}/removed.dyrec` } as RawFile, ...moved] });
    expect(whole).toMatchObject({ messages: 800, lostBytes: 0 });
    await store.close();
  });

  it("can be broken off and begun again", async () => {
    const store = open();
    const { again, events } = await collected(store, older, directory("raw"));
    const stop = new AbortController();
    let reports = 0;
    const onProgress = () => {
      if (++reports === 5) stop.abort(new Error("stopped"));
    };
    await expect(again({ signal: stop.signal, onProgress })).rejects.toThrow("stopped");
    await again();
    const fresh = await collected(openSqliteStore({ path: ":memory:" }), undefined, directory("raw"));
    const whole = await fresh.events();
    expect(units(await events())).toEqual(units(whole));
    expect(bodies(await events())).toEqual(bodies(whole));
    await store.close();
  });
});
