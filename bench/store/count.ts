import type { Database } from "better-sqlite3";
import { advance } from "../../src/statistics/reader.js";
import { summaryOf } from "../../src/statistics/summary.js";
import { openVocabulary } from "../../src/statistics/words.js";
import type { Store } from "../../src/store/store.js";
import { cpuSeconds } from "../child.js";
import { median } from "../rounds.js";
import type { Kept, Told } from "./after.js";

/** Counting events anew, and asking for what the first broadcast adds up to: against one SQL question to the plain table for each. */
export async function counted(store: Store, room: number, plain: Database, { sessionId, part, rounds }: Kept): Promise<Told> {
  const vocabulary = await openVocabulary();
  const cpu = cpuSeconds();
  const began = performance.now();
  let done = 0;
  while (done < part && (await advance(store, room, vocabulary))) done = (await store.statistics.task(room))?.after ?? part;
  const [cpuTook, wallTook] = [cpuSeconds() - cpu, (performance.now() - began) / 1000];
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
      `statistics: ${done} events counted, ${(done / cpuTook / 1000).toFixed(1)} k a CPU second ` +
        `(${(done / wallTook / 1000).toFixed(1)} k/s by the wall clock)`,
      `summary of the first broadcast (${events} events): ${ours.toFixed(2)} ms; the plain table's GROUP BY ${theirs.toFixed(0)} ms: ` +
        `${(theirs / ours).toFixed(0)}x`,
    ],
    ratio: ["summary of a broadcast", "the plain table's GROUP BY", theirs / ours, null],
  };
}
