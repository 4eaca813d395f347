import type { Author, Person } from "../../works/model/author.js";
import type { Mention } from "../../works/model/work.js";
import { countOf, fieldOf, flagOf, idOf, listOf, positiveOf, textOf } from "./field.js";
import { addressesOf } from "./media-address.js";

/** Nickname of every deleted account (facts/protocol.md 1.2). */
const DELETED = "账号已注销";

/** Returns a person; missing fields are null. */
export function personOf(user: unknown): Person {
  const shortId = idOf(fieldOf(user, "short_id"));
  return {
    id: idOf(fieldOf(user, "uid")),
    secUid: textOf(fieldOf(user, "sec_uid")),
    displayId: textOf(fieldOf(user, "unique_id")) ?? shortId,
    shortId,
    nickname: textOf(fieldOf(user, "nickname")),
    avatar: addressesOf(...["avatar_thumb", "avatar_medium", "avatar_larger"].map((name) => fieldOf(user, name)))[0] ?? null,
  };
}

/**
 * Returns an author by a work or a profile.
 * @param numbers how a figure is read: within works 0 is one that is not filled in, in a profile it is 0
 */
export function authorOf(user: unknown, numbers: typeof countOf = positiveOf): Author {
  const place = textOf(fieldOf(user, "ip_location"))?.replace(/^IP属地：/, "");
  return {
    ...personOf(user),
    signature: textOf(fieldOf(user, "signature")),
    verified: textOf(fieldOf(user, "custom_verify")) ?? textOf(fieldOf(user, "enterprise_verify_reason")),
    followers: numbers(fieldOf(user, "follower_count")),
    following: numbers(fieldOf(user, "following_count")),
    works: numbers(fieldOf(user, "aweme_count")),
    likes: numbers(fieldOf(user, "total_favorited")),
    ipPlace: place === undefined || place === "" ? null : place,
    state: stateOf(user),
  };
}

function stateOf(user: unknown): Author["state"] {
  if (fieldOf(user, "nickname") === DELETED || flagOf(fieldOf(user, "user_canceled")) === true) return "deleted";
  if (flagOf(fieldOf(user, "is_ban")) === true) return "banned";
  const secret = flagOf(fieldOf(user, "secret"));
  return secret === null ? null : secret ? "private" : "public";
}

/** Returns the people that a text names. */
export function mentionsOf(textExtra: unknown): Mention[] {
  return listOf(textExtra, 100)
    .filter((piece) => fieldOf(piece, "type") === 0) // 1 is a hashtag
    .map((piece) => ({
      secUid: textOf(fieldOf(piece, "sec_uid")),
      userId: idOf(fieldOf(piece, "user_id")),
      start: countOf(fieldOf(piece, "start")),
      end: countOf(fieldOf(piece, "end")),
    }))
    .filter(({ secUid, userId }) => (secUid ?? userId) !== null);
}
