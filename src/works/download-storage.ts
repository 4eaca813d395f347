import { randomUUID } from "node:crypto";
import { constants, existsSync } from "node:fs";
import { type FileHandle, open, readdir, readFile, realpath, rm, rmdir, stat } from "node:fs/promises";
import { basename, join, resolve, sep } from "node:path";
import { assertNoLink, makeFolder, NewFile } from "../runtime/durable-file.js";
import { DyliveError } from "../runtime/errors.js";
import { fileFailure } from "../runtime/file-failure.js";
import { msg } from "../runtime/msg.js";
import type { Downloads, RemovedDownload } from "../store/sql/downloads.js";
import { DownloadFolder, hashOf, lockName } from "./download-folder.js";

/** File with the folder's id: the store may be of many processes, and a folder of one, or of some that share a disk. */
const ID = ".dylive-folder";

/** Folder of a server's downloads: in it each work has one of its own, by its id, which goes as a whole. */
export class DownloadStorage {
  readonly #path: string;
  #id: string | null = null;

  /** @param path the folder, which need not exist */
  constructor(path: string) {
    this.#path = resolve(path);
  }

  /** Returns the folder's id; null where nothing was ever downloaded into it. @throws DyliveError file_failed */
  async id(): Promise<string | null> {
    try {
      this.#id ??= existsSync(join(this.#path, ID)) ? await readFile(join(this.#path, ID), "utf8") : null;
      return this.#id;
    } catch (error) {
      throw fileFailure(error, msg`${join(this.#path, ID)} cannot be read`);
    }
  }

  /** Makes the folder, where it is missing. @returns its id. @throws DyliveError file_failed */
  async make(): Promise<string> {
    const known = await this.id();
    if (known !== null) return known;
    try {
      await makeFolder(this.#path);
      const file = await NewFile.create(join(this.#path, ID));
      await file.write(randomUUID()).catch(async (error: unknown) => {
        await file.discard();
        throw error;
      });
      await file.finish({ replace: false });
    } catch (error) {
      // Another process that has the folder may have been first.
      if (!existsSync(join(this.#path, ID))) throw fileFailure(error, msg`the folder ${this.#path} cannot be made`);
    }
    return (await this.id()) ?? "";
  }

  /** Returns the path of the folder of a work. */
  of(workId: string): string {
    if (!/^\d{10,32}$/.test(workId)) throw new DyliveError("bad_work", "its id is not a number of 10 to 32 digits");
    return join(this.#path, workId);
  }

  /** Returns the real path of the folder of a work. @throws the system's errors; ELOOP where it is a link */
  async real(workId: string): Promise<string> {
    const path = join(await realpath(this.#path), basename(this.of(workId)));
    await assertNoLink(path);
    return path;
  }

  /**
   * Opens a file of a work; the caller closes it.
   * @param name path in the work's folder
   * @returns null where there is none of this length in that folder itself: not by way of a link, nor of `..`
   */
  async open(workId: string, { name, bytes }: { readonly name: string; readonly bytes: number }): Promise<FileHandle | null> {
    const path = resolve(this.of(workId), name);
    if (!path.startsWith(this.of(workId) + sep) || name.includes("\0")) return null;
    try {
      await assertNoLink(resolve(await this.real(workId), name));
      const file = await open(path, constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0));
      const found = await file.stat();
      if (found.isFile() && found.size === bytes) return file;
      await file.close();
      return null;
    } catch (error) {
      if (error instanceof Error && "code" in error && ["ENOENT", "ENOTDIR", "ELOOP"].includes(String(error.code))) return null;
      throw fileFailure(error, msg`${path} cannot be read`);
    }
  }

  /** Counts the bytes of all files in it, those on their way too. */
  async bytes(): Promise<number> {
    return bytesIn(this.#path);
  }

  /**
   * Removes all files of a work.
   * @param isWanted whether a download has them: asked when none can begin any more, and they stay then
   * @returns whether nothing is to be removed any more: not while the work is downloaded
   * @throws DyliveError file_failed; what `isWanted` does
   */
  async remove(workId: string, isWanted: () => Promise<boolean> = async () => false): Promise<boolean> {
    const path = this.of(workId);
    if (!existsSync(path)) return true;
    try {
      const unlock = await (await DownloadFolder.open(await this.real(workId))).lock(workId);
      try {
        if (await isWanted()) return true;
        // All but the lock, which is held.
        for (const name of await readdir(path)) if (name !== lockName(workId)) await rm(join(path, name), { recursive: true, force: true });
      } finally {
        unlock();
      }
      await rmdir(path).catch(() => {}); // it may be downloaded again by now
      return true;
    } catch (error) {
      if (error instanceof DyliveError && error.code === "in_use") return false;
      throw fileFailure(error, msg`${path} cannot be removed`);
    }
  }
}

/** Counts the bytes of all files in a folder. One that goes meanwhile, as that of a removed work, has none. */
async function bytesIn(folder: string): Promise<number> {
  const entries = await readdir(folder, { withFileTypes: true }).catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return [];
    throw fileFailure(error, msg`${folder} cannot be read`);
  });
  let sum = 0;
  for (const entry of entries) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) sum += await bytesIn(path);
    else if (entry.isFile()) sum += (await stat(path).catch(() => null))?.size ?? 0;
  }
  return sum;
}

/**
 * Removes the files of downloads that were removed, as far as they are in this folder.
 * @param remove removes those of one that are not wanted, where it is not the folder alone that knows whether it may
 * @returns paths of what could not be removed: the work is downloaded just now, and that download removes it then, or the disk refuses
 */
export async function removeFiles(
  downloads: Pick<Downloads, "removedIn" | "isKeptIn" | "forget">,
  storage: DownloadStorage,
  remove: (one: RemovedDownload, isWanted: () => Promise<boolean>) => Promise<boolean> = ({ workId }, isWanted) =>
    storage.remove(workId, isWanted),
): Promise<readonly string[]> {
  const folder = await storage.id();
  const left = new Set<string>();
  for (let more = folder !== null; more && folder !== null; ) {
    more = false;
    for (const one of await downloads.removedIn(folder)) {
      if (left.has(storage.of(one.workId))) continue;
      const isWanted = () => downloads.isKeptIn(folder, one.workId);
      if (!one.shared && !(await remove(one, isWanted).catch(() => false))) {
        left.add(storage.of(one.workId));
        continue;
      }
      await downloads.forget(one.n);
      more = true;
    }
  }
  return [...left];
}

/** Downloads of one step of the check. */
const STEP_DOWNLOADS = 100;

/**
 * Compares the files of the downloads that are kept with those that are in this folder: length and hash.
 * @param onFile called after each file
 * @returns a sentence for each that is gone, or another; and how many downloads are in other folders, which were not looked at
 */
export async function checkFiles(
  downloads: Pick<Downloads, "walk">,
  storage: DownloadStorage,
  signal: AbortSignal,
  onFile: () => void,
): Promise<{ readonly findings: readonly string[]; readonly elsewhere: number }> {
  const folder = await storage.id();
  const findings: string[] = [];
  let elsewhere = 0;
  for (let after = 0; ; ) {
    const rows = await downloads.walk(after, STEP_DOWNLOADS);
    const last = rows.at(-1);
    if (last === undefined) break;
    elsewhere += rows.filter((row) => row.folder !== folder && row.download.files.some(({ state }) => state === "done")).length;
    for (const { download, ...row } of rows)
      for (const { role, index, name, bytes, sha256, state } of row.folder === folder ? download.files : []) {
        signal.throwIfAborted();
        // The file about the work is written again by each download that brings something.
        if (state !== "done" || name === null || bytes === null || role === "meta") continue;
        const file = await storage.open(download.workId, { name, bytes });
        const where = `download ${download.id} of the work ${download.workId}: ${role} ${index} (${name})`;
        if (file === null) findings.push(`${where} is not on the disk with its ${bytes} bytes`);
        else if ((await hashOf("sha256", file)) !== sha256) findings.push(`${where} has other bytes than were downloaded`);
        onFile();
      }
    after = last.n;
  }
  return { findings, elsewhere };
}
