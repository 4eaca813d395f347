import { type FileHandle, open } from "node:fs/promises";
import type { MediaHosts, MediaReply } from "../platform/access/media-hosts.js";
import { expiryOf } from "../platform/works/media-address.js";
import { connectionFailure } from "../runtime/allowed-hosts.js";
import { type Clock, type FollowingController, linkedController } from "../runtime/clock.js";
import { DyliveError } from "../runtime/errors.js";
import { troubleOf } from "../runtime/file-failure.js";
import { hashOf } from "./download-folder.js";
import { type FileType, fileTypeOf, HEAD_BYTES } from "./file-type.js";

/** Time after which an address is left for the next one unless it has given so many bytes, again and again: half-open hosts drip. */
const PACE_MS = 30_000;
const PACE_BYTES = 32_768;
/** Longest time for one file, over all its addresses, in ms. */
const FILE_MS = 3_600_000;
/** Wrong files after which no other address is asked. */
const WRONG_MAX = 2;
const MD5 = /^[0-9a-f]{32}$/i;

/** Request for one file, which all these addresses are said to have. */
interface AskedFile {
  readonly addresses: readonly string[];
  /** Length that the platform tells; null where it does not. Only a file of a known length is continued. */
  readonly bytes: number | null;
  /** The platform's hash of it, an MD5; null where there is none. */
  readonly hash: string | null;
  /** Kinds that it may be of. */
  readonly holds: readonly FileType["holds"][];
  /** Where it is written until it is whole. */
  readonly part: string;
}

/** Bytes that may still be fetched, for all files together. */
export interface Allowance {
  left: number;
  readonly perFile: number;
}

/** Dependencies of fetching. */
interface FetchDeps {
  readonly hosts: MediaHosts;
  readonly clock: Clock;
  readonly allowance: Allowance;
  /** Called with how many bytes of the file are there, which may become fewer. */
  readonly onBytes: (bytes: number) => void;
}

/** Error of a file that was not fetched, in words fit to be shown. */
export class NotFetched extends Error {
  /** Whether other addresses of the same file may have it. */
  readonly again: boolean;

  constructor(why: string, again: boolean) {
    super(why);
    this.name = "NotFetched";
    this.again = again;
  }
}

/**
 * Fetches a file into its `.part`, from one address after the other, each once, and goes on from the bytes that are there. Afterwards it is
 * whole, of the length and the hash that the platform gave, and of a kind that was asked for.
 * @throws NotFetched with what each address did; the signal's reason
 */
export async function fetchFile(asked: AskedFile, deps: FetchDeps, signal: AbortSignal): Promise<FileType> {
  const limit = linkedController(signal);
  const late = new NotFetched(`it was not whole after ${FILE_MS / 60_000} minutes`, false);
  const stop = deps.clock.every(FILE_MS, () => limit.abort(late));
  try {
    const part = await Part.open(asked, deps);
    try {
      return await fromEach(asked, part, deps, limit.signal);
    } finally {
      await part.close();
    }
  } catch (error) {
    signal.throwIfAborted();
    throw limit.signal.aborted ? late : notFetched(error);
  } finally {
    stop();
    limit.release();
  }
}

/** Returns trouble with the disk as it is said of a file; any other error as it is. */
export function notFetched(error: unknown): unknown {
  const trouble = troubleOf(error);
  return trouble === null ? error : new NotFetched(`it cannot be written: ${trouble.why}`, false);
}

/** Describes an error in words fit to be shown. */
export function wordsOf(error: unknown): string {
  if (error instanceof DyliveError) return error.detail;
  return (error instanceof Error ? error.message : String(error)).toWellFormed().slice(0, 1_000);
}

async function fromEach(asked: AskedFile, part: Part, deps: FetchDeps, signal: AbortSignal): Promise<FileType> {
  await part.look();
  const left = part.whole;
  if (left !== null && (await part.verify())) return left;
  const failures: string[] = [];
  let wrong = 0;
  for (const address of asked.addresses) {
    const failed = (why: string) => failures.push(`${new URL(address).host}: ${why}`);
    try {
      await fromOne(address, part, deps, signal);
    } catch (error) {
      signal.throwIfAborted();
      if ((error instanceof NotFetched && !error.again) || troubleOf(error) !== null) throw error;
      failed(connectionFailure(error));
    }
    const type = part.whole;
    if (type === null) continue;
    if (await part.verify()) return type;
    failed("another file: its hash is not the platform's");
    if (++wrong === WRONG_MAX) break;
  }
  throw new NotFetched(failures.join("; ") || "there is no address", failures.length > 0 && wrong < WRONG_MAX);
}

async function fromOne(address: string, part: Part, deps: FetchDeps, signal: AbortSignal): Promise<void> {
  const pace = new ThroughputWatch(deps.clock, signal);
  try {
    const reply = await deps.hosts.ask(address, part.bytes, pace.signal);
    try {
      await part.expect(reply, address);
      for await (const piece of reply.body as AsyncIterable<Buffer>) {
        pace.passed(piece.length);
        await part.write(piece);
      }
      await part.end();
    } finally {
      reply.body.destroy();
    }
  } catch (error) {
    throw pace.isTooSlow ? new NotFetched(`it gave less than ${PACE_BYTES / 1024} KiB in ${PACE_MS / 1000} s`, true) : error;
  } finally {
    pace.stop();
    if (!part.isResumable) await part.empty();
  }
}

/** Watches that an address gives enough bytes in a time. */
class ThroughputWatch {
  readonly #limit: FollowingController;
  readonly #rest: () => void;
  #bytes = 0;
  isTooSlow = false;

  constructor(clock: Clock, signal: AbortSignal) {
    this.#limit = linkedController(signal);
    this.#rest = clock.every(PACE_MS, () => {
      this.isTooSlow = this.#bytes < PACE_BYTES;
      this.#bytes = 0;
      if (this.isTooSlow) this.#limit.abort();
    });
  }

  get signal(): AbortSignal {
    return this.#limit.signal;
  }

  passed(bytes: number): void {
    this.#bytes += bytes;
  }

  stop(): void {
    this.#rest();
    this.#limit.release();
  }
}

/** A file on its way: what is there of it, and what each answer must be to be added. */
class Part {
  readonly #file: FileHandle;
  readonly #asked: AskedFile;
  readonly #deps: FetchDeps;
  #bytes: number;
  /** Length in all, by the platform or by the answer that is being read. */
  #total: number | null;
  #isWhole = false;
  /** Type by its first bytes, once it is one that was asked for. */
  #type: FileType | null = null;

  private constructor(file: FileHandle, bytes: number, asked: AskedFile, deps: FetchDeps) {
    this.#file = file;
    this.#bytes = bytes;
    this.#asked = asked;
    this.#deps = deps;
    this.#total = asked.bytes;
  }

  static async open(asked: AskedFile, deps: FetchDeps): Promise<Part> {
    const file = await open(asked.part, "a+", 0o600);
    return new Part(file, (await file.stat()).size, asked, deps);
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** Its type as soon as it is whole, also where the connection broke off behind the last byte; null before. */
  get whole(): FileType | null {
    return this.#isWhole || this.#bytes === this.#asked.bytes ? this.#type : null;
  }

  /** Whether what is there can be continued by another answer: one of another length is another file. */
  get isResumable(): boolean {
    return this.#asked.bytes !== null || this.#isWhole;
  }

  /** Compares a whole file with the platform's hash, and empties a wrong one. @returns whether it is right */
  async verify(): Promise<boolean> {
    const { hash, part } = this.#asked;
    if (hash === null || !MD5.test(hash) || (await hashOf("md5", part)) === hash.toLowerCase()) return true;
    await this.empty();
    return false;
  }

  /** Judges what an earlier run left. */
  async look(): Promise<void> {
    const { bytes } = this.#asked;
    const type = await this.#readType();
    if (bytes === null || this.#bytes > bytes || type === null || !this.#asked.holds.includes(type.holds)) return this.empty();
    this.#type = type;
    this.#deps.onBytes(this.#bytes);
  }

  async #readType(): Promise<FileType | null> {
    const head = Buffer.alloc(Math.min(HEAD_BYTES, this.#bytes));
    await this.#file.read(head, 0, head.length, 0);
    return fileTypeOf(head);
  }

  /** Judges an answer by its head, before its body is read. */
  async expect({ statusCode, headers }: MediaReply, address: string): Promise<void> {
    if (statusCode === 416) await this.empty(); // the next address is asked for all of it
    if (statusCode !== 200 && statusCode !== 206) throw new NotFetched(refusalOf(statusCode, address, this.#deps.clock.now()), true);
    if (/^text\/html\b/i.test(textOf(headers["content-type"]))) throw this.#wrongType("HTML");
    if (statusCode === 200) await this.empty();
    const range = statusCode === 206 ? rangeOf(textOf(headers["content-range"])) : { from: 0, total: lengthOf(headers["content-length"]) };
    if (range === null || range.from !== this.#bytes) {
      await this.empty();
      throw new NotFetched("it answered with another part than was asked for", true);
    }
    const { bytes } = this.#asked;
    if (bytes !== null && range.total !== null && range.total !== bytes) {
      if (statusCode === 206) await this.empty();
      throw new NotFetched(`${range.total < bytes ? "a short body" : "another file"}: ${range.total} bytes instead of ${bytes}`, true);
    }
    this.#total = bytes ?? range.total;
    if (this.#total !== null) this.#assertAllowed(this.#total, this.#total - this.#bytes);
  }

  async write(piece: Buffer): Promise<void> {
    const { allowance, onBytes } = this.#deps;
    const { bytes } = this.#asked;
    if (bytes !== null && this.#bytes + piece.length > bytes) {
      await this.empty();
      throw new NotFetched(`another file: more than ${bytes} bytes`, true);
    }
    this.#assertAllowed(this.#bytes + piece.length, piece.length);
    for (let done = 0; done < piece.length; ) done += (await this.#file.write(piece, done, piece.length - done)).bytesWritten;
    this.#bytes += piece.length;
    allowance.left -= piece.length;
    if (this.#bytes >= HEAD_BYTES) await this.#judge();
    onBytes(this.#bytes);
  }

  /** Judges a body that has come to its end. */
  async end(): Promise<void> {
    const total = this.#total;
    if (this.#bytes === 0 || (total !== null && this.#bytes !== total)) {
      const got = this.#bytes;
      await this.empty();
      throw new NotFetched(`a short body: ${got} bytes${total === null ? "" : ` instead of ${total}`}`, true);
    }
    await this.#judge();
    this.#isWhole = true;
  }

  /** Starts anew. */
  async empty(): Promise<void> {
    if (this.#bytes > 0) await this.#file.truncate(0);
    this.#bytes = 0;
    this.#type = null;
    this.#isWhole = false;
    this.#deps.onBytes(0);
  }

  /** Closes it, with what is there on the disk. */
  async close(): Promise<void> {
    try {
      if (this.#bytes > 0) await this.#file.sync();
    } finally {
      await this.#file.close();
    }
  }

  async #judge(): Promise<void> {
    if (this.#type !== null) return;
    const type = await this.#readType();
    if (type === null || !this.#asked.holds.includes(type.holds)) {
      await this.empty();
      throw this.#wrongType(type === null ? "something unknown" : type.holds === "page" ? "HTML" : `a ${type.extension}`);
    }
    this.#type = type;
  }

  #assertAllowed(total: number, more: number): void {
    const { perFile, left } = this.#deps.allowance;
    if (total > perFile) throw new NotFetched(`it is larger than the ${perFile} bytes that a file may have`, false);
    if (more > left) throw new NotFetched("with it, all files would be larger than they may be", false);
  }

  #wrongType(what: string): NotFetched {
    return new NotFetched(`it answered with ${what} instead of a ${this.#asked.holds[0] ?? "file"}`, true);
  }
}

/** Says what a status means; the address tells when it stops working. */
function refusalOf(status: number, address: string, now: number): string {
  return (expiryOf([address]) ?? Number.POSITIVE_INFINITY) <= now ? `the address has expired (HTTP ${status})` : `HTTP ${status}`;
}

function rangeOf(header: string): { readonly from: number; readonly total: number | null } | null {
  const [, from, total] = /^bytes (\d{1,15})-\d{1,15}\/(\d{1,15}|\*)$/.exec(header) ?? [];
  if (from === undefined || total === undefined) return null;
  return { from: Number(from), total: total === "*" ? null : Number(total) };
}

function lengthOf(header: string | string[] | undefined): number | null {
  const text = textOf(header);
  return /^\d{1,15}$/.test(text) ? Number(text) : null;
}

function textOf(header: string | string[] | undefined): string {
  return (Array.isArray(header) ? header[0] : header) ?? "";
}
