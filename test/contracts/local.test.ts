// Guards: SQLite keeps every promise of the store's contract, and the store in memory those of rooms and broadcasts.
import { openMemoryStore } from "../../src/store/memory/memory.js";
import { openSqliteStore } from "../../src/store/sqlite/store.js";
import { describeRoomStore, describeStore } from "./store.js";
import "../whole.js"; // the contracts take a part of their cases
import { useDirectory } from "../store/directory.js";

const file = useDirectory();

describeRoomStore("memory", async () => openMemoryStore({ maxEventsPerRoom: 100 }));
describeStore("sqlite", async () => openSqliteStore({ path: file("dylive.sqlite") }));
