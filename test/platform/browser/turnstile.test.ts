import { expect, it } from "vitest";
import { Turnstile } from "../../../src/platform/browser/turnstile.js";

const NEVER = new AbortController().signal;
/** A piece of work that ends when told. */
function piece() {
  let end: () => void = () => {};
  const done = new Promise<void>((resolve) => {
    end = resolve;
  });
  return { end, work: () => done };
}
const turn = () => new Promise((resolve) => setImmediate(resolve));

it("lets so many through at a time, in order; who gives up waiting takes nobody's place", async () => {
  const door = new Turnstile(2);
  const began: number[] = [];
  const pieces = [0, 1, 2, 3, 4].map(() => piece());
  const stop = new AbortController();
  const runs = pieces.map((one, index) =>
    door
      .run(index === 2 ? stop.signal : NEVER, () => {
        began.push(index);
        return one.work();
      })
      .catch((error: unknown) => error),
  );
  await turn();
  expect(began).toEqual([0, 1]);
  stop.abort(new Error("enough"));
  expect(await runs[2]).toMatchObject({ message: "enough" });
  pieces[0]?.end();
  await turn();
  expect(began).toEqual([0, 1, 3]);
  for (const one of pieces) one.end();
  await Promise.all(runs);
  expect(began).toEqual([0, 1, 3, 4]);
  await expect(door.run(NEVER, () => Promise.reject(new Error("failed")))).rejects.toThrow("failed");
  await expect(door.run(NEVER, async () => "still open")).resolves.toBe("still open");
});

it("gives a turn on that comes in the moment of giving up", async () => {
  const door = new Turnstile(1);
  const first = piece();
  const running = door.run(NEVER, first.work);
  const stop = new AbortController();
  const second = door.run(stop.signal, async () => "second");
  const third = door.run(NEVER, async () => "third");
  first.end();
  await running;
  stop.abort(new Error("too late"));
  await second.catch(() => {});
  expect(await third).toBe("third");
});
