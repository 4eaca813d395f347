import { createHash } from "node:crypto";
import { createReadStream, existsSync } from "node:fs";
import { type FileHandle, open, realpath, rm, stat } from "node:fs/promises";
import { dirname, join, resolve, sep } from "node:path";
import { createInterface } from "node:readline";
import { type Static, Type } from "typebox";
import { Value } from "typebox/value";
import { assertNoLink, makeFolder, NewFile, publish, syncFolder } from "../runtime/durable-file.js";
import { DyliveError } from "../runtime/errors.js";
import { fileFailure } from "../runtime/file-failure.js";
import { FileLock } from "../runtime/file-lock.js";
import { msg } from "../runtime/msg.js";
import { DownloadFileSchema } from "./model/download.js";
import type { WantedFile } from "./wanted-files.js";

/** Names that are tried where files of the same name are there, before it is given up. */
const NAMES_MAX = 100;

/** A file on its way into the folder. */
interface Placing extends Pick<LedgerRow, "workId" | "role" | "index" | "variant" | "quality" | "hdr"> {
  /** Whole file, to be given its name. */
  readonly part: string;
  /** Path in the folder without what tells the type. */
  readonly stem: string;
  readonly extension: string;
  /** Time that the file is to have, ms UTC. */
  readonly time: number;
}

/** Names of a file's bytes on their way, beside where it will be. Other bytes have other names. */
export interface Parts {
  readonly film: string;
  readonly sound: string;
  readonly joined: string;
}

/** Folder with downloaded files, and the ledger of what they are. Nothing is written where a link in it leads. */
export class DownloadFolder {
  readonly #path: string;
  /** Path as the caller named it, for messages. */
  readonly #name: string;
  readonly #ledger: FileLedger;

  private constructor(path: string, name: string) {
    this.#path = path;
    this.#name = name;
    this.#ledger = new FileLedger(path);
  }

  /** Opens a folder, which is made where it is missing. @throws DyliveError file_failed */
  static async open(path: string): Promise<DownloadFolder> {
    try {
      await makeFolder(path);
      const folder = await realpath(path);
      await assertNoLink(join(folder, NAME));
      return new DownloadFolder(folder, path);
    } catch (error) {
      throw fileFailure(error, msg`${path} cannot be written`);
    }
  }

  /**
   * Keeps other processes, and other downloads of this one, from the files of a work.
   * @returns what ends that
   * @throws DyliveError in_use; file_failed
   */
  async lock(workId: string): Promise<() => void> {
    const path = join(this.#path, lockName(workId));
    let lock: FileLock | null;
    try {
      await assertNoLink(path);
      lock = FileLock.take(path);
    } catch (error) {
      throw fileFailure(error, msg`${this.#name} cannot be written`);
    }
    if (lock === null) throw new DyliveError("in_use", msg`another dylive downloads work ${workId} into ${this.#name}`);
    return () => lock.remove();
  }

  /** Returns the rows of a work, the newest first. */
  rows(workId: string): Promise<readonly LedgerRow[]> {
    return this.#ledger.of(workId);
  }

  /** Returns the names of a file's bytes until they are whole, and makes the folder that they are in. */
  async parts(workId: string, stem: string, { role, index, variant, source, sound }: WantedFile): Promise<Parts> {
    const identity = [workId, role, index, variant, source.bytes, source.hash, sound?.bytes, sound?.hash];
    const path = `${this.#at(stem)}.${createHash("sha256").update(JSON.stringify(identity)).digest("hex").slice(0, 12)}`;
    const parts = { film: `${path}.part`, sound: `${path}.sound.part`, joined: `${path}.joined.part` };
    for (const part of Object.values(parts)) await assertNoLink(part);
    await makeFolder(dirname(path));
    return parts;
  }

  /** Returns whether a file of the ledger is there: a crash may have come before it had its name. */
  async has(row: LedgerRow): Promise<boolean> {
    const path = resolve(this.#path, row.name);
    if (!path.startsWith(this.#path + sep)) return false; // not of our making
    return existsSync(path) && (await stat(path)).size === row.bytes;
  }

  /**
   * Gives a whole file its name, where nothing is yet; a file that is there with the same bytes stays. First the ledger knows it.
   * @returns its row. @throws the system's errors
   */
  async place({ part, stem, extension, time, ...of }: Placing): Promise<LedgerRow> {
    const { bytes, sha256 } = await whatIs(part);
    for (const end of endings(of.variant)) {
      const row = { ...of, name: `${stem}${end}.${extension}`, bytes, sha256 };
      const path = this.#at(row.name);
      if (!existsSync(path)) {
        await this.#ledger.add(row);
        await name(part, path, time);
        return row;
      }
      if ((await stat(path)).size !== bytes || (await hashOf("sha256", path)) !== sha256) continue;
      await this.#ledger.add(row);
      await rm(part, { force: true });
      return row;
    }
    throw new Error(`there are ${NAMES_MAX} files of its name`);
  }

  /** Writes a text beside the files, in place of one that is there. @throws the system's errors */
  async write(path: string, text: string, time: number): Promise<void> {
    const at = this.#at(path);
    await assertNoLink(dirname(at));
    await makeFolder(dirname(at));
    const file = await NewFile.create(at);
    try {
      await file.write(text);
    } catch (error) {
      await file.discard();
      throw error;
    }
    await file.finish(timesOf(time));
  }

  /** Returns what a file that is there is; null where none is. @throws the system's errors */
  async found(path: string): Promise<Pick<LedgerRow, "bytes" | "sha256"> | null> {
    const at = this.#at(path);
    return existsSync(at) ? whatIs(at) : null;
  }

  #at(path: string): string {
    return join(this.#path, ...path.split("/"));
  }
}

/** Removes parts that nothing will go on with: those of them that are there. @param kept whether one with bytes in it is left */
export async function removeParts(
  { film, sound, joined }: Parts,
  kept: { readonly film: boolean; readonly sound: boolean },
): Promise<void> {
  await rm(joined, { force: true });
  for (const [part, keep] of [
    [film, kept.film],
    [sound, kept.sound],
  ] as const)
    if (!keep || (await stat(part).catch(() => null))?.size === 0) await rm(part, { force: true });
}

async function whatIs(path: string): Promise<Pick<LedgerRow, "bytes" | "sha256">> {
  const { size } = await stat(path);
  return { bytes: size, sha256: await hashOf("sha256", path) };
}

async function name(part: string, path: string, time: number): Promise<void> {
  await publish(await open(part, "r+"), part, path, { replace: false, ...timesOf(time) });
}

function timesOf(time: number): { readonly times?: { readonly atime: Date; readonly mtime: Date } } {
  const mtime = new Date(time);
  return Number.isNaN(mtime.getTime()) || time <= 0 ? {} : { times: { atime: new Date(), mtime } };
}

/** Returns endings for a name that is taken: the rung, then numbers. */
function endings(variant: string | null): readonly string[] {
  const rung = variant?.replace(/[^A-Za-z0-9]+/g, "_").slice(0, 30) ?? "";
  return ["", ...(rung === "" ? [] : [`_${rung}`]), ...Array.from({ length: NAMES_MAX - 2 }, (_, index) => `-${index + 2}`)];
}

/** Returns the hash of a file, hexadecimal; one that is open is closed. @throws the system's errors */
export async function hashOf(algorithm: "sha256" | "md5", file: string | FileHandle): Promise<string> {
  const hash = createHash(algorithm);
  const stream = typeof file === "string" ? createReadStream(file) : file.createReadStream();
  for await (const piece of stream as AsyncIterable<Buffer>) hash.update(piece);
  return hash.digest("hex");
}

const { role, index } = DownloadFileSchema.properties;

const RowSchema = Type.Object({
  workId: Type.String(),
  role,
  index,
  /** Path in the folder, with `/` between its parts. */
  name: Type.String({ minLength: 1, maxLength: 4096 }),
  /** Name of the rung; null where there are none. */
  variant: Type.Union([Type.String(), Type.Null()]),
  /** Quality that was asked for when it was chosen, and whether HDR was. */
  quality: Type.String(),
  hdr: Type.Boolean(),
  bytes: Type.Integer({ minimum: 1 }),
  sha256: Type.String({ pattern: "^[0-9a-f]{64}$" }),
});

/** File of a work that was downloaded: written before it has its name, so it is there if its name is. */
export type LedgerRow = Static<typeof RowSchema>;

/** Returns the name of the lock of a work in its folder. */
export function lockName(workId: string): string {
  return `.dylive-${workId}.lock`;
}

const NAME = ".dylive-downloads.jsonl";
const NEWLINE = 0x0a;

/**
 * The files that were downloaded into a folder, a JSON object a line. Several processes may add to it; a line that a crash left half-written is
 * passed over.
 */
class FileLedger {
  readonly #path: string;

  /** @param folder the download folder, which exists */
  constructor(folder: string) {
    this.#path = join(folder, NAME);
  }

  /** Returns what was downloaded of a work, the newest first. @throws the system's errors */
  async of(workId: string): Promise<readonly LedgerRow[]> {
    if (!existsSync(this.#path)) return [];
    const rows: LedgerRow[] = [];
    for await (const line of createInterface({ input: createReadStream(this.#path), crlfDelay: Number.POSITIVE_INFINITY })) {
      const row = line.includes(workId) ? rowIn(line) : null;
      if (row?.workId === workId) rows.unshift(row);
    }
    return rows;
  }

  /** Adds a file; resolves when that is on the disk. @throws the system's errors */
  async add(row: LedgerRow): Promise<void> {
    const isNew = !existsSync(this.#path);
    const file = await open(this.#path, "a+", 0o600);
    try {
      const { size } = await file.stat();
      const last = Buffer.alloc(1, NEWLINE);
      if (size > 0) await file.read(last, 0, 1, size - 1);
      await file.writeFile(`${last[0] === NEWLINE ? "" : "\n"}${JSON.stringify(row)}\n`);
      await file.sync();
    } finally {
      await file.close();
    }
    if (isNew) await syncFolder(dirname(this.#path));
  }
}

function rowIn(line: string): LedgerRow | null {
  try {
    const row: unknown = JSON.parse(line);
    return Value.Check(RowSchema, row) ? row : null;
  } catch {
    return null;
  }
}
