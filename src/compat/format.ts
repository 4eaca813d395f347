import type { LiveEvent } from "../events/event.js";
import type { RoomStatus } from "../health/state.js";
import type { DyliveError } from "../runtime/errors.js";
import type { About } from "./about.js";

/** Stream that a client asked for by its address. */
export interface AskedStream {
  /** The room, as the client wrote it; null is every room that is collected. */
  readonly room: string | null;
  /** Ids as JSON strings where the format has bare integers. */
  readonly idsAsText: boolean;
}

/** One message to a client. */
export interface WrittenMessage {
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
  readonly write: (event: LiveEvent, about: About, asked: AskedStream) => WrittenMessage | null;
  /** Writes the first message to a client, about the room that it asked for. */
  readonly greet?: (status: RoomStatus, about: About, asked: AskedStream) => WrittenMessage | null;
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
