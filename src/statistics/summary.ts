import type { Session } from "../store/rooms.js";
import { eventsOf, type Given, type SessionAudience, type SessionStatistics, type Totals, type Witness } from "../store/statistics.js";

const MINUTE_MS = 60_000;

/** A sum of diamonds as it is shown: a number, or where that could not hold it exactly, its decimal digits. */
type Amount = number | string;

/** Summary of a broadcast as a whole; the schema of the API describes its fields. */
export type Summary = NonNullable<ReturnType<typeof summaryOf>>;

/**
 * Sums up a broadcast; null where nothing of it was counted yet, which its row, if there is one, shows as well.
 * @param session when it began and ended, as far as that is known
 */
export function summaryOf(session: Pick<Session, "openedAt" | "endedAt"> | null, statistics: SessionStatistics | null | undefined) {
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

/** Returns what ranks say was given, as it is shown. */
export function shownWitness({ witnessed, received }: Witness) {
  return { diamondsWitnessed: witnessed, diamondsReceived: received, share: witnessed === 0 ? null : shareOf(received, witnessed) };
}

/** Returns the share of a part in thousandths: 0 only of nothing, 1 only of all. */
function shareOf(part: number, all: number): number {
  if (part === 0 || part >= all) return part === 0 ? 0 : 1;
  return Math.min(999, Math.max(1, Math.round((part / all) * 1000))) / 1000;
}

/** Returns gifts as they are shown. */
export function shownGifts({ combos, settled, units, diamonds, unpricedUnits }: Given) {
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

/** Returns how long a broadcast lasted, or has so far: to its last event; null while that is not known. */
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
