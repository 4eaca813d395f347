import { closeSync, existsSync, fsyncSync, lstatSync, mkdirSync, openSync } from "node:fs";
import { type FileHandle, link, mkdir, open, realpath, rename, rm } from "node:fs/promises";
import { dirname, resolve } from "node:path";

/** Errors of file systems that cannot flush a folder (some network shares): their names are as safe as they make them. */
const NOT_FLUSHED: ReadonlySet<string> = new Set(["EINVAL", "ENOTSUP", "EOPNOTSUPP", "ENOSYS", "EISDIR", "EBADF"]);
/** Errors of those that have no hard links. */
const NOT_LINKED: ReadonlySet<string> = new Set(["EPERM", "ENOTSUP", "EOPNOTSUPP", "ENOSYS"]);
const FOLDER = { mode: 0o700 };

/** Options for publishing a whole file under its name. */
interface Publishing {
  /** Whether a file of that name is replaced; true by default. */
  readonly replace?: boolean;
  /** The times that the file is to have. */
  readonly times?: { readonly atime: Date; readonly mtime: Date };
  /** Bits that say who may read and write it, where the file system takes them. */
  readonly mode?: number;
}

/**
 * File that gets its name when it is whole: after a crash or a power loss the name leads to all of its bytes, or to what it led to before.
 * Until then it has another name beside it. Only its owner may read it.
 */
export class NewFile {
  readonly #path: string;
  readonly #part: string;
  readonly #handle: FileHandle;

  private constructor(path: string, part: string, handle: FileHandle) {
    this.#path = path;
    this.#part = part;
    this.#handle = handle;
  }

  /**
   * Begins a file, which has one writer at a time.
   * @param part its name until it is whole; one that a crash left is written over
   * @throws the system's errors
   */
  static async create(path: string, part = `${path}.part`): Promise<NewFile> {
    await rm(part, { force: true });
    return new NewFile(path, part, await open(part, "wx", 0o600));
  }

  /** Appends to it. @throws the system's errors */
  async write(bytes: Uint8Array | string): Promise<void> {
    await this.#handle.writeFile(bytes);
  }

  /** Takes a stream to its end. @throws what the stream throws, the system's errors */
  async take(bytes: AsyncIterable<Uint8Array>): Promise<void> {
    for await (const piece of bytes) await this.write(piece);
  }

  /** Gives it its name. What fails leaves nothing. @throws the system's errors; EEXIST when a file is there that is not to be replaced */
  async finish(how: Publishing = {}): Promise<void> {
    try {
      await publish(this.#handle, this.#part, this.#path, how);
    } catch (error) {
      await this.discard();
      throw error;
    }
  }

  /** Removes what was written. Never rejects. */
  async discard(): Promise<void> {
    await this.#handle.close().catch(() => {});
    await rm(this.#part, { force: true }).catch(() => {});
  }
}

/** Writes a small file as {@link NewFile} does, in place of one that is there. @throws the system's errors */
export async function writeWhole(path: string, content: Uint8Array | string): Promise<void> {
  const file = await NewFile.create(path);
  try {
    await file.write(content);
  } catch (error) {
    await file.discard();
    throw error;
  }
  await file.finish();
}

/** Removes a file with what crashes left of it, also after a power loss. @returns whether it was there. @throws the system's errors */
export async function removeWhole(path: string): Promise<boolean> {
  const there = existsSync(path);
  await rm(path, { force: true });
  await rm(`${path}.part`, { force: true });
  await syncFolder(dirname(path));
  return there;
}

/** Closes a file and gives it its name: first its bytes are on the disk, then the name. @throws as {@link NewFile.finish} does */
export async function publish(
  handle: FileHandle,
  part: string,
  path: string,
  { replace = true, times, mode }: Publishing = {},
): Promise<void> {
  try {
    if (times !== undefined) await handle.utimes(times.atime, times.mtime);
    if (mode !== undefined) await handle.chmod(mode).catch(() => {});
    await handle.sync();
  } finally {
    await handle.close();
  }
  if (replace) await rename(part, path);
  else await nameNew(part, path);
  await syncFolder(dirname(path));
}

/** Makes a folder with those above it, for the owner only, which are there after a power loss too. @throws the system's errors */
export async function makeFolder(path: string): Promise<void> {
  const first = firstMissing(path);
  if (first !== undefined) await mkdir(first, FOLDER).catch(unlessThere);
  await mkdir(path, { recursive: true, ...FOLDER });
  for (const folder of madeIn(path, first)) await syncFolder(folder);
}

/** Makes a folder as {@link makeFolder} does, for callers that cannot wait. */
export function makeFolderSync(path: string): void {
  const first = firstMissing(path);
  try {
    if (first !== undefined) mkdirSync(first, FOLDER);
  } catch (error) {
    unlessThere(error);
  }
  mkdirSync(path, { recursive: true, ...FOLDER });
  for (const folder of madeIn(path, first)) syncFolderSync(folder);
}

/**
 * Checks that no link is in a path, as far as the path exists.
 * @param path absolute, below a folder whose real path it begins with
 * @throws the system's errors; ELOOP where there is a link
 */
export async function assertNoLink(path: string): Promise<void> {
  const found = lstatSync(path, { throwIfNoEntry: false });
  if (found === undefined && dirname(path) !== path) return assertNoLink(dirname(path));
  if (found?.isSymbolicLink() === true || (await realpath(path)) !== path)
    throw Object.assign(new Error(`a link is in ${path}`), { code: "ELOOP" });
}

/** Flushes the names of a folder: those of new and renamed files are lost with the power otherwise. @throws the system's errors */
export async function syncFolder(path: string): Promise<void> {
  if (process.platform === "win32") return; // it opens no folders
  const folder = await open(path, "r");
  try {
    await folder.sync();
  } catch (error) {
    if (!isOneOf(NOT_FLUSHED, error)) throw error;
  } finally {
    await folder.close();
  }
}

/** Flushes a folder as {@link syncFolder} does, for callers that cannot wait. */
export function syncFolderSync(path: string): void {
  if (process.platform === "win32") return;
  const folder = openSync(path, "r");
  try {
    fsyncSync(folder);
  } catch (error) {
    if (!isOneOf(NOT_FLUSHED, error)) throw error;
  } finally {
    closeSync(folder);
  }
}

/** Gives a file a name that nothing has: of two who do so at once one is refused. */
async function nameNew(part: string, path: string): Promise<void> {
  try {
    await link(part, path);
  } catch (error) {
    if (!isOneOf(NOT_LINKED, error)) throw error;
    if (existsSync(path)) throw Object.assign(new Error(`${path} exists`), { code: "EEXIST" });
    await rename(part, path);
    return;
  }
  await rm(part, { force: true });
}

/**
 * Returns the outermost missing folder of a path, which is made first and alone: Node's recursive mkdir never ends where the system makes no
 * folders, as in `/proc`.
 */
function firstMissing(path: string): string | undefined {
  let missing: string | undefined;
  for (let folder = resolve(path); !existsSync(folder) && folder !== dirname(folder); folder = dirname(folder)) missing = folder;
  return missing;
}

function unlessThere(error: unknown): void {
  if (!isOneOf(new Set(["EEXIST"]), error)) throw error;
}

/** Returns the folders that hold the folders that were made: from the one above the first on. */
function madeIn(path: string, first: string | undefined): readonly string[] {
  if (first === undefined) return [];
  const top = dirname(resolve(first));
  const folders: string[] = [];
  for (let folder = dirname(resolve(path)); folder.length >= top.length; folder = dirname(folder)) {
    folders.unshift(folder);
    if (folder === dirname(folder)) break;
  }
  return folders;
}

function isOneOf(codes: ReadonlySet<string>, error: unknown): boolean {
  return error instanceof Error && "code" in error && codes.has(String(error.code));
}
