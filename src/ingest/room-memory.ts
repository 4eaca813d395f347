import { Generations } from "../events/combo.js";
import type { EventType, LiveEvent, NewEvent } from "../events/event.js";
import { GiftLedger } from "../events/ledger.js";
import { isMember } from "../platform/wire/methods.js";
import type { Clock } from "../runtime/clock.js";
import { DyliveError } from "../runtime/errors.js";
import { msg } from "../runtime/msg.js";
import { type Log, newestReal, type RoomKey } from "../store/log.js";
import type { Store } from "../store/store.js";
import { KnownGoods } from "./fill-in.js";

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
  readonly #socials: Generations<{ readonly time: number; readonly webcastUid: string | null }>;

  /** @param limit how many user-and-action pairs are remembered at least */
  constructor(limit = 2048) {
    this.#socials = new Generations(limit);
  }

  /** Tells whether the event is to be kept. Give it every event in order; after a restart first the log's newest follows and shares. */
  admits(event: NewEvent): boolean {
    if (event.type !== "follow" && event.type !== "share") return true;
    const { type, time, method, user } = event;
    const { id, secUid, webcastUid = null } = user;
    // One message may leave out an id that the other has. Where both have one for live rooms, that decides (facts/changes-2026.md 2).
    const keys = [id, webcastUid, secUid].flatMap((one) => (one === null ? [] : [`${type}:${one}`]));
    if (!isMember(method)) {
      for (const key of keys) this.#socials.set(key, { time, webcastUid });
      return true;
    }
    return !keys.some((key) => {
      const social = this.#socials.get(key);
      if (social === undefined || Math.abs(time - social.time) > ECHO_MS) return false;
      return webcastUid === null || social.webcastUid === null || webcastUid === social.webcastUid;
    });
  }
}

/**
 * Tells which states that the platform sends by versions are news: one that is older than another of its kind is stale (facts/changes-2026.md 3).
 * An equal one is the same state, which its id tells. One per room.
 */
class StateVersions {
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

/** Log of a room, and what its memory needs to know of it. */
export interface MemoryDeps {
  readonly log: Log;
  /** Claims the room's log: the new epoch, or null when the room is another process's. */
  readonly rooms: { claim(room: RoomKey): Promise<number | null> };
  /** Tells up to which platform time events of the room were removed: what is older was here before, or would be removed at once. */
  readonly retention?: Pick<Store["retention"], "horizon">;
  readonly room: RoomKey;
  readonly clock: Clock;
}

/**
 * Newest gifts of which memory is rebuilt: those of a minute, as the ledger asks for, in pages, the first of which is read whole: it has hours of
 * most rooms. At most so many are held, some 10 MB: more than a minute of the busiest room has, even at its peak.
 */
const RESTORE_GIFTS = { ms: 60_000, page: 500, most: 10_000 };
const RESTORE_SOCIAL = 100;
const RESTORE_STATES = 200;

/** Memory of a room under one claim: a cache of its log. */
export class RoomMemory {
  readonly epoch: number;
  /** Platform time, ms UTC, up to which messages are refused as too old. */
  readonly horizon: number;
  readonly ledger = new GiftLedger();
  readonly recent = new RecentIds();
  readonly #echoes = new SocialEchoes();
  readonly #versions = new StateVersions();
  readonly goods = new KnownGoods();

  private constructor(epoch: number, horizon: number) {
    this.epoch = epoch;
    this.horizon = horizon;
  }

  /** Claims the room, then reads its log: an append of before that is still under way is fenced or comes first. @throws DyliveError not_owner */
  static async open({ rooms, room, retention, log, clock }: MemoryDeps): Promise<RoomMemory> {
    const epoch = await rooms.claim(room);
    if (epoch === null) throw new DyliveError("not_owner", msg`room ${room} is collected by another process now`);
    const horizon = (await retention?.horizon(room)) ?? Number.NEGATIVE_INFINITY;
    const memory = new RoomMemory(epoch, Math.min(horizon, clock.now())); // one in the future would refuse every message
    const newest = async (limit: number, ...types: readonly EventType[]) => (await newestReal(log, room, limit, { types })).events;
    memory.ledger.restore(await newestGifts(log, room));
    for (const event of await newest(RESTORE_SOCIAL, "follow", "share")) memory.#echoes.admits(event);
    for (const event of await newest(RESTORE_STATES, "pin", "lottery", "linkmic", "product")) {
      memory.#versions.admits(event);
      // A copy: events of a store may be frozen.
      memory.goods.see({ ...event });
    }
    return memory;
  }

  /** Returns why an event is not stored; null if that is for the log to say. */
  refusal(event: NewEvent): "duplicate" | "too_old" | "echo" | "stale" | null {
    if (this.recent.has(event.id)) return "duplicate";
    if (event.time <= this.horizon) return "too_old";
    if (!this.#echoes.admits(event)) return "echo";
    return this.#versions.admits(event) ? null : "stale";
  }
}

/** Reads the gifts of a room that were received last, as {@link RESTORE_GIFTS} says, oldest first. */
export async function newestGifts(log: Log, room: RoomKey): Promise<readonly LiveEvent[]> {
  const { ms, page: limit, most } = RESTORE_GIFTS;
  const where = { types: ["gift"], tests: false } as const;
  let page = await newestReal(log, room, limit, where);
  let gifts = page.events;
  const since = (gifts.at(-1)?.receivedAt ?? 0) - ms;
  while (page.events.length === limit && gifts.length < most && (gifts[0]?.receivedAt ?? 0) > since) {
    page = await log.readRoomBefore(room, page.scanned, limit, where);
    gifts = [...page.events, ...gifts];
  }
  return gifts;
}
