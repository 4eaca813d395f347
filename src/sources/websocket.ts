import WebSocket from "ws";
import { reasonOf } from "../platform/access/platform.js";
import type { ProxyServer } from "../platform/access/proxy.js";
import { type Received, ReceiveQueue, readFrame, type Source } from "../platform/access/read.js";
import type { Drift } from "../platform/wire/drift.js";
import { encodeAck, HEARTBEAT } from "../platform/wire/frame.js";
import type { Clock } from "../runtime/clock.js";
import { DyliveError } from "../runtime/errors.js";
import { told } from "../runtime/told.js";

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
}

const HEARTBEAT_MS = 10_000; // the site's own pace; without any the platform drops after 20-30 s
const MAX_FRAME_BYTES = 16 * 1024 * 1024; // facts/protocol.md section 3, rule 1
const HANDSHAKE_TIMEOUT_MS = 10_000;
/** Longest word of a refusal that is told, in characters: the platform's own have some 20. */
const SAID_MAX_CHARS = 80;
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
  const queue = new ReceiveQueue({ pause: () => socket.pause(), resume: () => socket.resume() }, options.onReceived);
  const stopHeartbeat = attach(socket, queue, options);
  const abort = () => queue.end();
  signal.addEventListener("abort", abort, { once: true });
  try {
    yield* queue.batches();
  } finally {
    signal.removeEventListener("abort", abort);
    stopHeartbeat();
    socket.removeAllListeners();
    socket.on("error", () => {}); // an abort during the handshake still reports once
    socket.terminate(); // the platform ignores a client's close frame
  }
}

function attach(socket: WebSocket, queue: ReceiveQueue, { clock, drift, onOpen }: WebsocketOptions): () => void {
  let stop = () => {};
  const beat = () => socket.readyState === WebSocket.OPEN && socket.send(HEARTBEAT);
  socket.on("open", () => {
    onOpen?.();
    beat();
    stop = clock.every(HEARTBEAT_MS, beat);
  });
  socket.on("unexpected-response", (request, response) => {
    const said = ["handshake-msg", "handshake-status"].flatMap((name) =>
      response.headers[name]
        ? [
            `${name} ${String(response.headers[name])
              .slice(0, SAID_MAX_CHARS)
              .replaceAll(/[^\x20-\x7e]/g, "?")}`,
          ]
        : [],
    );
    const status = response.statusCode ?? 0;
    const detail = `the push server answered HTTP ${status} instead of opening${said.length ? ` (${said.join(", ")})` : ""}`;
    // A refusal comes as HTTP 200 (facts/protocol.md 2.6); from 500 on a server between us is out of order.
    queue.end(new DyliveError(status >= 500 ? "unreachable" : "blocked", detail));
    request.destroy();
  });
  socket.on("error", (error) =>
    queue.end(
      error instanceof DyliveError ? error : new DyliveError("unreachable", told`the connection failed: ${reasonOf(error)}`, error),
    ),
  );
  socket.on("close", (code) => {
    const refused = REFUSING_CODES.has(code);
    queue.end(new DyliveError(refused ? "blocked" : "unreachable", told`the platform closed the connection (code ${code})`));
  });
  socket.on("message", (data, isBinary) => {
    if (!isBinary || !(data instanceof Buffer)) return; // frames are binary; a text message is not the platform's protocol
    const { received, frame, internalExt, cursor } = readFrame(data, clock.now(), drift);
    if (received.response?.needAck && frame) socket.send(encodeAck(frame.logId, internalExt));
    queue.push(received.response === null ? received : { ...received, resume: { cursor, internalExt } });
    if (frame?.payloadType === "close") queue.end();
  });
  return () => stop();
}

/**
 * Makes `createConnection` for ws, which hands it to `http.request`, whose signature it has; its types know only `net.createConnection`.
 */
function viaProxy(proxy: ProxyServer, url: string): NonNullable<WebSocket.ClientOptions["createConnection"]> {
  return proxy.connectionFor(url.startsWith("wss:")) as unknown as NonNullable<WebSocket.ClientOptions["createConnection"]>;
}
