import { type Static, Type } from "typebox";
import { Nullable } from "../../events/field.js";
import { type Comment, CommentSchema } from "./comment.js";
import { isLate } from "./kept.js";

/** A comment as it is kept. */
export const KeptCommentSchema = Type.Object(
  {
    ...CommentSchema.properties,
    firstSeenAt: Type.Integer({ description: "when it reached us for the first time, ms UTC" }),
    removedAt: Nullable(
      Type.Integer({ description: "when a run that came to the platform's end no longer saw it, ms UTC" }),
      "null while it is there, as far as is known",
    ),
    revision: Type.Integer({ minimum: 0, description: "0 as first kept; raised when it is read again and differs, and when it is gone" }),
    erased: Type.Boolean({ description: "an erasure took a person out of it: since then it is not read again" }),
  },
  { $id: "KeptComment", description: "a comment as it is kept" },
);
export type KeptComment = Static<typeof KeptCommentSchema>;

/** A comment as it was read; `erased`: without a person in it who was erased before it reached us. */
export type ReadComment = Comment & { readonly erased?: boolean };

/** Fields that say when a comment was read, by whom it is kept and how: they are no news. Addresses are others each time. */
const NO_NEWS = new Set(["receivedAt", "firstSeenAt", "revision", "rank", "repliesCollected", "url", "urls", "avatar", "expiresAt"]);

/**
 * Returns a comment as it is kept after a newer reading of it: counts and texts are those of now, the place in the list is the first one, so
 * that a page which is read on meanwhile goes on where it was. What an erasure changed stays as that left it.
 * @param before the comment as it was kept; null when it was not
 */
export function keptComment(before: KeptComment | null, read: ReadComment): KeptComment {
  const { erased = false } = read;
  if (before === null) return { ...read, firstSeenAt: read.receivedAt, removedAt: null, revision: 0, erased };
  if (isLate(read, before) && !erased) return before;
  const { rank, revision } = before;
  const firstSeenAt = Math.min(before.firstSeenAt, read.receivedAt);
  const told = before.erased ? { ...before, receivedAt: read.receivedAt } : read;
  const now = { ...told, rank, firstSeenAt, removedAt: null, revision, erased: before.erased || erased };
  return newsOf(before) === newsOf(now) ? now : { ...now, revision: revision + 1 };
}

function newsOf(comment: KeptComment): string {
  // Not in the order of the fields: that is another where one was read from what is kept.
  const sorted = (value: unknown): unknown =>
    typeof value !== "object" || value === null || Array.isArray(value)
      ? value
      : Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)));
  return JSON.stringify(comment, (key, value: unknown) => (NO_NEWS.has(key) ? undefined : sorted(value)));
}
