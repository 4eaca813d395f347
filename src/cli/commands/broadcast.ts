import { namedBroadcast } from "../../http/v1/session-routes.js";
import { catchUp } from "../../statistics/reader.js";
import { openVocabulary } from "../../statistics/words.js";
import type { Session } from "../../store/rooms.js";
import { type NamedRoom, namedRoom } from "../../store/rooms.js";
import type { Store } from "../../store/store.js";
import { interruptSignal } from "../stop.js";
import { orAsItIs, ProgressLine, plain } from "../terminal.js";

/** Help of commands on the broadcast that they take. */
export const BROADCAST = "room_id of the broadcast; latest is the newest";

const TOLD_FROM_STEPS = 10;

/** Returns the room that a word on the command line names, with its statistics up to date: no server is needed, and one does no harm. */
export async function countedRoom(store: Store, asked: string): Promise<NamedRoom> {
  const named = await namedRoom(store.rooms, asked);
  const { room } = named;
  const behind = (await store.statistics.progress()).find((one) => one.room === room)?.behind ?? 0;
  if (behind === 0) return named;
  const progress = new ProgressLine(plain(`counting ${asked}`), "steps of 500 events");
  let steps = 0;
  const onStep = () => {
    // A few steps are over before they are told.
    if (++steps >= TOLD_FROM_STEPS) progress.show(steps);
  };
  const counted = catchUp(store, await openVocabulary(), { room, signal: interruptSignal(), onStep });
  await orAsItIs(counted, `the newest ${behind} events are not counted in what follows`);
  return named;
}

/**
 * Returns the broadcast that is meant: the one named, else the newest of the room.
 * @throws DyliveError not_found
 */
export async function countedSession(store: Store, asked: string, sessionId: string | null): Promise<Session> {
  const named = await countedRoom(store, asked);
  return namedBroadcast(store.sessions, named.room, sessionId ?? named.sessionId ?? "latest");
}
