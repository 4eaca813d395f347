// Reads a state of the file, says so, and goes on reading it until it is told to end. Arguments: database.
import { once } from "node:events";
import Database from "better-sqlite3";

const [path = ""] = process.argv.slice(2);
const database = new Database(path, { readonly: true });
database.exec("BEGIN");
database.prepare("SELECT count(*) FROM events").get();
process.stdout.write("reading\n");
await once(process.stdin, "data");
database.exec("COMMIT");
database.close();
