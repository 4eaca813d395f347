import { type Static, Type } from "typebox";
import { Count, literals, Nullable, Text } from "../../events/field.js";
import { AuthorSchema } from "./author.js";
import { ImageSchema, MediaVariantSchema, MusicSchema } from "./media.js";

/** A person that a text names; `start` and `end` are places in it. */
export const MentionSchema = Type.Object({
  secUid: Text("the platform's lasting public id of the person"),
  userId: Text("numeric uid"),
  start: Count("where the name begins in the text, in UTF-16 units as far as is known"),
  end: Count("where it ends"),
});
export type Mention = Static<typeof MentionSchema>;

/** A mix (合集): works that their author put in a row. */
export const MixSchema = Type.Object({ id: Text("the platform's id of it"), name: Text("its name") });
export type Mix = Static<typeof MixSchema>;

/** A work (作品): a video, a note of pictures, or one of live photos. Unknown is null, never 0 or "". Ids are decimal strings. */
export const WorkSchema = Type.Object(
  {
    id: Type.String({ description: "the platform's id (aweme_id), 19 digits" }),
    url: Type.String({ description: "its page on www.douyin.com" }),
    shareUrl: Text("the platform's own link for sharing it, without the query, which holds ids of devices"),
    kind: Nullable(
      literals(["video", "images", "live_photos"], "a film, pictures (图文), pictures of which some move (实况)"),
      "null where only the id is known",
    ),
    text: Type.String({ description: "what the author wrote" }),
    title: Text("a title, where the author gave one; never made up from the text"),
    time: Type.Integer({ description: "when it was published, ms UTC" }),
    timeEstimated: Type.Optional(
      Type.Literal(true, { description: "the platform gave no time: it was worked out of the id, to some seconds" }),
    ),
    author: AuthorSchema,
    stats: Type.Object({
      likes: Count("hearts"),
      comments: Count("comments with their replies"),
      favorites: Count("how often it was saved"),
      shares: Count("how often it was shared"),
      plays: Type.Null({ description: "how often it was played: the web does not tell" }),
    }),
    durationMs: Count("length of the film"),
    width: Count("pixels of what was uploaded, which may be more than any rung has"),
    height: Count("pixels of what was uploaded"),
    tags: Type.Array(Type.Object({ name: Type.String({ description: "without #" }), id: Text("the platform's id of it") }), {
      description: "hashtags",
    }),
    mentions: Type.Array(MentionSchema, { description: "people that the text names" }),
    place: Text("place that the author chose"),
    pinned: Type.Boolean({ description: "the author put it first" }),
    mix: Nullable(MixSchema, "the collection of the author that it is part of (合集)"),
    state: literals(["public", "private", "friends", "deleted", "needs_login", "unavailable"], "whether it can be seen"),
    stateReason: Text("why, in the platform's word or in ours"),
    downloadAllowed: Nullable(Type.Boolean({ description: "the author lets it be downloaded" })),
    commentsAllowed: Nullable(Type.Boolean({ description: "it can be commented on, and comments be seen" })),
    paid: Nullable(Type.Boolean({ description: "it costs: what is given may be a preview" })),
    covers: Type.Array(ImageSchema, { description: "covers, by their roles" }),
    images: Type.Array(ImageSchema, { description: "pictures in order" }),
    media: Type.Array(MediaVariantSchema, { description: "rungs of the film, sounds for silent ones, and marked forms" }),
    music: Nullable(MusicSchema),
    captions: Type.Array(Type.Never(), { description: "none: no reply that was seen has any" }),
    source: literals(
      ["reply", "page", "list"],
      "what it was read from: the page's own detail reply, the state in its HTML, a list of works",
    ),
    receivedAt: Type.Integer({ description: "when that reached us, ms UTC" }),
    firstSeenAt: Type.Integer({ description: "when it was read for the first time, ms UTC" }),
    revision: Type.Integer({ minimum: 0, description: "0 as first kept; raised when it is read again and differs" }),
  },
  { $id: "Work", description: "a work: a video, a note of pictures, or one of live photos" },
);
export type Work = Static<typeof WorkSchema>;
