import type { RoomKey } from "../log.js";
import type { Removal } from "../page.js";
import type { PostgresSession } from "./session.js";

/** Returns the days whose tables may hold seqs of a range of a room, both ends included. */
export async function daysOf(session: PostgresSession, room: RoomKey, { from, to }: Removal): Promise<readonly number[]> {
  const sql = "SELECT day FROM room_days WHERE room = $1 AND max_seq >= $2 AND min_seq <= $3";
  return (await session.rows<{ day: number }>(sql, room, from, to)).map(({ day }) => day);
}
