import type { EventType, LiveEvent, NewEvent } from "../events/event.js";
import { DyliveError } from "../runtime/errors.js";
import { msg } from "../runtime/msg.js";

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
  /** Whether it is a test event. */
  readonly isTest: boolean;
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
    isTest: event.source === "test",
    body: bodyOf(event, revision),
  };
}

function bodyOf(event: NewEvent | LiveEvent, revision: number): string {
  try {
    if (!("seq" in event) && revision === event.revision) return JSON.stringify(event);
    const { seq: _, ...rest } = { seq: 0, ...event, revision };
    return JSON.stringify(rest);
  } catch (error) {
    throw new DyliveError("bad_request", msg`event ${event.id} is not JSON`, error);
  }
}

/**
 * Returns whether an event may take the place of the one with this id: the same id, but for events that settle a combo, whose id is made of
 * the combo's, which names people: an erasure renames them.
 */
export function mayReplace(keptId: string, id: string): boolean {
  return keptId === id || (keptId.startsWith("settle:") && id.startsWith("settle:"));
}

/** Failure to read a stored event. Readers stop there; what can go on without it knows by this which one it is. */
export class DamagedEvent extends DyliveError {
  readonly room: number;
  readonly seq: number;

  constructor(room: number, seq: number, cause?: unknown) {
    super("store_damaged", msg`a row of the database cannot be read: event ${seq} of room ${room}`, cause);
    this.room = room;
    this.seq = seq;
  }
}

/** Event as it is stored. Its text is given out as it is; it is parsed only for a reader that looks inside. */
export class StoredEvent {
  readonly room: number;
  readonly seq: number;
  /** Position in the whole log. */
  readonly pos: number;
  readonly type: EventType;
  readonly sessionId: string | null;
  /** `user.id` of the event. */
  readonly userId: string | null;
  readonly diamonds: number | null;
  /** JSON text of the event, its seq in front. */
  readonly text: string;
  #event: LiveEvent | null = null;

  /** @throws DamagedEvent when the text is cut short: it would be given out unread */
  constructor(
    { room, seq, pos }: { readonly room: number; readonly seq: number; readonly pos: number },
    { type, sessionId, userId, diamonds, body }: Pick<Row, "type" | "sessionId" | "userId" | "diamonds" | "body">,
  ) {
    if (!body.endsWith("}")) throw new DamagedEvent(room, seq);
    this.room = room;
    this.seq = seq;
    this.pos = pos;
    this.type = type;
    this.sessionId = sessionId;
    this.userId = userId;
    this.diamonds = diamonds;
    this.text = textOf(seq, body);
  }

  /** The event, parsed once; many readers share it, so it is frozen. @throws DamagedEvent */
  get event(): LiveEvent {
    this.#event ??= Object.freeze(parsed(this.room, this.seq, this.text));
    return this.#event;
  }

  /** Whether it is a test event; events of a broadcast are none, and not parsed for it. */
  get isTest(): boolean {
    return this.sessionId === null && this.event.source === "test";
  }
}

/** Returns the event of a stored body, with its seq in front. @throws DamagedEvent */
export function eventOf(room: number, seq: number, body: string): LiveEvent {
  return parsed(room, seq, textOf(seq, body));
}

function parsed(room: number, seq: number, text: string): LiveEvent {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new DamagedEvent(room, seq, error);
  }
}

function textOf(seq: number, body: string): string {
  return `{"seq":${seq},${body.slice(1)}`;
}
