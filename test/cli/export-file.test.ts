// Guards: An export's file that was stopped or killed is continued to the same bytes, and no whole file is overwritten.
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { open } from "node:fs/promises";
import { expect, it, vi } from "vitest";
import { ExportFile } from "../../src/cli/commands/export.js";
import { exportPieces } from "../../src/exports/export.js";
import type { ExportFormat } from "../../src/exports/format.js";
import { planExport } from "../../src/exports/plan.js";
import { openSqliteStore } from "../../src/store/sqlite/store.js";
import { chats } from "../contracts/events.js";
import { claimed } from "../contracts/harness.js";
import { useDirectory } from "../store/directory.js";

const file = useDirectory();
const SIGNAL = new AbortController().signal;
const EVENTS = 4000;

/** Exports a room of four thousand chats; stops after so many pieces, `how`. */
async function exporting(format: ExportFormat = "csv") {
  const store = openSqliteStore({ path: ":memory:" });
  const { room, append } = await claimed(store);
  await append(...chats(EVENTS));
  const decided = await planExport(store, room, { format });
  const run = async (path: string, of: string, pieces = Number.POSITIVE_INFINITY, how: "stopped" | "killed" = "stopped") => {
    const out = await ExportFile.open(path, of, 200_000);
    const after = out.continued;
    let left = pieces;
    for await (const piece of exportPieces(store, { ...decided, after, about: { ...decided.about, begins: after === 0 } }, SIGNAL)) {
      if (left-- <= 0) {
        if (how === "stopped") await out.keep();
        await out.leave();
        return after;
      }
      await out.write(piece.bytes, piece.scanned).catch(async (error: unknown) => {
        await out.keep();
        await out.leave();
        throw error;
      });
    }
    await out.finish();
    return after;
  };
  const whole = file("whole.csv");
  await run(whole, "a");
  return { run, whole: readFileSync(whole, "utf8"), bytes: readFileSync(whole) };
}

it("a parquet that is killed is not there, and is begun anew to the same bytes", { tags: ["full"] }, async () => {
  const { run, bytes } = await exporting("parquet");
  const path = file("killed.parquet");
  await run(path, "a", 1, "killed");
  expect(existsSync(path)).toBe(false);
  expect(await run(path, "a")).toBe(0);
  expect(readFileSync(path).equals(bytes)).toBe(true);
  expect([`${path}.part`, `${path}.part.json`, `${path}.part.lock`].filter(existsSync)).toEqual([]);
});

it("a file that was stopped is continued, again and again, to the same bytes", async () => {
  const { run, whole } = await exporting();
  const path = file("stopped.csv");
  expect([await run(path, "a", 3), await run(path, "a", 4), await run(path, "a", 0)]).toEqual([0, 1000, 3000]);
  expect(existsSync(path)).toBe(false);
  expect(await run(path, "a")).toBe(3000);
  expect(readFileSync(path, "utf8")).toBe(whole);
  expect([`${path}.part`, `${path}.part.json`].filter(existsSync)).toEqual([]);
});

it("after a crash it goes on from the last place that was kept, and what was written after that is written again", async () => {
  const { run, whole } = await exporting();
  const path = file("killed.csv");
  expect(await run(path, "a", 6, "killed")).toBe(0);
  const torn = readFileSync(`${path}.part`, "utf8");
  writeFileSync(`${path}.part`, `${torn}half a li`);
  const after = await run(path, "a");
  expect(after).toBeGreaterThan(0);
  expect(after).toBeLessThan(2500);
  expect(readFileSync(path, "utf8")).toBe(whole);
});

it("after a write that failed nothing of it is left out, and nothing is there twice", async () => {
  const { run, whole } = await exporting();
  const path = file("full.csv");
  const handle = await open(file("any"), "w");
  const proto = Object.getPrototypeOf(handle) as typeof handle;
  await handle.close();
  await run(path, "a", 2);
  const full = Object.assign(new Error("ENOSPC: no space left on device"), { code: "ENOSPC" });
  const failing = vi.spyOn(proto, "write").mockRejectedValueOnce(full);
  await expect(run(path, "a")).rejects.toMatchObject({ code: "file_failed", detail: expect.stringContaining("the disk is full") });
  failing.mockRestore();
  expect(await run(path, "a")).toBeGreaterThan(0);
  expect(readFileSync(path, "utf8")).toBe(whole);
});

it("never writes over a whole file", async () => {
  const path = file("there.csv");
  writeFileSync(path, "mine");
  await expect(ExportFile.open(path, "a")).rejects.toMatchObject({ code: "bad_request" });
  await expect(ExportFile.open("/nowhere/at/all.csv", "a")).rejects.toMatchObject({
    code: "file_failed",
    detail: "/nowhere/at/all.csv cannot be written: there is no such file or folder",
  });
  expect(readFileSync(path, "utf8")).toBe("mine");
});

it("is written by one export at a time; who comes second is told, and goes on when the first was killed or is done", async () => {
  const { run, whole } = await exporting();
  const path = file("twice.csv");
  const first = await ExportFile.open(path, "a");
  await first.write(Buffer.from(whole.slice(0, 50)), 1);
  for (const of of ["a", "b", null])
    await expect(ExportFile.open(path, of)).rejects.toMatchObject({
      code: "in_use",
      detail: expect.stringContaining("another process writes"),
    });
  await first.leave();
  expect(await run(path, "a")).toBe(0);
  expect(readFileSync(path, "utf8")).toBe(whole);
  await expect(ExportFile.open(path, "a")).rejects.toMatchObject({ code: "bad_request" });
  expect([`${path}.part`, `${path}.part.json`, `${path}.part.lock`].filter(existsSync)).toEqual([]);
});
