import { describe, expect, it, vi } from "vitest";
import { WriteCoalescer } from "../../../src/http/streams/outbound-queue.js";
import { FakeClock } from "../../clock.js";
import { chat } from "../../contracts/events.js";
import { until } from "../../until.js";
import { serveLive } from "./live-server.js";
import { SseClient } from "./sse-client.js";
import { WsClient } from "./ws-client.js";

/** A connection that notes what leaves together. */
class Connection {
  readonly left: string[] = [];
  #held: string[] = [];
  #corked = 0;

  get writableLength(): number {
    return this.#held.join("").length;
  }
  cork(): void {
    this.#corked++;
  }
  uncork(): void {
    if (this.#corked === 0) throw new Error("it was not held");
    if (--this.#corked === 0) this.left.push(this.#held.splice(0).join(""));
  }
  write(coalescer: WriteCoalescer, text: string): void {
    coalescer.hold(this);
    if (this.#corked > 0) this.#held.push(text);
    else this.left.push(text);
  }
}

function connections(count: number) {
  const clock = new FakeClock();
  const coalescer = new WriteCoalescer(clock);
  const all = Array.from({ length: count }, () => new Connection());
  const write = (text: string) => {
    for (const connection of all) connection.write(coalescer, text);
  };
  return { clock, gather: coalescer, all, write, left: () => all.map(({ left }) => left) };
}

describe("what a connection of several rooms is given", () => {
  it("leaves at once when the connection is quiet, and together when it is not", async () => {
    const { clock, write, left } = connections(2);
    write("a");
    expect(left()).toEqual([["a"], ["a"]]);
    for (const text of ["b", "c", "d"]) write(text);
    expect(left()).toEqual([["a"], ["a"]]);
    await clock.advance(15);
    expect(left()[0]).toEqual(["a", "bcd"]);
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

  it("does not wait when it is much, so that nobody looks slow for it", () => {
    const { write, left } = connections(1);
    write("a");
    const much = "x".repeat(40_000);
    for (let n = 0; n < 2; n++) write(much);
    expect(left()[0]?.length).toBe(1);
    write("b");
    expect(left()[0]?.slice(1)).toEqual([much + much, "b"]);
  });

  it("is let go when the server stops, and held back no more", async () => {
    const { clock, gather: coalescer, write, left } = connections(1);
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
    const held = vi.spyOn(server.live.coalescer, "hold");
    const [a, b] = [await server.room("1111111"), await server.room("2222222")];
    const url = `${server.url}/v1/events/stream`;
    const alone = [await SseClient.open(`${url}?rooms=1111111`, server), await WsClient.open(server.url, server.token)] as const;
    alone[1].send({ op: "subscribe", rooms: [a.room] });
    await until(() => alone[0].named("hello").length === 1 && alone[1].typed("subscribed").length === 1);
    await a.append(chat("one"));
    await until(() => alone.every(({ events }) => events.length === 1));
    expect(held).not.toHaveBeenCalled();
    const sse = await SseClient.open(`${url}?rooms=1111111,2222222`, server);
    const ws = await WsClient.open(server.url, server.token);
    ws.send({ op: "subscribe", rooms: [a.room, b.room] });
    await until(() => sse.named("hello").length === 1 && ws.typed("subscribed").length === 1);
    for (let n = 0; n < 20; n++) await Promise.all([a.append(chat(`a${n}`)), b.append(chat(`b${n}`))]);
    await until(() => sse.events.length === 40 && ws.events.length === 40);
    expect(held.mock.calls.length).toBeGreaterThanOrEqual(4);
    for (const { events } of [sse, ws])
      for (const [name, first] of [
        ["a", 2],
        ["b", 1],
      ] as const) {
        const seqs = events.filter(({ text }) => text?.startsWith(`你好 ${name}`)).map(({ seq }) => seq);
        expect([name, seqs]).toEqual([name, Array.from({ length: 20 }, (_, n) => n + first)]);
      }
  });
});
