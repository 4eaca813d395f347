import { DyliveError } from "../runtime/errors.js";
import type { RoomKey } from "./log.js";
import { NO_SETTINGS, type Resume, type RoomFacts, type RoomRow, type RoomSettings, WATCHES } from "./rooms.js";

/** Room as both engines keep it. */
export interface StoredRoom {
  readonly room: RoomKey;
  readonly web_rid: string | null;
  readonly title: string | null;
  readonly anchor_id: string | null;
  readonly anchor_sec_uid: string | null;
  readonly anchor_nickname: string | null;
  readonly anchor_avatar: string | null;
  /** Index in {@link WATCHES}. */
  readonly watched: number;
  /** Settings as JSON of what differs from {@link NO_SETTINGS}. */
  readonly settings: string;
  /** Resume point as JSON. */
  readonly resume: string | null;
  readonly created_at: number;
}

/** Returns the room of a row. */
export function roomOf(row: StoredRoom): RoomRow {
  const anchor = { id: row.anchor_id, secUid: row.anchor_sec_uid, nickname: row.anchor_nickname, avatar: row.anchor_avatar };
  return {
    room: row.room,
    webRid: row.web_rid,
    title: row.title,
    anchor: Object.values(anchor).some((value) => value !== null) ? anchor : null,
    watch: WATCHES[row.watched] ?? "off",
    settings: settingsOf(row.settings),
    resume: row.resume === null ? null : (JSON.parse(row.resume) as Resume),
    createdAt: row.created_at,
  };
}

/** Returns the settings of their JSON. */
export function settingsOf(text: string): RoomSettings {
  return { ...NO_SETTINGS, ...(JSON.parse(text) as Partial<RoomSettings>) };
}

/** Returns facts in the order of their columns; null where they are unknown. */
export function factValues({ webRid, title, anchor }: Partial<RoomFacts>): readonly (string | null)[] {
  return [webRid, title, anchor?.id, anchor?.secUid, anchor?.nickname, anchor?.avatar].map((value) => value ?? null);
}

/** Asserts that a row of the room was changed. @throws DyliveError not_found when none was */
export function assertChanged(room: RoomKey, changes: number): void {
  if (changes === 0) throw new DyliveError("not_found", `there is no room ${room}`);
}
