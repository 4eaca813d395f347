import { Crowd, type SimulatedPerson } from "../people.js";
import { hash32, makeId, type Random } from "../random.js";
import { MediaFile } from "./media.js";

/** Person who wrote a comment. */
interface Commenter {
  readonly uid: string;
  readonly secUid: string;
  readonly nickname: string;
  readonly displayId: string;
  readonly shortId: string;
}

/** Comment as the platform keeps it. */
export interface SimulatedComment {
  readonly cid: string;
  /** The floor that it is in; null for the floor's own */
  readonly parentId: string | null;
  /** The reply that it answers; null where it answers the floor */
  readonly replyToId: string | null;
  /** 1 a floor, 2 an answer to it, 3 an answer to an answer, which stands flat among the others */
  readonly level: 1 | 2 | 3;
  readonly text: string;
  /** ms UTC, whole seconds */
  readonly createdAt: number;
  readonly likes: number;
  readonly place: string;
  readonly user: Commenter;
  readonly byAuthor: boolean;
  readonly authorLiked: boolean;
  readonly labels: readonly string[];
  readonly pinned: boolean;
  readonly hot: boolean;
  readonly folded: boolean;
  readonly images: readonly MediaFile[];
  readonly sticker: { readonly id: string; readonly file: MediaFile } | null;
  readonly mentions: readonly { readonly secUid: string; readonly userId: string; readonly start: number; readonly end: number }[];
  /** Answers of a floor, in the order in which the platform gives them */
  readonly replies: readonly SimulatedComment[];
  /** Number of answers that come with the floor, and again among the answers */
  readonly previews: number;
}

/** Options of the comments of a work. */
interface CommentOptions {
  readonly workId: string;
  /** When the work was published, ms UTC */
  readonly createdAt: number;
  readonly author: Commenter;
  readonly floors: number;
  /** Number of answers of a floor, by its index from 0 */
  readonly replies: (floor: number) => number;
}

/** Makes the comments of a work. The first ten floors are each of a kind of their own: pinned, pictures, a sticker, no text … */
export function makeComments(random: Random, options: CommentOptions): SimulatedComment[] {
  const crowd = new Crowd(random.fork("crowd"), { anonymised: false, clubName: "", anchorId: "" });
  return Array.from({ length: options.floors }, (_, index) => makeFloor(random.fork(`floor/${index}`), crowd, options, index));
}

function makeFloor(random: Random, crowd: Crowd, options: CommentOptions, index: number): SimulatedComment {
  const plain = makeComment(random, crowd, options, options.createdAt + random.int(60_000, 86_400_000), `floor/${index}`);
  const special = SPECIAL[index]?.(plain, random, crowd) ?? {};
  const replies: SimulatedComment[] = [];
  for (let at = 0; at < options.replies(index); at++) {
    const part = random.fork(`reply/${at}`);
    const before = replies.at(-1);
    const later = (before ?? plain).createdAt + part.int(10_000, 3_600_000);
    const reply = makeComment(part, crowd, options, later, `floor/${index}/reply/${at}`);
    // Every third answers the answer before it.
    const answered = at % 3 === 2 && before !== undefined ? before : null;
    const byAuthor = at === 1;
    replies.push({
      ...reply,
      ...(byAuthor ? { user: options.author, byAuthor, labels: ["作者"] } : {}),
      parentId: plain.cid,
      replyToId: answered?.cid ?? null,
      level: answered === null ? 2 : 3,
    });
  }
  return { ...plain, ...special, replies, previews: Math.min(replies.length, index % 3) };
}

function makeComment(random: Random, crowd: Crowd, options: CommentOptions, atMs: number, label: string): SimulatedComment {
  const createdAt = Math.floor(atMs / 1000) * 1000;
  return {
    cid: makeId(createdAt, hash32(`${options.workId}/${label}`)),
    parentId: null,
    replyToId: null,
    level: 1,
    text: random.pick(TEXTS),
    createdAt,
    likes: Math.floor(500 * random.unit() ** 5),
    place: random.pick(PLACES),
    user: commenter(crowd.somebody(random, 400)),
    byAuthor: false,
    authorLiked: false,
    labels: [],
    pinned: false,
    hot: false,
    folded: false,
    images: [],
    sticker: null,
    mentions: [],
    replies: [],
    previews: 0,
  };
}

function commenter({ id, secUid, nickname, displayId, user }: SimulatedPerson): Commenter {
  return { uid: id, secUid, nickname, displayId, shortId: String(user["short_id"] ?? "0") };
}

/** Properties that the first floors have of their own. */
const SPECIAL: readonly ((plain: SimulatedComment, random: Random, crowd: Crowd) => Partial<SimulatedComment>)[] = [
  () => ({ pinned: true, text: "看置顶：用到的都写在这里了" }),
  ({ cid }) => ({
    hot: true,
    images: [new MediaFile("picture-1.jpeg", `${cid}/image/0`), new MediaFile("picture-2.jpeg", `${cid}/image/1`)],
  }),
  ({ cid }) => ({ text: "", sticker: { id: cid, file: new MediaFile("picture-3.webp", `${cid}/sticker`) } }),
  ({ cid }) => ({ text: "", images: [new MediaFile("picture-4.jpeg", `${cid}/image/0`)] }),
  () => ({ text: "\u200b\ufeff" }),
  () => ({ text: "没有更多评论" }), // as the panel says at its end: only a visible text outside of an item is an end
  () => ({ authorLiked: true, labels: ["作者赞过"] }),
  (_plain, random, crowd) => {
    const { secUid, id, nickname } = crowd.somebody(random, 400);
    const text = `@${nickname} 快来看`;
    return { text, mentions: [{ secUid, userId: id, start: 0, end: nickname.length + 1 }] };
  },
  () => ({ folded: true }),
  () => ({ text: '<img src=x onerror="document.title=1">\u202e,=HYPERLINK("//x")\n第二行' }),
];

/** One page of a list that is read by offset. */
interface CommentSlice {
  readonly items: readonly SimulatedComment[];
  /** Offset of the next page */
  readonly next: number;
  readonly hasMore: boolean;
}

/** Largest number of comments that one reply holds, whatever was asked. */
const MOST_ON_A_PAGE = 50;

/** Cuts a page out of a list. */
export function sliceOf(all: readonly SimulatedComment[], cursor: number, count: number, overlap = 0): CommentSlice {
  const from = Math.max(0, cursor);
  const next = Math.min(all.length, from + Math.max(1, Math.min(count, MOST_ON_A_PAGE)));
  return { items: all.slice(Math.max(0, from - overlap), next), next, hasMore: next < all.length };
}

/** Ways in which comments are shown. */
interface CommentForm {
  readonly workId: string;
  /** Addresses of a picture */
  readonly addresses: (file: MediaFile) => readonly string[];
  /** cid as a number instead of a text */
  readonly numericIds: boolean;
  /** Number of answers that a floor tells, where it is not what it has */
  readonly told?: number;
}

/** Writes a comment as replies hold it. Big numbers are `@int:` texts, which `json` turns into numbers. */
export function commentJson(comment: SimulatedComment, form: CommentForm): Record<string, unknown> {
  const { user, parentId, replyToId, level, replies, pinned, folded } = comment;
  const list = (file: MediaFile) => ({ uri: `tos-cn-i-comment/${file.key}`, url_list: form.addresses(file) });
  const answer =
    parentId === null ? {} : { root_comment_id: parentId, reply_to_userid: "0", reply_to_username: "", reply_to_user_sec_id: "" };
  return {
    cid: form.numericIds ? `@int:${comment.cid}` : comment.cid,
    aweme_id: form.workId,
    text: comment.text,
    create_time: comment.createdAt / 1000,
    digg_count: comment.likes,
    status: 1,
    level,
    reply_id: parentId ?? "0",
    reply_to_reply_id: replyToId ?? "0",
    ...answer,
    ...(level === 1 ? { reply_comment_total: form.told ?? replies.length } : {}),
    reply_comment: comment.previews === 0 ? null : replies.slice(0, comment.previews).map((reply) => commentJson(reply, form)),
    ip_label: comment.place,
    is_author_digged: comment.authorLiked,
    label_type: comment.labels.length === 0 ? -1 : 1,
    label_text: comment.labels[0] ?? "",
    label_list: comment.labels.length === 0 ? null : comment.labels.map((text) => ({ text, type: 1 })),
    stick_position: pinned ? 1 : 0,
    is_hot: comment.hot,
    is_folded: folded,
    sort_tags: pinned ? '{"top_list":1}' : folded ? '{"bottom":1}' : "",
    user: {
      uid: user.uid,
      sec_uid: user.secUid,
      nickname: user.nickname,
      unique_id: user.displayId,
      short_id: user.shortId,
      avatar_thumb: { uri: `100x100/aweme-avatar/${user.uid}`, url_list: [avatarAddress(user.uid, 100)], width: 720, height: 720 },
      region: "CN",
      verification_type: 1,
      custom_verify: "",
      enterprise_verify_reason: "",
      secret: 0,
      user_canceled: false,
    },
    text_extra: comment.mentions.map(({ secUid, userId, start, end }) => ({ type: 0, start, end, user_id: userId, sec_uid: secUid })),
    image_list:
      comment.images.length === 0
        ? null
        : comment.images.map((file) => ({
            origin_url: list(file),
            crop_url: list(file),
            medium_url: list(file),
            thumb_url: list(file),
            download_url: list(file),
          })),
    ...(comment.sticker === null
      ? {}
      : { sticker: { id_str: comment.sticker.id, static_url: list(comment.sticker.file), animate_url: list(comment.sticker.file) } }),
    video_list: null,
    content_type: 1,
    is_note_comment: 0,
    can_share: true,
    enter_from: "homepage_hot",
  };
}

/** Returns the address of somebody's avatar, which needs no signature. */
export function avatarAddress(uid: string, size: number): string {
  return `https://p3-pc.douyinpic.com/aweme/${size}x${size}/aweme-avatar/tos-cn-avt-0015_${uid}.jpeg?from=2956013662`;
}

const PLACES = ["云南", "广东", "四川", "北京", "浙江", "江苏", "山东", "河南", "湖南", "新疆", "中国香港", "美国"];
const TEXTS = [
  "第一！",
  "这是在哪里拍的",
  "好美啊[比心]",
  "求背景音乐",
  "学到了，收藏了",
  "哈哈哈哈哈哈",
  "同款衣服有链接吗",
  "每天都来看一遍",
  "去年我也去过，人没有这么多",
  "这个镜头怎么做到的？",
  "蹲一个教程",
  "评论区太有才了🤣",
  "支持支持",
  "我奶奶也这么说",
  "听哭了",
  "说得对",
];
