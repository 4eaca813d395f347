import type { MemberRow } from "./leases.js";
import type { RoomKey } from "./log.js";
import type { Alias, RoomSettings, Rooms, SettingsChange } from "./rooms.js";

/** Room that is wanted, and how it is doing where it is collected. */
export interface WantedRoom {
  /** `kind:value` of the name that it is wanted by. */
  readonly key: string;
  readonly name: Alias;
  /** Room key; null until somebody met the room. */
  readonly room: RoomKey | null;
  /** Whether it is on the watch list; else it is wanted because somebody asked. */
  readonly watched: boolean;
  /** Time when somebody asked last, ms UTC by the database. */
  readonly askedAt: number;
  /** Name of the process that collects it; null while none does, or while the one that did is gone. */
  readonly owner: string | null;
  /** Id of that process, as the list of members has it. */
  readonly ownerId: MemberRow["id"] | null;
  /** Last report of its collector (`collector/report.ts`); null before there was one. */
  readonly told: string | null;
  /** Time of that report, ms UTC by the database. */
  readonly toldAt: number | null;
}

/** Report of a collector on its room. */
export interface WantedRoomReport {
  readonly key: string;
  readonly room: RoomKey | null;
  /** Text of at most {@link TOLD_MAX_CHARS}. */
  readonly told: string;
  /**
   * Whether the collector has ended by itself, since there is no such account: it is asked again after a while, if the room is still
   * wanted.
   */
  readonly over: boolean;
}

/** Most characters of `told`: a room's status with the counts of all methods that the platform knows is a quarter of it. */
export const TOLD_MAX_CHARS = 32_768;

/** Number of wanted rooms that no limit stops. */
export const ANY_NUMBER = Number.MAX_SAFE_INTEGER;

/** Rooms that are wanted by any process of a cluster, and the reports of their collectors. */
export interface WantedRooms {
  /**
   * Notes that somebody wants the room of this name now.
   * @param most wanted rooms of this kind, beside the watch list, that the cluster takes; {@link ANY_NUMBER} for one that is to be on it
   * @param settings by which it is to be collected first, where it is not yet and the cluster can hand them on before they are stored
   * @returns false when there are as many and this is none of them
   */
  ask(name: Alias, most: number, settings?: Partial<RoomSettings>): Promise<boolean>;
  /** Forgets a wanted room: by this name, or the room by any name. */
  forget(what: Alias | RoomKey): Promise<void>;
  /**
   * Follows the watch list of the rooms; forgets wanted rooms that are paused, those that nobody has renewed for so long, those that came
   * to nothing a minute ago, and all but one of those that turned out to be one room (the one that is collected stays). Any process may
   * call it as often as it likes: one at a time does it.
   */
  sweep(idleMs: number): Promise<void>;
  /** Stores what collectors tell of their rooms, many at once. Reports on rooms that are no longer theirs are ignored. */
  tell(member: number, told: readonly WantedRoomReport[]): Promise<void>;
  all(): Promise<readonly WantedRoom[]>;
  /** Tells the other processes to look: the watch list or the settings of rooms have changed. */
  changed(): Promise<void>;
  /** Wakes when wanted rooms or what is told have changed; may wake too often, and now and then without a reason. */
  wakes(signal: AbortSignal): AsyncIterable<void>;
}

/** Returns the key of a wanted room. */
export function wantedKey({ kind, value }: Alias): string {
  return `${kind}:${value}`;
}

/**
 * Puts a room on the watch list, whoever wants that: it is collected from now on, also after a restart and if it was paused, by any process
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
