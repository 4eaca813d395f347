import type { Database } from "better-sqlite3";
import { summaryOf } from "../../src/statistics/summary.js";
import type { Store } from "../../src/store/store.js";
import { median } from "../rounds.js";
import type { Kept, Msg } from "./after.js";

/** Asking for what the first broadcast adds up to, against one SQL question to the plain table. */
export async function counted(store: Store, room: number, plain: Database, { sessionId, rounds }: Kept): Promise<Msg> {
  const took = { ours: [] as number[], plain: [] as number[] };
  let events = 0;
  const statement = plain.prepare(
    "SELECT type, count(*), count(DISTINCT user_id), sum(json_extract(body, '$.count')) FROM events WHERE n <= ? GROUP BY type",
  );
  for (let round = 0; round < rounds; round++) {
    let at = performance.now();
    const summary = summaryOf(null, (await store.statistics.sessions(room, [sessionId])).get(sessionId));
    if (summary === null) throw new Error("nothing was counted");
    events = summary.events;
    took.ours.push(performance.now() - at);
    at = performance.now();
    if (round < 3) {
      statement.all(events);
      took.plain.push(performance.now() - at);
    }
  }
  const [ours, theirs] = [median(took.ours), median(took.plain)];
  return {
    lines: [
      `summary of the first broadcast (${events} events): ${ours.toFixed(2)} ms; the plain table's GROUP BY ${theirs.toFixed(0)} ms: ` +
        `${(theirs / ours).toFixed(0)}x`,
    ],
    ratio: ["summary of a broadcast", "the plain table's GROUP BY", theirs / ours, null],
  };
}
