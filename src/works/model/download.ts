import { type Static, Type } from "typebox";
import { Count, literals, Nullable, Text } from "../../events/field.js";

const STATES = ["waiting", "running", "done", "partial", "failed", "cancelled", "stopped"] as const;
const State = literals(
  [...STATES],
  "waiting: for its work to be read, or for its turn; partial: some of it is there, the rest is not; stopped: its process ended before it did",
);

/** A file of a download. */
export const DownloadFileSchema = Type.Object(
  {
    role: literals(["video", "image", "clip", "cover", "music", "meta"], "what of the work it is; clip is the film of a live photo"),
    index: Type.Integer({ minimum: 0, description: "place among its like, from 0: a still and its clip have the same" }),
    name: Text("name in the folder; null before it is complete"),
    bytes: Count("length so far, or in all when it is complete; null where nothing of it is there"),
    totalBytes: Count("length that it will have; null while it is not known"),
    sha256: Text("hash of what was written"),
    variant: Text("name of the rung that was taken"),
    state: State,
    reason: Text("why it is not complete, or why this rung was taken"),
  },
  { $id: "DownloadFile", description: "a file of a download" },
);
export type DownloadFile = Static<typeof DownloadFileSchema>;

/** The files of a work on their way to a folder. */
const DownloadSchema = Type.Object(
  {
    id: Type.String({ description: "id of the download" }),
    workId: Type.String({ description: "the work" }),
    state: State,
    reason: Text("why it is not complete"),
    files: Type.Array(DownloadFileSchema, { description: "its files" }),
  },
  { $id: "Download", description: "the files of a work on their way to a folder" },
);
export type Download = Static<typeof DownloadSchema>;

/** Files that are wanted of a work. */
export const DownloadWishSchema = Type.Object({
  quality: Type.String({
    pattern: "^(compatible|best|smallest|[1-9][0-9]{1,4}p)$",
    default: "compatible",
    description: "rung of a film: compatible, best, smallest, or a height such as 720p",
  }),
  hdr: Type.Boolean({ default: false, description: "whether HDR is taken where there is a choice" }),
  music: Type.Boolean({ default: false, description: "whether the music is wanted, too" }),
  covers: Type.Boolean({ default: false, description: "whether the covers are wanted, too" }),
  template: Type.String({
    minLength: 1,
    maxLength: 200,
    default: "{date} {text} {id}",
    description: "names of the files in the folder of their work: 1 to 200 characters, with fields in braces; docs/works.md has them",
  }),
  ignoreAuthorSetting: Type.Boolean({
    default: false,
    description: "also what its author does not allow to download; needs the scope admin, and is logged",
  }),
});
export type DownloadWish = Static<typeof DownloadWishSchema>;

const Moment = (description: string) => Nullable(Type.Integer({ description: "ms UTC" }), description);

/** A download of a server, as it is kept. */
export const KeptDownloadSchema = Type.Object(
  {
    ...DownloadSchema.properties,
    wish: DownloadWishSchema,
    bytes: Type.Integer({ minimum: 0, description: "bytes of its files that are there" }),
    totalBytes: Count("bytes of all its files; null while the length of one is unknown"),
    askedBy: Type.String({ description: "name of the token that asked for it" }),
    process: Type.String({ description: "name of the process on whose disk its files lie" }),
    createdAt: Type.Integer({ description: "when it was asked for, ms UTC" }),
    begunAt: Moment("when the first of its files was begun; null before"),
    endedAt: Moment("when it ended; null before"),
  },
  { $id: "KeptDownload", description: "a download of a server" },
);
export type KeptDownload = Static<typeof KeptDownloadSchema>;
