import type { User } from "../events/event.js";
import type { About } from "./about.js";
import type { Bare } from "./bare-json.js";
import { idNumber, personNumber } from "./id.js";

type Fields = { readonly [key: string]: Bare };

/** How that program itself says "not told" in a number. */
const NOT_TOLD = -1;

/** A person with every field that its readers know (facts/peers-and-users.md section 5). */
export function grabUser(user: User): Fields {
  const { fansClub } = user;
  return {
    Id: personNumber(user),
    IsAdmin: user.isAdmin,
    IsAnchor: user.isAnchor,
    ShortId: idNumber(user.shortId),
    DisplayId: user.displayId ?? "",
    Nickname: grabName(user),
    Level: 0,
    PayLevel: user.payLevel ?? NOT_TOLD,
    Gender: user.gender === "male" ? 1 : user.gender === "female" ? 2 : 0,
    HeadImgUrl: user.avatar ?? "",
    SecUid: user.secUid ?? "",
    FansClub: { ClubName: fansClub?.name ?? "", Level: fansClub?.level ?? 0 },
    FollowerCount: NOT_TOLD,
    FollowStatus: NOT_TOLD,
    FollowingCount: NOT_TOLD,
  };
}

/** The name to be shown; it is never null there. */
export function grabName(user: User): string {
  return user.nickname ?? `用户${user.displayId ?? ""}`;
}

/** The room's anchor, `Onwer` there. Null while nothing is known of them. */
export function grabOwner({ anchor }: About): Fields | null {
  if (anchor === null) return null;
  return {
    UserId: anchor.id ?? "",
    SecUid: anchor.secUid ?? "",
    Nickname: anchor.nickname ?? "",
    HeadUrl: anchor.avatar ?? "",
    FollowStatus: NOT_TOLD,
  };
}
