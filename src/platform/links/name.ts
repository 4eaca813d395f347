import { DyliveError } from "../../runtime/errors.js";

/** A room as a caller may name it: the anchor's number, custom id or sec_uid, or one broadcast's 19-digit room_id. */
export type RoomName =
  | { readonly kind: "web_rid" | "unique_id"; readonly value: string }
  | { readonly kind: "sec_uid"; readonly value: string }
  | { readonly kind: "room_id"; readonly value: string };

const LONGEST_WEB_RID = 16; // digits; room ids have 19 (facts/protocol.md section 0)

/** @throws DyliveError bad_room when the text cannot be a room's name */
export function parseRoomName(input: string): RoomName {
  const name = input.trim();
  if (/^\d+$/.test(name)) {
    if (name.length <= LONGEST_WEB_RID) return { kind: "web_rid", value: name };
    if (name.length === 19) return { kind: "room_id", value: name };
  } else if (isSecUid(name)) return { kind: "sec_uid", value: name };
  else if (/^[A-Za-z0-9_.-]{1,128}$/.test(name) && !/^\.+$/.test(name)) return { kind: "unique_id", value: name };
  throw new DyliveError(
    "bad_room",
    `room_id ${JSON.stringify(name.slice(0, 40))} is neither a number of up to 16 digits, a custom id, nor a 19-digit room_id`,
  );
}

/** Returns whether a text has the form of the permanent id in profile links. */
export function isSecUid(text: string): boolean {
  return /^MS4wLjABAAAA[A-Za-z0-9_-]{20,160}$/.test(text);
}

/** Parses as {@link parseRoomName} does, but returns null for what is no name. */
export function roomNameIn(text: string): RoomName | null {
  try {
    return parseRoomName(text);
  } catch {
    return null;
  }
}
