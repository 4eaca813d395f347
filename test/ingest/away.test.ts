// Guards: frames that come while the store is away are stored once and in order when it is back, and the room says so meanwhile.
import { expect, it } from "vitest";
import { corpus } from "../../simulator/index.js";
import type { LiveEvent } from "../../src/events/event.js";
import { RoomHealth } from "../../src/health/room-health.js";
import { gapEvent, Intake } from "../../src/ingest/intake.js";
import { type Broadcast, Pipeline } from "../../src/ingest/pipeline.js";
import { type Received, ReceiveQueue, readFrame } from "../../src/platform/access/read.js";
import { Drift } from "../../src/platform/wire/drift.js";
import { check } from "../../src/store/check.js";
import { openMemoryStore } from "../../src/store/memory/memory.js";
import { FakeClock } from "../clock.js";
import { readAll } from "../contracts/harness.js";
import { Away } from "../store/away.js";

const START = 1_777_726_800_000;
const made = corpus({ seed: "away", frames: 100 });
const FRAMES: readonly Received[] = made.frames.map((frame, i) => readFrame(frame, START + i * 100, new Drift()).received);
const BROADCAST: Broadcast = { sessionId: made.roomId, webRid: "1", anchorId: "2", source: "websocket" };

/** One room, in a store that can be away. */
async function openRoom() {
  const clock = new FakeClock(START);
  const store = openMemoryStore({ maxEventsPerRoom: 100_000 });
  const away = new Away();
  const room = await store.rooms.ensure([{ kind: "web_rid", value: "1" }]);
  const health = new RoomHealth(clock);
  health.to("live", "interactive messages are coming in");
  const setAside = (_event: unknown, error: unknown) => {
    throw error;
  };
  const pipeline = await Pipeline.open({
    ...{ log: away.from(store.log), rooms: away.from(store.rooms), room, clock, drift: new Drift(), setAside },
  });
  const events = async (): Promise<readonly LiveEvent[]> => (await readAll(store.log, room)).events;
  return { clock, store, away, room, health, intake: new Intake(pipeline, health, clock), events };
}

const units = (events: readonly LiveEvent[]) => events.reduce((sum, event) => sum + (event.type === "gift" ? event.delta : 0), 0);

it.each(["refuses", "hangs"] as const)("a store that %s for 6 s under load costs nothing", async (mode) => {
  const { clock, store, away, health, intake, events } = await openRoom();
  const queue = new ReceiveQueue({ pause: () => {}, resume: () => {} }, (frame) => health.backlog.arrived(frame));
  const { signal } = new AbortController();
  const taking = (async () => {
    for await (const batch of queue.batches()) {
      health.backlog.taking(batch);
      await intake.take(batch, BROADCAST, signal);
      health.backlog.taken(batch);
    }
  })();
  const seen = new Set<string>();
  for (const [i, frame] of FRAMES.entries()) {
    if (i === 20) away.go(mode);
    if (i === 80) away.back();
    queue.push(frame);
    await clock.advance(100);
    health.look();
    seen.add(`${health.state}: ${health.reason}`);
  }
  queue.end();
  await clock.advance(5000);
  await taking;
  health.look();
  expect(health.state).toBe("live");
  expect([...seen].some((one) => one.startsWith("stalled: "))).toBe(true);
  if (mode === "refuses") expect([...seen].join("\n")).toMatch(/what comes is held back: The database cannot be reached/);
  const truth = await openRoom();
  for (const frame of FRAMES) await truth.intake.take([frame], BROADCAST, signal);
  const [stored, wanted] = [await events(), await truth.events()];
  expect(stored.map(({ id }) => id)).toEqual(wanted.map(({ id }) => id));
  expect(units(stored)).toBe(units(wanted));
  expect(await check(store.log)).toEqual([]);
  expect(health.status(1).evidence.storage).toMatchObject({ waiting: 0, waitingSince: null });
});

it("an event of our own waits, too, and a stop ends the wait", async () => {
  const { clock, away, room, intake, events } = await openRoom();
  const gap = (at: number) => gapEvent(room, BROADCAST, at, at + 1, "a test");
  away.go("refuses");
  const told = intake.own(gap(1), new AbortController().signal);
  const stop = new AbortController();
  const given = intake.own(gap(2), stop.signal);
  await clock.advance(3000);
  stop.abort(new Error("stopped"));
  await expect(given).rejects.toThrow("stopped");
  away.back();
  await clock.advance(2000);
  await told;
  expect((await events()).map(({ id }) => id)).toEqual(["gap:1:2"]);
});
