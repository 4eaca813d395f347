import { DyliveError } from "../../errors.js";
import { EVENT_TYPES, type EventType, type LiveEvent, USUAL_TYPES } from "../../events/event.js";
import { compile, FilterError, type Predicate } from "../../events/filter.js";
import type { RoomKey, Where } from "../../log/log.js";
import type { Followed } from "../../log/tail-follow.js";

/** Stands for all types. */
const ALL = "*";

/** A mistake in a filter, with its place. */
class BadFilter extends DyliveError {
  readonly details: { readonly position: number };

  constructor({ message, position }: FilterError) {
    super("bad_request", `filter: ${message} (at character ${position + 1})`);
    this.details = { position };
  }
}

/** What a client asks of the events of a stream; all given conditions must hold. */
export interface Asked {
  readonly types?: readonly string[] | undefined;
  /** `user.id` */
  readonly user?: string | undefined;
  readonly minDiamonds?: number | undefined;
  /** An expression of the filter language. */
  readonly filter?: string | undefined;
}

/** Which events of a room a reader is shown. Two with the same key show the same events. */
export interface Selection {
  readonly key: string;
  /** There is an expression to work out for every event. */
  readonly costs: boolean;
  /** What the store can leave out by itself. */
  readonly where: Where;
  shows(event: LiveEvent): boolean;
}

/** A room of a stream, and what is shown of it. */
export interface Shown extends Followed {
  readonly selection: Selection;
  /** Name what is made of a batch, for `TailBatch.once`: made once, since they are needed for every batch of every reader. */
  readonly wsKey: string;
  readonly sseKey: string;
}

/** The followed room of a selection. */
export function shown(room: RoomKey, after: number, selection: Selection): Shown {
  return { room, after, where: selection.where, selection, wsKey: `ws ${selection.key}`, sseKey: `sse ${selection.key}` };
}

/**
 * Reads what a client asks for.
 * @returns the selection for a room, of one of its broadcasts or of all
 * @throws DyliveError bad_request that names the field
 */
export function selectionOf(asked: Asked): (sessionId: string | null) => Selection {
  const types = typesOf(asked.types);
  const { user, minDiamonds, filter } = asked;
  const wanted = filter === undefined ? null : compiled(filter);
  return (sessionId) => {
    const where: Where = {
      types,
      ...(sessionId !== null && { sessionId }),
      ...(user !== undefined && { userId: user }),
      ...(minDiamonds !== undefined && { minDiamonds }),
    };
    return { key: JSON.stringify([where, filter ?? null]), costs: wanted !== null, where, shows: showing(where, new Set(types), wanted) };
  };
}

function showing({ sessionId, userId, minDiamonds }: Where, types: ReadonlySet<EventType>, wanted: Predicate | null) {
  return (event: LiveEvent): boolean => {
    if (!types.has(event.type)) return false;
    if (sessionId !== undefined && event.sessionId !== sessionId) return false;
    if (userId !== undefined && (!("user" in event) || event.user?.id !== userId)) return false;
    if (minDiamonds !== undefined && !("diamonds" in event && event.diamonds !== null && event.diamonds >= minDiamonds)) return false;
    return wanted === null || wanted(event);
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

function compiled(expression: string): Predicate {
  try {
    return compile(expression);
  } catch (error) {
    throw error instanceof FilterError ? new BadFilter(error) : error;
  }
}
