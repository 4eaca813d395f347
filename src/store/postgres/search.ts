import type { RoomKey } from "../log.js";
import { type Found, SEARCH_TRIES, type Search, type SearchAsk, type SearchPlace, type Verified } from "../search.js";
import { type Candidate, mergeNewest } from "../search-merge.js";
import { isFound, queryOf } from "../search-terms.js";
import type { Progress } from "../statistics.js";
import { eventOf } from "../stored-event.js";
import { type PostgresConnection, SerialWriter } from "./connection.js";
import { daysOf } from "./days.js";
import { advanceIndex, indexedWords } from "./search-write.js";
import type { PostgresSession } from "./session.js";

/** Search in PostgreSQL, by an inverted index of our words. */
export class PostgresSearch implements Search {
  readonly #connection: PostgresConnection;
  readonly #lane: SerialWriter;

  constructor(connection: PostgresConnection) {
    this.#connection = connection;
    this.#lane = new SerialWriter(connection);
  }

  progress(): Promise<readonly Progress[]> {
    return this.#connection.ask((session) =>
      session.rows<Progress>(
        `SELECT h.room, h.head - coalesce(s.indexed, 0) AS behind FROM heads h LEFT JOIN search_rooms s ON s.room = h.room
         WHERE h.head > coalesce(s.indexed, 0) ORDER BY h.room`,
      ),
    );
  }

  advance(room: RoomKey): Promise<boolean> {
    return this.#lane.write((session) => advanceIndex(session, room));
  }

  reset(): Promise<void> {
    return this.#lane.write(async (session) => {
      await session.run("TRUNCATE search, search_rooms");
    });
  }

  find(ask: SearchAsk, limit: number): Promise<Found> {
    return this.#connection.read((session) => findEvents(session, ask, limit));
  }

  /** Does nothing: the server's own VACUUM overwrites what left the index. */
  purge(_begin: boolean): Promise<boolean> {
    return this.#connection.ask(async () => false);
  }

  verify(room: RoomKey, after: number): Promise<Verified | null> {
    return this.#connection.read((session) => verifyIndex(session, room, after));
  }
}

/**
 * Numbers of events that are looked at in each room: few at first, since the first page is often enough; then four times as many of the
 * rooms where these were too few.
 */
const FIRST_HITS = 20;
/** Seqs that one call of `verify` compares. */
const VERIFY_SEQS = 20_000;
/** Step between events whose words are compared: one in so many. */
const VERIFY_WORDS_EVERY = 97;

/** Events that were looked at in a room, newest first, and whether that is all there is. */
interface Looked {
  readonly candidates: readonly Candidate[];
  readonly all: boolean;
}

/** Finds events as `Search.find` does. Call it inside a transaction on one snapshot. */
async function findEvents(session: PostgresSession, ask: SearchAsk, limit: number): Promise<Found> {
  const began = performance.now();
  const query = queryOf(ask).replaceAll(" AND ", " & ").replaceAll(" OR ", " | ");
  const rooms = ask.places.map(({ room }) => room);
  const behind = await session.row<{ behind: number }>(
    `SELECT coalesce(sum(h.head - coalesce(s.indexed, 0)), 0)::bigint AS behind
     FROM heads h LEFT JOIN search_rooms s ON s.room = h.room WHERE h.room = ANY($1::bigint[])`,
    rooms,
  );
  const looked = new Map<RoomKey, Looked>();
  for (let short = ask.places, hits = FIRST_HITS; ; hits = Math.min(4 * hits, SEARCH_TRIES)) {
    for (const place of short) looked.set(place.room, await lookAt(session, place, ask, query, hits));
    const ended: SearchPlace[] = [];
    const found = mergeNewest(ask.places, (place) => candidatesOf(looked, place, ended), limit);
    // With as many candidates as one search may try, the search ends before they do.
    if (ended.length === 0 || hits >= SEARCH_TRIES) return { ...found, behind: behind?.behind ?? 0, ms: performance.now() - began };
    short = ended;
  }
}

/**
 * Yields the candidates of the rooms that were looked at.
 * @param ended filled with rooms that have more than what was looked at, when all of that is used up
 */
function* candidatesOf(looked: ReadonlyMap<RoomKey, Looked>, place: SearchPlace, ended: SearchPlace[]): Generator<Candidate> {
  const { candidates = [], all = true } = looked.get(place.room) ?? {};
  yield* candidates;
  if (!all) ended.push(place);
}

/** Compares the index with the log as `Search.verify` does. */
async function verifyIndex(session: PostgresSession, room: RoomKey, after: number): Promise<Verified | null> {
  const row = await session.row<{ indexed: number }>("SELECT indexed FROM search_rooms WHERE room = $1", room);
  if (row === undefined || after >= row.indexed) return null;
  const scanned = Math.min(after + VERIFY_SEQS, row.indexed);
  const range = [await daysOf(session, room, { from: after + 1, to: scanned }), room, after + 1, scanned] as const;
  const within = (table: string) => `${table}.day = ANY($1::integer[]) AND ${table}.room = $2 AND ${table}.seq BETWEEN $3 AND $4`;
  const apart = await session.rows<{ seq: number }>(
    `SELECT coalesce(e.seq, s.seq) AS seq FROM (SELECT day, seq FROM events e WHERE ${within("e")}) e
     FULL JOIN (SELECT day, seq FROM search s WHERE ${within("s")}) s ON s.day = e.day AND s.seq = e.seq
     WHERE e.seq IS NULL OR s.seq IS NULL`,
    ...range,
  );
  const sample = await session.rows<{ seq: number; body: string; words: readonly string[] }>(
    `SELECT e.seq, e.body, tsvector_to_array(s.words) AS words FROM events e JOIN search s ON s.day = e.day AND s.room = e.room AND s.seq = e.seq
     WHERE ${within("e")} AND ${within("s")} AND e.seq % $5 = 0`,
    ...range,
    VERIFY_WORDS_EVERY,
  );
  const other = sample.filter(({ seq, body, words }) => !sameWords(indexedWords(room, eventOf(seq, body)), words));
  const wrong = new Set([...apart, ...other].map(({ seq }) => seq));
  return { scanned, wrong: [...wrong].sort((a, b) => a - b) };
}

async function lookAt(
  session: PostgresSession,
  { room, before }: SearchPlace,
  ask: SearchAsk,
  query: string,
  hits: number,
): Promise<Looked> {
  const days = await daysOf(session, room, { from: 1, to: before - 1 });
  const found = await session.rows<{ day: number; seq: number }>(
    `SELECT day, seq FROM search WHERE day = ANY($1::integer[]) AND room = $2 AND seq < $3 AND words @@ $4::tsquery
       AND time >= $5 AND time < $6 ORDER BY seq DESC LIMIT $7`,
    days,
    room,
    before,
    `r${room} & ${query}`,
    ask.from ?? Number.MIN_SAFE_INTEGER,
    ask.to ?? Number.MAX_SAFE_INTEGER,
    hits,
  );
  const bodies = await session.rows<{ seq: number; body: string }>(
    "SELECT seq, body FROM events WHERE day = ANY($1::integer[]) AND room = $2 AND seq = ANY($3::bigint[])",
    [...new Set(found.map(({ day }) => day))],
    room,
    found.map(({ seq }) => seq),
  );
  const events = new Map(bodies.map(({ seq, body }) => [seq, eventOf(seq, body)]));
  const candidates = found.map(({ seq }): Candidate => {
    const event = events.get(seq) ?? null;
    return { seq, event: event !== null && isFound(event, ask) ? event : null };
  });
  return { candidates, all: found.length < hits };
}

function sameWords(wanted: string, words: readonly string[]): boolean {
  const all = new Set(wanted.split(" "));
  return all.size === words.length && words.every((word) => all.has(word));
}
