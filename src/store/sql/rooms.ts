import { DyliveError } from "../../runtime/errors.js";
import { msg } from "../../runtime/msg.js";
import type { RoomKey } from "../log.js";
import type { Session, Sessions } from "../rooms.js";
import {
  type Alias,
  aliasesByRoom,
  type BroughtCounts,
  NO_SETTINGS,
  type Resume,
  type RoomFacts,
  type RoomRow,
  type RoomSettings,
  type Rooms,
  WATCHES,
} from "../rooms.js";
import { row, rows, run, type SqlDatabase, type SqlValue, type SqlWork } from "./work.js";

/** Room as it is kept. */
interface StoredRoom {
  readonly room: RoomKey;
  readonly web_rid: string | null;
  readonly title: string | null;
  readonly anchor_id: string | null;
  readonly anchor_sec_uid: string | null;
  readonly anchor_nickname: string | null;
  readonly anchor_avatar: string | null;
  /** Index in {@link WATCHES}; -1: it was deleted. */
  readonly watched: number;
  /** Settings as JSON of what differs from {@link NO_SETTINGS}. */
  readonly settings: string;
  /** Resume point as JSON. */
  readonly resume: string | null;
  readonly created_at: number;
}

/** Condition that a room `r` was not deleted. */
const KEPT = "r.watched >= 0";

/** Returns the rooms of a database and their names. */
export function sqlRooms({ clock, dialect, ask, lane }: SqlDatabase): Rooms {
  const write = lane();
  function* make(): SqlWork<RoomKey> {
    const made = yield* row<{ room: RoomKey }>("INSERT INTO rooms(created_at) VALUES ($1) RETURNING room", clock.now());
    if (made === undefined) throw new DyliveError("internal", "no room was made");
    yield* run("INSERT INTO heads(room) VALUES ($1)", made.room);
    return made.room;
  }
  return {
    find: (alias) => ask(() => find(alias)),
    ensure: async (aliases, facts = {}) => {
      // Mostly nothing is new: then no call waits for another.
      const known = await ask(() => knownAs(aliases, facts));
      if (known !== null) return known;
      return write(function* () {
        // One at a time in the whole database: two processes that meet a room at once make one.
        yield* dialect.lock("name");
        const found: (RoomKey | null)[] = [];
        for (const alias of aliases) found.push(yield* find(alias));
        const room = found.find((one) => one !== null) ?? (yield* make());
        for (const [index, { kind, value }] of aliases.entries())
          if (found[index] !== room)
            yield* run(
              "INSERT INTO aliases(kind, value, room) VALUES ($1, $2, $3) ON CONFLICT (kind, value) DO UPDATE SET room = excluded.room",
              ...[kind, value, room],
            );
        if (factValues(facts).some((fact) => fact !== null)) yield* setFacts(room, facts);
        return room;
      });
    },
    get: (room) =>
      ask(function* () {
        const stored = yield* row<StoredRoom>(`SELECT * FROM rooms r WHERE r.room = $1 AND ${KEPT}`, room);
        return stored === undefined ? null : roomOf(stored);
      }),
    aliases: (room) => ask(() => rows<Alias>("SELECT kind, value FROM aliases WHERE room = $1 ORDER BY kind, value", room)),
    aliasesOf: (keys) =>
      ask(function* () {
        const sql = `SELECT room, kind, value FROM aliases WHERE room ${dialect.among("$1", "bigint")} ORDER BY room, kind, value`;
        return aliasesByRoom(yield* rows<Alias & { readonly room: RoomKey }>(sql, keys));
      }),
    list: ({ after = 0, limit = Number.MAX_SAFE_INTEGER, watch, name, among = [] } = {}) =>
      ask(function* () {
        const values: SqlValue[] = [Math.min(Math.max(after, 0), Number.MAX_SAFE_INTEGER), limit];
        const given = (value: SqlValue) => `$${values.push(value)}`;
        const named = (condition: string) => `EXISTS (SELECT 1 FROM aliases a WHERE a.room = r.room AND (${condition}))`;
        const conditions = ["r.room > $1", KEPT];
        if (watch !== undefined) conditions.push(`r.watched = ${given(WATCHES.indexOf(watch))}`);
        if (name !== undefined) conditions.push(named(`a.value = ${given(name)}`));
        if (among.length > 0) {
          const isOne = dialect.among(given(among), "text");
          conditions.push(`('room:' || r.room ${isOne} OR ${named(`a.value ${isOne} OR a.kind || ':' || a.value ${isOne}`)})`);
        }
        const sql = `SELECT r.* FROM rooms r WHERE ${conditions.join(" AND ")} ORDER BY r.room LIMIT $2`;
        return (yield* rows<StoredRoom>(sql, ...values)).map(roomOf);
      }),
    count: () =>
      ask(function* () {
        return (yield* row<{ n: number }>(`SELECT count(*) AS n FROM rooms r WHERE r.room > 0 AND ${KEPT}`))?.n ?? 0;
      }),
    setFacts: (room, facts) => write(() => setFacts(room, facts)),
    setWatch: (room, watch) =>
      write(function* () {
        assertChanged(room, yield* run(`UPDATE rooms AS r SET watched = $2 WHERE r.room = $1 AND ${KEPT}`, room, WATCHES.indexOf(watch)));
      }),
    setResume: (room, resume, epoch) =>
      write(function* () {
        const isOurs = "SELECT 1 FROM heads h WHERE h.room = r.room AND h.epoch = coalesce($3, h.epoch)";
        const sql = `UPDATE rooms AS r SET resume = CASE WHEN EXISTS (${isOurs}) THEN $2 ELSE resume END WHERE r.room = $1 AND ${KEPT}`;
        assertChanged(room, yield* run(sql, room, resumeText(resume), epoch ?? null));
      }),
    setSettings: (room, settings) =>
      write(function* () {
        const stored = yield* row<{ settings: string }>(
          `SELECT settings FROM rooms r WHERE r.room = $1 AND ${KEPT} ${dialect.forUpdate}`,
          room,
        );
        const kept = settingsOf(stored?.settings ?? "{}");
        const merged = { ...kept, ...(typeof settings === "function" ? settings(kept) : settings) };
        assertChanged(room, yield* run(`UPDATE rooms AS r SET settings = $2 WHERE r.room = $1 AND ${KEPT}`, room, JSON.stringify(merged)));
      }),
    saveStatus: (room, status, at) =>
      write(function* () {
        const sql = `INSERT INTO room_reports(room, reported_at, body) SELECT room, CAST($2 AS bigint), CAST($3 AS text) FROM rooms r WHERE r.room = $1 AND ${KEPT}
          ON CONFLICT (room) DO UPDATE SET reported_at = excluded.reported_at, body = excluded.body`;
        yield* run(sql, room, at, status);
      }),
    loadStatus: (room) =>
      ask(function* () {
        const sql = 'SELECT body AS "status", reported_at AS "at" FROM room_reports WHERE room = $1';
        return (yield* row<{ status: string; at: number }>(sql, room)) ?? null;
      }),
    claim: (room) =>
      write(function* () {
        const claimed = yield* row<{ epoch: number }>(
          `UPDATE heads SET epoch = epoch + 1 WHERE room = $1 AND EXISTS (SELECT 1 FROM rooms r WHERE r.room = $1 AND ${KEPT}) RETURNING epoch`,
          room,
        );
        if (claimed === undefined) {
          const known = yield* row("SELECT room FROM rooms WHERE room = $1", room);
          if (known !== undefined) throw new DyliveError("not_owner", msg`room ${room} was deleted`);
          throw new DyliveError("not_found", msg`there is no room ${room}`);
        }
        return claimed.epoch;
      }),
  };
}

/** Returns settings of their JSON. */
export function settingsOf(text: string): RoomSettings {
  return { ...NO_SETTINGS, ...(JSON.parse(text) as Partial<RoomSettings>) };
}

/** Returns where a room can be resumed as it is kept. */
export function resumeText(resume: Resume | null): string | null {
  return resume === null ? null : JSON.stringify(resume);
}

/** Asserts that a row of the room was changed. @throws DyliveError not_found when none was */
export function assertChanged(room: RoomKey, changes: number): void {
  if (changes === 0) throw new DyliveError("not_found", msg`there is no room ${room}`);
}

function* find({ kind, value }: Alias): SqlWork<RoomKey | null> {
  return (yield* row<{ room: RoomKey }>("SELECT room FROM aliases WHERE kind = $1 AND value = $2", kind, value))?.room ?? null;
}

/** Returns the room that all of these aliases name, if the facts about it are stored, too; else null. */
function* knownAs(aliases: readonly Alias[], facts: Partial<RoomFacts>): SqlWork<RoomKey | null> {
  const named = aliases.map((_, at) => `(a.kind = $${2 * at + 1} AND a.value = $${2 * at + 2})`).join(" OR ");
  const found = yield* rows<StoredRoom>(
    `SELECT r.* FROM aliases a JOIN rooms r ON r.room = a.room WHERE ${named}`,
    ...aliases.flatMap(({ kind, value }) => [kind, value]),
  );
  const [first] = found;
  if (first === undefined || found.length < aliases.length || found.some(({ room }) => room !== first.room)) return null;
  const stored = [first.web_rid, first.title, first.anchor_id, first.anchor_sec_uid, first.anchor_nickname, first.anchor_avatar];
  return factValues(facts).every((value, at) => value === null || value === stored[at]) ? first.room : null;
}

function* setFacts(room: RoomKey, facts: Partial<RoomFacts>): SqlWork<void> {
  const changed = yield* run(
    `UPDATE rooms SET web_rid = coalesce($2, web_rid), title = coalesce($3, title), anchor_id = coalesce($4, anchor_id),
       anchor_sec_uid = coalesce($5, anchor_sec_uid), anchor_nickname = coalesce($6, anchor_nickname),
       anchor_avatar = coalesce($7, anchor_avatar) WHERE room = $1 AND watched >= 0`,
    ...[room, ...factValues(facts)],
  );
  assertChanged(room, changed);
}

/** Returns facts in the order of their columns; null where they are unknown. */
function factValues({ webRid, title, anchor }: Partial<RoomFacts>): readonly (string | null)[] {
  return [webRid, title, anchor?.id, anchor?.secUid, anchor?.nickname, anchor?.avatar].map((value) => value ?? null);
}

function roomOf(stored: StoredRoom): RoomRow {
  const anchor = { id: stored.anchor_id, secUid: stored.anchor_sec_uid, nickname: stored.anchor_nickname, avatar: stored.anchor_avatar };
  return {
    room: stored.room,
    webRid: stored.web_rid,
    title: stored.title,
    anchor: Object.values(anchor).some((value) => value !== null) ? anchor : null,
    watch: WATCHES[stored.watched] ?? "off",
    settings: settingsOf(stored.settings),
    resume: stored.resume === null ? null : (JSON.parse(stored.resume) as Resume),
    createdAt: stored.created_at,
  };
}

const SESSION = `SELECT room, session_id AS "sessionId", title, opened_at AS "openedAt", ended_at AS "endedAt", end_reason AS "endReason"
  FROM sessions WHERE room = $1`;
const NEWEST_FIRST = "ORDER BY opened_at DESC, n DESC LIMIT $2";

/** Returns the broadcasts of a database's rooms. */
export function sqlSessions({ dialect, ask, lane }: SqlDatabase): Sessions {
  const write = lane();
  const get = (room: RoomKey, sessionId: string) => ask(() => findSession(room, sessionId));
  return {
    open: async (room, sessionId, at, title = null) => {
      // Mostly it is open already: then no call waits for another.
      const known = await get(room, sessionId);
      if (known !== null && (title === null || known.title !== null)) return known;
      return write(function* () {
        // Other calls that open a broadcast of the room wait for this one.
        const locked = yield* row(`SELECT room FROM rooms r WHERE r.room = $1 AND ${KEPT} ${dialect.forUpdate}`, room);
        if (locked === undefined) throw new DyliveError("not_found", msg`there is no room ${room}`);
        if ((yield* findSession(room, sessionId)) === null) {
          yield* run("UPDATE sessions SET ended_at = $2, end_reason = 'replaced' WHERE room = $1 AND ended_at IS NULL", room, at);
          yield* run("INSERT INTO sessions(room, session_id, title, opened_at) VALUES ($1, $2, $3, $4)", room, sessionId, title, at);
        } else if (title !== null) {
          yield* run("UPDATE sessions SET title = $3 WHERE room = $1 AND session_id = $2 AND title IS NULL", room, sessionId, title);
        }
        const opened = yield* findSession(room, sessionId);
        if (opened === null) throw new DyliveError("internal", msg`session ${room}/${sessionId} was not kept`);
        return opened;
      });
    },
    end: (room, sessionId, at, reason) =>
      write(function* () {
        const sql = "UPDATE sessions SET ended_at = $3, end_reason = $4 WHERE room = $1 AND session_id = $2 AND ended_at IS NULL";
        yield* run(sql, room, sessionId, at, reason);
      }),
    list: (room, limit, before) =>
      ask(() =>
        before === undefined
          ? rows<Session>(`${SESSION} ${NEWEST_FIRST}`, room, limit)
          : rows<Session>(
              `${SESSION} AND (opened_at, n) < (SELECT opened_at, n FROM sessions WHERE room = $1 AND session_id = $3) ${NEWEST_FIRST}`,
              ...[room, limit, before],
            ),
      ),
    get,
    keepSeen: (room, sessionId, seen) =>
      write(function* () {
        yield* run("UPDATE sessions SET seen = $3 WHERE room = $1 AND session_id = $2", room, sessionId, JSON.stringify(seen));
      }),
    seen: (room, sessionId) =>
      ask(function* () {
        const sql = "SELECT seen FROM sessions WHERE room = $1 AND session_id = $2";
        const { seen = null } = (yield* row<{ seen: string | null }>(sql, room, sessionId)) ?? {};
        return seen === null ? null : (JSON.parse(seen) as BroughtCounts);
      }),
  };
}

function* findSession(room: RoomKey, sessionId: string): SqlWork<Session | null> {
  return (yield* row<Session>(`${SESSION} AND session_id = $2`, room, sessionId)) ?? null;
}
