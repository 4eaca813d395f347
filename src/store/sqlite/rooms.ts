import type { Database, Statement } from "better-sqlite3";
import { DyliveError } from "../../runtime/errors.js";
import type { RoomKey } from "../log.js";
import {
  type Alias,
  type AliasKind,
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
import type { SqliteConnection } from "./connection.js";
import { MAX_ROOM } from "./pos.js";

function statementsOf(database: Database) {
  return {
    find: database.prepare<[AliasKind, string], RoomKey>("SELECT room FROM aliases WHERE kind = ? AND value = ?").pluck(),
    name: database.prepare<[AliasKind, string, RoomKey]>(
      "INSERT INTO aliases(kind, value, room) VALUES (?, ?, ?) ON CONFLICT(kind, value) DO UPDATE SET room = excluded.room",
    ),
    aliases: database.prepare<[RoomKey], Alias>("SELECT kind, value FROM aliases WHERE room = ? ORDER BY kind, value"),
    allAliases: database.prepare<[], Alias & { readonly room: RoomKey }>(
      "SELECT room, kind, value FROM aliases ORDER BY room, kind, value",
    ),
    make: database.prepare<[number], RoomKey>("INSERT INTO rooms(created_at) VALUES (?) RETURNING room").pluck(),
    makeHead: database.prepare<[RoomKey]>("INSERT INTO heads(room) VALUES (?)"),
    get: database.prepare<[RoomKey], StoredRoom>("SELECT * FROM rooms WHERE room = ?"),
    list: database.prepare<[], StoredRoom>("SELECT * FROM rooms WHERE room > 0 ORDER BY room"),
    setFacts: database.prepare<(string | number | null)[]>(
      `UPDATE rooms SET web_rid = coalesce(?, web_rid), title = coalesce(?, title), anchor_id = coalesce(?, anchor_id),
       anchor_sec_uid = coalesce(?, anchor_sec_uid), anchor_nickname = coalesce(?, anchor_nickname), anchor_avatar = coalesce(?, anchor_avatar)
       WHERE room = ?`,
    ),
    setWatch: database.prepare<[number, RoomKey]>("UPDATE rooms SET watched = ? WHERE room = ?"),
    settings: database.prepare<[RoomKey], string>("SELECT settings FROM rooms WHERE room = ?").pluck(),
    setSettings: database.prepare<[string, RoomKey]>("UPDATE rooms SET settings = ? WHERE room = ?"),
    setResume: database.prepare<[string | null, RoomKey]>("UPDATE rooms SET resume = ? WHERE room = ?"),
    claim: database.prepare<[RoomKey], number>("UPDATE heads SET epoch = epoch + 1 WHERE room = ? RETURNING epoch").pluck(),
  } satisfies Record<string, Statement<never[]>>;
}

/** Rooms and their names in SQLite. */
export class SqliteRooms implements Rooms {
  readonly #connection: SqliteConnection;
  readonly #sql: ReturnType<typeof statementsOf>;

  constructor(connection: SqliteConnection) {
    this.#connection = connection;
    this.#sql = statementsOf(connection.database);
  }

  find(alias: Alias): Promise<RoomKey | null> {
    return this.#connection.read(() => this.#sql.find.get(alias.kind, alias.value) ?? null);
  }

  ensure(aliases: readonly [Alias, ...Alias[]], facts: Partial<RoomFacts> = {}): Promise<RoomKey> {
    return this.#connection.write(() => {
      const found = aliases.map(({ kind, value }) => this.#sql.find.get(kind, value));
      const room = found.find((one) => one !== undefined) ?? this.#make();
      for (const [index, { kind, value }] of aliases.entries()) if (found[index] !== room) this.#sql.name.run(kind, value, room);
      this.#setFacts(room, facts);
      return room;
    });
  }

  get(room: RoomKey): Promise<RoomRow | null> {
    return this.#connection.read(() => {
      const row = this.#sql.get.get(room);
      return row === undefined ? null : roomOf(row);
    });
  }

  aliases(room: RoomKey): Promise<readonly Alias[]> {
    return this.#connection.read(() => this.#sql.aliases.all(room));
  }

  allAliases(): Promise<ReadonlyMap<RoomKey, readonly Alias[]>> {
    return this.#connection.read(() => aliasesByRoom(this.#sql.allAliases.all()));
  }

  list(): Promise<readonly RoomRow[]> {
    return this.#connection.read(() => this.#sql.list.all().map(roomOf));
  }

  setFacts(room: RoomKey, facts: Partial<RoomFacts>): Promise<void> {
    return this.#connection.write(() => this.#setFacts(room, facts));
  }

  setWatch(room: RoomKey, watch: Watch): Promise<void> {
    return this.#connection.write(() => assertChanged(room, this.#sql.setWatch.run(WATCHES.indexOf(watch), room).changes));
  }

  setResume(room: RoomKey, resume: Resume | null): Promise<void> {
    const text = resume === null ? null : JSON.stringify(resume);
    return this.#connection.write(() => assertChanged(room, this.#sql.setResume.run(text, room).changes));
  }

  setSettings(room: RoomKey, settings: Partial<RoomSettings>): Promise<void> {
    return this.#connection.write(() => {
      const merged = { ...settingsOf(this.#sql.settings.get(room) ?? "{}"), ...settings };
      assertChanged(room, this.#sql.setSettings.run(JSON.stringify(merged), room).changes);
    });
  }

  claim(room: RoomKey): Promise<number> {
    return this.#connection.write(() => {
      const epoch = this.#sql.claim.get(room);
      if (epoch === undefined) throw new DyliveError("not_found", `there is no room ${room}`);
      return epoch;
    });
  }

  #make(): RoomKey {
    const room = this.#sql.make.get(this.#connection.clock.now());
    if (room === undefined || room > MAX_ROOM) throw new DyliveError("internal", `no room beyond ${MAX_ROOM} can be made`);
    this.#sql.makeHead.run(room);
    return room;
  }

  #setFacts(room: RoomKey, facts: Partial<RoomFacts>): void {
    assertChanged(room, this.#sql.setFacts.run(...factValues(facts), room).changes);
  }
}
