import { randomUUID } from "node:crypto";
import type { FileHandle } from "node:fs/promises";
import type { AskedWork } from "../platform/access/work-visitor.js";
import { type Clock, within } from "../runtime/clock.js";
import { DyliveError } from "../runtime/errors.js";
import { fileFailure } from "../runtime/file-failure.js";
import { msg } from "../runtime/msg.js";
import { FairSemaphore } from "../runtime/semaphore.js";
import type { DownloadAsk, DownloadAuthor, DownloadRow } from "../store/sql/downloads.js";
import type { Store } from "../store/store.js";
import { type DownloadOptions, downloadWork, type SharedDownloads } from "./download.js";
import { DownloadStorage, removeFiles } from "./download-storage.js";
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
  readonly stop: AbortController;
  /** Fulfilled with whether it has begun, or with false where another process is at the work; fails when it could not be begun. */
  readonly begun: Promise<boolean>;
  readonly ended: Promise<void>;
  n: number | null;
  latest: KeptDownload;
  /** Whether it was removed meanwhile: there is nothing more to keep of it. */
  isRemoved: boolean;
}

/** Files that are fetched at once, of all works. */
const AT_ONCE = 2;
/** Downloads under way at a time: nearly all of them wait for the one page, or for their turn. */
const MOST_DOWNLOADS = 100;
/** Age up to which a work that is kept will do, in ms: addresses of files live for hours. */
const WORK_MAX_AGE_MS = 600_000;
/** Time between two writings of how far a download is, in ms; between its files it is told at once. */
const TELL_MS = 2_000;
/** Time between looks at what other processes left or removed, in ms. */
const LOOK_MS = 30_000;
/** Pause before another look at a work whose download just ends or begins in another process, in ms. */
const AGAIN_MS = 50;
/** Longest wait for another process that is told to cancel its download, in ms. */
const CANCEL_WITHIN_MS = 30_000;
const LOST = "its process ended before it did; it goes on when that is started again";

/**
 * Downloads of a server: of a work one at a time, in the process that was asked for it, on whose disk the files are. Two files are fetched at
 * once; a download that waits for its work to be read holds up no other. One whose process was killed goes on when it is started again.
 */
export class DownloadService {
  readonly #options: DownloadServiceOptions;
  readonly #storage: DownloadStorage;
  readonly #shared: SharedDownloads & { readonly allowance: { left: number } };
  readonly #open = new Map<string, OpenDownload>();
  readonly #ended = new Map<string, number>();
  readonly #closing = new AbortController();
  /** Place for one measure at a time: what is fetched beside it is taken off, and another measure would be taken for that. */
  readonly #measuring = new FairSemaphore(1);
  #sweeping: Promise<readonly string[]> = Promise.resolve([]);
  #stopLooking: () => void = () => {};

  constructor(options: DownloadServiceOptions) {
    this.#options = options;
    this.#storage = new DownloadStorage(options.folder);
    const allowance = { left: options.maxBytes, perFile: options.maxFileBytes };
    this.#shared = { places: new FairSemaphore(AT_ONCE), allowance };
  }

  /** Goes on with downloads that an earlier process left in the folder, now and whenever there are some. Never rejects. */
  async goOn(): Promise<void> {
    this.#stopLooking = this.#options.clock.every(LOOK_MS, () => void this.#look());
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
    const { signal } = this.#closing;
    for (;;) {
      signal.throwIfAborted();
      const nothing = { state: "waiting", reason: null, files: [], bytes: 0, totalBytes: null, begunAt: null, endedAt: null } as const;
      const asked = { id: randomUUID(), workId: work.id, wish, askedBy, process: processName, createdAt: clock.now() };
      const open = this.#open.get(work.id) ?? this.#begin(work, { ...nothing, ...asked, files: [] }, null);
      assertSame(open.latest, wish);
      if (await open.begun) return { ...open.latest, here: true };
      await open.ended;
      const row = await store.downloads.open(work.id);
      if (row !== null && (await this.#isElsewhere(work.id))) {
        assertSame(row.download, wish);
        return this.#statusOf(row);
      }
      await clock.sleep(AGAIN_MS, signal);
    }
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
    const all = [...this.#open.values()];
    const running = all.filter(({ latest }) => latest.state === "running").length;
    return { waiting: all.length - running, running, ended: Object.fromEntries(this.#ended) };
  }

  /** Ends all downloads, which go on after the next start, and takes no more. */
  async close(): Promise<void> {
    this.#stopLooking();
    this.#closing.abort(new DyliveError("stopping", "works are no longer downloaded"));
    const all = [...this.#open.values()];
    for (const { stop } of all) stop.abort(this.#closing.signal.reason);
    await Promise.all(all.map(({ ended }) => ended));
    await this.#sweeping;
  }

  async #row(id: string): Promise<DownloadRow> {
    const row = await this.#options.store.downloads.get(id);
    if (row === null) throw new DyliveError("not_found", msg`there is no download ${id}`);
    return row;
  }

  async #statusOf({ n, folder, download }: DownloadRow): Promise<DownloadStatus> {
    const { workId, endedAt } = download;
    const here = folder === (await this.#storage.id());
    const open = this.#open.get(workId);
    if (open?.n === n) return { ...open.latest, here };
    // Also one that has begun here, which we have not been told of yet.
    if (endedAt !== null || open !== undefined || (await this.#isElsewhere(workId))) return { ...download, here };
    return { ...download, state: "stopped", reason: LOST, here };
  }

  async #isElsewhere(workId: string): Promise<boolean> {
    return (await this.#options.store.cluster?.locks.isHeld(lockOf(workId))) === true;
  }

  async #cancel({ n, author, download }: DownloadRow): Promise<void> {
    const { store, clock } = this.#options;
    const open = this.#open.get(download.workId);
    if (open !== undefined && (open.n === n || open.n === null)) {
      open.stop.abort(cancelled());
      return open.ended;
    }
    const until = within(this.#closing.signal, CANCEL_WITHIN_MS);
    let giveUp: (() => Promise<void>) | undefined;
    try {
      // The process that has it ends it as soon as somebody waits.
      giveUp = await store.cluster?.locks.take(lockOf(download.workId), () => {}, until);
      const left = await store.downloads.get(download.id);
      if (left === null || left.download.endedAt !== null) return;
      // Its process is gone: there is nobody else to tell its end.
      const end = { state: "cancelled", reason: CANCELLED, endedAt: clock.now() } as const;
      await store.downloads.tell(n, { ...left.download, ...end }, author, clock.now());
    } catch (error) {
      if (!until.aborted || this.#closing.signal.aborted) throw error;
      throw new DyliveError(
        "in_use",
        msg`the process that downloads ${download.workId} did not cancel it within ${CANCEL_WITHIN_MS / 1000} s`,
      );
    } finally {
      await giveUp?.();
    }
  }

  #begin(work: AskedWork, download: KeptDownload, row: DownloadRow | null): OpenDownload {
    if (this.#open.size >= MOST_DOWNLOADS) throw new DyliveError("too_many_works", msg`${MOST_DOWNLOADS} works are being downloaded`);
    let begin: (isHere: boolean) => void = () => {};
    const first = new Promise<boolean>((resolve) => {
      begin = resolve;
    });
    // It waits for the first turn, and finds its own record then.
    const run = Promise.resolve().then(() => this.#run(open, row, () => begin(true)));
    const ended = run
      .then(
        () => {},
        (error: unknown) => this.#options.onError(error, work.id),
      )
      .finally(() => {
        this.#open.delete(work.id);
        if (open.isRemoved) void this.#look();
      });
    const begun = Promise.race([first, run]);
    begun.catch(() => {}); // one that goes on has nobody who waits for it
    const open: OpenDownload = { work, stop: new AbortController(), begun, ended, n: row?.n ?? null, latest: download, isRemoved: false };
    this.#open.set(work.id, open);
    return open;
  }

  /** Downloads a work where no other process does. @returns whether it has */
  async #run(open: OpenDownload, row: DownloadRow | null, onBegun: () => void): Promise<boolean> {
    const { store } = this.#options;
    const giveUp = await store.cluster?.locks.tryTake(lockOf(open.work.id), () => open.stop.abort(cancelled()));
    if (giveUp === null) return false;
    try {
      if (row === null) open.n = await store.downloads.begin(open.latest, await this.#storage.make());
      // Another process may have ended it, or somebody removed it, before its turn came.
      else if ((await store.downloads.get(row.download.id))?.download.endedAt !== null) return true;
      onBegun();
      await this.#download(open, open.n ?? 0, row?.author ?? null);
      return true;
    } finally {
      await giveUp?.();
    }
  }

  async #download(open: OpenDownload, n: number, author: DownloadAuthor | null): Promise<void> {
    const { store, works, clock, onError } = this.#options;
    const { work: asked, stop } = open;
    const writer = new StatusWriter(clock, async (by) => {
      if (await store.downloads.tell(n, open.latest, by, clock.now())) return;
      open.isRemoved = true;
      stop.abort(cancelled());
    });
    let end: Pick<KeptDownload, "state" | "reason"> & Partial<Pick<KeptDownload, "files">>;
    try {
      const { work } = await works.readAsked(asked, WORK_MAX_AGE_MS, stop.signal);
      writer.author = authorOf(work);
      await writer.write();
      // An erasure goes through works first: whose author it took out before ours was told is no longer there.
      if ((await store.works.get(work.id)) === null) await store.downloads.remove(n);
      await writer.write();
      stop.signal.throwIfAborted();
      end = await this.#fetch(open, work, writer);
    } catch (error) {
      writer.author ??= author;
      if (stop.signal.aborted) end = { state: "cancelled", reason: CANCELLED };
      else {
        onError(error, asked.id);
        if (error instanceof DyliveError && error.code === "erased") await store.downloads.remove(n); // it names a work of theirs
        // What is no error of ours to tell may name what is nobody's business, such as paths.
        end = { state: "failed", reason: error instanceof DyliveError ? error.message : "it failed; the log says why" };
      }
    }
    // One that the end of the process cuts off goes on after the next start.
    const isLeft = this.#closing.signal.aborted && end.state === "cancelled";
    if (isLeft || open.isRemoved) return void (await writer.settled());
    const reason = end.reason?.replaceAll(this.#options.folder, "…") ?? null;
    const bytes = end.state === "done" ? bytesOf(end.files ?? []) : open.latest.bytes;
    const totalBytes = end.state === "done" ? bytes : open.latest.totalBytes;
    open.latest = { ...open.latest, ...end, reason, bytes, totalBytes, endedAt: clock.now() };
    await writer.write();
    this.#ended.set(end.state, (this.#ended.get(end.state) ?? 0) + 1);
  }

  async #fetch(open: OpenDownload, work: Work, writer: StatusWriter): Promise<Pick<KeptDownload, "state" | "reason" | "files">> {
    const { platform, reader, clock, tell } = this.#options;
    const { signal } = open.stop;
    const { quality, ...wish } = open.latest.wish;
    await this.#measure();
    await this.#storage.real(work.id).catch((error: unknown) => {
      throw fileFailure(error, msg`${this.#storage.of(work.id)} cannot be written`);
    });
    const { state, reason, files } = await downloadWork(
      work,
      {
        ...wish,
        ...{ id: open.latest.id, folder: this.#storage.of(work.id), platform, clock, signal, tell },
        quality: isQuality(quality) ? quality : undefined,
        refresh: async (until) => foundWork(await reader.read(open.work, until)).work,
        onProgress: ({ bytes, totalBytes, files }) => {
          const isBegun = open.latest.begunAt !== null || files.some((file) => file.state !== "waiting");
          const begun = isBegun ? { state: "running" as const, begunAt: open.latest.begunAt ?? clock.now() } : {};
          const before = statesOf(open.latest.files);
          open.latest = { ...open.latest, ...begun, bytes, totalBytes, files: [...files] };
          writer.writeSoon(statesOf(files) !== before);
        },
      },
      this.#shared,
    );
    return { state, reason: state === "cancelled" ? CANCELLED : reason, files };
  }

  /** Counts what may still be fetched: what others fetch meanwhile is taken off. */
  #measure(): Promise<void> {
    return this.#measuring.run(async () => {
      const { allowance } = this.#shared;
      const before = allowance.left;
      const there = await this.#storage.bytes();
      allowance.left = this.#options.maxBytes - there - (before - allowance.left);
    });
  }

  /** Goes on with what other processes left, and removes what was removed. */
  async #look(): Promise<void> {
    try {
      const folder = await this.#storage.id();
      if (folder === null || this.#closing.signal.aborted) return;
      await this.sweep();
      for (const row of await this.#options.store.downloads.openIn(folder)) {
        const { workId } = row.download;
        if (this.#closing.signal.aborted || this.#open.size >= MOST_DOWNLOADS) return;
        if (!this.#open.has(workId)) this.#begin({ id: workId, page: null }, row.download, row);
      }
    } catch (error) {
      if (!this.#closing.signal.aborted) this.#options.onError(error, null);
    }
  }

  /** Counts downloads that were removed whose files are in other folders than this service's. */
  async filesElsewhere(): Promise<number> {
    return this.#options.store.downloads.removedElsewhere(await this.#storage.id());
  }

  #sweep(): Promise<readonly string[]> {
    return removeFiles(this.#options.store.downloads, this.#storage, async ({ n, workId }, isWanted) => {
      const open = this.#open.get(workId);
      if (open?.n === n) {
        open.isRemoved = true;
        open.stop.abort(cancelled());
        await open.ended;
      }
      return this.#storage.remove(workId, isWanted);
    });
  }
}

const CANCELLED = "it was cancelled";

/** Writes how far a download is, one time after the other, and not too often. */
class StatusWriter {
  author: DownloadAuthor | null = null;
  readonly #clock: Clock;
  readonly #write: (author: DownloadAuthor | null) => Promise<void>;
  #last: Promise<void> = Promise.resolve();
  #writtenAt = Number.NEGATIVE_INFINITY;
  #isWaiting = false;

  constructor(clock: Clock, write: (author: DownloadAuthor | null) => Promise<void>) {
    this.#clock = clock;
    this.#write = write;
  }

  /** Writes it after what is being written. */
  write(): Promise<void> {
    const next = this.#last.then(() => this.#write(this.author));
    this.#last = next.catch(() => {});
    return next;
  }

  /** Writes it unless it was written a moment ago, or is about to be. @param atOnce whether it is written in any case */
  writeSoon(atOnce: boolean): void {
    if (this.#isWaiting || (!atOnce && this.#clock.now() - this.#writtenAt < TELL_MS)) return;
    this.#isWaiting = true;
    this.#writtenAt = this.#clock.now();
    // What fails is written by the next.
    this.#last = this.#last
      .then(() => {
        this.#isWaiting = false;
        return this.#write(this.author);
      })
      .catch(() => {});
  }

  /** Resolves when nothing is being written. */
  settled(): Promise<void> {
    return this.#last;
  }
}

/** Returns the name by which one process of a cluster downloads a work. */
function lockOf(workId: string): string {
  return `download:${workId}`;
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

function statesOf(files: readonly DownloadFile[]): string {
  return files.map(({ state }) => state).join();
}

function cancelled(): DyliveError {
  return new DyliveError("stopping", CANCELLED);
}
