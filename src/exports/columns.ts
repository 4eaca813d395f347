import { describe } from "../events/describe.js";
import type { LiveEvent, NewEvent, NewEventOf, User } from "../events/event.js";

/** Value of a cell; null is unknown, or not told by this kind of event. */
export type Value = string | number | boolean | null;

/** Column of the tables (csv, xlsx, parquet). A `moment` is ms UTC that is shown as a date. */
export interface Column<T = LiveEvent> {
  readonly name: string;
  readonly kind: "text" | "integer" | "boolean" | "moment";
  of(row: T): Value;
}

/** Table of events, or of comments: what a file of it is called inside, and its columns in their order. The second is the time. */
export interface Table<T> {
  readonly name: string;
  readonly columns: readonly Column<T>[];
}

const text = (name: string, of: Column["of"]): Column => ({ name, kind: "text", of });
const integer = (name: string, of: Column["of"]): Column => ({ name, kind: "integer", of });
const boolean = (name: string, of: Column["of"]): Column => ({ name, kind: "boolean", of });

/** The columns of events, in their order. New ones are added at the end. */
const COLUMNS: readonly Column[] = [
  integer("seq", (event) => event.seq),
  { name: "time", kind: "moment", of: (event) => event.time },
  text("type", (event) => event.type),
  text("nickname", (event) => userOf(event)?.nickname ?? null),
  text("text", (event) => describe(event)),
  text(
    "gift",
    ofGift((event) => event.gift.name),
  ),
  integer(
    "delta",
    ofGift((event) => event.delta),
  ),
  integer("diamonds", (event) => ("diamonds" in event ? event.diamonds : null)),
  integer("likes", (event) => (event.type === "like" ? event.count : null)),
  integer("online", (event) => (event.type === "stats" ? event.online : event.type === "join" ? event.memberCount : null)),
  text("userId", (event) => userOf(event)?.id ?? null),
  text("secUid", (event) => userOf(event)?.secUid ?? null),
  text("displayId", (event) => userOf(event)?.displayId ?? null),
  text("gender", (event) => userOf(event)?.gender ?? null),
  integer("payLevel", (event) => userOf(event)?.payLevel ?? null),
  text("fansClub", (event) => userOf(event)?.fansClub?.name ?? null),
  integer("fansClubLevel", (event) => userOf(event)?.fansClub?.level ?? null),
  boolean("isAdmin", (event) => userOf(event)?.isAdmin ?? null),
  boolean("isAnchor", (event) => userOf(event)?.isAnchor ?? null),
  boolean("masked", (event) => userOf(event)?.masked ?? null),
  text("kind", (event) => ("kind" in event ? event.kind : null)),
  text("action", (event) => ("action" in event ? event.action : null)),
  text(
    "giftId",
    ofGift((event) => event.gift.id),
  ),
  integer(
    "unitDiamonds",
    ofGift((event) => event.unitDiamonds),
  ),
  integer(
    "comboTotal",
    ofGift((event) => event.comboTotal),
  ),
  boolean(
    "settled",
    ofGift((event) => event.settled),
  ),
  text(
    "comboId",
    ofGift((event) => event.comboId),
  ),
  text(
    "receiverId",
    ofGift((event) => event.receiver?.id ?? null),
  ),
  text(
    "receiver",
    ofGift((event) => event.receiver?.nickname ?? null),
  ),
  integer("likesTotal", (event) => (event.type === "like" ? event.total : null)),
  integer("totalViewers", (event) => (event.type === "stats" ? event.totalViewers : null)),
  integer("followers", (event) => (event.type === "follow" ? event.followers : null)),
  text("session", (event) => event.sessionId),
  text("method", (event) => event.method),
  text("id", (event) => event.id),
  integer("timeMs", (event) => event.time),
  boolean("timeEstimated", (event) => event.timeEstimated === true),
  integer("receivedMs", (event) => event.receivedAt),
  integer("revision", (event) => event.revision),
];

/** Table of events. */
export const EVENTS: Table<LiveEvent> = { name: "events", columns: COLUMNS };

/** Returns the person whose event it is. */
export function userOf(event: NewEvent): User | null {
  return "user" in event ? (event.user ?? null) : null;
}

function ofGift(of: (event: NewEventOf<"gift">) => Value): Column["of"] {
  return (event) => (event.type === "gift" ? of(event) : null);
}

/**
 * Writes a moment as tables show it: `2026-11-25 20:15:00.123` where the clock is so many minutes ahead of UTC; its number where no
 * calendar has it.
 */
export function shownMoment(at: number, zoneMinutes: number): string {
  const local = at + zoneMinutes * 60_000;
  return isDate(local) ? new Date(local).toISOString().slice(0, -1).replace("T", " ") : String(at);
}

/** Whether a time, ms UTC, is one that a calendar has: a store may hold any number. */
export function isDate(at: number): boolean {
  return !Number.isNaN(new Date(at).getTime());
}
