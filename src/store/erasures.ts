/** That somebody was erased, without saying who: nobody is told from it whose id is not known already, and who has not the store's key. */
export interface NotedErasure {
  /** When, ms UTC. */
  readonly at: number;
  /** Stands for the person where something must; two erasures of one person have the same. */
  readonly pseudonym: string;
  /** Whether what they did stays, under the pseudonym. */
  readonly keep: boolean;
  /** Digests, by the store's key, of what the person was known by. */
  readonly marks: readonly string[];
}

/** The erasures of this store, for what was received before one and is stored after it: frames that waited in a spool. */
export interface Erasures {
  /** Notes one, in the place of an earlier one of the same person. */
  note(erasure: NotedErasure): Promise<void>;
  /** All of them, in no order. */
  list(): Promise<readonly NotedErasure[]>;
}

/** The name in `meta` under which an erasure is noted. */
export function erasureKey({ pseudonym }: NotedErasure): string {
  return `${ERASED}${pseudonym}`;
}

/** What the names of all of them in `meta` begin with. */
export const ERASED = "erased:";
