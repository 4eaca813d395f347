import { EVENT_TYPES, type EventType, USUAL_TYPES } from "../../events/event.js";
import { noSuch } from "../../events/misspelt.js";
import { type Filter, shows } from "../../feed/read.js";
import type { ReadingTime } from "../../feed/reading-time.js";
import type { Followed } from "../../feed/subscription.js";
import type { Batch } from "../../feed/tail.js";
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
interface Selection extends Filter {
  readonly key: string;
}

/** A room of a stream, and what is shown of it. */
export interface ShownRoom extends Followed {
  /** Name that the client gave. */
  readonly asked: string;
  readonly selection: Selection;
  /** Names for what is made of a batch, for `Batch.once`: made once, since they are needed for every batch of every reader. */
  readonly wsKey: string;
  readonly sseKey: string;
}

/** Returns the followed room of a selection. */
export function shown({ room, asked }: Pick<NamedRoom, "room" | "asked">, after: number, selection: Selection): ShownRoom {
  return { room, asked, after, where: selection.where, selection, wsKey: `ws ${selection.key}`, sseKey: `sse ${selection.key}` };
}

/** Returns what is looked at to learn that it was deleted: the room, and the broadcast where it is followed alone. */
export function readRoom(room: RoomKey, followed: ShownRoom | undefined) {
  return { room, sessionId: followed?.where.sessionId };
}

/** Sentence for the client, by why it loses a room. */
const LOSS_REASONS: Readonly<Record<LossReason, string>> = {
  room: "the room was deleted",
  broadcast: "the broadcast was deleted",
  sight: "the token may no longer see the room",
};

/** Returns what a client is told of a room that it followed and loses. */
export function goneRoom({ room, asked }: Pick<ShownRoom, "room" | "asked">, why: LossReason) {
  return { room, asked, reason: LOSS_REASONS[why] };
}

/** Returns what a client that came back is told of a name that leads to no room any more. */
export function goneName(asked: string) {
  return { asked, reason: "no room is known as that any more: it was deleted, or this token may not see it" };
}

/**
 * Reads what a client asks for.
 * @param payer the token that pays for the filter
 * @returns the selection for a room, of one of its broadcasts or of all
 * @throws DyliveError bad_request that names the field, too_costly
 */
export async function selectionOf(asked: Asked, time: ReadingTime, payer: string): Promise<(sessionId: string | null) => Selection> {
  const types = typesOf(asked.types);
  const { user, minDiamonds, filter } = asked;
  if (filter !== undefined) time.assertLeft(payer);
  const expression = filter === undefined ? null : await time.compile(payer, filter);
  return (sessionId) => {
    const where: Where = {
      types,
      ...(sessionId !== null && { sessionId }),
      ...(user !== undefined && { userId: user }),
      ...(minDiamonds !== undefined && { minDiamonds }),
    };
    return { key: JSON.stringify([where, filter ?? null]), where, inside: null, expression };
  };
}

/** Tries an expression on the events of a batch that would be shown without it, once for all readers who ask for the same; null without one. */
export function sift(batch: Batch, selection: Selection, time: ReadingTime, payer: string): Promise<void> | null {
  const { key, expression } = selection;
  if (expression === null) return null;
  const choose = async () => {
    const shown = batch.rows.filter((row) => shows(selection, row));
    return (await time.sift(shown, { payer, wanted: expression })).found;
  };
  return batch.choose(key, choose);
}

/** Returns the events of a batch that are shown; a batch for a selection with an expression was sifted before. */
export function shownOf(batch: Batch, selection: Selection): readonly StoredEvent[] {
  if (selection.expression === null) return batch.rows.filter((row) => shows(selection, row));
  const chosen = batch.chosen(selection.key);
  return batch.rows.filter((row) => chosen.has(row));
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
