import type { EventType, NewEventOf } from "../events/event.js";
import type { Clock } from "../runtime/clock.js";
import type { BroughtCounts, SeenBy } from "../store/rooms.js";
import { type WholeEstimate, type WholeUnknown, wholeOf } from "./whole-estimate.js";

/** Types of messages that people cause often enough to tell how many of them one session lacks. */
export const SEEN_TYPES = ["chat", "gift", "join", "like", "follow"] as const;
type SeenType = (typeof SEEN_TYPES)[number];

/** Message of one of these types as a session brought it. */
export interface Sighting {
  readonly id: string;
  readonly type: SeenType;
  /** Number of the session among those of the room. */
  readonly by: number;
  /** When it was received, ms UTC. */
  readonly at: number;
  /** A gift in it, with the units that are new to this session. */
  readonly gift?: NewEventOf<"gift">;
  /** Whether the log had it before, or takes none of it (an echo, or too old): nobody counts it who does not know who brought it then. */
  readonly isOld: boolean;
}

/** Tells whether an event's type is one of {@link SEEN_TYPES}. */
export function isSeenType(type: EventType): type is SeenType {
  return (SEEN_TYPES as readonly string[]).includes(type);
}

/** Messages of one type that sessions brought. */
export interface SeenMessages {
  /** Different messages. */
  readonly received: number;
  /** Those of them that two sessions or more brought. */
  readonly shared: number;
  /** By session: those that it brought, and those that it alone brought. */
  readonly sessions: Readonly<Record<string, { readonly received: number; readonly alone: number }>>;
  /** Null where one cannot tell. Then `received` is what there was at least. */
  readonly whole: WholeEstimate | null;
  /** Why one cannot tell; null where one can. */
  readonly wholeUnknown: WholeUnknown | null;
}

/** Messages that sessions brought, by type. */
export type SeenByType = Readonly<Record<SeenType, SeenMessages>>;

/** The one session of a room whose sessions nobody named. */
export const ONE: SeenBy = { name: "default", visitor: "default" };

/** Length of the time for which it is noted which sessions stood throughout, ms. */
const SLICE_MS = 10_000;
/** Longest time that evidence is of, ms. */
const SEEN_WINDOW_MS = 300_000;
/** Time for which a message is known again, ms: sessions bring the same one within seconds. */
const KNOWN_MS = 90_000;
/** Most messages that are known again; far more than the busiest room has in that time. */
const MOST_KNOWN = 50_000;
/** Most sessions of one broadcast, each of which has a bit. */
const MOST_BITS = 30;
/** Most sets of standing sessions that are told apart in what is kept of a broadcast. */
const MOST_GROUPS = 64;

/** Messages by type, then by the sessions that brought them. */
type Counts = Map<SeenType, Map<number, number>>;

/** A slice of time: the sessions that stood throughout, and its messages. */
interface Slice {
  readonly at: number;
  up: number;
  /** As triples: place of the type in {@link SEEN_TYPES}, who brought, how many. Thousands of rooms have some dozens of slices each. */
  readonly counts: number[];
}

/**
 * Counts which sessions brought which messages, of the last minutes and of a broadcast, and estimates from that how many there were in all.
 * Samples say something of each other only while both sessions were connected: each slice of time counts by the sessions that were connected
 * throughout.
 */
export class Sightings {
  readonly #now: readonly SeenBy[];
  /** Sessions that have bits: those of now, and those that watched the broadcast before. */
  #sessions: readonly SeenBy[];
  /** The bit of each session of now. */
  #bits: readonly number[] = [];
  readonly #clock: Clock;
  readonly #standing = new Set<number>();
  #up = 0;
  /** Since when it counts, ms UTC. */
  #begun = 0;
  #slices: Slice[] = [];
  readonly #known = new Map<string, { readonly slice: Slice; readonly type: SeenType; readonly at: number; brought: number }>();
  #before: ReadonlyMap<number, Counts> = new Map();
  /** Number of changes of what is counted. */
  #changes = 0;

  constructor(sessions: readonly SeenBy[], clock: Clock) {
    this.#now = sessions;
    this.#sessions = sessions;
    this.#clock = clock;
    this.begin(null);
  }

  /** Begins another broadcast, with what is kept of it. */
  begin(kept: BroughtCounts | null): void {
    this.#changes++;
    const fits = kept !== null && kept.sessions.length + this.#now.length <= MOST_BITS ? kept : null;
    const had = fits?.sessions ?? [];
    this.#sessions = [...had, ...this.#now.filter(({ name }) => !had.some((one) => one.name === name))];
    this.#bits = this.#now.map(({ name }) => 1 << this.#sessions.findIndex((one) => one.name === name));
    this.#begun = this.#clock.now();
    this.#slices = [];
    this.#known.clear();
    this.#before = fits === null ? new Map() : read(fits);
    this.#up = [...this.#standing].reduce((up, by) => up | (this.#bits[by] ?? 0), 0);
  }

  /**
   * Notes that a session's connection stands from now on, or no more.
   * @param heardAt when it was last heard, ms UTC: a connection that died without a word did not stand since then
   */
  stands(by: number, isUp: boolean, heardAt: number = this.#clock.now()): void {
    const bit = this.#bits[by] ?? 0;
    const now = this.#slice(this.#clock.now());
    this.#changes++;
    if (isUp) this.#standing.add(by);
    else this.#standing.delete(by);
    this.#up = isUp ? this.#up | bit : this.#up & ~bit;
    now.up &= ~bit;
    if (!isUp) for (const slice of this.#slices) if (slice.at + SLICE_MS > heardAt) slice.up &= ~bit;
  }

  /** Counts a message that a session brought; the same one again by another is shared. */
  see({ id, type, by, at, isOld }: Sighting): void {
    const bit = this.#bits[by] ?? 0;
    const key = `${type}/${id}`;
    const known = this.#known.get(key);
    if (known !== undefined) {
      if ((known.brought & bit) !== 0) return;
      this.#changes++;
      countIn(known.slice, type, known.brought, -1);
      known.brought |= bit;
      countIn(known.slice, type, known.brought, 1);
      return;
    }
    if (isOld) return; // an earlier connection or process counted it
    this.#changes++;
    const slice = this.#slice(at);
    countIn(slice, type, bit, 1);
    if (this.#now.length === 1) return; // nobody else can bring it
    this.#known.set(key, { slice, type, at, brought: bit });
    for (const [oldest, one] of this.#known) {
      if (this.#known.size <= MOST_KNOWN && at - one.at <= KNOWN_MS) break;
      this.#known.delete(oldest);
    }
  }

  /** Messages of the last `windowMs`, which is five minutes, or less where it counts for less. */
  get lately(): { readonly windowMs: number; readonly types: SeenByType } {
    const from = this.#clock.now() - SEEN_WINDOW_MS;
    const types = sumUp(grouped(this.#slices.filter(({ at }) => at >= from)), this.#sessions, this.#now);
    return { windowMs: Math.max(0, Math.min(SEEN_WINDOW_MS, this.#clock.now() - this.#begun)), types };
  }

  /** Number that is another after {@link counts} have changed. */
  get changes(): number {
    return this.#changes;
  }

  /** Counts of the broadcast so far, to be kept; null where nothing was counted. */
  get counts(): BroughtCounts | null {
    const groups = grouped(this.#slices, this.#before);
    return groups.size === 0 ? null : { sessions: this.#sessions, counts: write(groups) };
  }

  #slice(at: number): Slice {
    const begun = Math.floor(at / SLICE_MS) * SLICE_MS;
    const last = this.#slices.at(-1);
    if (last !== undefined && last.at >= begun) return last;
    const slice: Slice = { at: begun, up: this.#up, counts: [] };
    this.#slices.push(slice);
    const past = this.#slices.findIndex((one) => begun - one.at <= SEEN_WINDOW_MS + SLICE_MS);
    if (past > 0) this.#before = grouped(this.#slices.splice(0, past), this.#before);
    return slice;
  }
}

/** Sums up what was counted of a broadcast. */
export function seenIn(kept: BroughtCounts): SeenByType {
  return sumUp(read(kept), kept.sessions, kept.sessions);
}

/** Returns what is said where nobody brought anything. */
export function nothingSeen(): SeenByType {
  return seenIn({ sessions: [], counts: {} });
}

/** @param shown sessions that are named though they brought nothing */
function sumUp(groups: ReadonlyMap<number, Counts>, all: readonly SeenBy[], shown: readonly SeenBy[]): SeenByType {
  const visitors = all.map(({ visitor }) => all.findIndex((one) => one.visitor === visitor));
  const whole = (type: SeenType): WholeEstimate | WholeUnknown => {
    if (type === "like") return "platform_counts";
    if (new Set(shown.map(({ visitor }) => visitor)).size < 2) return "one_visitor";
    return wholeOf(
      [...groups].map(([up, counts]) => ({ up, counts: counts.get(type) ?? new Map() })),
      visitors,
    );
  };
  const of = (type: SeenType): SeenMessages => {
    const by = new Map<number, number>();
    for (const counts of groups.values()) for (const [brought, n] of counts.get(type) ?? []) by.set(brought, (by.get(brought) ?? 0) + n);
    const count = (counts: (brought: number) => boolean) => [...by].reduce((sum, [brought, n]) => sum + (counts(brought) ? n : 0), 0);
    const sessions = all.flatMap(({ name }, i) => {
      const bit = 1 << i;
      if (!shown.some((one) => one.name === name) && count((brought) => (brought & bit) !== 0) === 0) return [];
      return [[name, { received: count((brought) => (brought & bit) !== 0), alone: count((brought) => brought === bit) }] as const];
    });
    return {
      received: count(() => true),
      shared: count((brought) => (brought & (brought - 1)) !== 0),
      sessions: Object.fromEntries(sessions),
      ...told(whole(type)),
    };
  };
  return { chat: of("chat"), gift: of("gift"), join: of("join"), like: of("like"), follow: of("follow") };
}

function told(whole: WholeEstimate | WholeUnknown): Pick<SeenMessages, "whole" | "wholeUnknown"> {
  return typeof whole === "string" ? { whole: null, wholeUnknown: whole } : { whole, wholeUnknown: null };
}

function countIn({ counts }: Slice, type: SeenType, brought: number, n: number): void {
  const place = SEEN_TYPES.indexOf(type);
  for (let i = 0; i < counts.length; i += 3) {
    if (counts[i] !== place || counts[i + 1] !== brought) continue;
    counts[i + 2] = (counts[i + 2] ?? 0) + n;
    if (counts[i + 2] === 0) counts.splice(i, 3);
    return;
  }
  counts.push(place, brought, n);
}

function add(counts: Counts, type: SeenType, brought: number, n: number): void {
  const of = counts.get(type) ?? new Map<number, number>();
  counts.set(type, of);
  const sum = (of.get(brought) ?? 0) + n;
  if (sum === 0) of.delete(brought);
  else of.set(brought, sum);
}

/** Sums slices by the sessions that stood. @param before what is added to */
function grouped(slices: readonly Slice[], before: ReadonlyMap<number, Counts> = new Map()): Map<number, Counts> {
  const groups = new Map([...before].map(([up, counts]) => [up, new Map([...counts].map(([type, of]) => [type, new Map(of)]))]));
  for (const { up, counts } of slices) {
    if (counts.length === 0) continue;
    // What is one too many counts as when nobody stood: it says nothing of the whole.
    const key = groups.has(up) || groups.size < MOST_GROUPS ? up : 0;
    const group = groups.get(key) ?? new Map<SeenType, Map<number, number>>();
    groups.set(key, group);
    for (let i = 0; i < counts.length; i += 3) add(group, SEEN_TYPES[counts[i] ?? 0] ?? "chat", counts[i + 1] ?? 0, counts[i + 2] ?? 0);
  }
  return groups;
}

function write(groups: ReadonlyMap<number, Counts>): BroughtCounts["counts"] {
  return Object.fromEntries(
    [...groups].map(([up, counts]) => [up, Object.fromEntries([...counts].map(([type, of]) => [type, Object.fromEntries(of)]))]),
  );
}

function read({ counts: kept }: BroughtCounts): Map<number, Counts> {
  return new Map(
    Object.entries(kept).map(([up, counts]) => [
      Number(up),
      new Map(SEEN_TYPES.flatMap((type) => (counts[type] === undefined ? [] : [[type, readBrought(counts[type])] as const]))),
    ]),
  );
}

function readBrought(of: Readonly<Record<string, number>>): Map<number, number> {
  return new Map(Object.entries(of).map(([brought, n]) => [Number(brought), n]));
}
