// Guards: what a connection is given leaves at once or together within 15 ms, in order.
import { describe, expect, it } from "vitest";
import { OutboundQueue, WriteCoalescer } from "../../../src/http/streams/outbound-queue.js";
import { FakeClock } from "../../clock.js";

/** A connection that notes what leaves together; what its reader does not take waits in it. */
class Connection {
  readonly left: string[] = [];
  /** The buffers that left, each a write of its own. */
  readonly buffers: Buffer[][] = [];
  destroyed = false;
  writableLength = 0;
  reads = true;
  #corked: Buffer[] | null = null;

  cork(): void {
    this.#corked = [];
  }
  uncork(): void {
    this.#leave(this.#corked ?? []);
    this.#corked = null;
  }
  write(bytes: Buffer | string): boolean {
    if (this.destroyed) throw new Error("it is destroyed");
    if (this.#corked !== null) this.#corked.push(Buffer.from(bytes));
    else this.#leave([typeof bytes === "string" ? Buffer.from(bytes) : bytes]);
    return true;
  }
  on(): void {}
  off(): void {}
  destroy(): void {
    this.destroyed = true;
  }
  #leave(buffers: Buffer[]): void {
    this.buffers.push(buffers);
    this.left.push(String(Buffer.concat(buffers)));
    if (!this.reads) this.writableLength += Buffer.concat(buffers).length;
  }
}

const BOUNDS = { maxQueuedBytes: 100, readyBytes: 50, stallMs: 1_000 };

function connections(count: number) {
  const clock = new FakeClock();
  const coalescer = new WriteCoalescer(clock);
  const all = Array.from({ length: count }, () => {
    const connection = new Connection();
    return { connection, queue: new OutboundQueue(connection, BOUNDS, clock) };
  });
  /** Gives the same bytes to these connections, or to all. */
  const write = (text: string, to = all) => {
    const bytes = Buffer.from(text);
    return to.map(({ queue }) => queue.gather(bytes, coalescer));
  };
  return { clock, coalescer, all, write, left: () => all.map(({ connection }) => connection.left) };
}

describe("what a connection of several rooms is given", () => {
  it("leaves at once when the connection is quiet, and together when it is not", async () => {
    const { clock, write, left } = connections(2);
    write("a");
    expect(left()).toEqual([["a"], ["a"]]);
    for (const text of ["b", "c", "d"]) write(text);
    expect(left()).toEqual([["a"], ["a"]]);
    await clock.advance(15);
    expect(left()).toEqual([
      ["a", "bcd"],
      ["a", "bcd"],
    ]);
    write("e");
    await clock.advance(14);
    write("f");
    expect(left()[1]).toEqual(["a", "bcd"]);
    await clock.advance(1);
    expect(left()[1]).toEqual(["a", "bcd", "ef"]);
    await clock.advance(60_000);
    write("g");
    expect(left()[0]).toEqual(["a", "bcd", "ef", "g"]);
  });

  it("comes before what is written at once", async () => {
    const { clock, all, write, left } = connections(1);
    for (const text of ["a", "b", "c"]) write(text);
    expect(all[0]?.queue.queued).toBe(2);
    expect(all[0]?.queue.write("now")).toBe(true);
    expect([left(), all[0]?.queue.queued]).toEqual([[["a", "bc", "now"]], 0]);
    write("d");
    await clock.advance(15);
    expect(left()).toEqual([["a", "bc", "now", "d"]]);
  });

  it("is refused when the reader has too much waiting, and forgotten when it is gone", async () => {
    const { clock, all, write, left } = connections(2);
    const [slow, gone] = all.map(({ connection }) => connection) as [Connection, Connection];
    slow.reads = false;
    write("a");
    const long = "y".repeat(BOUNDS.maxQueuedBytes);
    write(long);
    gone.destroy();
    await clock.advance(15);
    expect(left()).toEqual([["a", long], ["a"]]);
    expect(all[0]?.queue.queued).toBe(BOUNDS.maxQueuedBytes + 1);
    expect([write("b"), write("c")]).toEqual([
      [false, true],
      [false, true],
    ]);
    await clock.advance(60_000);
    expect(left()).toEqual([["a", long], ["a"]]);
  });

  it("is let go when the server stops, and held back no more", async () => {
    const { clock, coalescer, write, left } = connections(1);
    write("a");
    write("b");
    coalescer.close();
    expect(left()).toEqual([["a", "b"]]);
    write("c");
    write("d");
    expect(left()).toEqual([["a", "b", "c", "d"]]);
    await clock.advance(60_000);
    expect(left()).toEqual([["a", "b", "c", "d"]]);
  });
});
