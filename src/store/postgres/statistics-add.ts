import { type GiftLine, type Person, type SessionDelta, WORDS_KEPT, WORDS_MAX } from "../statistics.js";
import { COUNT_MAX, type ComboCounts, countCombos, DIAMONDS_MAX, NO_COMBOS } from "../statistics-add.js";
import { addTotals, emptyTotals, eventsOf, type Totals, totalsOf, totalsText } from "../totals.js";
import type { PostgresSession } from "./session.js";

const GIVEN = ["combos", "settled", "units", "diamonds", "unpriced"];
const DONE = ["events", "chats", "likes", "joins", "follows", "shares"];

/** Returns SQL that adds to a column. Sums stay within their bounds: they are made with numbers that hold more. */
const sum = (column: string) =>
  `${column} = least(t.${column}::numeric + excluded.${column}, ${column === "diamonds" ? DIAMONDS_MAX : COUNT_MAX})::bigint`;
const newest = (name: string, seq: string) =>
  `${name} = CASE WHEN excluded.${seq} > t.${seq} THEN excluded.${name} ELSE t.${name} END, ${seq} = greatest(t.${seq}, excluded.${seq})`;
const sums = (columns: readonly string[]) => columns.map(sum).join(", ");
/** Returns the parameters `$from` to `$to` as arrays of a type. */
const arrays = (type: string, from: number, to: number) =>
  Array.from({ length: to - from + 1 }, (_, at) => `$${from + at}::${type}[]`).join(", ");

const ADD_PEOPLE = `INSERT INTO statistics_people AS t (n, user_id, name, name_seq, ${DONE.join(", ")}, ${GIVEN.join(", ")}, first_at, last_at)
  SELECT $1::bigint, p.* FROM unnest($2::text[], $3::text[], ${arrays("bigint", 4, 17)}) AS p
  ON CONFLICT (n, user_id) DO UPDATE SET ${newest("name", "name_seq")}, ${sums([...DONE, ...GIVEN])},
    first_at = least(t.first_at, excluded.first_at), last_at = greatest(t.last_at, excluded.last_at)
  RETURNING user_id AS "userId", events, chats, units`;
const ADD_LINES = `INSERT INTO statistics_gifts AS t
    (n, user_id, receiver_id, gift_id, gift_name, receiver_name, gift_seq, receiver_seq, ${GIVEN.join(", ")})
  SELECT $1::bigint, g.* FROM unnest(${arrays("text", 2, 6)}, ${arrays("bigint", 7, 13)}) AS g
  ON CONFLICT (n, user_id, receiver_id, gift_id) DO UPDATE SET
    ${newest("gift_name", "gift_seq")}, ${newest("receiver_name", "receiver_seq")}, ${sums(GIVEN)}`;
const ADD_WORDS = `INSERT INTO statistics_words AS t (n, kind, word, count) SELECT $1::bigint, $2::text, w.* FROM unnest($3::text[], $4::bigint[]) AS w
  ON CONFLICT (n, kind, word) DO UPDATE SET ${sum("count")}`;
const COUNT_WORDS = "SELECT count(*)::integer AS kept FROM statistics_words WHERE n = $1 AND kind = $2";
const RAREST_WORDS = "SELECT word FROM statistics_words WHERE n = $1 AND kind = $2 ORDER BY count, word DESC LIMIT $3";
const DROP_WORDS = "DELETE FROM statistics_words WHERE n = $1 AND kind = $2 AND word = ANY($3::text[])";
const SET_COMBOS = `INSERT INTO statistics_combos(n, combo_id, settled) SELECT $1::bigint, c.* FROM unnest($2::text[], $3::boolean[]) AS c
  ON CONFLICT (n, combo_id) DO UPDATE SET settled = excluded.settled`;
const SET_MINUTES = `INSERT INTO statistics_minutes(n, minute, events, tally)
  SELECT $1::bigint, m.* FROM unnest($2::bigint[], $3::bigint[], $4::text[]) AS m
  ON CONFLICT (n, minute) DO UPDATE SET events = excluded.events, tally = excluded.tally`;

/** Counts of what was new among what was added. */
interface Fresh extends ComboCounts {
  people: number;
  chatters: number;
  gifters: number;
}

/** Adds a delta to the rows of a broadcast, a kind of rows by one statement. The room's row is locked. */
export async function addDelta(session: PostgresSession, n: number, delta: SessionDelta): Promise<Fresh> {
  const { total, byPerson, byLine } = await addCombos(session, n, delta);
  const people = await addPeople(session, n, [...delta.people.values()], byPerson);
  await addLines(session, n, [...delta.lines], byLine);
  await addWords(session, n, "word", delta.words);
  await addWords(session, n, "emoji", delta.emoji);
  await addMinutes(session, n, delta.minutes);
  return { ...total, ...people };
}

/** Notes which combos are new, and which have ended for the first time. */
async function addCombos(session: PostgresSession, n: number, { combos }: SessionDelta) {
  if (combos.size === 0) return countCombos(combos, () => undefined);
  const sql = `SELECT combo_id AS id, settled FROM statistics_combos WHERE n = $1 AND combo_id = ANY($2::text[])`;
  const known = await session.rows<{ id: string; settled: boolean }>(sql, n, [...combos.keys()]);
  const before = new Map(known.map(({ id, settled }) => [id, settled]));
  const counted = countCombos(combos, (id) => before.get(id));
  await session.run(
    SET_COMBOS,
    n,
    counted.changed.map(([id]) => id),
    counted.changed.map(([, settled]) => settled),
  );
  return counted;
}

async function addPeople(session: PostgresSession, n: number, people: readonly Person[], combos: ReadonlyMap<string, ComboCounts>) {
  const counts = { people: 0, chatters: 0, gifters: 0 };
  if (people.length === 0) return counts;
  const each = <T>(of: (person: Person) => T) => people.map(of);
  const ended = (person: Person) => combos.get(person.userId) ?? NO_COMBOS;
  const now = await session.rows<Pick<Person, "userId" | "events" | "chats" | "units">>(
    ADD_PEOPLE,
    n,
    each(({ userId }) => userId),
    each(({ name }) => name),
    each(({ nameSeq }) => nameSeq),
    each(({ events }) => events),
    each(({ chats }) => chats),
    each(({ likes }) => likes),
    each(({ joins }) => joins),
    each(({ follows }) => follows),
    each(({ shares }) => shares),
    each((person) => ended(person).combos),
    each((person) => ended(person).settled),
    each(({ units }) => units),
    each(({ diamonds }) => diamonds),
    each(({ unpricedUnits }) => unpricedUnits),
    each(({ firstAt }) => firstAt),
    each(({ lastAt }) => lastAt),
  );
  const sumOf = new Map(now.map((one) => [one.userId, one]));
  for (const person of people) {
    const sum = sumOf.get(person.userId);
    if (sum?.events === person.events) counts.people++;
    if (person.chats > 0 && sum?.chats === person.chats) counts.chatters++;
    if (person.units > 0 && sum?.units === person.units) counts.gifters++;
  }
  return counts;
}

async function addLines(
  session: PostgresSession,
  n: number,
  lines: readonly (readonly [string, GiftLine])[],
  combos: ReadonlyMap<string, ComboCounts>,
): Promise<void> {
  if (lines.length === 0) return;
  const each = <T>(of: (line: GiftLine, ended: ComboCounts) => T) => lines.map(([key, line]) => of(line, combos.get(key) ?? NO_COMBOS));
  await session.run(
    ADD_LINES,
    n,
    each(({ userId }) => userId ?? ""),
    each(({ receiverId }) => receiverId ?? ""),
    each(({ giftId }) => giftId),
    each(({ gift }) => gift.name),
    each(({ receiver }) => receiver.name),
    each(({ gift }) => gift.nameSeq),
    each(({ receiver }) => receiver.nameSeq),
    each((_, ended) => ended.combos),
    each((_, ended) => ended.settled),
    each(({ units }) => units),
    each(({ diamonds }) => diamonds),
    each(({ unpricedUnits }) => unpricedUnits),
  );
}

async function addWords(session: PostgresSession, n: number, kind: string, words: ReadonlyMap<string, number>): Promise<void> {
  if (words.size === 0) return;
  await session.run(ADD_WORDS, n, kind, [...words.keys()], [...words.values()]);
  const [{ kept } = { kept: 0 }] = await session.rows<{ kept: number }>(COUNT_WORDS, n, kind);
  if (kept <= WORDS_MAX) return;
  // Not as one statement: the planner knows nothing yet of what was just added, and compares each word with each.
  const rarest = await session.rows<{ word: string }>(RAREST_WORDS, n, kind, kept - WORDS_KEPT);
  await session.run(
    DROP_WORDS,
    n,
    kind,
    rarest.map(({ word }) => word),
  );
}

async function addMinutes(session: PostgresSession, n: number, minutes: ReadonlyMap<number, Totals>): Promise<void> {
  if (minutes.size === 0) return;
  const sql = "SELECT minute, tally FROM statistics_minutes WHERE n = $1 AND minute = ANY($2::bigint[])";
  const known = await session.rows<{ minute: number; tally: string }>(sql, n, [...minutes.keys()]);
  const before = new Map(known.map(({ minute, tally }) => [minute, totalsOf(tally)]));
  const summed = [...minutes].map(([minute, totals]) => {
    const whole = before.get(minute) ?? emptyTotals();
    addTotals(whole, totals);
    return [minute, whole] as const;
  });
  await session.run(
    SET_MINUTES,
    n,
    summed.map(([minute]) => minute),
    summed.map(([, totals]) => eventsOf(totals)),
    summed.map(([, totals]) => totalsText(totals)),
  );
}
