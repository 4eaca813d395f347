import { EVENT_TYPES, type EventType, type LiveEvent, USUAL_TYPES } from "../../events/event.js";
import type { Filter } from "../../feed/read.js";
import type { ReadingTime } from "../../feed/reading-time.js";
import type { TailBatch } from "../../feed/tail-batch.js";
import type { Followed } from "../../feed/tail-follow.js";
import { DyliveError } from "../../runtime/errors.js";
import type { RoomKey, Where } from "../../store/log.js";

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
  readonly selection: Selection;
  /** Names for what is made of a batch, for `TailBatch.once`: made once, since they are needed for every batch of every reader. */
  readonly wsKey: string;
  readonly sseKey: string;
}

/** Returns the followed room of a selection. */
export function shown(room: RoomKey, after: number, selection: Selection): ShownRoom {
  const needsTime = selection.expression !== null;
  return { room, after, where: selection.where, needsTime, selection, wsKey: `ws ${selection.key}`, sseKey: `sse ${selection.key}` };
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
    return { key: JSON.stringify([where, filter ?? null]), where, shows: showing(where, new Set(types)), expression };
  };
}

/** Tries an expression on the events of a batch that would be shown without it, once for all readers who ask for the same. */
export function sift(batch: TailBatch, { key, shows, expression }: Selection, time: ReadingTime, payer: string): Promise<void> {
  return batch.choose(key, async () => {
    const shown = batch.events.filter(shows);
    return expression === null ? shown : (await time.sift(shown, { payer, wanted: expression })).found;
  });
}

/** Whether an event of a batch is shown; a batch for a selection with an expression was sifted before. */
export function shownOf(batch: TailBatch, { key, shows, expression }: Selection): (event: LiveEvent) => boolean {
  if (expression === null) return shows;
  const chosen = batch.chosen(key);
  return (event) => chosen.has(event);
}

function showing({ sessionId, userId, minDiamonds }: Where, types: ReadonlySet<EventType>) {
  return (event: LiveEvent): boolean => {
    if (!types.has(event.type)) return false;
    if (sessionId !== undefined && event.sessionId !== sessionId) return false;
    if (userId !== undefined && (!("user" in event) || event.user?.id !== userId)) return false;
    return minDiamonds === undefined || ("diamonds" in event && event.diamonds !== null && event.diamonds >= minDiamonds);
  };
}

function typesOf(names: readonly string[] | undefined): readonly EventType[] {
  if (names === undefined) return USUAL_TYPES;
  return names.includes(ALL) ? EVENT_TYPES : [...new Set(names.map(eventType))].sort();
}

function eventType(name: string): EventType {
  const type = EVENT_TYPES.find((one) => one === name);
  if (type === undefined)
    throw new DyliveError(
      "bad_request",
      `types: there is no type ${JSON.stringify(name.slice(0, 40))}; there are ${EVENT_TYPES.join(", ")}`,
    );
  return type;
}
