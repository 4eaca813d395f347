import { type Static, Type } from "typebox";
import { Count, Nullable, Text } from "../../events/field.js";
import { PersonSchema } from "./author.js";
import { ImageSchema } from "./media.js";
import { MentionSchema } from "./work.js";
import { RunEndSchema } from "./work-list.js";

/** A comment of a work, or a reply to one. A top comment with its replies is a floor (楼); replies are flat. */
export const CommentSchema = Type.Object(
  {
    id: Type.String({ description: "the platform's id (cid)" }),
    workId: Type.String({ description: "the work that it belongs to" }),
    parentId: Text("the top comment of its floor; null for a top comment"),
    replyToId: Text("the reply that it answers; null where it answers the top comment, or is one"),
    level: Type.Union([Type.Literal(1), Type.Literal(2)], { description: "1 a top comment, 2 a reply" }),
    text: Type.String({ description: "what was written; empty where it is a picture or a sticker alone" }),
    time: Type.Integer({ description: "when it was written, ms UTC" }),
    timeEstimated: Type.Optional(
      Type.Literal(true, { description: "the platform gave no time: it was worked out of the id, to some seconds" }),
    ),
    likes: Count("hearts"),
    replies: Count("replies, as the platform counts"),
    repliesCollected: Type.Integer({ minimum: 0, description: "replies that reached us" }),
    place: Text("province or country of the writer's address (云南)"),
    user: PersonSchema,
    authorLiked: Nullable(Type.Boolean({ description: "the work's author likes it" })),
    byAuthor: Nullable(Type.Boolean({ description: "the work's author wrote it; null where it is unknown who that is" })),
    labels: Type.Array(Type.String(), { description: "words that the platform puts beside the writer (作者)" }),
    pinned: Type.Boolean({ description: "the author put it first" }),
    hot: Type.Boolean({ description: "the platform marks it as hot" }),
    folded: Type.Boolean({ description: "the platform hides it until one asks" }),
    images: Type.Array(ImageSchema, { description: "pictures in it" }),
    sticker: Nullable(Type.Object({ id: Text("the platform's id of it"), url: Text("https address of it") }), "a sticker in it"),
    mentions: Type.Array(MentionSchema, { description: "people that the text names" }),
    rank: Type.Integer({ minimum: 0, description: "place in the order in which it was received: the platform orders by heat" }),
    receivedAt: Type.Integer({ description: "when it reached us, ms UTC" }),
  },
  { $id: "Comment", description: "a comment of a work, or a reply to one" },
);
export type Comment = Static<typeof CommentSchema>;

/** A run that collects the comments of a work. It is never just done: it says by what it ended, and both numbers. */
export const CommentRunSchema = Type.Object(
  {
    workId: Type.String({ description: "the work" }),
    shown: Count("comments that the platform says there are: it counts replies and hidden ones, so paging yields fewer"),
    collected: Type.Integer({ minimum: 0, description: "comments that reached us, replies among them" }),
    topLevel: Type.Integer({ minimum: 0, description: "how many of them are top comments" }),
    repliesCollected: Type.Integer({ minimum: 0, description: "how many of them are replies" }),
    limit: Type.Integer({ minimum: 1, description: "it ends after so many comments that are new" }),
    withinMs: Count("it ends so many ms after the page has shown the first; null: it takes the time it needs"),
    replies: Type.Boolean({ description: "whether it opens floors; else it takes the replies that are shown with them" }),
    floorsOpen: Type.Integer({ minimum: 0, description: "floors of which the platform counts more replies than reached us" }),
    cursor: Count("where the platform goes on"),
    endedBy: Nullable(RunEndSchema, "null while it runs, and where it broke off"),
    reason: Text("why it ended, in words"),
    startedAt: Type.Integer({ description: "ms UTC" }),
    endedAt: Nullable(Type.Integer({ description: "ms UTC" })),
  },
  { $id: "CommentRun", description: "a run that collects the comments of a work" },
);
export type CommentRun = Static<typeof CommentRunSchema>;
