import { expect } from "vitest";
import type { SimulatedComment } from "../../simulator/index.js";
import type { Comment } from "../../src/works/model/comment.js";

/** Returns floors with their replies, as one list. */
export function withReplies(floors: readonly SimulatedComment[]): SimulatedComment[] {
  return floors.flatMap((floor) => [floor, ...floor.replies]);
}

/** Compares what was read with these floors, and with all of their replies. */
export function expectAll(comments: readonly Comment[], floors: readonly SimulatedComment[]): void {
  const truth = new Map(withReplies(floors).map((comment) => [comment.cid, truthOf(comment)]));
  expect(comments.map(({ id }) => id).sort()).toEqual([...truth.keys()].sort());
  for (const comment of comments) expect(readOf(comment)).toEqual(truth.get(comment.id));
}

/** What must have been read of a comment, by the truth about it. */
function truthOf(comment: SimulatedComment): Record<string, unknown> {
  const { user, images, sticker } = comment;
  return {
    id: comment.cid,
    parentId: comment.parentId,
    replyToId: comment.replyToId,
    level: comment.level === 1 ? 1 : 2,
    // Signs that cannot be seen are not text.
    text: comment.text.replace(/[\u200b\ufeff]/g, ""),
    time: comment.createdAt,
    likes: comment.likes,
    replies: comment.level === 1 ? comment.replies.length : null,
    place: comment.place,
    writer: [user.uid, user.secUid, user.nickname],
    byAuthor: comment.byAuthor,
    authorLiked: comment.authorLiked,
    labels: [...comment.labels],
    pinned: comment.pinned,
    hot: comment.hot,
    folded: comment.folded,
    images: images.length,
    sticker: sticker?.id ?? null,
    mentions: comment.mentions.map(({ secUid, userId, start, end }) => ({ secUid, userId, start, end })),
  };
}

/** Returns what was read in the form of {@link truthOf}. */
function readOf(comment: Comment): Record<string, unknown> {
  const { id, parentId, replyToId, level, text, time, likes, replies, place, user, byAuthor, authorLiked, labels } = comment;
  const { pinned, hot, folded, images, sticker, mentions } = comment;
  return {
    ...{ id, parentId, replyToId, level, text: text.replace(/[\u200b\ufeff]/g, ""), time, likes, replies, place },
    writer: [user.id, user.secUid, user.nickname],
    ...{ byAuthor, authorLiked, labels, pinned, hot, folded },
    images: images.length,
    sticker: sticker?.id ?? null,
    mentions,
  };
}
