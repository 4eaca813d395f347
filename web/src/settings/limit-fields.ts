/** A limit of what is kept, as people choose it. */
export interface LimitFields {
  /** Whether the room has one of its own; else it follows the server's settings. */
  own: boolean;
  /** Days; empty is no limit. */
  days: number | "";
  /** Megabytes; empty is no limit. */
  mb: number | "";
}

/** A limit as the API has it; null follows the server's settings. */
export type Limit = { readonly maxAgeMs: number | null; readonly maxBytes: number | null } | null;

const DAY_MS = 86_400_000;
const MB = 1_000_000;

export function fieldsOf(limit: Limit): LimitFields {
  const shown = (value: number | null | undefined, unit: number): number | "" =>
    value == null ? "" : Math.round((value / unit) * 100) / 100;
  return { own: limit !== null, days: shown(limit?.maxAgeMs, DAY_MS), mb: shown(limit?.maxBytes, MB) };
}

export function limitOf({ own, days, mb }: LimitFields): Limit {
  if (!own) return null;
  return { maxAgeMs: days === "" ? null : Math.round(days * DAY_MS), maxBytes: mb === "" ? null : Math.round(mb * MB) };
}
