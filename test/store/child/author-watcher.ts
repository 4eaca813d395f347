// Watches the authors of a PostgreSQL database, again and again, until it is killed. Arguments: database, file with the number of works.
import { openPostgresStore } from "../../../src/store/postgres/store.js";
import { watcherOf } from "../../works/numbered-works.js";

const [url = "", file = ""] = process.argv.slice(2);
watcherOf(await openPostgresStore({ url }), file).start();
