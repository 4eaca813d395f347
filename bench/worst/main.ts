import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { gunzipSync, gzipSync } from "node:zlib";
import { claim } from "../claims.js";
import { median } from "../rounds.js";
import { framesOfAnEnemy } from "./frames.js";
import { requestsOfMany } from "./rooms.js";
import { longestHold } from "./turns.js";
import { repliesOfAnEnemy } from "./works.js";

/** An input that was made to cost as much as one can, by what it is, and what reads it. */
export type WorstCase = readonly [name: string, work: () => unknown];

// The worst that comes from the platform or a client: how long it keeps everything else waiting, in CPU time of one turn of the event loop,
// and against what no server can do without: inflating 4 MiB of text.
const quick = process.argv.includes("--quick");
const rounds = quick ? 1 : 5;
const LIMIT_MS = 250;

const folder = mkdtempSync(`${tmpdir()}/dylive-worst-`);
try {
  const text = gzipSync(Buffer.from(Array.from({ length: 4 * 1024 * 1024 }, () => 65 + Math.floor(Math.random() * 16))));
  const measure = async (work: () => unknown) => {
    const holds: number[] = [];
    for (let round = 0; round < rounds; round++) holds.push(await longestHold(work));
    return median(holds);
  };
  const plain = await measure(() => gunzipSync(text));
  console.log(`longest hold of the event loop, CPU ms, median of ${rounds}; inflating 4 MiB of text: ${plain.toFixed(1)}`);
  const cases = [...framesOfAnEnemy(folder), ...repliesOfAnEnemy(), ...(await requestsOfMany(quick ? 2_000 : 10_000))];
  let beyond = 0;
  let worst = { ms: 0, name: "" };
  for (const [name, work] of cases) {
    const ms = await measure(work);
    if (ms > LIMIT_MS) beyond++;
    if (ms > worst.ms) worst = { ms, name };
    console.log(
      `${ms.toFixed(1).padStart(8)} ${`${(ms / plain).toFixed(1)}×`.padStart(7)}  ${name}${ms > LIMIT_MS ? `  BEYOND ${LIMIT_MS}` : ""}`,
    );
  }
  claim({
    what: "longest hold of the event loop by inputs that were made for it, CPU time",
    figure: `${worst.ms.toFixed(0)} ms of ${cases.length} inputs: ${worst.name}`,
    rival: `inflating 4 MiB of text: ${plain.toFixed(0)} ms`,
    asked: { text: `at most ${LIMIT_MS} ms`, met: beyond === 0 },
  });
  process.exitCode = beyond > 0 ? 1 : 0;
} finally {
  rmSync(folder, { recursive: true, force: true });
}
