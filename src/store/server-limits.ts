import type { Limits, LimitsOf } from "./sql/retention.js";

/** Settings of what a server keeps, which may be changed while it runs. */
export const KEEP_SETTINGS = [
  ...(["keepEventsDays", "keepEventsMb", "keepStatisticsDays", "keepRawDays", "keepRawMb", "keepWorksDays", "keepStoreMb"] as const),
];
/** Settings of how a server works, which may be changed while it runs, too. */
export const PACE_SETTINGS = ["requestsPerS", "connectsPerS", "pollMs", "logLevel"] as const;
/** Their values, in days and megabytes; null is no limit. */
export type KeepSettings = Readonly<Record<(typeof KEEP_SETTINGS)[number], number | null>>;

/** Limits of a server's own, for what has none. */
export interface ServerLimits {
  /** Of rooms that have none of their own. */
  readonly limits: LimitsOf;
  /** Time for which works and comments are kept after they were last read, in ms; null is for ever. */
  readonly worksMaxAgeMs: number | null;
  /** Bytes that the store may use in all; beyond it the oldest events of any room go, or the oldest day. Null is no limit. */
  readonly maxStoreBytes: number | null;
}

const MB = 1_000_000;
const DAY_MS = 86_400_000;

/** Returns the limits that these settings are. */
export function serverLimits(keep: KeepSettings): ServerLimits {
  const times = (value: number | null, unit: number) => (value === null ? null : value * unit);
  const limits = (days: number | null, mb: number | null): Limits => ({ maxAgeMs: times(days, DAY_MS), maxBytes: times(mb, MB) });
  return {
    limits: {
      events: limits(keep.keepEventsDays, keep.keepEventsMb),
      statistics: limits(keep.keepStatisticsDays, null),
      raw: limits(keep.keepRawDays, keep.keepRawMb),
    },
    worksMaxAgeMs: times(keep.keepWorksDays, DAY_MS),
    maxStoreBytes: times(keep.keepStoreMb, MB),
  };
}

/**
 * Returns the settings as they count now: what the server was started with, else what they were changed to while it ran.
 * @param changed by their names
 */
export function keepNow(started: KeepSettings, changed: ReadonlyMap<string, { readonly value: number | string | null }>): KeepSettings {
  const now = (name: keyof KeepSettings) => started[name] ?? changed.get(name)?.value ?? null;
  return Object.fromEntries(KEEP_SETTINGS.map((name) => [name, now(name)])) as KeepSettings;
}
