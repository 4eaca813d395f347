import { describe } from "../events/describe.js";
import type { LiveEvent, NewEvent, NewEventOf, User } from "../events/event.js";
import type { KeptComment } from "../works/model/kept.js";

/** Value of a cell; null is unknown, or not in this kind of event. */
export type Value = string | number | boolean | null;

/** Column of the tables (csv, xlsx, parquet). A `moment` is ms UTC that is shown as a date. */
export interface Column<T = LiveEvent> {
  readonly name: string;
  /** Name in Chinese, for people. */
  readonly zh: string;
  readonly kind: "text" | "integer" | "boolean" | "moment";
  of(row: T): Value;
}

/** Which line of titles a table has: its columns' names, the same for every reader, which programs go by; or what they are called in Chinese. */
export const HEADERS = ["names", "zh"] as const;
export type Headers = (typeof HEADERS)[number];

/** Returns the titles of a table, in their order. */
export function titlesOf<T>({ columns }: Table<T>, headers: Headers): readonly string[] {
  return columns.map(({ name, zh }) => (headers === "zh" ? zh : name));
}

/** Table of events, or of comments: what a file of it is called inside, and its columns in their order. The second is the time. */
export interface Table<T> {
  readonly name: string;
  readonly columns: readonly Column<T>[];
}

/** Returns what makes columns, by their kinds. */
export function columnsOf<T>() {
  const column =
    (kind: Column["kind"]) =>
    (name: string, zh: string, of: Column<T>["of"]): Column<T> => ({ name, zh, kind, of });
  return { text: column("text"), integer: column("integer"), boolean: column("boolean"), moment: column("moment") };
}
const { text, integer, boolean, moment } = columnsOf<LiveEvent>();
const comment = columnsOf<KeptComment>();

/** The columns of events, in their order. New ones are added at the end. */
const COLUMNS: readonly Column[] = [
  integer("seq", "序号", (event) => event.seq),
  moment("time", "时间", (event) => event.time),
  text("type", "类型", (event) => event.type),
  text("nickname", "昵称", (event) => userOf(event)?.nickname ?? null),
  text("text", "内容", (event) => describe(event)),
  text("gift", "礼物", (event) => giftOf(event)?.gift.name ?? null),
  integer("delta", "新增件数", (event) => giftOf(event)?.delta ?? null),
  integer("diamonds", "抖币", (event) => ("diamonds" in event ? event.diamonds : null)),
  integer("likes", "点赞数", (event) => (event.type === "like" ? event.count : null)),
  integer("online", "在线人数", (event) => (event.type === "stats" ? event.online : event.type === "join" ? event.memberCount : null)),
  text("userId", "用户 ID", (event) => userOf(event)?.id ?? null),
  text("secUid", "sec_uid（用户）", (event) => userOf(event)?.secUid ?? null),
  text("displayId", "抖音号", (event) => userOf(event)?.displayId ?? null),
  text("gender", "性别", (event) => userOf(event)?.gender ?? null),
  integer("payLevel", "财富等级", (event) => userOf(event)?.payLevel ?? null),
  text("fansClub", "粉丝团", (event) => userOf(event)?.fansClub?.name ?? null),
  integer("fansClubLevel", "粉丝团等级", (event) => userOf(event)?.fansClub?.level ?? null),
  boolean("isAdmin", "是否房管", (event) => userOf(event)?.isAdmin ?? null),
  boolean("isAnchor", "是否主播", (event) => userOf(event)?.isAnchor ?? null),
  boolean("masked", "身份已隐藏", (event) => userOf(event)?.masked ?? null),
  text("kind", "细分类型", (event) => ("kind" in event ? event.kind : null)),
  text("action", "动作", (event) => ("action" in event ? event.action : null)),
  text("giftId", "礼物 ID", (event) => giftOf(event)?.gift.id ?? null),
  integer("unitDiamonds", "单价（抖币）", (event) => giftOf(event)?.unitDiamonds ?? null),
  integer("comboTotal", "连击总件数", (event) => giftOf(event)?.comboTotal ?? null),
  boolean("settled", "连击已结束", (event) => giftOf(event)?.settled ?? null),
  text("comboId", "连击 ID", (event) => giftOf(event)?.comboId ?? null),
  text("receiverId", "接收人 ID", (event) => giftOf(event)?.receiver?.id ?? null),
  text("receiver", "接收人", (event) => giftOf(event)?.receiver?.nickname ?? null),
  integer("likesTotal", "累计点赞", (event) => (event.type === "like" ? event.total : null)),
  integer("totalViewers", "累计观看", (event) => (event.type === "stats" ? event.totalViewers : null)),
  integer("followers", "主播粉丝数", (event) => (event.type === "follow" ? event.followers : null)),
  text("session", "场次 ID", (event) => event.sessionId),
  text("method", "平台消息类型", (event) => event.method),
  text("id", "事件 ID", (event) => event.id),
  integer("timeMs", "时间（UTC 毫秒）", (event) => event.time),
  boolean("timeEstimated", "时间是估计的", (event) => event.timeEstimated === true),
  integer("receivedMs", "接收时间（UTC 毫秒）", (event) => event.receivedAt),
  integer("revision", "修订号", (event) => event.revision),
];

/** Table of events. */
export const EVENTS: Table<LiveEvent> = { name: "events", columns: COLUMNS };

/** Returns the person whose event it is. */
export function userOf(event: NewEvent): User | null {
  return "user" in event ? (event.user ?? null) : null;
}

function giftOf(event: LiveEvent): NewEventOf<"gift"> | null {
  return event.type === "gift" ? event : null;
}

/**
 * Writes a moment as tables show it: `2026-11-25 20:15:00.123` where the clock is so many minutes ahead of UTC; its number where no
 * calendar has it.
 */
export function shownMoment(at: number, zoneMinutes: number): string {
  const local = at + zoneMinutes * 60_000;
  return isDate(local) ? new Date(local).toISOString().slice(0, -1).replace("T", " ") : String(at);
}

/** Whether a time, ms UTC, is one that a calendar has: a store may hold any number. */
export function isDate(at: number): boolean {
  return !Number.isNaN(new Date(at).getTime());
}

/** Table of comments. New columns are added at the end. */
export const COMMENTS: Table<KeptComment> = {
  name: "comments",
  columns: [
    comment.text("id", "评论 ID", ({ id }) => id),
    comment.moment("time", "时间", ({ time }) => time),
    comment.integer("level", "层级", ({ level }) => level),
    comment.text("nickname", "昵称", ({ user }) => user.nickname),
    comment.text("text", "内容", ({ text }) => text),
    comment.integer("likes", "点赞数", ({ likes }) => likes),
    comment.integer("replies", "回复数", ({ replies }) => replies),
    comment.integer("repliesCollected", "已采集回复数", ({ repliesCollected }) => repliesCollected),
    comment.text("place", "IP 属地", ({ place }) => place),
    comment.text("labels", "标签", ({ labels }) => (labels.length === 0 ? null : labels.join(" "))),
    comment.text("userId", "用户 ID", ({ user }) => user.id),
    comment.text("secUid", "sec_uid（用户）", ({ user }) => user.secUid),
    comment.text("displayId", "抖音号", ({ user }) => user.displayId),
    comment.boolean("byAuthor", "作者本人", ({ byAuthor }) => byAuthor),
    comment.boolean("authorLiked", "作者赞过", ({ authorLiked }) => authorLiked),
    comment.boolean("pinned", "置顶", ({ pinned }) => pinned),
    comment.boolean("hot", "热评", ({ hot }) => hot),
    comment.boolean("folded", "已折叠", ({ folded }) => folded),
    comment.integer("images", "图片数", ({ images }) => images.length),
    comment.text("sticker", "表情图片", ({ sticker }) => sticker?.url ?? null),
    comment.text("parentId", "所属主评论 ID", ({ parentId }) => parentId),
    comment.text("replyToId", "回复对象的评论 ID", ({ replyToId }) => replyToId),
    comment.text("workId", "作品 ID", ({ workId }) => workId),
    comment.integer("rank", "排序", ({ rank }) => rank),
    comment.moment("removed", "消失时间", ({ removedAt }) => removedAt),
    comment.boolean("erased", "已删除个人数据", ({ erased }) => erased),
    comment.integer("timeMs", "时间（UTC 毫秒）", ({ time }) => time),
    comment.boolean("timeEstimated", "时间是估计的", ({ timeEstimated }) => timeEstimated === true),
    comment.integer("receivedMs", "接收时间（UTC 毫秒）", ({ receivedAt }) => receivedAt),
    comment.integer("firstSeenMs", "首次看到（UTC 毫秒）", ({ firstSeenAt }) => firstSeenAt),
    comment.integer("revision", "修订号", ({ revision }) => revision),
  ],
};
