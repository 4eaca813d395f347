import { type Lang, percent, shortCount } from "../format/number.js";
import { duration } from "../format/time.js";
import type { Measure } from "./totals.js";

/** A measure as people read it; a dash where it is not known. */
export function shownMeasure(measure: Measure, value: number | null, lang: Lang): string {
  if (value === null) return "–";
  if (measure === "length") return duration(value, lang);
  // A tenth of a diamond a minute is six an hour.
  if (measure === "diamondsPerMinute" && value < 100) return String(Math.round(value * 10) / 10);
  return measure === "covered" ? percent(value) : shortCount(Math.round(value), lang);
}

/** A change as people read it: +12%, −3%; −100% only where nothing is left. */
export function shownChange(change: number | null): string {
  if (change === null) return "–";
  const whole = change > -1 ? Math.max(-99, Math.round(change * 100)) : Math.round(change * 100);
  if (whole === 0) return "0%";
  return `${whole > 0 ? "+" : "−"}${Math.abs(whole)}%`;
}
