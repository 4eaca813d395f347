import type { IncomingMessage, RequestListener, ServerResponse } from "node:http";
import { isIPv6, type Socket } from "node:net";
import { DyliveError } from "./errors.js";
import { type Told, told } from "./told.js";

const WHY: Readonly<Record<string, Told>> = {
  EACCES: told`this user may not listen on it; ports below 1024 are for the administrator`,
  EADDRNOTAVAIL: told`this machine has no such address`,
  ENOTFOUND: told`no address is known by this name`,
  EAI_AGAIN: told`no address is known by this name`,
};

/**
 * Makes the error for a server that cannot listen.
 * @param port what was asked for, 0 for any
 * @param how what is to be set otherwise, in the caller's words
 */
export function listenFailure(error: unknown, host: string, port: number, how: Told): DyliveError {
  const code = typeof error === "object" && error !== null && "code" in error ? String(error.code) : "";
  if (code === "EADDRINUSE") return new DyliveError("in_use", told`another program listens on port ${port} of ${host} (${how})`, error);
  const why = WHY[code] ?? (error instanceof Error ? error.message : String(error));
  return new DyliveError("bad_config", told`cannot listen on port ${port} of ${host}: ${why} (${how})`, error);
}

/** Returns `HOST:PORT` of a server as an address of this machine has it: where it listens on all, that of the machine itself. */
export function addressOf(host: string, port: number): string {
  if (host === "0.0.0.0") return `127.0.0.1:${port}`;
  return isIPv6(host) ? `[${host === "::" ? "::1" : host}]:${port}` : `${host}:${port}`;
}

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
