import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DuckDBInstance } from "@duckdb/node-api";
import { beforeAll, expect, it, onTestFinished } from "vitest";
import { subscriptionPosition } from "../../src/http/tokens.js";
import { openSqliteStore } from "../../src/store/sqlite/store.js";
import type { Store } from "../../src/store/store.js";
import { type Tell, tellerOf } from "../contracts/harness.js";
import { commandsOf } from "../docs/commands.js";
import { blocksOf } from "../docs/markdown.js";
import { chat, follow } from "../http/events.js";
import { until } from "../until.js";
import { dylive, MAIN, ran, serving, started } from "./command.js";

let data: string;
let store: Store;
let tell: Tell;
beforeAll(async () => {
  data = mkdtempSync(join(tmpdir(), "dylive-tail-"));
  store = openSqliteStore({ path: join(data, "dylive.sqlite") });
  tell = tellerOf(store);
  return async () => {
    await store.close();
    rmSync(data, { recursive: true, force: true });
  };
});

function tail(room: string, name: string) {
  const run = dylive(["tail", room, "--name", name, "--after", "0", "--data", data]);
  onTestFinished(() => void run.process.kill("SIGKILL"));
  const seqs = () =>
    run
      .stdout()
      .split("\n")
      .slice(0, -1)
      .map((line) => JSON.parse(line).seq as number);
  const kept = async () =>
    store.positions.get(subscriptionPosition({ id: "tail" }, name), (await store.rooms.find({ kind: "web_rid", value: room })) ?? 0);
  return { run, seqs, kept };
}

it("goes on after kill -9: each line at least once, beside what another process stores", async () => {
  await tell("11", ...Array.from({ length: 400 }, (_, at) => chat(`${at} ${"弹".repeat(200)}`)));
  const first = tail("11", "archive");
  await until(async () => ((await first.kept()) ?? 0) > 0);
  first.run.process.kill("SIGKILL");
  await first.run.ended;
  const read = first.seqs();
  expect(await first.kept()).toBeLessThan(400);
  const second = tail("11", "archive");
  await until(() => second.seqs().length > 0);
  await tell("11", chat("the last"));
  await until(() => second.seqs().at(-1) === 401);
  second.run.process.kill("SIGTERM");
  expect(await second.run.ended).toBe(0);
  expect(second.seqs()[0]).toBeLessThanOrEqual((read.at(-1) ?? 0) + 1);
  expect([...new Set([...read, ...second.seqs()])]).toEqual(Array.from({ length: 401 }, (_, at) => at + 1));
});

it("has every line whole in a file, or says that the disk does not take it, and goes on there", async () => {
  const told = (from: number, to: number) =>
    tell("44", ...Array.from({ length: to - from + 1 }, (_, at) => chat(`${from + at} ${"弹".repeat(100)}`)));
  await told(1, 2);
  const env = { DYLIVE_DATA: data, DYLIVE_PORT: "0" };
  const token = (await ran(["token", "create", "--name", "t"], env)).stdout.trim();
  const { server, base } = await serving(env);
  onTestFinished(() => void server.process.kill("SIGKILL"));
  const file = join(data, "full.jsonl");
  const args = ["tail", "44", "--name", "full", "--after", "0", "--server", base, "--token", token];
  /** Writes behind what is in the file, which may grow by a few KB. */
  const intoFile = (blocks: string) =>
    started("sh", ["-c", `ulimit -f ${blocks}; exec "$0" "$@" >> '${file}'`, process.execPath, MAIN, ...args]);
  const seqs = () =>
    readFileSync(file, "utf8")
      .split("\n")
      .filter((line) => line !== "")
      .map((line) => JSON.parse(line).seq as number);
  // Cut short by a fall of the machine.
  writeFileSync(file, '{"torn":');
  const full = intoFile("8");
  await until(() => readFileSync(file, "utf8").split("\n").length > 3);
  await told(3, 40);
  expect(await full.ended).toBe(2);
  expect(full.stderr()).toContain("the output cannot be written: files may not grow so large");
  expect(readFileSync(file, "utf8").startsWith('{"torn":\n')).toBe(true);
  writeFileSync(file, readFileSync(file, "utf8").slice('{"torn":\n'.length));
  const before = seqs();
  const second = intoFile("unlimited");
  await until(() => seqs().at(-1) === 40);
  second.process.kill("SIGTERM");
  await second.ended;
  expect(before).toEqual([1, 2]);
  expect([...new Set(seqs())]).toEqual(Array.from({ length: 40 }, (_, at) => at + 1));
  // An export, too, is whole or fails.
  const exported = started(
    "sh",
    ["-c", `ulimit -f 8; exec "$0" "$@" > '${file}.all'`, process.execPath, MAIN, "export", "44", "--format", "jsonl", "-o", "-"],
    env,
  );
  expect(await exported.ended).toBe(2);
  expect(exported.stderr()).toContain("the output cannot be written");
});

it("gives the lines that the page shows what DuckDB and a shell take", async () => {
  const commands = blocksOf("docs/tail.md").flatMap(({ text }) => commandsOf(text).map((command) => command.text));
  for (const command of commands) {
    expect(spawnSync("/bin/sh", ["-nc", command], { encoding: "utf8" })).toMatchObject({ status: 0, stderr: "" });
    // cmd.exe and PowerShell know no quotes of one stroke, and no settings before a command.
    expect(command.replace(/"[^"]*"/g, "")).not.toMatch(/'|^\w+=/);
  }
  await tell("33", chat("a"), chat("b"), follow());
  const { run, seqs } = tail("33", "duckdb");
  await until(() => seqs().length === 3);
  const file = join(data, "archive.jsonl");
  // Twice: what comes again is counted once.
  writeFileSync(file, run.stdout() + run.stdout());
  const sql = commands.find((command) => command.startsWith("duckdb"))?.match(/"(.*)"/)?.[1] ?? "";
  const duckdb = await DuckDBInstance.create(":memory:");
  const rows = await (await duckdb.connect()).runAndReadAll(sql.replace("archive.jsonl", file));
  expect(Object.fromEntries(rows.getRows() as [string, bigint][])).toEqual({ chat: 2n, follow: 1n });
  duckdb.closeSync();
});

it("ends with 0 and without a word of that when its reader has left", async () => {
  await tell("22", chat("read"));
  const { run, seqs } = tail("22", "gone");
  await until(() => seqs().length === 1);
  run.process.stdout?.destroy();
  await until(async () => {
    await tell("22", chat("to nobody"));
    return run.process.exitCode !== null;
  });
  expect([await run.ended, run.stderr()]).toEqual([0, expect.not.stringMatching(/EPIPE|rror|ended/)]);
});
