import { type Static, Type } from "typebox";
import { Nullable } from "../../events/field.js";
import { type Comment, CommentSchema } from "./comment.js";
import type { Work } from "./work.js";

/** Parts that each way of reading tells in a form of its own: they are not compared between two ways. */
const BY_SOURCE = new Set(["media", "images", "covers", "music"]);
/** Fields with addresses, which are others each time that a work is read. */
const ADDRESSES = new Set(["url", "urls", "cover", "avatar", "expiresAt"]);
/** Fields that say when and how a work was read. */
const OF_READING = new Set(["source", "receivedAt", "firstSeenAt", "revision"]);

/** Whether a reading began before the one that is kept, and came after it. One of the future is no newer one: a clock was set back since. */
function isLate(read: { readonly receivedAt: number }, before: { readonly receivedAt: number }, now: number): boolean {
  return read.receivedAt < before.receivedAt && before.receivedAt <= now;
}

/**
 * Returns a work as it is kept after a newer reading of it. That replaces what was known, with two exceptions: what the page's state and lists
 * leave out stays, and a work that can no longer be seen keeps all that was known of it, with its new state. The revision rises when what is
 * said has changed; addresses are others each time and do not count.
 * @param before the work as it was kept; null when it was not
 * @param now ms UTC, by which what is kept may be of the future; none is by default
 */
export function keptWork(before: Work | null, read: Work, now = Number.POSITIVE_INFINITY): Work {
  if (before === null) return { ...read, firstSeenAt: read.receivedAt, revision: 0 };
  if (isLate(read, before, now)) return before;
  const kept = { ...latest(before, read), firstSeenAt: Math.min(before.firstSeenAt, read.receivedAt) };
  const except = before.source === kept.source ? OF_READING : new Set([...OF_READING, ...BY_SOURCE]);
  return { ...kept, revision: comparable(before, except) === comparable(kept, except) ? before.revision : before.revision + 1 };
}

function latest(before: Work, read: Work): Work {
  const { state, stateReason, receivedAt, source } = read;
  // What it shows now is less than it was, and is no news of its text or its author, but where nothing of it was known.
  if (state !== "public" && (before.kind !== null || read.kind === null)) return { ...before, state, stateReason, receivedAt, source };
  if (source === "reply") return read;
  const { time, timeEstimated } = read.timeEstimated === true && before.timeEstimated !== true ? before : read;
  const { timeEstimated: _, ...rest } = filled(read, before);
  const author = filled(read.author, before.author);
  return { ...rest, stateReason, time, ...(timeEstimated === true && { timeEstimated }), author };
}

/** Returns an object with what it does not tell as another tells it. */
function filled<T extends object>(object: T, from: T): T {
  const known = Object.entries(object).filter(([, value]) => value !== null);
  return { ...from, ...Object.fromEntries(known) };
}

function comparable(work: Work, except: ReadonlySet<string>): string {
  const top = Object.fromEntries(Object.entries(work).filter(([key]) => !except.has(key)));
  // Of the work itself `url` is no address of a file, and it is made of the id.
  return newsOf(top, ADDRESSES);
}

/** Returns a part of a work as text to compare, in no order of the fields: that is another where a part was filled from what is kept. */
function newsOf(part: object, except: ReadonlySet<string>): string {
  const sorted = (value: unknown): unknown =>
    typeof value !== "object" || value === null || Array.isArray(value)
      ? value
      : Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)));
  return JSON.stringify(part, (key, value: unknown) => (except.has(key) ? undefined : sorted(value)));
}

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
 * @param now ms UTC, by which what is kept may be of the future; none is by default
 */
export function keptComment(before: KeptComment | null, read: ReadComment, now = Number.POSITIVE_INFINITY): KeptComment {
  const { erased = false } = read;
  if (before === null) return { ...read, firstSeenAt: read.receivedAt, removedAt: null, revision: 0, erased };
  if (isLate(read, before, now) && !erased) return before;
  const { rank, revision } = before;
  const firstSeenAt = Math.min(before.firstSeenAt, read.receivedAt);
  const left = before.erased ? { ...before, receivedAt: read.receivedAt } : read;
  const kept = { ...left, rank, firstSeenAt, removedAt: null, revision, erased: before.erased || erased };
  return newsOf(before, NO_NEWS) === newsOf(kept, NO_NEWS) ? kept : { ...kept, revision: revision + 1 };
}
