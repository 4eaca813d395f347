import type { KeptComment } from "../works/model/kept.js";
import type { Column, Table, Value } from "./columns.js";

type Of = (comment: KeptComment) => Value;
const column = (kind: Column["kind"]) => (name: string, of: Of) => ({ name, kind, of });
const [text, integer, boolean, moment] = [column("text"), column("integer"), column("boolean"), column("moment")];

/** Table of comments. New columns are added at the end. */
export const COMMENTS: Table<KeptComment> = {
  name: "comments",
  columns: [
    text("id", ({ id }) => id),
    moment("time", ({ time }) => time),
    integer("level", ({ level }) => level),
    text("nickname", ({ user }) => user.nickname),
    text("text", ({ text }) => text),
    integer("likes", ({ likes }) => likes),
    integer("replies", ({ replies }) => replies),
    integer("repliesCollected", ({ repliesCollected }) => repliesCollected),
    text("place", ({ place }) => place),
    text("labels", ({ labels }) => (labels.length === 0 ? null : labels.join(" "))),
    text("userId", ({ user }) => user.id),
    text("secUid", ({ user }) => user.secUid),
    text("displayId", ({ user }) => user.displayId),
    boolean("byAuthor", ({ byAuthor }) => byAuthor),
    boolean("authorLiked", ({ authorLiked }) => authorLiked),
    boolean("pinned", ({ pinned }) => pinned),
    boolean("hot", ({ hot }) => hot),
    boolean("folded", ({ folded }) => folded),
    integer("images", ({ images }) => images.length),
    text("sticker", ({ sticker }) => sticker?.url ?? null),
    text("parentId", ({ parentId }) => parentId),
    text("replyToId", ({ replyToId }) => replyToId),
    text("workId", ({ workId }) => workId),
    integer("rank", ({ rank }) => rank),
    moment("removed", ({ removedAt }) => removedAt),
    boolean("erased", ({ erased }) => erased),
    integer("timeMs", ({ time }) => time),
    boolean("timeEstimated", ({ timeEstimated }) => timeEstimated === true),
    integer("receivedMs", ({ receivedAt }) => receivedAt),
    integer("firstSeenMs", ({ firstSeenAt }) => firstSeenAt),
    integer("revision", ({ revision }) => revision),
  ],
};
