import { describe, expect, it, onTestFinished, vi } from "vitest";
import { OutboundQueue, WriteCoalescer } from "../../../src/http/streams/outbound-queue.js";
import { FakeClock } from "../../clock.js";
import { chat } from "../../contracts/events.js";
import { until } from "../../until.js";
import { serveLive } from "./live-server.js";
import { SseClient } from "./sse-client.js";
import { WsClient } from "./ws-client.js";

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

/** Notes each call that lets bytes leave together with others. */
function gatherings() {
  const gathered = vi.spyOn(OutboundQueue.prototype, "gather");
  onTestFinished(() => gathered.mockRestore());
  return gathered;
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

  it("is joined once for all that were given the same, and is not for one that was not", async () => {
    const { clock, all, write, left } = connections(4);
    const [first, second, third, fourth] = all as [(typeof all)[0], (typeof all)[0], (typeof all)[0], (typeof all)[0]];
    write("a");
    write("b");
    write("c", [first, second]);
    write("x", [third]);
    write("d", [first, second, third]);
    await clock.advance(15);
    expect(left()).toEqual([
      ["a", "bcd"],
      ["a", "bcd"],
      ["a", "bxd"],
      ["a", "b"],
    ]);
    const [one, other, alone] = [first, second, third].map(({ connection }) => connection.buffers[1]);
    expect(one).toHaveLength(1);
    expect(other?.[0]).toBe(one?.[0]);
    expect(alone?.map(String)).toEqual(["b", "x", "d"]);
    // Joined anew in the next turn: nothing of the last one is left.
    write("e", [first, second, fourth]);
    await clock.advance(15);
    expect(left().map((texts) => texts.at(-1))).toEqual(["e", "e", "bxd", "e"]);
  });

  it("does not wait when it is much, so that nobody looks slow for it", async () => {
    const { clock, write, left } = connections(1);
    write("a");
    const much = "x".repeat(40_000);
    for (let n = 0; n < 2; n++) write(much);
    expect(left()).toEqual([["a", much + much]]);
    write("b");
    expect(left()[0]).toHaveLength(2);
    await clock.advance(15);
    expect(left()).toEqual([["a", much + much, "b"]]);
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

  it("is gathered on both kinds of stream; one room alone is not", async () => {
    const server = await serveLive();
    const gathered = gatherings();
    const [a, b] = [await server.room("1111111"), await server.room("2222222")];
    const url = `${server.url}/v1/events/stream`;
    const alone = [await SseClient.open(`${url}?rooms=1111111`, server), await WsClient.open(server.url, server.token)] as const;
    alone[1].send({ op: "subscribe", rooms: [a.room] });
    await until(() => alone[0].named("hello").length === 1 && alone[1].typed("subscribed").length === 1);
    await a.append(chat("one"));
    await until(() => alone.every(({ events }) => events.length === 1));
    expect(gathered).not.toHaveBeenCalled();
    // Two of each: what they are given together is joined once for both.
    const both = `${url}?rooms=1111111,2222222`;
    const sse = [await SseClient.open(both, server), await SseClient.open(both, server)];
    const ws = [await WsClient.open(server.url, server.token), await WsClient.open(server.url, server.token)];
    for (const client of ws) client.send({ op: "subscribe", rooms: [a.room, b.room] });
    await until(
      () => sse.every((client) => client.named("hello").length === 1) && ws.every((client) => client.typed("subscribed").length === 1),
    );
    for (let n = 0; n < 20; n++) await Promise.all([a.append(chat(`a${n}`)), b.append(chat(`b${n}`))]);
    await until(() => [...sse, ...ws].every(({ events }) => events.length === 40));
    expect(gathered.mock.calls.length).toBeGreaterThanOrEqual(8);
    for (const { events } of [...sse, ...ws])
      for (const [name, first] of [
        ["a", 2],
        ["b", 1],
      ] as const) {
        const seqs = events.filter(({ text }) => text?.startsWith(`你好 ${name}`)).map(({ seq }) => seq);
        expect([name, seqs]).toEqual([name, Array.from({ length: 20 }, (_, n) => n + first)]);
      }
  });

  it("comes before the word that ends the stream", async () => {
    // The clock stands still: no turn ends.
    const server = await serveLive({ clock: new FakeClock() });
    const gathered = gatherings();
    const admitted = vi.spyOn(server.live, "admit");
    const [a, b] = [await server.room("1111111"), await server.room("2222222")];
    const sse = await SseClient.open(`${server.url}/v1/events/stream?rooms=1111111,2222222`, server);
    const ws = await WsClient.open(server.url, server.token);
    ws.send({ op: "subscribe", rooms: [a.room, b.room] });
    await until(() => sse.named("hello").length === 1 && ws.typed("subscribed").length === 1);
    await a.append(chat("first"));
    await until(() => sse.events.length === 1 && ws.events.length === 1);
    await b.append(chat("held"));
    await until(() => gathered.mock.calls.length === 4);
    for (const [reader] of admitted.mock.calls) {
      expect(reader.queued).toBeGreaterThan(0);
      reader.end("token");
    }
    await until(() => sse.named("revoked").length === 1 && ws.typed("revoked").length === 1);
    for (const { events } of [sse, ws]) expect(events.map(({ text }) => text)).toEqual(["你好 first", "你好 held"]);
  });
});
