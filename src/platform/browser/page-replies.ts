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
      if (request.method() !== "GET" || !pathname.startsWith(FOLDER) || this.#asked.size >= 64) return;
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
        // A page asks for one after the other, when it is scrolled or clicked in.
        if (this.#waiting.length < 32) this.#waiting.push(heard);
        this.count++;
        this.#answered(request);
      });
    });
  }

  /** Takes the next reply that came; null when there is none. */
  take(): HeardReply<T> | null {
    return this.#waiting.shift() ?? null;
  }

  /** Waits until all requests of the page are answered. @returns whether they are, within this time */
  settle(withinMs: number, signal: AbortSignal): Promise<boolean> {
    return this.#until(() => this.#asked.size === 0, withinMs, signal);
  }

  /** Waits until a reply can be taken. @returns whether one can, within this time */
  comes(withinMs: number, signal: AbortSignal): Promise<boolean> {
    return this.#until(() => this.#waiting.length > 0, withinMs, signal);
  }

  async #until(isSo: () => boolean, withinMs: number, signal: AbortSignal): Promise<boolean> {
    const late = linkedController(signal);
    let isLate = withinMs <= 0;
    const timer = this.#clock.sleep(withinMs, late.signal).then(
      () => {
        isLate = true;
      },
      () => {},
    );
    while (!isSo() && !isLate && !signal.aborted) {
      const next = new Promise<void>((resolve) => {
        this.#tell = resolve;
      });
      await Promise.race([next, timer]);
    }
    late.abort();
    late.release();
    signal.throwIfAborted();
    return isSo();
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
