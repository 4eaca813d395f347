import Database from "better-sqlite3";
import type { NewEvent } from "../../src/events/event.js";
import type { Append } from "./layout.js";

const SPAN = 2 ** 32;

/** Rows of a room lie together, in pages of 8 KB: the layout that dylive had until December 2026, with nothing around it. As durable as dylive. */
export function byRoom(path: string): Append {
  const database = new Database(path);
  database.pragma("page_size = 8192");
  database.pragma("auto_vacuum = INCREMENTAL");
  database.pragma("journal_mode = WAL");
  database.pragma("synchronous = FULL");
  database.pragma("secure_delete = ON");
  database.exec(`
    CREATE TABLE events(
      pos INTEGER PRIMARY KEY, id ANY NOT NULL, type TEXT NOT NULL, session_id TEXT, user_id TEXT, combo_id TEXT, combo_total INTEGER,
      settled INTEGER, diamonds INTEGER, revision INTEGER NOT NULL, body TEXT NOT NULL,
      room INTEGER GENERATED ALWAYS AS (pos >> 32) VIRTUAL
    ) STRICT;
    CREATE UNIQUE INDEX events_id ON events(id, room);
    CREATE INDEX events_combo ON events(room, combo_id, combo_total, settled) WHERE combo_id IS NOT NULL;
    CREATE TABLE heads(room INTEGER PRIMARY KEY, head INTEGER NOT NULL) STRICT`);
  const head = database.prepare<[number], number>("SELECT head FROM heads WHERE room = ?").pluck();
  const setHead = database.prepare("INSERT OR REPLACE INTO heads(room, head) VALUES (?, ?)");
  const insert = database.prepare(
    `INSERT INTO events(pos, id, type, session_id, user_id, revision, body) VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT(id, room) DO NOTHING`,
  );
  const store = database.transaction((batches: readonly { readonly room: number; readonly events: readonly NewEvent[] }[]) => {
    for (const { room, events } of batches) {
      let seq = head.get(room) ?? 0;
      for (const event of events) {
        const user = "user" in event ? (event.user?.id ?? null) : null;
        const row = [BigInt(event.id), event.type, event.sessionId, user, event.revision, JSON.stringify(event)];
        seq += insert.run(room * SPAN + seq + 1, ...row).changes;
      }
      setHead.run(room, seq);
    }
  });
  return async (batches) => store.immediate(batches);
}
