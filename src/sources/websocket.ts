import WebSocket from "ws";
import { HandshakeRefused } from "../platform/access/handshake.js";
import { reasonOf } from "../platform/access/platform.js";
import type { ProxyServer } from "../platform/access/proxy.js";
import { heldBytes, type Received, ReceiveQueue, readFrame, type Source } from "../platform/access/read.js";
import type { Drift } from "../platform/wire/drift.js";
import { encodeAck, HEARTBEAT, MAX_FRAME_BYTES } from "../platform/wire/frame.js";
import type { Clock } from "../runtime/clock.js";
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
}

const HEARTBEAT_MS = 10_000; // the site's own pace; without any the platform drops after 20-30 s
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

/** Bytes of frames, as they came and as inflated, that are read in one turn of the event loop. */
const TURN_BYTES = 1024 * 1024;

/**
 * Reads frames in order, at once as long as they are few bytes in a turn of the event loop: one chunk of the socket may hold many that each
 * inflate to megabytes. What waits for its turn, or for whoever paused the reading, holds back the socket.
 */
class FrameTurns {
  readonly #socket: Pick<WebSocket, "pause" | "resume">;
  readonly #read: (frame: Buffer) => number;
  /** Frames that wait, and what is to be done after those before it. */
  #waiting: (Buffer | (() => void))[] = [];
  #left = TURN_BYTES;
  #isDue = false;
  #isPaused = false;
  #isHeld = false;

  /** @param read reads a frame, and returns how many bytes that were */
  constructor(socket: Pick<WebSocket, "pause" | "resume">, read: (frame: Buffer) => number) {
    this.#socket = socket;
    this.#read = read;
  }

  /** @param one a frame, or what is to be done after all before it */
  push(one: Buffer | (() => void)): void {
    this.#waiting.push(one);
    this.#go();
  }

  /** Reads no more until `resume`, also of what came already. */
  pause(): void {
    this.#isPaused = true;
    this.#hold();
  }

  resume(): void {
    this.#isPaused = false;
    this.#go();
  }

  /** Reads no more. */
  stop(): void {
    this.#waiting = [];
  }

  #go(): void {
    while (!this.#isPaused && this.#left > 0 && this.#waiting.length > 0) {
      const one = this.#waiting.shift();
      if (typeof one === "function") one();
      else if (one !== undefined) this.#left -= this.#read(one);
    }
    this.#hold();
    if (this.#left === TURN_BYTES || this.#isDue) return;
    this.#isDue = true;
    setImmediate(() => {
      this.#isDue = false;
      this.#left = TURN_BYTES;
      this.#go();
    });
  }

  #hold(): void {
    const isHeld = this.#isPaused || this.#waiting.length > 0;
    if (isHeld !== this.#isHeld) isHeld ? this.#socket.pause() : this.#socket.resume();
    this.#isHeld = isHeld;
  }
}

/** Makes a queue that a socket fills until `stop`. */
function attach(socket: WebSocket, { clock, drift, onOpen, onReceived, held }: WebsocketOptions): { queue: ReceiveQueue; stop(): void } {
  let stopBeating = () => {};
  const frames = new FrameTurns(socket, (data) => {
    const { received, frame, internalExt, cursor } = readFrame(data, clock.now(), drift);
    if (received.response?.needAck && frame) socket.send(encodeAck(frame.logId, internalExt));
    queue.push(received.response === null ? received : { ...received, resume: { cursor, internalExt } });
    if (frame?.payloadType === "close") queue.end();
    // What is left of those that hold no message says nothing of what they inflated to.
    const isEmpty = received.damaged === true || received.response?.messages.length === 0;
    return isEmpty ? TURN_BYTES : heldBytes(received);
  });
  const queue = new ReceiveQueue(frames, onReceived, held);
  const end = (error: DyliveError) => frames.push(() => queue.end(error));
  const beat = () => socket.readyState === WebSocket.OPEN && socket.send(HEARTBEAT);
  socket.on("open", () => {
    onOpen?.();
    beat();
    stopBeating = clock.every(HEARTBEAT_MS, beat);
  });
  socket.on("unexpected-response", (request, response) => {
    end(HandshakeRefused.read(response));
    request.destroy();
  });
  socket.on("error", (error) =>
    end(error instanceof DyliveError ? error : new DyliveError("unreachable", msg`the connection failed: ${reasonOf(error)}`, error)),
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
    end(new DyliveError(refused ? "blocked" : "unreachable", msg`the platform closed the connection (code ${code})`, broken));
  });
  socket.on("message", (data, isBinary) => {
    if (isBinary && data instanceof Buffer) frames.push(data); // a text message is not the platform's protocol
  });
  const stop = () => {
    stopBeating();
    frames.stop();
  };
  return { queue, stop };
}

/**
 * Makes `createConnection` for ws, which hands it to `http.request`, whose signature it has; its types know only `net.createConnection`.
 */
function viaProxy(proxy: ProxyServer, url: string): NonNullable<WebSocket.ClientOptions["createConnection"]> {
  return proxy.connectionFor(url.startsWith("wss:")) as unknown as NonNullable<WebSocket.ClientOptions["createConnection"]>;
}
