import { describe, expect, it } from "vitest";
import { type Received, ReceiveQueue } from "../../../src/platform/access/read.js";

const received = (size: number): Received => ({ receivedAt: 1, raw: new Uint8Array(size), kind: "frame", response: null });

function queueWithLog() {
  const log: string[] = [];
  return { queue: new ReceiveQueue({ pause: () => log.push("pause"), resume: () => log.push("resume") }), log };
}

describe("receive queue", () => {
  it("gives all that waits as one batch, in order, then ends", async () => {
    const { queue } = queueWithLog();
    const [a, b, c] = [received(1), received(2), received(3)];
    queue.push(a);
    queue.push(b);
    const batches = queue.batches();
    expect((await batches.next()).value).toEqual([a, b]);
    const next = batches.next();
    queue.push(c);
    expect((await next).value).toEqual([c]);
    queue.end();
    queue.push(received(4));
    expect((await batches.next()).done).toBe(true);
  });

  it("gives what waits before it throws its end; the first end counts", async () => {
    const { queue } = queueWithLog();
    queue.push(received(1));
    queue.end(new Error("closed"));
    queue.end(new Error("later"));
    const batches = queue.batches();
    expect((await batches.next()).value).toHaveLength(1);
    await expect(batches.next()).rejects.toThrow("closed");
  });

  it("holds the sender back above its bound and lets it go on when read", async () => {
    const { queue, log } = queueWithLog();
    for (let i = 0; i < 70; i++) queue.push(received(1 << 20));
    expect(log).toEqual(["pause"]);
    await queue.batches().next();
    expect(log).toEqual(["pause", "resume"]);
  });
});
