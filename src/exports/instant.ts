import { DyliveError } from "../runtime/errors.js";
import { msg } from "../runtime/msg.js";

const DATE = /^(\d{4}-\d\d-\d\d)(?:[T ](\d\d:\d\d)(:\d\d(?:\.\d{1,3})?)?)?(?: ?(Z|[+-]\d\d:\d\d))?$/;
const ZONE = /^([+-])(\d\d):([0-5]\d)$/;

/**
 * Reads a moment as people and our own output write it: `2026-11-25 20:00`, with seconds, with a zone of its own (`Z`, `+08:00`, also after
 * a blank), or ms UTC. The only reader
 * of dates that people give: one that the calendar does not have (30 February, 24:00) is refused.
 * @param field named in the error
 * @param zoneMinutes where the clock is that one without a zone is of; null for this machine's own zone
 * @throws DyliveError bad_request
 */
export function readInstant(field: string, text: string, zoneMinutes: number | null): number {
  if (/^\d{12,14}$/.test(text)) return Number(text);
  const [, day, minute = "00:00", second = ":00", zone] = DATE.exec(text) ?? [];
  const at = Date.parse(`${day}T${minute}${second}Z`);
  if (day === undefined || Number.isNaN(at) || !new Date(at).toISOString().startsWith(`${day}T${minute}`))
    throw new DyliveError("bad_request", msg`${field} takes a moment of the calendar such as 2026-11-25T20:00:00+08:00, or ms UTC`);
  if (zone !== undefined) return at - readZone(field, zone) * 60_000;
  // With a time and no zone JavaScript takes a date as local, and knows its summer time.
  return zoneMinutes === null ? new Date(`${day}T${minute}${second}`).getTime() : at - zoneMinutes * 60_000;
}

/** Reads a zone as minutes east of UTC. @throws DyliveError bad_request */
export function readZone(field: string, text: string): number {
  if (text === "Z") return 0;
  const [, sign, hours, minutes] = ZONE.exec(text) ?? [];
  const east = Number(hours) * 60 + Number(minutes);
  if (sign === undefined || east > 14 * 60) throw new DyliveError("bad_request", msg`${field} takes a zone such as +08:00 or Z`);
  return sign === "-" ? -east : east;
}
