import type { Person } from "../../works/model/author.js";
import type { KeptDownload } from "../../works/model/download.js";
import { expireSome, row, rows, run, type SqlDatabase } from "./work.js";

/** Parts of a person by which they are known. */
export type DownloadAuthor = Pick<Person, "id" | "secUid" | "displayId" | "shortId" | "nickname">;

/** A download as it is kept. */
export interface DownloadRow {
  /** Its number: higher than that of every download before it. */
  readonly n: number;
  /** Id of the folder that its files are in, of one process or of several. */
  readonly folder: string;
  /** Author of its work; null before the work was read. */
  readonly author: DownloadAuthor | null;
  readonly download: KeptDownload;
}

/** Download that is no longer kept, whose files are still to be removed. */
export interface RemovedDownload {
  readonly n: number;
  readonly workId: string;
  /** Whether another download of the work is kept whose files are in the same folder. */
  readonly shared: boolean;
}

/** Downloads that are asked for, newest first. */
export interface DownloadAsk {
  readonly workId?: string;
  /** Only those before the one with this number. */
  readonly before?: number;
  readonly limit: number;
}

/** Downloads of a store. */
export type Downloads = ReturnType<typeof sqlDownloads>;

/** Downloads that are removed in one step. */
const STEP_DOWNLOADS = 200;
const COLUMNS = "n, folder, author, body";

interface StoredDownload {
  readonly n: number;
  readonly folder: string;
  readonly author: string | null;
  readonly body: string;
}

/** Returns the downloads of a database. */
export function sqlDownloads({ dialect, ask, lane }: SqlDatabase) {
  const write = lane();
  return {
    /** Keeps a download that begins. Others of its work that have no end lost their process: they are marked as stopped. @returns its number */
    begin: (begun: KeptDownload, folder: string): Promise<number> =>
      write(function* () {
        const lost = yield* rows<StoredDownload & { at: number }>(
          `SELECT ${COLUMNS}, reported_at AS "at" FROM downloads WHERE work_id = $1 AND ended_at IS NULL AND removed = 0`,
          begun.workId,
        );
        for (const one of lost) {
          const { download } = rowOf(one);
          const end = { state: "stopped", reason: "its process ended before it did", endedAt: one.at } as const;
          const sql = "UPDATE downloads SET ended_at = $2, body = $3 WHERE n = $1";
          yield* run(sql, one.n, one.at, JSON.stringify({ ...download, ...end } satisfies KeptDownload));
        }
        const made = yield* row<{ n: number }>(
          `INSERT INTO downloads(id, work_id, folder, author, reported_at, ended_at, removed, body)
           VALUES ($1, $2, $3, NULL, $4, $5, 0, $6) RETURNING n`,
          ...[begun.id, begun.workId, folder, begun.createdAt, begun.endedAt, JSON.stringify(begun)],
        );
        return made?.n ?? 0;
      }),
    /** Keeps how far a download is at a time, ms UTC. @returns whether it is still kept */
    tell: (n: number, download: KeptDownload, author: DownloadAuthor | null, at: number): Promise<boolean> =>
      write(function* () {
        const sql =
          "UPDATE downloads SET reported_at = $2, ended_at = $3, author = $4, body = $5, seen_at = NULL WHERE n = $1 AND removed = 0";
        const kept = author === null ? null : JSON.stringify(author);
        return (yield* run(sql, n, at, download.endedAt, kept, JSON.stringify(download))) > 0;
      }),
    /** Returns a download by its id; null when it is not kept. */
    get: (id: string): Promise<DownloadRow | null> =>
      ask(function* () {
        const found = yield* row<StoredDownload>(`SELECT ${COLUMNS} FROM downloads WHERE id = $1 AND removed = 0`, id);
        return found === undefined ? null : rowOf(found);
      }),
    /** Returns the download of a work that has no end; null when there is none. */
    open: (workId: string): Promise<DownloadRow | null> =>
      ask(function* () {
        const sql = `SELECT ${COLUMNS} FROM downloads WHERE work_id = $1 AND ended_at IS NULL AND removed = 0 ORDER BY n DESC LIMIT 1`;
        const found = yield* row<StoredDownload>(sql, workId);
        return found === undefined ? null : rowOf(found);
      }),
    /** Returns the downloads of a folder that have no end, the oldest first. */
    openIn: (folder: string): Promise<readonly DownloadRow[]> =>
      ask(function* () {
        const sql = `SELECT ${COLUMNS} FROM downloads WHERE folder = $1 AND ended_at IS NULL AND removed = 0 ORDER BY n`;
        return (yield* rows<StoredDownload>(sql, folder)).map(rowOf);
      }),
    /** Returns downloads, those asked for last first. */
    list: ({ workId, before, limit }: DownloadAsk): Promise<readonly DownloadRow[]> =>
      ask(function* () {
        const given = [limit, ...(workId === undefined ? [] : [workId]), ...(before === undefined ? [] : [before])];
        const of = workId === undefined ? "" : "AND work_id = $2";
        const from = before === undefined ? "" : `AND n < ${workId === undefined ? "$2" : "$3"}`;
        const found = yield* rows<StoredDownload>(
          `SELECT ${COLUMNS} FROM downloads WHERE removed = 0 ${of} ${from} ORDER BY n DESC LIMIT $1`,
          ...given,
        );
        return found.map(rowOf);
      }),
    /** Returns all downloads in the order of their numbers, from after one on. */
    walk: (after: number, limit: number): Promise<readonly DownloadRow[]> =>
      ask(function* () {
        const sql = `SELECT ${COLUMNS} FROM downloads WHERE n > $1 AND removed = 0 ORDER BY n LIMIT $2`;
        return (yield* rows<StoredDownload>(sql, after, limit)).map(rowOf);
      }),
    /** Removes a download: nothing is left but that its files are to be removed. */
    remove: (n: number): Promise<void> =>
      write(function* () {
        yield* run(`${REMOVE} WHERE n = $1`, n);
      }),
    /** Removes the downloads of a work. @returns how many */
    removeOf: (workId: string): Promise<number> =>
      write(function* () {
        return yield* run(`${REMOVE} WHERE work_id = $1 AND removed = 0`, workId);
      }),
    /** Removes some of the downloads that were not saved since a time, ms UTC, as {@link expireSome} says. @returns whether there may be more */
    expire: (before: number, now: number): Promise<boolean> =>
      write(() => {
        const of = { table: "downloads", keys: "n", time: "reported_at", how: REMOVE };
        return expireSome(dialect, of, { before, now, most: STEP_DOWNLOADS, also: "AND removed = 0" });
      }),
    /** Returns some of the removed downloads whose files are still in a folder. */
    removedIn: (folder: string): Promise<readonly RemovedDownload[]> =>
      ask(function* () {
        const found = yield* rows<{ n: number; workId: string; others: number }>(
          `SELECT d.n AS "n", d.work_id AS "workId",
             (SELECT COUNT(*) FROM downloads o WHERE o.work_id = d.work_id AND o.folder = d.folder AND o.removed = 0) AS "others"
           FROM downloads d WHERE d.folder = $1 AND d.removed = 1 ORDER BY d.n LIMIT $2`,
          ...[folder, STEP_DOWNLOADS],
        );
        return found.map(({ n, workId, others }) => ({ n, workId, shared: others > 0 }));
      }),
    /** Returns whether a download of a work is kept whose files are in a folder. */
    isKeptIn: (folder: string, workId: string): Promise<boolean> =>
      ask(function* () {
        const sql = "SELECT n FROM downloads WHERE work_id = $1 AND folder = $2 AND removed = 0 LIMIT 1";
        return (yield* row<{ n: number }>(sql, workId, folder)) !== undefined;
      }),
    /** Counts downloads that were removed and whose files are still to be, in other folders than this one (null: in all): no other has them. */
    removedElsewhere: (folder: string | null): Promise<number> =>
      ask(function* () {
        const sql = `SELECT COUNT(*) AS "others" FROM downloads d WHERE d.removed = 1 AND d.folder <> $1 AND NOT EXISTS
          (SELECT 1 FROM downloads o WHERE o.work_id = d.work_id AND o.folder = d.folder AND o.removed = 0)`;
        return (yield* row<{ others: number }>(sql, folder ?? ""))?.others ?? 0;
      }),
    /** Forgets removed downloads whose files are gone. */
    forget: (n: number): Promise<void> =>
      write(function* () {
        yield* run("DELETE FROM downloads WHERE n = $1 AND removed = 1", n);
      }),
  };
}

const REMOVE = "UPDATE downloads SET removed = 1, author = NULL, body = ''";

function rowOf({ n, folder, author, body }: StoredDownload): DownloadRow {
  return {
    n,
    folder,
    author: author === null ? null : (JSON.parse(author) as DownloadAuthor),
    download: JSON.parse(body) as KeptDownload,
  };
}
