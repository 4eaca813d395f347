import { isDeepStrictEqual } from "node:util";
import Database from "better-sqlite3";
import type { NewEvent, NewEventOf } from "../../src/events/event.js";

/** What both stacks stored, counted; or in what they differ. */
export type Comparison = { readonly summary: string } | { readonly difference: string };

/**
 * Both must have stored the same events. dylive leaves out by rule a gift message that brings no new units (the ledger), and adds events
 * that settle combos; so gifts are compared by their sums: the units of a combo must be the largest total that a message of it claims.
 */
export function compare(dylivePath: string, usualPath: string): Comparison {
  const ours = read(dylivePath, "SELECT body FROM events");
  const usual = read(usualPath, "SELECT body FROM events");
  let settled = 0;
  const units = new Map<string, number>();
  for (const event of ours.values()) {
    if (event.type === "gift") units.set(event.comboId, (units.get(event.comboId) ?? 0) + event.delta);
    if (event.source === "system") settled++;
  }
  const claimed = new Map<string, number>();
  let left = 0;
  for (const [id, event] of usual) {
    const own = ours.get(id);
    if (event.type === "gift") claimed.set(event.comboId, Math.max(claimed.get(event.comboId) ?? 0, event.comboTotal));
    if (own === undefined) {
      if (event.type !== "gift") return { difference: `dylive has no event ${id}: ${JSON.stringify(event)}` };
      left++;
    } else if (!isDeepStrictEqual(comparable(own), comparable(event)))
      return { difference: `event ${id}:\n${JSON.stringify(event)}\ndylive:\n${JSON.stringify(own)}` };
  }
  if (!isDeepStrictEqual(units, claimed)) {
    const [combo] = [...claimed].find(([id, total]) => units.get(id) !== total) ?? ["a combo that the other does not have"];
    return { difference: `the units of ${combo} are ${units.get(combo)}, not ${claimed.get(combo)}` };
  }
  const messages = ours.size - settled;
  if (messages + left !== usual.size) return { difference: `${messages} and ${left} left out are not ${usual.size} rows` };
  return {
    summary:
      `rows: ${usual.size} of the usual stack = ${messages} of dylive + ${left} gift messages without new units, which its ledger leaves out; ` +
      `it adds ${settled} that settle combos. Bodies equal; units of ${units.size} combos equal`,
  };
}

function read(path: string, sql: string): Map<string, NewEvent> {
  const database = new Database(path, { readonly: true });
  try {
    const events = database.prepare<[], string>(sql).pluck().all();
    return new Map(events.map((body) => JSON.parse(body) as NewEvent).map((event) => [event.id, event]));
  } finally {
    database.close();
  }
}

/** Without what differs from run to run, and without the ledger's fields of a gift. */
function comparable(event: NewEvent): object {
  const stored = { ...event, room: 0, receivedAt: 0 };
  if (stored.type !== "gift") return stored;
  const gift: Partial<NewEventOf<"gift">> = stored;
  for (const field of ["delta", "comboTotal", "settled", "diamonds", "comboId"] as const) delete gift[field];
  return gift;
}
