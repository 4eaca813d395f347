import type { RoomKey } from "./log.js";

/** Readers of one owner, of whose positions only so many are kept. */
export interface Among {
  /** Prefix of the names of all of them. */
  readonly prefix: string;
  /** Most positions that are kept of them together. */
  readonly most: number;
}

/**
 * Share of the positions that is forgotten at once when there are too many, so that an owner who makes up names has it worked out seldom.
 */
const SHED = 0.1;

/** Returns how many positions are to be forgotten when there are `count`. */
export function surplus(count: number, { most }: Among): number {
  return count <= most ? 0 : count - most + Math.floor(most * SHED);
}

/**
 * Position of each reader (a token's client, a hook, a named subscription) in each room: everything with seq ≤ position was handed over.
 */
export interface Positions {
  get(reader: string, room: RoomKey): Promise<number | null>;
  /**
   * Sets a position, which is durable when it resolves. It may go back: a reader is then given the events again.
   * @param among the readers that this one belongs to: when these have too many positions, those that were moved least recently are
   * forgotten
   */
  set(reader: string, room: RoomKey, seq: number, among?: Among): Promise<void>;
  /** Forgets every position of the reader. */
  forget(reader: string): Promise<void>;
  /** Forgets every position of every reader whose name begins with `prefix`, which is not empty. */
  forgetAll(prefix: string): Promise<void>;
}
