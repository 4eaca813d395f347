import type { Limits, LimitsOf } from "../store/sql/retention.js";
import type { Config } from "./config.js";

const MB = 1_000_000;
const DAY_MS = 86_400_000;

/** Returns the limits, by these settings, of what is kept of every room that has none of its own. */
export function limitsOf({ keepEventsDays, keepEventsMb, keepStatisticsDays, keepRawDays, keepRawMb }: Config): LimitsOf {
  const limits = (days: number | null, mb: number | null): Limits => ({
    maxAgeMs: days === null ? null : days * DAY_MS,
    maxBytes: mb === null ? null : mb * MB,
  });
  return {
    events: limits(keepEventsDays, keepEventsMb),
    statistics: limits(keepStatisticsDays, null),
    raw: limits(keepRawDays, keepRawMb),
  };
}
