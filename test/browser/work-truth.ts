import type { SimulatedWork } from "../../simulator/index.js";
import type { MediaVariant } from "../../src/works/model/media.js";
import type { Work } from "../../src/works/model/work.js";

const SAME = [
  "id",
  "kind",
  "text",
  "durationMs",
  "width",
  "height",
  "mentions",
  "place",
  "pinned",
  "downloadAllowed",
  "commentsAllowed",
] as const;
const MUSIC = ["id", "title", "author", "durationMs", "original"] as const;
const pick = <T extends object, K extends keyof T>(from: T, names: readonly K[]) =>
  Object.fromEntries(names.map((name) => [name, from[name]]));

/** What must have been read of a work that may be seen, by the truth about it; the page's state tells less than the reply. */
export function truthOf(work: SimulatedWork, source: Work["source"]): Record<string, unknown> {
  const byReply = source !== "page";
  const { author, music } = work;
  return {
    ...pick(work, SAME),
    url: `https://www.douyin.com/${work.kind === "video" ? "video" : "note"}/${work.id}`,
    ...{ title: byReply ? work.title : null, time: work.createdAt, mix: byReply ? work.mix : null, state: "public", stateReason: null },
    author: { id: author.uid, displayId: byReply ? author.displayId : null, ...pick(author, ["secUid", "nickname", "verified"]) },
    stats: { ...work.stats, plays: null },
    tags: work.tags.map((tag) => pick(tag, ["name", "id"])),
    rungs: work.rungs.map(rungOf).sort(),
    // The page's state has no hashes of rungs, and the shape of its sounds is not known.
    sounds: byReply ? work.sounds.map(({ file, bitrate }) => [file.fileHash, file.size, bitrate].join(" ")).sort() : [],
    marked: byReply && work.watermarked !== null ? [work.watermarked.size] : [],
    images: work.images.map(({ width, height, clip }, index) => ({
      ...{ index, width, height },
      motion: clip && { durationMs: clip.durationMs, hash: byReply ? clip.file.fileHash : null, bytes: clip.file.size },
    })),
    music: music && pick(music, MUSIC),
    source,
  };
}

/** Returns what was read in the form of {@link truthOf}. */
export function readOf(work: Work): Record<string, unknown> {
  const { author, media, music } = work;
  const films = media.filter(({ role, watermark }) => role === "video" && !watermark);
  return {
    ...pick(work, [...SAME, "url", "title", "time", "mix", "state", "stateReason", "stats", "tags", "source"]),
    author: pick(author, ["id", "secUid", "displayId", "nickname", "verified"]),
    rungs: films.map(variantRungOf).sort(),
    sounds: media.flatMap(({ role, hash, bytes, bitrate }) => (role === "audio" ? [[hash, bytes, bitrate].join(" ")] : [])).sort(),
    marked: media.filter(({ watermark }) => watermark).map(({ bytes }) => bytes),
    images: work.images.map(({ index, width, height, motion }) => {
      const [clip] = motion?.media ?? [];
      return { index, width, height, motion: motion && { durationMs: motion.durationMs, hash: clip?.hash, bytes: clip?.bytes } };
    }),
    music: music && pick(music, MUSIC),
  };
}

function rungOf({ name, format, codec, width, height, fps, bitrate, file }: SimulatedWork["rungs"][number]): string {
  return [name, format, codec, format === "mp4", width, height, fps, bitrate, file.size].join(" ");
}

function variantRungOf({ name, container, codec, hasAudio, width, height, fps, bitrate, bytes }: MediaVariant): string {
  return [name, container, codec, hasAudio, width, height, fps, bitrate, bytes].join(" ");
}
