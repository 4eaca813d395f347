import type { RoomKey } from "../log.js";
import type { Rooms } from "../rooms.js";
import { assertChanged, resumeText } from "../sql/rooms.js";
import { rows, type SqlDatabase } from "../sql/work.js";

/** SQL that locks rooms in the order of their keys, as everybody does. */
const SET = `WITH locked AS (SELECT room FROM rooms WHERE room = ANY($1::bigint[]) ORDER BY room FOR NO KEY UPDATE)
  UPDATE rooms r SET resume = g.resume FROM locked l JOIN unnest($1::bigint[], $2::text[]) AS g(room, resume) ON g.room = l.room
  WHERE r.room = l.room RETURNING r.room`;

/**
 * Returns the function that stores where connections can be resumed. Every room says so every few seconds: what comes while a statement is
 * under way shares the next one, so that a process with many rooms makes few commits.
 */
export function resumeSetter({ write }: SqlDatabase): Rooms["setResume"] {
  let waiting = new Map<RoomKey, string | null>();
  let under: Promise<unknown> = Promise.resolve();
  let next: Promise<ReadonlySet<RoomKey>> | null = null;
  /** Writes what waits when what is under way has ended. @returns the rooms that there are */
  const flush = async (before: Promise<unknown>): Promise<ReadonlySet<RoomKey>> => {
    await before;
    const texts = waiting;
    waiting = new Map();
    next = null;
    const set = await write(() => rows<{ room: RoomKey }>(SET, [...texts.keys()], [...texts.values()]));
    return new Set(set.map(({ room }) => room));
  };
  return async (room, resume) => {
    waiting.set(room, resumeText(resume));
    if (next === null) {
      next = flush(under);
      under = next.catch(() => {});
    }
    assertChanged(room, (await next).has(room) ? 1 : 0);
  };
}
