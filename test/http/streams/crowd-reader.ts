import { type ClientRequest, type IncomingMessage, request } from "node:http";
import { WebSocket } from "ws";
import type { LiveServer } from "./live-server.js";
import { SseParser } from "./sse-client.js";

/** Share of connections that are given up soon, mostly before the server has answered; of pieces of a stream that break off in their midst. */
const EARLY = 0.05;
const BREAKS = 0.01;
/** Most ms until a reader that was cut off comes back. */
const AWAY_MS = 20;

/** A reader that is cut off now and then, in the midst of what it is given, and comes back with its last cursor. */
export abstract class CrowdReader {
  /** Seq of the newest event that it has. */
  last = 0;
  connections = 0;
  /** What it was given that it should not have been. */
  wrong: string | null = null;
  protected readonly server: LiveServer;
  protected readonly room: number;
  /** Mean number of events between two cuts. */
  readonly #between: number;
  /** Events until the next cut. */
  #left = 0;
  #stopped = false;

  constructor(server: LiveServer, room: number, between: number) {
    this.server = server;
    this.room = room;
    this.#between = between;
  }

  /** Connects with the last cursor. */
  connect(): void {
    if (this.#stopped) return;
    const number = ++this.connections;
    this.#left = 1 - Math.log(Math.random()) * this.#between;
    this.open(number);
    if (Math.random() < EARLY) setTimeout(() => this.cut(number), Math.random() * AWAY_MS);
  }

  stop(): void {
    this.#stopped = true;
    this.close();
  }

  /** Opens the connection of this number. */
  protected abstract open(number: number): void;
  /** Drops the connection without a word. */
  protected abstract close(): void;

  /** Whether the connection of this number is the one that counts. */
  protected isOpen(number: number): boolean {
    return !this.#stopped && this.connections === number && this.#left > 0;
  }

  /** Drops the connection of this number, or notes that it has gone; a new one is made. */
  protected cut(number: number): void {
    if (!this.isOpen(number)) return;
    this.#left = 0;
    this.close();
    setTimeout(() => this.connect(), Math.random() * AWAY_MS);
  }

  protected got(seq: number, number: number): void {
    if (seq !== this.last + 1) this.wrong ??= `${seq} came after ${this.last}`;
    this.last = seq;
    if (this.#left <= 1) this.cut(number);
    else this.#left--;
  }
}

/** A reader of Server-Sent Events. */
export class SseReader extends CrowdReader {
  #lastId = "";
  #request: ClientRequest | null = null;

  protected open(number: number): void {
    const { url, token } = this.server;
    const headers = { authorization: `Bearer ${token}`, ...(this.#lastId !== "" && { "last-event-id": this.#lastId }) };
    const sent = request(`${url}/v1/events/stream?rooms=${this.room}&after=0`, { headers, agent: false });
    this.#request = sent;
    sent.on("error", () => this.cut(number));
    sent.on("response", (response) => this.#read(response, number));
    sent.end();
  }

  protected close(): void {
    this.#request?.destroy();
  }

  #read(response: IncomingMessage, number: number): void {
    // 408: reader and server share this process, and on a busy machine a request may take too long to be sent.
    if (response.statusCode !== 200 && response.statusCode !== 408) this.wrong ??= `HTTP ${response.statusCode}`;
    const parser = new SseParser(({ data, event, id }) => {
      if (!this.isOpen(number)) return;
      this.#lastId = id;
      if (event === "chat") this.got((data as { seq: number }).seq, number);
      else if (event !== "hello") this.wrong ??= event;
    }, this.#lastId);
    response.setEncoding("utf8");
    response.on("error", () => {});
    response.once("close", () => this.cut(number));
    response.on("data", (text: string) => {
      if (!this.isOpen(number) || response.statusCode !== 200) return;
      const broken = Math.random() < BREAKS;
      parser.push(broken ? text.slice(0, Math.random() * text.length) : text);
      if (!this.isOpen(number)) return;
      // A heartbeat may have moved it.
      this.#lastId = parser.lastId;
      if (broken) this.cut(number);
    });
  }
}

/** A reader by WebSocket. */
export class WsReader extends CrowdReader {
  #socket: WebSocket | null = null;
  #cursor = "0";

  protected open(number: number): void {
    const { url, token } = this.server;
    const socket = new WebSocket(`${url.replace("http", "ws")}/v1/ws`, { headers: { authorization: `Bearer ${token}` } });
    this.#socket = socket;
    socket.on("error", () => {});
    socket.once("close", () => this.cut(number));
    socket.on("open", () => socket.send(JSON.stringify({ op: "subscribe", rooms: [this.room], after: this.#cursor })));
    socket.on("message", (data) => this.isOpen(number) && this.#take(JSON.parse(String(data)), number));
  }

  protected close(): void {
    this.#socket?.terminate();
  }

  #take(message: { type: string; events: { seq: number }[]; cursors: string[]; cursor: string }, number: number): void {
    if (message.type === "events") {
      for (const [at, { seq }] of message.events.entries())
        if (this.isOpen(number)) {
          this.#cursor = message.cursors[at] ?? "";
          this.got(seq, number);
        }
    } else if (message.type === "position") this.#cursor = message.cursor;
    else if (message.type !== "hello" && message.type !== "subscribed") this.wrong ??= message.type;
  }
}
