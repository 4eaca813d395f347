import {
  addTotals,
  COUNT_MAX,
  emptyTotals,
  eventsOf,
  type GiftLine,
  type Minute,
  type PersonFigures,
  type SessionDelta,
  totalsOf,
  totalsText,
  WORDS_KEPT,
  WORDS_MAX,
  type WordKind,
} from "../statistics.js";
import { type Dialect, each, row, rows, run, type SqlWork } from "./work.js";

/** Most diamonds that one row of people or gifts holds: what an INTEGER of SQLite does. */
const DIAMONDS_MAX = 2n ** 63n - 1n;

/** Events of a room after which the different words of a broadcast are counted, for which all of them are looked at. */
const LOOK_EVENTS = 500;

/** Columns of counts of gifts, in the order of {@link givenBy}. */
export const GIVEN = ["combos", "settled", "units", "diamonds", "unpriced"];
const DONE = ["events", "chats", "likes", "joins", "follows", "shares"];

/** Numbers of combos that are new, and that have ended for the first time. */
interface ComboCounts {
  combos: number;
  settled: number;
}

/** Counts for a person or a thing of which no combo is new or has ended. */
const NO_COMBOS: Readonly<ComboCounts> = { combos: 0, settled: 0 };

/** Counts of what was new among what was added. */
interface Fresh extends ComboCounts {
  people: number;
  chatters: number;
  gifters: number;
}

/** Returns SQL that adds counts to the columns of a row that is there. */
export function addedTo(table: string, columns: readonly string[], { capped }: Dialect): string {
  const sums = columns.map(
    (name) => `${name} = ${capped(`${table}.${name}`, `excluded.${name}`, name === "diamonds" ? DIAMONDS_MAX : COUNT_MAX)}`,
  );
  return sums.join(", ");
}

/** Returns the work that adds a delta to the rows of a broadcast, a kind of rows by one statement. The room's row is locked. */
export function deltaAdder(dialect: Dialect): (n: number, delta: SessionDelta) => SqlWork<Fresh> {
  const { among, given, greatest, least } = dialect;
  const newest = (table: string, name: string, seq: string) =>
    `${name} = CASE WHEN excluded.${seq} > ${table}.${seq} THEN excluded.${name} ELSE ${table}.${name} END,
     ${seq} = ${greatest}(${table}.${seq}, excluded.${seq})`;
  /** Returns an INSERT into a table. @param columns those of texts, then those of integers; the key is `keys` */
  const insert = (table: string, texts: readonly string[], integers: readonly string[], keys: string, set: string) =>
    `INSERT INTO ${table}(${[...texts, ...integers].join(", ")}) ${given([...texts.map(() => "text" as const), ...integers.map(() => "bigint" as const)])}
     ON CONFLICT (${keys}) DO UPDATE SET ${set}`;
  const highest = (table: string, name: string) =>
    `${name} = CASE WHEN ${table}.${name} IS NULL OR excluded.${name} > ${table}.${name} THEN excluded.${name} ELSE ${table}.${name} END`;
  const people = "statistics_people";
  const gifts = "statistics_gifts";
  const addPeople = `${insert(
    people,
    ["user_id", "name"],
    ["n", "name_seq", ...DONE, ...GIVEN, "first_at", "last_at", "level", "club"],
    "n, user_id",
    `${newest(people, "name", "name_seq")}, ${addedTo(people, [...DONE, ...GIVEN], dialect)},
     ${highest(people, "level")}, ${highest(people, "club")},
     first_at = ${least}(${people}.first_at, excluded.first_at), last_at = ${greatest}(${people}.last_at, excluded.last_at)`,
  )} RETURNING user_id AS "userId", events, chats, units`;
  const addLines = insert(
    gifts,
    ["user_id", "receiver_id", "gift_id", "gift_name", "receiver_name"],
    ["n", "gift_seq", "receiver_seq", ...GIVEN],
    "n, user_id, receiver_id, gift_id",
    `${newest(gifts, "gift_name", "gift_seq")}, ${newest(gifts, "receiver_name", "receiver_seq")}, ${addedTo(gifts, GIVEN, dialect)}`,
  );
  const addWords = insert(
    "statistics_words",
    ["kind", "word"],
    ["n", "count"],
    "n, kind, word",
    addedTo("statistics_words", ["count"], dialect),
  );
  const addRanks = insert(
    "statistics_ranks",
    ["list", "user_id", "name"],
    ["n", "name_seq", "first_seq", "first_score", "high_score"],
    "n, list, user_id",
    `${newest("statistics_ranks", "name", "name_seq")},
     first_score = CASE WHEN excluded.first_seq < statistics_ranks.first_seq THEN excluded.first_score ELSE statistics_ranks.first_score END,
     first_seq = ${least}(statistics_ranks.first_seq, excluded.first_seq),
     high_score = ${greatest}(statistics_ranks.high_score, excluded.high_score)`,
  );
  const setCombos = insert("statistics_combos", ["combo_id"], ["n", "settled"], "n, combo_id", "settled = excluded.settled");
  const setMinutes = insert(
    "statistics_minutes",
    ["totals"],
    ["n", "minute", "events", "first_seq"],
    "n, minute",
    `events = excluded.events, totals = excluded.totals, first_seq = ${least}(statistics_minutes.first_seq, excluded.first_seq)`,
  );

  /** Notes which combos are new, and which have ended for the first time. */
  function* noteCombos(n: number, { combos }: SessionDelta) {
    if (combos.size === 0) return countCombos(combos, () => undefined);
    const sql = `SELECT combo_id AS id, settled FROM statistics_combos WHERE n = $1 AND combo_id ${among("$2", "text")}`;
    const known = yield* rows<{ id: string; settled: number }>(sql, n, [...combos.keys()]);
    const before = new Map(known.map(({ id, settled }) => [id, settled > 0]));
    const counted = countCombos(combos, (id) => before.get(id));
    yield* each(
      setCombos,
      counted.changed.map(([id, settled]) => [id, n, settled ? 1 : 0]),
    );
    return counted;
  }

  function* notePeople(n: number, added: readonly PersonFigures[], combos: ReadonlyMap<string, ComboCounts>) {
    const now = yield* each<Pick<PersonFigures, "userId" | "events" | "chats" | "units">>(
      addPeople,
      added.map((one) => {
        const done = [one.events, one.chats, one.likes, one.joins, one.follows, one.shares];
        const given = givenBy(one, combos.get(one.userId));
        return [one.userId, one.name, n, one.nameSeq, ...done, ...given, one.firstAt, one.lastAt, one.level, one.club];
      }),
    );
    const sums = new Map(now.map((one) => [one.userId, one]));
    const counts = { people: 0, chatters: 0, gifters: 0 };
    for (const { userId, events, chats, units } of added) {
      const sum = sums.get(userId);
      if (sum?.events === events) counts.people++;
      if (chats > 0 && sum?.chats === chats) counts.chatters++;
      if (units > 0 && sum?.units === units) counts.gifters++;
    }
    return counts;
  }

  function* noteWords(n: number, kind: WordKind, words: ReadonlyMap<string, number>, { firstSeq, lastSeq }: SessionDelta): SqlWork<void> {
    if (words.size === 0) return;
    yield* each(
      addWords,
      [...words].map(([word, count]) => [kind, word, n, count]),
    );
    if (lastSeq % LOOK_EVENTS > lastSeq - firstSeq) return;
    const { kept = 0 } =
      (yield* row<{ kept: number }>("SELECT count(*) AS kept FROM statistics_words WHERE n = $1 AND kind = $2", n, kind)) ?? {};
    if (kept <= WORDS_MAX) return;
    // Not as one statement: PostgreSQL knows nothing yet of what was just added, and would compare each word with each.
    const sql = "SELECT word FROM statistics_words WHERE n = $1 AND kind = $2 ORDER BY count, word DESC LIMIT $3";
    const rarest = (yield* rows<{ word: string }>(sql, n, kind, kept - WORDS_KEPT)).map(({ word }) => word);
    yield* run(`DELETE FROM statistics_words WHERE n = $1 AND kind = $2 AND word ${among("$3", "text")}`, n, kind, rarest);
  }

  function* noteMinutes(n: number, minutes: ReadonlyMap<number, Minute>): SqlWork<void> {
    const sql = `SELECT minute, totals FROM statistics_minutes WHERE n = $1 AND minute ${among("$2", "bigint")}`;
    const known = yield* rows<{ minute: number; totals: string }>(sql, n, [...minutes.keys()]);
    const before = new Map(known.map(({ minute, totals }) => [minute, totalsOf(totals)]));
    yield* each(
      setMinutes,
      [...minutes.values()].map(({ minute, totals, firstSeq }) => {
        const sum = before.get(minute) ?? emptyTotals();
        addTotals(sum, totals);
        return [totalsText(sum), n, minute, eventsOf(sum), firstSeq];
      }),
    );
  }

  return function* (n, delta) {
    const { total, byPerson, byLine } = yield* noteCombos(n, delta);
    const fresh = yield* notePeople(n, [...delta.people.values()], byPerson);
    yield* each(
      addLines,
      [...delta.lines].map(([key, line]) => {
        const { userId, receiverId, giftId, gift, receiver } = line;
        return [
          ...[userId ?? "", receiverId ?? "", giftId, gift.name, receiver.name],
          ...[n, gift.nameSeq, receiver.nameSeq, ...givenBy(line, byLine.get(key))],
        ];
      }),
    );
    yield* each(
      addRanks,
      [...delta.ranks.values()].map((one) => [one.list, one.userId, one.name, n, one.nameSeq, one.firstSeq, one.first, one.high]),
    );
    yield* noteWords(n, "word", delta.words, delta);
    yield* noteWords(n, "emoji", delta.emoji, delta);
    yield* noteMinutes(n, delta.minutes);
    return { ...total, ...fresh };
  };
}

function givenBy({ units, diamonds, unpricedUnits }: PersonFigures | GiftLine, { combos, settled }: ComboCounts = NO_COMBOS) {
  return [combos, settled, units, diamonds, unpricedUnits];
}

/**
 * Counts what combos add to the statistics of their broadcast.
 * @param known tells whether a combo has ended, as it is stored; undefined for one that is not
 * @returns the combos that are to be stored, with whether they have ended; and the counts of all, by person, and by the key of its line
 */
function countCombos(combos: SessionDelta["combos"], known: (comboId: string) => boolean | undefined) {
  const changed: (readonly [comboId: string, settled: boolean])[] = [];
  const total: ComboCounts = { combos: 0, settled: 0 };
  const byPerson = new Map<string, ComboCounts>();
  const byLine = new Map<string, ComboCounts>();
  for (const [comboId, { userId, line, settled }] of combos) {
    const before = known(comboId);
    const fresh = before === undefined ? 1 : 0;
    const ended = settled && before !== true ? 1 : 0;
    if (fresh + ended === 0) continue;
    changed.push([comboId, settled || before === true]);
    for (const counts of [total, countsOf(byLine, line), ...(userId === null ? [] : [countsOf(byPerson, userId)])]) {
      counts.combos += fresh;
      counts.settled += ended;
    }
  }
  return { changed, total, byPerson, byLine };
}

function countsOf(counts: Map<string, ComboCounts>, key: string): ComboCounts {
  const one = counts.get(key) ?? { combos: 0, settled: 0 };
  counts.set(key, one);
  return one;
}
