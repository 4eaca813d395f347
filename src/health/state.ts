import type { LoginReading } from "../platform/access/visitor.js";
import type { RoomKey } from "../store/log.js";
import type { Alias, RoomRow, RoomSettings, WhichRooms } from "../store/rooms.js";
import type { GiftsEvidence, GiftsState } from "./gifts-watch.js";
import type { SessionEvidence } from "./sessions.js";
import type { SeenByType } from "./sightings.js";

/**
 * States of a room, by what dylive knows of it right now. `connecting` has a socket that has not yet given an interactive message; `live`
 * has, and what comes is stored; `stalled` has one over which no messages of people come, or whose messages are not stored. `paused` is one that is
 * not collected, even if a client asks, until an operator resumes it; the log also says it of one that is let go, until a client wants it again.
 */
export const ROOM_STATES = ["resolving", "waiting", "connecting", "live", "stalled", "blocked", "ended", "failed", "paused"] as const;
export type RoomState = (typeof ROOM_STATES)[number];

/** Tells whether a state answers a first caller; the others are on the way. */
export function answersCaller(state: RoomState): boolean {
  return state !== "resolving" && state !== "connecting";
}

/** Evidence for the state of a room: facts that were seen, with their times (ms UTC). Null is "not seen". */
export interface Evidence {
  /** One sentence in plain words. */
  readonly reason: string;
  readonly since: number;
  readonly lastFrameAt: number | null;
  /** Last chat, gift, like, join, follow or share. */
  readonly lastInteractiveAt: number | null;
  /** Amounts received, against what the log has of them. */
  readonly storage: Storage;
  /** Messages by method since collection began. */
  readonly counts: Readonly<Record<string, number>>;
  readonly reconnects: number;
  /** Messages not stored, by reason. */
  readonly drops: Readonly<Record<string, number>>;
  /** The operator's account that the room is watched as (null: as a guest, or as the operator's own browser), and whom the page took us for. */
  readonly login: { readonly account: string | null; readonly login: LoginReading["login"] };
  /** Whether gifts reach us by any of the sessions. */
  readonly gifts: GiftsState;
  readonly giftsSeen: GiftsEvidence;
  /** Whether the room hides who its people are; null while that is not known. */
  readonly masked: boolean | null;
  /** Share of the room's likes that reached us in this broadcast: the platform samples them. Null while that is not known. */
  readonly likesSeen: number | null;
  /** Intervals of this broadcast in which we know we received nothing; `unmeasured` of them, of unknown length, are not in `totalMs`. */
  readonly gaps: { readonly count: number; readonly totalMs: number; readonly unmeasured: number };
  /** Sessions that watch the room, each with its state. A gap is where none of them received; an outage is one session's own. */
  readonly sessions: readonly SessionEvidence[];
  /** Messages of this broadcast that the sessions brought, by type. */
  readonly seen: SeenByType;
}

/** No gap that we know of. */
export const NO_GAPS: Evidence["gaps"] = { count: 0, totalMs: 0, unmeasured: 0 };

/** Amounts received of a room since its collection began, and what the log has of them. */
interface Storage {
  /** Messages that came. */
  readonly received: number;
  /** Events that were stored of them. What is missing gave no event, was known, or was turned down: {@link Evidence.drops} has those. */
  readonly stored: number;
  /** Time at which an event was stored last, ms UTC. */
  readonly lastStoredAt: number | null;
  /** Messages that came and that the log has not yet had. */
  readonly waiting: number;
  /** Time at which the oldest of them came, ms UTC; null when none waits. */
  readonly waitingSince: number | null;
}

/** Facts that the platform last reported of a broadcast and its audience. Null is "it has not said". */
interface ReportedAudience {
  /** room_id that the room's page named last, also of a broadcast that is over. */
  readonly roomId: string | null;
  /** https URL of the cover; its signature expires, so it is not stored. */
  readonly cover: string | null;
  /** People in the room. */
  readonly online: number | null;
  /** People who came so far. */
  readonly totalViewers: number | null;
  /** The platform's own count of likes. */
  readonly likes: number | null;
}

/** A snapshot of a room's state. */
export interface RoomStatus {
  readonly room: RoomKey;
  readonly state: RoomState;
  /** room_id of the broadcast that is or was collected last; null before the first. */
  readonly sessionId: string | null;
  readonly broadcast: ReportedAudience;
  readonly evidence: Evidence;
}

/** The answer to "I want this room": the room, and whether only one broadcast was meant. */
export interface RequestedRoom {
  readonly room: RoomKey;
  /** Set when the caller named a broadcast by its 19-digit room_id: only that session's events are theirs. */
  readonly onlySession: string | null;
  readonly status: RoomStatus;
}

/** Operations on rooms that the API needs. */
export interface RoomRequests {
  /**
   * Notes that a client wants this room now, and starts collecting it if it is not. Collection goes on for ten minutes after the last call.
   * A room that is paused stays so, and its state says it.
   * For a room that is not yet collected it waits up to `settleMs` for a first state other than `resolving` or `connecting`.
   * @param text anything that names a room: an id, a link, a share text
   * @throws DyliveError bad_room, no_account, room_unknown, unreachable, too_many_rooms, stopping
   */
  request(text: string, settleMs: number, signal: AbortSignal): Promise<RequestedRoom>;
  /** Returns the status of a room; null when it is not collected. */
  status(room: RoomKey): RoomStatus | null;
}

/** A room as people manage it: what is stored of it, and how it is doing. */
export interface RoomView {
  /** As stored, but for the proxy's password, which is left out. */
  readonly row: RoomRow;
  readonly aliases: readonly Alias[];
  /** Its state; null while it is neither collected nor paused: it is only known from before. */
  readonly status: RoomStatus | null;
}

/** Operations of managing rooms, which are asked of those who collect them. */
export interface RoomOperations extends RoomRequests {
  /** Returns rooms with their states, oldest first: all of the store, or those that fulfil every given condition. */
  list(which?: WhichRooms): Promise<readonly RoomView[]>;
  /** @throws DyliveError not_found */
  view(room: RoomKey): Promise<RoomView>;
  /**
   * Puts a room on the watch list: collected from now on, also after a restart and if it was paused. Waits up to `settleMs` for the platform to say what it is.
   * @param settings how it is to be collected; what is not given stays as it was
   * @param mayChangeProxies false refuses to take a session's proxy away; true
   * @throws DyliveError as {@link RoomRequests.request} does, but for too_many_rooms; not_found, bad_request, forbidden for the settings
   */
  add(text: string, settings: Partial<RoomSettings>, settleMs: number, signal: AbortSignal, mayChangeProxies?: boolean): Promise<RoomView>;
  /**
   * Changes how a room is collected; at once, if it is collected now.
   * @param mayChangeProxies as in {@link add}
   * @throws DyliveError not_found (the room or the account), bad_request, forbidden
   */
  change(room: RoomKey, settings: Partial<RoomSettings>, mayChangeProxies?: boolean): Promise<RoomView>;
  /** Stops collecting a room on the watch list until it is resumed, also after a restart. @throws DyliveError not_found */
  pause(room: RoomKey): Promise<RoomView>;
  /** @throws DyliveError not_found */
  resume(room: RoomKey): Promise<RoomView>;
  /** Takes a room off the watch list and stops collecting it; its events stay. @throws DyliveError not_found */
  remove(room: RoomKey): Promise<RoomView>;
}

/** Reason of the state `paused`, and what to do. */
export const PAUSED = "collection is paused by who manages this room; `dylive room resume`, the dashboard or a manage token goes on";

/** Reason of the state `paused` in the log of a room that is let go, and what to do. */
export const UNWANTED = "it is not on the watch list, and no client asks for it any more; asking for it or `dylive room add` goes on";
