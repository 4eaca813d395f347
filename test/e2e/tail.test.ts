// Guards: the lines of `dylive tail` are what the page's DuckDB query and shells take.
import { spawnSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { DuckDBInstance } from "@duckdb/node-api";
import { afterAll, expect, it } from "vitest";
import { openSqliteStore } from "../../src/store/sqlite/store.js";
import { tellerOf } from "../contracts/harness.js";
import { commandsOf } from "../docs/commands.js";
import { blocksOf } from "../docs/markdown.js";
import { chat, follow } from "../http/events.js";
import { until } from "../until.js";
import { dylive, scratch } from "./command.js";

const { path: data, remove } = scratch();
afterAll(remove);

it("gives the lines that the page shows what DuckDB and a shell take", async () => {
  const commands = blocksOf("docs/tail.md").flatMap(({ text }) => commandsOf(text).map((command) => command.text));
  for (const command of commands) {
    expect(spawnSync("/bin/sh", ["-nc", command], { encoding: "utf8" })).toMatchObject({ status: 0, stderr: "" });
    // cmd.exe and PowerShell know no quotes of one stroke, and no settings before a command.
    expect(command.replace(/"[^"]*"/g, "")).not.toMatch(/'|^\w+=/);
  }
  const store = openSqliteStore({ path: join(data, "dylive.sqlite") });
  await tellerOf(store)("33", chat("a"), chat("b"), follow());
  await store.close();
  const run = dylive(["tail", "33", "--name", "duckdb", "--after", "0", "--data", data]);
  await until(() => run.stdout().split("\n").length === 4);
  run.process.kill("SIGTERM");
  expect(await run.ended).toBe(0);
  const file = join(data, "archive.jsonl");
  // Twice: what comes again is counted once.
  writeFileSync(file, run.stdout() + run.stdout());
  const sql = commands.find((command) => command.startsWith("duckdb"))?.match(/"(.*)"/)?.[1] ?? "";
  const duckdb = await DuckDBInstance.create(":memory:");
  const rows = await (await duckdb.connect()).runAndReadAll(sql.replace("archive.jsonl", file));
  expect(Object.fromEntries(rows.getRows() as [string, bigint][])).toEqual({ chat: 2n, follow: 1n });
  duckdb.closeSync();
});
