import { readFile, rename } from "node:fs/promises";
import { dirname, join } from "node:path";
import { type Clock, untilAborted } from "../runtime/clock.js";
import { syncFolder } from "../runtime/durable-file.js";
import { DyliveError } from "../runtime/errors.js";
import { rawFiles, removeRaw } from "../sources/raw/files.js";
import type { RoomKey } from "../store/log.js";
import { type SpoolDeps, type SpoolFile, SpoolRoom } from "./spool-room.js";

/** Interval between flushes to the disk, in ms: what a crash of the machine may take. */
const SYNC_EVERY_MS = 1000;
const RETRY_MS = 5000;

/**
 * Keeps frames on disk while the database is away. A room that is still collected here runs them through its own pipeline; all others, and
 * what an earlier process left, are uploaded for the process that has the room. They can come twice, which the pipeline takes as once.
 */
export class Spool {
  readonly #parts: SpoolDeps;
  readonly #rooms = new Set<SpoolRoom>();
  readonly #stop = new AbortController();
  readonly #stopSyncing: () => void;
  /** Files to be uploaded, oldest first. */
  readonly #left: Pick<SpoolFile, "path" | "room" | "bytes">[] = [];
  #uploading: Promise<void> | null = null;
  #syncing = false;
  #bytes = 0;

  constructor(parts: SpoolDeps) {
    this.#parts = parts;
    this.#stopSyncing = parts.clock.every(SYNC_EVERY_MS, () => void this.#sync());
  }

  /** Bytes of all rooms that wait on this disk. */
  get bytes(): number {
    return this.#bytes;
  }

  get clock(): Clock {
    return this.#parts.clock;
  }

  /** Finds what an earlier process left, and uploads it in the background. */
  async start(): Promise<void> {
    for (const file of await rawFiles(this.#parts.folder)) {
      this.#bytes += file.bytes;
      this.#left.push(file);
    }
    this.#upload();
  }

  /** Returns a place for the frames of a room, until it is {@link leave left}. */
  enter(room: RoomKey): SpoolRoom {
    const { folder, clock, maxBytes, onError } = this.#parts;
    const entered = new SpoolRoom({
      ...{ folder: join(folder, String(room)), room, clock, onError },
      reserve: (bytes) => {
        if (this.#bytes + bytes > maxBytes) return false;
        this.#bytes += bytes;
        return true;
      },
      release: (bytes) => {
        this.#bytes -= bytes;
      },
    });
    this.#rooms.add(entered);
    return entered;
  }

  /** Leaves a room that is no longer collected here: what waits of it is uploaded. */
  async leave(entered: SpoolRoom): Promise<void> {
    this.#rooms.delete(entered);
    this.#left.push(...(await entered.close()));
    this.#upload();
  }

  /** Tells of something that went wrong. */
  tell(error: unknown, room: RoomKey): void {
    this.#parts.onError(error, { room });
  }

  /** Resolves when nothing is left to upload, or it was given up. */
  async uploaded(): Promise<void> {
    while (this.#uploading !== null) await this.#uploading;
  }

  /** Ends at once; what is left, or was not yet known to be uploaded, is found by the next process. */
  async close(): Promise<void> {
    this.#stopSyncing();
    this.#stop.abort();
    for (const room of this.#rooms) await room.close();
    await this.#uploading;
  }

  #upload(): void {
    this.#uploading ??= this.#uploadAll()
      .catch(() => {}) // stopped
      .finally(() => {
        this.#uploading = null;
        if (this.#left.length > 0 && !this.#stop.signal.aborted) this.#upload(); // what came when it was just done
      });
  }

  async #uploadAll(): Promise<void> {
    const { clock, onError } = this.#parts;
    const { signal } = this.#stop;
    for (let told = false; this.#left.length > 0; signal.throwIfAborted()) {
      const [file] = this.#left;
      if (file === undefined) return;
      try {
        await this.#uploadOne(file);
        told = false;
      } catch (error) {
        if (!told && !signal.aborted) onError(error, { room: file.room, path: file.path });
        told = true;
        // What somebody has removed never comes back: the others must not wait for it.
        if ((error as NodeJS.ErrnoException).code !== "ENOENT") {
          await clock.sleep(RETRY_MS, signal);
          continue;
        }
      }
      this.#left.shift();
      this.#bytes -= file.bytes;
    }
  }

  async #uploadOne({ path, room }: Pick<SpoolFile, "path" | "room">): Promise<void> {
    const bytes = await readFile(path);
    try {
      await untilAborted(this.#parts.spooled.put(room, bytes), this.#stop.signal);
    } catch (error) {
      if (!(error instanceof DyliveError && (error.code === "bad_request" || error.code === "not_found"))) throw error;
      this.#parts.onError(error, { room, path: `${path}.refused` });
      await rename(path, `${path}.refused`);
      await syncFolder(dirname(path));
      return;
    }
    await removeRaw({ path });
  }

  async #sync(): Promise<void> {
    if (this.#syncing) return;
    this.#syncing = true;
    for (const room of this.#rooms) await room.sync();
    this.#syncing = false;
  }
}
