import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { gunzipSync, gzipSync } from "node:zlib";
import { claim } from "../claims.js";
import { median } from "../rounds.js";
import { framesOfAnEnemy } from "./frames.js";
import { textsOfAnEnemy } from "./pastes.js";
import { requestsOfMany } from "./rooms.js";
import { alike, longestHold, type WorstCase } from "./turns.js";
import { repliesOfAnEnemy } from "./works.js";

// The worst that comes from the platform or a client: how long it keeps everything else waiting, in CPU time of one turn of the event loop,
// and against what no server can do without: inflating 4 MiB of text.
const quick = process.argv.includes("--quick");
const rounds = quick ? 1 : 5;
/** CPU time of one turn that no input may take, and that hardly any should. */
const LIMIT_MS = 250;
const LONG_MS = 50;

const folder = mkdtempSync(`${tmpdir()}/dylive-worst-`);
try {
  const text = gzipSync(Buffer.from(Array.from({ length: 4 * 1024 * 1024 }, () => 65 + Math.floor(Math.random() * 16))));
  const measure = async (one: WorstCase) => {
    const holds: number[] = [];
    for (let round = 0; round < rounds; round++) holds.push(await longestHold(one));
    return { name: one.name, usual: median(holds), longest: Math.max(...holds) };
  };
  const plain = await measure(alike("inflating 4 MiB of text", () => gunzipSync(text)));
  console.log(
    `longest hold of the event loop, CPU ms, of ${rounds} rounds: median, longest, and that against the longest of the first line`,
  );
  const show = ({ name, usual, longest }: typeof plain) => {
    const beyond = longest > LIMIT_MS ? `  BEYOND ${LIMIT_MS}` : "";
    console.log(
      `${usual.toFixed(1).padStart(8)} ${longest.toFixed(1).padStart(8)} ${`${(longest / plain.longest).toFixed(1)}×`.padStart(7)}  ${name}${beyond}`,
    );
  };
  show(plain);
  const cases = [...framesOfAnEnemy(folder), ...repliesOfAnEnemy(), ...textsOfAnEnemy(), ...(await requestsOfMany(quick ? 2_000 : 10_000))];
  const took: (typeof plain)[] = [];
  for (const one of cases) {
    const measured = await measure(one);
    took.push(measured);
    show(measured);
  }
  const [worst = plain] = took.toSorted((a, b) => b.longest - a.longest);
  const rival = `${plain.name}: ${plain.longest.toFixed(0)} ms`;
  claim({
    what: "longest hold of the event loop by inputs that were made for it, CPU time",
    figure: `${worst.longest.toFixed(0)} ms of ${cases.length} inputs, ${rounds} times each: ${worst.name}`,
    rival,
    asked: { text: `at most ${LIMIT_MS} ms`, met: worst.longest <= LIMIT_MS },
  });
  const long = took.filter(({ longest }) => longest > LONG_MS).length;
  claim({
    what: `inputs that were made for it and hold the event loop over ${LONG_MS} ms of CPU time`,
    figure: `${long} of ${cases.length}`,
    rival,
    asked: { text: "none", met: long === 0 },
  });
  process.exitCode = worst.longest > LIMIT_MS ? 1 : 0;
} finally {
  rmSync(folder, { recursive: true, force: true });
}
