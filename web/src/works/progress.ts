import type { WorkPace } from "../api/model.js";
import type { Lang } from "../format/number.js";
import { clockTime, duration } from "../format/time.js";
import { isolated } from "../i18n/strangers.js";
import { type Messages, reasonIn } from "../i18n/tables.js";

/** Returns sentences on how the reading of a work goes on; promises nothing that the server does not say. */
export function progressOf(pace: WorkPace | null, now: number, m: Messages, lang: Lang): readonly string[] {
  const words = m.works.progress;
  if (pace === null) return [words.asked];
  const { waiting, reading, nextAt, pausedUntil, lastRefusal } = pace;
  const lines: string[] = [];
  const isPaused = pausedUntil !== null && pausedUntil > now;
  if (isPaused) lines.push(words.paused(clockTime(pausedUntil, lang), duration(pausedUntil - now, lang)));
  else if (pausedUntil !== null) lines.push(words.probe);
  if (pausedUntil !== null && lastRefusal !== null) lines.push(words.refusal(isolated(reasonIn(lastRefusal, m))));
  if (reading !== null) lines.push(words.reading(isolated(reading)));
  if (waiting > 0) {
    lines.push(words.waiting(waiting));
    if (reading === null && !isPaused) lines.push(nextAt !== null && nextAt > now ? words.next(duration(nextAt - now, lang)) : words.due);
  } else if (reading === null) lines.push(words.finding);
  return lines;
}
