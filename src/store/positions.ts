import type { RoomKey } from "./log.js";

/** Readers of one owner, of whom only so much is kept. */
export interface Among {
  /** What the names of all of them begin with. */
  readonly prefix: string;
  /** Positions that are kept of them together. */
  readonly most: number;
}

/** This share of what is kept goes at once when it is too much, so that one who makes up names has it worked out seldom. */
const SHED = 0.1;

/** How many positions go when there are `count`. */
export function surplus(count: number, { most }: Among): number {
  return count <= most ? 0 : count - most + Math.floor(most * SHED);
}

/** How far each reader (a token's client, a hook, a named subscription) has come in each room: everything with seq ≤ position was handed over. */
export interface Positions {
  get(reader: string, room: RoomKey): Promise<number | null>;
  /**
   * Durable when it resolves. May go back: a reader is then given the events again.
   * @param among whose the reader is: when these have too many positions, those that were moved least recently are forgotten
   */
  set(reader: string, room: RoomKey, seq: number, among?: Among): Promise<void>;
  /** Forgets every position of the reader. */
  forget(reader: string): Promise<void>;
  /** Forgets every position of every reader whose name begins with `prefix`, which is not empty. */
  forgetAll(prefix: string): Promise<void>;
}
