import { type ClientRequest, type IncomingMessage, request } from "node:http";
import { WebSocket } from "ws";
import type { Store } from "../../../src/log/store.js";
import { chats } from "../../contracts/events.js";
import { until } from "../../until.js";
import { type LiveServer, serveLive } from "./live-server.js";
import { SseParser } from "./sse-client.js";

/** How big a crowd is, and for how long it listens. */
export interface CrowdSize {
  /** Readers of each kind: Server-Sent Events and WebSocket. */
  readonly readers: number;
  readonly events: number;
  /** ms over which the events come, and between two of their batches. */
  readonly ms: number;
  readonly everyMs: number;
  /** How often each reader is cut off at random while they come, on average. */
  readonly cuts: number;
  /** ms after which it has failed. */
  readonly patienceMs: number;
  readonly store?: Store;
}

/** Share of what is received that the connection breaks in the midst of. */
const BREAKS = 0.002;

/** What became of a crowd. */
export interface CrowdResult {
  readonly connections: number;
  readonly deliveries: number;
  /** From the first event until everybody had the last one. */
  readonly ms: number;
}

/** A reader that is cut off now and then, in the midst of what it is given, and comes back with its last cursor. */
abstract class Reader {
  /** Seq of the newest event that it has. */
  last = 0;
  connections = 0;
  wrong: string | null = null;
  protected readonly server: LiveServer;
  protected readonly room: number;
  /** Mean ms between two cuts. */
  readonly #meanMs: number;
  #stopped = false;
  #cut: ReturnType<typeof setTimeout> | undefined;

  /** Connects with the last cursor. */
  protected abstract open(): void;
  protected abstract destroy(): void;

  constructor(server: LiveServer, room: number, meanMs: number) {
    this.server = server;
    this.room = room;
    this.#meanMs = meanMs;
  }

  connect(): void {
    if (this.#stopped) return;
    this.connections++;
    this.open();
  }

  /** To be called when the connection gives its first bytes: on a busy machine that may take longer than it may live. */
  protected opened(): void {
    clearTimeout(this.#cut);
    this.#cut = setTimeout(() => this.again(), -Math.log(Math.random()) * this.#meanMs);
  }

  /** Drops the connection, and makes a new one. */
  again(): void {
    clearTimeout(this.#cut);
    this.destroy();
    setTimeout(() => this.connect(), Math.random() * 20);
  }

  stop(): void {
    this.#stopped = true;
    clearTimeout(this.#cut);
    this.destroy();
  }

  protected got(seq: number): void {
    if (seq !== this.last + 1) this.wrong ??= `${seq} came after ${this.last}`;
    this.last = seq;
  }
}

class SseReader extends Reader {
  #lastId = "";
  #request: ClientRequest | null = null;

  protected open(): void {
    const { url, token } = this.server;
    const headers = { authorization: `Bearer ${token}`, ...(this.#lastId !== "" && { "last-event-id": this.#lastId }) };
    const sent = request(`${url}/v1/events/stream?rooms=${this.room}&after=0`, { headers, agent: false });
    this.#request = sent;
    sent.on("error", () => this.#request === sent && this.again());
    sent.on("response", (response) => this.#read(response, sent));
    sent.end();
  }

  protected destroy(): void {
    this.#request?.destroy();
    this.#request = null;
  }

  #read(response: IncomingMessage, sent: ClientRequest): void {
    if (response.statusCode === 408) {
      // Reader and server share this process: on a busy machine a request may take too long to be sent.
      this.again();
      return;
    }
    if (response.statusCode !== 200) this.wrong ??= `HTTP ${response.statusCode}`;
    this.opened();
    const parser = new SseParser(({ data, event }) => {
      if (event === "chat") this.got((data as { seq: number }).seq);
      else if (event !== "hello") this.wrong ??= event;
    }, this.#lastId);
    response.setEncoding("utf8");
    response.on("error", () => {});
    response.on("data", (text: string) => {
      if (this.#request !== sent) return;
      // Now and then the connection breaks in the midst of a message.
      const broken = Math.random() < BREAKS;
      parser.push(broken ? text.slice(0, Math.random() * text.length) : text);
      this.#lastId = parser.lastId;
      if (broken) this.again();
    });
  }
}

class WsReader extends Reader {
  #socket: WebSocket | null = null;

  protected open(): void {
    const { url, token } = this.server;
    const socket = new WebSocket(`${url.replace("http", "ws")}/v1/ws`, { headers: { authorization: `Bearer ${token}` } });
    this.#socket = socket;
    socket.on("error", () => this.#socket === socket && this.again());
    socket.on("open", () => {
      this.opened();
      socket.send(JSON.stringify({ op: "subscribe", rooms: [{ room: this.room, after: this.last }] }));
    });
    socket.on("message", (data) => {
      if (this.#socket !== socket) return;
      const message: unknown = JSON.parse(String(data));
      if (!Array.isArray(message)) {
        const { type } = message as { type: string };
        if (type !== "hello" && type !== "subscribed" && type !== "position") this.wrong ??= type;
        return;
      }
      for (const { seq } of message as { seq: number }[]) this.got(seq);
      if (Math.random() < BREAKS) this.again();
    });
  }

  protected destroy(): void {
    this.#socket?.terminate();
    this.#socket = null;
  }
}

/**
 * Lets a crowd read one room of one server in this process while events come, cutting every reader off at random.
 * @throws when a reader was given anything else than every event exactly once, in order
 */
export async function crowd({ readers, events, ms, everyMs, cuts, patienceMs, store }: CrowdSize): Promise<CrowdResult> {
  const server = await serveLive({ limits: { heartbeatMs: 500 }, ...(store && { store }) });
  const { room, append } = await server.room();
  const all: Reader[] = [];
  for (let i = 0; i < readers; i++) all.push(new SseReader(server, room, ms / cuts), new WsReader(server, room, ms / cuts));
  for (const reader of all) reader.connect();
  const began = Date.now();
  try {
    let stored = 0;
    while (stored < events) {
      const due = Math.min(events, Math.ceil((events * (Date.now() - began + everyMs)) / ms));
      if (due > stored) await append(...chats(due - stored, `${stored}-`));
      stored = Math.max(stored, due);
      await new Promise((resolve) => setTimeout(resolve, everyMs));
    }
    await until(() => all.every(({ last, wrong }) => last >= events || wrong !== null), patienceMs);
    const took = Date.now() - began;
    // Nothing comes after the last event.
    await new Promise((resolve) => setTimeout(resolve, 100));
    const wrong = all.flatMap((reader) => reader.wrong ?? (reader.last === events ? [] : `it has ${reader.last}`));
    if (wrong.length > 0) throw new Error(`${wrong.length} of ${all.length} readers: ${wrong[0]}`);
    return { connections: all.reduce((sum, reader) => sum + reader.connections, 0), deliveries: all.length * events, ms: took };
  } finally {
    for (const reader of all) reader.stop();
    await server.close();
  }
}
