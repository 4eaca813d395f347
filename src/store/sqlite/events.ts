import type { LiveEvent } from "../../events/event.js";
import type { Removal, RoomKey } from "../log.js";
import { type SearchAsk, type SearchPlace, type SearchTime, wordsOf } from "../search.js";
import type { EventTable } from "../sql/log.js";
import type { Hit, IndexedEvent, SearchIndex, TimedHit } from "../sql/search.js";
import { arrays, each, row, rows, run, type SqlWork } from "../sql/work.js";

/** Number of a room's seqs: 2^32, 4 294 967 296 events each. */
const SPAN = 2 ** 32;
/** Newest seq that fits. */
export const MAX_SEQ = SPAN - 1;
/** Highest room key whose positions are exact in a JS number (2^53 / 2^32). */
export const MAX_ROOM = 2 ** 21 - 1;

/** Returns the primary key of an event: it rises with the room, then with the seq. */
export function posOf(room: RoomKey, seq: number): number {
  return room * SPAN + seq;
}

/** Returns the seq in a {@link posOf}. */
export function seqOf(pos: number): number {
  return pos % SPAN;
}

const MAX_INTEGER = "9223372036854775807";

/**
 * Returns an event id as it is stored: ids of chats as integers, which takes 8 bytes in the index instead of 19; any other as text. Two
 * different ids are never stored alike.
 */
export function storedId(id: string): bigint | string {
  if (!/^[1-9][0-9]{0,18}$/.test(id)) return id;
  if (id.length === MAX_INTEGER.length && id > MAX_INTEGER) return id;
  return BigInt(id);
}

/** Pages of the index that one step of a rewrite writes: some 10 ms. */
const PURGE_PAGES = 64;
/** Seqs of a block, as a power of two. */
const BLOCK_BITS = 10;
const BLOCK_SEQS = 2 ** BLOCK_BITS;

/** Hits that are read for their times at once: of more than these, those of a day are asked for, and of a day with more those of a minute. */
const MOST_HITS = 2_000;
/** Days and minutes that one look goes through: each is a step or two in the index. */
const MOST_SPANS = 200;
const DAY_MS = 86_400_000;
const MINUTE_MS = 60_000;

const ADD_WORDS = "INSERT OR REPLACE INTO search(rowid, words) VALUES ($1, $2)";
const GROW = `INSERT INTO blocks(block, min_time, max_time, events, bytes) VALUES ($1, $2, $2, $3, $4) ON CONFLICT(block) DO UPDATE SET
  min_time = min(min_time, excluded.min_time), max_time = max(max_time, excluded.max_time),
  events = events + excluded.events, bytes = bytes + excluded.bytes`;
const MATCHES = "SELECT rowid AS pos FROM search WHERE search MATCH $1 AND rowid BETWEEN $2 AND $3 ORDER BY rowid DESC LIMIT $4";

/** Returns the block that a position lies in. Positions have 53 bits, so this is no bit operation. */
export function blockOf(pos: number): number {
  return Math.floor(pos / BLOCK_SEQS);
}

/** Events' table of SQLite, which has no days: a room's events lie together, by {@link posOf}. */
export const EVENTS: EventTable = {
  order: "pos",
  oldest: `(SELECT e.seq FROM events e WHERE e.pos > h.room << 32 AND e.pos <= (h.room << 32) + ${MAX_SEQ} ORDER BY e.pos LIMIT 1)`,
  daysAfter: "NULL",
  daysBefore: "NULL",
  bytesOf: (text) => `CAST(${text} AS BLOB)`,
  storedId,
  *days() {
    yield* [];
    return [];
  },
  daysOf: () => [],
  within: (_days, room, { from, to }) => ({ sql: "pos BETWEEN $1 AND $2", values: [posOf(room, from), posOf(room, to)] }),
  at: (_days, room, seqs) =>
    seqs.length === 1
      ? { sql: "pos = $1", values: [posOf(room, seqs[0] ?? 0)] }
      : { sql: "pos IN (SELECT value FROM json_each($1))", values: [seqs.map((seq) => posOf(room, seq))] },
  known: (_days, room, ids) => ({ sql: "room = $1 AND id IN (SELECT value FROM json_each($2))", values: [room, ids.map(storedId)] }),
  *replaced(room, event, _id, grown, indexed) {
    if (!indexed) return;
    const pos = posOf(room, event.seq);
    yield* run(ADD_WORDS, pos, indexedWords(event));
    yield* run(GROW, blockOf(pos), event.time, 0, grown);
  },
  *remove(room, { from, to }, indexed) {
    const last = Math.min(to, indexed);
    if (last >= from) yield* unindex(posOf(room, from), posOf(room, last));
    yield* run("DELETE FROM events WHERE pos BETWEEN $1 AND $2", posOf(room, from), posOf(room, to));
  },
};

/** Takes events out of the index that are about to be removed. */
function* unindex(first: number, last: number): SqlWork<void> {
  const sums = yield* rows<{ block: number; events: number; bytes: number }>(
    `SELECT pos >> ${BLOCK_BITS} AS block, count(*) AS events, sum(octet_length(body)) AS bytes FROM events
     WHERE pos BETWEEN $1 AND $2 GROUP BY 1`,
    ...[first, last],
  );
  for (const { block, events, bytes } of sums)
    yield* run("UPDATE blocks SET events = events - $2, bytes = bytes - $3 WHERE block = $1", block, events, bytes);
  yield* run("DELETE FROM blocks WHERE block BETWEEN $1 AND $2 AND events <= 0", blockOf(first), blockOf(last));
  yield* run("DELETE FROM search WHERE rowid BETWEEN $1 AND $2", first, last);
}

/** Index of SQLite: FTS5, whose rows are the positions of events. Times are found by blocks of seqs, which tell their span. */
export const SEARCH: SearchIndex = {
  *add(room: RoomKey, events: readonly IndexedEvent[]) {
    const at = events.map(({ event, bytes }) => ({ event, bytes, pos: posOf(room, event.seq) }));
    yield* each(
      ADD_WORDS,
      at.map(({ event, pos }) => [pos, indexedWords(event)]),
    );
    yield* each(
      GROW,
      at.map(({ event: { time }, bytes, pos }) => [blockOf(pos), time, 1, bytes]),
    );
  },
  *reset() {
    for (const sql of ["INSERT INTO search(search) VALUES ('delete-all')", "DELETE FROM search_rooms", "DELETE FROM blocks"])
      yield* run(sql);
  },
  *purge(begin) {
    const before = yield* changes();
    // A negative number of pages merges everything into one; what is no longer kept is left out on the way.
    yield* run("INSERT INTO search(search, rank) VALUES ('merge', $1)", begin ? -PURGE_PAGES : PURGE_PAGES);
    return (yield* changes()) - before >= 2;
  },
  *hits({ room, before }: SearchPlace, time, query, count) {
    const found: Hit[] = [];
    const indexed = yield* row<{ indexed: number }>("SELECT indexed FROM search_rooms WHERE room = $1", room);
    const last = Math.min(before - 1, indexed?.indexed ?? 0);
    for (const range of last < 1 ? [] : yield* spans(posOf(room, 1), posOf(room, last), time)) {
      const more = yield* rows<{ pos: number }>(MATCHES, query, range.from, range.to, count - found.length);
      found.push(...more.map(({ pos }) => ({ seq: seqOf(pos) })));
      if (found.length >= count) break;
    }
    return found;
  },
  *anywhere(before, { from, to, among }, query, count) {
    const rooms = among === null ? null : new Set(among);
    const span = { from: from ?? Number.MIN_SAFE_INTEGER, to: to ?? Number.MAX_SAFE_INTEGER };
    const all = yield* matching(query, rooms, MOST_HITS);
    if (all !== null) {
      const hits = yield* newestOf(all, before, span, count);
      return { hits, next: hits.length < count ? null : (hits.at(-1) ?? null) };
    }
    let end = Math.min(before.time, span.to - 1);
    let crowded: string | null = null;
    for (let looked = 0; end >= span.from; looked++) {
      if (looked === MOST_SPANS) return { hits: [], next: { time: end + 1, room: 0, seq: 0 } };
      const day = yield* wordFrom(wordAt("day", end));
      if (day === null) break;
      const ofDay = crowded === day ? null : yield* matching(`${day} AND (${query})`, rooms, MOST_HITS);
      if (ofDay === null) crowded = day;
      // A minute of that day, or of one before.
      const minute = ofDay === null ? yield* wordFrom(wordAt("minute", Math.min(end, endOf(day)))) : null;
      const found = ofDay ?? (minute === null ? [] : ((yield* matching(`${minute} AND (${query})`, rooms, null)) ?? []));
      const hits = yield* newestOf(found, before, span, count);
      end = startOf(minute ?? day) - 1;
      if (hits.length === count) return { hits, next: hits.at(-1) ?? null };
      if (hits.length > 0) return { hits, next: { time: end + 1, room: 0, seq: 0 } };
    }
    return { hits: [], next: null };
  },
  *apart(_days, room, { from, to }) {
    const apart = yield* rows<{ pos: number }>(
      `SELECT e.pos FROM events e WHERE e.pos BETWEEN $1 AND $2 AND NOT EXISTS (SELECT 1 FROM search_docsize d WHERE d.id = e.pos)
       UNION ALL
       SELECT d.id FROM search_docsize d WHERE d.id BETWEEN $1 AND $2 AND NOT EXISTS (SELECT 1 FROM events e WHERE e.pos = d.id)`,
      ...[posOf(room, from), posOf(room, to)],
    );
    return apart.map(({ pos }) => seqOf(pos));
  },
  *others(_days, room, events: readonly LiveEvent[]) {
    const others: number[] = [];
    for (const event of events) {
      const pos = posOf(room, event.seq);
      if ((yield* row(MATCHES, indexedWords(event).replaceAll(" ", " AND "), pos, pos, 1)) === undefined) others.push(event.seq);
    }
    return others;
  },
};

/** Returns the words of an event in the index: its own, and those of its day and its minute, by which all rooms are searched. */
function indexedWords(event: LiveEvent): string {
  return `${wordsOf(event)} ${wordAt("day", event.time)} ${wordAt("minute", event.time)}`;
}

/** Spans of time that have words: their letter and length. Their numbers count down, so that the newest come first. */
const SPANS = { day: { letter: "y", ms: DAY_MS }, minute: { letter: "m", ms: MINUTE_MS } } as const;
/** Number of the first span, at 1970; no time of an event is so late that there is none for it. */
const FIRST_SPAN = 10 ** 12;
const SPAN_DIGITS = 12;

/** Returns the word of the span of time that a time, ms UTC, lies in. */
function wordAt(of: keyof typeof SPANS, time: number): string {
  const { letter, ms } = SPANS[of];
  return `${letter}${String(FIRST_SPAN - 1 - Math.floor(Math.max(0, time) / ms)).padStart(SPAN_DIGITS, "0")}`;
}

/** Returns when the span of a word begins, ms UTC. */
function startOf(word: string): number {
  const { ms } = word.startsWith(SPANS.day.letter) ? SPANS.day : SPANS.minute;
  return (FIRST_SPAN - 1 - Number(word.slice(1))) * ms;
}

/** Returns the last ms of the day of a word. */
function endOf(word: string): number {
  return startOf(word) + DAY_MS - 1;
}

/** Returns this word of a span, or that of the newest one before it in which there are events; null where there is none. */
function* wordFrom(word: string): SqlWork<string | null> {
  const last = `${word.slice(0, 1)}:`; // behind all digits
  return (yield* row<{ term: string }>("SELECT term FROM search_terms WHERE term >= $1 AND term < $2 LIMIT 1", word, last))?.term ?? null;
}

/** Returns the positions that fulfil a query in rooms, all but the system's where these are null; null where they are more than `most`. */
function* matching(query: string, among: ReadonlySet<RoomKey> | null, most: number | null): SqlWork<readonly number[] | null> {
  const found = yield* arrays<[pos: number]>(
    "SELECT rowid FROM search WHERE search MATCH $1 AND rowid >= $2 LIMIT $3",
    ...[query, posOf(1, 0), most === null ? -1 : most + 1],
  );
  if (most !== null && found.length > most) return null;
  const all = found.map(([pos]) => pos);
  return among === null ? all : all.filter((pos) => among.has(Math.floor(pos / SPAN)));
}

/** Returns the newest of these events by their times, before a place and within a span. */
function* newestOf(
  found: readonly number[],
  before: SearchTime,
  { from, to }: { readonly from: number; readonly to: number },
  count: number,
): SqlWork<readonly TimedHit[]> {
  if (found.length === 0) return [];
  const hits = yield* rows<{ pos: number; time: number }>(
    `SELECT pos, time FROM (SELECT e.pos, CAST(e.body ->> '$.time' AS INTEGER) AS time FROM events e
       WHERE e.pos IN (SELECT value FROM json_each($1)))
     WHERE time >= $2 AND time < $3 AND (time, pos) < ($4, $5) ORDER BY time DESC, pos DESC LIMIT $6`,
    ...[found, from, to, before.time, posOf(before.room, before.seq), count],
  );
  return hits.map(({ pos, time }) => ({ room: Math.floor(pos / SPAN), seq: seqOf(pos), time }));
}

function* changes(): SqlWork<number> {
  return (yield* row<{ n: number }>("SELECT total_changes() AS n"))?.n ?? 0;
}

/** Returns the positions to look at, newest first: those of the blocks that reach into the time asked for. */
function* spans(first: number, last: number, { from, to }: Pick<SearchAsk, "from" | "to">): SqlWork<readonly Removal[]> {
  if (from === undefined && to === undefined) return [{ from: first, to: last }];
  const blocks = yield* rows<{ block: number }>(
    "SELECT block FROM blocks WHERE block BETWEEN $1 AND $2 AND max_time >= $3 AND min_time < $4 ORDER BY block DESC",
    ...[blockOf(first), blockOf(last), from ?? Number.MIN_SAFE_INTEGER, to ?? Number.MAX_SAFE_INTEGER],
  );
  const found: { from: number; to: number }[] = [];
  for (const { block } of blocks) {
    const newest = found.at(-1);
    const from = Math.max(first, block * BLOCK_SEQS);
    // Blocks that touch become one range.
    if (newest !== undefined && newest.from === (block + 1) * BLOCK_SEQS) newest.from = from;
    else found.push({ from, to: Math.min(last, (block + 1) * BLOCK_SEQS - 1) });
  }
  return found;
}
