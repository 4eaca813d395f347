import type { ApiClient } from "./client.js";
import { retryMs } from "./failure.js";
import type { LiveEvent } from "./model.js";
import type { LinkState } from "./retry.js";

/** A command of /v1/ws (docs/streams.md). */
export interface Subscribe {
  readonly op: "subscribe";
  readonly rooms: readonly (string | { readonly room: string; readonly after: number })[];
  readonly after?: string;
  readonly types?: readonly string[];
  readonly user?: string;
  readonly filter?: string;
}
export interface Unsubscribe {
  readonly op: "unsubscribe";
  readonly rooms: readonly string[];
}

/** What the server says beside events. */
export interface Told {
  readonly type: string;
  readonly [field: string]: unknown;
}

export interface LiveSocketDeps {
  readonly client: ApiClient;
  /** What to ask for whenever a connection opens: after the last event that was taken. */
  readonly subscribe: () => Subscribe | null;
  readonly onEvents: (events: readonly LiveEvent[]) => void;
  readonly onTold: (told: Told) => void;
  readonly onState: (state: LinkState) => void;
  /** The token is no longer taken. */
  readonly onRefused: () => void;
}

/** One WebSocket that comes back by itself, until it is closed. */
export class LiveSocket {
  readonly #parts: LiveSocketDeps;
  readonly #stop = new AbortController();
  #socket: WebSocket | null = null;
  #attempt = 0;
  #timer = 0;

  constructor(parts: LiveSocketDeps) {
    this.#parts = parts;
    const { signal } = this.#stop;
    // The network or the reader is back: no need to wait.
    addEventListener("online", () => this.#soon(), { signal });
    document.addEventListener("visibilitychange", () => !document.hidden && this.#soon(), { signal });
    this.#open();
  }

  send(command: Subscribe | Unsubscribe): void {
    if (this.#socket?.readyState === WebSocket.OPEN) this.#socket.send(JSON.stringify(command));
  }

  close(): void {
    this.#stop.abort();
    clearTimeout(this.#timer);
    this.#socket?.close();
  }

  #soon(): void {
    if (this.#timer === 0) return;
    clearTimeout(this.#timer);
    this.#open();
  }

  #open(): void {
    this.#timer = 0;
    const { client, subscribe, onEvents, onTold, onState } = this.#parts;
    onState({ name: "connecting" });
    const socket = new WebSocket(client.stream("v1/ws"));
    this.#socket = socket;
    socket.onmessage = ({ data }) => {
      const message = JSON.parse(String(data)) as readonly LiveEvent[] | Told;
      if (isEvents(message)) return onEvents(message);
      if (message.type === "hello") {
        this.#attempt = 0;
        const command = subscribe();
        if (command !== null) this.send(command);
        onState({ name: "open" });
      }
      onTold(message);
    };
    socket.onclose = () => void this.#lost(socket);
  }

  async #lost(socket: WebSocket): Promise<void> {
    if (socket !== this.#socket || this.#stop.signal.aborted) return;
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

function isEvents(message: readonly LiveEvent[] | Told): message is readonly LiveEvent[] {
  return Array.isArray(message);
}
