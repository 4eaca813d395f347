import type { EventType } from "../events/event.js";
import type { Session } from "../store/rooms.js";
import { eventsOf, type Given, type SessionAudience, type SessionStatistics, type Totals, type Witness } from "../store/statistics.js";

const MINUTE_MS = 60_000;

/** A sum of diamonds as it is shown: a number, or where that could not hold it exactly, its decimal digits. */
type Amount = number | string;

/** Gifts as they are shown. */
type ShownGifts = Omit<Given, "diamonds"> & { readonly diamonds: Amount };

/** Summary of a broadcast as a whole. */
export interface Summary {
  readonly messages: Readonly<Partial<Record<EventType, number>>>;
  readonly events: number;
  readonly people: number;
  readonly chatters: number;
  readonly gifters: number;
  readonly gifts: ShownGifts;
  /** Diamonds by minutes of its length so far, of which it has one at least, to two decimals; null while nobody knows how long it is. */
  readonly diamondsPerMinute: number | null;
  /** Diamonds given by the platform's ranks, at least, and how many of them the gifts explain that reached us. No part of `gifts`. */
  readonly witness: ShownWitness;
  /** `seen` reached us; `total` is the platform's count, of which it sends a sample. */
  readonly likes: { readonly seen: number; readonly total: number | null };
  readonly follows: number;
  readonly followers: number | null;
  readonly viewers: number | null;
  readonly peak: { readonly online: number | null; readonly minute: number | null; readonly eventsInMinute: number };
  readonly hidden: { readonly events: number; readonly chats: number; readonly units: number; readonly diamonds: Amount };
  /** `unmeasured` of them, of unknown length, are not in `totalMs`. */
  readonly gaps: { readonly count: number; readonly totalMs: number; readonly unmeasured: number };
  /** Share of its time in which we know of no gap; null while that has no length, or a gap has none. */
  readonly covered: number | null;
  readonly likesSeen: number | null;
  readonly partial: boolean;
  readonly firstEventAt: number | null;
  readonly lastEventAt: number | null;
  readonly behind: number;
}

/**
 * Sums up a broadcast; null where nothing of it was counted yet, which its row, if there is one, shows as well.
 * @param session when it began and ended, as far as that is known
 */
export function summaryOf(
  session: Pick<Session, "openedAt" | "endedAt"> | null,
  statistics: SessionStatistics | null | undefined,
): Summary | null {
  const events = statistics == null ? 0 : eventsOf(statistics.totals);
  if (statistics == null || events === 0) return null;
  const { totals, people, chatters, gifters, combos, settled, busiest, partial, behind } = statistics;
  return {
    messages: totals.types,
    events,
    people,
    chatters,
    gifters,
    gifts: shownGifts({ combos, settled, units: totals.units, diamonds: totals.diamonds, unpricedUnits: totals.unpricedUnits }),
    diamondsPerMinute: perMinute(session, totals),
    witness: shownWitness(statistics.witness),
    likes: { seen: totals.likes, total: totals.likesTotal },
    follows: totals.types.follow ?? 0,
    followers: totals.followers?.value ?? null,
    viewers: totals.viewers,
    peak: { online: totals.onlineMax, minute: busiest === null ? null : busiest.minute * MINUTE_MS, eventsInMinute: busiest?.events ?? 0 },
    hidden: { ...totals.hidden, diamonds: amountOf(totals.hidden.diamonds) },
    gaps: { count: totals.gaps, totalMs: totals.gapMs, unmeasured: totals.unmeasuredGaps },
    covered: coveredBy(session, totals),
    likesSeen: totals.likesTotal === null || totals.likesTotal === 0 ? null : Math.min(1, totals.likes / totals.likesTotal),
    partial,
    firstEventAt: totals.firstAt,
    lastEventAt: totals.lastAt,
    behind,
  };
}

/** Diamonds given by the ranks, as they are shown. */
interface ShownWitness {
  readonly diamondsWitnessed: number;
  readonly diamondsReceived: number;
  /** Share of the first that the second is; null where the ranks say nothing. */
  readonly share: number | null;
}

/** Returns what ranks say was given, as it is shown. */
export function shownWitness({ witnessed, received }: Witness): ShownWitness {
  return { diamondsWitnessed: witnessed, diamondsReceived: received, share: witnessed === 0 ? null : shareOf(received, witnessed) };
}

/** Returns the share of a part in thousandths: 0 only of nothing, 1 only of all. */
function shareOf(part: number, all: number): number {
  if (part === 0 || part >= all) return part === 0 ? 0 : 1;
  return Math.min(999, Math.max(1, Math.round((part / all) * 1000))) / 1000;
}

/** Returns gifts as they are shown. */
export function shownGifts({ combos, settled, units, diamonds, unpricedUnits }: Given): ShownGifts {
  return { combos, settled, units, diamonds: amountOf(diamonds), unpricedUnits };
}

/** Returns a sum of diamonds as it is shown. */
export function amountOf(diamonds: bigint): Amount {
  return diamonds <= BigInt(Number.MAX_SAFE_INTEGER) ? Number(diamonds) : String(diamonds);
}

/** Returns the diamonds of gifts as they are shown; null where units were given and the price of none of them is known. */
export function knownDiamonds({ diamonds, unpricedUnits }: Pick<Given, "diamonds" | "unpricedUnits">): Amount | null {
  return diamonds === 0n && unpricedUnits > 0 ? null : amountOf(diamonds);
}

/** Returns how long a broadcast lasted, or has so far: to its last event; null while nobody knows. */
function lengthOf(session: Pick<Session, "openedAt" | "endedAt"> | null, { firstAt, lastAt }: Totals): number | null {
  const from = session?.openedAt ?? firstAt;
  const to = session?.endedAt ?? lastAt;
  return from === null || to === null ? null : Math.max(0, to - from);
}

function coveredBy(session: Pick<Session, "openedAt" | "endedAt"> | null, totals: Totals): number | null {
  const length = lengthOf(session, totals);
  if (length === null || length === 0 || totals.unmeasuredGaps > 0) return null;
  return Math.max(0, 1 - totals.gapMs / length);
}

function perMinute(session: Pick<Session, "openedAt" | "endedAt"> | null, totals: Totals): number | null {
  const length = lengthOf(session, totals);
  return length === null ? null : Math.round((Number(totals.diamonds) / Math.max(1, length / MINUTE_MS)) * 100) / 100;
}

/** Returns a portrait as it is shown. @param audience null where nothing was counted yet: then nothing is known */
export function shownAudience(audience: SessionAudience | null) {
  if (audience === null) return NOT_COUNTED;
  const { diamonds, top, ...counts } = audience;
  const share = (part: bigint) => (diamonds === 0n ? null : Number((part * 10_000n) / diamonds) / 10_000);
  return { ...counts, diamonds: amountOf(diamonds), topShare: { one: share(top.one), ten: share(top.ten), hundred: share(top.hundred) } };
}

const NOT_COUNTED = {
  ...{ people: null, newcomers: null, gifters: null, firstGifters: null, levels: [], clubLevels: [] },
  ...{ diamonds: null, topShare: { one: null, ten: null, hundred: null } },
};
