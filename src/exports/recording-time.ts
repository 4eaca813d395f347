import { DyliveError } from "../runtime/errors.js";
import { type Msg, msg } from "../runtime/msg.js";
import { shownMoment } from "./columns.js";
import { readZone } from "./instant.js";

/** Zone that times in names are of: a name of the time zone database, minutes east of UTC, or null for this machine's own. */
export type TimeZone = string | number | null;

/** Reads a time zone as people write it: `Asia/Shanghai`, `+08:00`, `Z`. @throws DyliveError bad_request */
export function readTimeZone(text: string): TimeZone {
  if (/^([+-]\d|Z$)/.test(text)) return readZone("the time zone", text);
  try {
    return new Intl.DateTimeFormat("en", { timeZone: text }).resolvedOptions().timeZone;
  } catch (error) {
    throw new DyliveError("bad_request", msg`the time zone takes a zone such as Asia/Shanghai, +08:00 or Z`, error);
  }
}

/** Returns how far the clock of a zone is ahead of UTC at a moment, in minutes. */
export function minutesAhead(zone: TimeZone, at: number): number {
  if (typeof zone === "number") return zone;
  if (zone === null) return -new Date(at).getTimezoneOffset();
  const parts = new Intl.DateTimeFormat("en", { timeZone: zone, timeZoneName: "longOffset" }).formatToParts(at);
  const name = parts.find(({ type }) => type === "timeZoneName")?.value ?? "";
  const [, sign, hours, minutes] = /^GMT([+-])(\d\d):(\d\d)/.exec(name) ?? [];
  return sign === undefined ? 0 : (sign === "-" ? -1 : 1) * (Number(hours) * 60 + Number(minutes));
}

/** Formats a moment as the clock of a zone shows it, to the second, with how far that is ahead of UTC. */
export function momentIn(zone: TimeZone, at: number): string {
  const ahead = minutesAhead(zone, at);
  const two = (part: number) => String(Math.trunc(Math.abs(part))).padStart(2, "0");
  return `${shownMoment(at, ahead).slice(0, 19)} ${ahead < 0 ? "-" : "+"}${two(ahead / 60)}:${two(ahead % 60)}`;
}

/** Returns the moment at which a zone's clock showed a time (its number as if it were UTC); in the hour that it shows twice, either. */
function momentOf(zone: TimeZone, shown: number): number {
  const near = shown - minutesAhead(zone, shown) * 60_000;
  return shown - minutesAhead(zone, near) * 60_000;
}

/** Parts of a time that a pattern can name, as `strftime` has them, with what stands there. */
const PARTS: Readonly<Record<string, string>> = {
  Y: "\\d{4}",
  m: "\\d\\d",
  d: "\\d\\d",
  H: "\\d\\d",
  M: "\\d\\d",
  S: "\\d\\d",
  s: "\\d{10}",
};
const USUAL =
  /(?<!\d)(?<Y>20\d\d)[-_.年]?(?<m>\d\d)[-_.月]?(?<d>\d\d)日?[-_ T.]{0,3}(?<H>\d\d)[-_.:：时]?(?<M>\d\d)[-_.:：分]?(?<S>\d\d)(?!\d)/dgu;

/** Form of the names of recordings: which are meant, and where the time stands in them. */
export class NamePattern {
  /** Pieces before, between and behind the stars; each is of one length. Null: all names are meant. */
  readonly #pieces: readonly RegExp[] | null;
  readonly #hasTime: boolean;

  /**
   * @param text the whole name without its ending: `%Y %m %d %H %M %S` stand for the parts of the time, `%s` for seconds since 1970, `*` for anything.
   *   Without a part of a time it only says which files are meant. Null: all, with the time in one of the usual forms
   * @throws DyliveError bad_request
   */
  constructor(text: string | null) {
    const named = new Set<string>();
    const sources = (text ?? "").split("*").map((piece) =>
      piece.replace(/%(.?)|[\\^$.|?+()[\]{}]/gsu, (sign, part: string | undefined) => {
        if (part === undefined) return `\\${sign}`;
        if (part === "%") return "%";
        if (PARTS[part] === undefined || named.has(part))
          throw new DyliveError(
            "bad_request",
            msg`the pattern of names takes %Y %m %d %H %M %S or %s, each once, * for anything and %% for %`,
          );
        named.add(part);
        return `(?<${part}>${PARTS[part]})`;
      }),
    );
    this.#hasTime = named.size > 0;
    if (this.#hasTime && !named.has("s") && !["Y", "m", "d", "H", "M"].every((part) => named.has(part)))
      throw new DyliveError("bad_request", msg`the pattern of names has a part of a time: it takes all of %Y %m %d %H %M, or %s`);
    const last = sources.length - 1;
    const anchored = sources.map((source, at) => `${at === 0 ? "^" : ""}${source}${at === last ? "$" : ""}`);
    this.#pieces = text === null ? null : anchored.map((source) => new RegExp(source, "dgu"));
  }

  /** Whether a file of this name (without folder and ending) is meant. */
  takes(name: string): boolean {
    return this.#pieces === null || this.#matchesIn(name) !== null;
  }

  /** Returns the times that stand in a name, each with what stands before and behind it. */
  timesIn(name: string): readonly NamedTime[] {
    const found = this.#hasTime ? [this.#matchesIn(name) ?? []] : [...name.matchAll(USUAL)].map((match) => [match]);
    return found.flatMap((matches) => {
      const time = timeOf(Object.assign({}, ...matches.map(({ groups }) => groups)) as Readonly<Record<string, string>>);
      const places = matches.flatMap(({ indices }) => Object.values(indices?.groups ?? {}));
      const end = Math.max(0, ...places.map((place) => place?.[1] ?? 0));
      return time === null ? [] : [{ ...time, before: name.slice(0, end), rest: name.slice(end) }];
    });
  }

  /**
   * Finds the pieces of a name, each as early as may be; null: it is another name. As no piece varies in length, none is ever looked for twice: one
   * expression for all of them would try every way to spread them.
   */
  #matchesIn(name: string): readonly RegExpExecArray[] | null {
    const found: RegExpExecArray[] = [];
    for (const piece of this.#pieces ?? []) {
      const before = found.at(-1);
      piece.lastIndex = before === undefined ? 0 : before.index + before[0].length;
      const match = piece.exec(name);
      if (match === null) return null;
      found.push(match);
    }
    return found;
  }
}

/** A time in a name: a moment, or what a clock showed then, as if it were of UTC. */
interface NamedTime {
  readonly at: number;
  readonly isMoment: boolean;
  /** Name up to the end of the time. */
  readonly before: string;
  readonly rest: string;
}

function timeOf({ s, Y, m, d, H, M, S = "00" }: Readonly<Record<string, string | undefined>>): Pick<NamedTime, "at" | "isMoment"> | null {
  if (s !== undefined) return { at: Number(s) * 1000, isMoment: true };
  const text = `${Y}-${m}-${d}T${H}:${M}:${S}`;
  const at = Date.parse(`${text}.000Z`);
  return Number.isNaN(at) || !new Date(at).toISOString().startsWith(text) ? null : { at, isMoment: false };
}

/** Source of the moment at which a recording began. */
export type BeginSource = "name" | "container" | "before" | "growth";
/** The same in words, as the end of a sentence. */
export const BEGIN_SOURCES: Readonly<Record<BeginSource, Msg>> = {
  name: msg`by its name`,
  container: msg`as it says inside`,
  before: msg`where the part before it ends`,
  growth: msg`when it began to grow`,
};

/** When a recording began, ms UTC, and what tells it. */
interface Begin {
  readonly at: number;
  readonly by: BeginSource;
  /** Sentences about what is odd. */
  readonly remarks: readonly Msg[];
}

/** Evidence of a file whose beginning is looked for. Times are ms UTC. */
interface BeginEvidence {
  /** Without folder and ending. */
  readonly name: string;
  /** Its last growth. */
  readonly grewAt: number;
  /** Its first growth; null if it was not seen. */
  readonly firstAt: number | null;
  /** The time at which it was made, as it says inside. */
  readonly createdAt: number | null;
  /** Gives the other recordings of the folder, with where they end as far as is known; asked where the file is one of several parts. */
  readonly others: () => readonly { readonly name: string; readonly startMs: number; readonly endMs: number }[];
}

/** Most by which a clock of another machine may be ahead, ms. */
const AHEAD_MS = 120_000;
/** Most between a recording's end and the beginning of the one that goes on with it, ms: what is in no film is shown by neither. */
export const JOINT_MS = 60_000;

/** Says when a recording began: by its name, else as it says inside, else by where the part before it ends, else by its first growth; null: nothing tells it. */
export function beginOf(evidence: BeginEvidence, pattern: NamePattern, zone: TimeZone): Begin | null {
  const { grewAt, firstAt, createdAt, others } = evidence;
  const remarks: Msg[] = [];
  const named = namedMoment(evidence, pattern, zone, remarks);
  const part = named === null ? null : partOf(named.rest);
  if (named !== null && part === null) return { at: named.at, by: "name", remarks };
  // Parts of one recording have one time, which is that of the first.
  const numbered = named === null || part === null ? [] : others().filter(({ name }) => name.startsWith(named.before));
  const earlier = numbered
    .flatMap((other) => {
      const time = pattern.timesIn(other.name).find(({ before }) => before === named?.before);
      const number = time === undefined ? null : partOf(time.rest);
      return number !== null && part !== null && number < part ? [{ ...other, number }] : [];
    })
    .sort((a, b) => b.number - a.number)[0];
  const isLater = earlier !== undefined || (part !== 0 && firstAt !== null && named !== null && firstAt > named.at + JOINT_MS);
  if (named !== null && !isLater) return { at: named.at, by: "name", remarks };
  if (createdAt !== null && createdAt <= grewAt + AHEAD_MS && createdAt > (earlier?.startMs ?? grewAt - 86_400_000))
    return { at: createdAt, by: "container", remarks };
  const end = earlier?.endMs ?? null;
  if (end !== null && (firstAt === null || Math.abs(firstAt - end) <= JOINT_MS)) return { at: end, by: "before", remarks };
  return firstAt === null ? null : { at: firstAt, by: "growth", remarks };
}

/** Returns the number at the end of a name, by which the parts of one recording differ. */
function partOf(rest: string): number | null {
  const [, number] = /^(?:[-_ .]*(?:part)?)?(\d{1,5})$/i.exec(rest) ?? [];
  return number === undefined ? null : Number(number);
}

/** Returns the time in a name as a moment; of several the latest at which the file can have begun. Null: there is none. */
function namedMoment({ name, grewAt, firstAt }: BeginEvidence, pattern: NamePattern, zone: TimeZone, remarks: Msg[]): NamedTime | null {
  const moments = pattern.timesIn(name).map((time) => (time.isMoment ? time : { ...time, at: momentOf(zone, time.at) }));
  const possible = moments.filter(({ at }) => at <= grewAt + AHEAD_MS).sort((a, b) => b.at - a.at)[0];
  const [first] = moments;
  if (possible === undefined) {
    if (first !== undefined)
      remarks.push(
        msg`its name says ${momentIn(zone, first.at)}, and it was last written at ${momentIn(zone, grewAt)}: the name is passed over (the time zone says which zone names are in)`,
      );
    return null;
  }
  if (firstAt !== null && partOf(possible.rest) === null && Math.abs(firstAt - possible.at) > 300_000)
    remarks.push(
      msg`its name says ${momentIn(zone, possible.at)}, and it began to grow at ${momentIn(zone, firstAt)}: if it was not copied here, the clock or the time zone of names is another`,
    );
  return possible;
}
