import WebSocket from "ws";
import { HandshakeRefused } from "../platform/access/handshake.js";
import { reasonOf } from "../platform/access/platform.js";
import type { ProxyServer } from "../platform/access/proxy.js";
import { type Received, ReceiveQueue, readFrame, type Source } from "../platform/access/read.js";
import type { Drift } from "../platform/wire/drift.js";
import { encodeAck, HEARTBEAT, MAX_FRAME_BYTES } from "../platform/wire/frame.js";
import { type Clock, Wheel } from "../runtime/clock.js";
import { DyliveError } from "../runtime/errors.js";
import { msg } from "../runtime/msg.js";
import type { PendingBytes } from "../runtime/rate-limiter.js";

/** Dependencies of a push connection; `connectUrl` and `headers` come from `push.ts`. */
interface WebsocketOptions {
  /** Makes the signed address. Called once per open. */
  readonly connectUrl: (signal: AbortSignal) => Promise<string>;
  readonly headers: Readonly<Record<string, string>>;
  readonly clock: Clock;
  readonly drift: Drift;
  /** The way out of this machine; absent or null is the direct one. */
  readonly proxy?: ProxyServer | null;
  /** Called when the handshake is done, which is before anything comes. */
  readonly onOpen?: () => void;
  /** Called with every frame as it comes. */
  readonly onReceived?: (frame: Received) => void;
  /** Bytes of memory that wait in all connections which share a bound; absent is one of its own. */
  readonly held?: PendingBytes;
  /** Sends the heartbeats of all connections that share it, once in {@link HEARTBEAT_MS}; absent is one of its own. */
  readonly heartbeats?: Wheel;
}

/** Time between two heartbeats, ms: the site's own pace; without any the platform drops after 20-30 s. */
export const HEARTBEAT_MS = 10_000;
const HANDSHAKE_TIMEOUT_MS = 10_000;
/** Close codes which say that the same again will not be taken: bad data, against the rules, come back later (facts/protocol.md 2.6). */
const REFUSING_CODES: ReadonlySet<number> = new Set([1007, 1008, 1013]);

/**
 * Makes a socket of our own to the platform's push server: connect, acknowledge, heartbeat, abort. It ends by throwing, unless aborted or
 * closed by a `close` frame.
 */
export function websocketSource(options: WebsocketOptions): Source {
  return { name: "websocket", open: (signal) => receive(options, signal) };
}

async function* receive(options: WebsocketOptions, signal: AbortSignal): AsyncGenerator<readonly Received[]> {
  const url = await options.connectUrl(signal);
  signal.throwIfAborted();
  const socket = new WebSocket(url, {
    headers: options.headers,
    perMessageDeflate: false,
    followRedirects: false,
    maxPayload: MAX_FRAME_BYTES,
    handshakeTimeout: HANDSHAKE_TIMEOUT_MS,
    ...(options.proxy ? { createConnection: viaProxy(options.proxy, url) } : {}),
  });
  const { queue, stop } = attach(socket, options);
  const abort = () => queue.end();
  signal.addEventListener("abort", abort, { once: true });
  try {
    yield* queue.batches();
  } finally {
    signal.removeEventListener("abort", abort);
    stop();
    socket.removeAllListeners();
    socket.on("error", () => {}); // an abort during the handshake still reports once
    socket.terminate(); // the platform ignores a client's close frame
  }
}

/** Makes a queue that a socket fills until `stop`. */
function attach(
  socket: WebSocket,
  { clock, drift, onOpen, onReceived, held, heartbeats }: WebsocketOptions,
): { queue: ReceiveQueue; stop(): void } {
  let stopBeating = () => {};
  const queue = new ReceiveQueue(socket, onReceived, held);
  const beat = () => socket.readyState === WebSocket.OPEN && socket.send(HEARTBEAT);
  socket.on("open", () => {
    onOpen?.();
    beat();
    stopBeating = (heartbeats ?? new Wheel(clock, HEARTBEAT_MS)).every(beat);
  });
  socket.on("unexpected-response", (request, response) => {
    queue.end(HandshakeRefused.read(response));
    request.destroy();
  });
  socket.on("error", (error) =>
    queue.end(error instanceof DyliveError ? error : new DyliveError("unreachable", msg`the connection failed: ${reasonOf(error)}`, error)),
  );
  // What breaks the connection, as a reset does, ws tells as an end like any other.
  let broken: Error | undefined;
  socket.on("upgrade", ({ socket: wire }) => {
    wire.on("error", (error) => {
      broken = error;
    });
  });
  socket.on("close", (code) => {
    const refused = REFUSING_CODES.has(code);
    queue.end(new DyliveError(refused ? "blocked" : "unreachable", msg`the platform closed the connection (code ${code})`, broken));
  });
  socket.on("message", (data, isBinary) => {
    if (!isBinary || !(data instanceof Buffer)) return; // a text message is not the platform's protocol
    const { received, frame, internalExt, cursor } = readFrame(data, clock.now(), drift);
    if (received.response?.needAck && frame) socket.send(encodeAck(frame.logId, internalExt));
    queue.push(received.response === null ? received : { ...received, resume: { cursor, internalExt } });
    if (frame?.payloadType === "close") queue.end();
  });
  return { queue, stop: () => stopBeating() };
}

/**
 * Makes `createConnection` for ws, which hands it to `http.request`, whose signature it has; its types know only `net.createConnection`.
 */
function viaProxy(proxy: ProxyServer, url: string): NonNullable<WebSocket.ClientOptions["createConnection"]> {
  return proxy.connectionFor(url.startsWith("wss:")) as unknown as NonNullable<WebSocket.ClientOptions["createConnection"]>;
}
