import { type FileHandle, open } from "node:fs/promises";
import { join } from "node:path";
import type { Received } from "../../platform/access/source.js";
import { encodeHeader, encodeRecord } from "../../platform/wire/recording.js";
import type { Clock } from "../../runtime/clock.js";
import { makeFolder, syncFolder } from "../../runtime/durable-file.js";
import { rawName } from "./files.js";

/** Origin of frames. */
export interface RawAbout {
  readonly sessionId: string | null;
  readonly webRid: string | null;
  readonly source: string;
}

interface RawWriterDeps {
  /** Folder of this room's recordings; made when it is needed. */
  readonly folder: string;
  readonly clock: Clock;
  /** Size at which a file is full, in bytes. */
  readonly maxBytes: number;
  /** Resolves when the first file may be opened. */
  readonly ready: Promise<void>;
  /** Called with a file that is closed: it can be packed. */
  readonly onClosed: (path: string) => void;
  /** Called when frames are lost: the disk is full, or slower than the room. */
  readonly onLost: (frames: number, error: unknown) => void;
}

/** Most bytes that wait for the disk. */
const QUEUED_MAX_BYTES = 16 * 1024 * 1024;
/** Time between two syncs, in ms: what a crash of the machine may take. */
const SYNC_EVERY_MS = 1000;
/** Time that the disk is left alone after a failure, in ms. */
const RETRY_MS = 60_000;

interface WaitingFrame {
  readonly about: RawAbout;
  readonly receivedAt: number;
  readonly bytes: Uint8Array;
  readonly frames: number;
}

/** Writes the frames of one room to files, one after the other, without making anybody wait. Frames are lost before the room is held up. */
export class RawWriter {
  readonly #parts: RawWriterDeps;
  #queue: WaitingFrame[] = [];
  #queued = 0;
  #writing: Promise<void> | null = null;
  #file: { readonly handle: FileHandle; readonly path: string; readonly key: string; bytes: number } | null = null;
  #syncedAt = 0;
  #retryAt = 0;

  constructor(parts: RawWriterDeps) {
    this.#parts = parts;
  }

  /** Takes a batch as it came. */
  take(batch: readonly Received[], about: RawAbout): void {
    const [first] = batch;
    if (first === undefined) return;
    const bytes = Buffer.concat(batch.map(({ kind, receivedAt, raw }) => encodeRecord({ kind, receivedAt, bytes: raw })));
    const resting = this.#parts.clock.now() < this.#retryAt;
    if (resting || this.#queued + bytes.length > QUEUED_MAX_BYTES) {
      this.#parts.onLost(batch.length, new Error(resting ? "the disk is left alone for a minute" : "the disk is slower than the room"));
      return;
    }
    this.#queue.push({ about, receivedAt: first.receivedAt, bytes, frames: batch.length });
    this.#queued += bytes.length;
    this.#writing ??= this.#write();
  }

  /** Writes what waits, and closes the file. */
  async close(): Promise<void> {
    await this.#writing;
    await this.#closeFile().catch(() => {}); // what was synced is there
  }

  async #write(): Promise<void> {
    await this.#parts.ready;
    while (this.#queue.length > 0) {
      const waiting = this.#queue;
      this.#queue = [];
      this.#queued = 0;
      for (const [index, one] of waiting.entries()) {
        try {
          await this.#append(one);
        } catch (error) {
          const lost = waiting.slice(index).concat(this.#queue.splice(0));
          this.#queued = 0;
          this.#retryAt = this.#parts.clock.now() + RETRY_MS;
          // A file that ends in the middle of a record is left as it is: whoever packs it cuts that off.
          await this.#closeFile().catch(() => {});
          this.#parts.onLost(
            lost.reduce((frames, each) => frames + each.frames, 0),
            error,
          );
          break;
        }
      }
    }
    this.#writing = null;
  }

  async #append({ about, receivedAt, bytes }: WaitingFrame): Promise<void> {
    const { clock, maxBytes } = this.#parts;
    const key = `${about.sessionId} ${Math.floor(receivedAt / 86_400_000)}`;
    if (this.#file !== null && (this.#file.key !== key || this.#file.bytes + bytes.length > maxBytes)) await this.#closeFile();
    this.#file ??= await this.#open(about, receivedAt, key);
    await this.#file.handle.appendFile(bytes);
    this.#file.bytes += bytes.length;
    if (clock.now() - this.#syncedAt < SYNC_EVERY_MS) return;
    await this.#file.handle.sync();
    this.#syncedAt = clock.now();
  }

  async #open({ sessionId, webRid, source }: RawAbout, receivedAt: number, key: string) {
    const { folder } = this.#parts;
    await makeFolder(folder);
    const header = encodeHeader({ webRid: webRid ?? "", roomId: sessionId ?? "", title: "", startedAt: receivedAt, source });
    for (let at = receivedAt; ; at++) {
      const path = join(folder, rawName(at, sessionId ?? ""));
      try {
        const handle = await open(path, "ax", 0o600);
        // Before its header is written, so that it is closed when that fails.
        this.#file = { handle, path, key, bytes: header.length };
        await handle.appendFile(header);
        await syncFolder(folder);
        return this.#file;
      } catch (error) {
        // Files that were filled within a millisecond, or a clock that was set back.
        if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
      }
    }
  }

  async #closeFile(): Promise<void> {
    const file = this.#file;
    this.#file = null;
    if (file === null) return;
    try {
      await file.handle.sync();
    } finally {
      await file.handle.close();
    }
    this.#parts.onClosed(file.path);
  }
}
