// Guards: a start finishes an interrupted erasure, or says that it is unfinished.
import { pino } from "pino";
import { expect, it } from "vitest";
import { finishErasure } from "../../src/app/maintenance.js";
import { overwriteResidue } from "../../src/erasure/erase.js";
import { openSqliteStore } from "../../src/store/sqlite/store.js";
import { useDirectory } from "../store/directory.js";

const path = useDirectory();
const { signal } = new AbortController();

it("an erasure that was broken off is ended at the next start, or said to be unfinished; once", async () => {
  const store = openSqliteStore({ path: path("notes.db") });
  const said: string[] = [];
  const logger = pino({}, { write: (line: string) => said.push((JSON.parse(line) as { msg: string }).msg) });
  const overwrite = (note: string) => overwriteResidue(store, note);
  await finishErasure({ store, logger }, overwrite, signal);
  expect(said).toEqual([]);
  await store.residue.begin();
  await finishErasure({ store, logger }, overwrite, signal);
  expect(said).toEqual([expect.stringMatching(/interrupted before .*start it again/)]);
  await store.residue.settle(await store.residue.begin());
  await finishErasure({ store, logger }, overwrite, signal);
  expect(said.slice(1)).toEqual([expect.stringMatching(/finished now/), expect.stringMatching(/is overwritten/)]);
  await finishErasure({ store, logger }, overwrite, signal);
  expect(said).toHaveLength(3);
  await store.close();
});
