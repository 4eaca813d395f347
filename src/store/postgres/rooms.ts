import { DyliveError } from "../../runtime/errors.js";
import type { RoomKey } from "../log.js";
import {
  type Alias,
  aliasesByRoom,
  type Resume,
  type RoomFacts,
  type RoomRow,
  type RoomSettings,
  type Rooms,
  WATCHES,
  type Watch,
} from "../rooms.js";
import { assertChanged, factValues, roomOf, type StoredRoom, settingsOf } from "../stored-room.js";
import type { PostgresConnection } from "./connection.js";
import { SerialLane } from "./lane.js";
import { LOCKS } from "./locks.js";
import { Resumes } from "./resumes.js";
import type { PostgresSession } from "./session.js";

/** Rooms and their names in PostgreSQL. */
export class PostgresRooms implements Rooms {
  readonly #connection: PostgresConnection;
  readonly #lane: SerialLane;
  readonly #resumes: Resumes;

  constructor(connection: PostgresConnection) {
    this.#connection = connection;
    this.#lane = new SerialLane(connection);
    this.#resumes = new Resumes(connection);
  }

  find(alias: Alias): Promise<RoomKey | null> {
    return this.#connection.ask((session) => findRoom(session, alias));
  }

  async ensure(aliases: readonly [Alias, ...Alias[]], facts: Partial<RoomFacts> = {}): Promise<RoomKey> {
    // Mostly nothing is new: then nobody has to wait for anybody.
    const known = await this.#connection.ask((session) => knownAs(session, aliases, facts));
    if (known !== null) return known;
    return this.#lane.write(async (session) => {
      // One at a time in the whole database: two processes that meet a room at once make one.
      await session.run("SELECT pg_advisory_xact_lock($1)", LOCKS.name);
      const found: (RoomKey | null)[] = [];
      for (const alias of aliases) found.push(await findRoom(session, alias));
      const room = found.find((one) => one !== null) ?? (await makeRoom(session, this.#connection.clock.now()));
      for (const [index, { kind, value }] of aliases.entries()) {
        if (found[index] === room) continue;
        await session.run(
          "INSERT INTO aliases(kind, value, room) VALUES ($1, $2, $3) ON CONFLICT (kind, value) DO UPDATE SET room = excluded.room",
          kind,
          value,
          room,
        );
      }
      if (Object.values(facts).some((fact) => fact !== null)) await setFacts(session, room, facts);
      return room;
    });
  }

  get(room: RoomKey): Promise<RoomRow | null> {
    return this.#connection.ask(async (session) => {
      const row = await session.row<StoredRoom>("SELECT * FROM rooms WHERE room = $1", room);
      return row === undefined ? null : roomOf(row);
    });
  }

  aliases(room: RoomKey): Promise<readonly Alias[]> {
    return this.#connection.ask((session) =>
      session.rows<Alias>("SELECT kind, value FROM aliases WHERE room = $1 ORDER BY kind, value", room),
    );
  }

  allAliases(): Promise<ReadonlyMap<RoomKey, readonly Alias[]>> {
    return this.#connection.ask(async (session) =>
      aliasesByRoom(
        await session.rows<Alias & { readonly room: RoomKey }>("SELECT room, kind, value FROM aliases ORDER BY room, kind, value"),
      ),
    );
  }

  list(): Promise<readonly RoomRow[]> {
    return this.#connection.ask(async (session) =>
      (await session.rows<StoredRoom>("SELECT * FROM rooms WHERE room > 0 ORDER BY room")).map(roomOf),
    );
  }

  setFacts(room: RoomKey, facts: Partial<RoomFacts>): Promise<void> {
    return this.#lane.write((session) => setFacts(session, room, facts));
  }

  setWatch(room: RoomKey, watch: Watch): Promise<void> {
    return this.#lane.write(async (session) =>
      assertChanged(room, await session.run("UPDATE rooms SET watched = $2 WHERE room = $1", room, WATCHES.indexOf(watch))),
    );
  }

  async setResume(room: RoomKey, resume: Resume | null): Promise<void> {
    assertChanged(room, (await this.#resumes.set(room, resume === null ? null : JSON.stringify(resume))) ? 1 : 0);
  }

  setSettings(room: RoomKey, settings: Partial<RoomSettings>): Promise<void> {
    return this.#lane.write(async (session) => {
      const row = await session.row<{ settings: string }>("SELECT settings FROM rooms WHERE room = $1 FOR UPDATE", room);
      assertChanged(room, row === undefined ? 0 : 1);
      const merged = { ...settingsOf(row?.settings ?? "{}"), ...settings };
      await session.run("UPDATE rooms SET settings = $2 WHERE room = $1", room, JSON.stringify(merged));
    });
  }

  claim(room: RoomKey): Promise<number> {
    return this.#lane.write(async (session) => {
      const row = await session.row<{ epoch: number }>("UPDATE heads SET epoch = epoch + 1 WHERE room = $1 RETURNING epoch", room);
      if (row === undefined) throw new DyliveError("not_found", `there is no room ${room}`);
      return row.epoch;
    });
  }
}

/** Returns the room that all of these aliases name, if the facts about it are stored, too; else null. */
async function knownAs(session: PostgresSession, aliases: readonly Alias[], facts: Partial<RoomFacts>): Promise<RoomKey | null> {
  const rows = await session.rows<StoredRoom>(
    `SELECT r.* FROM unnest($1::text[], $2::text[]) AS g(kind, value) JOIN aliases a ON a.kind = g.kind AND a.value = g.value
     JOIN rooms r ON r.room = a.room`,
    aliases.map(({ kind }) => kind),
    aliases.map(({ value }) => value),
  );
  const [row] = rows;
  if (row === undefined || rows.length < aliases.length || rows.some(({ room }) => room !== row.room)) return null;
  const stored = [row.web_rid, row.title, row.anchor_id, row.anchor_sec_uid, row.anchor_nickname, row.anchor_avatar];
  return factValues(facts).every((value, at) => value === null || value === stored[at]) ? row.room : null;
}

async function findRoom(session: PostgresSession, { kind, value }: Alias): Promise<RoomKey | null> {
  const row = await session.row<{ room: RoomKey }>("SELECT room FROM aliases WHERE kind = $1 AND value = $2", kind, value);
  return row?.room ?? null;
}

async function makeRoom(session: PostgresSession, at: number): Promise<RoomKey> {
  const row = await session.row<{ room: RoomKey }>("INSERT INTO rooms(created_at) VALUES ($1) RETURNING room", at);
  if (row === undefined) throw new DyliveError("internal", "no room can be made");
  await session.run("INSERT INTO heads(room) VALUES ($1)", row.room);
  return row.room;
}

async function setFacts(session: PostgresSession, room: RoomKey, facts: Partial<RoomFacts>): Promise<void> {
  const changed = await session.run(
    `UPDATE rooms SET web_rid = coalesce($2, web_rid), title = coalesce($3, title), anchor_id = coalesce($4, anchor_id),
       anchor_sec_uid = coalesce($5, anchor_sec_uid), anchor_nickname = coalesce($6, anchor_nickname),
       anchor_avatar = coalesce($7, anchor_avatar) WHERE room = $1`,
    room,
    ...factValues(facts),
  );
  assertChanged(room, changed);
}
