import { yieldToEventLoop } from "../runtime/clock.js";
import { DyliveError } from "../runtime/errors.js";
import { msg } from "../runtime/msg.js";
import type { RoomKey } from "./log.js";

/** Kinds of names of a room. `room_id` is one broadcast's id; `import` an imported broadcast whose owner is unknown. */
export const ALIAS_KINDS = ["web_rid", "unique_id", "sec_uid", "uid", "room_id", "official", "import"] as const;
export type AliasKind = (typeof ALIAS_KINDS)[number];

/** Name of a room. */
export interface Alias {
  readonly kind: AliasKind;
  readonly value: string;
}

/** Facts about a room's anchor and broadcast, as last read. Null is unknown. */
export interface RoomFacts {
  readonly webRid: string | null;
  readonly title: string | null;
  readonly anchor: {
    readonly id: string | null;
    readonly secUid: string | null;
    readonly nickname: string | null;
    readonly avatar: string | null;
  } | null;
}

/** Position at which one session of a room goes on. */
export interface ResumePosition {
  readonly host: string | null;
  readonly cursor: string;
  readonly internalExt: string;
  /** Visitor that the platform took us for, which internal_ext names; null where a browser or an account keeps that. */
  readonly visitor: { readonly userUniqueId: string; readonly cookies: readonly (readonly [name: string, value: string])[] } | null;
}

/** Point where the connections of a room can be resumed, kept so that a restart connects first and resolves after. */
export interface Resume {
  readonly roomId: string;
  /** Positions of its sessions, by their names. */
  readonly positions: Readonly<Record<string, ResumePosition>>;
  /** When the last message before that point was received, ms UTC. */
  readonly savedAt: number;
  /** Mean time between messages that people cause, ms; absent where it was not known. */
  readonly paceMs?: number;
}

/** Settings for collecting a room, as its operator chose them. Null follows the server's own setting. */
export interface RoomSettings {
  /** Name of the operator's account to watch as; `guest` is none. */
  readonly account: string | null;
  /** URL of a proxy; it may hold a password, so it is never shown. */
  readonly proxy: string | null;
  readonly source: "websocket" | "browser" | null;
  /** Whether its frames are kept as they came. */
  readonly record: boolean | null;
  /** Sessions that watch the room at once, each as `readSession` reads it; null is one, by the settings above. */
  readonly sessions: readonly string[] | null;
}

/** Settings of a room for which nothing was chosen. */
export const NO_SETTINGS: RoomSettings = { account: null, proxy: null, source: null, record: null, sessions: null };

/** Change of a room's settings: those that are given, or what becomes of those that are kept. */
export type SettingsChange = Partial<RoomSettings> | ((kept: RoomSettings) => Partial<RoomSettings>);

/** Places of a room on the watch list: rooms on it are collected without being asked for, unless that is paused. */
export const WATCHES = ["off", "on", "paused"] as const;
export type Watch = (typeof WATCHES)[number];

/** A room as stored. */
export interface RoomRow extends RoomFacts {
  readonly room: RoomKey;
  readonly watch: Watch;
  readonly settings: RoomSettings;
  readonly resume: Resume | null;
  readonly createdAt: number;
}

/** Conditions for a list of rooms. */
export interface WhichRooms {
  /** Only rooms after this one: the last of the page before. */
  readonly after?: RoomKey | undefined;
  /** Most rooms; all by default. */
  readonly limit?: number | undefined;
  readonly watch?: Watch | undefined;
  /** Only rooms with an alias of this value. */
  readonly name?: string | undefined;
  /** Only these rooms, each named as `room:KEY`, as `kind:value` of an alias or by its value alone; all when empty. */
  readonly among?: readonly string[] | undefined;
}

/** Rooms of a store and their names. Changing a room that does not exist is `not_found`. */
export interface Rooms {
  /** Returns the room of an alias, or null. */
  find(alias: Alias): Promise<RoomKey | null>;
  /**
   * Returns the room that any of these aliases names, made when there is none; then all of them name it (on a clash of two rooms the first
   * alias that is known decides, and the others move to it: newest wins; logs are never merged).
   */
  ensure(aliases: readonly [Alias, ...Alias[]], facts?: Partial<RoomFacts>): Promise<RoomKey>;
  get(room: RoomKey): Promise<RoomRow | null>;
  /** Returns the aliases of a room, ordered by kind, then value. */
  aliases(room: RoomKey): Promise<readonly Alias[]>;
  /** Returns the aliases of those of these rooms that have any, each room's in the same order. */
  aliasesOf(rooms: readonly RoomKey[]): Promise<ReadonlyMap<RoomKey, readonly Alias[]>>;
  /** Returns rooms, oldest first: all but the system's, or those that fulfil every given condition. */
  list(which?: WhichRooms): Promise<readonly RoomRow[]>;
  /** Returns how many rooms there are, beside the system's. */
  count(): Promise<number>;
  /** Overwrites the facts that are given and not null. */
  setFacts(room: RoomKey, facts: Partial<RoomFacts>): Promise<void>;
  setWatch(room: RoomKey, watch: Watch): Promise<void>;
  /**
   * Keeps where the room's connection can be resumed.
   * @param epoch of the room's claim: after a newer claim nothing is kept
   */
  setResume(room: RoomKey, resume: Resume | null, epoch?: number): Promise<void>;
  /**
   * Changes the settings that are given; null makes one follow the server's again.
   * @param settings also as a function of those that are kept, which do not change meanwhile; what it throws changes nothing
   */
  setSettings(room: RoomKey, settings: SettingsChange): Promise<void>;
  /** Saves a room's status, JSON, of a time, ms UTC, in place of the one before; that of an unknown room is ignored. */
  saveStatus(room: RoomKey, status: string, at: number): Promise<void>;
  /** Returns the saved status; null if there is none. */
  loadStatus(room: RoomKey): Promise<{ readonly status: string; readonly at: number } | null>;
  /** Takes the room over and returns the new epoch; appends with an older one are fenced from now on. */
  claim(room: RoomKey): Promise<number>;
}

/** Rooms that are read in one turn of the event loop. */
const ROOMS_TOGETHER = 500;

/** Reads all rooms that fulfil the conditions, oldest first, some at a time: there may be thousands, and everything else has its turn in between. */
export async function allRooms(rooms: Pick<Rooms, "list">, which: Pick<WhichRooms, "watch" | "among"> = {}): Promise<readonly RoomRow[]> {
  const all: RoomRow[] = [];
  for (;;) {
    const some = await rooms.list({ ...which, after: all.at(-1)?.room, limit: ROOMS_TOGETHER });
    all.push(...some);
    if (some.length < ROOMS_TOGETHER) return all;
    await yieldToEventLoop();
  }
}

/** Returns aliases by their rooms, in the order in which they are given. */
export function aliasesByRoom(all: Iterable<Alias & { readonly room: RoomKey }>): ReadonlyMap<RoomKey, readonly Alias[]> {
  const byRoom = new Map<RoomKey, Alias[]>();
  for (const { room, kind, value } of all) {
    const own = byRoom.get(room);
    if (own === undefined) byRoom.set(room, [{ kind, value }]);
    else own.push({ kind, value });
  }
  return byRoom;
}

/**
 * Returns what a room is called, best first: who deletes it types one of these, so that no other is meant.
 * @param aliases those of the room
 */
export function roomNames(
  { room, webRid, title, anchor }: Pick<RoomRow, "room" | "webRid" | "title" | "anchor">,
  aliases: readonly Alias[],
): readonly (string | null)[] {
  return [title, anchor?.nickname ?? null, webRid, ...aliases.map(({ value }) => value), `room:${room}`, String(room)];
}

/** Returns what a broadcast is called, as {@link roomNames} does. */
export function sessionNames({ title, sessionId }: Pick<Session, "title" | "sessionId">): readonly (string | null)[] {
  return [title, sessionId];
}

/** Order in which a bare name is looked for. */
const BARE: readonly AliasKind[] = ["web_rid", "unique_id", "room_id", "sec_uid", "uid", "import"];
/** Longest name that is looked for: a sec_uid has some 60 characters. */
const NAME_MAX_CHARS = 200;

/** Room of a name that a caller gave. */
export interface NamedRoom {
  /** Name as it was written. */
  readonly asked: string;
  readonly room: RoomKey;
  /** The room_id of a broadcast that was named by it: only its events are meant. */
  readonly sessionId: string | null;
}

/**
 * Finds a room by its key (`12` or `room:12`; 0 is the system's), by `kind:value` of one of its aliases, or by the value alone; a key comes
 * before an alias that looks like one. Null when there is none.
 * @param isMeant whether a room may be found; by default all may
 * @throws DyliveError bad_request
 */
export async function findNamed(
  rooms: Pick<Rooms, "get" | "find">,
  asked: string,
  isMeant: (room: RoomKey) => Promise<boolean> = async () => true,
): Promise<NamedRoom | null> {
  if (asked === "" || asked.length > NAME_MAX_CHARS) throw new DyliveError("bad_request", "a room's name has 1 to 200 characters");
  const colon = asked.indexOf(":");
  const kind = ALIAS_KINDS.find((one) => one === asked.slice(0, Math.max(0, colon)));
  const key = /^(?:room:)?(0|[1-9]\d{0,14})$/.exec(asked)?.[1];
  const row = key === undefined ? null : await rooms.get(Number(key));
  if (row !== null && (await isMeant(row.room))) return { asked, room: row.room, sessionId: null };
  const value = kind === undefined ? asked : asked.slice(colon + 1);
  for (const one of kind === undefined ? BARE : [kind]) {
    const room = await rooms.find({ kind: one, value });
    if (room !== null && (await isMeant(room))) return { asked, room, sessionId: one === "room_id" ? value : null };
  }
  return null;
}

/** Finds a room as {@link findNamed} does. @throws DyliveError bad_request, not_found */
export async function namedRoom(rooms: Pick<Rooms, "get" | "find">, asked: string): Promise<NamedRoom> {
  const found = await findNamed(rooms, asked);
  // No name has an @: before that of an address may stand a password.
  const shown = asked.replace(/^.*@/s, "…@");
  if (found === null) throw new DyliveError("not_found", msg`no room is known as ${JSON.stringify(shown.slice(0, 80))}; add it first`);
  return found;
}

/** Broadcast of a room: (room, room_id). Times are ms UTC. */
export interface Session {
  readonly room: RoomKey;
  readonly sessionId: string;
  readonly title: string | null;
  readonly openedAt: number;
  readonly endedAt: number | null;
  /** Reason of its end: `announced`, `offline`, `replaced`; null while open. */
  readonly endReason: string | null;
}

/** Counts of messages of a broadcast: by type, then by the sessions that brought them, as bits. */
export interface BroughtCounts {
  /** Names of the sessions: the first is bit 1. */
  readonly sessions: readonly string[];
  readonly counts: Readonly<Record<string, Readonly<Record<string, number>>>>;
}

/** Broadcasts of every room. */
export interface Sessions {
  /**
   * Opens the session unless it exists (then it only learns a title that it lacked: an ended one stays ended); an older open session of the
   * room ends as `replaced`. A room that does not exist is `not_found`.
   */
  open(room: RoomKey, sessionId: string, at: number, title?: string | null): Promise<Session>;
  /** Ends a session once; later calls change nothing, nor does an unknown session. */
  end(room: RoomKey, sessionId: string, at: number, reason: string): Promise<void>;
  /** Returns the room's sessions, newest first; those older than the one named by `before`, of which there are none where it is unknown. */
  list(room: RoomKey, limit: number, before?: string): Promise<readonly Session[]>;
  get(room: RoomKey, sessionId: string): Promise<Session | null>;
  /** Keeps which messages the sessions that watch the room brought, in place of what was kept before; of an unknown broadcast nothing. */
  keepSeen(room: RoomKey, sessionId: string, seen: BroughtCounts): Promise<void>;
  /** Returns what is kept of that; null where nothing is. */
  seen(room: RoomKey, sessionId: string): Promise<BroughtCounts | null>;
}
