import { openMemoryStore } from "../../src/store/memory/memory.js";
import { openSqliteStore } from "../../src/store/sqlite/store.js";
import { describeRoomStore, describeStore } from "../contracts/store.js";
import { useDirectory } from "./directory.js";

const file = useDirectory();

describeRoomStore("memory", async () => openMemoryStore({ maxEventsPerRoom: 100_000 }));
describeStore("sqlite", async () => openSqliteStore({ path: file("dylive.sqlite") }));
