import type { LiveEvent } from "../events/event.js";
import { type Clock, systemClock } from "../runtime/clock.js";
import type { Log, RoomKey } from "./log.js";
import type { SessionStatistics } from "./statistics.js";
import type { Store } from "./store.js";
import { DamagedEvent } from "./stored-event.js";

/** Something that is wrong with a room's log, or with what is made from it. */
export type CheckFinding =
  /** Seqs that are neither kept nor recorded as removed, both ends included. */
  | { readonly kind: "hole"; readonly room: RoomKey; readonly from: number; readonly to: number }
  /** An event out of order, or outside of what was asked for. */
  | { readonly kind: "order"; readonly room: RoomKey; readonly seq: number }
  /** An event that cannot be read. */
  | { readonly kind: "damaged"; readonly room: RoomKey; readonly seq: number }
  /** A combo whose deltas do not add up to its largest total. */
  | { readonly kind: "combo"; readonly room: RoomKey; readonly comboId: string; readonly sum: number; readonly high: number }
  /** Statistics of a broadcast that say something else than its events. */
  | {
      readonly kind: "statistics";
      readonly room: RoomKey;
      readonly sessionId: string;
      readonly what: "events" | "units" | "diamonds";
      readonly log: string;
      readonly counted: string;
    };

/** Most findings of one check, which then stops: more say nothing new. */
const MAX_FINDINGS = 1000;
const PAGE = 1000;

/**
 * Checks what is kept: every missing seq lies in a recorded removal, and the deltas of every combo add up to its largest total (less what was
 * lost to a removal or an erasure before its last event). Reads the log as any reader does, up to the head at the start.
 *
 * @param room only this room; all rooms by default
 * @param signal ends the check with the signal's reason
 * @returns findings in order of room, at most 1000; none when all is well
 */
export async function check(log: Log, room?: RoomKey, signal?: AbortSignal): Promise<readonly CheckFinding[]> {
  const findings: CheckFinding[] = [];
  for (const [key, { head }] of await log.heads(room === undefined ? undefined : [room])) {
    const walk = new CheckWalk(key);
    while (walk.scanned < head && findings.length + walk.findings.length < MAX_FINDINGS) {
      signal?.throwIfAborted();
      const after = walk.scanned;
      await checkPage(log, key, walk);
      // A store that does not get on would be read forever.
      if (walk.scanned === after) walk.passTo(head);
    }
    findings.push(...walk.findings, ...walk.combos());
  }
  return findings.slice(0, MAX_FINDINGS);
}

/** Passes the next page of a room; where an event of it cannot be read, the events up to that, one by one, and then that one. */
async function checkPage(log: Log, room: RoomKey, walk: CheckWalk): Promise<void> {
  for (let damaged = 0, limit = PAGE; ; limit = 1)
    try {
      const page = await log.readRoom(room, walk.scanned, limit, { deleted: true });
      const { events } = page;
      if (page.removed !== undefined) walk.passRemoved(...page.removed);
      for (const event of events) walk.pass(event);
      walk.passTo(page.scanned);
      if (walk.scanned >= damaged) return;
    } catch (error) {
      if (!(error instanceof DamagedEvent)) throw error;
      damaged = error.seq;
      if (limit > 1) continue;
      // It is the next one: only what was removed may lie before it.
      const { removed } = await log.readRoom(room, walk.scanned, 0, { deleted: true });
      if (removed !== undefined) walk.passRemoved(...removed);
      return walk.passDamaged(damaged);
    }
}

interface CheckedCombo {
  sum: number;
  high: number;
  last: number;
}

/** Walk through one room, from its first seq on. */
class CheckWalk {
  readonly findings: CheckFinding[] = [];
  readonly #room: RoomKey;
  readonly #combos = new Map<string, CheckedCombo>();
  #scanned = 0;
  /** First seq whose event is lost, rightly or not. */
  #lostFrom = Number.POSITIVE_INFINITY;

  constructor(room: RoomKey) {
    this.#room = room;
  }

  get scanned(): number {
    return this.#scanned;
  }

  passRemoved(from: number, to: number): void {
    this.passTo(from - 1);
    this.#lost(from);
    this.#scanned = Math.max(this.#scanned, to);
  }

  pass(event: LiveEvent): void {
    if (event.seq <= this.#scanned) {
      this.findings.push({ kind: "order", room: this.#room, seq: event.seq });
      return;
    }
    this.passTo(event.seq - 1);
    this.#scanned = event.seq;
    if (event.type === "erased") this.#lost(event.seq);
    if (event.type !== "gift") return;
    const combo = this.#combos.get(event.comboId) ?? { sum: 0, high: 0, last: 0 };
    combo.sum += event.delta;
    combo.high = Math.max(combo.high, event.comboTotal);
    combo.last = event.seq;
    this.#combos.set(event.comboId, combo);
  }

  passDamaged(seq: number): void {
    this.passTo(seq - 1);
    this.findings.push({ kind: "damaged", room: this.#room, seq });
    this.#lost(seq);
    this.#scanned = seq;
  }

  /** Passes everything up to a seq: what was not seen on the way is missing. */
  passTo(seq: number): void {
    if (seq <= this.#scanned) return;
    this.findings.push({ kind: "hole", room: this.#room, from: this.#scanned + 1, to: seq });
    this.#lost(this.#scanned + 1);
    this.#scanned = seq;
  }

  combos(): readonly CheckFinding[] {
    const wrong = [...this.#combos].filter(([, { sum, high, last }]) => sum !== high && !(sum < high && this.#lostFrom < last));
    return wrong.map(([comboId, { sum, high }]) => ({ kind: "combo", room: this.#room, comboId, sum, high }));
  }

  #lost(seq: number): void {
    this.#lostFrom = Math.min(this.#lostFrom, seq);
  }
}

/** Sums of the kept events of a broadcast. */
interface Sum {
  events: number;
  units: number;
  diamonds: bigint;
  /** Platform time of its latest event, ms UTC. */
  lastAt: number;
  /** Whether some of the room's events before it or in it are no longer kept: statistics outlive them. */
  lost: boolean;
}

/**
 * Compares the statistics of a room's broadcasts with its events: number of events, units and diamonds. What is not yet counted is left out.
 * @param expiredBefore time before which the last event of a broadcast may lie without statistics, ms UTC: they are not kept for longer; null
 * when all must be there
 * @param now ms UTC; a last event that is yet to come may have been seen long ago
 * @param onEvents called with the number of events that were read since the last call
 */
async function checkStatistics(
  { log, statistics, deletions }: Pick<Store, "log" | "statistics" | "deletions">,
  room: RoomKey,
  expiredBefore: number | null,
  now: number,
  onEvents: (count: number) => void,
): Promise<readonly CheckFinding[]> {
  const countedUpTo = async () => log.seqAt(room, await statistics.position());
  const counted = await countedUpTo();
  const sums = new Map<string, Sum>();
  let lost = false;
  for (let after = 0; after < counted; ) {
    const page = await log.readRoom(room, after, PAGE);
    if (page.removed !== undefined) {
      lost = true;
      for (const sum of sums.values()) sum.lost = true;
    }
    for (const event of page.events) {
      if (event.seq > counted) break;
      if (event.source === "test") continue;
      const key = event.sessionId ?? "";
      const sum = sums.get(key) ?? { events: 0, units: 0, diamonds: 0n, lastAt: event.time, lost };
      sums.set(key, sum);
      sum.events++;
      sum.lastAt = Math.max(sum.lastAt, event.time);
      if (event.type !== "gift" || event.test === true) continue;
      sum.units += event.delta;
      sum.diamonds += BigInt(event.diamonds ?? 0);
    }
    onEvents(page.events.length);
    if (page.scanned <= after) break;
    after = page.scanned;
  }
  const kept = await statistics.sessions(room, [...sums.keys()]);
  // Of a room that was deleted they went at once, before its events.
  if ((await deletions.ofRooms([room])).has(room)) return [];
  // What came meanwhile is another matter.
  if ((await countedUpTo()) !== counted) return [];
  return [...sums].flatMap(([sessionId, sum]) => {
    const own = kept.get(sessionId);
    if (own === undefined && expiredBefore !== null && (sum.lastAt < expiredBefore || sum.lastAt > now)) return [];
    return compare(room, sessionId, sum, own);
  });
}

/** Compares one broadcast. */
function compare(room: RoomKey, sessionId: string, sum: Sum, kept: SessionStatistics | undefined): readonly CheckFinding[] {
  if (kept === undefined) return [{ kind: "statistics", room, sessionId, what: "events", log: String(sum.events), counted: "0" }];
  const { totals, partial, isCountedAgain } = kept;
  if (isCountedAgain) return [];
  const events = Object.values(totals.types).reduce((all, count) => all + count, 0);
  const pairs = [
    ["events", BigInt(sum.events), BigInt(events)],
    ["units", BigInt(sum.units), BigInt(totals.units)],
    ["diamonds", sum.diamonds, totals.diamonds],
  ] as const;
  const wrong = pairs.filter(([, log, counted]) => (sum.lost || partial ? counted < log : counted !== log));
  return wrong.map(([what, log, counted]) => ({ kind: "statistics", room, sessionId, what, log: String(log), counted: String(counted) }));
}

/** Options for checking a store. */
interface CheckOptions {
  /** The only room to check; all rooms by default. */
  readonly room?: RoomKey;
  /** Time for which the server keeps statistics of rooms that have no limit of their own, in ms; null, the default, is forever. */
  readonly statisticsMaxAgeMs?: number | null;
  readonly clock?: Clock;
  readonly signal?: AbortSignal;
  /** Called with how many events were compared. */
  readonly onProgress?: (events: number) => void;
}

/**
 * Checks the log as {@link check} does, and that the statistics say what the events do. Nothing is compared with events that cannot be read.
 */
export async function checkStore(store: Store, options: CheckOptions = {}): Promise<readonly CheckFinding[]> {
  const { room, statisticsMaxAgeMs = null, clock = systemClock, signal, onProgress = () => {} } = options;
  const findings: CheckFinding[] = [...(await check(store.log, room, signal))];
  const unreadable = new Set(findings.flatMap((one) => (one.kind === "damaged" ? [one.room] : [])));
  let events = 0;
  for (const [key] of await store.log.heads(room === undefined ? undefined : [room])) {
    if (unreadable.has(key)) continue;
    const onEvents = (count: number) => {
      signal?.throwIfAborted();
      events += count;
      onProgress(events);
    };
    const own = (await store.retention.limits(key)).statistics;
    const maxAgeMs = own === undefined ? statisticsMaxAgeMs : own.maxAgeMs;
    const now = clock.now();
    const expiredBefore = maxAgeMs === null ? null : now - maxAgeMs;
    findings.push(...(await checkStatistics(store, key, expiredBefore, now, onEvents)));
  }
  return findings;
}
