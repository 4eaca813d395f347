import type { LiveEvent, LiveEventOf } from "../events/event.js";
import type { Log, RoomKey } from "../store/log.js";

/** Events of the states of a room that are read at a time, looking back. */
const PAGE_EVENTS = 200;
/** Pages that are looked at, at most: far more than one broadcast has. */
const PAGES_MAX = 200;
/** Broadcasts that are remembered. */
const REMEMBERED = 1_000;

/**
 * Finds which of a room's `state` events is the first of its broadcast that says `live`: after a stall, a reconnection or a restart of
 * dylive the room becomes live again, but nobody went on air. The answer is a function of the log.
 */
export class FirstLive {
  readonly #log: Pick<Log, "readBefore">;
  /** The seq of the first one, by room and broadcast. */
  readonly #known = new Map<string, number>();

  constructor(log: Pick<Log, "readBefore">) {
    this.#log = log;
  }

  async is(event: LiveEvent): Promise<boolean> {
    if (event.sessionId === null) return true;
    const key = `${event.room}/${event.sessionId}`;
    const known = this.#known.get(key);
    if (known !== undefined) return known === event.seq;
    const first = await this.#firstOf(event.room, event.sessionId, event.seq);
    if (this.#known.size >= REMEMBERED) this.#known.clear();
    this.#known.set(key, first);
    return first === event.seq;
  }

  /** Looks back from a seq, through the broadcast to the one before it. */
  async #firstOf(room: RoomKey, sessionId: string, seq: number): Promise<number> {
    let first = seq;
    for (let before = seq, pages = 0; before > 1 && pages < PAGES_MAX; pages++) {
      const page = await this.#log.readBefore(room, before, PAGE_EVENTS, { types: ["state"] });
      const states = page.events.filter((one): one is LiveEventOf<"state"> => one.type === "state");
      for (const one of states.reverse()) {
        if (one.sessionId !== null && one.sessionId !== sessionId) return first;
        if (one.sessionId === sessionId && one.to === "live") first = one.seq;
      }
      if (page.scanned >= before) return first;
      before = page.scanned;
      await new Promise((resolve) => setImmediate(resolve));
    }
    return first;
  }
}
