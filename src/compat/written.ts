import type { Batch } from "../feed/batch.js";
import type { About } from "./about.js";
import type { AskedStream, Format, WrittenMessage } from "./format.js";

/** A message in bytes, with the status that it tells. */
export interface Message {
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

  messages(batch: Batch, about: About, asked: AskedStream, session: string | null): readonly Message[] {
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
