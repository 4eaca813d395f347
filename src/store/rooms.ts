import type { RoomKey } from "./log.js";

/** The ways a room can be named. `room_id` is one broadcast's id; `import` an imported broadcast whose owner is unknown. */
export const ALIAS_KINDS = ["web_rid", "unique_id", "sec_uid", "uid", "room_id", "official", "import"] as const;
export type AliasKind = (typeof ALIAS_KINDS)[number];

/** One name of a room. */
export interface Alias {
  readonly kind: AliasKind;
  readonly value: string;
}

/** What is known of a room's anchor and broadcast, as last read. Null is unknown. */
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

/**
 * By how much (ms) the clock of who noted a time was ahead of clocks that others read too: `platform`, the platform's own; `up:…`, the uptime of
 * one start of a machine. What nobody knew is absent.
 */
export type Ahead = Readonly<Record<string, number>>;

/** A time as one process noted it: two processes, and one process twice, may have clocks that differ. */
export interface Noted {
  /** ms UTC by the clock of who noted it */
  readonly at: number;
  readonly ahead: Ahead;
}

/** An interval that is not over, as it is kept for the next process. */
export interface Missing {
  /** Since when, as far as anybody knows: the latest of these counts. */
  readonly since: readonly Noted[];
  readonly reason: string;
  /** It is over only when people are heard again. */
  readonly silent: boolean;
  /** When it turns out to be no longer than this (ms), nothing was missed. */
  readonly longerThanMs?: number;
}

/** Where a connection can be resumed: kept so that a restart connects first and resolves after. */
export interface Resume {
  readonly roomId: string;
  readonly host: string | null;
  readonly cursor: string;
  readonly internalExt: string;
  /** Whom the platform took us for, which internal_ext names; null where a browser or an account keeps that. */
  readonly visitor: { readonly userUniqueId: string; readonly cookies: readonly (readonly [name: string, value: string])[] } | null;
  /** ms UTC by the clock of who saved it. */
  readonly savedAt: number;
  /** Of that clock. */
  readonly ahead: Ahead;
  /** What was being missed when this was saved; absent when nothing was. */
  readonly missing?: Missing;
}

/** How a room is to be collected, as its operator chose. Null follows the server's own setting. */
export interface RoomSettings {
  /** The name of the operator's account to watch as; `guest` is none. */
  readonly account: string | null;
  /** URL of a proxy; may hold a password, so it is never shown. */
  readonly proxy: string | null;
  readonly source: "websocket" | "browser" | null;
  /** Whether its frames are kept as they came. */
  readonly record: boolean | null;
}

/** Nothing chosen. */
export const NO_SETTINGS: RoomSettings = { account: null, proxy: null, source: null, record: null };

/** Whether a room is on the watch list, collected whether or not anybody asks, and whether that is paused. */
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

/** The rooms of a store and their names. Changing a room that does not exist is `not_found`. */
export interface Rooms {
  /** The room of an alias, or null. */
  find(alias: Alias): Promise<RoomKey | null>;
  /**
   * The room that any of these aliases names, made when there is none; then all of them name it (on a clash of two rooms the first alias that
   * is known decides, and the others move to it: newest wins; logs are never merged).
   */
  ensure(aliases: readonly [Alias, ...Alias[]], facts?: Partial<RoomFacts>): Promise<RoomKey>;
  get(room: RoomKey): Promise<RoomRow | null>;
  /** Ordered by kind, then value. */
  aliases(room: RoomKey): Promise<readonly Alias[]>;
  /** The aliases of every room that has any, each room's in the same order. */
  allAliases(): Promise<ReadonlyMap<RoomKey, readonly Alias[]>>;
  /** All rooms but the system's, oldest first. */
  list(): Promise<readonly RoomRow[]>;
  /** Overwrites the facts that are given and not null. */
  setFacts(room: RoomKey, facts: Partial<RoomFacts>): Promise<void>;
  setWatch(room: RoomKey, watch: Watch): Promise<void>;
  setResume(room: RoomKey, resume: Resume | null): Promise<void>;
  /** Changes the settings that are given; null gives one back to the server. */
  setSettings(room: RoomKey, settings: Partial<RoomSettings>): Promise<void>;
  /** Takes the room over: the new epoch; appends with an older one are fenced from now on. */
  claim(room: RoomKey): Promise<number>;
}

/** Aliases by their rooms, in the order in which they are given. */
export function aliasesByRoom(all: Iterable<Alias & { readonly room: RoomKey }>): ReadonlyMap<RoomKey, readonly Alias[]> {
  const byRoom = new Map<RoomKey, Alias[]>();
  for (const { room, kind, value } of all) {
    const own = byRoom.get(room);
    if (own === undefined) byRoom.set(room, [{ kind, value }]);
    else own.push({ kind, value });
  }
  return byRoom;
}
