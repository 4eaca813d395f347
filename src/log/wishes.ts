import type { RoomKey } from "./log.js";
import type { Alias } from "./rooms.js";

/** A room that is wanted, and how it is doing where it is collected. */
export interface WishRow {
  /** `kind:value` of the name it is wanted by. */
  readonly key: string;
  readonly name: Alias;
  readonly room: RoomKey | null;
  /** On the watch list; else it is wanted because somebody asked. */
  readonly watched: boolean;
  /** When somebody asked last, ms UTC. */
  readonly askedAt: number;
  /** The name of the process that collects it; null while none does. */
  readonly owner: string | null;
  /** What its collector last told of it, as JSON; null before it told anything. */
  readonly told: string | null;
  /** When it told that, ms UTC by the database. */
  readonly toldAt: number | null;
}

/** Which rooms are wanted by any process of a cluster, and what their collectors tell. */
export interface Wishes {
  /**
   * Notes that somebody wants the room of this name now.
   * @param most wishes of this kind, beside the watch list, that the cluster takes. @returns false when there are as many and this is none of them
   */
  ask(name: Alias, most: number): Promise<boolean>;
  /** Forgets wishes that nobody has renewed for so long, and follows the watch list of the rooms. */
  sweep(idleMs: number): Promise<void>;
  /** What collectors tell of their rooms, many at once. Ignored for rooms that are no longer theirs. */
  tell(member: number, told: readonly { readonly key: string; readonly room: RoomKey | null; readonly told: string }[]): Promise<void>;
  all(): Promise<readonly WishRow[]>;
  get(name: Alias): Promise<WishRow | null>;
  /** Wakes when wishes or what is told have changed; may wake too often, and now and then without a reason. */
  wakes(signal: AbortSignal): AsyncIterable<void>;
}
