import type { IncomingMessage } from "node:http";
import type { FastifyBaseLogger } from "fastify";
import type { Clock } from "../clock.js";
import { DyliveError } from "../errors.js";
import type { Scope, TokenRow, Tokens } from "../log/tokens.js";
import { authenticate } from "./auth.js";
import type { Calls } from "./calls.js";
import { Rates } from "./rate.js";
import type { Secrets } from "./secrets.js";

/** The last use of a token is written at most this often. */
const TOUCH_MS = 60_000;

/** What the gate is built from. */
export interface GateParts {
  readonly tokens: Tokens;
  readonly secrets: Secrets;
  readonly calls: Calls;
  readonly clock: Clock;
  readonly logger: FastifyBaseLogger;
}

/** Lets requests in by their tokens, counts them, and notes that the token was used. */
export class Gate {
  readonly #parts: GateParts;
  readonly #rates: Rates;
  readonly #touchedAt = new Map<string, number>();

  constructor(parts: GateParts) {
    this.#parts = parts;
    this.#rates = new Rates(parts.clock);
  }

  /**
   * The token of a request.
   * @param from `header` takes `Authorization: Bearer` alone; `query` also `token=` in the address, which logs and histories keep: for the
   * document's family and for browsers' streams, which cannot send the header
   * @throws DyliveError no_token, bad_token, forbidden; RateLimited
   */
  async enter(request: IncomingMessage, scope: Scope, from: "header" | "query"): Promise<TokenRow> {
    const { tokens, secrets, clock } = this.#parts;
    const secret = from === "query" ? secrets.of(request) : secrets.bearerOf(request);
    if (secret === null && secrets.of(request) !== null)
      throw new DyliveError("no_token", "token= in the address is not taken here: send the header Authorization: Bearer TOKEN");
    const token = await authenticate(tokens, secret, scope, clock.now());
    this.#rates.count(token);
    this.#touch(token);
    return token;
  }

  #touch({ id, lastUsedAt }: TokenRow): void {
    const { tokens, calls, clock, logger } = this.#parts;
    const now = clock.now();
    // Other processes note uses too.
    if (now - Math.max(lastUsedAt ?? 0, this.#touchedAt.get(id) ?? 0) < TOUCH_MS) return;
    if (this.#touchedAt.size > 10_000) this.#touchedAt.clear();
    this.#touchedAt.set(id, now);
    calls.after(tokens.touch(id, now).catch((error) => logger.error({ err: error, token: id }, "the use of a token could not be noted")));
  }
}
