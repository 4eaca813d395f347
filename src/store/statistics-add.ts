import type { GiftLine, Given, Named, Person, SessionDelta } from "./statistics.js";
import { plus } from "./totals.js";

/** Largest count that a row holds: what a number of JavaScript holds exactly. */
export const COUNT_MAX = Number.MAX_SAFE_INTEGER;
/** Most diamonds that one row of people or gifts holds: what an INTEGER of SQLite does. */
export const DIAMONDS_MAX = 2n ** 63n - 1n;

/** Numbers of combos that are new, and that have ended for the first time. */
export interface ComboCounts {
  combos: number;
  settled: number;
}

/** Counts for somebody or something of which no combo is new or has ended. */
export const NO_COMBOS: Readonly<ComboCounts> = { combos: 0, settled: 0 };

/**
 * Counts what combos add to the statistics of their broadcast.
 * @param known tells whether a combo has ended, as it is stored; undefined for one that is not
 * @returns the combos that are to be stored, with whether they have ended; and the counts of all, by person, and by {@link lineKey}
 */
export function countCombos(combos: SessionDelta["combos"], known: (comboId: string) => boolean | undefined) {
  const changed: (readonly [comboId: string, settled: boolean])[] = [];
  const total: ComboCounts = { combos: 0, settled: 0 };
  const byPerson = new Map<string, ComboCounts>();
  const byLine = new Map<string, ComboCounts>();
  for (const [comboId, { userId, line, settled }] of combos) {
    const before = known(comboId);
    const fresh = before === undefined ? 1 : 0;
    const ended = settled && before !== true ? 1 : 0;
    if (fresh + ended === 0) continue;
    changed.push([comboId, settled || before === true]);
    for (const counts of [total, countsOf(byLine, line), ...(userId === null ? [] : [countsOf(byPerson, userId)])]) {
      counts.combos += fresh;
      counts.settled += ended;
    }
  }
  return { changed, total, byPerson, byLine };
}

function countsOf(counts: Map<string, ComboCounts>, key: string): ComboCounts {
  const one = counts.get(key) ?? { combos: 0, settled: 0 };
  counts.set(key, one);
  return one;
}

/** Adds a person's part of a broadcast to another; in whatever order parts are added, the whole is the same. */
export function addPerson(into: Person, from: Person): Person {
  return {
    ...newestName(into, from),
    ...addGiven(into, from),
    userId: into.userId,
    events: plus(into.events, from.events),
    chats: plus(into.chats, from.chats),
    likes: plus(into.likes, from.likes),
    joins: plus(into.joins, from.joins),
    follows: plus(into.follows, from.follows),
    shares: plus(into.shares, from.shares),
    firstAt: Math.min(into.firstAt, from.firstAt),
    lastAt: Math.max(into.lastAt, from.lastAt),
  };
}

/** Returns the sum of two counts of gifts, within the bounds of a row. */
function addGiven(into: Given, from: Given): Given {
  const diamonds = into.diamonds + from.diamonds;
  return {
    combos: plus(into.combos, from.combos),
    settled: plus(into.settled, from.settled),
    units: plus(into.units, from.units),
    diamonds: diamonds > DIAMONDS_MAX ? DIAMONDS_MAX : diamonds,
    unpricedUnits: plus(into.unpricedUnits, from.unpricedUnits),
  };
}

/** Returns the name that the event with the greater seq told. */
export function newestName({ name, nameSeq }: Named, from: Named): Named {
  return from.nameSeq > nameSeq ? { name: from.name, nameSeq: from.nameSeq } : { name, nameSeq };
}

/** Returns the key of who gave what to whom. Ids hold no spaces: they are digits, or written by us. */
export function lineKey({ userId, receiverId, giftId }: Pick<GiftLine, "userId" | "receiverId" | "giftId">): string {
  return `${userId ?? ""} ${receiverId ?? ""} ${giftId}`;
}
