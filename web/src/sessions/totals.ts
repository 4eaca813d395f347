import type { Room, Session } from "../api/model.js";
import { diamondsOf } from "../format/number.js";
import type { Messages } from "../i18n/tables.js";

/** What is compared of broadcasts, in this order. `length` is ms, `covered` a share. */
export type Measure = keyof Messages["sessions"]["totals"];

/** Figures by which broadcasts can be ordered, as the API takes them and the columns stand. */
export const ORDERS = ["openedAt", "length", "viewers", "peak", "chats", "gifters", "diamonds", "diamondsPerMinute", "follows"] as const;
export type Order = (typeof ORDERS)[number];

/** Most broadcasts that are compared at once. */
export const COMPARED_MAX = 4;

/** The broadcasts that an address names, each as ROOM/SESSION; null where it names too few, too many, or something else. */
export function comparedNames(text: unknown): readonly string[] | null {
  if (typeof text !== "string") return null;
  const names = text.split(",");
  const fits = names.length >= 2 && names.length <= COMPARED_MAX && names.every((name) => /^[^/,\s]{1,200}\/[^/,\s]{1,64}$/.test(name));
  return fits ? names : null;
}

/** Whether a broadcast of this room goes on: nobody saw the end of one during which the room was paused or removed. */
export function isRunning({ id, endedAt }: Pick<Session, "id" | "endedAt">, room: Pick<Room, "status"> | undefined): boolean {
  return endedAt === null && room?.status?.sessionId === id;
}

/**
 * How long a broadcast lasted, or has so far, ms: as far as it was seen, where nobody saw its end.
 * @param now while it is running, else null
 */
export function lengthMs({ openedAt, endedAt, totals }: Pick<Session, "openedAt" | "endedAt" | "totals">, now: number | null): number {
  return Math.max(0, (endedAt ?? now ?? totals?.lastEventAt ?? openedAt) - openedAt);
}

/** The measures of a broadcast; null where it is not known. @param now while it is running, else null */
export function measuresOf(session: Session, now: number | null): Readonly<Record<Measure, number | null>> {
  const { totals } = session;
  const length = lengthMs(session, now);
  if (totals === null) {
    const nothing = { viewers: null, peak: null, events: null, people: null, chats: null, chatters: null, units: null, gifters: null };
    return { length, ...nothing, diamonds: null, diamondsPerMinute: null, likes: null, follows: null, covered: null };
  }
  const diamonds = diamondsOf(totals.gifts);
  return {
    length,
    viewers: totals.viewers,
    peak: totals.peak.online,
    events: totals.events,
    people: totals.people,
    chats: totals.messages["chat"] ?? 0,
    chatters: totals.chatters,
    units: totals.gifts.units,
    gifters: totals.gifters,
    diamonds,
    diamondsPerMinute: diamonds === null ? null : totals.diamondsPerMinute,
    likes: totals.likes.total ?? totals.likes.seen,
    follows: totals.follows,
    covered: totals.covered,
  };
}

/** How much more the second is, as a share of the first; null where that says nothing. */
export function changeOf(first: number | null, second: number | null): number | null {
  if (first === null || second === null || first === 0) return null;
  return (second - first) / first;
}
