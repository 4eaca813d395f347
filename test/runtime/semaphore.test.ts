// Guards: A fair semaphore lets so many in, payers in turn, and who gives up takes no place.
import { expect, it } from "vitest";
import { FairSemaphore } from "../../src/runtime/semaphore.js";

const settle = () => new Promise((resolve) => setImmediate(resolve));

it("lets so many in; the others wait, payers in turn", async () => {
  const semaphore = new FairSemaphore(2);
  const order: string[] = [];
  const releases: (() => void)[] = [];
  for (const payer of ["a", "a", "a", "a", "b", "c", "c"])
    void semaphore.acquire(undefined, payer).then((release) => {
      order.push(payer);
      if (release !== null) releases.push(release);
    });
  await settle();
  expect(order).toEqual(["a", "a"]);
  while (releases.length > 0) {
    releases.shift()?.();
    await settle();
  }
  expect(order).toEqual(["a", "a", "a", "b", "c", "a", "c"]);
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
  const door = new FairSemaphore(2);
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
