import type { LiveEventOf, Minute } from "../api/model.js";

const MINUTE_MS = 60_000;

/** Messages of a minute, and people in the room; null where that is not known. */
export interface ChartMinute {
  readonly time: number;
  readonly chat: number;
  readonly gift: number;
  readonly join: number;
  readonly online: number | null;
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
    const { messages = {}, online = null } = known.get(time) ?? {};
    return { time, chat: messages["chat"] ?? 0, gift: messages["gift"] ?? 0, join: messages["join"] ?? 0, online };
  });
}

/** Gaps as parts of a chart's axis: indices of minutes, both ends included. One of unknown length is shown where it ended. */
export function gapBands(gaps: readonly LiveEventOf<"gap">[], minutes: readonly ChartMinute[]): readonly (readonly [number, number])[] {
  const first = minutes[0]?.time;
  if (first === undefined) return [];
  const index = (time: number) => Math.min(minutes.length - 1, Math.max(0, Math.floor((time - first) / MINUTE_MS)));
  return gaps.filter(({ to }) => to >= first).map(({ from, to }) => [index(from ?? to), index(to)] as const);
}
