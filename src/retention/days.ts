import type { Retention } from "../store/retention.js";

const DAY_MS = 86_400_000;
/** A day is told by the platform's time, ages count from the receipt: some events come this much later. */
const LATE_MS = 3_600_000;

/** Limits of age up to this much longer are kept by dropping days. */
export const DAY_SLACK_MS = DAY_MS + LATE_MS;

type Days = Pick<Retention, "days" | "dropDays">;

/**
 * Drops the days that are older than any room wants: that costs the same for a million events as for one. The newest day stays.
 * @param ages limits of age of all rooms, ms; null is none
 * @param now ms UTC
 * @returns which limit is kept by that, ms, up to {@link DAY_SLACK_MS} longer; null when days are of no use: the store has none, or some room
 * keeps everything. And how many days were dropped.
 */
export async function dropByAge(
  retention: Days,
  ages: readonly (number | null)[],
  now: number,
): Promise<{ readonly ageMs: number | null; readonly dropped: number }> {
  const days = await retention.days();
  const longest = Math.max(...ages.map((age) => age ?? Number.POSITIVE_INFINITY));
  if (days === null || !Number.isFinite(longest)) return { ageMs: null, dropped: 0 };
  const [oldest, newest] = [days[0] ?? 0, days.at(-1) ?? 0];
  const before = Math.min(now - longest - LATE_MS, newest - DAY_MS);
  return { ageMs: longest, dropped: oldest <= before && oldest > 0 ? await retention.dropDays(before) : 0 };
}

/**
 * Drops the oldest day: the store as a whole is too big. Neither the newest day goes nor one that has not ended.
 * @param days as `Retention.days` tells them
 * @param now ms UTC
 * @returns whether it went
 */
export async function shedDay(retention: Days, days: readonly number[], now: number): Promise<boolean> {
  const [oldest] = days;
  if (oldest === undefined || days.length < 2 || oldest > now) return false;
  return (await retention.dropDays(oldest)) > 0;
}
