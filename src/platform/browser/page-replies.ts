import type { Page, Request } from "playwright-core";
import { type Clock, linkedController } from "../../runtime/clock.js";
import type { PageReply } from "../works/refusal.js";

/** Reply that a page asked for. */
export interface HeardReply<T> {
  /** The list or work that was asked for. */
  readonly about: T;
  /** The reply; null when it was lost or too long, with `reason`. */
  readonly reply: PageReply | null;
  readonly reason: string;
  /** ms UTC */
  readonly receivedAt: number;
}

/** Folder in which the platform has the data of works; its host changes (facts/videos.md 2.2), so only the path tells. */
const FOLDER = "/aweme/v1/web/";
/** Longest body that is read: a list of 20 works has some MB. */
const MOST_BYTES = 8 * 1024 * 1024;
/** Replies that wait to be taken: a page asks for one after the other, when it is scrolled or clicked in. */
const MOST_WAITING = 32;
/** Requests that are heard at once. */
const MOST_ASKED = 64;

/** Replies that a page asks for itself, as far as they are about what is wanted, in the order in which they came. */
export class PageReplies<T> {
  /** Replies that came so far. */
  count = 0;
  readonly #clock: Clock;
  readonly #asked = new Map<Request, T>();
  readonly #waiting: HeardReply<T>[] = [];
  #reading: Promise<void> = Promise.resolve();
  #tell: () => void = () => {};

  /** @param aboutOf returns what a request of the page asks for, by its path (as `aweme/post`) and its query; null when it is not wanted */
  constructor(page: Page, clock: Clock, aboutOf: (path: string, query: URLSearchParams) => T | null) {
    this.#clock = clock;
    page.on("request", (request) => {
      const { pathname, searchParams } = new URL(request.url());
      if (request.method() !== "GET" || !pathname.startsWith(FOLDER) || this.#asked.size >= MOST_ASKED) return;
      const about = aboutOf(pathname.slice(FOLDER.length).replace(/\/+$/, ""), searchParams);
      if (about !== null) this.#asked.set(request, about);
    });
    page.on("requestfailed", (request) => this.#answered(request));
    // Not at the response: its body may be lost before it is whole.
    page.on("requestfinished", (request) => {
      const about = this.#asked.get(request);
      if (about === undefined) return;
      const receivedAt = this.#clock.now();
      this.#reading = this.#reading.then(async () => {
        const heard = await hear(request, about, receivedAt);
        if (this.#waiting.length < MOST_WAITING) this.#waiting.push(heard);
        this.count++;
        this.#answered(request);
      });
    });
  }

  /** Takes the next reply that came; null when there is none. */
  take(): HeardReply<T> | null {
    return this.#waiting.shift() ?? null;
  }

  /** Waits until everything that the page has asked for is answered. @returns whether it is, within this time */
  async settle(withinMs: number, signal: AbortSignal): Promise<boolean> {
    const end = this.#clock.now() + withinMs;
    while (this.#asked.size > 0) {
      const leftMs = end - this.#clock.now();
      if (leftMs <= 0) return false;
      await this.#next(leftMs, signal);
    }
    return true;
  }

  /** Waits until a reply has come that is not taken yet. @returns whether one has, within this time */
  async comes(withinMs: number, signal: AbortSignal): Promise<boolean> {
    const end = this.#clock.now() + withinMs;
    while (this.#waiting.length === 0) {
      const leftMs = end - this.#clock.now();
      if (leftMs <= 0) return false;
      await this.#next(leftMs, signal);
    }
    return true;
  }

  /** Waits until an answer has come, or for so long. */
  async #next(ms: number, signal: AbortSignal): Promise<void> {
    const told = linkedController(signal);
    const next = new Promise<void>((resolve) => {
      this.#tell = resolve;
    });
    const late = this.#clock.sleep(ms, told.signal).catch(() => {});
    await Promise.race([next, late]);
    told.abort();
    told.release();
    signal.throwIfAborted();
  }

  #answered(request: Request): void {
    if (this.#asked.delete(request)) this.#tell();
  }
}

async function hear<T>(request: Request, about: T, receivedAt: number): Promise<HeardReply<T>> {
  const lost = (reason: string) => ({ about, reply: null, reason, receivedAt });
  try {
    const response = await request.response();
    if (response === null) return lost("a reply was lost");
    const headers = await response.allHeaders();
    if (Number(headers["content-length"] ?? 0) > MOST_BYTES) return lost(`a reply is longer than ${MOST_BYTES} bytes`);
    return { about, reply: { status: response.status(), headers, body: await response.body() }, reason: "", receivedAt };
  } catch {
    return lost("the body of a reply was lost");
  }
}
