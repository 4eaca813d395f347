import { describe, expect, it } from "vitest";
import { FairSemaphore } from "../src/runtime/semaphore.js";

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

  it("lets those go that give up, and takes a release once", async () => {
    const semaphore = new FairSemaphore(1, 1);
    const { order, releases, enter } = noted(semaphore);
    const stop = new AbortController();
    void enter("a");
    void enter("b", stop.signal);
    void enter("c");
    await settle();
    stop.abort();
    await enter("d", stop.signal);
    expect(order).toEqual(["a", "b gave up", "d gave up"]);
    const [release] = releases;
    release?.();
    release?.();
    await settle();
    expect(order.at(-1)).toBe("c");
    expect(semaphore.taken).toBe(1);
  });
});
