import { randomBytes } from "node:crypto";
import { lstatSync, statSync } from "node:fs";
import { readFile, realpath } from "node:fs/promises";
import { join, resolve, sep } from "node:path";
import { writeWhole } from "../runtime/durable-file.js";
import { DyliveError } from "../runtime/errors.js";
import { fileFailure } from "../runtime/file-failure.js";
import { FileLock } from "../runtime/file-lock.js";
import { type Msg, msg, msgOf } from "../runtime/msg.js";
import { FairSemaphore } from "../runtime/semaphore.js";
import type { RoomKey } from "../store/log.js";
import { NamePattern, readTimeZone } from "./recording-time.js";
import { Sidecar, type SidecarDeps, type SidecarOptions } from "./sidecar.js";

/** Choice of what is written beside the recordings of a folder, as people make it. */
interface SidecarChoice extends Pick<SidecarOptions, "formats"> {
  readonly folder: string;
  readonly room: RoomKey;
  /** See {@link NamePattern}; null: all files, with the time in a usual form. */
  readonly namePattern: string | null;
  /** Zone of the times in names; null: this machine's. */
  readonly timeZone: string | null;
  readonly offsetMs: number;
  readonly finishedAfterMs: number;
}

/**
 * Begins to write beside the recordings of a folder, as the only process that does so for the room there.
 * @returns what writes, and what gives the folder free
 * @throws DyliveError bad_request, file_failed, in_use
 */
export async function openSidecar(
  deps: SidecarDeps,
  choice: SidecarChoice,
): Promise<{ readonly sidecar: Sidecar; readonly close: () => void }> {
  const { room, formats, offsetMs } = choice;
  const [pattern, zone] = [new NamePattern(choice.namePattern), choice.timeZone === null ? null : readTimeZone(choice.timeZone)];
  const folder = await realpath(choice.folder).catch((error: unknown) => {
    throw fileFailure(error, msg`nothing can be written in ${choice.folder}`);
  });
  const name = `.dylive-sidecar-${room}`;
  const lock = lockOf(folder, join(folder, `${name}.lock`));
  try {
    const options = { folder, room, stateFile: `${name}.json`, formats, pattern, zone, offsetMs, quietMs: choice.finishedAfterMs };
    return { sidecar: await Sidecar.open(deps, options), close: () => lock.remove() };
  } catch (error) {
    lock.remove();
    throw error;
  }
}

function lockOf(folder: string, path: string): FileLock {
  try {
    if (!statSync(folder).isDirectory()) throw Object.assign(new Error("no folder"), { code: "ENOTDIR" });
    // A link would have a file made where it leads, and on a pipe one waits.
    if (lstatSync(path, { throwIfNoEntry: false })?.isFile() === false)
      throw new DyliveError("file_failed", msg`${path} is not a file: remove it`);
    const lock = FileLock.take(path);
    if (lock === null) throw new DyliveError("in_use", msg`another sidecar of this room is at work in ${folder}`);
    return lock;
  } catch (error) {
    throw fileFailure(error, msg`nothing can be written in ${folder}`);
  }
}

const SIDECARS_MAX = 100;

/** A sidecar of the server, as it is kept. */
interface KeptSidecar extends SidecarChoice {
  readonly id: string;
  /** ms UTC */
  readonly createdAt: number;
}

/** A sidecar of the server, with how it does. */
export interface SidecarView extends KeptSidecar {
  /** Hindrance of its work; null: there is none. */
  readonly trouble: Msg | null;
  readonly recordings: number;
  readonly growing: number;
  /** News of it, the last ones, oldest first. */
  readonly lines: readonly { readonly at: number; readonly text: Msg }[];
}

interface Running {
  readonly kept: KeptSidecar;
  readonly stop: AbortController;
  readonly lines: { readonly at: number; readonly text: Msg }[];
  ended: Promise<void>;
  sidecar: Sidecar | null;
  trouble: Msg | null;
}

interface SidecarsDeps extends Omit<SidecarDeps, "tell"> {
  /** File that keeps which there are. */
  readonly file: string;
  /** Folder that those of the recordings are in; null: there are none. */
  readonly root: string | null;
  readonly onError: (error: unknown, id: string) => void;
}

/** The sidecars of this process, which runs them and begins them again when it starts. */
export class Sidecars {
  readonly #deps: SidecarsDeps;
  readonly #running = new Map<string, Running>();
  /** Place for one change at a time of which there are: each writes all. */
  readonly #changes = new FairSemaphore(1);

  private constructor(deps: SidecarsDeps) {
    this.#deps = deps;
  }

  /** Begins those that are kept. @throws DyliveError file_failed when these cannot be read */
  static async open(deps: SidecarsDeps): Promise<Sidecars> {
    const sidecars = new Sidecars(deps);
    for (const one of await keptIn(deps.file)) sidecars.#start(one);
    return sidecars;
  }

  /** Whether there is a folder for them. */
  get isPossible(): boolean {
    return this.#deps.root !== null;
  }

  list(): readonly SidecarView[] {
    return [...this.#running.values()].map(viewOf);
  }

  /**
   * Makes one.
   * @param choice with the folder as a path from the root
   * @throws DyliveError bad_request, file_failed, in_use, too_many
   */
  add(choice: SidecarChoice): Promise<SidecarView> {
    return this.#changes.run(() => this.#add(choice));
  }

  async #add(choice: SidecarChoice): Promise<SidecarView> {
    const folder = await this.#folderOf(choice.folder);
    new NamePattern(choice.namePattern);
    if (choice.timeZone !== null) readTimeZone(choice.timeZone);
    if (this.#running.size >= SIDECARS_MAX) throw new DyliveError("bad_request", msg`there are ${SIDECARS_MAX} already, which is the most`);
    const same = [...this.#running.values()].find(
      ({ kept }) => kept.room === choice.room && resolve(this.#deps.root ?? "", kept.folder) === folder,
    );
    if (same !== undefined) throw new DyliveError("in_use", msg`another sidecar of this room is at work in ${choice.folder}`);
    const one = { ...choice, id: randomBytes(6).toString("hex"), createdAt: this.#deps.clock.now() };
    await this.#keep([...this.#running.values(), { kept: one }]);
    return viewOf(this.#start(one));
  }

  /** Ends one; what it wrote stays. @returns null when there is none */
  async remove(id: string): Promise<SidecarView | null> {
    const one = await this.#changes.run(() => this.#leaveOut(id));
    if (one === null) return null;
    one.stop.abort();
    await one.ended;
    return viewOf(one);
  }

  async #leaveOut(id: string): Promise<Running | null> {
    const one = this.#running.get(id);
    if (one === undefined) return null;
    await this.#keep([...this.#running.values()].filter((other) => other !== one));
    this.#running.delete(id);
    return one;
  }

  async close(): Promise<void> {
    for (const { stop } of this.#running.values()) stop.abort();
    await Promise.all([...this.#running.values()].map(({ ended }) => ended));
  }

  #start(kept: KeptSidecar): Running {
    const one: Running = { kept, stop: new AbortController(), lines: [], ended: Promise.resolve(), sidecar: null, trouble: null };
    this.#running.set(kept.id, one);
    one.ended = this.#run(one);
    return one;
  }

  async #run(one: Running): Promise<void> {
    const { clock, onError, ...deps } = this.#deps;
    const { signal } = one.stop;
    const tell = (text: Msg) => {
      one.lines.push({ at: clock.now(), text });
      one.lines.splice(0, one.lines.length - 20);
    };
    while (!signal.aborted) {
      try {
        const folder = await this.#folderOf(one.kept.folder);
        const { sidecar, close } = await openSidecar({ ...deps, clock, tell }, { ...one.kept, folder });
        one.sidecar = sidecar;
        one.trouble = null;
        await sidecar.run(signal).finally(close);
      } catch (error) {
        if (!(error instanceof DyliveError)) onError(error, one.kept.id);
        one.trouble = error instanceof DyliveError ? msgOf(error.said) : msgOf(String(error));
      }
      one.sidecar = null;
      await clock.sleep(10_000, signal).catch(() => {});
    }
  }

  /** Returns the folder that is meant, which is in the root also by what links lead to. @throws DyliveError */
  async #folderOf(asked: string): Promise<string> {
    const { root } = this.#deps;
    if (root === null)
      throw new DyliveError("bad_request", msg`no folder of recordings is set: DYLIVE_RECORDINGS names the one that recorders write in`);
    const path = resolve(root, asked);
    if (path.includes("\0")) throw new DyliveError("bad_request", msg`${asked} is not in the folder of recordings`);
    const [top, found] = await Promise.all([realpath(root), realpath(path)]).catch((error: unknown) => {
      throw fileFailure(error, msg`${asked} cannot be read`);
    });
    if (found !== top && !found.startsWith(top.endsWith(sep) ? top : top + sep))
      throw new DyliveError("bad_request", msg`${asked} is not in the folder of recordings`);
    return found;
  }

  async #keep(all: readonly Pick<Running, "kept">[]): Promise<void> {
    const { file } = this.#deps;
    await writeWhole(file, JSON.stringify(all.map(({ kept }) => kept))).catch((error: unknown) => {
      throw fileFailure(error, msg`${file} cannot be written`);
    });
  }
}

function viewOf({ kept, sidecar, trouble, lines }: Running): SidecarView {
  const { recordings, growing, trouble: now } = sidecar?.figures ?? { recordings: 0, growing: 0, trouble: null };
  return { ...kept, trouble: trouble ?? now, recordings, growing, lines: [...lines] };
}

async function keptIn(file: string): Promise<readonly KeptSidecar[]> {
  try {
    return JSON.parse(await readFile(file, "utf8")) as readonly KeptSidecar[];
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return [];
    if (error instanceof SyntaxError)
      throw new DyliveError("bad_config", msg`${file} is damaged; remove it, and set the sidecars anew`, error);
    throw fileFailure(error, msg`${file} cannot be read`);
  }
}
