import { type Static, Type } from "typebox";
import { Count, literals, Text } from "../../events/field.js";

const STATES = ["queued", "running", "done", "partial", "failed", "cancelled"] as const;
const State = literals([...STATES], "partial: some of it is there, the rest is not");

/** A file of a download. */
export const DownloadFileSchema = Type.Object(
  {
    role: literals(["video", "image", "clip", "cover", "music", "meta"], "what of the work it is; clip is the film of a live photo"),
    index: Type.Integer({ minimum: 0, description: "place among its like, from 0: a still and its clip have the same" }),
    name: Text("name in the folder; null before it is complete"),
    bytes: Count("length so far, or in all when it is complete"),
    sha256: Text("hash of what was written"),
    variant: Text("name of the rung that was taken"),
    state: State,
    reason: Text("why it is not complete, or why this rung was taken"),
  },
  { $id: "DownloadFile", description: "a file of a download" },
);
export type DownloadFile = Static<typeof DownloadFileSchema>;

/** The files of a work on their way to a folder. */
export const DownloadSchema = Type.Object(
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
