import type { EventType, LiveEvent, NewEvent } from "../events/event.js";
import { DyliveError } from "../runtime/errors.js";
import type { Where } from "./log.js";

/** Event as a store keeps it: the JSON text, and beside it what is searched by. */
export interface Row {
  readonly id: string;
  readonly type: EventType;
  readonly sessionId: string | null;
  readonly userId: string | null;
  readonly comboId: string | null;
  readonly comboTotal: number | null;
  readonly settled: boolean | null;
  readonly diamonds: number | null;
  readonly revision: number;
  /** JSON text of the event without its seq. */
  readonly body: string;
}

/**
 * Returns the row of an event. A `seq` that the event happens to carry is left out: the log gives it.
 *
 * @throws DyliveError `bad_request` when the event has no id or is not JSON
 */
export function rowOf(event: NewEvent | LiveEvent, revision = event.revision): Row {
  if (typeof event.id !== "string" || event.id === "") throw new DyliveError("bad_request", "an event has no id");
  const gift = event.type === "gift" ? event : null;
  return {
    id: event.id,
    type: event.type,
    sessionId: event.sessionId,
    userId: "user" in event ? (event.user?.id ?? null) : null,
    comboId: gift?.comboId ?? null,
    comboTotal: gift?.comboTotal ?? null,
    settled: gift?.settled ?? null,
    diamonds: "diamonds" in event ? event.diamonds : null,
    revision,
    body: bodyOf(event, revision),
  };
}

function bodyOf(event: NewEvent | LiveEvent, revision: number): string {
  try {
    if (!("seq" in event) && revision === event.revision) return JSON.stringify(event);
    const { seq: _, ...rest } = { seq: 0, ...event, revision };
    return JSON.stringify(rest);
  } catch (error) {
    throw new DyliveError("bad_request", `event ${event.id} is not JSON`, error);
  }
}

/**
 * Returns whether an event may take the place of the one with this id: the same id, but for events that settle a combo, whose id is made of
 * the combo's, which names people: an erasure renames them.
 */
export function mayReplace(keptId: string, id: string): boolean {
  return keptId === id || (keptId.startsWith("settle:") && id.startsWith("settle:"));
}

/** Returns whether a row fulfils every given condition. */
export function matches(row: Pick<Row, "type" | "sessionId" | "userId" | "diamonds">, where: Where): boolean {
  if (where.types !== undefined && !where.types.includes(row.type)) return false;
  if (where.sessionId !== undefined && where.sessionId !== row.sessionId) return false;
  if (where.userId !== undefined && where.userId !== row.userId) return false;
  return where.minDiamonds === undefined || (row.diamonds !== null && row.diamonds >= where.minDiamonds);
}
