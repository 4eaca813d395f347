import { randomUUID } from "node:crypto";
import type { FileHandle } from "node:fs/promises";
import type { AskedWork } from "../platform/access/work-visitor.js";
import type { Clock } from "../runtime/clock.js";
import { DyliveError } from "../runtime/errors.js";
import { fileFailure } from "../runtime/file-failure.js";
import { msg } from "../runtime/msg.js";
import { FairSemaphore } from "../runtime/semaphore.js";
import type { DownloadAsk, DownloadAuthor, DownloadRow } from "../store/sql/downloads.js";
import type { Store } from "../store/store.js";
import { type DownloadOptions, downloadWork, type SharedDownloads } from "./download.js";
import { DownloadStorage, removeFiles } from "./download-storage.js";
import { ExclusiveTasks } from "./exclusive-tasks.js";
import { foundWork } from "./found-work.js";
import type { DownloadFile, DownloadWish, KeptDownload } from "./model/download.js";
import { isQuality } from "./model/quality.js";
import type { Work } from "./model/work.js";
import type { WorkReader } from "./reader.js";
import type { WorkService } from "./work-service.js";

/** Dependencies of the service of downloads. */
interface DownloadServiceOptions {
  readonly works: Pick<WorkService, "readAsked">;
  readonly reader: Pick<WorkReader, "read">;
  readonly store: Pick<Store, "works" | "downloads" | "cluster">;
  /** The way to the platform. */
  readonly platform: DownloadOptions["platform"];
  /** Folder for the files, which is made when it is first needed. */
  readonly folder: string;
  /** Name of the process, or of its machine, by which people find the files. */
  readonly processName: string;
  /** Most bytes of one file, and of all that is in the folder. */
  readonly maxFileBytes: number;
  readonly maxBytes: number;
  readonly clock: Clock;
  /** Called with what is to be logged. */
  readonly tell: (line: string) => void;
  /** Called when a download failed, which its own reason tells to those who ask for it, or what is left of others could not be looked at. */
  readonly onError: (error: unknown, workId: string | null) => void;
}

/** Download as it is now. */
export interface DownloadStatus extends KeptDownload {
  /** Whether its files lie on the disk of this process. */
  readonly here: boolean;
}

/** File that was downloaded, open to be read. */
interface OpenFile extends Pick<DownloadFile, "sha256"> {
  readonly handle: FileHandle;
  /** Path in the folder of its work. */
  readonly name: string;
  readonly bytes: number;
}

/** Counts of this process, for its operator. */
export interface DownloadFigures {
  readonly waiting: number;
  readonly running: number;
  /** Downloads that ended since the start, by state. */
  readonly ended: Readonly<Record<string, number>>;
}

/** Download that is under way in this process. */
interface OpenDownload {
  readonly work: AskedWork;
  /** Its number in the store. */
  readonly n: number;
  state: KeptDownload;
  author: DownloadAuthor | null;
  readonly update: (state: KeptDownload) => void;
  readonly stop: AbortController;
}

/** Most downloads under way at a time: nearly all of them wait for the one page, or for their turn. */
const MOST_DOWNLOADS = 100;
const LOST = "its process ended before it did; it goes on when that is started again";

/**
 * Downloads of a server: of a work one at a time, in the process that was asked for it, on whose disk the files are. Two files are fetched at
 * once; a download that waits for its work to be read holds up no other. One whose process was killed goes on when it is started again.
 */
export class DownloadService {
  readonly #options: DownloadServiceOptions;
  readonly #storage: DownloadStorage;
  readonly #shared: SharedDownloads & { readonly allowance: { left: number } };
  readonly #tasks: ExclusiveTasks<KeptDownload>;
  readonly #ended = new Map<string, number>();
  #sweeping: Promise<readonly string[]> = Promise.resolve([]);
  #stopLooking: () => void = () => {};

  constructor(options: DownloadServiceOptions) {
    this.#options = options;
    this.#storage = new DownloadStorage(options.folder);
    const allowance = { left: options.maxBytes, perFile: options.maxFileBytes };
    this.#shared = { places: new FairSemaphore(2), allowance };
    this.#tasks = new ExclusiveTasks<KeptDownload>(options, {
      name: "download",
      most: MOST_DOWNLOADS,
      tooMany: msg`${MOST_DOWNLOADS} works are being downloaded`,
      stuck: (workId, seconds) => msg`the process that downloads ${workId} did not cancel it within ${seconds} s`,
      closed: msg`works are no longer downloaded`,
      stopped: CANCELLED,
    });
  }

  /** Goes on with downloads that an earlier process left in the folder, now and whenever there are some. Never rejects. */
  async goOn(): Promise<void> {
    this.#stopLooking = this.#options.clock.every(30_000, () => void this.#look());
    await this.#look();
  }

  /**
   * Starts a download of a work; gives the one that is under way, if that is the same.
   * @param askedBy name of the token that asks for it
   * @throws DyliveError in_use while the work is downloaded otherwise; too_many_works, stopping, file_failed; not_ready and others when the store
   *   does not answer
   */
  async start(work: AskedWork, wish: DownloadWish, askedBy: string): Promise<DownloadStatus> {
    const { clock, processName, store } = this.#options;
    const nothing = { state: "waiting", reason: null, bytes: 0, totalBytes: null, begunAt: null, endedAt: null } as const;
    const asked = { id: randomUUID(), workId: work.id, wish, askedBy, process: processName, createdAt: clock.now() };
    const { task, state } = await this.#tasks.start(
      work.id,
      (update, stop) => this.#run(work, { ...nothing, ...asked, files: [] }, null, update, stop),
      async () => {
        const row = await store.downloads.open(work.id);
        return row !== null && (await this.#tasks.isHeld(work.id)) ? row.download : null;
      },
    );
    assertSame(state, wish);
    return task === null ? this.get(state.id) : { ...state, here: true };
  }

  /** Returns a download as it is now. @throws DyliveError not_found */
  async get(id: string): Promise<DownloadStatus> {
    return this.#statusOf(await this.#row(id));
  }

  /** Returns downloads as they are now, those asked for last first, each with its number. */
  async list(ask: DownloadAsk): Promise<readonly { readonly n: number; readonly download: DownloadStatus }[]> {
    const rows = await this.#options.store.downloads.list(ask);
    return Promise.all(rows.map(async (row) => ({ n: row.n, download: await this.#statusOf(row) })));
  }

  /**
   * Opens a downloaded file, which the caller closes.
   * @throws DyliveError not_found where there is no such file, or it lies on the disk of another process; file_failed
   */
  async file(id: string, role: DownloadFile["role"], index: number): Promise<OpenFile> {
    const { here, files, workId, ...status } = await this.get(id);
    const found = files.find((file) => file.role === role && file.index === index);
    if (found === undefined || found.state !== "done")
      throw new DyliveError("not_found", msg`the download ${id} has no whole ${role} ${index}`);
    if (!here) throw new DyliveError("not_found", msg`the files of the download ${id} lie on the disk of ${status.process}`);
    const { name, bytes, sha256 } = found;
    const handle = name === null || bytes === null || bytes === 0 ? null : await this.#storage.open(workId, { name, bytes });
    if (handle === null || name === null || bytes === null)
      throw new DyliveError(
        "not_found",
        msg`the ${role} ${index} of the download ${id} is no longer on the disk, or not as it was downloaded`,
      );
    return { handle, name, bytes, sha256 };
  }

  /**
   * Cancels a download, if it is under way; what is there of it stays, and another one goes on with it.
   * @param remove whether it is forgotten, too, and its files are removed unless another download of the work has them
   * @returns it as it was at last
   * @throws DyliveError not_found; in_use when another process does not cancel it
   */
  async cancel(id: string, remove = false): Promise<DownloadStatus> {
    const row = await this.#row(id);
    if (row.download.endedAt === null) await this.#cancel(row);
    const left = await this.get(id);
    if (remove) {
      await this.#options.store.downloads.remove(row.n);
      await this.sweep();
    }
    return left;
  }

  /**
   * Removes the files of downloads that were removed, here or by an erasure or by age, as far as they are on this disk.
   * @returns paths of what could not be removed
   */
  sweep(): Promise<readonly string[]> {
    const next = this.#sweeping.then(() => this.#sweep());
    this.#sweeping = next.catch(() => []);
    return next;
  }

  /** Returns counts of this process. */
  figures(): DownloadFigures {
    const { all } = this.#tasks;
    const running = all.filter(({ state }) => state?.state === "running").length;
    return { waiting: all.length - running, running, ended: Object.fromEntries(this.#ended) };
  }

  /** Ends all downloads, which go on after the next start, and takes no more. */
  async close(): Promise<void> {
    this.#stopLooking();
    await this.#tasks.close();
    await this.#sweeping;
  }

  async #row(id: string): Promise<DownloadRow> {
    const row = await this.#options.store.downloads.get(id);
    if (row === null) throw new DyliveError("not_found", msg`there is no download ${id}`);
    return row;
  }

  async #statusOf({ folder, download }: DownloadRow): Promise<DownloadStatus> {
    const { id, workId, endedAt } = download;
    const here = folder === (await this.#storage.id());
    const state = this.#tasks.get(workId)?.state;
    if (state?.id === id) return { ...state, here };
    if (endedAt !== null || (await this.#tasks.isHeld(workId))) return { ...download, here };
    return { ...download, state: "stopped", reason: LOST, here };
  }

  async #cancel({ n, author, download: { id, workId } }: DownloadRow): Promise<void> {
    const { store, clock } = this.#options;
    const task = this.#tasks.get(workId);
    if (task !== undefined && (task.state === null || task.state.id === id)) return void (await this.#tasks.stop(workId));
    await this.#tasks.stopElsewhere(workId, async () => {
      const left = await store.downloads.get(id);
      if (left === null || left.download.endedAt !== null) return;
      // Its process is gone.
      const end = { state: "cancelled", reason: CANCELLED, endedAt: clock.now() } as const;
      await store.downloads.tell(n, { ...left.download, ...end }, author, clock.now());
    });
  }

  /** @param row the download as it is stored, if it goes on; null if it begins */
  async #run(
    work: AskedWork,
    download: KeptDownload,
    row: DownloadRow | null,
    update: (state: KeptDownload) => void,
    stop: AbortController,
  ): Promise<void> {
    const { store } = this.#options;
    const n = row?.n ?? (await store.downloads.begin(download, await this.#storage.make()));
    // One that goes on may have been ended or removed before its turn came.
    if (row !== null && (await store.downloads.get(download.id))?.download.endedAt !== null) return;
    update(download);
    await this.#download({ work, n, state: download, author: row?.author ?? null, update, stop });
  }

  async #download(open: OpenDownload): Promise<void> {
    const { store, works, clock, onError } = this.#options;
    const { work: asked, n, stop } = open;
    let saved = open.state;
    const stopSaving = clock.every(2_000, () => {
      if (saved !== open.state) void this.#save(open).catch(() => {});
      saved = open.state;
    });
    let end: Pick<KeptDownload, "state" | "reason"> & Partial<Pick<KeptDownload, "files">>;
    try {
      const { work } = await works.readAsked(asked, 600_000, stop.signal); // addresses of files live for hours
      open.author = authorOf(work);
      await this.#save(open);
      // An erasure goes through works first: whose author it took out before ours was stored is no longer there.
      if ((await store.works.get(work.id)) === null) await store.downloads.remove(n);
      await this.#save(open);
      stop.signal.throwIfAborted();
      end = await this.#fetch(open, work);
    } catch (error) {
      if (stop.signal.aborted) end = { state: "cancelled", reason: CANCELLED };
      else {
        onError(error, asked.id);
        if (error instanceof DyliveError && error.code === "erased") await store.downloads.remove(n); // it names a work of theirs
        // Other errors may name what is not for the caller, such as paths.
        end = { state: "failed", reason: error instanceof DyliveError ? error.message : "it failed; the log says why" };
      }
    } finally {
      stopSaving();
    }
    // One that the end of the process cuts off goes on after the next start.
    if (this.#tasks.closing.aborted && end.state === "cancelled") return void (await this.#save(open));
    const reason = end.reason?.replaceAll(this.#options.folder, "…") ?? null;
    const bytes = end.state === "done" ? bytesOf(end.files ?? []) : open.state.bytes;
    const totalBytes = end.state === "done" ? bytes : open.state.totalBytes;
    set(open, { ...end, reason, bytes, totalBytes, endedAt: clock.now() });
    if (await this.#save(open)) this.#ended.set(end.state, (this.#ended.get(end.state) ?? 0) + 1);
  }

  /** Stores how far a download is; one that was removed is stopped. @returns whether it is still stored */
  async #save({ n, state, author, stop }: OpenDownload): Promise<boolean> {
    const { store, clock } = this.#options;
    const isKept = await store.downloads.tell(n, state, author, clock.now());
    if (!isKept) stop.abort(new DyliveError("stopping", CANCELLED));
    return isKept;
  }

  async #fetch(open: OpenDownload, work: Work): Promise<Pick<KeptDownload, "state" | "reason" | "files">> {
    const { platform, reader, clock, tell, maxBytes } = this.#options;
    const { signal } = open.stop;
    const { quality, ...wish } = open.state.wish;
    this.#shared.allowance.left = maxBytes - (await this.#storage.bytes());
    await this.#storage.real(work.id).catch((error: unknown) => {
      throw fileFailure(error, msg`${this.#storage.of(work.id)} cannot be written`);
    });
    const { state, reason, files } = await downloadWork(
      work,
      {
        ...wish,
        ...{ id: open.state.id, folder: this.#storage.of(work.id), platform, clock, signal, tell },
        quality: isQuality(quality) ? quality : undefined,
        refresh: async (until) => foundWork(await reader.read(open.work, until)).work,
        onProgress: ({ bytes, totalBytes, files }) => {
          const isBegun = open.state.begunAt !== null || files.some((file) => file.state !== "waiting");
          const begun = isBegun ? { state: "running" as const, begunAt: open.state.begunAt ?? clock.now() } : {};
          set(open, { ...begun, bytes, totalBytes, files: [...files] });
        },
      },
      this.#shared,
    );
    return { state, reason: state === "cancelled" ? CANCELLED : reason, files };
  }

  /** Goes on with what other processes left, and removes what was removed. */
  async #look(): Promise<void> {
    try {
      const folder = await this.#storage.id();
      if (folder === null || this.#tasks.closing.aborted) return;
      await this.sweep();
      for (const row of await this.#options.store.downloads.openIn(folder)) {
        const { download } = row;
        const { workId: id } = download;
        if (this.#tasks.closing.aborted || this.#tasks.all.length >= MOST_DOWNLOADS) return;
        if (this.#tasks.get(id) === undefined)
          this.#tasks.begin(id, (update, stop) => this.#run({ id, page: null }, download, row, update, stop));
      }
    } catch (error) {
      if (!this.#tasks.closing.aborted) this.#options.onError(error, null);
    }
  }

  /** Counts downloads that were removed whose files are in other folders than this service's. */
  async filesElsewhere(): Promise<number> {
    return this.#options.store.downloads.removedElsewhere(await this.#storage.id());
  }

  #sweep(): Promise<readonly string[]> {
    const { downloads } = this.#options.store;
    return removeFiles(downloads, this.#storage, async ({ workId }, isWanted) => {
      const open = this.#tasks.get(workId)?.state;
      if (open != null && (await downloads.get(open.id)) === null) await this.#tasks.stop(workId);
      return this.#storage.remove(workId, isWanted);
    });
  }
}

const CANCELLED = "it was cancelled";

function set(open: OpenDownload, more: Partial<KeptDownload>): void {
  open.state = { ...open.state, ...more };
  open.update(open.state);
}

/** @throws DyliveError in_use */
function assertSame({ id, workId, wish }: KeptDownload, other: DownloadWish): void {
  const same = (Object.keys(other) as (keyof DownloadWish)[]).every((key) => wish[key] === other[key]);
  if (!same) throw new DyliveError("in_use", msg`the work ${workId} is being downloaded as something else was asked for: ${id}`);
}

function authorOf({ author: { id, secUid, displayId, shortId, nickname } }: Work): DownloadAuthor {
  return { id, secUid, displayId, shortId, nickname };
}

function bytesOf(files: readonly DownloadFile[]): number {
  return files.reduce((sum, { role, bytes }) => sum + (role === "meta" ? 0 : (bytes ?? 0)), 0);
}
