import type { RoomKey } from "./log.js";
import type { Alias, RoomSettings } from "./rooms.js";

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
  /** Room key; null until somebody met the room. */
  readonly room: RoomKey | null;
  readonly watched: boolean;
  /** Settings for collecting the room; null until somebody met it. */
  readonly settings: RoomSettings | null;
  /** Settings that it is being added with, where they are not stored yet; a cluster of many begins with those that are. */
  readonly asked?: Partial<RoomSettings>;
  /**
   * Former owner: `free` had none, `dead` one that is gone, `offered` one that goes on collecting until this process takes the room over.
   */
  readonly how: "free" | "dead" | "offered";
}

/** Changes for a process since it looked last. */
export interface Changes {
  readonly taken: readonly Lease[];
  /** Leases of this process whose room or settings are others now. */
  readonly changed: readonly Lease[];
  readonly lost: readonly Lost[];
}

/** A room that is no longer this process's. */
interface Lost {
  readonly key: string;
  /** Whether it is lost because the room is paused: there is nobody else to tell its log. */
  readonly paused: boolean;
}

/** Membership of this process in a cluster. It is gone for the others when its time has passed or its session with the database is lost. */
export interface Membership {
  readonly id: number;
  /**
   * Tells the cluster that this process lives, and brings what it owns in line: takes free rooms, rooms of the dead and rooms on offer up
   * to its share, offers what is above it. || @returns what changed since the last call
   * @throws DyliveError when the database is away; then nothing is known
   */
  beat(): Promise<Changes>;
  /** Returns whether this process still owns the room, by the database: asked when an append was fenced. */
  owns(key: string): Promise<boolean>;
  /**
   * Claims the room's log for the owner of a lease, in one statement with the check that it is the owner; a room on offer becomes this
   * process's by it. @returns the new epoch; null when the lease is another's
   */
  claim(key: string, room: RoomKey): Promise<number | null>;
  /** Gives a room up. */
  release(key: string): Promise<void>;
  /** Tries to get the job of this name, which one process of the cluster has at a time. @returns whether this process has it */
  job(name: string): Promise<boolean>;
  /**
   * Takes no more rooms, and offers those it has from the next beat on. @returns whether there is anybody else who collects
   */
  drain(): Promise<boolean>;
  /** Gives everything up at once, for others to take. */
  leave(): Promise<void>;
}

/** Leases of a cluster's rooms, and the processes that may take them. */
export interface Leases {
  join(about: { readonly name: string; readonly role: Role; readonly capacity: number }): Promise<Membership>;
  members(): Promise<readonly MemberRow[]>;
}
