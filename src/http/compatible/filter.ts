import type { EventType, LiveEvent } from "../../events/event.js";
import type { Filter } from "../../feed/read.js";
import { SEED_METHODS, SEED_TYPES, seedMethod } from "./event.js";

/**
 * The filter of a call.
 * @param methods the method names of `types=`, or null for the document's own kinds
 * @param onlySession the broadcast whose events alone are meant, or null
 */
export function seedFilter(methods: readonly string[] | null, onlySession: string | null): Filter {
  const asked = new Set(methods ?? SEED_METHODS);
  const own = methods === null || methods.every((method) => SEED_METHODS.has(method));
  const types: readonly EventType[] = SEED_TYPES;
  return {
    where: { ...(own ? { types } : {}), ...(onlySession === null ? {} : { sessionId: onlySession }) },
    shows: (event) => !isEmpty(event) && (asked.has(seedMethod(event)) || isKindOf(event, asked)) && !isImpostor(event),
    expression: null,
  };
}

/** A gift that brings nothing new, a like of no likes, a tombstone. */
function isEmpty(event: LiveEvent): boolean {
  return (event.type === "gift" && event.delta === 0) || (event.type === "like" && event.count === 0) || event.type === "erased";
}

/** A screen chat, say, asked for by its own method: it is shown in the form of a chat all the same. */
function isKindOf(event: LiveEvent, asked: ReadonlySet<string>): boolean {
  return !SEED_METHODS.has(event.method) && asked.has(event.method);
}

/** A leave or a mute comes in the message of a join, but the document's client would take it for one. */
function isImpostor(event: LiveEvent): boolean {
  return SEED_METHODS.has(event.method) && !SEED_TYPES.includes(event.type);
}
