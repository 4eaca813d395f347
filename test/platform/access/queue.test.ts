// Guards: What is received waits in order, and its sender is held back above a bound of its own or a shared one.
import { describe, expect, it } from "vitest";
import { type Received, ReceiveQueue } from "../../../src/platform/access/read.js";
import type { PendingBytes } from "../../../src/runtime/rate-limiter.js";

const received = (size: number): Received => ({ receivedAt: 1, raw: new Uint8Array(size), kind: "frame", response: null });

function queueWithLog(held?: PendingBytes) {
  const log: string[] = [];
  return { queue: new ReceiveQueue({ pause: () => log.push("pause"), resume: () => log.push("resume") }, undefined, held), log };
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

  it("holds the sender back above its bound and lets it go on when that is dealt with", async () => {
    const { queue, log } = queueWithLog();
    for (let i = 0; i < 70; i++) queue.push(received(1_000_000));
    expect(log).toEqual(["pause"]);
    const batches = queue.batches();
    await batches.next();
    expect(log).toEqual(["pause"]);
    const next = batches.next();
    queue.push(received(1));
    await next;
    expect(log).toEqual(["pause", "resume"]);
    await batches.return(undefined);
  });

  it("holds many senders back above a bound that they share, and each goes on by itself", async () => {
    const held = { bytes: 0, maxBytes: 64_000_000 };
    const rooms = Array.from({ length: 10 }, () => queueWithLog(held));
    for (let i = 0; i < 7; i++) for (const { queue } of rooms) queue.push(received(1_000_000));
    // The 65th MB is beyond it, and so is what still comes after it.
    expect(rooms.map(({ log }) => log.length)).toEqual([0, 0, 0, 0, 1, 1, 1, 1, 1, 1]);
    const readers = rooms.map(({ queue }) => queue.batches());
    for (const batches of readers) await batches.next();
    const next = readers[9]?.next();
    expect(rooms[9]?.log).toEqual(["pause", "resume"]);
    for (const { queue } of rooms) queue.end();
    await next;
    for (const batches of readers) await batches.return(undefined);
    expect(held.bytes).toBe(0);
  });

  it("without a shared bound holds a sender back for what it sent itself, not for others", () => {
    const { queue: other } = queueWithLog({ bytes: 0, maxBytes: 64_000_000 });
    for (let i = 0; i < 70; i++) other.push(received(1_000_000));
    const { queue: page, log } = queueWithLog();
    for (let i = 0; i < 64; i++) page.push(received(1_000_000));
    expect(log).toEqual([]);
    page.push(received(1));
    expect(log).toEqual(["pause"]);
  });
});
