// Overwrites what an erasure left in the first part of a file, says so, and waits to be killed. Arguments: database.
import { openSqliteStore } from "../../../src/store/sqlite/store.js";

const [path = ""] = process.argv.slice(2);
const store = openSqliteStore({ path });
await store.residue.wipe(0);
process.stdout.write("begun\n");
setInterval(() => {}, 1000);
