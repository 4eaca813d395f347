// Guards: a silence that ends with an unanswered append is one gap, which holds no stored event.
import { afterAll, expect, it } from "vitest";
import { DyliveError } from "../../src/runtime/errors.js";
import { openMemoryStore } from "../../src/store/memory/memory.js";
import { Lockstep } from "../faults/lockstep.js";
import { RID, SCENARIO } from "../faults/struck.js";
import { running, SIGNAL } from "./running.js";

const clock = new Lockstep();
afterAll(() => clock.stop());
const PEOPLE: ReadonlySet<string> = new Set(["chat", "join", "gift", "like", "follow"]);

/** A store that does the first append of people after it is armed, and does not answer it. */
function unanswering() {
  const store = openMemoryStore({ maxEventsPerRoom: 100_000, clock });
  const state = { isArmed: false, isDone: false };
  const { log } = store;
  const append: typeof log.append = async (batches) => {
    const done = await log.append(batches);
    if (!state.isArmed || !batches.some(({ events }) => events.some(({ type }) => PEOPLE.has(type)))) return done;
    state.isArmed = false;
    state.isDone = true;
    throw new DyliveError("store_unreachable", "no answer");
  };
  return { store: { ...store, log: { ...log, append } }, state };
}

it("a silence that ends with an append that nobody answers is told once, and so is the next", async () => {
  const { store, state } = unanswering();
  const options = { clock, rooms: [{ ...SCENARIO, everySeconds: { stats: 5, chat: 4 } }], rateFactor: 4 };
  const { simulator, rooms, events } = await running(options, { store, setAside: () => {} }, clock);
  void rooms.add(RID, {}, 60_000, SIGNAL).catch(() => {});
  await clock.until(() => rooms.collected()[0]?.state === "live", 60_000);
  await clock.go(20_000);
  for (let n = 1; n <= 2; n++) {
    simulator.rooms.stall(RID);
    await clock.until(() => simulator.truth(RID).connections.length > n, 400_000);
    await clock.go(9000);
    state.isArmed = n === 1;
    simulator.rooms.stall(RID, false);
    await clock.until(() => state.isDone, 60_000);
  }
  await clock.go(30_000);
  const stored = await events(1);
  const gaps = stored.flatMap((event) => (event.type === "gap" ? [event] : []));
  expect(gaps.map(({ reason }) => reason)).toEqual(Array(2).fill(expect.stringContaining("open but silent")));
  const within = stored.filter(
    ({ type, method, receivedAt }) =>
      PEOPLE.has(type) && method !== "dylive" && gaps.some((gap) => (gap.from ?? 0) < receivedAt && receivedAt < gap.to),
  );
  expect(within).toEqual([]);
  for (const [n, gap] of gaps.entries()) expect(gap.from).toBeGreaterThanOrEqual(gaps[n - 1]?.to ?? 0);
});
