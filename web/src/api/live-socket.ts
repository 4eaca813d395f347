import type { ApiClient } from "./client.js";
import { retryMs } from "./failure.js";
import type { LiveEvent } from "./model.js";
import type { LinkState } from "./retry.js";

/** A command of /v1/ws (docs/streams.md). */
export interface Subscribe {
  readonly op: "subscribe";
  readonly rooms: readonly string[];
  /** A cursor; without it, where the connection has come to, else now. */
  readonly after?: string;
  readonly types?: readonly string[];
  readonly user?: string;
  readonly filter?: string;
  /** Whether rooms that are no more are left out; else one of them refuses all. */
  readonly resumed?: boolean;
}

/** What the server says beside events. */
export interface Msg {
  readonly type: string;
  readonly [field: string]: unknown;
}

export interface LiveSocketDeps {
  readonly client: ApiClient;
  /** What to ask for whenever a connection opens: after the last event that was taken. */
  readonly subscribe: () => Subscribe | null;
  /** Takes events, with the cursor after them. */
  readonly onEvents: (events: readonly LiveEvent[], cursor: string) => void;
  readonly onNotice: (notice: Msg) => void;
  readonly onState: (state: LinkState) => void;
  /** The token is no longer taken. */
  readonly onRefused: () => void;
}

/** Time between two pings, in ms: a browser does not show the server's, and would wait for a connection that died silently for many minutes. */
const PING_MS = 15_000;
/** Pings without any message after them by which a connection is lost. */
const PINGS = 2;

/** One WebSocket that comes back by itself, until it is closed. */
export class LiveSocket {
  readonly #parts: LiveSocketDeps;
  readonly #stop = new AbortController();
  #socket: WebSocket | null = null;
  #attempt = 0;
  #timer = 0;
  #pinging: ReturnType<typeof setInterval> | undefined;
  /** Pings since anything came. */
  #unanswered = 0;
  #aheadMs = 0;

  constructor(parts: LiveSocketDeps) {
    this.#parts = parts;
    const { signal } = this.#stop;
    // The network or the reader is back: no need to wait.
    addEventListener("online", () => this.#soon(), { signal });
    document.addEventListener("visibilitychange", () => !document.hidden && this.#soon(), { signal });
    this.#open();
  }

  /** The server's time, ms UTC, by its last answer: this machine's clock may be another. */
  get serverNow(): number {
    return Date.now() - this.#aheadMs;
  }

  send(command: Subscribe | { readonly op: "ping" }): void {
    if (this.#socket?.readyState === WebSocket.OPEN) this.#socket.send(JSON.stringify(command));
  }

  close(): void {
    this.#stop.abort();
    clearTimeout(this.#timer);
    clearInterval(this.#pinging);
    this.#socket?.close();
  }

  #soon(): void {
    if (this.#timer === 0) return;
    clearTimeout(this.#timer);
    this.#open();
  }

  #open(): void {
    this.#timer = 0;
    const { client, subscribe, onEvents, onNotice, onState } = this.#parts;
    onState({ name: "connecting" });
    const socket = new WebSocket(client.stream("v1/ws"));
    this.#socket = socket;
    this.#unanswered = 0;
    this.#pinging = setInterval(() => this.#ping(socket), PING_MS);
    socket.onmessage = ({ data }) => {
      this.#unanswered = 0;
      const message = JSON.parse(String(data)) as Msg;
      if (message.type === "events")
        return onEvents(message["events"] as readonly LiveEvent[], (message["cursors"] as readonly string[]).at(-1) ?? "");
      if (message.type === "pong") this.#aheadMs = Date.now() - Number(message["time"]);
      if (message.type === "hello") {
        this.#attempt = 0;
        this.send({ op: "ping" });
      }
      onNotice(message);
      // What is asked for may depend on what it said, and its listener may have closed it.
      if (message.type !== "hello" || this.#stop.signal.aborted) return;
      const command = subscribe();
      if (command !== null) this.send(command);
      onState({ name: "open" });
    };
    socket.onclose = () => void this.#lost(socket);
  }

  #ping(socket: WebSocket): void {
    if (this.#unanswered++ < PINGS) {
      this.send({ op: "ping" });
      return;
    }
    socket.onmessage = null; // it may come to itself again
    socket.close();
    void this.#lost(socket);
  }

  async #lost(socket: WebSocket): Promise<void> {
    if (socket !== this.#socket || this.#stop.signal.aborted) return;
    this.#socket = null;
    clearInterval(this.#pinging);
    this.#attempt++;
    const ms = retryMs(this.#attempt, Math.random());
    this.#parts.onState({ name: "retrying", at: Date.now() + ms });
    this.#timer = window.setTimeout(() => this.#open(), ms);
    // A browser does not say why a WebSocket was refused.
    if (!(await tokenIsTaken(this.#parts.client)) && !this.#stop.signal.aborted) this.#parts.onRefused();
  }
}

/** Whether the server still takes the token; an answer that is none says nothing against it. */
export async function tokenIsTaken(client: ApiClient): Promise<boolean> {
  try {
    const { response } = await client.v1.GET("/v1/rooms", { params: { query: { limit: 1 } } });
    return response.status !== 401;
  } catch {
    return true;
  }
}
