import type { Clock } from "../runtime/clock.js";
import type { TokenRow, Tokens } from "../store/sql/tokens.js";

/** Pause between two looks at the store, in ms: a stream or call ends within a second, whichever process revoked its token. */
const LOOK_MS = 500;

/** A stream or call that was let in by a token and is still here. */
interface Holder {
  readonly token: TokenRow;
  readonly end: () => void;
}

/**
 * Holds the tokens by which streams are open and calls wait. When one is revoked (by any process, or by a command beside the server),
 * expires, or may do less than when it let somebody in, all that came in by it are ended.
 */
export class HeldTokens {
  readonly #tokens: Pick<Tokens, "findAll">;
  readonly #clock: Clock;
  readonly #onError: (error: unknown) => void;
  readonly #held = new Map<string, Set<Holder>>();
  #stopLooking: (() => void) | null = null;
  #looking = false;
  #away = false;

  /** @param onError told once when the store cannot be asked: everybody stays until it can */
  constructor(tokens: Pick<Tokens, "findAll">, clock: Clock, onError: (error: unknown) => void) {
    this.#tokens = tokens;
    this.#clock = clock;
    this.#onError = onError;
  }

  /** Calls `end` once the token lets nobody in any more. @returns what to call when its holder is gone */
  hold(token: TokenRow, end: () => void): () => void {
    const holder: Holder = { token, end };
    const holders = this.#held.get(token.hash) ?? new Set();
    this.#held.set(token.hash, holders.add(holder));
    this.#stopLooking ??= this.#clock.every(LOOK_MS, () => void this.#look());
    return () => {
      holders.delete(holder);
      if (holders.size === 0 && this.#held.get(token.hash) === holders) this.#held.delete(token.hash);
      if (this.#held.size > 0) return;
      this.#stopLooking?.();
      this.#stopLooking = null;
    };
  }

  async #look(): Promise<void> {
    if (this.#looking || this.#held.size === 0) return;
    this.#looking = true;
    try {
      const rows = await this.#tokens.findAll([...this.#held.keys()]);
      const now = this.#clock.now();
      for (const [hash, holders] of this.#held) for (const { token, end } of [...holders]) if (!allows(rows.get(hash), token, now)) end();
      this.#away = false;
    } catch (error) {
      if (!this.#away) this.#onError(error);
      this.#away = true;
    } finally {
      this.#looking = false;
    }
  }
}

/** Whether a token still lets in whom it let in. @param row as it is stored now; undefined when it was revoked */
function allows(row: TokenRow | undefined, { scope, rooms }: TokenRow, now: number): boolean {
  if (row === undefined || (row.expiresAt !== null && row.expiresAt <= now)) return false;
  return row.scope === scope && row.rooms.length === rooms.length && row.rooms.every((room, at) => room === rooms[at]);
}
