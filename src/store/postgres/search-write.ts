import type { LiveEvent } from "../../events/event.js";
import type { RoomKey } from "../log.js";
import type { Removal } from "../page.js";
import { wordsOf } from "../search-terms.js";
import { eventOf } from "../stored-event.js";
import { daysOf } from "./days.js";
import type { PostgresSession } from "./session.js";

/** Events of one step. */
const STEP_EVENTS = 500;
const ADD = `INSERT INTO search AS s (day, room, seq, time, words)
  SELECT e.day, $1::bigint, e.seq, e.time, array_to_tsvector(string_to_array(e.words, ' '))
  FROM unnest($2::integer[], $3::bigint[], $4::bigint[], $5::text[]) AS e(day, seq, time, words)
  ON CONFLICT (day, room, seq) DO UPDATE SET time = excluded.time, words = excluded.words`;

/** Returns the words of an event in the index: its own, and its room's. */
export function indexedWords(room: RoomKey, event: LiveEvent): string {
  return `r${room} ${wordsOf(event)}`;
}

/**
 * Locks a room's index and returns how far it goes. Nobody indexes or changes the room's events until the transaction ends. Everything here
 * is called inside one.
 */
export async function lockIndex(session: PostgresSession, room: RoomKey): Promise<number> {
  const row = await session.row<{ indexed: number }>(
    "INSERT INTO search_rooms(room) VALUES ($1) ON CONFLICT (room) DO UPDATE SET room = excluded.room RETURNING indexed",
    room,
  );
  return row?.indexed ?? 0;
}

/** Implements `Search.advance`. */
export async function advanceIndex(session: PostgresSession, room: RoomKey): Promise<boolean> {
  const indexed = await lockIndex(session, room);
  const head = (await session.row<{ head: number }>("SELECT head FROM heads WHERE room = $1", room))?.head ?? 0;
  if (indexed >= head) return false;
  const days = await daysOf(session, room, { from: indexed + 1, to: head });
  const rows = await session.rows<{ day: number; seq: number; body: string }>(
    `SELECT day, seq, body FROM events WHERE day = ANY($1::integer[]) AND room = $2 AND seq > $3 AND seq <= $4 ORDER BY seq LIMIT $5`,
    days,
    room,
    indexed,
    head,
    STEP_EVENTS,
  );
  await add(
    session,
    room,
    rows.map(({ day, seq, body }) => [day, eventOf(seq, body)]),
  );
  const last = rows.length < STEP_EVENTS ? head : (rows.at(-1)?.seq ?? head);
  await session.run("UPDATE search_rooms SET indexed = $2 WHERE room = $1", room, last);
  return true;
}

/** Indexes an event anew that was replaced: what it was is no longer found. */
export async function reindex(session: PostgresSession, room: RoomKey, day: number, event: LiveEvent): Promise<void> {
  await add(session, room, [[day, event]]);
}

/** Takes removed events out of the index. */
export async function unindex(session: PostgresSession, room: RoomKey, days: readonly number[], { from, to }: Removal): Promise<void> {
  await session.run("DELETE FROM search WHERE day = ANY($1::integer[]) AND room = $2 AND seq BETWEEN $3 AND $4", days, room, from, to);
}

async function add(session: PostgresSession, room: RoomKey, events: readonly (readonly [day: number, LiveEvent])[]): Promise<void> {
  if (events.length === 0) return;
  await session.run(
    ADD,
    room,
    events.map(([day]) => day),
    events.map(([, { seq }]) => seq),
    events.map(([, { time }]) => time),
    events.map(([, event]) => indexedWords(room, event)),
  );
}
