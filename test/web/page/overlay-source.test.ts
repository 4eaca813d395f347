// Guards: An overlay shows what comes now, goes on after a short break and begins anew after a long one.
import { afterEach, beforeEach, describe, expect, it, onTestFinished, vi } from "vitest";
import type { ApiClient } from "../../../web/src/api/client.js";
import type { LiveEvent } from "../../../web/src/api/model.js";
import type { OverlayOptions } from "../../../web/src/overlay/options.js";
import { OverlaySource } from "../../../web/src/overlay/source.js";
import { chat } from "../../http/events.js";
import { FakeSocket, together } from "./fake-socket.js";

let sockets: FakeSocket[] = [];
let isAnswering = true;
/** How far the page's clock is ahead of the server's, in ms. */
let aheadMs = 0;

beforeEach(() => {
  [isAnswering, aheadMs] = [true, 0];
  sockets = FakeSocket.opened = [];
  FakeSocket.pong = (socket) => isAnswering && socket.say({ type: "pong", time: Date.now() - aheadMs });
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

/** Lets the client in, as the server does. */
function letIn(socket: FakeSocket | undefined, after = 7): void {
  socket?.say({ type: "hello" });
  socket?.say({ type: "subscribed", cursor: `c${after}`, rooms: [{ room: 1, asked: "98765", oldest: 1, head: after }] });
}
const afterOf = (socket: FakeSocket | undefined) => socket?.sent.find(({ op }) => op === "subscribe")?.after;

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

const said = (text: string, receivedAt: number, seq: number) => together({ ...chat(text), room: 1, seq, receivedAt } as LiveEvent);

describe("an overlay", () => {
  it("shows what comes now, however far its machine's clock is ahead of the server's, and nothing that is old", () => {
    aheadMs = 3_600_000;
    const { texts } = opened();
    letIn(sockets[0]);
    sockets[0]?.say(said("now", Date.now() - aheadMs, 8));
    sockets[0]?.say(said("a minute ago", Date.now() - aheadMs - 60_000, 9));
    expect(texts).toEqual(["now"]);
  });

  it("goes on after a short break where it was, also when nothing had come for long", async () => {
    opened();
    letIn(sockets[0], 7);
    await vi.advanceTimersByTimeAsync(600_000);
    sockets[0]?.onclose();
    await vi.advanceTimersByTimeAsync(5_000);
    letIn(sockets[1], 7);
    expect([afterOf(sockets[0]), afterOf(sockets[1])]).toEqual([undefined, "c7"]);
  });

  it("begins anew after a long break: what was missed is old", async () => {
    opened();
    letIn(sockets[0], 7);
    sockets[0]?.onclose();
    await vi.advanceTimersByTimeAsync(60_000);
    letIn(sockets.at(-1), 30);
    expect(afterOf(sockets.at(-1))).toBeUndefined();
    expect(sockets.length).toBeGreaterThan(1);
  });

  it("begins anew where the log is another, and asks again for what was refused until it is given", async () => {
    opened();
    letIn(sockets[0], 7);
    sockets[0]?.onclose();
    await vi.advanceTimersByTimeAsync(5_000);
    sockets[1]?.say({ type: "hello" });
    const subscribes = () => sockets[1]?.sent.flatMap(({ op, after }) => (op === "subscribe" ? [after] : []));
    sockets[1]?.say({ type: "error", code: "cursor_reset", message: "" });
    await vi.advanceTimersByTimeAsync(1);
    expect(subscribes()).toEqual(["c7", undefined]);
    sockets[1]?.say({ type: "error", code: "store_unreachable", message: "" });
    await vi.advanceTimersByTimeAsync(10_000);
    expect(subscribes()).toHaveLength(3);
    sockets[1]?.say({ type: "error", code: "store_unreachable", message: "" });
    sockets[1]?.say({ type: "subscribed", rooms: [] });
    await vi.advanceTimersByTimeAsync(10_000);
    expect(subscribes()).toHaveLength(3);
  });

  it("connects again when its connection dies without a word", async () => {
    const { source } = opened();
    letIn(sockets[0]);
    await vi.advanceTimersByTimeAsync(300_000);
    expect([sockets.length, source.state.value.name]).toEqual([1, "open"]);
    isAnswering = false;
    await vi.advanceTimersByTimeAsync(60_000);
    expect(sockets[0]?.isClosed).toBe(true);
    expect(sockets.length).toBeGreaterThan(1);
  });
});
