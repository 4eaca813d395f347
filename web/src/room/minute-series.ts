import type { Comparison, LiveEventOf, Minute } from "../api/model.js";
import { amountOf, type Lang } from "../format/number.js";
import { minuteTime } from "../format/time.js";
import type { Messages } from "../i18n/tables.js";

const MINUTE_MS = 60_000;

/** What a broadcast had in a minute; null where that is not known. */
export interface ChartMinute {
  readonly time: number;
  readonly chat: number;
  readonly gift: number;
  readonly join: number;
  readonly diamonds: number;
  readonly online: number | null;
}

/** A row of numbers over minutes. */
interface MinuteSeries {
  readonly name: string;
  readonly values: readonly (number | null)[];
  readonly kind: "bar" | "line";
  /** Name of a colour of the page. */
  readonly colour: string;
  readonly dash?: "solid" | "dashed" | "dotted";
  /** Whether it has the axis on the right. */
  readonly right?: boolean;
}

/** What is drawn of minutes. */
export interface MinuteDrawing {
  /** Names of the minutes. */
  readonly labels: readonly string[];
  readonly series: readonly MinuteSeries[];
  /** Parts of the axis in which we know that nothing was received. */
  readonly gaps: readonly (readonly [number, number])[];
  readonly lang: Lang;
}

/** Every minute from the first to the last, those without events too: a minute that nobody said anything in is zero, not missing. */
export function everyMinute(minutes: readonly Minute[]): readonly ChartMinute[] {
  const first = minutes[0]?.time;
  const last = minutes.at(-1)?.time;
  if (first === undefined || last === undefined) return [];
  const known = new Map(minutes.map((minute) => [minute.time, minute]));
  const count = Math.min(10_000, Math.round((last - first) / MINUTE_MS) + 1);
  return Array.from({ length: count }, (_, index) => {
    const time = first + index * MINUTE_MS;
    const { messages = {}, diamonds = 0, online = null } = known.get(time) ?? {};
    const [chat, gift, join] = [messages["chat"] ?? 0, messages["gift"] ?? 0, messages["join"] ?? 0];
    return { time, chat, gift, join, diamonds: amountOf(diamonds), online };
  });
}

/** Gaps as parts of a chart's axis: indices of minutes, both ends included. One of unknown length is shown where it ended. */
export function gapBands(gaps: readonly LiveEventOf<"gap">[], minutes: readonly ChartMinute[]): readonly (readonly [number, number])[] {
  const first = minutes[0]?.time;
  if (first === undefined) return [];
  const index = (time: number) => Math.min(minutes.length - 1, Math.max(0, Math.floor((time - first) / MINUTE_MS)));
  return gaps.filter(({ to }) => to >= first).map(({ from, to }) => [index(from ?? to), index(to)] as const);
}

/** Drawings of a broadcast: its messages and people minute by minute, and the value of its gifts. */
export function drawingsOf(
  minutes: readonly Minute[],
  gaps: readonly LiveEventOf<"gap">[],
  words: Messages["room"]["figures"]["series"],
  lang: Lang,
): { readonly messages: MinuteDrawing; readonly value: MinuteDrawing } {
  const all = everyMinute(minutes);
  const shared = { labels: all.map(({ time }) => minuteTime(time, lang)), gaps: gapBands(gaps, all), lang };
  const of = (key: Exclude<keyof ChartMinute, "time">) => all.map((minute) => minute[key]);
  return {
    messages: {
      ...shared,
      series: [
        { name: words.chat, values: of("chat"), kind: "bar", colour: "--social" },
        { name: words.gift, values: of("gift"), kind: "bar", colour: "--gift" },
        { name: words.join, values: of("join"), kind: "bar", colour: "--soft" },
        { name: words.online, values: of("online"), kind: "line", colour: "--good", right: true },
      ],
    },
    value: { ...shared, series: [{ name: words.diamonds, values: of("diamonds"), kind: "bar", colour: "--gift" }] },
  };
}

/** What broadcasts are compared by, minute by minute. */
export const COMPARED = ["chats", "joins", "diamonds", "online"] as const;
export type Compared = (typeof COMPARED)[number];
/** Looks of the lines of broadcasts that are compared; apart also for who does not see colours. */
const LINES = [
  { colour: "--accent", dash: "solid" },
  { colour: "--social", dash: "dashed" },
  { colour: "--good", dash: "dotted" },
  { colour: "--soft", dash: "solid" },
] as const;

/** What a broadcast had in a minute of a comparison; null where it had none, or nobody said. */
export function comparedValue(values: Comparison["minutes"][number]["values"][number] | undefined, by: Compared): number | null {
  const value = values?.[by] ?? null;
  return value === null ? null : amountOf(value);
}

/** A broadcast that is compared. */
interface ComparedBroadcast {
  readonly name: string;
  /** Whether its last minute is still being counted: a line to there would fall. */
  readonly isGoingOn: boolean;
}

/** A drawing of broadcasts over each other, by minutes since each began. */
export function comparedDrawing(
  minutes: Readonly<Comparison["minutes"]>,
  by: Compared,
  broadcasts: readonly ComparedBroadcast[],
  lang: Lang,
): MinuteDrawing {
  const valuesOf = ({ isGoingOn }: ComparedBroadcast, at: number) => {
    const values = minutes.map((minute) => comparedValue(minute.values[at], by));
    const last = minutes.findLastIndex((minute) => (minute.values[at] ?? null) !== null);
    // People in the room are as many as were reported last; of all else some is still to come.
    return isGoingOn && by !== "online" ? values.map((value, minute) => (minute === last ? null : value)) : values;
  };
  return {
    labels: minutes.map(({ minute }) => String(minute)),
    gaps: [],
    lang,
    series: broadcasts.map((one, at) => ({
      ...{ name: one.name, kind: "line" as const, values: valuesOf(one, at) },
      ...LINES[at % LINES.length],
      colour: LINES[at % LINES.length]?.colour ?? "--ink",
    })),
  };
}
