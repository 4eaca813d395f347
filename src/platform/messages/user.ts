import { short } from "../../events/combo.js";
import type { User } from "../../events/event.js";
import type { PublicAreaCommon } from "../wire/gen/common.js";
import type { UserFansClubData, User as WireUser } from "../wire/gen/user.js";
import { clean, httpsOrNull, idOrNull, SHORT, textOrNull } from "./text.js";

/** The uid that everyone has in a room whose host hides who is there (protocol.md 4.1; seen by three peers). */
const MASKED_ID = "111111";

/** Name of everybody who buys to be unknown; a rank follows it: 神秘人四阶. Since 2026-07 without ids that name a person (f2#441). */
const MYSTERY = "神秘人";

// facts/changes-2026.md 2: preference 1 is the club that is worn, status 2 a membership that has lapsed.
const WORN = 1;
const LAPSED = 2;

/** The word of a viewer's label, which is a picture (captures of 2026-04: userlabel_regular_watch.png). */
const LABEL = /\/userlabel_([a-z0-9_]{1,40})[.~]/;

/** Returns whether it is a mask that many people wear: nothing that is keyed by a person may take two of them for one. */
function isMasked(from: WireUser): boolean {
  return uid(from) === MASKED_ID || (from.secUid === "" && from.displayId === "" && from.nickname.startsWith(MYSTERY));
}

/** Returns whether the sender has no id of any kind: only a shown name, which others may have in the same second. */
export function hasOnlyName(from: WireUser): boolean {
  const id = uid(from);
  return isMasked(from) && (id === "0" || id === MASKED_ID) && (from.webcastUid || from.secUid || from.displayId) === "";
}

/**
 * Returns a user of the wire as the event tells it.
 * @param area how the public screen treats the message: it has what the user has given in the room
 */
export function toUser(from: WireUser, anchorId: string | null, area: PublicAreaCommon | null = null): User {
  const id = uid(from);
  const masked = isMasked(from);
  const grade = from.payGrade;
  const attr = from.userAttr;
  const level = grade === null ? 0 : grade.level;
  const user: User = {
    id: masked || id === "0" ? null : id,
    secUid: textOrNull(from.secUid, SHORT),
    displayId: textOrNull(from.displayId, SHORT),
    shortId: idOrNull(from.shortId),
    nickname: textOrNull(from.nickname === "" ? from.desensitizedNickname : from.nickname, SHORT),
    avatar: from.avatarThumb === null ? null : httpsOrNull(from.avatarThumb.url),
    gender: from.gender === 1 ? "male" : from.gender === 2 ? "female" : null,
    payLevel: level > 0 && level <= 1000 ? level : null,
    fansClub: fansClub(from),
    isAdmin: attr !== null && (attr.isAdmin || attr.isSuperAdmin),
    isAnchor: id === anchorId && id !== "0" && !masked,
    masked,
  };
  if (from.webcastUid !== "") user.webcastUid = clean(from.webcastUid, SHORT);
  addFigures(user, from, area);
  return user;
}

/** Makes a user of whom nothing is known, or the id only. */
export function strangerUser(id: string, anchorId: string | null): User {
  const masked = id === MASKED_ID;
  return {
    id: masked ? null : idOrNull(id),
    secUid: null,
    displayId: null,
    shortId: null,
    nickname: null,
    avatar: null,
    gender: null,
    payLevel: null,
    fansClub: null,
    isAdmin: false,
    isAnchor: id === anchorId && id !== "0" && !masked,
    masked,
  };
}

/** Returns whether nothing names the person, not even as a mask does. */
export function isNobody({ id, secUid, displayId, shortId, nickname, masked }: User): boolean {
  return !masked && (id ?? secUid ?? displayId ?? shortId ?? nickname) === null;
}

/** Returns what names a user within a combo: the uid, or where it is hidden whatever else tells one user from another, or "0". */
export function userKey(from: WireUser | null): string {
  if (from === null) return "0";
  const id = uid(from);
  if (id !== "0" && !isMasked(from)) return short(id);
  const own = id === "0" || id === MASKED_ID ? "" : id; // a mask that many users share identifies none
  const other = from.webcastUid || from.secUid || from.displayId || own || from.nickname;
  // The digest of a prefixed text cannot equal a plain uid.
  return other === "" ? "0" : short(`?${other}`);
}

function uid(from: WireUser): string {
  return from.id !== "0" || from.idStr === "" ? from.id : digits(from.idStr);
}

// id_str is free text on the wire; captures with scrubbed ids have words in it.
function digits(text: string): string {
  if (text.length > 20) return "0";
  for (let i = 0; i < text.length; i++) {
    const c = text.charCodeAt(i);
    if (c < 48 || c > 57) return "0";
  }
  return text;
}

/** Adds what only some messages tell of a person. 0 is how proto3 writes what is absent. */
function addFigures(user: User, from: WireUser, area: PublicAreaCommon | null): void {
  const worn = from.fansClub === null ? undefined : from.fansClub.preferData.find(isWorn)?.value;
  if (worn !== undefined && worn !== null && worn.level > 0) user.wornClub = { name: textOrNull(worn.clubName, SHORT), level: worn.level };
  const follow = from.followInfo;
  if (follow !== null) {
    if (follow.followerCount > 0) user.followers = follow.followerCount;
    if (follow.followingCount > 0) user.following = follow.followingCount;
    if (follow.followStatus > 0) user.followStatus = follow.followStatus;
  }
  if (area !== null) {
    if (area.userConsumeInRoom > 0) user.roomDiamonds = area.userConsumeInRoom;
    if (area.userSendGiftCntInRoom > 0) user.roomGifts = area.userSendGiftCntInRoom;
    const label = area.userLabel === null ? undefined : LABEL.exec(area.userLabel.url)?.[1];
    if (label !== undefined) user.label = label;
  }
}

function isWorn({ key }: { readonly key: number }): boolean {
  return key === WORN;
}

function fansClub(from: WireUser): User["fansClub"] {
  const data = from.fansClub === null ? null : from.fansClub.data;
  // Level 0 is what non-members carry: the club's name without a membership.
  return data === null || data.level <= 0 ? null : membership(data);
}

function membership({ clubName, level, userFansClubStatus }: UserFansClubData): User["fansClub"] {
  const name = textOrNull(clubName, SHORT);
  return userFansClubStatus === LAPSED ? { name, level, lapsed: true } : { name, level };
}
