import type { RoomKey } from "../log.js";
import type { Session } from "../rooms.js";
import { foldText } from "../search.js";
import type { BroadcastOrder, FoundPeople, FoundPerson, NameSearch, RankedBroadcast, WhichBroadcasts } from "../statistics.js";
import { COUNTS, countSum, type Halves, halves, joined } from "./statistics-read.js";
import { arrays, row, rows, type SqlDatabase, type SqlValue, type SqlWork } from "./work.js";

/** Names that one call compares: some 40 ms. Looking for a broadcast, and for the rows of a person whose name fits, takes as long as so many. */
const NAME_TRIES = 10_000;
const BROADCAST_COST = 20;
const HIT_COST = 50;
/** Names that are read at once. */
const NAME_STEP = 2_000;
const NEWEST = Number.MAX_SAFE_INTEGER;
/** Value of what is unknown where the least comes first: beyond any other. */
const BEYOND = 1e300;
const MINUTE_MS = 60_000;

type StoredPerson = Omit<FoundPerson, "name" | "lastRoom" | "foundAs" | "diamonds"> & Halves & { readonly userId: string };

/** Returns the part of a database's statistics that looks through all rooms: for broadcasts by their figures, and for people by their names. */
export function statisticsFinder({ dialect, ask, read }: SqlDatabase) {
  const total = (...keys: readonly string[]) => dialect.jsonNumber("t.totals", ...keys);
  const last = `coalesce(s.ended_at, ${total("lastAt")})`;
  const length = `CASE WHEN ${last} < s.opened_at THEN 0 ELSE ${last} - s.opened_at END`;
  const diamonds = `CAST(${total("diamonds")} AS DOUBLE PRECISION)`;
  /** Figures of a broadcast `s` with its statistics `t`, if there are any: NULL where one is unknown. */
  const figures: Readonly<Record<BroadcastOrder, string>> = {
    openedAt: "s.opened_at",
    length,
    viewers: total("viewers"),
    peak: total("onlineMax"),
    chats: `CASE WHEN t.n IS NOT NULL THEN coalesce(${total("types", "chat")}, 0) END`,
    gifters: "t.gifters",
    diamonds,
    diamondsPerMinute: `${diamonds} * ${MINUTE_MS} / CASE WHEN ${length} < ${MINUTE_MS} THEN ${MINUTE_MS} ELSE ${length} END`,
    follows: `CASE WHEN t.n IS NOT NULL THEN coalesce(${total("types", "follow")}, 0) END`,
  };
  return {
    /** Returns broadcasts of many rooms, by a figure; those that are alike in it, newest first. */
    broadcasts: (which: WhichBroadcasts, limit: number): Promise<readonly RankedBroadcast[]> =>
      ask(function* () {
        const { by, ascending = false, among, from, to, text, after } = which;
        const values: SqlValue[] = [limit];
        const given = (value: SqlValue) => `$${values.push(value)}`;
        const conditions = ["s.room > 0"];
        if (among !== null) conditions.push(`s.room ${dialect.among(given(among), "bigint")}`);
        if (from !== undefined) conditions.push(`s.opened_at >= ${given(from)}`);
        if (to !== undefined) conditions.push(`s.opened_at < ${given(to)}`);
        if (text !== undefined) {
          const part = given(text.replace(/[A-Z]/g, (letter) => letter.toLowerCase()));
          const holds = (column: string) => `${dialect.position}(lower(coalesce(${column}, '')), ${part}) > 0`;
          conditions.push(`(${holds("s.title")} OR ${holds("r.anchor_nickname")})`);
        }
        let place = "";
        if (after !== undefined) {
          const [value, openedAt, n] = [given(after[0]), given(after[1]), given(after[2])];
          const older = `b."openedAt" < ${openedAt} OR (b."openedAt" = ${openedAt} AND b.n < ${n})`;
          place = `WHERE b.value ${ascending ? ">" : "<"} ${value} OR (b.value = ${value} AND (${older}))`;
        }
        const found = yield* rows<Session & { readonly n: number; readonly value: number }>(
          `SELECT b.* FROM (
             SELECT s.n, s.room, s.session_id AS "sessionId", s.title, s.opened_at AS "openedAt", s.ended_at AS "endedAt",
               s.end_reason AS "endReason", CAST(coalesce(${figures[by]}, ${ascending ? BEYOND : -1}) AS DOUBLE PRECISION) AS value
             FROM sessions s JOIN rooms r ON r.room = s.room
               LEFT JOIN statistics_sessions t ON t.room = s.room AND t.session_id = s.session_id
             WHERE ${conditions.join(" AND ")}) b
           ${place} ORDER BY b.value ${ascending ? "ASC" : "DESC"}, b."openedAt" DESC, b.n DESC LIMIT $1`,
          ...values,
        );
        return found.map(({ n, value, ...session }) => ({ session, place: [value, session.openedAt, n] as const }));
      }),
    /** Finds people by their names, in the broadcasts of many rooms, the one that was counted last first. */
    named: (asked: NameSearch, limit: number): Promise<FoundPeople> => read(() => findPeople(asked, limit)),
  };

  /** Returns the condition that a broadcast `s` is of these rooms. @param at number of the parameter that has them */
  function only(among: readonly RoomKey[] | null, at: number): string {
    return among === null ? "" : `AND s.room ${dialect.among(`$${at}`, "bigint")}`;
  }

  /** Looks through names until the page is full, all is looked at, or enough names were. */
  function* findPeople({ text, among, after }: NameSearch, limit: number): SqlWork<FoundPeople> {
    const wanted = foldText(text);
    const fits = (name: string | null) => name !== null && foldText(name).includes(wanted);
    const rooms = among === null ? [] : [among];
    const named = `FROM statistics_sessions s JOIN statistics_people p ON p.n = s.n AND p.user_id = $1 WHERE s.n > $2 ${only(among, 3)}`;
    const found = new Map<string, string | null>();
    if (after === undefined && (yield* row(`SELECT p.name ${named} LIMIT 1`, text, 0, ...rooms)) !== undefined) found.set(text, null);
    let [n, userId] = after ?? [NEWEST, ""];
    let tries = NAME_TRIES;
    let isDone = false;
    while (found.size < limit && tries > 0 && !isDone) {
      const next = yield* row<{ n: number }>(
        `SELECT s.n FROM statistics_sessions s WHERE s.n <= $1 ${only(among, 2)} ORDER BY s.n DESC LIMIT 1`,
        ...[n, ...rooms],
      );
      isDone = next === undefined;
      if (next === undefined) break;
      // A broadcast that was looked at in part may have been counted again meanwhile: it has another number then.
      if (next.n < n) [n, userId] = [next.n, ""];
      const names = yield* arrays<[userId: string, name: string | null]>(
        `SELECT user_id, name FROM statistics_people WHERE n = $1 AND user_id > $2 ORDER BY user_id LIMIT ${NAME_STEP}`,
        ...[n, userId],
      );
      tries -= names.length + BROADCAST_COST;
      for (const [id, name] of names) {
        if (found.size === limit) break;
        userId = id;
        if (id === text || found.has(id) || !fits(name)) continue;
        tries -= HIT_COST;
        // Who was called so in a broadcast that was looked at before was found there.
        const later = yield* rows<{ name: string | null }>(`SELECT p.name ${named}`, id, n, ...rooms);
        if (!later.some((one) => fits(one.name))) found.set(id, name);
      }
      if (found.size < limit && names.length < NAME_STEP) [n, userId] = [n - 1, ""];
    }
    const people = yield* sumsOf(found, among);
    return { people, place: isDone ? null : [n, userId] };
  }

  /** Returns what these people did, in the order in which they are given. */
  function* sumsOf(found: ReadonlyMap<string, string | null>, among: NameSearch["among"]): SqlWork<readonly FoundPerson[]> {
    const rooms = among === null ? [] : [among];
    const counts = COUNTS.map((column) => `${countSum(dialect, `p.${column}`)} AS ${column}`).join(", ");
    const summed = yield* rows<StoredPerson>(
      `SELECT p.user_id AS "userId", CAST(count(DISTINCT s.room) AS BIGINT) AS rooms, CAST(count(*) AS BIGINT) AS sessions, ${counts},
         ${countSum(dialect, "p.unpriced")} AS "unpricedUnits", ${halves("p.diamonds")}, min(p.first_at) AS "firstAt", max(p.last_at) AS "lastAt"
       FROM statistics_sessions s JOIN statistics_people p ON p.n = s.n AND p.user_id ${dialect.among("$1", "text")} WHERE s.n > 0 ${only(among, 2)}
       GROUP BY p.user_id`,
      ...[[...found.keys()], ...rooms],
    );
    const people: FoundPerson[] = [];
    for (const [id, foundAs] of found) {
      const sums = summed.find(({ userId }) => userId === id);
      const last = yield* row<{ room: number; name: string | null }>(
        `SELECT s.room, p.name FROM statistics_sessions s JOIN statistics_people p ON p.n = s.n AND p.user_id = $1 WHERE s.n > 0 ${only(among, 2)}
         ORDER BY p.last_at DESC, s.n DESC LIMIT 1`,
        ...[id, ...rooms],
      );
      if (sums === undefined || last === undefined) continue;
      const { high, low, ...did } = sums;
      people.push({ ...did, name: last.name, foundAs, lastRoom: last.room, diamonds: joined({ high, low }) });
    }
    return people;
  }
}
