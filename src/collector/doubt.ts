import { backoffMs } from "../runtime/backoff.js";

/**
 * Tells whether and when the broadcast of an open connection must still be asked for: a platform that does not answer is asked less and
 * less often.
 */
export class Doubt {
  #open = false;
  #count = 0;
  #nextAt = 0;

  /** Notes that a connection is opened; `open` when nobody has said lately that its broadcast is live. */
  begin(open: boolean): void {
    this.#open = open;
    if (!open) this.#count = 0;
  }

  due(now: number): boolean {
    return this.#open && now >= this.#nextAt;
  }

  /** Notes that the platform was asked at `now`; `answered` when it said live. */
  asked(answered: boolean, now: number): void {
    this.#open = !answered;
    this.#count = answered ? 0 : this.#count + 1;
    this.#nextAt = answered ? 0 : now + backoffMs("refusal", this.#count);
  }
}
