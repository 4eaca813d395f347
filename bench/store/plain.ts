import Database from "better-sqlite3";
import type { NewEvent } from "../../src/events/event.js";
import { originOf } from "../decode/cases.js";
import { protobufjs } from "../libraries/protobufjs.js";
import { makeNormaliser } from "../normaliser.js";
import { PLAIN_INSERT, PLAIN_TABLE } from "../plain-table.js";
import { grouped, type Sided, TOGETHER } from "./side.js";

/** protobufjs' static code with Long, JSON.stringify, and a plain table with a unique index by better-sqlite3, as durable as dylive. */
export async function plain(path: string): Promise<Sided> {
  const library = await protobufjs();
  const normalise = makeNormaliser(library);
  const database = new Database(path);
  database.pragma("journal_mode = WAL");
  database.pragma("synchronous = FULL");
  database.exec(PLAIN_TABLE);
  const insert = database.prepare(PLAIN_INSERT);
  const store = database.transaction((events: readonly NewEvent[]) => {
    for (const event of events) {
      const user = "user" in event ? event.user : undefined;
      insert.run(event.room, event.id, event.type, event.time, user?.id ?? null, JSON.stringify(event));
    }
  });
  return {
    append: async ({ frames, roomId }, eachFrame) => {
      const origin = originOf(roomId);
      for (const group of grouped(frames, eachFrame ? 1 : TOGETHER)) {
        const drafts = group.flatMap(({ bytes, at }) => normalise(library.response(bytes), { ...origin, receivedAt: at }));
        store(drafts.map(({ event }) => event));
      }
    },
    index: async () => {},
  };
}
