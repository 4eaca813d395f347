import type { Draft } from "../events/combo.js";
import type { Envelope } from "../platform/messages/normalise.js";

/** Bytes of a message that are as much work as one without any: a plain one has some 1,300 and takes some 16 µs. */
const BYTES_A_MESSAGE = 1_000;
/** Messages, by their work, that are read in one turn of the event loop. */
const TURN_WORK = 250;
/** Messages, by their work, whose events are appended together: a commit costs little beside them. */
const APPEND_WORK = 2_000;

/** Counts messages, by their work, and says when the others on the thread are to have their turn: one Response may hold 20,000. */
export class MessageTurn {
  #work = 0;

  /** Counts one more message. @returns whether the turn is over before it */
  isOver(message: Envelope): boolean {
    const isOver = this.#work >= TURN_WORK;
    this.#work = (isOver ? 0 : this.#work) + workOf(message);
    return isOver;
  }
}

/** Returns the work of a message: 1, and more by its bytes. */
export function workOf({ payload }: Envelope): number {
  return 1 + payload.length / BYTES_A_MESSAGE;
}

/** Yields drafts in order, as many at a time as are to be appended together. @param work of each */
export function* together(drafts: readonly Draft[], work: readonly number[]): Generator<readonly Draft[]> {
  let [from, sum] = [0, 0];
  for (let at = 0; at < drafts.length; at++) {
    const more = work[at] ?? 0;
    if (sum > 0 && sum + more > APPEND_WORK) {
      yield drafts.slice(from, at);
      [from, sum] = [at, 0];
    }
    sum += more;
  }
  if (from < drafts.length) yield from === 0 ? drafts : drafts.slice(from);
}
