import type { IncomingMessage, ServerResponse } from "node:http";
import { Readable } from "node:stream";
import type { FastifyReply, FastifyRequest } from "fastify";
import { DyliveError } from "../runtime/errors.js";
import { tokenOf } from "./authentication.js";
import type { HeldTokens } from "./tokens.js";

/**
 * Reason for a call to answer at once: its client went away, a newer call took its place, its token is no longer valid, its room was
 * deleted, or the server stops.
 */
type EndReason = "gone" | "newer" | "token" | "deleted" | "stopping";

/** Answers a HEAD with the headers that are set, where the body that a GET has would be made as it is sent. */
export function sendHead(reply: FastifyReply): FastifyReply {
  return reply.send(Readable.from([])); // nothing else leaves a length that is set
}

/** One request that may wait, until its answer is handed over or its connection is gone. */
export class HttpCall {
  /** Whether the answer was handed over whole; settles when it was, or never can be. */
  readonly handedOver: Promise<boolean>;
  readonly #controller = new AbortController();
  readonly #request: IncomingMessage;
  #ended: EndReason | null = null;

  constructor(request: IncomingMessage, response: ServerResponse) {
    this.#request = request;
    const { socket } = request;
    this.handedOver = new Promise((resolve) => {
      // Node says `finish` also when the rest of the answer was thrown away because the socket was destroyed; and its own listener
      // detaches the socket, so the look at it comes first.
      response.prependOnceListener("finish", () => resolve(!socket.destroyed));
      response.once("close", () => {
        resolve(false);
        this.end("gone");
      });
      if (socket.destroyed) {
        resolve(false);
        this.end("gone");
      }
    });
  }

  /** Aborts when the call is to answer at once. */
  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  /** Reason for the call to answer at once; null while it may wait. */
  get ended(): EndReason | null {
    return this.#ended;
  }

  /** Tells the call to answer at once. The first reason stays. */
  end(reason: EndReason): void {
    if (this.#ended !== null) return;
    this.#ended = reason;
    this.#controller.abort(
      reason === "stopping"
        ? new DyliveError("stopping", "the call was ended")
        : reason === "token"
          ? noLonger()
          : new Error(`call ended: ${reason}`),
    );
  }

  /** @throws DyliveError bad_token when the call's token is no longer valid: then nothing is answered that it could see */
  assertToken(): void {
    if (this.#ended === "token") throw noLonger();
  }

  /** Cuts the connection: for an answer that its client does not take. */
  breakOff(): void {
    this.#request.socket.destroy();
  }
}

function noLonger(): DyliveError {
  return new DyliveError("bad_token", "it was revoked, has expired or may do less, since this call began");
}

/** The calls under way, and what is still to be done after their answers. */
export class HttpCalls {
  readonly #held: Pick<HeldTokens, "hold">;
  readonly #open = new Set<HttpCall>();
  readonly #ofRequest = new WeakMap<IncomingMessage, HttpCall>();
  readonly #after = new Set<Promise<void>>();
  #stopped = false;
  #drained: () => void = () => {};

  constructor(held: Pick<HeldTokens, "hold">) {
    this.#held = held;
  }

  /** Calls under way. */
  get size(): number {
    return this.#open.size;
  }

  /** Notes the call of a request that a token let in, until its connection has no more to do with it. */
  open(asked: FastifyRequest, { raw: response }: FastifyReply): HttpCall {
    const request = asked.raw;
    const call = new HttpCall(request, response);
    this.#open.add(call);
    this.#ofRequest.set(request, call);
    const letGo = this.#held.hold(tokenOf(asked), () => call.end("token"));
    const leave = () => {
      letGo();
      this.#open.delete(call);
      if (this.#open.size === 0) this.#drained();
    };
    // Of a client that left while its token was looked at nothing more is heard.
    if (request.socket.destroyed) leave();
    else response.once("close", leave);
    if (this.#stopped) call.end("stopping");
    return call;
  }

  /** Returns the error to answer with: a call that we ended, or whose client left, broke off with whatever it was at. */
  errorOf(request: IncomingMessage, error: unknown): unknown {
    const call = this.#ofRequest.get(request);
    if (call?.ended === "token") return noLonger();
    return call?.ended === "stopping" || call?.ended === "gone" ? new DyliveError("stopping", "the call was ended") : error;
  }

  /** Notes work that must be over before the store may close; `work` never rejects. */
  after(work: Promise<void>): void {
    this.#after.add(work);
    void work.finally(() => this.#after.delete(work));
  }

  /** Ends every call that waits, and every later one. */
  stop(): void {
    this.#stopped = true;
    for (const call of this.#open) call.end("stopping");
  }

  /** Resolves when every answer is handed over or broke off. */
  async drained(): Promise<void> {
    if (this.#open.size > 0) await new Promise<void>((resolve) => (this.#drained = resolve));
  }

  /** Resolves when nothing noted with {@link after} is left. */
  async idle(): Promise<void> {
    while (this.#after.size > 0) await Promise.all(this.#after);
  }
}
