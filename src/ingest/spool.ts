import { type FileHandle, open, readFile, rename, rm } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { Received } from "../platform/access/read.js";
import { Drift } from "../platform/wire/drift.js";
import { encodeHeader, encodeRecord } from "../platform/wire/recording.js";
import { type Clock, untilAborted } from "../runtime/clock.js";
import { makeFolder, syncFolder } from "../runtime/durable-file.js";
import { DyliveError } from "../runtime/errors.js";
import { rawFiles, rawName, removeRaw } from "../sources/raw/files.js";
import { recordingSource } from "../sources/recording.js";
import type { Spooled } from "../store/cluster.js";
import type { RoomKey } from "../store/log.js";
import { type Waited, waited } from "./own-events.js";
import type { Broadcast } from "./pipeline.js";

/** Size of a file: it is uploaded in one piece, and its place is free again when it is done. */
const FILE_BYTES = 4 * 1024 * 1024;
/** Time that the disk, or the store of what is uploaded, is left alone after a failure, in ms. */
const RETRY_MS = 5000;

interface SpoolDeps {
  /** Folder of this process alone, and of this log alone: another one has other rooms under the same keys. */
  readonly folder: string;
  readonly clock: Clock;
  /** Bytes that all rooms may have in it together. */
  readonly maxBytes: number;
  /** Destination of what this process cannot tell to be of a room of its own. */
  readonly spooled: Pick<Spooled, "put">;
  readonly onError: (error: unknown, about: { readonly room?: RoomKey; readonly path?: string }) => void;
}

/** Frames of one broadcast of a room that wait for the store. */
export interface SpoolFile {
  readonly path: string;
  readonly room: number;
  readonly broadcast: Broadcast;
  bytes: number;
  frames: number;
  /** Times at which the first and the last of them were received, ms UTC. */
  readonly from: number;
  to: number;
}

const NO_BROADCAST: Broadcast = { sessionId: null, webRid: null, anchorId: null, source: "system" };

interface SpoolRoomDeps extends Pick<SpoolDeps, "clock" | "onError"> {
  /** Folder of this room. */
  readonly folder: string;
  readonly room: number;
  /** Takes so many bytes of what all rooms may have together; false when there is no room for them. */
  readonly reserve: (bytes: number) => boolean;
  readonly release: (bytes: number) => void;
}

/** Holds what one room has in the spool: files of frames as they came, given out in order. */
export class SpoolRoom {
  readonly #deps: SpoolRoomDeps;
  readonly #closed: SpoolFile[] = [];
  #current: { readonly file: SpoolFile; readonly handle: FileHandle; dirty: boolean } | null = null;
  /** Mutex of writing and closing. */
  #turns: Promise<unknown> = Promise.resolve();
  #puts = 0;
  #failedAt = Number.NEGATIVE_INFINITY;

  constructor(deps: SpoolRoomDeps) {
    this.#deps = deps;
  }

  /** Whether nothing of the room waits. */
  get empty(): boolean {
    return this.#puts === 0 && this.#current === null && this.#closed.length === 0;
  }

  /**
   * Keeps a batch, also one that is known only soon; a crash of the machine may take the last second.
   * @param broadcast null where the file does not matter that it is in
   * @returns null, or why it is lost
   */
  async put(batch: readonly Received[] | Promise<readonly Received[]>, broadcast: Broadcast | null): Promise<string | null> {
    this.#puts++;
    try {
      return await this.#inTurn(async () => this.#put(await batch, broadcast));
    } finally {
      this.#puts--;
    }
  }

  /** Returns the oldest file, which is no longer written to; null when nothing waits. */
  oldest(): Promise<SpoolFile | null> {
    return this.#inTurn(async () => {
      if (this.#closed.length === 0) await this.#close();
      return this.#closed[0] ?? null;
    });
  }

  /**
   * Yields a file's frames in bounded batches, as ones that waited, without what was torn off.
   * @throws DyliveError bad_file if none can be read
   */
  async *read({ path }: SpoolFile, signal: AbortSignal): AsyncGenerator<readonly Waited[]> {
    const { clock } = this.#deps;
    const drift = new Drift(); // what is damaged was counted when it came
    for await (const batch of recordingSource({ path, speed: 0, clock, drift }).open(signal)) yield waited(batch);
  }

  /** Removes a file that is stored. One that the disk does not let go is found by the next process, for which nothing in it is new. */
  async remove(file: SpoolFile): Promise<void> {
    await rm(file.path, { force: true }).catch((error: unknown) => this.#deps.onError(error, { path: file.path }));
    this.#closed.splice(this.#closed.indexOf(file), 1);
    this.#deps.release(file.bytes);
  }

  /** Flushes what was written to the disk. */
  async sync(): Promise<void> {
    const current = this.#current;
    if (current === null || !current.dirty) return;
    current.dirty = false;
    await this.#inTurn(async () => {
      if (this.#current === current) await current.handle.datasync();
    }).catch((error: unknown) => this.#deps.onError(error, { path: current.file.path }));
  }

  /** Closes what is written to. @returns all that waits; somebody else's from now on */
  close(): Promise<readonly SpoolFile[]> {
    return this.#inTurn(async () => {
      await this.#close();
      return this.#closed.splice(0);
    });
  }

  async #put(batch: readonly Received[], broadcast: Broadcast | null): Promise<string | null> {
    const { clock, reserve, release, onError } = this.#deps;
    // A clock that was set back holds nothing up.
    if (Math.abs(clock.now() - this.#failedAt) < RETRY_MS) return "the disk of the spool failed while the store took nothing";
    const bytes = Buffer.concat(batch.map(({ kind, receivedAt, raw }) => encodeRecord({ kind, receivedAt, bytes: raw })));
    if (!reserve(bytes.length)) return "the spool was full while the store took nothing";
    let booked = false;
    try {
      const { file, handle } = await this.#open(
        broadcast ?? this.#current?.file.broadcast ?? NO_BROADCAST,
        batch[0]?.receivedAt ?? clock.now(),
        bytes.length,
      );
      file.bytes += bytes.length; // also of a record that is torn
      booked = true;
      await handle.appendFile(bytes);
      file.frames += batch.length;
      file.to = Math.max(file.to, batch[batch.length - 1]?.receivedAt ?? 0);
      if (this.#current !== null) this.#current.dirty = true;
      return null;
    } catch (error) {
      this.#failedAt = clock.now();
      if (!booked) release(bytes.length);
      // Half a record may be in the file: nothing may follow it.
      await this.#close();
      onError(error, { room: this.#deps.room });
      return "the disk of the spool failed while the store took nothing";
    }
  }

  async #open(broadcast: Broadcast, receivedAt: number, bytes: number) {
    const { folder, room, reserve } = this.#deps;
    const current = this.#current;
    if (current !== null && current.file.bytes + bytes <= FILE_BYTES && isSame(current.file.broadcast, broadcast)) return current;
    await this.#close();
    await makeFolder(folder);
    const { sessionId, webRid, anchorId, source } = broadcast;
    const about = { webRid: webRid ?? "", roomId: sessionId ?? "", title: "", startedAt: receivedAt, source };
    const header = encodeHeader({ ...about, ...(anchorId !== null && { anchorId }) });
    for (let at = receivedAt; ; at++) {
      const path = join(folder, rawName(at, sessionId ?? ""));
      try {
        const handle = await open(path, "ax", 0o600);
        const file: SpoolFile = { path, room, broadcast, bytes: 0, frames: 0, from: receivedAt, to: receivedAt };
        this.#current = { file, handle, dirty: true };
        await handle.appendFile(header);
        if (reserve(header.length)) file.bytes += header.length;
        await syncFolder(folder);
        return this.#current;
      } catch (error) {
        // Files that were begun within a millisecond, or a clock that was set back.
        if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
      }
    }
  }

  async #close(): Promise<void> {
    const current = this.#current;
    if (current === null) return;
    this.#current = null;
    this.#closed.push(current.file);
    const tell = (error: unknown) => this.#deps.onError(error, { path: current.file.path });
    await current.handle.datasync().catch(tell);
    await current.handle.close().catch(tell);
  }

  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const turn = this.#turns.then(work);
    this.#turns = turn.catch(() => {});
    return turn;
  }
}

function isSame(a: Broadcast, b: Broadcast): boolean {
  return a.sessionId === b.sessionId && a.webRid === b.webRid && a.anchorId === b.anchorId && a.source === b.source;
}

/** Interval between flushes to the disk, in ms: what a crash of the machine may take. */
const SYNC_EVERY_MS = 1000;

/**
 * Keeps frames on disk while the database is away. A room that is still collected here runs them through its own pipeline; all others, and
 * what an earlier process left, are uploaded for the process that has the room. They can come twice, which the pipeline takes as once.
 */
export class Spool {
  readonly #deps: SpoolDeps;
  readonly #rooms = new Set<SpoolRoom>();
  readonly #stop = new AbortController();
  readonly #stopSyncing: () => void;
  /** Files to be uploaded, oldest first. */
  readonly #left: Pick<SpoolFile, "path" | "room" | "bytes">[] = [];
  #uploading: Promise<void> | null = null;
  #syncing = false;
  #bytes = 0;

  constructor(deps: SpoolDeps) {
    this.#deps = deps;
    this.#stopSyncing = deps.clock.every(SYNC_EVERY_MS, () => void this.#sync());
  }

  /** Bytes of all rooms that wait on this disk. */
  get bytes(): number {
    return this.#bytes;
  }

  get clock(): Clock {
    return this.#deps.clock;
  }

  /** Finds what an earlier process left, and uploads it in the background. */
  async start(): Promise<void> {
    for (const file of await rawFiles(this.#deps.folder)) {
      this.#bytes += file.bytes;
      this.#left.push(file);
    }
    this.#upload();
  }

  /** Returns a place for the frames of a room, until it is {@link leave left}. */
  enter(room: RoomKey): SpoolRoom {
    const { folder, clock, maxBytes, onError } = this.#deps;
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
    this.#deps.onError(error, { room });
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
    const { clock, onError } = this.#deps;
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
      await untilAborted(this.#deps.spooled.put(room, bytes), this.#stop.signal);
    } catch (error) {
      if (!(error instanceof DyliveError && (error.code === "bad_request" || error.code === "not_found"))) throw error;
      this.#deps.onError(error, { room, path: `${path}.refused` });
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
