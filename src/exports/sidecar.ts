import { createHash } from "node:crypto";
import { basename, dirname, isAbsolute, join, normalize, sep } from "node:path";
import type { LiveEvent } from "../events/event.js";
import { readAfter } from "../feed/read.js";
import { ReadQueue } from "../feed/read-queue.js";
import type { Clock } from "../runtime/clock.js";
import { assertNoLink, NewFile } from "../runtime/durable-file.js";
import { DyliveError } from "../runtime/errors.js";
import { fileFailure, troubleOf } from "../runtime/file-failure.js";
import { joinMsgs, type Msg, type MsgPart, msg, msgOf } from "../runtime/msg.js";
import type { RoomKey } from "../store/log.js";
import type { Store } from "../store/store.js";
import { type ExportPlan, planExport } from "./plan.js";
import { minutesAhead, momentIn } from "./recording-time.js";
import {
  type FolderContent,
  LOOK_MS,
  listFolder,
  type Recording,
  Recordings,
  type RecordingsOptions,
  type SidecarFormat,
} from "./recordings.js";
import { type Kept, keep, keptIn } from "./sidecar-state.js";

/** Also the most by which a time is later than its receipt (a clock that is ahead by more is wrong), and for which the place in the log is not kept anew. */
const MINUTE_MS = 60_000;

/** Options of what is written beside recordings. */
export interface SidecarOptions extends RecordingsOptions {
  readonly room: RoomKey;
  /** Name of the file that says how far it has come, in the folder. */
  readonly stateFile: string;
  /** Added to every place in a recording, ms. */
  readonly offsetMs: number;
}

export interface SidecarDeps {
  readonly store: Store;
  /** Makes the bytes of an export. */
  readonly exported: (plan: ExportPlan, signal: AbortSignal) => AsyncIterable<Uint8Array>;
  readonly clock: Clock;
  readonly tell: (line: Msg) => void;
}

/** State of what is written beside recordings. */
interface SidecarFigures {
  readonly recordings: number;
  /** Those of them that still grow. */
  readonly growing: number;
  /** Hindrance of the last look; null: there was none. */
  readonly trouble: Msg | null;
}

/**
 * Writes beside each recording of a folder what people wrote and gave meanwhile, by the time of each event. A file is always a whole export of
 * the recording's time, as `dylive export` makes it, under its name by a rename: a function of the log, so that nothing is doubled or lost
 * whenever this is ended. Recordings are only read. One process at a time does this for a room in a folder.
 */
export class Sidecar {
  readonly #options: SidecarOptions;
  readonly #deps: SidecarDeps;
  readonly #queue = new ReadQueue();
  readonly #found: Recordings;
  /** Times (ms) before which a recording is not written again. */
  readonly #rests = new Map<Recording, number>();
  /** News that were logged last, by what they are about. */
  readonly #logged = new Map<string, string>();
  /** Seqs of the first event of each minute that was read, and from which minute on that is all of them. */
  readonly #minutes = new Map<number, number>();
  #knownFrom = Number.NEGATIVE_INFINITY;
  #at = 0;
  #newest = Number.NEGATIVE_INFINITY;
  #trouble: Msg | null = null;
  #kept = { lasting: "[]", at: Number.POSITIVE_INFINITY };

  private constructor(deps: SidecarDeps, options: SidecarOptions) {
    this.#deps = deps;
    this.#options = options;
    this.#found = new Recordings(options, deps.clock, {
      tell: deps.tell,
      tellOnce: (about, line) => this.#tellOnce(about, line),
    });
  }

  /** Goes on where an earlier process was in this folder. @throws DyliveError file_failed when its state cannot be read */
  static async open(deps: SidecarDeps, options: SidecarOptions): Promise<Sidecar> {
    const sidecar = new Sidecar(deps, options);
    const kept = await keptIn(join(options.folder, options.stateFile), deps.tell);
    // Another store, or one that was restored, may not have what is in the files of this one: they are left as they are.
    if (kept === null || kept.room !== options.room || kept.log !== deps.store.log.id) return sidecar;
    // The folder may belong to others: what is kept there leads nowhere else.
    for (const one of kept.recordings) if (!leadsOut(one.name)) sidecar.#recordings.set(one.name, one);
    sidecar.#at = kept.seq;
    sidecar.#newest = kept.newest;
    sidecar.#knownFrom = kept.newest + MINUTE_MS;
    return sidecar;
  }

  get #recordings(): Map<string, Recording> {
    return this.#found.byName;
  }

  get figures(): SidecarFigures {
    const all = [...this.#recordings.values()];
    return { recordings: all.length, growing: all.filter(({ endMs }) => endMs === null).length, trouble: this.#trouble };
  }

  /** Looks and writes until the signal aborts. */
  async run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      await this.look(signal);
      await this.#deps.clock.sleep(LOOK_MS, signal).catch(() => {});
    }
  }

  /**
   * Looks once at the folder and the log, and writes what has changed. What hinders it is logged, and tried again by the next look.
   * @returns whether everything is written
   */
  async look(signal: AbortSignal): Promise<boolean> {
    const { folder, stateFile } = this.#options;
    try {
      const content = await assertNoLink(folder)
        .then(() => listFolder(folder))
        .catch((error: unknown) => {
          throw fileFailure(error, msg`${folder} cannot be read`);
        });
      const { changed, again } = await this.#found.look(content);
      for (const one of changed) this.#rests.delete(one);
      for (const one of again) this.#goBack(one);
      await this.#read(signal);
      let isWhole = !signal.aborted && content.beyond === null;
      if (content.beyond === null) this.#logged.delete("beyond");
      else {
        this.#trouble = content.beyond;
        this.#tellOnce("beyond", msg`${folder}: ${content.beyond}`);
      }
      for (const one of [...this.#recordings.values()].sort((a, b) => a.startMs - b.startMs))
        if (!signal.aborted && !(await this.#write(one, content, signal))) isWhole = false;
      await this.#keep();
      this.#logged.delete("look");
      if (isWhole) this.#trouble = null;
      return isWhole;
    } catch (error) {
      if (signal.aborted) return false;
      const failure = fileFailure(error, msg`${join(folder, stateFile)} cannot be written`);
      if (!(failure instanceof DyliveError)) throw failure;
      this.#trouble = msgOf(failure.said);
      this.#tellOnce("look", msg`${this.#trouble}; it is tried again`);
      return false;
    }
  }

  /** Sees to it that all events of a recording's time are read. */
  #goBack(one: Recording): void {
    one.last = 0;
    const from = one.startMs - this.#options.offsetMs;
    if (from <= this.#knownFrom) {
      // The beginning of its time in the log is unknown.
      this.#at = 0;
      this.#knownFrom = Number.NEGATIVE_INFINITY;
      return;
    }
    for (const [minute, seq] of this.#minutes) if ((minute + 1) * MINUTE_MS > from) this.#at = Math.min(this.#at, seq - 1);
  }

  /** Reads what is new in the log, up to its head. */
  async #read(signal: AbortSignal): Promise<void> {
    if (this.#recordings.size === 0) return;
    const filter = { where: {}, inside: null, expression: null };
    const reading = { log: this.#deps.store.log, room: this.#options.room, limit: 2_000, filter, queue: this.#queue };
    let keptAt = this.#deps.clock.now();
    for (let more = true; more && !signal.aborted; ) {
      const page = await readAfter(reading, { next: this.#at, pos: 0 }, signal);
      const times = page.rows.map(({ event }) => event.time);
      const [least, most] = [times.reduce((a, b) => Math.min(a, b), Number.POSITIVE_INFINITY), times.reduce((a, b) => Math.max(a, b), 0)];
      const near = [...this.#recordings.values()].filter((one) => overlaps(this.#timeOf(one), least, most));
      for (const { event } of page.rows) this.#take(event, near);
      this.#at = page.next;
      more = page.more;
      // A long log takes minutes: after a stop meanwhile, the next run goes on here.
      if (more && this.#deps.clock.now() - keptAt >= MINUTE_MS) {
        await this.#keep();
        keptAt = this.#deps.clock.now();
      }
    }
    const newest = Math.max(...this.#minutes.keys());
    // Of two days it is known where they begin in the log.
    for (const minute of this.#minutes.keys())
      if (minute <= newest - 2 * 24 * 60) {
        this.#minutes.delete(minute);
        this.#knownFrom = Math.max(this.#knownFrom, (minute + 1) * MINUTE_MS);
      }
  }

  #take(event: LiveEvent, near: readonly Recording[]): void {
    const { seq, time, receivedAt } = event;
    this.#newest = Math.max(this.#newest, receivedAt);
    // A gap is stored when it is over.
    const minute = Math.floor((event.type === "gap" ? event.to : time) / MINUTE_MS);
    if (time <= receivedAt + MINUTE_MS) this.#minutes.set(minute, Math.min(this.#minutes.get(minute) ?? seq, seq));
    for (const one of event.type === "gap" ? this.#recordings.values() : near) {
      const own = this.#timeOf(one);
      if (event.type === "gap" && overlaps(own, event.from ?? event.to, event.to) && !one.gaps.some(({ id }) => id === event.id)) {
        one.gaps.push(event);
        one.isDue = true;
      }
      if (seq <= one.last || !overlaps(own, time, time)) continue;
      one.first = one.first === 0 ? seq : Math.min(one.first, seq);
      one.last = seq;
      one.isDue = true;
    }
  }

  /** Returns the time of the events that belong to a recording; its end does not belong to it. */
  #timeOf({ startMs, endMs }: Recording): Interval {
    const { offsetMs } = this.#options;
    return { from: startMs - offsetMs, to: endMs === null ? null : endMs - offsetMs };
  }

  #gapsOf(one: Recording): Recording["gaps"] {
    return one.gaps.filter(({ from, to }) => overlaps(this.#timeOf(one), from ?? to, to));
  }

  /** Writes the files of a recording, where they are due. @returns whether nothing is left to write */
  async #write(one: Recording, { films, files }: FolderContent, signal: AbortSignal): Promise<boolean> {
    const { clock, store } = this.#deps;
    if (!one.isDue) return true;
    if (clock.now() < (this.#rests.get(one) ?? 0)) return false;
    const film = films.find(({ name }) => name === one.name);
    const { oldest = 1 } = one.first === 0 ? {} : ((await store.log.heads([this.#options.room])).get(this.#options.room) ?? {});
    const began = clock.now();
    const written: string[] = [];
    let isWhole = true;
    for (const format of this.#options.formats) {
      const path = `${one.name}.${format}`;
      if (one.own[format] === undefined && files.has(path)) this.#leaveTo(one, format);
      // Without its film nothing is begun, and what is gone with it stays so.
      if (film === undefined && (one.own[format] !== true || !files.has(path))) continue;
      if (oldest > one.first && one.first > 0 && one.own[format] === true && files.has(path)) {
        this.#tellOnce(path, msg`${path}: stays as it is, since events of its time were removed from the store`);
        continue;
      }
      try {
        if (await this.#writeFile(one, format, film?.mode ?? null, signal)) written.push(format);
      } catch (error) {
        if (signal.aborted) return false;
        const why = error instanceof DyliveError ? null : (troubleOf(error)?.why ?? (error as NodeJS.ErrnoException).code ?? null);
        if (why === null) throw error;
        this.#trouble = msg`${path} cannot be written: ${why}`;
        this.#tellOnce(path, msg`${this.#trouble}; it is tried again`);
        isWhole = false;
      }
    }
    one.isDue = !isWhole;
    // One that takes long is written so seldom that it takes a twentieth of the time.
    this.#rests.set(one, clock.now() + Math.max(10_000, 20 * (clock.now() - began)));
    if (isWhole && one.endMs !== null && written.length > 0) this.#tellEnd(one, one.endMs, written);
    return isWhole;
  }

  /** Writes one file. @returns false if another program's file has the name  @throws the system's errors, what the store throws, the signal's reason */
  async #writeFile(one: Recording, format: SidecarFormat, mode: number | null, signal: AbortSignal): Promise<boolean> {
    const owned = one.own[format];
    if (owned === false) return false;
    const { store } = this.#deps;
    const { folder, room, stateFile, zone } = this.#options;
    const { from, to } = this.#timeOf(one);
    const request = { format, from, startMs: from, zoneMinutes: minutesAhead(zone, from), ...(to !== null && { to }) };
    const decided = await planExport(store, room, request);
    const gaps = this.#gapsOf(one);
    // Up to where it was read: what comes later is written when that was read, too.
    const range = one.first === 0 ? { after: 0, until: 0 } : { after: one.first - 1, until: this.#at };
    const plan = { ...decided, ...range, about: { ...decided.about, gaps } };
    const path = join(folder, `${one.name}.${format}`);
    await assertNoLink(dirname(path));
    // A name that is short, whatever that of the film is, and always the same: of each a crash leaves one at most. Another room's has its own, and
    // so has that of a folder above this one.
    const part = createHash("sha256")
      .update(join(folder, stateFile, basename(path)))
      .digest("hex")
      .slice(0, 16);
    const file = await NewFile.create(path, join(dirname(path), `.dylive-${part}.part`));
    try {
      for await (const bytes of this.#deps.exported(plan, signal)) {
        signal.throwIfAborted();
        await file.write(bytes);
      }
      signal.throwIfAborted();
      // Kept before the file has its name: after a crash its owner is known.
      one.own[format] = true;
      if (owned !== true) await this.#keep();
      await assertNoLink(dirname(path));
      // The file's readers are the film's.
      await file.finish({ replace: owned === true, ...(mode !== null && { mode }) });
    } catch (error) {
      await file.discard();
      if (owned === undefined) delete one.own[format];
      if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
      this.#leaveTo(one, format);
      return false;
    }
    return true;
  }

  /** Leaves a file to the program that made it. */
  #leaveTo(one: Recording, format: SidecarFormat): void {
    one.own[format] = false;
    this.#tellOnce(`${one.name}.${format}`, msg`${one.name}.${format}: is there and not of this command: it is left as it is`);
  }

  #tellEnd(one: Recording, endMs: number, written: readonly string[]): void {
    const { zone } = this.#options;
    const { from, to } = this.#timeOf(one);
    const gaps = this.#gapsOf(one);
    const missedMs = gaps.reduce((sum, gap) => sum + Math.max(0, Math.min(gap.to, to ?? gap.to) - Math.max(gap.from ?? gap.to, from)), 0);
    const parts: MsgPart[] = [msg`${one.name}: finished at ${momentIn(zone, endMs)}; beside it: ${written.join(", ")}`];
    if (gaps.length > 0) parts.push(msg`for ${Math.round(missedMs / 1000)} s of it nothing was received`);
    if (one.first === 0) parts.push(msg`nothing is stored of its time: was the room watched?`);
    this.#tellOnce(`${one.name}:end`, joinMsgs(parts, "; "));
  }

  /** Logs news about a thing, unless they are those that were logged of it last. */
  #tellOnce(about: string, line: Msg): void {
    const text = String(line);
    if (this.#logged.get(about) === text) return;
    this.#logged.set(about, text);
    this.#deps.tell(line);
  }

  /**
   * Keeps how far it has come: at once what could not be found out again, and now and then the place in the log, after which everything may be read
   * twice.
   * @throws the system's errors
   */
  async #keep(): Promise<void> {
    const { folder, room, stateFile } = this.#options;
    const now = this.#deps.clock.now();
    const lasting = JSON.stringify([...this.#recordings.values()].map((one) => ({ ...one, size: 0, grewAt: 0, last: 0, isDue: false })));
    if (lasting === this.#kept.lasting && now - this.#kept.at < MINUTE_MS) return;
    const kept: Kept = {
      log: this.#deps.store.log.id,
      room,
      seq: this.#at,
      newest: Number.isFinite(this.#newest) ? this.#newest : 0,
      recordings: [...this.#recordings.values()],
    };
    await keep(folder, stateFile, kept);
    this.#kept = { lasting, at: now };
  }
}

/** Interval, ms UTC; `to` does not belong to it, null is without end. */
interface Interval {
  readonly from: number;
  readonly to: number | null;
}

function overlaps({ from, to }: Interval, least: number, most: number): boolean {
  return most >= from && (to === null || least < to);
}

function leadsOut(name: string): boolean {
  return isAbsolute(name) || normalize(name).split(sep)[0] === "..";
}
