import type { GiftLine, Given, Named, Person } from "./statistics.js";
import { plus } from "./tally.js";

/** The most diamonds that one row of people or gifts holds: what an INTEGER of SQLite does. */
export const DIAMONDS_MAX = 2n ** 63n - 1n;

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

/** As {@link addPerson}, of gifts. */
export function addLine(into: GiftLine, from: GiftLine): GiftLine {
  return {
    ...into,
    ...addGiven(into, from),
    gift: newestName(into.gift, from.gift),
    receiver: newestName(into.receiver, from.receiver),
  };
}

/** The sum of two counts of gifts, within the bounds of a row. */
export function addGiven(into: Given, from: Given): Given {
  const diamonds = into.diamonds + from.diamonds;
  return {
    combos: plus(into.combos, from.combos),
    settled: plus(into.settled, from.settled),
    units: plus(into.units, from.units),
    diamonds: diamonds > DIAMONDS_MAX ? DIAMONDS_MAX : diamonds,
    unpricedUnits: plus(into.unpricedUnits, from.unpricedUnits),
  };
}

/** The name that the event with the greater seq told. */
export function newestName({ name, nameSeq }: Named, from: Named): Named {
  return from.nameSeq > nameSeq ? { name: from.name, nameSeq: from.nameSeq } : { name, nameSeq };
}

/** Names who gave what to whom. Ids hold no spaces: they are digits, or written by us. */
export function lineKey({ userId, receiverId, giftId }: Pick<GiftLine, "userId" | "receiverId" | "giftId">): string {
  return `${userId ?? ""} ${receiverId ?? ""} ${giftId}`;
}
