import { type Static, Type } from "typebox";
import { Count, literals, Nullable, Text } from "../../events/field.js";

const Urls = Type.Array(Type.String(), {
  description: "https addresses of the same bytes, in the order to try them: hosts of the CDN, then the platform's own",
});
const ExpiresAt = Nullable(Type.Integer({ description: "when the first of the addresses stops working, ms UTC" }));

/** One form in which a film or its sound can be had: a rung. */
export const MediaVariantSchema = Type.Object(
  {
    name: Type.String({ description: "the platform's name of it (normal_1080_0)" }),
    role: literals(["video", "audio"], "a film, or the sound that belongs to silent ones"),
    container: literals(["mp4", "dash", "m4a", "mp3"], "dash is a film without sound, to be joined with an audio variant"),
    codec: Nullable(literals(["h264", "h265", "vvc", "aac"], "as the platform tells it")),
    hasAudio: Type.Boolean({ description: "it has sound in itself" }),
    watermark: Type.Boolean({ description: "the platform put its mark on it; known by the field that it was in, never by its address" }),
    width: Count("pixels"),
    height: Count("pixels"),
    fps: Nullable(Type.Number({ minimum: 0, description: "pictures a second" })),
    hdr: Text("kind of HDR, as the platform tells it"),
    bitrate: Count("bits a second"),
    bytes: Count("length of the file"),
    hash: Text("the platform's hash of the file"),
    urls: Urls,
    expiresAt: ExpiresAt,
    recommended: Type.Optional(Type.Literal(true, { description: "the one that is taken unless another is asked for" })),
  },
  { $id: "MediaVariant", description: "one form in which a film or its sound can be had" },
);
export type MediaVariant = Static<typeof MediaVariantSchema>;

/** A picture: of a note, of a live photo (then with its film), a cover, a picture in a comment. */
export const ImageSchema = Type.Object(
  {
    index: Type.Integer({ minimum: 0, description: "place among its like, from 0" }),
    role: literals(
      ["image", "still", "cover", "origin", "dynamic"],
      "a picture, the picture of a live photo; of covers the usual one, the unprocessed one, the one that may move",
    ),
    width: Count("pixels, as the platform says"),
    height: Count("pixels, as the platform says"),
    format: Text("type of the file (webp, jpeg, heic); null before it is downloaded"),
    bytes: Count("length of the file; null before it is downloaded"),
    watermark: Type.Boolean({ description: "the platform put its mark on it" }),
    urls: Urls,
    expiresAt: ExpiresAt,
    motion: Nullable(
      Type.Object({
        durationMs: Count("its length"),
        media: Type.Array(MediaVariantSchema, { description: "rungs of the film; none: its clip is missing" }),
      }),
      "the film of a live photo (实况), which belongs to this picture",
    ),
  },
  { $id: "Image", description: "a picture, with its film where it is a live photo" },
);
export type Image = Static<typeof ImageSchema>;

/** The music of a work. */
export const MusicSchema = Type.Object(
  {
    id: Text("the platform's id of it"),
    title: Text("its name"),
    author: Text("whose it is"),
    durationMs: Count("its length"),
    original: Nullable(Type.Boolean({ description: "it was made for a work (原声)" })),
    url: Text("https address of the sound"),
    cover: Text("https address of its picture"),
  },
  { $id: "Music", description: "the music of a work" },
);
export type Music = Static<typeof MusicSchema>;
