import type { Reply } from "../platform/access/platform.js";
import { giftsIn, readGiftList } from "../platform/pages/gift-list.js";
import type { PlatformAccess } from "../platform/platform-access.js";
import type { Clock } from "../runtime/clock.js";
import { DyliveError } from "../runtime/errors.js";
import { english } from "../runtime/msg.js";
import type { RateLimiter } from "../runtime/rate-limiter.js";
import type { Gifts } from "../store/sql/gifts.js";

interface GiftListReaderDeps {
  readonly gifts: Pick<Gifts, "learn" | "listedAt">;
  readonly clock: Clock;
  /** Called with the reason why the platform gave no list. */
  readonly onRefused: (reason: string) => void;
}

/** Age of the list from which it is read again, and shortest time between two times that it is asked for, in ms. */
const DAY_MS = 86_400_000;
const AGAIN_MS = 3_600_000;

/**
 * Reads the platform's list of gifts into the catalogue: once a day for all processes of a store together, by the way of a room that is
 * connected. Where the platform gives none, it is asked an hour later at the earliest.
 */
export class GiftListReader {
  readonly #deps: GiftListReaderDeps;
  #notBefore = Number.NEGATIVE_INFINITY;
  #heardBefore = Number.NEGATIVE_INFINITY;
  #reading: Promise<void> | null = null;

  constructor(deps: GiftListReaderDeps) {
    this.#deps = deps;
  }

  /** Reads the list if it is time to, by this access; resolves when that is done, and never rejects. */
  look(access: PlatformAccess, requests: RateLimiter, signal: AbortSignal): Promise<void> {
    const now = this.#deps.clock.now();
    if (this.#reading === null && (now < this.#notBefore || signal.aborted)) return Promise.resolve();
    this.#notBefore = now + AGAIN_MS;
    this.#reading ??= this.#read(access, requests, signal)
      .catch((error: unknown) => {
        // Broken off by the end of a connection: the next one may ask.
        if (signal.aborted) this.#notBefore = Number.NEGATIVE_INFINITY;
        else this.#deps.onRefused(error instanceof DyliveError ? error.detail : String(error));
      })
      .finally(() => {
        this.#reading = null;
      });
    return this.#reading;
  }

  /** Learns the list from a reply that a room's page has asked for; resolves when that is done, and never rejects. */
  async heard(reply: Pick<Reply, "status" | "body">): Promise<void> {
    const { gifts, clock, onRefused } = this.#deps;
    const now = clock.now();
    if (now < this.#heardBefore) return; // of many rooms' pages one is enough
    try {
      const answer = giftsIn(reply);
      if (!("gifts" in answer)) return; // the page may have been refused; the list is asked for apart from it
      this.#heardBefore = now + AGAIN_MS;
      await gifts.learn("list", now, answer.gifts);
    } catch (error) {
      this.#heardBefore = Number.NEGATIVE_INFINITY;
      onRefused(error instanceof DyliveError ? error.detail : String(error));
    }
  }

  async #read(access: PlatformAccess, requests: RateLimiter, signal: AbortSignal): Promise<void> {
    const { gifts, clock, onRefused } = this.#deps;
    const last = await gifts.listedAt();
    if (last !== null && Math.abs(clock.now() - last) < DAY_MS) return;
    await requests.turn(signal);
    const answer = await readGiftList(access, signal);
    if ("gifts" in answer) await gifts.learn("list", clock.now(), answer.gifts);
    else onRefused(english(answer.reason));
  }
}
