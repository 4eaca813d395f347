import type { IncomingMessage } from "node:http";
import type { FastifyBaseLogger } from "fastify";
import type { Clock } from "../runtime/clock.js";
import { DyliveError } from "../runtime/errors.js";
import type { Scope, TokenRow, Tokens } from "../store/tokens.js";
import { authenticate, hashToken } from "./auth.js";
import type { HttpCalls } from "./calls.js";
import { RateLimiter } from "./rate.js";
import type { SecretCipher } from "./secrets.js";
import { Uses } from "./uses.js";

/** Time for which a token that was let in is remembered, to let it in without the store. */
const REMEMBER_MS = 900_000;
const MOST_REMEMBERED = 1000;

/** Dependencies of the authenticator. */
interface AuthenticatorDeps {
  readonly tokens: Tokens;
  readonly secrets: SecretCipher;
  readonly calls: HttpCalls;
  readonly clock: Clock;
  readonly logger: FastifyBaseLogger;
}

/** Lets requests in by their tokens, counts them, and notes that the token was used. */
export class Authenticator {
  readonly #parts: AuthenticatorDeps;
  readonly #rates: RateLimiter;
  readonly #uses: Uses;
  readonly #remembered = new Map<string, { readonly token: TokenRow; readonly at: number }>();

  constructor(parts: AuthenticatorDeps) {
    this.#parts = parts;
    this.#rates = new RateLimiter(parts.clock);
    this.#uses = new Uses(parts.tokens, parts.clock, parts.logger);
  }

  /**
   * Returns the token of a request.
   * @param from `header` takes `Authorization: Bearer` alone; `query` also `token=` in the address, which logs and histories keep: for the
   * compatible interface (/douyin/…) and for browsers' streams, which cannot send the header
   * @throws DyliveError no_token, bad_token, forbidden; RateLimited
   */
  async enter(request: IncomingMessage, scope: Scope, from: "header" | "query"): Promise<TokenRow> {
    const { tokens, secrets, calls, clock } = this.#parts;
    const secret = from === "query" ? secrets.of(request) : secrets.bearerOf(request);
    if (secret === null && secrets.of(request) !== null)
      throw new DyliveError("no_token", "token= in the address is not taken here: send the header Authorization: Bearer TOKEN");
    const token = await authenticate(tokens, secret, scope, clock.now());
    this.#rates.count(token);
    calls.after(this.#uses.note(token));
    return token;
  }

  /**
   * Does the same as {@link enter} with the header. While the store cannot be asked, it still lets in tokens that it let in within the last
   * quarter of an hour: what tells of the store's absence must be seen then.
   */
  async enterAnyway(request: IncomingMessage, scope: Scope): Promise<TokenRow> {
    const { secrets, clock } = this.#parts;
    const hash = hashToken(secrets.bearerOf(request) ?? "");
    try {
      const token = await this.enter(request, scope, "header");
      if (this.#remembered.size >= MOST_REMEMBERED) this.#remembered.clear();
      this.#remembered.set(hash, { token, at: clock.now() });
      return token;
    } catch (error) {
      const known = this.#remembered.get(hash);
      const isAway = error instanceof DyliveError && error.code === "store_unreachable";
      if (isAway && known !== undefined && clock.now() - known.at < REMEMBER_MS) return known.token;
      if (!isAway) this.#remembered.delete(hash);
      throw error;
    }
  }
}
