import { inLanguage, type Language } from "../../i18n/words.js";
import { within } from "../../runtime/clock.js";
import { DyliveError } from "../../runtime/errors.js";
import { type Msg, msg, msgOf, recorded } from "../../runtime/msg.js";
import type { CommentAsk } from "../../store/sql/comments.js";
import type { CommentRun } from "../../works/model/comment.js";
import type { KeptComment } from "../../works/model/kept.js";
import type { Image } from "../../works/model/media.js";
import type { RunStatus } from "../../works/run-service.js";
import type { ApiDeps } from "../api-deps.js";
import type { HttpCall } from "../calls.js";

/** Time that a run which a reader of this interface waits for goes on, and longest wait of that reader, in ms. */
const RUN_MS = 120_000;
/** Age from which a run is no sign any more that another would end in the same way, in ms. */
const OLD_MS = 600_000;
/** Ends after which the next run comes further. */
const GOES_ON: ReadonlySet<CommentRun["endedBy"]> = new Set([null, "limit", "stopped"]);
/** The platform's number for a piece of text that names a person. */
const MENTION = 0;

type Deps = Pick<ApiDeps, "store" | "commentRuns" | "clock">;

/** Comments that a reader asks for. */
interface CommentsAsked {
  readonly workId: string;
  /** The top comment whose replies are asked for; null for top comments. */
  readonly parentId: string | null;
  /** Rank from which on they are asked for. */
  readonly cursor: number;
  readonly count: number;
  /** Language in which it is said why there may be more. */
  readonly language: Language;
}

/** Content of the store for such a reader. */
interface SeenComments {
  readonly rows: readonly KeptComment[];
  /** The top comment whose replies they are; null for top comments, and where it is not kept. */
  readonly floor: KeptComment | null;
  /** Whether the cursor is one that a page before has led to. */
  readonly isReached: boolean;
  readonly last: RunStatus<CommentRun> | null;
}

/**
 * Returns the data of a page of comments, or of the replies to one, by the platform's names: of what is kept, and where that is at its end and a
 * run may come further, of what such a run brings in two minutes. `has_more` is 0 only where nothing is left by the platform's own word; else
 * `_more` says why there may be more than is kept.
 * @throws DyliveError not_found where the floor is not kept; where nothing is, not_offered, too_many_works and what the run failed with
 */
export async function commentsData(deps: Deps, call: HttpCall, asked: CommentsAsked): Promise<Record<string, unknown>> {
  const { clock } = deps;
  const { workId, parentId } = asked;
  let seen = await lookAt(deps, asked);
  if (mayBring(asked, seen, clock.now())) {
    await bring(deps, call, asked);
    seen = await lookAt(deps, asked);
  }
  if (parentId !== null && seen.floor === null && seen.last?.running !== true)
    throw new DyliveError("not_found", msg`of the work ${workId} no comment ${parentId} is kept; ${whyMore(asked, seen)}`);
  return pageData(asked, seen, clock.now());
}

/** Returns what is kept of a page, with one comment of the next where there is one. */
async function lookAt({ store, commentRuns }: Deps, { workId, parentId, cursor, count }: CommentsAsked): Promise<SeenComments> {
  const { comments } = store;
  const from = (rank: number): Omit<CommentAsk, "limit"> => ({ workId, parentId, after: { rank, id: "" } });
  return {
    rows: await comments.list({ ...from(cursor), present: true, limit: count + 1 }),
    floor: parentId === null ? null : await comments.get({ workId, id: parentId }),
    isReached: cursor === 0 || (await comments.list({ ...from(cursor - 1), limit: 1 })).length > 0,
    last: await (commentRuns === null ? keptRun(store, workId) : commentRuns.last(workId)),
  };
}

async function keptRun({ commentRuns }: Deps["store"], workId: string): Promise<RunStatus<CommentRun> | null> {
  const kept = await commentRuns.last(workId);
  return kept === null ? null : { run: kept.run, running: false };
}

/** Waits until a run has filled a page, or is over, or the two minutes are. */
async function bring(deps: Deps, { signal }: HttpCall, asked: CommentsAsked): Promise<void> {
  const { commentRuns } = deps;
  const { workId, parentId, count } = asked;
  const look = async () => (await lookAt(deps, asked)).rows;
  const until = within(signal, RUN_MS);
  try {
    if (commentRuns === null) throw new DyliveError("not_offered", "this server reads no works, and no more of its comments is kept");
    // Replies of a floor come with those of all others; without them the first page is there sooner.
    const bounds = { withinMs: RUN_MS, replies: parentId !== null };
    await commentRuns.startUntil(workId, bounds, async () => (await look()).length >= count || null, until);
  } catch (error) {
    if (signal.aborted) throw error;
    if (!until.aborted && (await look()).length === 0) throw error;
  }
}

/** Returns whether a run that is under way, or a new one, may bring what a page lacks. */
function mayBring({ parentId, count }: CommentsAsked, seen: SeenComments, now: number): boolean {
  const { rows, floor, isReached, last } = seen;
  if (rows.length >= count || !isReached) return false;
  if (last?.running === true) return true;
  if (rows.length > 0 || isWhole(parentId, seen)) return false;
  if (last === null || GOES_ON.has(last.run.endedBy)) return true;
  const { replies, collected, endedBy, endedAt } = last.run;
  // A run to the end was shown all top comments.
  if (parentId !== null && floor === null && endedBy === "end") return false;
  if (parentId !== null && floor !== null && !replies) return true;
  return (collected === 0 && endedBy !== "end") || (endedAt !== null && now - endedAt >= OLD_MS);
}

/** Returns whether a list ends, by the platform's own word, where what is kept of it ends. */
function isWhole(parentId: string | null, { floor, last }: SeenComments): boolean {
  const isEnd = last?.running === false && last.run.endedBy === "end";
  if (parentId === null) return isEnd;
  if (floor === null) return false;
  if (floor.parentId !== null) return true; // a reply itself: those that answer it are its floor's
  return floor.replies === null ? isEnd && last.run.replies : floor.repliesCollected >= floor.replies;
}

function pageData(asked: CommentsAsked, seen: SeenComments, now: number): Record<string, unknown> {
  const { parentId, cursor, count } = asked;
  const { rows, floor, last } = seen;
  const page = rows.slice(0, count);
  const hasMore = rows.length > count || !isWhole(parentId, seen);
  return {
    status_code: 0,
    comments: page.map(commentOf),
    cursor: (page.at(-1)?.rank ?? cursor - 1) + 1,
    has_more: hasMore ? 1 : 0,
    total: parentId === null ? (last?.run.shown ?? null) : (floor?.replies ?? null),
    extra: { now },
    _source: "kept",
    _collected_at: last?.run.endedAt ?? null,
    ...(hasMore && rows.length <= count && { _more: inLanguage(asked.language, whyMore(asked, seen)) }),
  };
}

/** Says why there may be more than is kept. */
function whyMore({ parentId }: CommentsAsked, { floor, isReached, last }: SeenComments): Msg {
  if (!isReached) return msg`no page led to this cursor: begin with 0`;
  if (last?.running === true) return msg`the comments of the work are being collected: ask again with this cursor`;
  const ended = last === null ? msg`no run that collected them is kept` : endOf(last.run);
  if (parentId === null || floor?.replies == null) return ended;
  return msg`the platform counts ${floor.replies} replies, ${floor.repliesCollected} are kept; ${ended}`;
}

function endOf({ endedBy, reason }: CommentRun): Msg {
  const why = recorded(reason ?? "");
  return endedBy === null ? msg`the last run failed: ${why}` : msg`the last run was ended by ${msgOf(endedBy)}: ${why}`;
}

/** Builds a comment as a reply of the page has it: the platform's names, as far as something is known. */
function commentOf(comment: KeptComment): Record<string, unknown> {
  const { id, workId, parentId, replyToId, level, text, time, likes, replies, place, user, labels, sticker } = comment;
  return {
    ...{ cid: id, aweme_id: workId, text, create_time: Math.floor(time / 1000), digg_count: likes, reply_comment_total: replies },
    ...{ ip_label: place, level, reply_id: parentId ?? "0", reply_to_reply_id: replyToId ?? "0", reply_comment: null },
    ...{ is_author_digged: comment.authorLiked, stick_position: comment.pinned ? 1 : 0, is_hot: comment.hot, is_folded: comment.folded },
    ...{ label_text: labels[0] ?? "", label_list: labels.length === 0 ? null : labels.map((label) => ({ text: label })) },
    user: {
      ...{ uid: user.id, sec_uid: user.secUid, nickname: user.nickname, unique_id: user.displayId, short_id: user.shortId },
      avatar_thumb: { url_list: user.avatar === null ? [] : [user.avatar] },
    },
    image_list: comment.images.length === 0 ? null : comment.images.map(imageOf),
    sticker: sticker === null ? null : { id_str: sticker.id, animate_url: { url_list: sticker.url === null ? [] : [sticker.url] } },
    text_extra: comment.mentions.map(({ secUid, userId, start, end }) => ({ type: MENTION, sec_uid: secUid, user_id: userId, start, end })),
  };
}

function imageOf({ urls, width, height }: Image): Record<string, unknown> {
  return { origin_url: { url_list: urls, width, height } };
}
