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
  /** Last follow or share under each id of a user, by action and id: its time, and the id for live rooms that came with it. */
  readonly #told: Generations<{ readonly time: number; readonly webcastUid: string | null }>;

  /** @param limit how many user-and-action pairs are remembered at least */
  constructor(limit = 2048) {
    this.#told = new Generations(limit);
  }

  /** Tells whether the event is to be kept. Give it every event in order; after a restart first the log's newest follows and shares. */
  admits(event: NewEvent): boolean {
    if (event.type !== "follow" && event.type !== "share") return true;
    const { type, time, method, user } = event;
    const { id, secUid, webcastUid = null } = user;
    // One message may leave out an id that the other has. Where both have one for live rooms, that decides (facts/changes-2026.md 2).
    const keys = [id, webcastUid, secUid].flatMap((one) => (one === null ? [] : [`${type}:${one}`]));
    if (!isMember(method)) {
      for (const key of keys) this.#told.set(key, { time, webcastUid });
      return true;
    }
    return !keys.some((key) => {
      const social = this.#told.get(key);
      if (social === undefined || Math.abs(time - social.time) > ECHO_MS) return false;
      return webcastUid === null || social.webcastUid === null || webcastUid === social.webcastUid;
    });
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
