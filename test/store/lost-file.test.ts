// Guards: a store whose file is lost takes nothing more, and no empty store takes its place without a word.
import { mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it, onTestFinished } from "vitest";
import { openDatabase } from "../../src/store/sqlite/driver.js";
import { openSqliteStore } from "../../src/store/sqlite/store.js";

function folder(): string {
  const dir = mkdtempSync(join(tmpdir(), "dylive-lost-"));
  onTestFinished(() => rmSync(dir, { recursive: true, force: true }));
  return dir;
}

it("refuses writes while its file is away, says so once, and fails when it is closed", async () => {
  const path = join(folder(), "dylive.sqlite");
  const said: string[] = [];
  const store = openSqliteStore({ path, tell: (sentence) => said.push(sentence) });
  const write = () => store.positions.set("reader", 1);
  await write();
  renameSync(path, `${path}.away`);
  await expect(write()).rejects.toMatchObject({ code: "store_damaged", detail: expect.stringContaining("was removed or replaced") });
  renameSync(`${path}.away`, path);
  await write();
  rmSync(path);
  writeFileSync(path, "");
  await expect(write()).rejects.toMatchObject({ code: "store_damaged" });
  expect(said).toEqual([expect.stringContaining("nothing more is stored")]);
  await expect(store.close()).rejects.toMatchObject({ code: "store_damaged" });
});

it.each(["admin-token", "raw"])("is not begun anew, missing or empty, where %s shows that there was one", async (left) => {
  const dir = folder();
  const path = join(dir, "dylive.sqlite");
  const open = () => openSqliteStore({ path });
  if (left === "raw") mkdirSync(join(dir, left));
  else writeFileSync(join(dir, left), "");
  const lost = expect.objectContaining({ code: "store_damaged", detail: expect.stringContaining(`${join(dir, left)} shows`) });
  expect(open).toThrow(lost);
  writeFileSync(path, "");
  expect(open).toThrow(lost);
  renameSync(join(dir, left), join(dir, `${left}.old`));
  await open().close();
});

it("is not begun anew where the file has our id and no tables", () => {
  const path = join(folder(), "dylive.sqlite");
  const cut = openDatabase(path);
  cut.pragma(`application_id = ${0x64796c69}`);
  cut.close();
  expect(() => openSqliteStore({ path })).toThrow(expect.objectContaining({ code: "store_damaged" }));
});
