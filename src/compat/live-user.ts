import type { User } from "../events/event.js";
import type { Proto } from "./proto-json.js";

/** The uid that the platform itself gives to everybody in a room that hides who is there. */
const MASKED = "111111";

/** Returns a person of the wire. `webcastUid` tells masked people apart, who all have one `id`. */
export function liveUser(user: User): Proto {
  const { payLevel, fansClub } = user;
  return {
    id: liveId(idOf(user)),
    shortId: liveId(user.shortId),
    nickname: user.nickname ?? "",
    gender: user.gender === "male" ? 1 : user.gender === "female" ? 2 : 0,
    avatarThumb: liveImage(user.avatar),
    payGrade: payLevel === null ? null : { level: BigInt(payLevel) },
    fansClub: fansClub === null ? null : { data: { clubName: fansClub.name ?? "", level: fansClub.level } },
    userAttr: user.isAdmin ? { isAdmin: true } : null,
    displayId: user.displayId ?? "",
    secUid: user.secUid ?? "",
    isAnonymous: user.masked,
    webcastUid: user.webcastUid ?? "",
    idStr: idOf(user) ?? "",
  };
}

/** Returns the person within a text: less of them. */
export function liveMention(user: User): Proto {
  return {
    id: liveId(idOf(user)),
    nickname: user.nickname ?? "",
    displayId: user.displayId ?? "",
    secUid: user.secUid ?? "",
    webcastUid: user.webcastUid ?? "",
  };
}

/** Returns a picture of the wire. */
export function liveImage(url: string | null): Proto {
  return url === null ? null : { urlList: [url] };
}

/** Returns an id of the wire; our own ids are texts and have none there. */
export function liveId(id: string | null): bigint {
  return id !== null && /^\d{1,20}$/.test(id) ? BigInt(id) : 0n;
}

function idOf({ id, masked }: User): string | null {
  return id ?? (masked ? MASKED : null);
}
