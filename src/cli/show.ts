import { describe } from "../events/describe.js";
import type { LiveEvent } from "../events/event.js";
import { plain } from "./terminal.js";

/** Returns an event as one readable line, in local time, or as one line of JSON. */
export function lineOf(event: LiveEvent, json: boolean): string {
  if (json) return JSON.stringify(event);
  const at = new Date(event.time);
  const parts = Number.isNaN(at.getTime()) ? ["--", "--", "--"] : [at.getHours(), at.getMinutes(), at.getSeconds()];
  const clock = parts.map((part) => String(part).padStart(2, "0")).join(":");
  const who = "user" in event && event.user ? `${event.user.nickname ?? event.user.id ?? "?"} ` : "";
  return plain(`${clock} [${event.type}] ${who}${describe(event)}`);
}

/** Types of events that people want to see scroll by; the rest only when asked for. */
export const SHOWN: readonly LiveEvent["type"][] = [
  "chat",
  "gift",
  "like",
  "join",
  "follow",
  "share",
  "fansclub",
  "control",
  "state",
  "gap",
];
