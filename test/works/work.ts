import type { Work } from "../../src/works/model/work.js";
import type { WorkListRun } from "../../src/works/model/work-list.js";

/** A work that may be seen, as a reply tells it. */
export function workOf(id: string, more: Partial<Work> = {}): Work {
  return {
    id,
    url: `https://www.douyin.com/video/${id}`,
    shareUrl: null,
    kind: "video",
    text: "text",
    title: null,
    time: 1_760_000_000_000,
    author: {
      ...{ id: "1", secUid: "MS4wLjABAAAAtest", displayId: "name", shortId: "2", nickname: "nick", avatar: null },
      ...{ signature: null, verified: null, followers: null, following: null, works: null, likes: null, ipPlace: null, state: null },
    },
    stats: { likes: 1, comments: 2, favorites: 3, shares: 4, plays: null },
    ...{ durationMs: 4000, width: 1080, height: 1920 },
    ...{ tags: [], mentions: [], place: null, pinned: false, mix: null },
    ...{ state: "public", stateReason: null, downloadAllowed: true, commentsAllowed: true, paid: null },
    ...{ covers: [], images: [], media: [], music: null, captions: [] },
    ...{ source: "reply", receivedAt: 1_760_000_100_000, firstSeenAt: 1_760_000_100_000, revision: 0 },
    ...more,
  };
}

/** A run through the works of an author that has just begun. */
export function listRunOf(secUid: string, more: Partial<WorkListRun> = {}): WorkListRun {
  return {
    ...{ secUid, author: null, mix: null, shown: null, collected: 0, hidden: 0, endedBy: null, reason: null },
    ...{ limit: 10_000, stopAfterKnown: null },
    ...{ startedAt: 1_760_000_100_000, endedAt: null },
    ...more,
  };
}
