import type { FastifyReply } from "fastify";
import { OutboundQueue } from "../../runtime/outbound-queue.js";
import { CLOSE_REASONS, type CloseReason, type LiveStreams } from "./live.js";

/** Time that a client waits before it connects again, in ms. */
const RETRY_MS = 2_000;

/** Media type of a stream. */
export const EVENT_STREAM = "text/event-stream; charset=utf-8";
/** Start of every stream. */
const PREAMBLE = `retry: ${RETRY_MS}\n\n`;

/** Writes a message of Server-Sent Events; `data` is JSON, which holds no line breaks. */
export function sseMessage(event: string, data: unknown, id?: string): string {
  return `${id === undefined ? "" : `id: ${id}\n`}event: ${event}\ndata: ${JSON.stringify(data)}\n\n`;
}

/** Writes a heartbeat that keeps the connection in use; with an id it also moves the client's position past events that it is not shown. */
export function sseHeartbeat(id?: string): string {
  return `: heartbeat\n${id === undefined ? "" : `id: ${id}\n`}\n`;
}

/** Parts of the live streams that an answer needs. */
type Care = Pick<LiveStreams, "limits" | "clock" | "slow">;

/** HTTP answer that is a stream of Server-Sent Events. */
export class SseAnswer {
  readonly outbound: OutboundQueue;
  readonly #response: FastifyReply["raw"];
  readonly #care: Care;
  readonly #gone = new AbortController();
  readonly #over = new AbortController();
  /** As `over` says, for every write. */
  #isOver = false;

  /** Takes the reply over, with the headers that are set on it. */
  constructor(reply: FastifyReply, care: Care) {
    const response = reply.hijack().raw;
    this.#response = response;
    this.#care = care;
    response.on("error", () => {});
    const close = () => {
      this.#isOver = true;
      this.#gone.abort();
      this.#over.abort();
    };
    response.once("close", close);
    // Its client may have left while its token was looked at.
    if (response.destroyed) close();
    for (const [name, value] of Object.entries(reply.getHeaders())) if (value !== undefined) response.setHeader(name, value);
    // Without chunks the bytes of one buffer are right for every connection; the end of the connection is the end of the answer.
    response.useChunkedEncodingByDefault = false;
    response.writeHead(200, {
      "content-type": EVENT_STREAM,
      "cache-control": "no-store",
      connection: "close",
      "x-accel-buffering": "no",
    });
    if (!response.destroyed) response.write(PREAMBLE);
    // What follows is only bytes, which the socket takes with less ado; it is there as soon as it is this answer's turn on the connection.
    this.outbound = new OutboundQueue(response.socket ?? response, care.limits);
  }

  /** Aborts when nothing more can be written: the connection is gone, or the client was sent why it is closed. */
  get over(): AbortSignal {
    return this.#over.signal;
  }

  /** Aborts when the connection is gone. */
  get gone(): AbortSignal {
    return this.#gone.signal;
  }

  /** Calls back once the connection is gone, or now if it is. */
  whenGone(call: () => void): void {
    if (this.gone.aborted) call();
    else this.gone.addEventListener("abort", call, { once: true });
  }

  /** Writes; a reader that has too much waiting is cut, with the reason. */
  write(bytes: Buffer | string): void {
    if (!this.#isOver && !this.outbound.write(bytes)) this.end("slow");
  }

  /** Tells the client why and ends. */
  end(why: CloseReason): void {
    if (this.#isOver) return;
    if (why === "slow") this.#care.slow();
    this.finish(sseMessage(why === "token" ? "revoked" : why, { reason: CLOSE_REASONS[why], queuedBytes: this.outbound.queued }));
  }

  /** Writes a last message and ends; what the client does not take within the grace period is cut. */
  finish(last: string): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#over.abort();
    this.#response.end(last);
    this.#care.clock.sleep(this.#care.limits.graceMs, this.gone).then(
      () => this.destroy(),
      () => {},
    );
  }

  destroy(): void {
    this.#response.destroy();
  }
}
