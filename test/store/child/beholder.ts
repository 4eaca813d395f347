// Looks at a database as somebody who is not root: opens it, opens it to be read if nothing else will do, checks it, copies it. Prints a line for each: how that failed, or "done".
// Arguments: database, folder for the copy.
import { join } from "node:path";
import { DyliveError } from "../../../src/runtime/errors.js";
import { backUp, integrityOf } from "../../../src/store/sqlite/copy.js";
import { openSqliteStore } from "../../../src/store/sqlite/store.js";

const [path = "", folder = ""] = process.argv.slice(2);
// Everything is loaded: the rest is done without root's rights, to whom every file is open.
if (process.getuid?.() === 0) {
  process.setgroups?.([]);
  process.setgid?.(65_534);
  process.setuid?.(65_534);
}
const readAnyhow = async () => {
  const told: string[] = [];
  const store = openSqliteStore({ path, mayOnlyRead: true, tell: (sentence) => told.push(sentence) });
  const { events } = await store.log.readRoom(1, 0, 1000);
  const written = await store.positions.set("r", 1).then(
    () => "was written",
    (error: unknown) => (error instanceof DyliveError ? error.code : String(error)),
  );
  await store.close();
  return `read ${events.length}, ${written}, ${told.join()}`;
};
for (const work of [
  () => openSqliteStore({ path }).close(),
  readAnyhow,
  () => integrityOf(path).join(),
  () => void backUp(path, join(folder, "copy.db")),
])
  try {
    console.log((await work()) || "done");
  } catch (error) {
    console.log(error instanceof DyliveError ? `${error.code} ${error.detail}` : String(error));
  }
