import { EVENT_TYPES, type EventType, USUAL_TYPES } from "../../events/event.js";
import type { Predicate } from "../../events/filter.js";
import { noSuch } from "../../events/misspelt.js";
import type { Batch } from "../../feed/batch.js";
import { type Filter, shows } from "../../feed/read.js";
import type { ReadQueue } from "../../feed/read-queue.js";
import { FieldError } from "../../runtime/errors.js";
import type { RoomKey, Where } from "../../store/log.js";
import type { NamedRoom } from "../../store/rooms.js";
import type { StoredEvent } from "../../store/stored-event.js";
import type { LossReason } from "./live.js";

/** Word that stands for all types. */
const ALL = "*";

/** Conditions that a client sets on the events of a stream; all given conditions must hold. */
interface Asked {
  readonly types?: readonly string[] | undefined;
  /** `user.id` */
  readonly user?: string | undefined;
  readonly minDiamonds?: number | undefined;
  /** An expression of the filter language. */
  readonly filter?: string | undefined;
}

/** Filter for the events of a room that a reader is shown. Two with the same key show the same events. */
export interface Selection extends Filter {
  readonly key: string;
  /** The only broadcast that is shown of a room, where there is one. */
  readonly broadcasts: ReadonlyMap<RoomKey, string>;
}

/** Sentence for the client, by why it loses a room. */
const LOSS_REASONS: Readonly<Record<LossReason, string>> = {
  room: "the room was deleted",
  broadcast: "the broadcast was deleted",
  sight: "the token may no longer see the room",
};

/** Returns the message about a room that a client followed and loses. */
export function goneRoom({ room, asked }: Pick<NamedRoom, "room" | "asked">, why: LossReason) {
  return { room, asked, reason: LOSS_REASONS[why] };
}

/** Returns the message to a client that came back about a name that leads to no room any more. */
export function goneName(asked: string) {
  return { asked, reason: "no room is known as that any more: it was deleted, or this token may not see it" };
}

/**
 * Reads what a client asks for.
 * @returns the selection for one broadcast of a room or (null) all, or for rooms of some of which one broadcast alone is meant
 * @throws DyliveError bad_request that names the field
 */
export async function selectionOf(asked: Asked, queue: ReadQueue): Promise<(of: string | null | readonly NamedRoom[]) => Selection> {
  const types = typesOf(asked.types);
  const { user, minDiamonds, filter } = asked;
  const expression = filter === undefined ? null : await queue.compile(filter);
  return (of) => {
    const rooms = of === null || typeof of === "string" ? [] : of;
    const sessionId = typeof of === "string" ? of : rooms.length === 1 ? rooms[0]?.sessionId : null;
    const where: Where = {
      types,
      ...(sessionId != null && { sessionId }),
      ...(user !== undefined && { userId: user }),
      ...(minDiamonds !== undefined && { minDiamonds }),
    };
    const broadcasts = new Map(rooms.flatMap(({ room, sessionId }) => (sessionId === null ? [] : [[room, sessionId] as const])));
    return { key: JSON.stringify([where, filter ?? null, ...broadcasts]), where, inside: null, expression, broadcasts };
  };
}

function isShown(selection: Selection, row: StoredEvent): boolean {
  const only = selection.broadcasts.get(row.room);
  return shows(selection, row) && (only === undefined || only === row.sessionId);
}

/** Returns the events of a batch that are shown, by an expression: it runs once for all readers with the same selection. */
export function filtered(batch: Batch, selection: Selection, wanted: Predicate, queue: ReadQueue): Promise<readonly StoredEvent[]> {
  return batch.once(`filter ${selection.key}`, async () => (await queue.filter(shownOf(batch, selection), wanted)).found);
}

/** Returns the events of a batch that are shown, whatever the expression says. */
export function shownOf(batch: Batch, selection: Selection): readonly StoredEvent[] {
  return batch.rows.filter((row) => isShown(selection, row));
}

function typesOf(names: readonly string[] | undefined): readonly EventType[] {
  if (names === undefined) return USUAL_TYPES;
  return names.includes(ALL) ? EVENT_TYPES : [...new Set(names.map(eventType))].sort();
}

function eventType(name: string): EventType {
  const type = EVENT_TYPES.find((one) => one === name);
  if (type === undefined) throw new FieldError("types", noSuch("type", name, [...EVENT_TYPES, "*"]));
  return type;
}
