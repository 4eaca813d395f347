import { statfs } from "node:fs/promises";
import type { Clock } from "../runtime/clock.js";
import type { SystemNews } from "../store/log.js";

const MB = 1_000_000;
/** Time between looks, in ms. A busy room writes some MB in that time. */
const LOOK_MS = 60_000;
/** Multiple of the limit at which a disk is well again, so that a disk at its limit is not reported again and again. */
const WELL = 1.1;

/** Dependencies of the watch over a disk. */
interface DiskWatchDeps {
  /** Folder on the disk. */
  readonly folder: string;
  /** Free bytes below which it is low; 0 never is. */
  readonly lowBytes: number;
  readonly clock: Clock;
  /** Free bytes of the disk that a folder is on; asks the system by default. */
  readonly freeBytesOf?: (folder: string) => Promise<number>;
  /** Tells the operator. What it throws goes to `onError`, and it is called again at the next look. */
  readonly tell: (news: SystemNews) => Promise<unknown>;
  /** Called when the disk is well again. */
  readonly onWell: (freeBytes: number) => void;
  readonly onError: (error: unknown) => void;
}

/** Watches how much room the disk of the data folder has, and tells once when it becomes low. */
export class DiskWatch {
  readonly #deps: DiskWatchDeps;
  #freeBytes: number | null = null;
  #low = false;
  /** News that is still to be said: a full disk may take it only when it is well again. */
  #untold: SystemNews | null = null;
  #stop: () => void = () => {};
  #looking: Promise<void> = Promise.resolve();

  constructor(deps: DiskWatchDeps) {
    this.#deps = deps;
  }

  /** Free bytes at the last look; null before the first, and while the system does not say. */
  get freeBytes(): number | null {
    return this.#freeBytes;
  }

  /** Looks now, and from now on every minute. */
  start(): void {
    this.#looking = this.#look();
    this.#stop = this.#deps.clock.every(LOOK_MS, () => {
      this.#looking = this.#looking.then(() => this.#look());
    });
  }

  /** Ends after the look that is under way. */
  async stop(): Promise<void> {
    this.#stop();
    await this.#looking;
  }

  async #look(): Promise<void> {
    const { folder, lowBytes, freeBytesOf = systemsFreeBytes, clock, tell, onWell, onError } = this.#deps;
    try {
      const free = await freeBytesOf(folder);
      this.#freeBytes = free;
      if (!this.#low && free < lowBytes) {
        this.#low = true;
        this.#untold = { kind: "disk.low", about: `${clock.now()}`, text: lowText(folder, free, lowBytes) };
      } else if (this.#low && free >= lowBytes * WELL) {
        this.#low = false;
        onWell(free);
      }
      if (this.#untold !== null) await tell(this.#untold);
      this.#untold = null;
    } catch (error) {
      onError(error);
    }
  }
}

function lowText(folder: string, free: number, low: number): string {
  return `the disk of ${folder} has ${Math.floor(free / MB)} MB left, less than ${Math.round(low / MB)} MB: make room, or let dylive keep less. When it is full, what comes is held back and in the end lost`;
}

/** Asks the system for the free bytes that a process without privileges may use. */
async function systemsFreeBytes(folder: string): Promise<number> {
  const { bavail, bsize } = await statfs(folder);
  return bavail * bsize;
}
