// Collects the comments of a work into a store, from pages that never end, printing the ids of each page after they were kept.
// Argument: database.
import { systemClock } from "../../../src/runtime/clock.js";
import { openSqliteStore } from "../../../src/store/sqlite/store.js";
import { keepComments } from "../../../src/works/comment-run-service.js";
import { pagesOf, WORK } from "../../works/comment-pages.js";

const [path = ""] = process.argv.slice(2);
const store = openSqliteStore({ path });
const reader = pagesOf(Number.POSITIVE_INFINITY);
const onProgress = (run: object) => process.stdout.write(`${JSON.stringify(run)}\n`);
await keepComments(store, { id: WORK, page: null }, { reader, clock: systemClock, onProgress }, new AbortController().signal);
