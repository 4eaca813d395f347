import { existsSync, readdirSync } from "node:fs";
import { resolve } from "node:path";
import { DyliveError } from "../runtime/errors.js";
import { type MsgOrText, msg } from "../runtime/msg.js";
import type { EraseReport } from "./erase.js";
import { type Identity, unknownPerson } from "./identity.js";

/** Counts of what was taken out of the raw recordings. */
interface RecordingsErased {
  /** Files that were written again, or removed. */
  readonly files: number;
  /** Messages that named the person, out of frames that stay. */
  readonly messages: number;
  /** Whole frames: they named the person beside their messages, or cannot be read. */
  readonly frames: number;
  /** Paths of files that could not be reached since they are being written to. */
  readonly open: readonly string[];
  /** Paths of files that failed, with why. */
  readonly failed: readonly string[];
}

/** Takes a person out of each place where they are kept. */
interface ErasePlaces {
  /** Takes them out of the log and what is made of it. @throws DyliveError not_found when no one in the log is known so */
  log(): Promise<EraseReport>;
  /** Takes them out of what was recorded as it came. */
  recordings(identity: Identity): Promise<RecordingsErased>;
  /** Removes the files of their works that were downloaded. @returns paths of what could not be removed */
  files(): Promise<readonly string[]>;
  /** Counts downloads that were removed whose files are in folders which cannot be reached from here. */
  filesElsewhere(): Promise<number>;
}

/** Report of an erasure in all places. */
export interface Erasure extends EraseReport {
  readonly recordings: RecordingsErased;
  /** Paths of downloaded files of theirs that could not be removed. */
  readonly filesLeft: readonly string[];
  /** Number of downloads whose files are in folders of others, or in one that is not configured here. */
  readonly filesElsewhere: number;
}

/**
 * Takes a person out of the log, and then out of the raw recordings by all that the log knew them by. When no one in the log is known so, what
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
  const filesLeft = report.works.downloads === 0 ? [] : await places.files();
  const filesElsewhere = report.works.downloads === 0 ? 0 : await places.filesElsewhere();
  const recordings = await places.recordings(report.identity);
  if (unknown !== null && recordings.messages + recordings.frames === 0) throw unknown;
  return { ...report, recordings, filesLeft, filesElsewhere };
}

/** Makes the report of an erasure that found no one in the log: nothing is known of the person but `user`. */
function nothingErased(user: string): EraseReport {
  const works = { works: 0, comments: 0, watches: 0, downloads: 0, changed: 0, kept: 0 };
  return { identity: unknownPerson(user), pseudonym: "", erased: 0, dropped: 0, changed: 0, kept: 0, anchorOf: [], rooms: [], works };
}

/** File in the data folder that holds what people did, which no erasure changes. */
const ASIDE = "refused.jsonl";

/**
 * Lists what still holds an erased person, as far as can be seen from here.
 * @param data path of the data folder
 * @param elsewhere whether other processes keep recordings in folders of their own
 */
export function remainingTraces(data: string, erasure: Erasure, elsewhere: boolean): readonly MsgOrText[] {
  const { anchorOf, kept, recordings, works, filesLeft, filesElsewhere } = erasure;
  const folder = resolve(data);
  const backups = readdirSync(folder).filter((name) => name.endsWith(".backup"));
  return [
    msg`backups${backups.length > 0 ? msg`, such as ${backups.map((name) => resolve(folder, name)).join(", ")}` : ""}`,
    msg`exports and recordings that were made before`,
    msg`files beside recordings (dylive sidecar): once removed, they are made again without them while their recording is there`,
    msg`what webhooks and readers of the API were given before`,
    ...[resolve(folder, ASIDE)].filter(existsSync),
    ...recordings.open.map((path) => msg`${path}, which is being written to: erase them again when it is closed`),
    ...recordings.failed,
    ...(elsewhere
      ? [
          msg`raw recordings in the data folders of other processes`,
          msg`old versions of rows in PostgreSQL's files, write-ahead log, archives and replicas: docs/scale.md`,
        ]
      : []),
    ...anchorOf.map((room) => msg`what is known of them as the anchor of room ${room}`),
    ...filesLeft.map((path) => msg`${path}, whose files are in use or cannot be removed: the server goes on trying`),
    ...(works.works + works.downloads > 0 ? [msg`lines of the servers' logs that have ids of their works`] : []),
    ...(works.works + works.downloads > 0
      ? [
          msg`comments of others under their works, if any were collected: what others wrote stays, with the ids of these works, which lead to their author`,
        ]
      : []),
    ...(works.works > 0 ? [msg`files of their works that dylive download or the library brought, in whatever folder`] : []),
    ...(filesElsewhere > 0
      ? [
          msg`files of ${filesElsewhere} downloads in other folders or on other machines (DYLIVE_DOWNLOADS): the servers that have them remove them within half a minute of running`,
        ]
      : []),
    ...(works.changed + works.kept > 0 ? [msg`names, .meta.json and music of downloaded works of others that name them`] : []),
    ...(works.kept > 0 ? [msg`the ${works.kept} works and comments of others`] : []),
    ...(kept > 0 ? [msg`the ${kept} chats of others`] : []),
    msg`what they do from now on: it is collected again`,
  ];
}

/**
 * Lists what still holds a room or broadcast that was deleted, as far as can be seen from here.
 * @param data path of the data folder
 * @param elsewhere whether other processes keep recordings in folders of their own
 */
export function deletionLeaves(data: string, elsewhere: boolean): readonly MsgOrText[] {
  const folder = resolve(data);
  return [
    msg`backups`,
    msg`exports and recordings that were made before, and files beside recordings (dylive sidecar)`,
    msg`what webhooks and readers of the API were given before`,
    ...[resolve(folder, ASIDE)].filter(existsSync),
    ...(elsewhere ? [msg`raw recordings in the data folders of other processes, until those have looked: ten minutes`] : []),
    msg`bytes of the database's files that are free and not written over yet`,
  ];
}
