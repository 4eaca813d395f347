import { type Ask, emptyReply, html, json, type SimulatedReply } from "../reply.js";
import type { Catalogue } from "./catalogue.js";
import type { Cdn } from "./cdn.js";
import { commentJson, sliceOf } from "./comments.js";
import type { SimulatedAuthor, SimulatedWork, WorkFault } from "./work.js";
import { awemeJson, userJson } from "./work-json.js";

/** Dependencies of the replies. */
export interface WorksContext {
  readonly catalogue: Catalogue;
  readonly cdn: Cdn;
  /** The platform's time, ms UTC */
  readonly now: () => number;
  /** Returns whether a work, by its id, or an author, by the sec_uid, has a fault. */
  readonly has: (of: string, fault: WorkFault) => boolean;
  /** Returns true the first time that it is asked with a key since the faults were set. */
  readonly strikes: (key: string) => boolean;
  readonly knowsLogin: (cookies: Ask["cookies"]) => boolean;
  readonly makeLogId: () => string;
}

/** Paths under /aweme/v1/web/ that refuse what is not the page's own request. */
export const SIGNED_PATHS: readonly string[] = [
  ...["aweme/detail", "aweme/post", "aweme/favorite", "aweme/listcollection", "mix/aweme", "mix/list", "mix/detail", "mix/listcollection"],
  ...["tab/feed", "music/aweme", "music/list", "music/detail", "collects/list", "collects/video/list"],
];

/** The texts of that refusal. */
export const REFUSALS = ["Uifid Not Found", "Signature Not Found", "Sign Invalid", "Sign Expired"] as const;

/** Makes that refusal. */
export function refused(why: (typeof REFUSALS)[number]): SimulatedReply {
  return { status: 403, headers: { "content-type": "text/plain; charset=utf-8" }, body: `Blocked by ArgusSecurityPlugin ${why}` };
}

/** Answers at a path under /aweme/v1/web/, which ends without its slash here; null where there is none. */
export function apiReply(context: WorksContext, ask: Ask, path: string): SimulatedReply | null {
  switch (path) {
    case "aweme/detail":
      return detail(context, ask);
    case "aweme/post":
      return post(context, ask);
    case "aweme/favorite":
      return favorite(context, ask);
    case "comment/list":
      return comments(context, ask);
    case "comment/list/reply":
      return replies(context, ask);
    case "user/profile/other":
      return profile(context, ask);
    case "mix/detail":
    case "mix/aweme":
      return mix(context, ask, path);
    case "danmaku/get_v2":
      // The names of what it holds are not known.
      return json({ status_code: 0, extra: { now: context.now() } });
    default:
      return null;
  }
}

/** Answers `GET www.iesdouyin.com/web/api/v2/aweme/slidesinfo/`: notes have it, films do not, and a signature that is not right empties it. */
export function slidesInfo(context: WorksContext, ask: Ask): SimulatedReply {
  if (ask.query.has("a_bogus")) return emptyReply();
  const id = /^\[(\d{1,32})\]$/.exec(ask.query.get("aweme_ids") ?? "")?.[1];
  const work = context.catalogue.works.find((each) => each.id === id && each.kind !== "video");
  return json({
    status_code: 0,
    ...(work === undefined ? {} : { aweme_details: [awemeJson(work, viewOf(context, ask))] }),
    ...logged(context),
  });
}

function viewOf(context: WorksContext, ask: Ask) {
  return { cdn: context.cdn, loggedIn: context.knowsLogin(ask.cookies) };
}

function logged(context: WorksContext): Record<string, unknown> {
  return { extra: { now: context.now(), logid: "" }, log_pb: { impr_id: context.makeLogId() } };
}

function whole(cursor: string | null, fallback = 0): number {
  const number = Number(cursor ?? fallback);
  return Number.isSafeInteger(number) && number >= 0 ? number : fallback;
}

const BLOCKED = { status_code: 0, status_msg: "blocked" };
const CAPTCHA = { status_code: 10000, verify_center_decision_conf: '{"code":"10000","type":"verify"}' };
/** Rest of a reply that is refused: 17 bytes. */
const BARE = { status_code: 0 };

/** Replies of the detail path that a fault puts in the place of the real one. */
const DETAIL_FAULTS: readonly (readonly [WorkFault, (context: WorksContext, id: string) => SimulatedReply])[] = [
  ["detail_no_such", (context, id) => filtered(context, id, "core_dep", "")],
  ["detail_self_see", (context, id) => filtered(context, id, "status_self_see", "作品仅作者本人可见")],
  ["detail_images_base", (context, id) => filtered(context, id, "images_base", "")],
  ["detail_gone", () => json({ status_code: 2053, status_msg: "作品不存在" })],
  ["detail_not_logged_in", () => json({ status_code: 2483, status_msg: "请先登录" })],
  ["detail_captcha", () => json(CAPTCHA)],
  ["detail_empty", () => emptyReply()],
  ["detail_blocked", () => json(BLOCKED)],
  ["detail_no_uifid", () => refused("Uifid Not Found")],
  ["detail_no_signature", () => refused("Signature Not Found")],
  ["detail_bad_signature", () => refused("Sign Invalid")],
  ["detail_old_signature", () => refused("Sign Expired")],
  ["detail_444", () => ({ ...emptyReply(), status: 444 })],
  ["detail_429", () => ({ ...emptyReply(), status: 429 })],
  ["detail_html", () => html("<!DOCTYPE html><title>抖音</title><p>请求被拦截</p>")],
];

function detail(context: WorksContext, ask: Ask): SimulatedReply {
  const id = ask.query.get("aweme_id") ?? "";
  const has = (fault: WorkFault) => context.has(id, fault);
  const fault = DETAIL_FAULTS.find(([name]) => has(name));
  if (fault !== undefined) return fault[1](context, id);
  const { works } = context.catalogue;
  const work = works.find((each) => each.id === id);
  if (work === undefined) return filtered(context, id, "core_dep", "");
  const other = works.find((each) => each.state === "public" && each !== work) ?? work;
  const shown = awemeJson(has("detail_other_work") ? other : work, viewOf(context, ask));
  const padding = has("detail_huge") ? { chapter_abstract: "长".repeat(1_500_000) } : {};
  const reply = json({ status_code: 0, aweme_detail: { ...shown, ...padding }, ...logged(context) });
  if (has("detail_late")) return { ...reply, delivery: { lateMs: LATE_MS } };
  if (has("detail_lost") && context.strikes(`lost/${id}`)) return { ...reply, delivery: { lateMs: LOST_MS } };
  return reply;
}

const LATE_MS = 29_000;
/** Time in which a page that loads itself again has gone, in ms. */
const LOST_MS = 1000;

function filtered(context: WorksContext, id: string, filter_reason: string, notice: string): SimulatedReply {
  return json({
    status_code: 0,
    aweme_detail: null,
    filter_detail: { aweme_id: id, filter_reason, notice, detail_msg: notice },
    ...logged(context),
  });
}

function comments(context: WorksContext, ask: Ask): SimulatedReply {
  const id = ask.query.get("aweme_id") ?? "";
  const has = (fault: WorkFault) => context.has(id, fault);
  const cursor = whole(ask.query.get("cursor"));
  const later = cursor > 0;
  if (later && has("comments_bare")) return json(BARE);
  if (later && has("comments_blocked")) return json(BLOCKED);
  if (later && has("comments_captcha")) return json(CAPTCHA);
  const work = context.catalogue.works.find((each) => each.id === id);
  const none = { comments: null, cursor: 0, has_more: 0 };
  if (has("comments_untold")) return commentList(context, none, 1);
  if (work === undefined || has("comments_none") || !work.commentsAllowed || work.comments.length === 0)
    return commentList(context, none, 0);
  const { items, next, hasMore } = sliceOf(work.comments, cursor, whole(ask.query.get("count"), 20), later ? work.overlap : 0);
  const form = { ...formOf(context, work), numericIds: has("comments_numeric_ids") };
  const shown = items.map((floor) => commentJson(floor, form));
  if (later && has("comments_stuck")) return commentList(context, { comments: shown, cursor, has_more: 1 }, work.stats.comments);
  if (later && has("comments_endless"))
    return commentList(context, { comments: [], cursor: cursor + 10, has_more: 1 }, work.stats.comments);
  return commentList(context, { comments: shown, cursor: next, has_more: hasMore ? 1 : 0 }, work.stats.comments);
}

function formOf(context: WorksContext, work: SimulatedWork) {
  const addresses = (file: Parameters<Cdn["picture"]>[1]) => context.cdn.picture(work.id, file, "cover");
  return { workId: work.id, addresses, numericIds: false };
}

function commentList(context: WorksContext, list: Record<string, unknown>, total: number): SimulatedReply {
  return json({
    ...{ status_code: 0, ...list, total },
    ...{ reply_style: 2, user_commented: 0, folded_comment_count: 0, hotsoon_filtered_count: 0 },
    ...{ comment_config: {}, fast_response_comment: { constant_response_words: ["[比心]"] } },
    ...logged(context),
  });
}

function replies(context: WorksContext, ask: Ask): SimulatedReply {
  const id = ask.query.get("item_id") ?? "";
  const work = context.catalogue.works.find((each) => each.id === id);
  const floor = work?.comments.find(({ cid }) => cid === ask.query.get("comment_id"));
  if (work === undefined || floor === undefined)
    return commentList(context, { comments: null, cursor: 0, has_more: 0, merge_cursor: 0 }, 0);
  const shown = context.has(id, "reply_short") ? floor.replies.slice(0, -1) : floor.replies;
  const { items, next, hasMore } = sliceOf(shown, whole(ask.query.get("cursor")), whole(ask.query.get("count"), 3));
  const list = items.map((reply) => commentJson(reply, formOf(context, work)));
  return commentList(context, { comments: list, cursor: next, has_more: hasMore ? 1 : 0, merge_cursor: 0 }, floor.replies.length);
}

/** Number of works of a page of a user's list, beside those that are pinned. */
const ON_A_PAGE = 18;

function post(context: WorksContext, ask: Ask): SimulatedReply {
  const author = authorOf(context, ask);
  const cursor = whole(ask.query.get("max_cursor"));
  const has = (fault: WorkFault) => author !== undefined && context.has(author.secUid, fault);
  if (author === undefined || has("author_private") || has("author_banned")) return works(context, ask, [], 0, false);
  const all = listed(context, author);
  const newest = (all[0]?.createdAt ?? 0) + 1000;
  if (has("post_endless")) return works(context, ask, [], cursor + 1, true);
  if (has("post_captcha") && cursor !== 0) return json(CAPTCHA);
  if (has("post_empty_page") && cursor === 0) return works(context, ask, [], newest, true);
  const isFirst = cursor === 0 || (has("post_empty_page") && cursor === newest);
  if (!isFirst && !context.knowsLogin(ask.cookies)) return json(has("post_status_5") ? { aweme_list: null, status_code: 5 } : BARE);
  const rest = all.filter(({ pinned, createdAt }) => !pinned && (cursor === 0 || createdAt < cursor));
  const page = rest.slice(0, Math.min(ON_A_PAGE, Math.max(1, whole(ask.query.get("count"), ON_A_PAGE))));
  const shown = has("post_hidden") ? page.filter((_, index) => index !== 3 && index !== 7) : page;
  const pinned = isFirst ? all.filter((work) => work.pinned) : [];
  return works(context, ask, [...pinned, ...shown], page.at(-1)?.createdAt ?? 0, rest.length > page.length);
}

/** An author's list shows what is public, the newest first. */
function listed(context: WorksContext, author: SimulatedAuthor): SimulatedWork[] {
  const showsAll = context.has(author.secUid, "post_private");
  const own = context.catalogue.works.filter(
    (work) => work.author === author && (showsAll || work.state === "public" || work.state === "needs_login"),
  );
  return own.sort((a, b) => b.createdAt - a.createdAt);
}

function works(context: WorksContext, ask: Ask, list: readonly SimulatedWork[], maxCursor: number, hasMore: boolean): SimulatedReply {
  return json({
    status_code: 0,
    aweme_list: list.map((work) => awemeJson(work, viewOf(context, ask))),
    has_more: hasMore ? 1 : 0,
    max_cursor: maxCursor,
    min_cursor: list[0]?.createdAt ?? 0,
    time_list: null,
    has_locate_item: false,
    locate_item_available: false,
    locate_item_cursor: "",
    request_item_cursor: whole(ask.query.get("max_cursor")),
    post_serial: 2,
    replace_series_cover: 1,
    ...logged(context),
  });
}

/** Another tab of a user's page. What they like is private as a rule, which is a reply without a byte. */
function favorite(context: WorksContext, ask: Ask): SimulatedReply {
  const author = authorOf(context, ask);
  if (author === undefined || !context.has(author.secUid, "post_other_tab")) return emptyReply();
  const others = context.catalogue.works.filter((work) => work.author !== author && work.state === "public").slice(0, 3);
  return works(context, ask, others, others.at(-1)?.createdAt ?? 0, false);
}

function authorOf(context: WorksContext, ask: Ask): SimulatedAuthor | undefined {
  return context.catalogue.authors.find(({ secUid }) => secUid === ask.query.get("sec_user_id"));
}

function profile(context: WorksContext, ask: Ask): SimulatedReply {
  const author = authorOf(context, ask);
  if (author === undefined) return json({ status_code: 2053, status_msg: "用户不存在" });
  const own = listed(context, author);
  return json({
    status_code: 0,
    user: {
      ...userJson(author),
      signature: author.signature,
      custom_verify: author.verified ?? "",
      follower_count: author.followers,
      following_count: author.following,
      // What is told is no measure: it stops where a guest's list does.
      aweme_count: context.knowsLogin(ask.cookies) ? own.length : Math.min(own.length, 20),
      total_favorited: author.likes,
      favoriting_count: 0,
      mix_count: context.catalogue.mixes.filter((mix) => mix.author === author).length,
      ip_location: `IP属地：${author.ipPlace}`,
      live_status: 0,
      room_id: 0,
      is_ban: false,
    },
    ...logged(context),
  });
}

function mix(context: WorksContext, ask: Ask, path: "mix/detail" | "mix/aweme"): SimulatedReply {
  const found = context.catalogue.mixes.find(({ id }) => id === ask.query.get("mix_id"));
  if (found === undefined) return json({ status_code: 2053, status_msg: "合集不存在" });
  if (path === "mix/detail") {
    const { id: mix_id, name: mix_name, author } = found;
    return json({
      status_code: 0,
      mix_info: { mix_id, mix_name, mix_desc: "", statis: { play_vv: 0 }, author: userJson(author) },
      ...logged(context),
    });
  }
  const cursor = whole(ask.query.get("cursor"));
  const next = Math.min(found.works.length, cursor + Math.max(1, Math.min(20, whole(ask.query.get("count"), 20))));
  const list = found.works.slice(cursor, next).map((work) => awemeJson(work, viewOf(context, ask)));
  return json({ status_code: 0, aweme_list: list, cursor: next, has_more: next < found.works.length ? 1 : 0, ...logged(context) });
}
