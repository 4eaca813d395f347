import { Child, measuredCore, pinning } from "../child.js";
import { claimRatio } from "../claims.js";
import { interleave, medianRatio, summary } from "../rounds.js";
import { makeCorpus } from "./corpus.js";

// The bytes of a work to a Work, per CPU second: from the page's detail reply and from the state in its HTML, against JSON.parse of the same texts.
const quick = process.argv.includes("--quick");
const rounds = quick ? 5 : 15;
const seconds = quick ? 0.3 : 0.8;
const CASES = ["detail reply", "detail reply, JSON.parse", "page state", "page state, JSON.parse"] as const;

const corpus = makeCorpus();
const mean = (lengths: readonly number[]) => Math.round(lengths.reduce((sum, length) => sum + length, 0) / lengths.length);
console.log(
  `${corpus.length} works of the simulator: replies of ${mean(corpus.map(({ reply }) => reply.length))} characters, pages of ${mean(corpus.map(({ page }) => page.length))} with two works each`,
);
const children = Object.fromEntries(
  CASES.map((name) => [name, new Child(new URL("worker.js", import.meta.url), [name], measuredCore())]),
) as Record<(typeof CASES)[number], Child>;
for (const name of CASES) await children[name].ask<number>({ seconds: 2 * seconds }); // warm
const rates = await interleave(CASES, rounds, (name) => children[name].ask<number>({ seconds }));
for (const name of CASES) children[name].end();

console.log(`works per CPU second, median of ${rounds} rounds of ${seconds} s and range; ${pinning()}`);
for (const name of CASES) console.log(`${name.padEnd(26)} ${summary(rates[name])}`);
const cost = (ours: (typeof CASES)[number], theirs: (typeof CASES)[number]) =>
  claimRatio(`CPU time of a work from its ${ours}`, "JSON.parse of the same text", 1 / medianRatio(rates[ours], rates[theirs]), null);
cost("detail reply", "detail reply, JSON.parse");
cost("page state", "page state, JSON.parse");
