import type { User } from "../api/model.js";

/** A person of whom only the id and the name are known, as statistics have them. */
export function userOf({ id, nickname }: { readonly id: string; readonly nickname: string | null }): User {
  return {
    id,
    nickname,
    secUid: null,
    displayId: null,
    shortId: null,
    avatar: null,
    gender: null,
    payLevel: null,
    fansClub: null,
    isAdmin: false,
    isAnchor: false,
    masked: false,
  };
}
