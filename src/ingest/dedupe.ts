import { Generations } from "../events/combo.js";
import type { NewEvent } from "../events/event.js";
import { isMember } from "../platform/wire/methods.js";

/**
 * Cache in front of the log's own uniqueness of (room, id), one per room. Add an id only when the log has stored it (or said that it
 * knew it): a message that gave no event must not hide another with the same id, which the captures have with unequal bodies.
 */
export class RecentIds {
  readonly #ids: Generations<true>;

  /**
   * @param limit how many ids are remembered at least. 4096 are three quarters of a minute of the busiest room, far more than a new
   *   connection tells again; four times as many would not stay in the processor's cache, which costs more than the rare repeat that the
   *   log has to refuse
   */
  constructor(limit = 4096) {
    this.#ids = new Generations(limit);
  }

  has(id: string): boolean {
    return this.#ids.get(id) !== undefined;
  }

  add(id: string): void {
    this.#ids.set(id, true);
  }

  /** Forgets what was not heard since the last time. */
  age(): void {
    this.#ids.age();
  }
}

const ECHO_MS = 5000;

/**
 * The platform tells a follow or a share by a SocialMessage and, in some rooms, by a MemberMessage (action 20 or 8) too. One per room
 * remembers the first and refuses the second when both are of one user and at most 5 s of message time apart, so a replay judges as the
 * live room did. A MemberMessage that comes first stays: what was shown cannot be taken back. Users without any id are never matched.
 */
export class SocialEchoes {
  readonly #times: Generations<number>;

  /** @param limit how many user-and-action pairs are remembered at least */
  constructor(limit = 2048) {
    this.#times = new Generations(limit);
  }

  /** Tells whether the event is to be kept. Give it every event in order; after a restart first the log's newest follows and shares. */
  admits(event: NewEvent): boolean {
    if (event.type !== "follow" && event.type !== "share") return true;
    // In a room that masks people, only the id for live rooms tells who it is (facts/changes-2026.md 2).
    const user = event.user.id ?? event.user.webcastUid ?? event.user.secUid;
    if (user === null) return true;
    const key = `${event.type}:${user}`;
    if (!isMember(event.method)) {
      this.#times.set(key, event.time);
      return true;
    }
    const social = this.#times.get(key);
    return social === undefined || Math.abs(event.time - social) > ECHO_MS;
  }
}

/**
 * Tells which states that the platform sends by versions are news: one that is older than another of its kind is stale (facts/changes-2026.md 3).
 * An equal one is the same state, which its id tells. One per room.
 */
export class StateVersions {
  readonly #newest = new Generations<bigint>(100);

  /** Tells whether the event is to be kept. Give it every event in order; after a restart first the log's newest states. */
  admits(event: NewEvent): boolean {
    if (event.type !== "pin" && event.type !== "lottery" && event.type !== "linkmic") return true;
    if (event.version === undefined || !/^\d{1,20}$/.test(event.version)) return true;
    const key = `${event.type}:${event.sessionId ?? ""}`;
    const version = BigInt(event.version);
    if (version < (this.#newest.get(key) ?? 0n)) return false;
    this.#newest.set(key, version);
    return true;
  }
}
