// Guards: frames that come while the store is away are stored once and in order, and what the disk loses is a gap.
import { readFileSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import type { LiveEvent } from "../../src/events/event.js";
import { gapEvent } from "../../src/ingest/own-events.js";
import { absorbSpooled, readSpoolPart, SpooledReader } from "../../src/ingest/spooled-reader.js";
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

const SOME = FRAMES.slice(0, 100);
describe.each(["refuses", "hangs"] as const)("a store that %s for 10 s under load", (mode) => {
  it("loses nothing: what came meanwhile is stored once, in order, before what comes after", async () => {
    const folder = file("spool");
    const r = await spooledRoom(folder);
    const reasons = new Set<string>();
    const taken = await feed(r, SOME, (i) => {
      if (i === 20) r.away.go(mode);
      if (i === 80) r.away.back();
      reasons.add(r.health.reason);
    });
    await drained(r);
    const events = await eventsOf(r);
    const truth = await truthOf(SOME);
    expect(ids(events)).toEqual(ids(truth));
    expect(units(events)).toBe(units(truth));
    expect(await check(r.store.log)).toEqual([]);
    // Frames were taken all the time, and people were heard in them.
    expect(taken.length).toBeGreaterThan(50);
    expect(taken.slice(30, 75).reduce((sum, { interactive }) => sum + interactive, 0)).toBeGreaterThan(20);
    expect(taken.every(({ lost }) => lost === null)).toBe(true);
    expect([...reasons].some((reason) => /held in the spool since 20.*The database cannot be reached/.test(reason))).toBe(true);
    expect(r.errors).toEqual([]);
    await r.intake.close();
    await r.spool.close();
    expect(await rawFiles(folder)).toEqual([]);
  });
});

describe("a spool", () => {
  it("that is full loses frames, says so of each batch, and goes on when there is room", { tags: ["full"] }, async () => {
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

  it("whose disk fails loses frames, says so, and tries again after some seconds", { tags: ["full"] }, async () => {
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

  it("of which a record is damaged on the disk stores the rest, and tells a gap", async () => {
    const folder = file("damaged");
    const r = await spooledRoom(folder);
    await feed(r, FRAMES.slice(0, 60), (i) => {
      if (i === 10) r.away.go("refuses");
    });
    const path = (await rawFiles(folder)).at(-1)?.path ?? "";
    const bytes = readFileSync(path);
    const at = bytes.length >> 1;
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
    expect(r.errors).toEqual([]);
    await r.intake.close();
    await r.spool.close();
  });

  it("of a room that is another's by now is uploaded, and whoever has it stores it once", { tags: ["full"] }, async () => {
    const r = await spooledRoom(file("other"));
    await feed(r, FRAMES.slice(0, 60), (i) => {
      if (i === 20) r.away.go("refuses");
    });
    const other = await spooledRoom(file("others"), { store: r.store });
    await other.intake.take(FRAMES.slice(40, 55), BROADCAST, SIGNAL);
    r.owned.mine = false;
    r.away.back();
    await goOnUntil(r.clock, () => r.lost.length > 0);
    expect(r.lost).toMatchObject([{ code: "not_owner" }]);
    // What had been received by then is handed over, too.
    await r.intake.take(FRAMES.slice(60, 70), BROADCAST, SIGNAL);
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
    const truth = await truthOf(FRAMES.slice(0, 70));
    expect(plain(events).sort()).toEqual(plain(truth).sort());
    expect(units(events)).toBe(units(truth));
    expect(await check(r.store.log)).toEqual([]);
    expect([...r.errors, ...other.errors]).toEqual([]);
  });

  it("of a process that was killed is found by the next one, up to where it is torn", { tags: ["full"] }, async () => {
    const spool = file("killed");
    const r = await spooledRoom(spool);
    await feed(r, FRAMES.slice(0, 60), (i) => {
      if (i === 20) r.away.go("refuses");
      if (i === 40) void r.intake.own(gapAt(r.room, i), SIGNAL);
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
    expect(ids(events)).toEqual(ids(await truthOf(FRAMES.slice(0, 59))));
    const gaps = events.filter(({ type }) => type === "gap");
    expect(gaps.map(({ id }) => id)).toEqual(["gap:40:41"]);
    expect(ids(events.slice(0, (gaps[0]?.seq ?? 0) - 1))).toEqual(ids(await truthOf(FRAMES.slice(0, 40))));
    expect(await check(r.store.log)).toEqual([]);
    expect(await rawFiles(spool)).toEqual([]);
    await next.spool.close();
  });
});
