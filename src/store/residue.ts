/** Progress of the overwriting, in pages of the file. */
export interface Wiped {
  /** Pages that were looked through. */
  readonly pages: number;
  /** Pages that there are. */
  readonly of: number;
}

/** Erasure that was begun and has not come to its end. */
interface OpenErasure {
  readonly note: string;
  /** Whether everything of the person is out of what is kept, so that only what it left in the file is still to be overwritten. */
  readonly settled: boolean;
}

/**
 * Remains of text that is no longer kept, in the store's files. An erasure is noted in the store from before its first change until nothing
 * of the person is left: a process that dies in between leaves the note, by which the next one knows.
 */
export interface Residue {
  /** Notes that a person is about to be erased. @returns the note's name; a later note takes the place of an earlier one */
  begin(): Promise<string>;
  /** Notes that what is kept names the person no more. */
  settle(note: string): Promise<void>;
  /**
   * Overwrites what is left in the next part of the file; this takes some 10 ms, for which the write lock is held.
   * @param after `pages` of the last call; 0 begins
   * @returns null when there is nothing more to overwrite
   * @throws DyliveError in_use when somebody reads an old state of the file for so long that it cannot be overwritten
   */
  wipe(after: number): Promise<Wiped | null>;
  /** Takes the note away, unless another one took its place. */
  end(note: string): Promise<void>;
  /** Returns the erasure that is noted; null when there is none. */
  open(): Promise<OpenErasure | null>;
}

/**
 * Residue of a store whose files are not ours to overwrite: a store in memory has none, and those of PostgreSQL are its server's (old
 * versions of rows until their place is used again, its write-ahead log, archives, replicas).
 */
export const NOTHING_LEFT: Residue = {
  begin: async () => "",
  settle: async () => {},
  wipe: async () => null,
  end: async () => {},
  open: async () => null,
};
