import type { LiveEvent } from "../events/event.js";
import type { Batch } from "../feed/batch.js";
import type { RoomStatus } from "../health/state.js";
import type { DyliveError } from "../runtime/errors.js";
import type { RoomFacts } from "../store/rooms.js";

/** Stream that a client asked for by its address. */
export interface AskedStream {
  /** The room, as the client wrote it; null is every room that is collected. */
  readonly room: string | null;
  /** Ids as JSON strings where the format has bare integers. */
  readonly idsAsText: boolean;
}

/** One message to a client. */
interface WrittenMessage {
  readonly text: string;
  /** Status in a message about the room's state: a client is not told the same one twice in a row. */
  readonly status?: string;
}

/** The wire format of another program, apart from any socket. */
export interface Format {
  readonly name: "grab" | "live" | "tiktok";
  /** The program whose clients understand it. */
  readonly like: string;
  /** Reads an address; null when clients of the format know no such one. */
  readonly asked: (address: URL) => AskedStream | null;
  /** Writes an event as a message; null for what the format has no message for. */
  readonly write: (event: LiveEvent, about: RoomFacts, asked: AskedStream) => WrittenMessage | null;
  /** Writes the first message to a client, about the room that it asked for. */
  readonly greet?: (status: RoomStatus, about: RoomFacts, asked: AskedStream) => WrittenMessage | null;
  /** Writes the message to a client whose room cannot be had; `over` when asking again is of no use. */
  readonly refuse?: (error: DyliveError, asked: AskedStream) => WrittenMessage & { readonly over: boolean };
  /** Returns the answer to a message of a client. Anything else that clients send is ignored. */
  readonly reply?: (message: string) => string | null;
}

/** Longest name of a room; longer ones are no names. */
const NAME_MAX_CHARS = 200;

/** Reads what `?room=ID` and `?ids=string` ask for. */
export function askedInQuery(address: URL): AskedStream {
  const room = address.searchParams.get("room");
  return {
    room: room === null || room === "" ? null : room.slice(0, NAME_MAX_CHARS),
    idsAsText: address.searchParams.get("ids") === "string",
  };
}

/** Whether an event tells of a room now; what was imported from a file is the past. */
export function isNow(event: LiveEvent): boolean {
  return event.source !== "import";
}

/** A message in bytes, with the status that it tells. */
interface Message {
  readonly bytes: Buffer;
  readonly status: string | null;
}

/** Holds the messages of a batch in one format, made once for all clients that asked for the same. */
export class Writing {
  readonly #format: Format;
  readonly #made = new WeakMap<Batch, Map<string, readonly Message[]>>();

  constructor(format: Format) {
    this.#format = format;
  }

  messages(batch: Batch, about: RoomFacts, asked: AskedStream, session: string | null): readonly Message[] {
    const ofBatch = this.#made.get(batch) ?? new Map<string, readonly Message[]>();
    this.#made.set(batch, ofBatch);
    const key = JSON.stringify([asked.room, asked.idsAsText, session]);
    const known = ofBatch.get(key);
    if (known !== undefined) return known;
    const made = batch.rows.flatMap((row) => {
      if (session !== null && row.sessionId !== session) return [];
      const written = this.#format.write(row.event, about, asked);
      return written === null ? [] : [messageOf(written)];
    });
    ofBatch.set(key, made);
    return made;
  }
}

/** Turns a message into bytes. */
export function messageOf({ text, status }: WrittenMessage): Message {
  return { bytes: Buffer.from(text, "utf8"), status: status ?? null };
}
