// Guards: statistics and search index are kept up to date at once while they are behind, else by a look every two seconds.
import { expect, it } from "vitest";
import { keepUpToDate } from "../../src/statistics/reader.js";
import { FakeClock } from "../clock.js";

it("goes on at once while there is more, looks every two seconds else, and tries again after a failure", async () => {
  const [clock, stop] = [new FakeClock(), new AbortController()];
  const began = clock.now();
  const [steps, errors]: [number[], unknown[]] = [[], []];
  const step = async () => {
    steps.push(clock.now() - began);
    if (steps.length === 4) throw new Error("out of order");
    return steps.length < 3;
  };
  const running = keepUpToDate(step, clock, (error) => errors.push(error), stop.signal);
  await clock.advance(5000);
  stop.abort();
  await running;
  expect(steps).toEqual([0, 0, 0, 2000, 4000]);
  expect(errors).toEqual([new Error("out of order")]);
});
