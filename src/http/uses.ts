import type { FastifyBaseLogger } from "fastify";
import type { Clock } from "../runtime/clock.js";
import type { TokenRow, Tokens } from "../store/tokens.js";

/** Least time between two writes of a token's last use, in ms. */
const TOUCH_MS = 60_000;
const MOST_REMEMBERED = 10_000;

/** Notes that tokens are used, wherever they let somebody in. */
export class Uses {
  readonly #tokens: Tokens;
  readonly #clock: Clock;
  readonly #logger: Pick<FastifyBaseLogger, "error">;
  readonly #touchedAt = new Map<string, number>();

  constructor(tokens: Tokens, clock: Clock, logger: Pick<FastifyBaseLogger, "error">) {
    this.#tokens = tokens;
    this.#clock = clock;
    this.#logger = logger;
  }

  /** Notes a use. Resolves when it is written, and never rejects: a caller that was let in is not to suffer from it. */
  async note({ id, lastUsedAt }: TokenRow): Promise<void> {
    const now = this.#clock.now();
    // Other processes note uses too.
    if (now - Math.max(lastUsedAt ?? 0, this.#touchedAt.get(id) ?? 0) < TOUCH_MS) return;
    if (this.#touchedAt.size > MOST_REMEMBERED) this.#touchedAt.clear();
    this.#touchedAt.set(id, now);
    try {
      await this.#tokens.touch(id, now);
    } catch (error) {
      this.#logger.error({ err: error, token: id }, "the use of a token could not be noted");
    }
  }
}
