import type { Comment, CommentRun } from "../../src/works/model/comment.js";

/** A top comment, as a reply tells it. */
export function commentOf(workId: string, id: string, more: Partial<Comment> = {}): Comment {
  return {
    ...{ id, workId, parentId: null, replyToId: null, level: more.parentId == null ? 1 : 2, text: "text", time: 1_760_000_000_000 },
    ...{ likes: 1, replies: 0, repliesCollected: 0, place: "云南" },
    user: { id: "1", secUid: "MS4wLjABAAAAreader", displayId: "name", shortId: "2", nickname: "nick", avatar: null },
    ...{ authorLiked: null, byAuthor: false, labels: [], pinned: false, hot: false, folded: false, images: [], sticker: null },
    ...{ mentions: [], rank: 0, receivedAt: 1_760_000_100_000 },
    ...more,
  };
}

/** A run that has just begun. */
export function runOf(workId: string, more: Partial<CommentRun> = {}): CommentRun {
  return {
    ...{ workId, shown: null, collected: 0, topLevel: 0, repliesCollected: 0, replies: true, floorsOpen: 0, cursor: null },
    ...{ limit: 100_000, withinMs: null },
    ...{ endedBy: null, reason: null, startedAt: 1_760_000_100_000, endedAt: null },
    ...more,
  };
}
