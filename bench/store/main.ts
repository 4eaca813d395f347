import { mkdirSync, rmSync } from "node:fs";
import { loadavg } from "node:os";
import { Child } from "../child.js";
import { claimRatio } from "../claims.js";
import { compare } from "../pipeline/compare.js";
import { medianRatio, shuffled, summary } from "../rounds.js";
import type { Kept, Msg, Task } from "./after.js";
import { BROADCAST, CHUNK, StoreFeed } from "./feed.js";
import { compareLayouts } from "./layouts.js";
import type { Append, Side, Took } from "./side.js";

// What an event costs in few and in many rooms. Then ten million messages (`--messages=0`: none), as the bytes of Responses: dylive's pipeline and store against protobufjs, JSON.stringify and a plain table.
const quick = process.argv.includes("--quick");
const MESSAGES = option("messages") ?? (quick ? 200_000 : 10_000_000);
/** Nothing more is stored after so many minutes; what is there by then is measured. */
const MINUTES = option("minutes") ?? Number.POSITIVE_INFINITY;
const SEED = "store";
const FOLDER = ".tmp/bench/store";
const KEPT = { ours: `${FOLDER}/dylive.db`, plain: `${FOLDER}/plain.db` };
/** One chunk in so many is committed frame by frame in the plain table: ten million messages would be a million syncs of the disk. */
const EACH_FRAME = quick ? 2 : 10;
/** The first chunks of a process are slower until the engine has optimised what it will. */
const WARM = quick ? 2 : 6;
const TASKS: readonly Task[] = ["size", "search", "statistics", "jsonl", "csv", "check"];

rmSync(FOLDER, { recursive: true, force: true });
mkdirSync(FOLDER, { recursive: true });
await compareLayouts(FOLDER, quick);
rmSync(FOLDER, { recursive: true });
if (MESSAGES === 0) process.exit();
mkdirSync(FOLDER);
const module = (name: string) => new URL(`${name}.js`, import.meta.url);
const sides: Record<Side, Child> = {
  dylive: new Child(module("append"), ["dylive", KEPT.ours, SEED], null),
  plain: new Child(module("append"), ["plain", KEPT.plain, SEED], null),
};
const rows = { frames: pairs(), batches: pairs() };
const began = performance.now();
let indexSeconds = 0;
let stored = 0;
for (let chunk = 0; stored < MESSAGES && performance.now() - began < MINUTES * 60_000; chunk++) {
  const eachFrame = chunk % EACH_FRAME === EACH_FRAME - 1;
  const took: Partial<Record<Side, Took>> = {};
  for (const side of shuffled(["dylive", "plain"] as const)) took[side] = await sides[side].ask<Took>({ eachFrame } satisfies Append);
  stored += CHUNK;
  indexSeconds += took.dylive?.indexSeconds ?? 0;
  if (chunk === 0) assertEqual();
  if (chunk < WARM) continue;
  const into = eachFrame ? rows.frames : rows.batches;
  for (const side of ["dylive", "plain"] as const) {
    const { messages = 0, cpuSeconds = 0, wallSeconds = 0 } = took[side] ?? {};
    into.cpu[side].push(messages / cpuSeconds);
    into.wall[side].push(messages / wallSeconds);
  }
  if (chunk % 25 === 24) console.log(`  ${stored} messages; ${told("so far", rows.batches)}`);
}
for (const side of Object.values(sides)) side.end();

console.log(`${stored} messages, seed ${SEED}, broadcasts of ${BROADCAST}; load of the machine ${loadavg()[1]?.toFixed(0)} (5 minutes)`);
console.log(told("append, the plain table commits each frame", rows.frames));
console.log(told("append, the plain table commits as many together", rows.batches));
console.log(`search index and statistics: ${(stored / indexSeconds / 1000).toFixed(0)} k messages a CPU second`);
const appended = (what: string, { cpu }: ReturnType<typeof pairs>) =>
  claimRatio(
    `bytes to rows at size, messages per CPU second, the plain table commits ${what}`,
    "protobufjs, JSON.stringify, a plain table",
    medianRatio(cpu.dylive, cpu.plain),
    null,
  );
appended("each frame", rows.frames);
appended("as many together", rows.batches);
const kept: Kept = {
  ...KEPT,
  sessionId: new StoreFeed(SEED).next().roomId,
  messages: stored,
  part: Math.min(stored, 1_000_000),
  rounds: quick ? 3 : 9,
};
for (const task of TASKS) {
  const { lines, ratio } = await once("after", { ...kept, task });
  for (const line of lines) console.log(line);
  if (ratio !== undefined) claimRatio(...ratio);
}
const settings = await once("secure", { folder: FOLDER, from: KEPT.ours, rounds: quick ? 3 : 7 });
for (const line of settings.lines) console.log(line);
rmSync(FOLDER, { recursive: true, force: true });

/** Asks a process of its own, so that its memory is its own. */
async function once(name: string, request: object): Promise<Msg> {
  const child = new Child(module(name), [], null);
  try {
    return await child.ask<Msg>(request);
  } finally {
    child.end();
  }
}

/** The number of `--name=N`. */
function option(name: string): number | null {
  const given = process.argv.find((one) => one.startsWith(`--${name}=`));
  return given === undefined ? null : Number(given.slice(name.length + 3));
}

function assertEqual(): void {
  const compared = compare(KEPT.ours, KEPT.plain);
  if ("difference" in compared) {
    console.error(`The outputs differ, so nothing is measured.\n${compared.difference}`);
    process.exit(1);
  }
  console.log(compared.summary);
}

function pairs() {
  return { cpu: { dylive: [] as number[], plain: [] as number[] }, wall: { dylive: [] as number[], plain: [] as number[] } };
}

function told(what: string, { cpu, wall }: ReturnType<typeof pairs>): string {
  const ratio = (rates: Record<Side, number[]>) => `${medianRatio(rates.dylive, rates.plain).toFixed(2)}x`;
  return (
    `${what}: dylive ${summary(cpu.dylive)} messages a CPU second, plain table ${summary(cpu.plain)}: ${ratio(cpu)}; ` +
    `by the wall clock ${summary(wall.dylive)} and ${summary(wall.plain)} a second: ${ratio(wall)} (${cpu.dylive.length} chunks)`
  );
}
