import type { Comment } from "../../works/model/comment.js";
import type { Image } from "../../works/model/media.js";
import { at } from "../wire/exact-json.js";
import { countOf, fieldOf, flagOf, idOf, listOf, momentOf, textOf, timeOfId, wordsOf } from "./field.js";
import { picture } from "./media.js";
import { addressesOf } from "./media-address.js";
import { mentionsOf, personOf } from "./person.js";
import { codeOf, type NotFound, openReply, type PageReply } from "./refusal.js";

/** Comments that were asked for, and all that the reply does not say. */
interface AskedComments {
  readonly workId: string;
  /** The top comment whose replies these are; null for a page of top comments. */
  readonly floorId: string | null;
  /** The sec_uid of the work's author; null when it is unknown. */
  readonly authorSecUid: string | null;
  /** When the reply reached us, ms UTC. */
  readonly receivedAt: number;
}

/** One page of comments. */
interface CommentPage {
  readonly outcome: "found";
  /** Comments, each once: after a top comment the replies that the platform shows of it in advance, which come again among its replies. */
  readonly comments: readonly Comment[];
  /** Place at which the next page begins; null if none is given. */
  readonly cursor: number | null;
  readonly hasMore: boolean;
  /** Comments that the platform says there are: more than paging yields. */
  readonly total: number | null;
}

/** Reads a page of comments (`comment/list/`), or of the replies to one (`comment/list/reply/`). */
export function readComments(reply: PageReply, asked: AskedComments): NotFound | CommentPage {
  const opened = openReply(reply, {
    isThere: (root) => itemsOf(root).length > 0,
    isNone: (root) => codeOf(root) === 0 && (isEmpty(root) || flagOf(at(root, "has_more")) === true),
  });
  if (opened.outcome !== "opened") return opened;
  const { root } = opened;
  const items = itemsOf(root);
  const found = new Map<string, Comment>();
  let foreign: string | null = null;
  const keep = (item: unknown, floorId: string | null, previews: number) => {
    const workId = idOf(fieldOf(item, "aweme_id"));
    const id = idOf(fieldOf(item, "cid"));
    if (workId !== null && workId !== asked.workId) foreign ??= workId;
    const isOfWork = workId === null || workId === asked.workId;
    if (id !== null && isOfWork && !found.has(id)) found.set(id, commentOf(item, id, floorId, previews, found.size, asked));
    return id;
  };
  for (const item of items) {
    const previews = listOf(fieldOf(item, "reply_comment"), 20); // two are usual
    const id = keep(item, asked.floorId, new Set(previews.map((preview) => idOf(fieldOf(preview, "cid")))).size);
    if (id !== null) for (const preview of previews) keep(preview, id, 0);
  }
  if (found.size === 0 && foreign !== null) return { outcome: "other", id: foreign };
  return {
    outcome: "found",
    comments: [...found.values()],
    cursor: countOf(at(root, "cursor")),
    // A missing flag is no end: after one, comments that were not seen count as removed.
    hasMore: flagOf(at(root, "has_more")) ?? true,
    total: countOf(at(root, "total")),
  };
}

function itemsOf(root: unknown): readonly unknown[] {
  return listOf(at(root, "comments"), 200); // a page has 20 at most
}

/** Returns whether there are no comments: only these four marks together say so (facts/videos.md 2.1). */
function isEmpty(root: unknown): boolean {
  return codeOf(root) === 0 && itemsOf(root).length === 0 && at(root, "total") === 0 && flagOf(at(root, "has_more")) === false;
}

function commentOf(
  item: unknown,
  id: string,
  floorId: string | null,
  repliesCollected: number,
  rank: number,
  { workId, authorSecUid, receivedAt }: AskedComments,
): Comment {
  const parentId = idOf(fieldOf(item, "reply_id")) ?? idOf(fieldOf(item, "root_comment_id")) ?? floorId;
  const time = momentOf(fieldOf(item, "create_time"));
  const user = personOf(fieldOf(item, "user"));
  return {
    id,
    workId,
    parentId,
    replyToId: idOf(fieldOf(item, "reply_to_reply_id")),
    level: parentId === null ? 1 : 2,
    text: wordsOf(fieldOf(item, "text")),
    time: time ?? timeOfId(id) ?? receivedAt,
    ...(time === null ? { timeEstimated: true as const } : {}),
    likes: countOf(fieldOf(item, "digg_count")),
    replies: countOf(fieldOf(item, "reply_comment_total", "comment_reply_total")),
    repliesCollected,
    place: textOf(fieldOf(item, "ip_label")),
    user,
    authorLiked: flagOf(fieldOf(item, "is_author_digged")),
    byAuthor: authorSecUid === null || user.secUid === null ? null : user.secUid === authorSecUid,
    labels: labelsOf(item),
    pinned: (countOf(fieldOf(item, "stick_position")) ?? 0) > 0,
    hot: flagOf(fieldOf(item, "is_hot")) ?? false,
    folded: flagOf(fieldOf(item, "is_folded")) ?? false,
    images: imagesOf(item),
    sticker: stickerOf(fieldOf(item, "sticker")),
    mentions: mentionsOf(fieldOf(item, "text_extra")),
    rank,
    receivedAt,
  };
}

function labelsOf(item: unknown): string[] {
  const texts = [fieldOf(item, "label_text"), ...listOf(fieldOf(item, "label_list"), 10).map((label) => fieldOf(label, "text"))];
  return [...new Set(texts.map((text) => textOf(text)).filter((text) => text !== null))];
}

function imagesOf(item: unknown): Image[] {
  // Only the original is without the platform's mark for certain.
  return listOf(fieldOf(item, "image_list"), 20)
    .map((image) => fieldOf(image, "origin_url"))
    .map((original, index) => picture(index, "image", original, original));
}

function stickerOf(sticker: unknown): Comment["sticker"] {
  const found = {
    id: idOf(fieldOf(sticker, "id_str")),
    url: addressesOf(fieldOf(sticker, "animate_url"), fieldOf(sticker, "static_url"))[0] ?? null,
  };
  return (found.id ?? found.url) === null ? null : found;
}
