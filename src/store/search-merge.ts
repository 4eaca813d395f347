import type { LiveEvent } from "../events/event.js";
import type { RoomKey } from "./log.js";
import { type Found, SEARCH_TRIES, type SearchPlace } from "./search.js";

/** Event that was looked at; null when it was not what is searched for. */
export interface Candidate {
  readonly seq: number;
  readonly event: LiveEvent | null;
}

/** Room on the way: where the search has come to in it, and the newest hit that was not given yet. */
interface Stream {
  readonly room: RoomKey;
  readonly candidates: Iterator<Candidate>;
  before: number;
  hit: LiveEvent | null;
  done: boolean;
}

/**
 * Merges what was found in rooms, newest first, until the page is full, all is looked at, or enough events were looked at.
 * @param candidates returns those of a room before a seq, newest first
 */
export function mergeNewest(
  places: readonly SearchPlace[],
  candidates: (place: SearchPlace) => Iterator<Candidate>,
  limit: number,
  maxTries = SEARCH_TRIES,
): Omit<Found, "behind" | "ms"> {
  const streams = places.map((place): Stream => ({ ...place, candidates: candidates(place), hit: null, done: false }));
  const events: LiveEvent[] = [];
  let tries = 0;
  const look = (stream: Stream): void => {
    while (stream.hit === null && !stream.done && tries < maxTries) {
      const { done, value } = stream.candidates.next();
      if (done === true) {
        stream.done = true;
        return;
      }
      tries++;
      if (value.event === null) stream.before = value.seq;
      else stream.hit = value.event;
    }
  };
  for (const stream of streams) look(stream);
  // Which hit is the newest is known only while every room has shown its next one, or has none.
  while (events.length < limit && streams.every(({ hit, done }) => hit !== null || done)) {
    let newest: Stream | null = null;
    for (const stream of streams)
      if (stream.hit !== null && stream.hit.time > (newest?.hit?.time ?? Number.NEGATIVE_INFINITY)) newest = stream;
    if (newest === null || newest.hit === null) break;
    events.push(newest.hit);
    newest.before = newest.hit.seq;
    newest.hit = null;
    look(newest);
  }
  for (const { candidates: one } of streams) one.return?.();
  const left = streams.filter(({ hit, done }) => hit !== null || !done);
  return { events, places: left.length === 0 ? null : left.map(({ room, before }) => ({ room, before })) };
}
