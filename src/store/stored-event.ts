import type { EventType, LiveEvent } from "../events/event.js";
import { DyliveError } from "../runtime/errors.js";

/** Columns of an event that readers choose by, and its JSON text without the seq. */
interface StoredColumns {
  readonly type: EventType;
  readonly sessionId: string | null;
  readonly userId: string | null;
  readonly diamonds: number | null;
  readonly body: string;
}

/** Event as it is stored. Its text is given out as it is; it is parsed only for a reader that looks inside. */
export class StoredEvent {
  readonly seq: number;
  readonly type: EventType;
  readonly sessionId: string | null;
  /** `user.id` of the event. */
  readonly userId: string | null;
  readonly diamonds: number | null;
  /** JSON text of the event, its seq in front. */
  readonly text: string;
  #event: LiveEvent | null = null;

  /** @throws SyntaxError when the text is cut short: it would be given out unread */
  constructor(seq: number, { type, sessionId, userId, diamonds, body }: StoredColumns) {
    if (!body.endsWith("}")) throw new SyntaxError(`the text of event ${seq} is cut short`);
    this.seq = seq;
    this.type = type;
    this.sessionId = sessionId;
    this.userId = userId;
    this.diamonds = diamonds;
    this.text = textOf(seq, body);
  }

  /** The event, parsed once; many readers may share it, so nobody may change it. @throws DyliveError store_damaged */
  get event(): LiveEvent {
    this.#event ??= Object.freeze(this.#parse());
    return this.#event;
  }

  #parse(): LiveEvent {
    try {
      return JSON.parse(this.text);
    } catch (error) {
      throw new DyliveError("store_damaged", `a row of the database cannot be read: event ${this.seq}`, error);
    }
  }
}

/** Returns the event of a stored body, with its seq in front. */
export function eventOf(seq: number, body: string): LiveEvent {
  return JSON.parse(textOf(seq, body));
}

function textOf(seq: number, body: string): string {
  return `{"seq":${seq},${body.slice(1)}`;
}
