// Looks at a database as somebody who is not root: opens it, checks it, copies it. Prints a line for each: how that failed, or "done".
// Arguments: database, folder for the copy.
import { join } from "node:path";
import { DyliveError } from "../../../src/errors.js";
import { backUp, integrityOf } from "../../../src/log/sqlite/copy.js";
import { openSqliteStore } from "../../../src/log/sqlite/store.js";

const [path = "", folder = ""] = process.argv.slice(2);
// Everything is loaded: the rest is done without root's rights, to whom every file is open.
if (process.getuid?.() === 0) {
  process.setgroups?.([]);
  process.setgid?.(65_534);
  process.setuid?.(65_534);
}
for (const work of [() => void openSqliteStore({ path }).close(), () => integrityOf(path), () => backUp(path, join(folder, "copy.db"))])
  try {
    work();
    console.log("done");
  } catch (error) {
    console.log(error instanceof DyliveError ? `${error.code} ${error.detail}` : String(error));
  }
