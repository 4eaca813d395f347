import type { IncomingMessage, RequestListener, ServerResponse } from "node:http";
import type { Socket } from "node:net";

/** Most requests that a client may send ahead of the one that is being answered. */
const AHEAD_MAX = 8;
/** Bytes of a body that are parsed at a time. */
const BODY_STEP_BYTES = 4_096;
const LF = 10;
const CR = 13;

/**
 * Answers the requests of one connection one at a time. Node alone would parse a whole chunk of pipelined requests and let all of them be
 * answered at once: 64 KB can ask for gigabytes. Here a request waits until the socket has taken the answer before it, nothing is read while
 * one waits, and a client that sends more than a few ahead is cut.
 */
export class SerialConnection {
  readonly #socket: Socket;
  readonly #handler: RequestListener;
  /** Node's own parser. */
  readonly #parse: (data: Buffer) => void;
  readonly #onData = (data: Buffer) => this.#read(data);
  readonly #ahead: (readonly [IncomingMessage, ServerResponse])[] = [];
  /** The newest request: its body may still be arriving. */
  #parsed: IncomingMessage | null = null;
  #isBusy = false;
  #isDetached = false;

  /** Create it in the server's "connection" event, after Node has added its listeners. */
  constructor(socket: Socket, handler: RequestListener) {
    this.#socket = socket;
    this.#handler = handler;
    const [parse] = socket.listeners("data") as ((data: Buffer) => void)[];
    if (parse === undefined) throw new Error("the connection has no parser");
    this.#parse = parse;
    // Makes Node read from the stream; otherwise its parser reads beneath it.
    socket.off("data", parse);
    socket.on("data", this.#onData);
  }

  /** Whether a request is unfinished, or another protocol has the connection. */
  get isBusy(): boolean {
    return this.#isBusy || this.#isDetached;
  }

  /** Adds a parsed request. */
  add(request: IncomingMessage, response: ServerResponse): void {
    this.#parsed = request;
    if (!this.#isBusy) this.#begin(request, response);
    else if (this.#ahead.push([request, response]) > AHEAD_MAX) this.#socket.destroy();
  }

  /** Leaves the connection, and what was not parsed, to another protocol. @returns false if a request is unfinished: the two would mix */
  detach(): boolean {
    this.#isDetached = true;
    this.#socket.off("data", this.#onData);
    return !this.#isBusy;
  }

  #begin(request: IncomingMessage, response: ServerResponse): void {
    this.#isBusy = true;
    response.once("close", () => {
      this.#isBusy = false;
      if (this.#socket.destroyed) return;
      const next = this.#ahead.shift();
      if (next !== undefined) this.#begin(...next);
      // So that the end of the connection is noticed while the last request is answered.
      if (this.#ahead.length === 0 && !this.#isDetached) this.#socket.resume();
    });
    this.#handler(request, response);
  }

  #read(data: Buffer): void {
    for (let at = 0; at < data.length; ) {
      const end = this.#parsed?.complete === false ? Math.min(at + BODY_STEP_BYTES, data.length) : endOfHead(data, at);
      this.#parse(data.subarray(at, end));
      at = end;
      if (this.#socket.destroyed) return;
      // An upgrade, or Node waits for a body or an answer to be taken.
      if (this.#isDetached || this.#socket.isPaused()) {
        if (at < data.length) this.#socket.unshift(data.subarray(at));
        return;
      }
    }
    if (this.#ahead.length > 0) this.#socket.pause();
  }
}

/** Returns the index after the first head, or the length if the head is incomplete. */
function endOfHead(data: Buffer, from: number): number {
  for (let at = data.indexOf(LF, from); at >= 0; at = data.indexOf(LF, at + 1)) {
    if (data[at + 1] === LF) return at + 2;
    if (data[at + 1] === CR && data[at + 2] === LF) return at + 3;
  }
  return data.length;
}
