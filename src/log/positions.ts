import type { RoomKey } from "./log.js";

/** How far each reader (a token's client, a hook, a named subscription) has come in each room: everything with seq ≤ position was handed over. */
export interface Positions {
  get(reader: string, room: RoomKey): Promise<number | null>;
  /** Durable when it resolves. May go back: a reader is then given the events again. */
  set(reader: string, room: RoomKey, seq: number): Promise<void>;
  /** Forgets every position of the reader. */
  forget(reader: string): Promise<void>;
  /** Forgets every position of every reader whose name begins with `prefix`, which is not empty. */
  forgetAll(prefix: string): Promise<void>;
}
