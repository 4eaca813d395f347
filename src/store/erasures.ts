/** Note that somebody was erased, without saying who: only somebody who knows the person's id already and has the store's key can tell. */
export interface NotedErasure {
  /** Time of the erasure, ms UTC. */
  readonly at: number;
  /** Stand-in for the person where something must stand; two erasures of one person have the same. */
  readonly pseudonym: string;
  /** Whether what the person did stays, under the pseudonym. */
  readonly keep: boolean;
  /** Digests, by the store's key, of what the person was known by. */
  readonly marks: readonly string[];
}

/** Erasures of this store, for what was received before one and is stored after it: frames that waited in a spool. */
export interface Erasures {
  /** Notes an erasure, in the place of an earlier one of the same person. */
  note(erasure: NotedErasure): Promise<void>;
  /** Returns all erasures, in no order. */
  list(): Promise<readonly NotedErasure[]>;
}
