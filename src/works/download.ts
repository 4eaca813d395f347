import { randomUUID } from "node:crypto";
import { MediaHosts } from "../platform/access/media-hosts.js";
import type { Platform } from "../platform/access/platform.js";
import { type Clock, systemClock } from "../runtime/clock.js";
import { DyliveError } from "../runtime/errors.js";
import type { FairSemaphore } from "../runtime/semaphore.js";
import { DownloadFolder, type LedgerRow, type Parts, removeParts } from "./download-folder.js";
import { type Allowance, fetchFile, NotFetched, notFetched, wordsOf } from "./fetch-file.js";
import { FileNames } from "./file-names.js";
import type { FileType } from "./file-type.js";
import { joinFilm } from "./join.js";
import { writeMeta } from "./meta-file.js";
import type { Download, DownloadFile } from "./model/download.js";
import type { Quality } from "./model/quality.js";
import type { Work } from "./model/work.js";
import { type FileSource, sameFile, type WantedFile, type Wish, wantedFiles } from "./wanted-files.js";

/** Files that are fetched at once. */
const AT_ONCE = 2;
/** Most readings of a work by which no file comes: after them none will. */
const READINGS_MAX = 3;
const FILE_MAX_BYTES = 2 * 1024 ** 3;
const ALL_MAX_BYTES = 8 * 1024 ** 3;

const KINDS: Readonly<Record<WantedFile["role"], readonly FileType["holds"][]>> = {
  video: ["film"],
  clip: ["film"],
  image: ["picture"],
  cover: ["picture"],
  music: ["sound", "film"], // sound alone may be in an mp4
  meta: [],
};

/** Progress of a download. */
export interface DownloadProgress {
  /** Bytes of its files that are there. */
  readonly bytes: number;
  /** Bytes of all its files; null while the length of one is unknown. */
  readonly totalBytes: number | null;
  /** Its files, as far as each is. */
  readonly files: readonly DownloadFile[];
}

/** Options of {@link downloadWork}. */
export interface DownloadOptions extends Wish {
  /** Folder for the files, which is made; it keeps a ledger, so that nothing is fetched twice. */
  readonly folder: string;
  /** The way to the platform. */
  readonly platform: Pick<Platform, "upstream" | "proxy">;
  /** Names of the files, see {@link FileNames}. */
  readonly template?: string | undefined;
  /** Downloads a work also where its author does not allow it: a decision of the operator, of which `tell` hears. */
  readonly ignoreAuthorSetting?: boolean | undefined;
  /** Reads the work again where its addresses have expired, or none of them works. */
  readonly refresh?: ((signal: AbortSignal) => Promise<Work>) | undefined;
  readonly onProgress?: ((progress: DownloadProgress) => void) | undefined;
  /** Called with what is to be logged. */
  readonly tell?: ((line: string) => void) | undefined;
  /** Most bytes of one file, 2 GiB by default, and of all that is fetched, 8 GiB. */
  readonly maxFileBytes?: number | undefined;
  readonly maxBytes?: number | undefined;
  readonly signal?: AbortSignal | undefined;
  readonly clock?: Clock | undefined;
  /** Id of the download; a new one by default. */
  readonly id?: string | undefined;
}

/** Bounds that the downloads of one process share. */
export interface SharedDownloads {
  /** Places for files that are being fetched. A file takes one for its addresses alone: none while its work is read again. */
  readonly places: FairSemaphore;
  /** Bytes that all of them may still fetch. */
  readonly allowance: Allowance;
}

/**
 * Downloads the files of a work into a folder. What fails ends in the state of its file, with the reason; a file has its name when it is whole,
 * and one that is there is not fetched again.
 * @param shared bounds of all downloads of the process; without them the download has its own
 * @throws DyliveError bad_request for a template that is none; bad_work; file_failed when the folder cannot be used
 */
export async function downloadWork(work: Work, options: DownloadOptions, shared?: SharedDownloads): Promise<Download> {
  const id = options.id ?? randomUUID();
  const ended = (state: Download["state"], reason: string | null, files: readonly DownloadFile[] = []): Download => ({
    ...{ id, workId: work.id, state, reason },
    files: [...files],
  });
  const names = new FileNames(options.template);
  const metaStem = names.stem(work, { role: "meta", index: 0, quality: null });
  if (work.downloadAllowed === false) {
    if (options.ignoreAuthorSetting !== true) return ended("failed", "its author does not allow that it is downloaded");
    options.tell?.(`work ${work.id}: its author does not allow that it is downloaded; that is ignored, as it was asked for`);
  }
  const { quality = "compatible", hdr = false, music, covers } = options;
  const wish = { quality, hdr, music, covers };
  const wanted = wantedFiles(work, wish);
  if (wanted.length === 0)
    return ended(
      "failed",
      work.state === "public" ? "it has no file that can be had" : `it is ${work.state}: ${work.stateReason ?? "there are no details"}`,
    );
  const folder = await DownloadFolder.open(options.folder);
  let unlock: () => void;
  try {
    unlock = await folder.lock(work.id);
  } catch (error) {
    if (error instanceof DyliveError && error.code === "in_use") return ended("failed", error.detail);
    throw error;
  }
  const hosts = new MediaHosts(options.platform);
  try {
    const run = new Run({ work, wish, wanted, folder, names, hosts, options, shared, rows: await folder.rows(work.id) });
    const files = await run.all();
    const states = new Set(files.map(({ state }) => state));
    if (files.some(({ state }) => state === "done")) files.push(await writeMeta(folder, `${metaStem}.json`, work, files, run.isNew));
    if (options.signal?.aborted === true && states.has("cancelled")) return ended("cancelled", "it was stopped", files);
    if (states.size === 1 && states.has("done")) return ended("done", null, files);
    const reason = files.find(({ state }) => state === "failed")?.reason ?? null;
    return ended(states.has("done") ? "partial" : "failed", reason, files);
  } finally {
    await hosts.close();
    unlock();
  }
}

/** Dependencies of a download under way. */
interface RunDeps {
  readonly work: Work;
  readonly wish: Wish & { readonly quality: Quality; readonly hdr: boolean };
  readonly wanted: readonly WantedFile[];
  readonly folder: DownloadFolder;
  readonly names: FileNames;
  readonly hosts: MediaHosts;
  readonly options: DownloadOptions;
  readonly shared: SharedDownloads | undefined;
  /** Rows of the ledger about the work. */
  readonly rows: readonly LedgerRow[];
}

/** One download under way. */
class Run {
  readonly #deps: RunDeps;
  readonly #clock: Clock;
  readonly #signal: AbortSignal;
  readonly #allowance: Allowance;
  /** Files as far as each is, in their order. */
  readonly #files: DownloadFile[];
  /** Bytes of each stream that are there, and of all of it. */
  readonly #streams = new Map<string, { bytes: number; total: number | null }>();
  /** The work as it was read last. */
  #now: Work;
  #readings = 0;
  /** Readings since a file came. */
  #vain = 0;
  #reading: Promise<void> | null = null;
  /** Whether a file came that was not there. */
  isNew = false;

  constructor(deps: RunDeps) {
    const { clock, signal, maxBytes, maxFileBytes } = deps.options;
    this.#deps = deps;
    this.#now = deps.work;
    this.#clock = clock ?? systemClock;
    this.#signal = signal ?? new AbortController().signal;
    this.#allowance = deps.shared?.allowance ?? { left: maxBytes ?? ALL_MAX_BYTES, perFile: maxFileBytes ?? FILE_MAX_BYTES };
    this.#files = deps.wanted.map(({ role, index, variant }) => {
      const nothing = { name: null, bytes: null, totalBytes: null, sha256: null, reason: null };
      return { role, index, variant, ...nothing, state: "waiting" };
    });
    for (const file of deps.wanted) {
      this.#streams.set(keyOf(file, "film"), { bytes: 0, total: file.source.bytes });
      if (file.sound !== null) this.#streams.set(keyOf(file, "sound"), { bytes: 0, total: file.sound.bytes });
    }
  }

  /** Downloads all files, some at once. @returns how each ended, in their order */
  async all(): Promise<DownloadFile[]> {
    const left = this.#deps.wanted.entries();
    const work = async () => {
      for (const [at, file] of left) {
        this.#files[at] = await this.#one(file);
        this.#tell();
      }
    };
    await Promise.all(Array.from({ length: AT_ONCE }, work));
    return this.#files;
  }

  async #one(file: WantedFile): Promise<DownloadFile> {
    const { role, index, variant, reason } = file;
    const nothing = { role, index, name: null, bytes: null, totalBytes: null, sha256: null, variant };
    try {
      this.#signal.throwIfAborted();
      const row = (await this.#kept(file)) ?? (await this.#fetched(file));
      for (const what of ["film", "sound"] as const) this.#whole(keyOf(file, what), row.bytes);
      const { name, bytes, sha256 } = row;
      // Why this rung, where it is the one that is chosen now.
      const why = row.variant === variant ? reason : null;
      return { ...nothing, name, bytes, totalBytes: bytes, sha256, variant: row.variant, state: "done", reason: why };
    } catch (error) {
      if (this.#signal.aborted) return { ...nothing, state: "cancelled", reason: "it was stopped" };
      return { ...nothing, state: "failed", reason: wordsOf(notFetched(error)) };
    }
  }

  /** Returns a file that was downloaded before: the same rung, or what was chosen when the same was asked for. */
  async #kept(file: WantedFile): Promise<LedgerRow | null> {
    const { role, index, variant } = file;
    const { quality, hdr } = this.#deps.wish;
    const rows = this.#deps.rows.filter((row) => row.role === role && row.index === index);
    const same = rows.filter((row) => row.variant === variant);
    const asked = rows.filter((row) => row.variant !== variant && row.quality === quality && row.hdr === hdr);
    for (const row of [...same, ...asked]) {
      if (!(await this.#deps.folder.has(row))) continue;
      await removeParts(await this.#parts(file), { film: false, sound: false });
      return row;
    }
    return null;
  }

  /** Fetches a file, by another reading of the work where its addresses do not work, and gives it its name. */
  async #fetched(file: WantedFile): Promise<LedgerRow> {
    // Another file may have led to a newer reading, now or while we wait.
    let reading = this.#readings;
    let asked = reading === 0 ? file : (sameFile(file, this.#now, this.#deps.wish) ?? file);
    let parts = await this.#parts(asked);
    let isWhole = false;
    try {
      for (;;) {
        try {
          const row = await this.#placed(asked, parts);
          isWhole = true;
          return row;
        } catch (error) {
          if (!(error instanceof NotFetched && error.again)) throw error;
          asked = await this.#again(asked, reading, error);
          reading = this.#readings;
          const next = await this.#parts(asked);
          if (next.film !== parts.film) await removeParts(parts, { film: false, sound: false });
          parts = next;
        }
      }
    } finally {
      const kept = { film: !isWhole && asked.source.bytes !== null, sound: !isWhole && asked.sound?.bytes != null };
      await removeParts(parts, kept).catch(() => {});
    }
  }

  async #placed(file: WantedFile, parts: Parts): Promise<LedgerRow> {
    const { role, index, variant, sound } = file;
    const type = await this.#stream(file, "film", file.source, parts.film, KINDS[role]);
    if (sound !== null) {
      await this.#stream(file, "sound", sound, parts.sound, ["sound", "film"]);
      await this.#joined(parts);
    }
    const row = await this.#deps.folder.place({
      ...{ workId: this.#deps.work.id, role, index, variant, quality: this.#deps.wish.quality, hdr: this.#deps.wish.hdr },
      part: sound === null ? parts.film : parts.joined,
      stem: this.#stem(file),
      // Sound in an mp4 has a name of its own.
      extension: role === "music" && type.holds === "film" ? "m4a" : type.extension,
      time: this.#deps.work.time,
    });
    this.isNew = true;
    this.#vain = 0;
    return row;
  }

  async #joined(parts: Parts): Promise<void> {
    try {
      await joinFilm(parts.film, parts.sound, parts.joined, this.#deps.work.time, this.#signal);
    } catch (error) {
      this.#signal.throwIfAborted();
      const trouble = notFetched(error);
      if (trouble instanceof NotFetched) throw trouble;
      await removeParts(parts, { film: false, sound: false }); // damaged: they would be taken for whole again
      throw new NotFetched(`the film and its sound cannot be joined: ${wordsOf(error)}`, false);
    }
  }

  #stream(
    file: WantedFile,
    what: "film" | "sound",
    { urls, bytes, hash }: FileSource,
    part: string,
    holds: readonly FileType["holds"][],
  ): Promise<FileType> {
    const key = keyOf(file, what);
    const deps = {
      hosts: this.#deps.hosts,
      clock: this.#clock,
      allowance: this.#allowance,
      onBytes: (there: number) => this.#arrived(key, there),
    };
    const fetching = () => {
      this.#begun(file);
      return fetchFile({ addresses: urls, bytes, hash, part, holds }, deps, this.#signal);
    };
    const { shared, work } = this.#deps;
    if (shared === undefined) return fetching();
    this.#tell(); // it may wait for long, and then for an answer
    return shared.places.run(
      () => {
        const fetched = fetching();
        this.#tell();
        return fetched;
      },
      this.#signal,
      work.id,
    );
  }

  #begun({ role, index }: WantedFile): void {
    const at = this.#files.findIndex((file) => file.role === role && file.index === index);
    const file = this.#files[at];
    if (file === undefined || file.state === "running") return;
    this.#files[at] = { ...file, state: "running" };
  }

  /** Reads the work again, once for all files that ask at the same time. @returns the file as it is now. @throws NotFetched */
  async #again(file: WantedFile, reading: number, why: NotFetched): Promise<WantedFile> {
    const { refresh } = this.#deps.options;
    if (refresh === undefined || (reading === this.#readings && this.#vain >= READINGS_MAX)) throw new NotFetched(why.message, false);
    if (reading === this.#readings) {
      this.#reading ??= refresh(this.#signal)
        .then((work) => {
          this.#now = work;
        })
        .finally(() => {
          this.#readings++;
          this.#vain++;
          this.#reading = null;
        });
    }
    try {
      await this.#reading;
    } catch (error) {
      this.#signal.throwIfAborted();
      throw new NotFetched(`${why.message}; its work could not be read again: ${wordsOf(error)}`, false);
    }
    if (this.#now.id !== this.#deps.work.id) throw new NotFetched(`${why.message}; another work was read instead of it`, false);
    const same = sameFile(file, this.#now, this.#deps.wish);
    if (same === null) throw new NotFetched(`${why.message}; by another reading its work has it no more`, false);
    return same;
  }

  #parts(file: WantedFile): Promise<Parts> {
    return this.#deps.folder.parts(this.#deps.work.id, this.#stem(file), file);
  }

  #stem(file: WantedFile): string {
    return this.#deps.names.stem(this.#deps.work, file);
  }

  #arrived(key: string, bytes: number): void {
    const stream = this.#streams.get(key);
    if (stream === undefined) return;
    stream.bytes = bytes;
    this.#tell();
  }

  #tell(): void {
    const { onProgress } = this.#deps.options;
    if (onProgress === undefined) return;
    const files = this.#files.map((file) => (isUnderWay(file) ? { ...file, ...this.#progressOf(file) } : file));
    onProgress({ ...sumOf([...this.#streams.values()]), files });
  }

  #progressOf(file: Pick<DownloadFile, "role" | "index">): Pick<DownloadFile, "bytes" | "totalBytes"> {
    return sumOf((["film", "sound"] as const).flatMap((what) => this.#streams.get(keyOf(file, what)) ?? []));
  }

  /** @param bytes its length, where it was not known before */
  #whole(key: string, bytes: number): void {
    const stream = this.#streams.get(key);
    if (stream === undefined) return;
    stream.total ??= bytes;
    this.#arrived(key, stream.total);
  }
}

function isUnderWay({ state }: DownloadFile): boolean {
  return state === "waiting" || state === "running";
}

function sumOf(streams: readonly { readonly bytes: number; readonly total: number | null }[]) {
  return {
    bytes: streams.reduce((sum, one) => sum + one.bytes, 0),
    totalBytes: streams.reduce<number | null>((sum, { total }) => (sum === null || total === null ? null : sum + total), 0),
  };
}

function keyOf({ role, index }: Pick<DownloadFile, "role" | "index">, what: "film" | "sound"): string {
  return `${role}/${index}/${what}`;
}
