import { type FileHandle, open, readdir, readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { makeFolder, syncFolder } from "../../runtime/durable-file.js";
import { DyliveError } from "../../runtime/errors.js";
import { told } from "../../runtime/told.js";

/** Size at which a file is closed: it is read whole when it is taken. */
const SEGMENT_BYTES = 16 * 1024 * 1024;
/** Lines handed over at once. */
const CHUNK = 200;
/** Half an hour of 100 pushes a second, each of 1 KB, in base64. */
const MAX_BYTES = 256 * 1024 * 1024;

interface Put {
  readonly line: string;
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

/**
 * Lines kept on disk until the store can take them. What `put` has accepted survives loss of power; it is given out in order, and removed
 * only when it was taken. There is no file while nothing waits.
 */
export class PushSpool {
  readonly #folder: string;
  readonly #maxBytes: number;
  /** Closed files by number, with the lines in them and their bytes. */
  readonly #closed = new Map<number, { readonly lines: number; readonly bytes: number }>();
  #current: { readonly handle: FileHandle; readonly number: number; lines: number; bytes: number } | null = null;
  #nextNumber = 1;
  #bytes = 0;
  #puts: Put[] = [];
  /** Lines that are being written. */
  #underway = 0;
  #writing = false;
  /** Mutex of writing to the open file and closing it. */
  #turns: Promise<unknown> = Promise.resolve();
  /** Lines of the oldest file that were taken already. */
  #taken = 0;

  private constructor(folder: string, maxBytes: number) {
    this.#folder = folder;
    this.#maxBytes = maxBytes;
  }

  /** @param folder made when the first line is put; what an earlier process left in it waits again */
  static async open(folder: string, maxBytes = MAX_BYTES): Promise<PushSpool> {
    const spool = new PushSpool(folder, maxBytes);
    const names = await readdir(folder).catch(() => []);
    for (const name of names.sort()) {
      const number = Number(/^(\d{8})\.jsonl$/.exec(name)?.[1] ?? 0);
      if (number === 0) continue;
      const text = await readFile(join(folder, name));
      spool.#closed.set(number, { lines: linesOf(text.toString("utf8")).length, bytes: text.length });
      spool.#bytes += text.length;
      spool.#nextNumber = number + 1;
    }
    return spool;
  }

  /** Lines that were not taken yet, those being written included. */
  get waiting(): number {
    let waiting = this.#puts.length + this.#underway + (this.#current?.lines ?? 0) - this.#taken;
    for (const { lines } of this.#closed.values()) waiting += lines;
    return waiting;
  }

  /** Keeps a line, which has no line break in it; it is on disk when this resolves. @throws DyliveError not_ready when it is full or the disk fails */
  put(line: string): Promise<void> {
    const bytes = Buffer.byteLength(line) + 1;
    if (this.#bytes + bytes > this.#maxBytes)
      return Promise.reject(new DyliveError("not_ready", told`more than ${this.#maxBytes} bytes wait for the store`));
    this.#bytes += bytes;
    return new Promise((resolve, reject) => {
      this.#puts.push({ line, resolve, reject });
      if (!this.#writing) void this.#write();
    });
  }

  /**
   * Hands over every line that was put before, oldest first. A chunk that `take` rejects stays, with all after it, and the rejection is
   * passed on. Lines may come again after a crash.
   */
  async drain(take: (lines: readonly string[]) => Promise<void>): Promise<void> {
    await this.#inTurn(() => this.#close());
    for (const [number, { bytes }] of [...this.#closed].sort(([a], [b]) => a - b)) {
      const file = this.#file(number);
      const lines = linesOf(await readFile(file, "utf8").catch(nothingLeft));
      while (this.#taken < lines.length) {
        const chunk = lines.slice(this.#taken, this.#taken + CHUNK);
        await take(chunk);
        this.#taken += chunk.length;
      }
      await rm(file, { force: true });
      this.#closed.delete(number);
      this.#taken = 0;
      this.#bytes -= bytes;
    }
  }

  /** Closes the files; what waits is found by the next {@link open}. */
  async close(): Promise<void> {
    await this.#inTurn(() => this.#close());
  }

  /** Writes everything that waits in one write and one flush to the disk; then what came meanwhile. Never rejects. */
  async #write(): Promise<void> {
    this.#writing = true;
    // In a turn of its own, so that calls of one turn share a flush.
    await Promise.resolve();
    while (this.#puts.length > 0) await this.#inTurn(() => this.#writePuts());
    this.#writing = false;
  }

  async #writePuts(): Promise<void> {
    const puts = this.#puts;
    this.#puts = [];
    this.#underway = puts.length;
    const text = puts.map(({ line }) => `${line}\n`).join("");
    try {
      const file = await this.#open();
      await file.handle.appendFile(text);
      await file.handle.datasync();
      file.lines += puts.length;
      file.bytes += Buffer.byteLength(text);
      this.#underway = 0;
      for (const { resolve } of puts) resolve();
      if (file.bytes >= SEGMENT_BYTES) await this.#close();
    } catch (error) {
      // Half a line may be in the file: nothing may follow it.
      await this.#close().catch(() => {});
      this.#underway = 0;
      this.#bytes -= Buffer.byteLength(text);
      for (const { reject } of puts) reject(new DyliveError("not_ready", "a push could not be kept on disk", error));
    }
  }

  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const turn = this.#turns.then(work);
    this.#turns = turn.catch(() => {});
    return turn;
  }

  async #open() {
    if (this.#current !== null) return this.#current;
    await makeFolder(this.#folder);
    const number = this.#nextNumber++;
    const handle = await open(this.#file(number), "ax", 0o600);
    // Before the folder is flushed, so that it is closed when that fails.
    this.#current = { handle, number, lines: 0, bytes: 0 };
    await syncFolder(this.#folder);
    return this.#current;
  }

  async #close(): Promise<void> {
    const current = this.#current;
    if (current === null) return;
    this.#current = null;
    this.#closed.set(current.number, { lines: current.lines, bytes: current.bytes });
    await current.handle.close();
  }

  #file(number: number): string {
    return join(this.#folder, `${String(number).padStart(8, "0")}.jsonl`);
  }
}

/** A file that somebody has removed: what comes after it must not wait forever. */
function nothingLeft(error: NodeJS.ErrnoException): string {
  if (error.code === "ENOENT") return "";
  throw error;
}

/** Returns whole lines only: one without an end was never accepted. */
function linesOf(text: string): string[] {
  return text.split("\n").slice(0, -1);
}
