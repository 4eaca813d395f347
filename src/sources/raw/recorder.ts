import { existsSync } from "node:fs";
import { readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import type { Received } from "../../platform/access/source.js";
import type { Clock } from "../../runtime/clock.js";
import { type RawFile, rawFiles } from "./files.js";
import { packRaw } from "./pack.js";
import { rotateMark } from "./rotate.js";
import { type RawAbout, RawWriter } from "./writer.js";

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

const MAX_BYTES = 64 * 1024 * 1024;
/** Interval, in ms, at which we look whether somebody asks for the files to be closed. */
const LOOK_MS = 1000;
/** Shortest time between two reports of a room's losses, in ms. */
const TELL_EVERY_MS = 60_000;

/** Keeps the frames of rooms as they came: in files that are rotated by size and day, and compressed when they are full. */
export class RawRecorder {
  readonly byDefault: boolean;
  readonly #parts: RawRecorderDeps;
  readonly #writers = new Map<number, RawWriter>();
  readonly #stop = new AbortController();
  /** Frames lost since the last report, by room. */
  readonly #lost = new Map<number, { frames: number; toldAt: number }>();
  /** Resolves when the files left open are listed: until then a new file of ours would be taken for one of them. */
  readonly #listed: Promise<void>;
  readonly #stopLooking: () => void;
  #packing: Promise<void>;
  #rotating = false;

  /** Begins by packing what an earlier process left open. */
  constructor(parts: RawRecorderDeps) {
    this.#parts = parts;
    this.byDefault = parts.byDefault;
    const left = rawFiles(parts.folder).then((files) => files.filter(({ open }) => open));
    this.#listed = left.then(
      () => {},
      () => {},
    );
    this.#packing = this.#recover(left);
    this.#stopLooking = parts.clock.every(LOOK_MS, () => void this.#look());
  }

  /** Takes a batch of a room as it came. Never throws, and makes nobody wait. */
  take(room: number, batch: readonly Received[], about: RawAbout): void {
    let writer = this.#writers.get(room);
    if (writer === undefined) {
      writer = new RawWriter({
        folder: join(this.#parts.folder, String(room)),
        clock: this.#parts.clock,
        maxBytes: this.#parts.maxBytes ?? MAX_BYTES,
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
    await writer?.close();
  }

  /** Closes and compresses what was recorded so far; what comes goes to new files. */
  async rotate(): Promise<void> {
    await Promise.all([...this.#writers.keys()].map((room) => this.leave(room)));
    await this.#packing;
  }

  /** Writes what waits. What is not packed yet is packed by the next process. */
  async close(): Promise<void> {
    this.#stopLooking();
    await Promise.all([...this.#writers.keys()].map((room) => this.leave(room)));
    this.#stop.abort();
    await this.#packing;
  }

  /** Resolves when everything that was closed is packed. */
  async packed(): Promise<void> {
    await this.#packing;
  }

  async #recover(leftOpen: Promise<readonly RawFile[]>): Promise<void> {
    const { folder, onError } = this.#parts;
    try {
      const left = await leftOpen;
      for (const room of existsSync(folder) ? await readdir(folder) : []) await this.#sweep(join(folder, room));
      for (const { path } of left) await this.#packNow(path);
    } catch (error) {
      onError(error, {});
    }
  }

  /** Removes what a crash left half done: a packed file without its end, and a file whose packed form is whole. */
  async #sweep(folder: string): Promise<void> {
    for (const name of await readdir(folder).catch(() => [])) {
      const path = join(folder, name);
      if (name.endsWith(".dyrec.gz.part") || (name.endsWith(".dyrec") && existsSync(`${path}.gz`))) await rm(path, { force: true });
    }
  }

  /** Does what a command asks for that runs beside us. */
  async #look(): Promise<void> {
    const mark = rotateMark(this.#parts.folder);
    if (this.#rotating || !existsSync(mark)) return;
    this.#rotating = true;
    try {
      await this.rotate();
      await rm(mark, { force: true });
    } catch (error) {
      this.#parts.onError(error, {});
    } finally {
      this.#rotating = false;
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
      if (!this.#stop.signal.aborted) this.#parts.onError(error, { path });
    }
  }

  #tellLost(room: number, frames: number, error: unknown): void {
    const now = this.#parts.clock.now();
    const lost = this.#lost.get(room) ?? { frames: 0, toldAt: Number.NEGATIVE_INFINITY };
    lost.frames += frames;
    this.#lost.set(room, lost);
    if (now - lost.toldAt < TELL_EVERY_MS) return;
    this.#parts.onError(error, { room, framesLost: lost.frames });
    this.#lost.set(room, { frames: 0, toldAt: now });
  }
}
