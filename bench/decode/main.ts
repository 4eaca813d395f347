import { Child, measuredCore, pinning } from "../child.js";
import { claimRatio } from "../claims.js";
import { describeCorpus, makeCorpus, writeChunks } from "../corpus-file.js";
import { interleave, median, medianRatio, summary } from "../rounds.js";
import { CASES, type Case } from "./cases.js";

// Inflated frames to events, messages per CPU second: dylive against the three protobuf libraries of JavaScript.
const checkOnly = process.argv.includes("--check");
const quick = checkOnly || process.argv.includes("--quick");
const SEED = "decode";
const CORPUS = ".tmp/bench/decode-corpus";
const frames = quick ? 500 : 2000;
const rounds = quick ? 5 : 15;
const seconds = quick ? 0.3 : 0.8;

const made = makeCorpus(frames, SEED);
writeChunks(CORPUS, made.inflated);
console.log(describeCorpus(made, SEED));

const checker = new Child(new URL("check.js", import.meta.url), [], null);
const checked = await checker.ask<{ equal: number } | { difference: string }>({ corpus: CORPUS, roomId: made.roomId });
checker.end();
if ("difference" in checked) {
  console.error(`The outputs differ, so nothing is measured.\n${checked.difference}`);
  process.exit(1);
}
console.log(`outputs: ${checked.equal} events of each side are deeply equal`);
if (checkOnly) process.exit();

const children = Object.fromEntries(
  CASES.map((name) => [name, new Child(new URL("worker.js", import.meta.url), [name, CORPUS, made.roomId], measuredCore())]),
) as Record<Case, Child>;
for (const name of CASES) await children[name].ask<number>({ seconds: 2 * seconds }); // warm: the engine has optimised what it will
const rates = await interleave(CASES, rounds, (name) => children[name].ask<number>({ seconds }));
for (const name of CASES) children[name].end();

console.log(`messages per CPU second, median of ${rounds} rounds of ${seconds} s and range; ${pinning()}`);
for (const name of CASES)
  console.log(`${name.padEnd(16)} ${summary(rates[name]).padEnd(30)} dylive is ${medianRatio(rates.dylive, rates[name]).toFixed(2)}x`);

const tsProto = median(rates["ts-proto string"]) > median(rates["ts-proto bigint"]) ? "ts-proto string" : "ts-proto bigint";
const decoded = (rival: string, name: Case, atLeast: number) =>
  claimRatio(
    `decode, messages per CPU second, against ${rival}`,
    `${rival}'s code of the same .proto files`,
    medianRatio(rates.dylive, rates[name]),
    atLeast,
  );
decoded("protobufjs", "protobufjs", 6);
decoded("ts-proto", tsProto, 4);
decoded("protobuf-es", "protobuf-es", 10);
