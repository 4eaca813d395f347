import { afterEach, beforeEach, describe, expect, it, onTestFinished, vi } from "vitest";
import type { ApiClient } from "../../../web/src/api/client.js";
import type { LiveEvent } from "../../../web/src/api/model.js";
import type { OverlayOptions } from "../../../web/src/overlay/options.js";
import { OverlaySource } from "../../../web/src/overlay/source.js";
import { chat } from "../../http/events.js";

/** The server's end of a WebSocket, whose clock need not be the page's. */
class FakeSocket {
  static readonly OPEN = 1;
  readonly readyState = 1;
  readonly sent: { readonly op: string; readonly rooms?: readonly unknown[] }[] = [];
  isClosed = false;
  onmessage: ((message: { data: string }) => void) | null = null;
  onclose: () => void = () => {};

  constructor() {
    sockets.push(this);
  }

  send(text: string): void {
    const command = JSON.parse(text) as (typeof this.sent)[number];
    this.sent.push(command);
    if (command.op === "ping" && isAnswering) this.say({ type: "pong", time: Date.now() - aheadMs });
  }

  close(): void {
    this.isClosed = true;
  }

  say(message: unknown): void {
    this.onmessage?.({ data: JSON.stringify(message) });
  }

  /** Lets the client in, as the server does. */
  open(after = 7): void {
    this.say({ type: "hello", log: "x" });
    this.say({ type: "subscribed", rooms: [{ room: 1, asked: "98765", after, oldest: 1, head: after }] });
  }

  get subscribed(): unknown {
    return this.sent.find(({ op }) => op === "subscribe")?.rooms?.[0];
  }
}

let sockets: FakeSocket[] = [];
let isAnswering = true;
/** How far the page's clock is ahead of the server's, in ms. */
let aheadMs = 0;

beforeEach(() => {
  [sockets, isAnswering, aheadMs] = [[], true, 0];
  vi.useFakeTimers();
  vi.stubGlobal("window", globalThis);
  vi.stubGlobal("document", { hidden: false, addEventListener: () => {} });
  vi.stubGlobal("addEventListener", () => {});
  vi.stubGlobal("WebSocket", FakeSocket);
});
afterEach(() => {
  vi.unstubAllGlobals();
  vi.useRealTimers();
});

function opened(): { readonly texts: string[]; readonly source: OverlaySource } {
  const client = { stream: () => "ws://127.0.0.1/v1/ws", v1: { GET: async () => ({ response: new Response() }) } } as unknown as ApiClient;
  const source = new OverlaySource(
    { kind: "danmu", room: "98765", show: ["chat"], say: [], sound: [] } as unknown as OverlayOptions,
    client,
  );
  onTestFinished(() => source.close());
  const texts: string[] = [];
  source.listen((events) => texts.push(...events.map((event) => (event.type === "chat" ? event.text : event.type))));
  return { texts, source };
}

const said = (text: string, receivedAt: number, seq: number) => [{ ...chat(text), room: 1, seq, receivedAt } as LiveEvent];

describe("an overlay", () => {
  it("shows what comes now, however far its machine's clock is ahead of the server's, and nothing that is old", () => {
    aheadMs = 3_600_000;
    const { texts } = opened();
    sockets[0]?.open();
    sockets[0]?.say(said("now", Date.now() - aheadMs, 8));
    sockets[0]?.say(said("a minute ago", Date.now() - aheadMs - 60_000, 9));
    expect(texts).toEqual(["now"]);
  });

  it("goes on after a short break where it was, also when nothing had come for long", async () => {
    opened();
    sockets[0]?.open(7);
    await vi.advanceTimersByTimeAsync(600_000);
    sockets[0]?.onclose();
    await vi.advanceTimersByTimeAsync(5_000);
    sockets[1]?.open(7);
    expect([sockets[0]?.subscribed, sockets[1]?.subscribed]).toEqual(["98765", { room: "1", after: 7 }]);
  });

  it("begins anew after a long break: what was missed is old", async () => {
    opened();
    sockets[0]?.open(7);
    sockets[0]?.onclose();
    await vi.advanceTimersByTimeAsync(60_000);
    sockets.at(-1)?.open(30);
    expect(sockets.at(-1)?.subscribed).toBe("98765");
    expect(sockets.length).toBeGreaterThan(1);
  });

  it("begins anew where the log is another, and asks again for what was refused until it is given", async () => {
    opened();
    sockets[0]?.open(7);
    sockets[0]?.onclose();
    await vi.advanceTimersByTimeAsync(5_000);
    sockets[1]?.say({ type: "hello", log: "y" });
    expect(sockets[1]?.subscribed).toBe("98765");
    const subscribes = () => sockets[1]?.sent.filter(({ op }) => op === "subscribe").length;
    sockets[1]?.say({ type: "error", code: "store_unreachable", message: "" });
    await vi.advanceTimersByTimeAsync(10_000);
    expect(subscribes()).toBe(2);
    sockets[1]?.say({ type: "error", code: "store_unreachable", message: "" });
    sockets[1]?.say({ type: "subscribed", rooms: [] });
    await vi.advanceTimersByTimeAsync(10_000);
    expect(subscribes()).toBe(2);
  });

  it("connects again when its connection dies without a word", async () => {
    const { source } = opened();
    sockets[0]?.open();
    await vi.advanceTimersByTimeAsync(300_000);
    expect([sockets.length, source.state.value.name]).toEqual([1, "open"]);
    isAnswering = false;
    await vi.advanceTimersByTimeAsync(60_000);
    expect(sockets[0]?.isClosed).toBe(true);
    expect(sockets.length).toBeGreaterThan(1);
  });
});
