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

/** Signs that cannot be seen are not text. */
const seen = (text: string) => text.replace(/[\u200b\ufeff]/g, "");
const SAME = ["parentId", "replyToId", "likes", "place", "byAuthor", "authorLiked", "labels", "pinned", "hot", "folded"] as const;
const same = (comment: SimulatedComment | Comment) => Object.fromEntries(SAME.map((name) => [name, comment[name]]));

/** What must have been read of a comment, by the truth about it. */
function truthOf(comment: SimulatedComment): Record<string, unknown> {
  const { cid: id, user, createdAt: time, images, sticker, replies, mentions } = comment;
  return {
    ...{ ...same(comment), id, time, text: seen(comment.text), writer: [user.uid, user.secUid, user.nickname] },
    ...{ level: comment.level === 1 ? 1 : 2, replies: comment.level === 1 ? replies.length : null },
    ...{ images: images.length, sticker: sticker?.id ?? null },
    mentions: mentions.map(({ secUid, userId, start, end }) => ({ secUid, userId, start, end })),
  };
}

/** Returns what was read in the form of {@link truthOf}. */
function readOf(comment: Comment): Record<string, unknown> {
  const { id, level, time, replies, user, images, sticker, mentions } = comment;
  const writer = [user.id, user.secUid, user.nickname];
  return {
    ...{ ...same(comment), id, level, time, text: seen(comment.text), replies, writer },
    ...{ images: images.length, sticker: sticker?.id ?? null, mentions },
  };
}
