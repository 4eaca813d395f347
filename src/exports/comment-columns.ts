import type { KeptComment } from "../works/model/kept.js";
import type { Column, Table, Value } from "./columns.js";

type Of = (comment: KeptComment) => Value;
const column = (kind: Column["kind"]) => (name: string, zh: string, of: Of) => ({ name, zh, kind, of });
const [text, integer, boolean, moment] = [column("text"), column("integer"), column("boolean"), column("moment")];

/** Table of comments. New columns are added at the end. */
export const COMMENTS: Table<KeptComment> = {
  name: "comments",
  columns: [
    text("id", "评论 ID", ({ id }) => id),
    moment("time", "时间", ({ time }) => time),
    integer("level", "层级", ({ level }) => level),
    text("nickname", "昵称", ({ user }) => user.nickname),
    text("text", "内容", ({ text }) => text),
    integer("likes", "点赞数", ({ likes }) => likes),
    integer("replies", "回复数", ({ replies }) => replies),
    integer("repliesCollected", "已采集回复数", ({ repliesCollected }) => repliesCollected),
    text("place", "IP 属地", ({ place }) => place),
    text("labels", "标签", ({ labels }) => (labels.length === 0 ? null : labels.join(" "))),
    text("userId", "用户 ID", ({ user }) => user.id),
    text("secUid", "sec_uid（用户）", ({ user }) => user.secUid),
    text("displayId", "抖音号", ({ user }) => user.displayId),
    boolean("byAuthor", "作者本人", ({ byAuthor }) => byAuthor),
    boolean("authorLiked", "作者赞过", ({ authorLiked }) => authorLiked),
    boolean("pinned", "置顶", ({ pinned }) => pinned),
    boolean("hot", "热评", ({ hot }) => hot),
    boolean("folded", "已折叠", ({ folded }) => folded),
    integer("images", "图片数", ({ images }) => images.length),
    text("sticker", "表情图片", ({ sticker }) => sticker?.url ?? null),
    text("parentId", "所属主评论 ID", ({ parentId }) => parentId),
    text("replyToId", "回复对象的评论 ID", ({ replyToId }) => replyToId),
    text("workId", "作品 ID", ({ workId }) => workId),
    integer("rank", "排序", ({ rank }) => rank),
    moment("removed", "消失时间", ({ removedAt }) => removedAt),
    boolean("erased", "已删除个人数据", ({ erased }) => erased),
    integer("timeMs", "时间（UTC 毫秒）", ({ time }) => time),
    boolean("timeEstimated", "时间是估计的", ({ timeEstimated }) => timeEstimated === true),
    integer("receivedMs", "接收时间（UTC 毫秒）", ({ receivedAt }) => receivedAt),
    integer("firstSeenMs", "首次看到（UTC 毫秒）", ({ firstSeenAt }) => firstSeenAt),
    integer("revision", "修订号", ({ revision }) => revision),
  ],
};
