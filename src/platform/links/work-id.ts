import { DyliveError } from "../../runtime/errors.js";
import { timeOfId } from "../works/id-time.js";

const DAY_MS = 86_400_000;
/** Month in which the platform opened, ms UTC: no work of it is older. */
const OPENED_MS = Date.UTC(2016, 8, 1);
/** Last moment that a `Date` can tell, ms UTC. */
const LAST_DATE_MS = 8.64e15;

/** Returns whether a text, alone, has the form of a work's id: 19 digits, as every one since 2020 (facts/videos.md section 1). */
export function isWorkId(text: string): boolean {
  return /^\d{19}$/.test(text);
}

/**
 * Refuses an id whose time cannot be: a digit of it was mistyped or is missing.
 * @param nowMs ms UTC; a work may be up to a day ahead of it, since this machine's clock may be wrong
 * @throws DyliveError bad_work
 */
export function assertWorkId(id: string, nowMs: number): void {
  const made = timeOfId(id);
  if (made !== null && made >= OPENED_MS && made <= nowMs + DAY_MS) return;
  throw new DyliveError("bad_work", `there can be no work ${id.slice(0, 32)}: ${whyNot(made)}; look for a wrong, missing or doubled digit`);
}

function whyNot(made: number | null): string {
  if (made === null) return "its id is no number of at most 32 digits";
  const date = made > LAST_DATE_MS ? "a far future" : new Date(made).toISOString().slice(0, 10);
  return `by its id it would be of ${date}, ${made < OPENED_MS ? "when the platform had not opened" : "which is yet to come by this machine's clock"}`;
}
