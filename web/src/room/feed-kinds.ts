import type { EventType } from "../api/model.js";

/** The kinds of events that a feed can be set to show, with their types. `unknown`, `rank` and `stats` are no lines of a feed. */
export const EVENT_KINDS = {
  chat: ["chat"],
  gift: ["gift"],
  like: ["like"],
  join: ["join"],
  follow: ["follow"],
  share: ["share"],
  fansclub: ["fansclub"],
  other: [
    "leave",
    "moderation",
    "control",
    "notice",
    "pin",
    "product",
    "battle",
    "linkmic",
    "lottery",
    "state",
    "gap",
    "system",
    "work",
    "erased",
  ],
} as const satisfies Readonly<Record<string, readonly EventType[]>>;

export type FeedKind = keyof typeof EVENT_KINDS;
export const FEED_KINDS = Object.keys(EVENT_KINDS) as readonly FeedKind[];
