import { InvalidArgumentError } from "commander";

/** A moment as people write it, in local time, as ms UTC: `2026-11-25`, `2026-11-25 18:30`, `2026-11-25T18:30:05`, or ms UTC. */
export function when(text: string): number {
  if (/^\d{12,14}$/.test(text)) return Number(text);
  const [, day, time = "00:00"] = /^(\d{4}-\d{2}-\d{2})(?:[T ](\d{2}:\d{2}(?::\d{2})?))?$/.exec(text) ?? [];
  // With a time and no zone a date is local.
  const at = day === undefined ? Number.NaN : new Date(`${day}T${time}`).getTime();
  if (Number.isNaN(at)) throw new InvalidArgumentError('It takes a date such as 2026-11-25 or "2026-11-25 18:30".');
  return at;
}
