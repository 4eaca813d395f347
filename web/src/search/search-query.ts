import type { LocationQuery } from "vue-router";
import { EVENT_KINDS, FEED_KINDS, type FeedKind } from "../room/feed-kinds.js";

/** What is looked for, as it stands in the form and in the address of the page. Empty is: any. */
export interface SearchForm {
  find: "events" | "people";
  text: string;
  /** A room's id. */
  room: string;
  kinds: FeedKind[];
  /** A person's id, and what they are called. */
  user: string;
  name: string;
  /** As a field for date and time has it, in the viewer's zone. */
  from: string;
  to: string;
  minDiamonds: string;
}

/** The form of an address; whatever it does not know is left out. */
export function formOf(query: LocationQuery): SearchForm {
  const text = (name: string) => {
    const value = query[name];
    return typeof value === "string" ? value : "";
  };
  const kinds = text("kinds").split(",");
  return {
    find: text("find") === "people" ? "people" : "events",
    text: text("q"),
    room: text("room"),
    kinds: FEED_KINDS.filter((kind) => kinds.includes(kind)),
    user: text("user"),
    name: text("name"),
    from: momentOf(text("from")) === null ? "" : text("from"),
    to: momentOf(text("to")) === null ? "" : text("to"),
    minDiamonds: /^\d{1,9}$/.test(text("min")) ? text("min") : "",
  };
}

/** The address of a form: only what is asked for. */
export function addressOf({ find, text, room, kinds, user, name, from, to, minDiamonds }: SearchForm): Readonly<Record<string, string>> {
  const all = {
    find: find === "people" ? find : "",
    q: text.trim(),
    room,
    ...(find === "events" && { kinds: kinds.join(","), user, name: user === "" ? "" : name, from, to, min: String(minDiamonds) }),
  };
  return Object.fromEntries(Object.entries(all).filter(([, value]) => value !== ""));
}

/** The question for events, as the API takes it; null where nothing is asked. By a room or a time alone all that a feed shows is found. */
export function eventsAsked({ text, room, kinds, user, from, to, minDiamonds }: SearchForm) {
  const [q, least] = [text.trim(), String(minDiamonds)];
  if ([q, room, user, from, to, least].every((part) => part === "") && kinds.length === 0) return null;
  const isOpen = q === "" && user === "" && least === "";
  const shown = kinds.length === 0 && isOpen ? FEED_KINDS : kinds;
  const [fromMs, toMs] = [momentOf(from), momentOf(to)];
  return {
    ...(q !== "" && { q }),
    ...(room !== "" && { room }),
    ...(shown.length > 0 && { types: shown.flatMap((kind) => EVENT_KINDS[kind]).join(",") }),
    ...(user !== "" && { user }),
    ...(fromMs !== null && { from: fromMs }),
    ...(toMs !== null && { to: toMs }),
    ...(least !== "" && { minDiamonds: Number(least) }),
  };
}

/** The moment that a field for date and time has, ms UTC; null where it has none. */
function momentOf(text: string): number | null {
  const at = /^\d{4}-\d\d-\d\dT\d\d:\d\d/.test(text) ? new Date(text).getTime() : Number.NaN;
  return Number.isNaN(at) ? null : at;
}

/** The beginning of a day that a field for dates has, in the viewer's zone, or of one so many days after; null where it has none. */
export function dayStart(text: string, daysAfter = 0): number | null {
  const [, year, month, day] = /^(\d{4})-(\d\d)-(\d\d)$/.exec(text) ?? [];
  return day === undefined ? null : new Date(Number(year), Number(month) - 1, Number(day) + daysAfter).getTime();
}
