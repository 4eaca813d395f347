import type { RoomKey } from "./log.js";
import type { Alias, RoomSettings, Rooms, SettingsChange } from "./rooms.js";
import type { sqlShared } from "./sql/meta.js";

/** Role of a process in a cluster: it collects rooms, serves readers, or both. */
export type Role = "all" | "collect" | "serve";

/** A process of the cluster, as the others see it. All times are the database's, ms UTC: clocks of machines do not matter. */
export interface MemberRow {
  readonly id: number;
  /** Host and pid, or the name that its operator chose. */
  readonly name: string;
  readonly role: Role;
  /** Most rooms that it takes. */
  readonly capacity: number;
  /** Rooms that it has. */
  readonly rooms: number;
  /** One-of-a-kind jobs that it has. */
  readonly jobs: readonly string[];
  readonly joinedAt: number;
  readonly expiresAt: number;
  /** Whether it holds its session with the database: false as soon as the process is gone. */
  readonly connected: boolean;
}

/** A room that this process is to collect. */
export interface Lease {
  /** `kind:value` of the name that the room is wanted by; there is one lease for each. */
  readonly key: string;
  readonly name: Alias;
  /** Room key; null before a collector has met the room. */
  readonly room: RoomKey | null;
  /** Settings for collecting the room; null before it is met. */
  readonly settings: RoomSettings | null;
  /** Settings that it is being added with, where they are not stored yet; a cluster of many begins with those that are. */
  readonly asked?: Partial<RoomSettings>;
  /** Former owner of a room that has just become this process's: `free` had none, `dead` one that is gone. Null for a room that it had before. */
  readonly how: "free" | "dead" | null;
}

/** State of a process, as it sends it with a heartbeat. */
export interface Beat {
  /** Rooms that it collects. */
  readonly rooms: readonly RoomKey[];
  /** Keys of leases that it gives up, for others to take: their collection has ended. */
  readonly released: readonly string[];
  /** Names of the jobs that it is ready to do. */
  readonly jobs: readonly string[];
}

/** What a process is to do from now on: the answer to a heartbeat. */
export interface Assignment {
  /** All leases of this process, the oldest first. */
  readonly leases: readonly Lease[];
  /** Those of its rooms that no process is to collect any more, and why: there is no other to write that into their log. */
  readonly uncollected: ReadonlyMap<RoomKey, Uncollected>;
  /** Number of rooms above its share, which others lack: it ends their collection and releases them. */
  readonly surplus: number;
  /** Whether leases that are missing were taken because the others took this process for dead. */
  readonly lapsed: boolean;
  /** Names of the jobs that this process has. */
  readonly jobs: readonly string[];
}

/** Reason why a room is no longer collected: it was paused, or it is not on the watch list and no reader asks for it. */
export type Uncollected = "paused" | "unwanted";

/** Membership of this process in a cluster. It is gone for the others when its time has passed or its session with the database is lost. */
export interface Membership {
  readonly id: number;
  /**
   * Renews the membership and its leases, gives up what is released, and takes free rooms, rooms of the dead up to its share, and free jobs.
   * @throws DyliveError when the database is away; then nothing is known
   */
  beat(beat: Beat): Promise<Assignment>;
  /**
   * Claims the room's log for the owner of a lease, in one statement with the check that it is the owner. Other names that the room was wanted by
   * are forgotten.
   * @returns the new epoch; null when the lease is another's, or another process collects the room by another name: this name is forgotten then
   */
  claim(key: string, room: RoomKey): Promise<number | null>;
  /** Gives everything up, for others to take, and leaves the cluster. */
  leave(): Promise<void>;
}

/** Leases of a cluster's rooms, and the processes that may take them. */
export interface Leases {
  join(about: { readonly name: string; readonly role: Role; readonly capacity: number }): Promise<Membership>;
  members(): Promise<readonly MemberRow[]>;
}

/** Room that is wanted, and how it is doing where it is collected: one for each room, once it is met. */
export interface WantedRoom {
  /** `kind:value` of the name that it is wanted by. */
  readonly key: string;
  readonly name: Alias;
  /** Room key; null until a collector met the room. */
  readonly room: RoomKey | null;
  /** Whether it is on the watch list; else it is wanted on demand. */
  readonly watched: boolean;
  /** Id of the process that collects it; null while none does, or while the one that did is gone. */
  readonly ownerId: MemberRow["id"] | null;
  /** Last report of its collector (`collector/report.ts`); null before there was one. */
  readonly report: string | null;
  /** Time of that report, ms UTC by the database. */
  readonly reportedAt: number | null;
}

/** Report of a collector on its room. */
export interface WantedRoomReport {
  readonly key: string;
  /** Text of at most {@link REPORT_MAX_CHARS}. */
  readonly report: string;
}

/** Most characters of a report: a room's status with the counts of all methods that the platform knows is a quarter of it. */
export const REPORT_MAX_CHARS = 32_768;

/** Number of wanted rooms that no limit stops. */
export const ANY_NUMBER = Number.MAX_SAFE_INTEGER;

/** Rooms that are wanted by any process of a cluster, and the reports of their collectors. */
export interface WantedRooms {
  /**
   * Adds a wanted room by its name, or renews it.
   * @param most wanted rooms of this kind, beside the watch list, that the cluster takes; {@link ANY_NUMBER} for one that is to be on it
   * @param settings by which it is to be collected first, where it is not yet and the cluster can hand them on before they are stored
   * @returns false when there are as many and this is none of them
   */
  ask(name: Alias, most: number, settings?: Partial<RoomSettings>): Promise<boolean>;
  /** Forgets a wanted room, by its name or by its key. */
  forget(what: Alias | RoomKey): Promise<void>;
  /**
   * Follows the watch list of the rooms; forgets wanted rooms that are paused, and those that were not asked for so long. Any process may
   * call it as often as it likes: one at a time does it.
   */
  sweep(idleMs: number): Promise<void>;
  /** Stores the reports of a collector, many at once. Those on rooms that are no longer its own are ignored. */
  report(member: number, reports: readonly WantedRoomReport[]): Promise<void>;
  /**
   * Returns all wanted rooms.
   * @param known times of reports by key, as `reportedAt` has them: the same reports are left out, and are null
   */
  all(known?: ReadonlyMap<string, number | null>): Promise<readonly WantedRoom[]>;
  /** Wakes when wanted rooms or reports have changed; may wake too often, and now and then without a reason. */
  wakes(signal: AbortSignal): AsyncIterable<void>;
}

/** Returns the key of a wanted room. */
export function wantedKey({ kind, value }: Alias): string {
  return `${kind}:${value}`;
}

/**
 * Puts a room on the watch list: it is collected from now on, also after a restart and if it was paused, by any process
 * that has the store open. @param settings how it is to be collected; what is not given stays as it was
 */
export async function watchRoom(
  rooms: Pick<Rooms, "setSettings" | "setWatch">,
  room: RoomKey,
  settings: SettingsChange = {},
): Promise<void> {
  if (typeof settings === "function" || Object.keys(settings).length > 0) await rooms.setSettings(room, settings);
  await rooms.setWatch(room, "on");
}

/**
 * Locks by name, each of which one process of a cluster holds at a time, for as long as it lives: a reader's turn, whichever process it
 * comes to.
 */
export interface DistributedLocks {
  /**
   * Waits until the name is free, and takes it. The process that holds it is notified.
   * @param onWanted called when another process waits for it, and when it is lost with its connection: then another may have it
   * @returns a function that gives it up and never rejects
   * @throws DyliveError store_unreachable, stopping; the signal's reason
   */
  take(name: string, onWanted: () => void, signal: AbortSignal): Promise<() => Promise<void>>;
  /**
   * Takes the name if it is free. The process that holds it is not notified; this one must not hold it.
   * @returns as `take`; null when another process holds it
   * @throws DyliveError store_unreachable, stopping
   */
  tryTake(name: string, onWanted: () => void): Promise<(() => Promise<void>) | null>;
  /** Returns whether any process holds the name, this one included. @throws as `tryTake` */
  isHeld(name: string): Promise<boolean>;
}

/** Things that the processes of a cluster share beside the store itself. */
export interface Cluster {
  readonly leases: Leases;
  readonly wantedRooms: WantedRooms;
  readonly locks: DistributedLocks;
  /** Short texts that the processes share, by name, such as a token that only one of them may fetch. */
  readonly shared: ReturnType<typeof sqlShared>;
}
