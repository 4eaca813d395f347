import { linkSync, readFileSync, renameSync, rmSync, symlinkSync, truncateSync, writeFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import type { LiveEvent } from "../../src/events/event.js";
import type { Taken } from "../../src/ingest/intake.js";
import { gapEvent, stateEvent } from "../../src/ingest/own-events.js";
import { absorbSpooled, readSpoolPart, SpooledReader } from "../../src/ingest/spooled-reader.js";
import { encodeHeader, encodeRecord } from "../../src/platform/wire/recording.js";
import { rawFiles } from "../../src/sources/raw/files.js";
import { check } from "../../src/store/check.js";
import { useDirectory } from "../store/directory.js";
import { until } from "../until.js";
import {
  BROADCAST,
  eventsOf,
  FRAMES,
  feed,
  goOnUntil,
  ids,
  SIGNAL,
  type SpooledRoom,
  spooledRoom,
  truthOf,
  units,
} from "./spooled-room.js";

const file = useDirectory();
const drained = (r: SpooledRoom) =>
  goOnUntil(r.clock, () => {
    r.health.look();
    return r.spool.bytes === 0 && r.health.reason.includes("again");
  });
/** Of a combo only what raises it is an event, which depends on what came before. */
const plain = (list: readonly LiveEvent[]) => ids(list.filter(({ type }) => type !== "gift"));
const gapAt = (room: number, at: number) => gapEvent(room, BROADCAST, at, at + 1, "a test");
const stateAt = (room: number, at: number) => stateEvent(room, null, "live", "stalled", {}, at);

describe.each(["refuses", "hangs"] as const)("a store that %s for 30 s under load", (mode) => {
  it("loses nothing: what came meanwhile is stored once, in order, before what comes after", async () => {
    const folder = file("spool");
    const r = await spooledRoom(folder);
    const reasons = new Set<string>();
    const taken = await feed(r, FRAMES, (i) => {
      if (i === 50) r.away.go(mode);
      if (i === 350) r.away.back();
      reasons.add(r.health.reason);
    });
    await drained(r);
    const events = await eventsOf(r);
    const truth = await truthOf(FRAMES);
    expect(ids(events)).toEqual(ids(truth));
    expect(units(events)).toBe(units(truth));
    expect(await check(r.store.log)).toEqual([]);
    // Frames were taken all the time, and people were heard in them.
    expect(taken.length).toBeGreaterThan(250);
    expect(taken.slice(60, 250).reduce((sum, { interactive }) => sum + interactive, 0)).toBeGreaterThan(50);
    expect(taken.every(({ lost }) => lost === null)).toBe(true);
    expect([...reasons].some((reason) => /held in the spool since 20.*The database cannot be reached/.test(reason))).toBe(true);
    expect(r.errors).toEqual([]);
    await r.intake.close();
    await r.spool.close();
    expect(await rawFiles(folder)).toEqual([]);
  });
});

describe("a spool", () => {
  it("keeps what is ours between the frames where it belongs", async () => {
    const r = await spooledRoom(file("own"));
    const done: number[] = [];
    await feed(r, FRAMES.slice(0, 120), (i) => {
      if (i === 10) r.away.go("refuses");
      if (i === 100) r.away.back();
      if (i % 40 === 39) void r.intake.own(gapAt(r.room, i), SIGNAL);
      if (i === 60) void r.intake.defer(async () => done.push(ids(await eventsOf(r)).length), SIGNAL);
    });
    await drained(r);
    const events = await eventsOf(r);
    expect(ids(events)).toEqual(ids(await truthOf(FRAMES.slice(0, 120))));
    expect(events.filter(({ type }) => type === "gap").map(({ id }) => id)).toEqual(["gap:39:40", "gap:79:80", "gap:119:120"]);
    const [first] = events.filter(({ type }) => type === "gap");
    const between = ids(events.slice(0, first?.seq));
    expect(between).toEqual(ids(await truthOf(FRAMES.slice(0, 39))));
    expect(done).toEqual([ids(await truthOf(FRAMES.slice(0, 60))).length]);
  });

  it("that is full loses frames, says so of each batch, and goes on when there is room", async () => {
    const r = await spooledRoom(file("full"), { maxBytes: 60_000 });
    const states: string[] = [];
    const taken = await feed(r, FRAMES.slice(0, 300), (i) => {
      if (i === 20) r.away.go("refuses");
      if (i < 290) return;
      r.health.look();
      states.push(`${r.health.state}: ${r.health.reason}`);
    });
    // However live the room is, nobody is told that it is while nothing is kept.
    expect(new Set(states)).toEqual(new Set(["stalled: what comes is lost: the spool was full while the store took nothing"]));
    r.away.back();
    await drained(r);
    const after = await feed(r, FRAMES.slice(300));
    r.health.look();
    expect(r.health.state).toBe("live");
    const lost = taken.flatMap(({ lost }) => lost ?? []);
    expect(lost.length).toBeGreaterThan(50);
    expect(new Set(lost)).toEqual(new Set(["the spool was full while the store took nothing"]));
    expect(after.every(({ lost }) => lost === null)).toBe(true);
    expect(r.health.status(r.room).evidence.drops["not_spooled"]).toBeGreaterThanOrEqual(lost.length);
    const chats = (list: readonly LiveEvent[]) => ids(list.filter(({ type }) => type === "chat"));
    const truth = chats(await truthOf(FRAMES));
    const events = chats(await eventsOf(r));
    expect(events.length).toBeLessThan(truth.length);
    // A copy that comes later stands in for one that was lost.
    expect(truth).toEqual(expect.arrayContaining([...events]));
    expect(new Set(events).size).toBe(events.length);
    expect(await check(r.store.log)).toEqual([]);
  });

  it("whose disk fails loses frames, says so, and tries again after some seconds", async () => {
    const folder = file("failing");
    writeFileSync(folder, "in the way");
    const r = await spooledRoom(folder);
    r.away.go("refuses");
    const taken = await feed(r, FRAMES.slice(0, 60), (i) => {
      if (i === 30) rmSync(folder);
    });
    expect(taken[0]?.lost).toBe("the disk of the spool failed while the store took nothing");
    expect(r.errors.length).toBeGreaterThan(0);
    await goOnUntil(r.clock, async () => (await r.intake.take(FRAMES.slice(60, 61), BROADCAST, SIGNAL)).lost === null);
    expect(r.spool.bytes).toBeGreaterThan(0);
    r.away.back();
    await drained(r);
    expect(ids(await eventsOf(r))).toContain(ids(await truthOf(FRAMES.slice(60, 61)))[0]);
    expect(r.spool.bytes).toBe(0);
  });

  it("whose disk failed is tried again after some seconds, also when the clock is set back meanwhile", async () => {
    const folder = file("failed-then-back");
    writeFileSync(folder, "in the way");
    const r = await spooledRoom(folder);
    r.away.go("refuses");
    const taken = await feed(r, FRAMES.slice(0, 30));
    expect(taken[0]?.lost).toBe("the disk of the spool failed while the store took nothing");
    rmSync(folder);
    const now = r.clock.now.bind(r.clock);
    r.clock.now = () => now() - 3_600_000;
    let after: Taken | null = null;
    void r.intake.take(FRAMES.slice(60, 61), BROADCAST, SIGNAL).then((one) => {
      after = one;
    });
    await goOnUntil(r.clock, () => after !== null);
    expect(after).toMatchObject({ lost: null });
    expect(r.spool.bytes).toBeGreaterThan(0);
    r.away.back();
    await goOnUntil(r.clock, () => r.spool.bytes === 0);
  });

  it("of which somebody has removed a file tells a gap, and goes on with what came after", async () => {
    const folder = file("removed-while-away");
    const r = await spooledRoom(folder);
    await feed(r, FRAMES.slice(0, 60), (i) => {
      if (i === 10) r.away.go("refuses");
    });
    for (const { path } of await rawFiles(folder)) rmSync(path);
    r.away.back();
    await drained(r);
    await feed(r, FRAMES.slice(60, 70));
    const events = await eventsOf(r);
    expect(events.filter(({ type }) => type === "gap")).toMatchObject([{ reason: expect.stringContaining("could not be read back") }]);
    expect(plain(events)).toEqual(expect.arrayContaining(plain(await truthOf(FRAMES.slice(60, 70)))));
    expect(r.errors).toMatchObject([{ code: "file_failed", cause: { code: "ENOENT" } }]);
    await r.intake.close();
    await r.spool.close();
  });

  it("whose disk cannot be read for a while is read when it can, and nothing is lost", async () => {
    const folder = file("unread");
    const r = await spooledRoom(folder);
    await feed(r, FRAMES.slice(0, 60), (i) => {
      if (i === 10) r.away.go("refuses");
    });
    // The one before it is being read already.
    const path = (await rawFiles(folder)).at(-1)?.path ?? "";
    // At once, a link to itself, which no system follows; the file has another name meanwhile.
    linkSync(path, `${path}.aside`);
    symlinkSync(path, `${path}.link`);
    renameSync(`${path}.link`, path);
    r.away.back();
    await goOnUntil(r.clock, () => r.errors.length > 0);
    await r.clock.advance(5000);
    expect(r.errors).toMatchObject([{ code: "file_failed", cause: { code: "ELOOP" } }]);
    renameSync(`${path}.aside`, path);
    await drained(r);
    expect(ids(await eventsOf(r))).toEqual(ids(await truthOf(FRAMES.slice(0, 60))));
    await r.intake.close();
    await r.spool.close();
  });

  it.each(["a record", "the header"])("of which %s is damaged on the disk stores the rest, and tells a gap", async (what) => {
    const folder = file("damaged");
    const r = await spooledRoom(folder);
    await feed(r, FRAMES.slice(0, 60), (i) => {
      if (i === 10) r.away.go("refuses");
    });
    const path = (await rawFiles(folder)).at(-1)?.path ?? "";
    const bytes = readFileSync(path);
    const at = what === "the header" ? 20 : bytes.length >> 1;
    bytes[at] = (bytes[at] ?? 0) ^ 255;
    writeFileSync(path, bytes);
    r.away.back();
    await drained(r);
    const events = await eventsOf(r);
    const [gap, ...more] = events.filter((event) => event.type === "gap");
    expect(more).toEqual([]);
    expect(gap).toMatchObject({ reason: expect.stringContaining("could not be read back"), sessionId: BROADCAST.sessionId });
    const lost = (await truthOf(FRAMES.slice(0, 60))).filter(({ id }) => !ids(events).includes(id));
    expect(lost.length).toBeGreaterThan(0);
    for (const { receivedAt } of lost) {
      expect(receivedAt).toBeGreaterThanOrEqual(gap?.from ?? 0);
      expect(receivedAt).toBeLessThanOrEqual(gap?.to ?? 0);
    }
    expect(r.health.status(r.room).evidence).toMatchObject({ gaps: { count: 1 }, drops: { not_spooled: expect.any(Number) } });
    expect(r.errors.length).toBe(what === "the header" ? 1 : 0);
    await r.intake.close();
    await r.spool.close();
  });

  it("whose room is given up in the middle of it has our own events stored all the same", async () => {
    const r = await spooledRoom(file("given-up"));
    await feed(r, FRAMES.slice(0, 60), (i) => {
      if (i === 10) r.away.go("refuses");
      if (i === 40) void r.intake.own(gapAt(r.room, i), SIGNAL);
    });
    r.away.back(); // and before it is asked again
    await r.intake.close();
    await r.spool.uploaded();
    for (const part of await r.uploaded.take([r.room], 10)) await absorbSpooled(part.bytes, r.pipeline, r.health, SIGNAL);
    const events = await eventsOf(r);
    expect(events.filter(({ type }) => type === "gap").map(({ id }) => id)).toEqual(["gap:40:41"]);
    expect(plain(events).sort()).toEqual(plain(await truthOf(FRAMES.slice(0, 60))).sort());
  });

  it.each([
    ["the store is away", "store_unreachable"],
    ["the room is another's", "not_owner"],
  ])("whose room is given up while %s has its states counted and set aside", async (why, code) => {
    const r = await spooledRoom(file("aside"));
    await feed(r, FRAMES.slice(0, 60), (i) => {
      if (i === 10) r.away.go("refuses");
      if (i % 20 === 19) void r.intake.own(stateAt(r.room, i), SIGNAL);
      if (i === 50) void r.intake.defer(async () => {}, SIGNAL);
    });
    if (why === "the room is another's") {
      r.owned.mine = false;
      await (await spooledRoom(file("aside-others"), { store: r.store })).pipeline.claim();
      r.away.back();
      await goOnUntil(r.clock, () => r.lost.length > 0);
    }
    await r.intake.close();
    expect(r.aside).toEqual(["state:19:stalled", "state:39:stalled", "state:59:stalled"]);
    expect(r.errors).toMatchObject([{ code }, { code }, { code }]);
    expect(r.health.status(r.room).evidence.drops).toMatchObject({ own_event_not_spooled: 4 });
  });

  it.each(["was killed", "lost the room"])(
    "of a process that %s has its gaps told by who stores what lies around them, once",
    async (how) => {
      const folder = file("gaps");
      const r = await spooledRoom(folder);
      await feed(r, FRAMES.slice(0, 60), (i) => {
        if (i === 10) r.away.go("refuses");
        if (i === 30) void r.intake.own(gapAt(r.room, i), SIGNAL);
      });
      const next = await spooledRoom(how === "was killed" ? folder : file("gaps-others"), { store: r.store });
      await next.pipeline.claim();
      if (how === "was killed") await next.spool.start();
      else {
        r.owned.mine = false;
        r.away.back();
        await goOnUntil(r.clock, () => r.lost.length > 0);
        await r.intake.close();
      }
      const { spool, uploaded } = how === "was killed" ? next : r;
      await spool.uploaded();
      for (let times = 0; times < 2; times++)
        for (const part of await uploaded.take([r.room], 10)) await absorbSpooled(part.bytes, next.pipeline, next.health, SIGNAL);
      const events = await eventsOf(next);
      const at = events.findIndex(({ type }) => type === "gap");
      expect(events[at]).toMatchObject({ ...gapAt(r.room, 30), seq: at + 1 });
      expect(ids(events.toSpliced(at, 1))).toEqual(ids(await truthOf(FRAMES.slice(0, 60))));
      expect(ids(events.slice(0, at))).toEqual(ids(await truthOf(FRAMES.slice(0, 30))));
      expect([...r.aside, ...next.aside]).toEqual([]);
    },
  );

  it("has no gap of a record that says none", async () => {
    const r = await spooledRoom(file("no-gap"));
    const raw = ["", "null", "[]", '{"from":"1","to":2,"reason":"","sessionId":null,"webRid":null}'].map((text) =>
      new TextEncoder().encode(text),
    );
    const header = encodeHeader({ webRid: "1", roomId: "7", title: "", startedAt: 1, source: "websocket" });
    const bytes = Buffer.concat([header, ...raw.map((one) => encodeRecord({ kind: "gap", receivedAt: 1, bytes: one }))]);
    await absorbSpooled(bytes, r.pipeline, r.health, SIGNAL);
    expect(await eventsOf(r)).toEqual([]);
  });

  it("whose room is given up has what the store cannot do kept apart from what it can", async () => {
    const r = await spooledRoom(file("apart"));
    const done: number[] = [];
    await feed(r, FRAMES.slice(0, 60), (i) => {
      if (i === 10) r.away.go("refuses");
      if (i === 40) void r.intake.defer(() => Promise.reject(new Error("never")), SIGNAL);
      if (i === 45) void r.intake.defer(async () => done.push(i), SIGNAL);
    });
    r.away.back();
    await r.intake.close();
    expect(done).toEqual([45]);
    expect(r.health.status(r.room).evidence.drops).toMatchObject({ own_event_not_spooled: 1 });
  });

  it("of a process that was killed, damaged in the middle, tells a gap when it is absorbed", async () => {
    const spool = file("killed-damaged");
    const r = await spooledRoom(spool);
    await feed(r, FRAMES.slice(0, 60), (i) => {
      if (i === 10) r.away.go("refuses");
    });
    const bytes = readFileSync((await rawFiles(spool)).at(-1)?.path ?? "");
    bytes[bytes.length >> 1] = (bytes[bytes.length >> 1] ?? 0) ^ 255;
    const next = await spooledRoom(file("next"), { store: r.store });
    await absorbSpooled(bytes, next.pipeline, next.health, SIGNAL);
    const gaps = (await eventsOf(next)).filter(({ type }) => type === "gap");
    expect(gaps).toMatchObject([{ reason: expect.stringContaining("could not be read back"), room: r.room }]);
    await r.intake.close();
    await r.spool.close();
  });

  it("of a room that is another's by now is uploaded, and whoever has it stores it once", async () => {
    const r = await spooledRoom(file("other"));
    await feed(r, FRAMES.slice(0, 200), (i) => {
      if (i === 50) r.away.go("refuses");
    });
    const other = await spooledRoom(file("others"), { store: r.store });
    await other.intake.take(FRAMES.slice(150, 180), BROADCAST, SIGNAL);
    r.owned.mine = false;
    r.away.back();
    await goOnUntil(r.clock, () => r.lost.length > 0);
    expect(r.lost).toMatchObject([{ code: "not_owner" }]);
    // What had been received by then is handed over, too.
    await r.intake.take(FRAMES.slice(200, 220), BROADCAST, SIGNAL);
    await r.intake.own(gapAt(r.room, 1), SIGNAL);
    expect(r.lost).toHaveLength(1);
    await r.intake.close();
    await r.spool.uploaded();
    expect(r.spool.bytes).toBe(0);
    const reader = new SpooledReader({
      spooled: r.uploaded,
      clock: other.clock,
      take: (limit) => r.uploaded.take([other.room], limit),
      absorb: async ({ bytes }, signal) => absorbSpooled(bytes, other.pipeline, other.health, signal).then(() => true),
      onError: (error) => other.errors.push(error),
    });
    const [first] = await r.uploaded.take([r.room], 1);
    expect(readSpoolPart(first?.bytes ?? new Uint8Array())?.broadcast).toEqual(BROADCAST);
    reader.start();
    await until(async () => (await r.uploaded.waiting()) === 0);
    await reader.stop();
    const events = await eventsOf(r);
    const truth = await truthOf(FRAMES.slice(0, 220));
    expect(plain(events).sort()).toEqual(plain(truth).sort());
    expect(units(events)).toBe(units(truth));
    expect(await check(r.store.log)).toEqual([]);
    expect([...r.errors, ...other.errors]).toEqual([]);
  });

  it("is handed what comes after an event of our own by which the room turned out to be another's", async () => {
    const r = await spooledRoom(file("own-first"));
    await feed(r, FRAMES.slice(0, 20));
    const other = await spooledRoom(file("own-others"), { store: r.store });
    await other.pipeline.claim();
    r.owned.mine = false;
    await r.intake.own(gapAt(r.room, 1), SIGNAL);
    expect(r.lost).toMatchObject([{ code: "not_owner" }]);
    await r.intake.take(FRAMES.slice(20, 40), BROADCAST, SIGNAL);
    await r.intake.close();
    await r.spool.uploaded();
    for (const part of await r.uploaded.take([r.room], 10)) await absorbSpooled(part.bytes, other.pipeline, other.health, SIGNAL);
    const events = await eventsOf(r);
    // A gap is handed over too: who has the room may not know of it.
    expect(events.filter(({ type }) => type === "gap")).toMatchObject([{ from: 1, to: 2 }]);
    expect(ids(events.filter(({ type }) => type !== "gap"))).toEqual(ids(await truthOf(FRAMES.slice(0, 40))));
  });

  it("sets a gap aside that is another's to tell by now, where it has no room for it", async () => {
    const r = await spooledRoom(file("own-full"), { maxBytes: 10 });
    await feed(r, FRAMES.slice(0, 20));
    const other = await spooledRoom(file("full-others"), { store: r.store });
    await other.pipeline.claim();
    r.owned.mine = false;
    await r.intake.own(gapAt(r.room, 1), SIGNAL);
    expect(r.aside).toEqual(["gap:1:2"]);
    expect(r.health.status(r.room).evidence.drops).toMatchObject({ own_event_not_spooled: 1 });
    await r.intake.close();
  });

  it("of a process that was killed is found by the next one, up to where it is torn", async () => {
    const spool = file("killed");
    const r = await spooledRoom(spool);
    await feed(r, FRAMES.slice(0, 200), (i) => {
      if (i === 50) r.away.go("refuses");
    });
    // Killed: nothing is closed. Half of the last record did not come to the disk.
    const files = await rawFiles(spool);
    const last = files.at(-1);
    truncateSync(last?.path ?? "", (last?.bytes ?? 0) - 10);
    const next = await spooledRoom(spool, { store: r.store });
    next.uploaded.down = true;
    await next.spool.start();
    expect(next.spool.bytes).toBe(files.reduce((sum, { bytes }) => sum + bytes, -10));
    await goOnUntil(next.clock, () => next.errors.length > 0);
    next.uploaded.down = false;
    await goOnUntil(next.clock, () => next.spool.bytes === 0);
    for (const part of await next.uploaded.take([r.room], 10)) await absorbSpooled(part.bytes, next.pipeline, next.health, SIGNAL);
    // Once more: as after a crash between storing and forgetting.
    for (const part of await next.uploaded.take([r.room], 10)) await absorbSpooled(part.bytes, next.pipeline, next.health, SIGNAL);
    const events = await eventsOf(r);
    expect(ids(events)).toEqual(ids(await truthOf(FRAMES.slice(0, 199))));
    expect(await check(r.store.log)).toEqual([]);
    expect(await rawFiles(spool)).toEqual([]);
    await next.spool.close();
  });

  it("does not wait for a file that somebody has removed", async () => {
    const spool = file("removed");
    const r = await spooledRoom(spool);
    await feed(r, FRAMES.slice(0, 20), (i) => {
      if (i === 5) r.away.go("refuses");
    });
    const next = await spooledRoom(spool, { store: r.store });
    next.uploaded.down = true;
    await next.spool.start();
    await goOnUntil(next.clock, () => next.errors.length > 0);
    for (const { path } of await rawFiles(spool)) rmSync(path);
    await goOnUntil(next.clock, () => next.spool.bytes === 0);
    await next.spool.close();
  });

  it("takes what comes while its collector stops and the store is away", async () => {
    const r = await spooledRoom(file("stopped"));
    await feed(r, FRAMES.slice(0, 20));
    r.away.go("refuses");
    await r.intake.take(FRAMES.slice(20, 40), BROADCAST, AbortSignal.abort());
    await r.intake.close();
    await r.spool.uploaded();
    r.away.back();
    for (const part of await r.uploaded.take([r.room], 10)) await absorbSpooled(part.bytes, r.pipeline, r.health, SIGNAL);
    expect(ids(await eventsOf(r))).toEqual(ids(await truthOf(FRAMES.slice(0, 40))));
  });
});
