import type { IncomingMessage, RequestListener, ServerResponse } from "node:http";
import type { Socket } from "node:net";

/** Bytes of a body that are read at a time. */
const BODY_STEP_BYTES = 4_096;
const LF = 10;
const CR = 13;

/**
 * Answers the requests of one connection one after the other. Node parses all that a client sends ahead and lets every answer be made at
 * once: 64 KB of requests can ask for gigabytes. Here a request is not parsed before the one ahead of it was answered and its answer taken,
 * and the connection is not read meanwhile; so a connection costs one answer, however much its client asks for.
 */
export class Conversation {
  readonly #socket: Socket;
  readonly #handler: RequestListener;
  /** Node's own reader of the connection. */
  readonly #parse: (data: Buffer) => void;
  readonly #read = (data: Buffer) => this.#take(data);
  /** Requests that came with the end of the body before them. */
  readonly #next: (readonly [IncomingMessage, ServerResponse])[] = [];
  #request: IncomingMessage | null = null;
  #isOver = false;

  /** Must be made when the connection is, after Node's own listeners. @param handler is given each request when it is its turn */
  constructor(socket: Socket, handler: RequestListener) {
    this.#socket = socket;
    this.#handler = handler;
    const [parse] = socket.listeners("data") as ((data: Buffer) => void)[];
    if (parse === undefined) throw new Error("the connection has no reader");
    this.#parse = parse;
    socket.off("data", parse);
    // Node's HTTP then reads from the stream, no longer beneath it.
    socket.on("data", this.#read);
  }

  /** Whether a request is being answered, or its answer is being taken. */
  get isBusy(): boolean {
    return this.#request !== null;
  }

  /** Takes a request that was parsed. */
  ask(request: IncomingMessage, response: ServerResponse): void {
    if (this.#request !== null) {
      this.#next.push([request, response]);
      return;
    }
    this.#request = request;
    response.once("close", () => {
      this.#request = null;
      const next = this.#next.shift();
      if (this.#socket.destroyed) this.#next.length = 0;
      else if (next !== undefined) this.ask(...next);
      else if (!this.#isOver) this.#socket.resume();
    });
    this.#handler(request, response);
  }

  /** Leaves the connection to another protocol, with what was not parsed. */
  leave(): void {
    this.#isOver = true;
    this.#socket.off("data", this.#read);
  }

  #take(data: Buffer): void {
    for (let at = 0; at < data.length; ) {
      // A body must be read to its end for its own answer to come.
      const isInBody = this.#request?.complete === false;
      if ((this.#request !== null && !isInBody) || this.#isOver || (at > 0 && this.#socket.isPaused())) {
        if (!this.#isOver) this.#socket.pause();
        this.#socket.unshift(data.subarray(at));
        return;
      }
      const end = isInBody ? Math.min(at + BODY_STEP_BYTES, data.length) : endOfHead(data, at);
      this.#parse(data.subarray(at, end));
      at = end;
      if (this.#socket.destroyed) return;
    }
  }
}

/** Finds where the first head in some bytes ends, after its empty line; the end of the bytes where it goes on. */
function endOfHead(data: Buffer, from: number): number {
  for (let at = data.indexOf(LF, from); at >= 0; at = data.indexOf(LF, at + 1)) {
    if (data[at + 1] === LF) return at + 2;
    if (data[at + 1] === CR && data[at + 2] === LF) return at + 3;
  }
  return data.length;
}
