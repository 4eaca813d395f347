import { mkdirSync, rmSync } from "node:fs";
import { Child, measuredCore, pinning } from "../child.js";
import { claimRatio } from "../claims.js";
import { describeCorpus, makeCorpus, writeChunks } from "../corpus-file.js";
import { interleave, median, medianRatio, summary } from "../rounds.js";
import { compare } from "./compare.js";
import type { Run, Stack, Took } from "./receiver.js";

// From a WebSocket to rows in SQLite, in one process on one core: dylive against the usual stack, and against
// the same with its commits grouped.
const quick = process.argv.includes("--quick");
const SEED = "pipeline";
const CORPUS = ".tmp/bench/pipeline-corpus";
const DATABASES = ".tmp/bench/databases";
const RIVALS = ["usual", "grouped"] as const;
const STACKS: readonly Stack[] = ["dylive", ...RIVALS];
const FRAMES = 4000; // fewer would measure the start of a connection rather than its flow
const WARM_PASSES = 3; // the engine has optimised what it will after some 150,000 messages
const rounds = quick ? 5 : 12;

const made = makeCorpus(FRAMES, SEED);
writeChunks(CORPUS, made.frames);
console.log(describeCorpus(made, SEED));
rmSync(DATABASES, { recursive: true, force: true });
mkdirSync(DATABASES, { recursive: true });

const player = new Child(new URL("player.js", import.meta.url), [CORPUS], 0);
const receivers = Object.fromEntries(
  STACKS.map((name) => [name, new Child(new URL("receiver.js", import.meta.url), [name], measuredCore())]),
) as Record<Stack, Child>;
const url = `ws://127.0.0.1:${await player.ask<number>("port")}/`;
const wall: Record<Stack, number[]> = { dylive: [], usual: [], grouped: [] };
let count = 0;

/** One run into a database of its own. */
async function run(name: Stack): Promise<{ took: Took; database: string }> {
  const database = `${DATABASES}/${name}-${count++}.db`;
  const request: Run = { url, frames: made.frames.length, database, roomId: made.roomId };
  return { took: await receivers[name].ask<Took>(request), database };
}

/** Messages per CPU second of one run. */
async function measure(name: Stack): Promise<number> {
  const { took, database } = await run(name);
  for (const suffix of ["", "-wal", "-shm"]) rmSync(database + suffix, { force: true });
  wall[name].push(made.messages / took.wallSeconds);
  return made.messages / took.cpuSeconds;
}

const ours = await run("dylive");
for (const rival of RIVALS) {
  const compared = compare(ours.database, (await run(rival)).database);
  if ("difference" in compared) {
    console.error(`The outputs differ, so nothing is measured.\n${compared.difference}`);
    process.exit(1);
  }
  console.log(`${rival}: ${compared.summary}`);
}
for (let pass = 0; pass < WARM_PASSES; pass++) for (const name of STACKS) await measure(name);
for (const name of STACKS) wall[name] = [];
const rates = await interleave(STACKS, rounds, measure);
for (const child of [player, ...Object.values(receivers)]) child.end();

console.log(`messages per second, median of ${rounds} rounds of ${made.messages} and range; ${pinning()}, the player on CPU 0`);
for (const name of STACKS)
  console.log(`${name.padEnd(8)} ${summary(rates[name])} per CPU second, ${(median(wall[name]) / 1000).toFixed(1)} k by the wall clock`);
const received = (rival: (typeof RIVALS)[number], stack: string, atLeast: number) => {
  claimRatio(
    `socket to rows, messages per CPU second, against ${stack}`,
    "ws, gunzip, protobufjs, JSON.stringify, SQLite",
    medianRatio(rates.dylive, rates[rival]),
    atLeast,
  );
  console.log(`${rival}: ${medianRatio(wall.dylive, wall[rival]).toFixed(2)}x by the wall clock`);
};
received("usual", "the usual stack, a commit a frame", 3);
received("grouped", "the usual stack with grouped commits", 1.8);
