// Guards: a server of many rooms holds no more after an hour of readers that come and go, and gives each event once.
import { expect, it } from "vitest";
import { Figures } from "../processes/samples.js";
import { soak } from "../processes/soak.js";
import { measured } from "./measured.js";

/**
 * Length of the run; `SOAK_MINUTES` takes another. With less than twenty there is a tenth of the rooms, and slopes are not judged: caches are still
 * being filled in half of the time.
 */
const MINUTES = Number(process.env["SOAK_MINUTES"] ?? 60);
const IS_JUDGED = MINUTES >= 20;
const ROOMS = IS_JUDGED ? 500 : 50;
/** Rooms whose messages fill every cache of a room within the warm-up: the 8,192 ids that are remembered of it, in 7 minutes. The others are calm. */
const BUSY = ROOMS / 50;
/** Time before slopes are looked at, in minutes. */
const WARM_UP = Math.min(Math.max(MINUTES / 3, 8), MINUTES / 2);
const EVERY_MS = Math.max(2_000, (MINUTES * 60_000) / 720);

/** What may be more at the end of the time that is looked at than at its beginning, by the slope: less than a leak of 1 KB for each reader who came. */
const HEAP_GROWTH_MB = 4;
const RESIDENT_GROWTH_MB = 16;
/** Share of their median. */
const COUNT_GROWTH = 0.03;
const ROW_GROWTH = 0.15;

// A webhook that could not keep up needs its time once more, to come to the heads.
const LIMIT = { timeout: (2 * MINUTES + 15) * 60_000 };
it(`${ROOMS} rooms, read in every way: nothing that the server holds grows, and all are given each event once`, LIMIT, async () => {
  const run = await soak({
    ...{ minutes: MINUTES, rooms: ROOMS, busy: BUSY, calmSeconds: 90 },
    ...{ everyMs: EVERY_MS, cutMs: 3_000, restartMs: 30_000, stayMs: 20_000 },
  });
  const figures = new Figures(run.samples.filter((sample) => sample.at * 60 >= WARM_UP));
  const judged = [
    `heap ${figures.said("heapMb", "MB")}`,
    `resident ${figures.said("residentMb", "MB")}`,
    `messages that wait ${figures.said("waiting")}`,
    `handles ${figures.said("handles")}`,
    `timers ${figures.said("timers")}`,
    `store ${figures.rowBytes(0, 1)} B an event (${figures.rowBytes(0, 0.5)} in the first half, ${figures.rowBytes(0.5, 1)} in the second)`,
  ].join("; ");
  const atHeads =
    `${run.readers} readers came ${run.connections} times and were given ${run.events} events, a webhook ${run.delivered}: ` +
    "each once, in order, up to the head of each room when the load was over";
  const told = [
    `event loop's delay, p99 of ${EVERY_MS / 1000} s, ${figures.said("loopMs", "ms")}`,
    `held for at most ${figures.heldMs(0.99)} ms in 99 % of the seconds, ${figures.heldMs(1)} ms in all`,
    `at the end of the load the webhook had not come to ${run.backlog} events; all were at the heads ${Math.ceil(run.catchUpMs / 1000)} s later`,
  ].join("; ");
  const said = [
    `${MINUTES} min with ${run.samples.at(-1)?.received} messages; garbage collected each of them; slopes of the last ${(figures.hours * 60).toFixed(0)} min, by the median over all pairs`,
    ...(IS_JUDGED ? [`judged: ${judged}; ${atHeads}`, `only told: ${told}`] : [`judged: ${atHeads}`, `only told: ${judged}; ${told}`]),
  ].join(". ");
  console.log(said);
  if (!IS_JUDGED) return;
  measured(
    `${ROOMS} rooms on one server, ${BUSY} of them busy; cut now and then, broadcasts begun anew; SSE, WebSocket, polls, a webhook`,
    said,
  );
  expect(figures.growth("heapMb"), said).toBeLessThan(HEAP_GROWTH_MB);
  expect(figures.growth("residentMb"), said).toBeLessThan(RESIDENT_GROWTH_MB);
  for (const figure of ["handles", "timers", "waiting"] as const)
    expect(figures.growth(figure), said).toBeLessThan(COUNT_GROWTH * figures.median(figure) + 1);
  expect(figures.rowBytes(0.5, 1), said).toBeLessThan(figures.rowBytes(0, 0.5) * (1 + ROW_GROWTH));
});
