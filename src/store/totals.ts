import type { EventType } from "../events/event.js";

/** Value that changes in the course of a broadcast, as the event with the greatest seq told it. */
interface StatReading {
  seq: number;
  value: number;
}

/** Totals of the events of a broadcast, or of one minute of it. Counts stop at 2^53 − 1; sums of diamonds have no bound. */
export interface Totals {
  /** Events by type; a type without events is absent. */
  types: Partial<Record<EventType, number>>;
  /** Units of gifts: the sum of `delta`. */
  units: number;
  /** Worth of the gifts, as far as their prices are known: the sum of `diamonds`. */
  diamonds: bigint;
  /** Units whose price is unknown; they are part of `units`, and of no sum of diamonds. */
  unpricedUnits: number;
  /** Likes that reached us: the sum of `count`. */
  likes: number;
  /** Largest total of likes that the platform told. */
  likesTotal: number | null;
  /** Number of people in the room, as last told, and at most. */
  online: StatReading | null;
  onlineMax: number | null;
  /** Number of people who had ever been in the room, at most. */
  viewers: number | null;
  /** Number of the anchor's followers, as last told. */
  followers: StatReading | null;
  gaps: number;
  /** Length of the gaps, as far as that is known, ms. */
  gapMs: number;
  /** Number of gaps of unknown length. */
  unmeasuredGaps: number;
  /** Events of people whose identity is hidden or unknown: they are many people or one, so they are no person's. */
  hidden: { events: number; chats: number; units: number; diamonds: bigint };
  /** Platform time of the earliest and the latest event, ms UTC. */
  firstAt: number | null;
  lastAt: number | null;
}

/** Returns the totals of no events. */
export function emptyTotals(): Totals {
  return {
    types: {},
    units: 0,
    diamonds: 0n,
    unpricedUnits: 0,
    likes: 0,
    likesTotal: null,
    online: null,
    onlineMax: null,
    viewers: null,
    followers: null,
    gaps: 0,
    gapMs: 0,
    unmeasuredGaps: 0,
    hidden: { events: 0, chats: 0, units: 0, diamonds: 0n },
    firstAt: null,
    lastAt: null,
  };
}

/** Adds totals to others. In whatever order parts are added, the whole is the same. */
export function addTotals(into: Totals, from: Totals): void {
  for (const [type, count] of Object.entries(from.types)) into.types[type as EventType] = plus(into.types[type as EventType] ?? 0, count);
  into.units = plus(into.units, from.units);
  into.diamonds += from.diamonds;
  into.unpricedUnits = plus(into.unpricedUnits, from.unpricedUnits);
  into.likes = plus(into.likes, from.likes);
  into.likesTotal = most(into.likesTotal, from.likesTotal);
  into.online = newest(into.online, from.online);
  into.onlineMax = most(into.onlineMax, from.onlineMax);
  into.viewers = most(into.viewers, from.viewers);
  into.followers = newest(into.followers, from.followers);
  into.gaps = plus(into.gaps, from.gaps);
  into.gapMs = plus(into.gapMs, from.gapMs);
  into.unmeasuredGaps = plus(into.unmeasuredGaps, from.unmeasuredGaps);
  into.hidden.events = plus(into.hidden.events, from.hidden.events);
  into.hidden.chats = plus(into.hidden.chats, from.hidden.chats);
  into.hidden.units = plus(into.hidden.units, from.hidden.units);
  into.hidden.diamonds += from.hidden.diamonds;
  into.firstAt = least(into.firstAt, from.firstAt);
  into.lastAt = most(into.lastAt, from.lastAt);
}

/** Returns the number of all events. */
export function eventsOf({ types }: Totals): number {
  return Object.values(types).reduce(plus, 0);
}

/** Adds two counts to an exact integer: beyond 2^53 − 1 it stops there. */
export function plus(a: number, b: number): number {
  return Math.min(a + b, Number.MAX_SAFE_INTEGER);
}

/** Returns the larger of two values of which either may be unknown. */
function most(a: number | null, b: number | null): number | null {
  return a === null || (b !== null && b > a) ? b : a;
}

/** Returns the smaller of two values of which either may be unknown. */
function least(a: number | null, b: number | null): number | null {
  return a === null || (b !== null && b < a) ? b : a;
}

/** Returns the reading of the greater seq. */
function newest(a: StatReading | null, b: StatReading | null): StatReading | null {
  return a === null || (b !== null && b.seq > a.seq) ? b : a;
}

/** Returns totals as JSON text; diamonds as text, since they may not fit a number. */
export function totalsText(totals: Totals): string {
  return JSON.stringify(totals, (_key, value: unknown) => (typeof value === "bigint" ? String(value) : value));
}

/** Returns the totals of a {@link totalsText}. */
export function totalsOf(text: string): Totals {
  const totals = JSON.parse(text) as Totals;
  totals.diamonds = BigInt(totals.diamonds);
  totals.hidden.diamonds = BigInt(totals.hidden.diamonds);
  return totals;
}
