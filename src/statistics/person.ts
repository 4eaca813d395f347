import type { LiveEvent, User } from "../events/event.js";
import type { Given, Named, Person } from "../store/statistics.js";
import { plus } from "../store/tally.js";

/** Who somebody is: only a known id tells. Masked people all look alike, and are never taken for one. */
export function personId(user: User): string | null {
  return user.masked ? null : user.id;
}

/** Somebody of whom nothing is counted yet. @param at ms UTC of their first event */
export function newPerson(userId: string, at: number): Person {
  const counts = { events: 0, chats: 0, likes: 0, joins: 0, follows: 0, shares: 0 };
  return { userId, name: null, nameSeq: 0, ...counts, ...nothingGiven(), firstAt: at, lastAt: at };
}

/** Counts an event of theirs; of a gift, that it was one, but not what it was worth. */
export function countEvent(person: Person, event: LiveEvent, name: string | null): void {
  if (name !== null) Object.assign(person, namedBy(name, event.seq));
  person.events++;
  person.firstAt = Math.min(person.firstAt, event.time);
  person.lastAt = Math.max(person.lastAt, event.time);
  if (event.type === "chat") person.chats++;
  else if (event.type === "join") person.joins++;
  else if (event.type === "follow") person.follows++;
  else if (event.type === "share") person.shares++;
  else if (event.type === "like") person.likes = plus(person.likes, whole(event.count));
}

/** No gifts. */
export function nothingGiven(): Given {
  return { combos: 0, settled: 0, units: 0, diamonds: 0n, unpricedUnits: 0 };
}

/** What one gift event brought. */
export type Worth = Pick<Given, "units" | "diamonds" | "unpricedUnits">;

/** Adds what a gift event brought. */
export function give(given: Given, { units, diamonds, unpricedUnits }: Worth): void {
  given.units = plus(given.units, units);
  given.diamonds += diamonds;
  given.unpricedUnits = plus(given.unpricedUnits, unpricedUnits);
}

/** A name with the event that told it; none when it told none. */
export function namedBy(name: string | null | undefined, seq: number): Named {
  return name === null || name === undefined ? { name: null, nameSeq: 0 } : { name, nameSeq: seq };
}

/** A count of an event; what is none (an event that somebody else wrote) counts as 0. */
export function whole(value: number): number {
  return Number.isSafeInteger(value) && value > 0 ? value : 0;
}
