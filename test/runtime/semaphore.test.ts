// Guards: A fair semaphore lets so many in, payers in turn, and who gives up takes no place.
import { describe, expect, it } from "vitest";
import { FairSemaphore } from "../../src/runtime/semaphore.js";

/** Notes who was let in, in order, and how each leaves. */
function noted(semaphore: FairSemaphore) {
  const order: string[] = [];
  const releases: (() => void)[] = [];
  const enter = async (payer: string, signal?: AbortSignal) => {
    const release = await semaphore.acquire(payer, signal);
    order.push(release === null ? `${payer} gave up` : payer);
    if (release !== null) releases.push(release);
  };
  return { order, releases, enter };
}

const settle = () => new Promise((resolve) => setImmediate(resolve));

describe("a fair semaphore", () => {
  it("lets so many in of one payer and of all; the others wait, payers in turn", async () => {
    const semaphore = new FairSemaphore(2, 3);
    const { order, releases, enter } = noted(semaphore);
    for (const payer of ["a", "a", "a", "a", "b", "c", "c"]) void enter(payer);
    await settle();
    expect(order).toEqual(["a", "a", "b"]);
    while (releases.length > 0) {
      expect(semaphore.taken).toBeLessThanOrEqual(3);
      releases.shift()?.();
      await settle();
    }
    expect(order).toEqual(["a", "a", "b", "a", "c", "a", "c"]);
    expect(semaphore.taken).toBe(0);
  });
});

/** A piece of work that ends when told. */
function piece() {
  let end: () => void = () => {};
  const done = new Promise<void>((resolve) => {
    end = resolve;
  });
  return { end, work: () => done };
}
it("lets so many through at a time, in order; who gives up waiting takes nobody's place", async () => {
  const door = new FairSemaphore(2, 2);
  const began: number[] = [];
  const pieces = [0, 1, 2, 3, 4].map(() => piece());
  const stop = new AbortController();
  const runs = pieces.map((one, index) =>
    door
      .run(
        () => {
          began.push(index);
          return one.work();
        },
        index === 2 ? stop.signal : undefined,
      )
      .catch((error: unknown) => error),
  );
  await settle();
  expect(began).toEqual([0, 1]);
  stop.abort(new Error("enough"));
  expect(await runs[2]).toMatchObject({ message: "enough" });
  pieces[0]?.end();
  await settle();
  expect(began).toEqual([0, 1, 3]);
  for (const one of pieces) one.end();
  await Promise.all(runs);
  expect(began).toEqual([0, 1, 3, 4]);
  await expect(door.run(() => Promise.reject(new Error("failed")))).rejects.toThrow("failed");
  await expect(door.run(async () => "still open")).resolves.toBe("still open");
});
