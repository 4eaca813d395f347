import { existsSync } from "node:fs";
import { type FileHandle, open, readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import type { Received } from "../../platform/access/read.js";
import { encodeHeader, encodeRecord } from "../../platform/wire/recording.js";
import { type Clock, monotonicMs } from "../../runtime/clock.js";
import { makeFolder, syncFolder } from "../../runtime/durable-file.js";
import { type RawFile, rawFiles, rawName } from "./files.js";
import { packRaw } from "./pack.js";

/** Origin of frames. */
interface RawAbout {
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

interface WaitingFrame {
  readonly about: RawAbout;
  readonly receivedAt: number;
  readonly bytes: Uint8Array;
  readonly frames: number;
}

/** Writes the frames of one room to files, one after the other, without holding up the room. Frames are lost before that. */
export class RawWriter {
  readonly #deps: RawWriterDeps;
  #queue: WaitingFrame[] = [];
  #queued = 0;
  #writing: Promise<void> | null = null;
  #file: { readonly handle: FileHandle; readonly path: string; readonly key: string; bytes: number } | null = null;
  #syncedAt = 0;
  #retryAt = 0;

  constructor(deps: RawWriterDeps) {
    this.#deps = deps;
  }

  /** Takes a batch as it came. */
  take(batch: readonly Received[], about: RawAbout): void {
    const [first] = batch;
    if (first === undefined) return;
    const bytes = Buffer.concat(batch.map(({ kind, receivedAt, raw }) => encodeRecord({ kind, receivedAt, bytes: raw })));
    const resting = monotonicMs(this.#deps.clock) < this.#retryAt;
    if (resting || this.#queued + bytes.length > 16 * 1024 * 1024) {
      this.#deps.onLost(batch.length, new Error(resting ? "the disk is left alone for a minute" : "the disk is slower than the room"));
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
    await this.#deps.ready;
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
          this.#retryAt = monotonicMs(this.#deps.clock) + 60_000;
          // A file that ends in the middle of a record is left as it is: packing cuts that off.
          await this.#closeFile().catch(() => {});
          this.#deps.onLost(
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
    const { clock, maxBytes } = this.#deps;
    const key = `${about.sessionId} ${Math.floor(receivedAt / 86_400_000)}`;
    if (this.#file !== null && (this.#file.key !== key || this.#file.bytes + bytes.length > maxBytes)) await this.#closeFile();
    this.#file ??= await this.#open(about, receivedAt, key);
    await this.#file.handle.appendFile(bytes);
    this.#file.bytes += bytes.length;
    // A crash of the machine may take a second.
    if (monotonicMs(clock) - this.#syncedAt < 1000) return;
    await this.#file.handle.sync();
    this.#syncedAt = monotonicMs(clock);
  }

  async #open({ sessionId, webRid, source }: RawAbout, receivedAt: number, key: string) {
    const { folder } = this.#deps;
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
    this.#deps.onClosed(file.path);
  }
}

interface RawRecorderDeps {
  /** Folder of all raw recordings. */
  readonly folder: string;
  readonly clock: Clock;
  /** Whether rooms are recorded that do not say. */
  readonly byDefault: boolean;
  /** Size at which a file is full, in bytes; 64 MiB by default. */
  readonly maxBytes?: number;
  readonly onError: (error: unknown, about: { readonly room?: number; readonly path?: string; readonly framesLost?: number }) => void;
}

/** Keeps the frames of rooms as they came: in files that are rotated by size and day, and compressed when they are full. */
export class RawRecorder {
  /** Whether rooms are recorded whose settings do not say. */
  readonly byDefault: boolean;
  readonly #deps: RawRecorderDeps;
  readonly #writers = new Map<number, RawWriter>();
  /** Files that are being closed: what waits for the disk is still being written. */
  readonly #closing = new Set<Promise<void>>();
  readonly #stop = new AbortController();
  /** Frames lost since the last report, by room. */
  readonly #lost = new Map<number, { frames: number; reportedAt: number }>();
  /** Resolves when the files left open are listed: until then a new file of ours would be taken for one of them. */
  readonly #listed: Promise<void>;
  #packing: Promise<void>;

  /** Begins by packing what an earlier process left open. */
  constructor(deps: RawRecorderDeps) {
    this.#deps = deps;
    this.byDefault = deps.byDefault;
    const left = rawFiles(deps.folder).then((files) => files.filter(({ open }) => open));
    this.#listed = left.then(
      () => {},
      () => {},
    );
    this.#packing = this.#recover(left);
  }

  /** Takes a batch of a room as it came. Never throws, and holds nothing up. */
  take(room: number, batch: readonly Received[], about: RawAbout): void {
    let writer = this.#writers.get(room);
    if (writer === undefined) {
      writer = new RawWriter({
        folder: join(this.#deps.folder, String(room)),
        clock: this.#deps.clock,
        maxBytes: this.#deps.maxBytes ?? 64 * 1024 * 1024,
        ready: this.#listed,
        onClosed: (path) => this.#pack(path),
        onLost: (frames, error) => this.#tellLost(room, frames, error),
      });
      this.#writers.set(room, writer);
    }
    writer.take(batch, about);
  }

  /** Closes the file of a room: it is no longer collected, or no longer recorded. */
  async leave(room: number): Promise<void> {
    const writer = this.#writers.get(room);
    this.#writers.delete(room);
    if (writer === undefined) return;
    const closing = writer.close().finally(() => this.#closing.delete(closing));
    this.#closing.add(closing);
    await closing;
  }

  /** Closes the files of all rooms, with those that are being closed already. */
  async #leaveAll(): Promise<void> {
    await Promise.all([...[...this.#writers.keys()].map((room) => this.leave(room)), ...this.#closing]);
  }

  /** Closes and compresses what was recorded so far; what comes goes to new files. */
  async rotate(): Promise<void> {
    await this.#leaveAll();
    await this.#packing;
  }

  /** Writes what waits. What is not packed yet is packed by the next process. */
  async close(): Promise<void> {
    await this.#leaveAll();
    this.#stop.abort();
    await this.#packing;
  }

  /** Resolves when everything that was closed is packed. */
  async packed(): Promise<void> {
    await this.#packing;
  }

  async #recover(leftOpen: Promise<readonly RawFile[]>): Promise<void> {
    const { folder, onError } = this.#deps;
    try {
      const left = await leftOpen;
      for (const room of existsSync(folder) ? await readdir(folder) : []) await this.#sweep(join(folder, room));
      for (const { path } of left) if (existsSync(path)) await this.#packNow(path);
    } catch (error) {
      if (!this.#stop.signal.aborted) onError(error, {});
    }
  }

  /** Removes what a crash left half done: a packed file without its end, and a file whose packed form is whole. */
  async #sweep(folder: string): Promise<void> {
    for (const name of await readdir(folder).catch(() => [])) {
      const path = join(folder, name);
      if (name.endsWith(".dyrec.gz.part") || (name.endsWith(".dyrec") && existsSync(`${path}.gz`))) await rm(path, { force: true });
    }
  }

  #pack(path: string): void {
    this.#packing = this.#packing.then(() => this.#packNow(path));
  }

  async #packNow(path: string): Promise<void> {
    if (this.#stop.signal.aborted) return;
    try {
      await packRaw(path, this.#stop.signal);
    } catch (error) {
      if (!this.#stop.signal.aborted) this.#deps.onError(error, { path });
    }
  }

  #tellLost(room: number, frames: number, error: unknown): void {
    const now = this.#deps.clock.now();
    const lost = this.#lost.get(room) ?? { frames: 0, reportedAt: Number.NEGATIVE_INFINITY };
    lost.frames += frames;
    this.#lost.set(room, lost);
    if (now - lost.reportedAt < 60_000) return;
    this.#deps.onError(error, { room, framesLost: lost.frames });
    this.#lost.set(room, { frames: 0, reportedAt: now });
  }
}

/** Compresses what an earlier process left open in a folder of recordings, which no other writes now. @throws the system's errors */
export async function packLeft(folder: string, clock: Clock): Promise<void> {
  let failed: unknown = null;
  const onError = (error: unknown) => {
    failed ??= error;
  };
  const recorder = new RawRecorder({ folder, clock, byDefault: false, onError });
  await recorder.packed();
  await recorder.close();
  if (failed !== null) throw failed;
}
