import { DyliveError } from "../runtime/errors.js";
import type { EraseReport } from "./erase.js";
import { type Identity, unknownPerson } from "./identity.js";

/** Counts of what was taken out of the raw recordings. */
export interface RecordingsErased {
  /** Files that were written anew, or removed. */
  readonly files: number;
  /** Messages that named the person, out of frames that stay. */
  readonly messages: number;
  /** Whole frames: they named the person beside their messages, or nobody can read them. */
  readonly frames: number;
  /** Paths of files that could not be reached since they are being written to. */
  readonly open: readonly string[];
  /** Paths of files that failed, with why. */
  readonly failed: readonly string[];
}

/** Takes a person out of each place where they are kept. */
interface ErasePlaces {
  /** Takes them out of the log and what is made of it. @throws DyliveError not_found when nobody in the log is known so */
  log(): Promise<EraseReport>;
  /** Takes them out of what was recorded as it came. */
  recordings(identity: Identity): Promise<RecordingsErased>;
}

/** Report of an erasure in all places. */
export interface Erasure extends EraseReport {
  readonly recordings: RecordingsErased;
}

/**
 * Takes a person out of the log, and then out of the raw recordings by all that the log knew them by. When nobody in the log is known so, what
 * was asked for is looked for in the recordings all the same: they may be older than what is left of the log.
 * @throws DyliveError not_found when the person is in neither
 */
export async function eraseEverywhere(user: string, places: ErasePlaces): Promise<Erasure> {
  let report: EraseReport;
  let unknown: DyliveError | null = null;
  try {
    report = await places.log();
  } catch (error) {
    if (!(error instanceof DyliveError) || error.code !== "not_found") throw error;
    unknown = error;
    report = nothingErased(user);
  }
  const recordings = await places.recordings(report.identity);
  if (unknown !== null && recordings.messages + recordings.frames === 0) throw unknown;
  return { ...report, recordings };
}

/** Makes the report of an erasure that found nobody in the log: nothing is known of the person but `user`. */
function nothingErased(user: string): EraseReport {
  return { identity: unknownPerson(user), pseudonym: "", erased: 0, dropped: 0, changed: 0, kept: 0, anchorOf: [], rooms: [], note: "" };
}
