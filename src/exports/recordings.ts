import { readdir, rename, stat } from "node:fs/promises";
import { basename, dirname, extname, join } from "node:path";
import { Type } from "typebox";
import { KINDS, type NewEventOf } from "../events/event.js";
import { Nullable } from "../events/field.js";
import type { Clock } from "../runtime/clock.js";
import { assertNoLink } from "../runtime/durable-file.js";
import { type Msg, msg } from "../runtime/msg.js";
import { type ContainerTimes, containerTimes } from "./container-times.js";
import type { ExportFormat } from "./format.js";
import { BEGIN_SOURCES, type BeginSource, beginOf, JOINT_MS, momentIn, type NamePattern, type TimeZone } from "./recording-time.js";

/** Endings of what recorders write: with pictures, and sound alone. */
const ENDINGS: ReadonlySet<string> = new Set([".flv", ".ts", ".mp4", ".mkv", ".mov", ".webm", ".m4v", ".m4a", ".aac", ".mp3"]);
/** Most folders within folders, and films; the log names what is beyond them, which is not looked at. */
const DEPTH_MAX = 6;
const FILMS_MAX = 20_000;

/** Film in a folder, as it is now. */
interface Film {
  /** Path from the folder, without the ending. */
  readonly name: string;
  readonly ending: string;
  readonly size: number;
  /** Time of its last change, ms UTC, by the clock of its disk. */
  readonly changedAt: number;
  /** Time at which it was made; null where the file system does not say. */
  readonly madeAt: number | null;
  /** Number of the file, whatever its name. */
  readonly file: string;
  /** Bits that say who may read and write it. */
  readonly mode: number;
}

/** Content of a folder and of those in it. */
export interface FolderContent {
  readonly films: readonly Film[];
  /** Paths, from the folder, of what may stand beside them. */
  readonly files: ReadonlySet<string>;
  /** Parts that were not looked at, as a sentence; null: none. A recording that is missing may be in one of them. */
  readonly beyond: Msg | null;
}

/** Lists a folder of recordings. What is hidden, or a link, is none. @throws the system's errors about the folder itself */
export async function listFolder(folder: string, filmsMax = FILMS_MAX): Promise<FolderContent> {
  const films: Film[] = [];
  const files = new Set<string>();
  let beyond: Msg | null = null;
  const walk = async (inside: string, depth: number): Promise<void> => {
    for (const entry of await readdir(join(folder, inside), { withFileTypes: true })) {
      if (entry.name.startsWith(".")) continue;
      const path = join(inside, entry.name);
      if (entry.isDirectory() && depth === DEPTH_MAX)
        beyond = msg`folders within more than ${DEPTH_MAX} folders, as ${path}, are not looked into`;
      // One that may not be read, or goes in this moment, is no reason to pass over the others.
      if (entry.isDirectory() && depth < DEPTH_MAX) await walk(path, depth + 1).catch(() => {});
      if (entry.isDirectory()) continue;
      const ending = extname(path);
      if (SIDECAR_FORMATS.some((format) => ending === `.${format}`)) files.add(path);
      if (!entry.isFile() || !ENDINGS.has(ending.toLowerCase())) continue;
      if (films.length >= filmsMax) {
        beyond = msg`of more than ${filmsMax} recordings the others, as ${path}, are not looked at`;
        continue;
      }
      const film = await filmAt(folder, path).catch(() => null);
      if (film !== null) films.push(film);
    }
  };
  await walk("", 0);
  return { films, files, beyond };
}

async function filmAt(folder: string, path: string): Promise<Film> {
  const { size, mtimeMs, birthtimeMs, ctimeMs, ino, mode } = await stat(join(folder, path));
  return {
    name: path.slice(0, -extname(path).length),
    ending: extname(path),
    size,
    changedAt: Math.round(mtimeMs),
    // Where a file system has no such time, the system gives another in its place.
    madeAt: birthtimeMs > 0 && birthtimeMs !== ctimeMs && birthtimeMs <= mtimeMs ? Math.round(birthtimeMs) : null,
    file: String(ino), // a disk that is mounted again may have another number
    mode: mode & 0o666,
  };
}

/** Returns the name of a film without its folder. */
function ownName({ name }: Pick<Film, "name">): string {
  return basename(name);
}

/** Formats of the files beside a recording. */
export const SIDECAR_FORMATS = ["xml", "ass", "srt", "jsonl"] as const satisfies readonly ExportFormat[];
export type SidecarFormat = (typeof SIDECAR_FORMATS)[number];

/** Interval between looks into a folder, ms. */
export const LOOK_MS = 5_000;
/** Last moment of a year of four digits, ms UTC; no recording is of a time beyond it. */
const MOMENT_MAX = Date.UTC(10_000, 0) - 1;
/** A recording, with what stands beside it. All of it is kept, so that the next process goes on. */
export interface Recording {
  name: string;
  ending: string;
  file: string;
  madeAt: number | null;
  size: number;
  grewAt: number;
  readonly startMs: number;
  readonly by: BeginSource;
  /** Where it ends; null while it grows. */
  endMs: number | null;
  /** Length by its container, if its growth was not seen. */
  durationMs: number | null;
  /** Whether another file took its place, as a conversion does: it grows no more. */
  isOver: boolean;
  /** Since when there is no file of it, ms UTC; null while there is. */
  goneAt: number | null;
  /** Seqs of the first and the last event of its time that were read; 0: none. */
  first: number;
  last: number;
  gaps: NewEventOf<"gap">[];
  /** Owner of each file beside it: true ours, also one that is about to get its name; false another program's. */
  own: Partial<Record<SidecarFormat, boolean>>;
  /** Whether something is to be written. */
  isDue: boolean;
}

const Time = Type.Number({ minimum: -MOMENT_MAX, maximum: MOMENT_MAX });
const Whole = Type.Integer({ minimum: 0 });
/** Schema of {@link Recording}, as it is kept: any program that may write in the folder may have written it. */
export const RecordingSchema = Type.Object({
  name: Type.String({ minLength: 1 }),
  ending: Type.String(),
  file: Type.String(),
  madeAt: Nullable(Time),
  size: Whole,
  grewAt: Time,
  startMs: Time,
  by: Type.Enum(Object.keys(BEGIN_SOURCES)),
  endMs: Nullable(Time),
  durationMs: Nullable(Type.Number({ minimum: 0, maximum: MOMENT_MAX })),
  isOver: Type.Boolean(),
  goneAt: Nullable(Time),
  first: Whole,
  last: Whole,
  gaps: Type.Array(Type.Object({ ...KINDS.gap.properties, from: Nullable(Time), to: Time })),
  own: Type.Partial(Type.Object(Object.fromEntries(SIDECAR_FORMATS.map((format) => [format, Type.Boolean()])))),
  isDue: Type.Boolean(),
});

/** Options of looking for recordings. */
export interface RecordingsOptions {
  /** Folder of the recordings, and of those in folders in it: its real path. */
  readonly folder: string;
  /** Formats of the files that are to be beside them. */
  readonly formats: readonly SidecarFormat[];
  readonly pattern: NamePattern;
  /** Zone of the times in names. */
  readonly zone: TimeZone;
  /** Time after which a file that has not grown is finished, ms. */
  readonly quietMs: number;
}

/** Listener for news of recordings. */
interface RecordingNews {
  readonly tell: (line: Msg) => void;
  /** Logs news about a thing, unless they are those that were logged of it last. */
  readonly tellOnce: (about: string, line: Msg) => void;
}

/** The recordings of a folder: when they began, how they grow, where they end, and what becomes of their files. These are only read. */
export class Recordings {
  readonly byName = new Map<string, Recording>();
  readonly #options: RecordingsOptions;
  readonly #clock: Clock;
  readonly #news: RecordingNews;
  #lookedAt: number | null = null;
  #changed = new Set<Recording>();
  #again = new Set<Recording>();

  constructor(options: RecordingsOptions, clock: Clock, news: RecordingNews) {
    this.#options = options;
    this.#clock = clock;
    this.#news = news;
  }

  /**
   * Finds out what has become of them.
   * @returns those that end elsewhere than they did, and those of whose time more is to be known than was
   */
  async look(content: FolderContent): Promise<{ readonly changed: ReadonlySet<Recording>; readonly again: ReadonlySet<Recording> }> {
    [this.#changed, this.#again] = [new Set(), new Set()];
    await this.#find(content);
    this.#judge();
    return { changed: this.#changed, again: this.#again };
  }

  /** Finds new recordings, and what became of those that are known. */
  async #find({ films, files, beyond }: FolderContent): Promise<void> {
    const now = this.#clock.now();
    const byName = new Map<string, Film[]>();
    for (const film of films)
      if (this.#options.pattern.takes(ownName(film))) byName.set(film.name, [...(byName.get(film.name) ?? []), film]);
    const isSeen = ({ name }: Recording) => byName.has(name);
    for (const [name, own] of byName) {
      if (this.byName.has(name)) continue;
      const [film] = own;
      const before = [...this.byName.values()].find((one) => film !== undefined && !isSeen(one) && isSame(one, film));
      if (film !== undefined && before !== undefined) await this.#rename(before, film, files);
    }
    for (const one of [...this.byName.values()]) await this.#follow(one, byName.get(one.name) ?? [], now, beyond === null);
    // What was written first: parts of one recording follow upon each other.
    const added = [...byName].filter(([name]) => !this.byName.has(name));
    const oldest = ([, own]: (typeof added)[number]) => Math.min(...own.map(({ changedAt }) => changedAt));
    for (const [, own] of added.sort((a, b) => oldest(a) - oldest(b) || (a[0] < b[0] ? -1 : 1))) await this.#add(own, now);
    this.#lookedAt = now;
    // A week after it is gone, with everything beside it, it is forgotten.
    for (const [name, { goneAt }] of this.byName)
      if (goneAt !== null && now - goneAt > 7 * 86_400_000 && !SIDECAR_FORMATS.some((format) => files.has(`${name}.${format}`)))
        this.byName.delete(name);
    for (const one of this.byName.values())
      if (isSeen(one) && this.#options.formats.some((format) => one.own[format] !== false && !files.has(`${one.name}.${format}`)))
        one.isDue = true;
  }

  /** @param own whose the files beside it are, where there was another recording of that name */
  async #add(films: readonly Film[], now: number, own: Recording["own"] = {}): Promise<void> {
    // The one that was written first, where a conversion stands beside it.
    const film = films.filter(({ size }) => size > 0).sort((a, b) => a.changedAt - b.changedAt)[0];
    if (film === undefined) return;
    const { pattern, zone, quietMs } = this.#options;
    const path = `${film.name}${film.ending}`;
    const inside = await this.#inside(film);
    if (inside === null) return;
    const seenAt = this.#lookedAt;
    const grewAt = Math.min(film.changedAt, now);
    const isGrowing = now - grewAt < quietMs;
    // What was not here at the last look began after it, unless it came whole.
    const made = seenAt === null || !isGrowing ? film.madeAt : within(film.madeAt ?? now, seenAt, now);
    // One that is longer than it grew was brought here.
    const grewHere = made !== null && made <= grewAt + LOOK_MS && grewAt - made + JOINT_MS > (inside.durationMs ?? 0);
    const evidence = {
      name: ownName(film),
      grewAt,
      firstAt: grewHere ? made : null,
      createdAt: inside.createdAt,
      others: () => [...this.byName.values()].map((one) => ({ name: ownName(one), startMs: one.startMs, endMs: lastOf(one) })),
    };
    const begin = beginOf(evidence, pattern, zone);
    if (begin === null) {
      this.#news.tellOnce(path, msg`${path}: nothing tells when it began; a pattern of names says where that stands in the name`);
      return;
    }
    this.#news.tellOnce(path, msg`${path}: begins at ${momentIn(zone, begin.at)}, ${BEGIN_SOURCES[begin.by]}`);
    for (const remark of begin.remarks) this.#news.tell(msg`${path}: ${remark}`);
    const recording: Recording = {
      ...{ name: film.name, ending: film.ending, file: film.file, madeAt: film.madeAt, size: film.size, grewAt },
      ...{ startMs: begin.at, by: begin.by, endMs: null, durationMs: isGrowing ? null : inside.durationMs, isOver: false },
      ...{ goneAt: null, first: 0, last: 0, gaps: [], own, isDue: true },
    };
    this.byName.set(film.name, recording);
    this.#again.add(recording);
  }

  /** Returns what a film says of its times; null where it is none: programs are written in `.ts`, too. */
  #inside({ name, ending }: Film): Promise<ContainerTimes | null> {
    return containerTimes(join(this.#options.folder, `${name}${ending}`), ending).catch(() => ({ createdAt: null, durationMs: null }));
  }

  /** Follows the growth of a known recording. @param isAll whether these are all of its films: else there may be others */
  async #follow(one: Recording, films: readonly Film[], now: number, isAll: boolean): Promise<void> {
    const film = films.find(({ ending }) => ending === one.ending);
    if (film?.size === 0) return; // it is begun anew, and nothing is in it yet
    const { ending, file, madeAt, size } = film ?? films[0] ?? one;
    if (film !== undefined && isAnother(one, film)) {
      this.byName.delete(one.name);
      return this.#add(films, now, one.own);
    }
    const isReplaced = film === undefined ? films.length > 0 : one.endMs !== null && !isOneFile(one, film);
    if (films[0] !== undefined) one.goneAt = null;
    else if (isAll) one.goneAt ??= now;
    if (isReplaced && one.endMs === null && films[0] !== undefined) {
      // Its end was not seen: a conversion is as long as it was, or else was made soon after.
      const { durationMs = null } = (await this.#inside(films[0])) ?? {};
      one.grewAt = Math.min(now, durationMs === null ? films[0].changedAt : one.startMs + durationMs);
    }
    if (film !== undefined && !isReplaced && !one.isOver && size !== one.size) {
      one.durationMs = null;
      one.grewAt = within(film.changedAt, one.grewAt, now);
    }
    Object.assign(one, { ending, file, madeAt, size, isOver: one.isOver || isReplaced });
  }

  /** Takes what stands beside a recording along to its new name. */
  async #rename(one: Recording, { name, ending }: Film, files: ReadonlySet<string>): Promise<void> {
    const { folder } = this.#options;
    for (const format of SIDECAR_FORMATS)
      if (one.own[format] === true && files.has(`${one.name}.${format}`)) {
        if (files.has(`${name}.${format}`)) one.own[format] = false;
        else
          await Promise.all([one.name, name].map((at) => assertNoLink(dirname(join(folder, at)))))
            .then(() => rename(join(folder, `${one.name}.${format}`), join(folder, `${name}.${format}`)))
            .catch(() => {});
      }
    this.byName.delete(one.name);
    this.#news.tell(msg`${one.name}${one.ending}: is ${name}${ending} now`);
    Object.assign(one, { name, ending, isDue: true });
    this.byName.set(name, one);
  }

  /** Decides where each recording ends: where it goes on in the next, else where it grew last. */
  #judge(): void {
    const now = this.#clock.now();
    const all = [...this.byName.values()].sort((a, b) => a.startMs - b.startMs);
    for (const [index, one] of all.entries()) {
      let after = index + 1;
      while (all[after]?.startMs === one.startMs) after++;
      const next = all[after];
      const grewAt = lastOf(one);
      const joins = next !== undefined && Math.abs(next.startMs - grewAt) <= JOINT_MS;
      const isOver =
        one.isOver ||
        one.goneAt !== null ||
        now - one.grewAt >= this.#options.quietMs ||
        (joins && next.grewAt >= one.grewAt && now - one.grewAt >= LOOK_MS);
      // Some disks know the time of a change to two seconds.
      const endMs = isOver ? Math.max(one.startMs, joins ? next.startMs : grewAt + 2_000) : null;
      if (endMs === one.endMs) continue;
      const isLonger = one.endMs !== null && (endMs === null || endMs > one.endMs);
      one.endMs = endMs;
      one.isDue = true;
      this.#changed.add(one);
      if (isLonger) this.#again.add(one);
    }
  }
}

/** Returns where the last of a recording is, as it grew or as it says inside, ms UTC. */
function lastOf({ startMs, grewAt, durationMs }: Recording): number {
  return durationMs === null ? grewAt : Math.min(grewAt, startMs + durationMs);
}

function within(value: number, least: number, most: number): number {
  return Math.max(least, Math.min(value, most));
}

/** Whether a film that was not known is one that was, under another name: systems give the numbers of removed files to new ones. */
function isSame(one: Recording, film: Film): boolean {
  if (one.file !== film.file || film.size < one.size) return false;
  return film.madeAt === null ? film.size === one.size : film.madeAt === one.madeAt;
}

/** Whether a film that has a recording's name is a new recording: it came after that was removed, or was begun again in its place. */
function isAnother(one: Recording, film: Film): boolean {
  if (film.file === one.file) return film.size < one.size / 2;
  return one.goneAt !== null && film.size !== one.size && !isOneFile(one, film);
}

/** Whether a film is the file that a recording was: some disks give other numbers when they are mounted again. */
function isOneFile(one: Recording, film: Film): boolean {
  return film.file === one.file || (film.madeAt !== null && film.madeAt === one.madeAt);
}
