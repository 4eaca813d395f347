// Guards: the reader of statistics paces itself, and a failing room delays no other.
import { setMaxListeners } from "node:events";
import { expect, it } from "vitest";
import { keepUpToDate } from "../../src/statistics/reader.js";
import { FakeClock } from "../clock.js";

/** Keeps rooms up to date that take so long (ms) to work through. @returns the times (s) between the looks of two minutes */
async function pauses(stepMs: number): Promise<readonly number[]> {
  const [clock, stop] = [new FakeClock(), new AbortController()];
  const looks: number[] = [];
  const running = keepUpToDate(
    {
      progress: async () => {
        looks.push(clock.now());
        return [{ room: 1, behind: 3 }];
      },
      step: async () => {
        await clock.sleep(stepMs, stop.signal).catch(() => {});
        return false;
      },
      clock,
      onBehind: () => {},
      onError: (error) => expect.unreachable(String(error)),
    },
    stop.signal,
  );
  await clock.advance(120_000);
  stop.abort();
  await running;
  return looks.slice(1).map((at, n) => (at - (looks[n] ?? 0)) / 1000);
}

it("looks every two seconds as long as that is little work", async () => {
  expect(new Set(await pauses(100))).toEqual(new Set([2.1]));
});

it("pauses for three times as long as the work takes, which is a commit for a few events of each of many rooms", async () => {
  expect(new Set(await pauses(4_000))).toEqual(new Set([16]));
});

/** Does a round over rooms that are so many events behind, or those of a time (ms). @returns the rooms whose steps were under way together, and the error that was told */
async function round(behind: readonly number[], step: (room: number) => Promise<boolean>, forMs = 1500) {
  const [clock, stop] = [new FakeClock(), new AbortController()];
  setMaxListeners(0, stop.signal); // as many rooms sleep on it as share a turn
  const [together, errors]: [Set<number>[], unknown[]] = [[], []];
  let count = 0;
  const running = keepUpToDate(
    {
      progress: async () => behind.map((events, room) => ({ room, behind: events })),
      step: async (room) => {
        if (count++ === 0) together.push(new Set());
        together.at(-1)?.add(room);
        await clock.sleep(10, stop.signal).catch(() => {});
        count--;
        return step(room);
      },
      clock,
      onBehind: () => {},
      onError: (error) => errors.push(error),
    },
    stop.signal,
  );
  await clock.advance(forMs);
  stop.abort();
  await running;
  return { together: together.map((rooms) => [...rooms]), errors };
}

it("rooms with little to do have their turn together, so that they share a commit; one with much has its own", async () => {
  const { together } = await round([100, 300, 100, 1, 600, 2, 2], async () => false);
  expect(together).toEqual([[0, 1, 2], [3], [4], [5, 6]]);
  const many = await round(new Array<number>(40).fill(1), async () => false);
  expect(many.together.map((rooms) => rooms.length)).toEqual([16, 16, 8]);
});

it("a room that fails is told when those beside it are done", async () => {
  const done: number[] = [];
  const { errors } = await round([1, 1, 1], async (room) => {
    if (room === 1) throw new Error("out of order");
    done.push(room);
    return false;
  });
  expect(errors).toEqual([new Error("out of order")]);
  expect(done).toEqual([0, 2]);
});
