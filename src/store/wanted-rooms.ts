import type { MemberRow } from "./leases.js";
import type { RoomKey } from "./log.js";
import type { Alias } from "./rooms.js";

/** A room that is wanted, and how it is doing where it is collected. */
export interface WantedRoom {
  /** `kind:value` of the name it is wanted by. */
  readonly key: string;
  readonly name: Alias;
  /** Null until somebody met it. */
  readonly room: RoomKey | null;
  /** On the watch list; else it is wanted because somebody asked. */
  readonly watched: boolean;
  /** When somebody asked last, ms UTC by the database. */
  readonly askedAt: number;
  /** The name of the process that collects it; null while none does, or while the one that did is gone. */
  readonly owner: string | null;
  /** The id of that process, as the list of members has it. */
  readonly ownerId: MemberRow["id"] | null;
  /** What its collector last told of it (`collector/report.ts`); null before it told anything. */
  readonly told: string | null;
  /** When it told that, ms UTC by the database. */
  readonly toldAt: number | null;
}

/** What a collector tells of its room. */
export interface WantedRoomReport {
  readonly key: string;
  readonly room: RoomKey | null;
  /** At most {@link TOLD_MAX_CHARS}. */
  readonly told: string;
  /** The collector has ended by itself, since there is no such account: it is asked again after a while, if the room is still wanted. */
  readonly over: boolean;
}

/** The longest `told`: a room's status with the counts of all methods that the platform knows is a quarter of it. */
export const TOLD_MAX_CHARS = 32_768;

/** Which rooms are wanted by any process of a cluster, and what their collectors tell. */
export interface WantedRooms {
  /**
   * Notes that somebody wants the room of this name now.
   * @param most wishes of this kind, beside the watch list, that the cluster takes. @returns false when there are as many and this is none of them
   */
  ask(name: Alias, most: number): Promise<boolean>;
  /** Nobody wants it any more: by this name, or the room by any name. */
  forget(what: Alias | RoomKey): Promise<void>;
  /**
   * Follows the watch list of the rooms; forgets wishes for rooms that are paused, those that nobody has renewed for so long, those that came to
   * nothing a minute ago, and all but one of those that turned out to be one room (the one that is collected stays). Any process may call it as often
   * as it likes: one at a time does it.
   */
  sweep(idleMs: number): Promise<void>;
  /** What collectors tell of their rooms, many at once. Ignored for rooms that are no longer theirs. */
  tell(member: number, told: readonly WantedRoomReport[]): Promise<void>;
  all(): Promise<readonly WantedRoom[]>;
  /** Tells the other processes to look: the watch list or the settings of rooms have changed. */
  changed(): Promise<void>;
  /** Wakes when wishes or what is told have changed; may wake too often, and now and then without a reason. */
  wakes(signal: AbortSignal): AsyncIterable<void>;
}

/** The key of a wish. */
export function wantedKey({ kind, value }: Alias): string {
  return `${kind}:${value}`;
}
