import { describe } from "../events/describe.js";
import type { LiveEvent } from "../events/event.js";
import type { LoadedCounts } from "../ingest/load-file.js";
import type { DriftCounts } from "../platform/wire/drift.js";
import { msg, msgOf, recorded } from "../runtime/msg.js";
import { inWords, plain, say } from "./terminal.js";

/** Returns an event as one readable line, in local time, or as one line of JSON. */
export function lineOf(event: LiveEvent, json: boolean): string {
  if (json) return JSON.stringify(event);
  const at = new Date(event.time);
  const parts = Number.isNaN(at.getTime()) ? ["--", "--", "--"] : [at.getHours(), at.getMinutes(), at.getSeconds()];
  const clock = parts.map((part) => String(part).padStart(2, "0")).join(":");
  const who = "user" in event && event.user ? `${event.user.nickname ?? event.user.id ?? "?"} ` : "";
  return plain(`${clock} [${event.type}] ${who}${wordsOf(event)}`);
}

/** Returns what an event says: of dylive itself in the language of commands, of people as everywhere else. */
function wordsOf(event: LiveEvent): string {
  if (event.type === "state") return inWords(msg`${event.from === null ? "?" : msgOf(event.from)} → ${msgOf(event.to)}`);
  if (event.type === "system") return inWords(recorded(event.text));
  if (event.type !== "gap") return describe(event);
  const reason = recorded(event.reason);
  if (event.from === null) return inWords(msg`nothing was received for a while: ${reason}`);
  return inWords(msg`nothing was received for ${Math.max(0, Math.round((event.to - event.from) / 1000))} s: ${reason}`);
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

/** Says on stderr what was not understood: unknown methods, unknown fields, damage. Nothing is passed over in silence. */
export function sayDrift({ methods, fields, failures, overflow }: DriftCounts): void {
  const list = (title: string, counts: Readonly<Record<string, number>>) => {
    for (const [key, n] of Object.entries(counts)) say(msg`${title} ${key}: ${n}`);
  };
  list("unknown method", methods);
  list("unknown field", fields);
  list("unreadable", failures);
  if (overflow > 0) say(msg`more that found no place in the tables: ${overflow}`);
}

/** Says in one line what came of a file, and its damage if any. */
export function sayLoaded(path: string, { kind, messages, events, drops, skipped, lostBytes }: LoadedCounts): void {
  const dropped = Object.entries(drops)
    .map(([reason, n]) => `${n} ${reason.replaceAll("_", " ")}`)
    .join(", ");
  say(msg`${path}: a ${kind}, ${messages} messages, ${events} events${dropped ? msg`; left out: ${dropped}` : ""}`);
  if (skipped > 0) say(msg`${path}: ${skipped} damaged records were passed over`);
  if (lostBytes > 0) say(msg`${path}: the last ${lostBytes} bytes are torn or damaged`);
}
