import type { SimulatedWork } from "../../simulator/index.js";
import type { MediaVariant } from "../../src/works/model/media.js";
import type { Work } from "../../src/works/model/work.js";

/** What must have been read of a work that may be seen, by the truth about it; the page's state tells less than the reply. */
export function truthOf(work: SimulatedWork, source: Work["source"]): Record<string, unknown> {
  const byReply = source !== "page";
  const { author, music } = work;
  return {
    id: work.id,
    url: `https://www.douyin.com/${work.kind === "video" ? "video" : "note"}/${work.id}`,
    kind: work.kind,
    text: work.text,
    title: byReply ? work.title : null,
    time: work.createdAt,
    author: {
      id: author.uid,
      secUid: author.secUid,
      displayId: byReply ? author.displayId : null,
      nickname: author.nickname,
      verified: author.verified,
    },
    stats: { ...work.stats, plays: null },
    durationMs: work.durationMs,
    width: work.width,
    height: work.height,
    tags: work.tags.map(({ name, id }) => ({ name, id })),
    mentions: [...work.mentions],
    place: work.place,
    pinned: work.pinned,
    mix: byReply ? work.mix : null,
    state: "public",
    stateReason: null,
    downloadAllowed: work.downloadAllowed,
    commentsAllowed: work.commentsAllowed,
    rungs: work.rungs.map(rungOf).sort(),
    // The page's state has no hashes of rungs, and the shape of its sounds is not known.
    sounds: byReply ? work.sounds.map(({ file, bitrate }) => [file.fileHash, file.size, bitrate].join(" ")).sort() : [],
    marked: byReply && work.watermarked !== null ? [work.watermarked.size] : [],
    images: work.images.map(({ width, height, clip }, index) => ({
      index,
      width,
      height,
      motion: clip === null ? null : { durationMs: clip.durationMs, hash: byReply ? clip.file.fileHash : null, bytes: clip.file.size },
    })),
    music:
      music === null
        ? null
        : { id: music.id, title: music.title, author: music.author, durationMs: music.durationMs, original: music.original },
    source,
  };
}

/** Returns what was read in the form of {@link truthOf}. */
export function readOf(work: Work): Record<string, unknown> {
  const { id, url, kind, text, title, time, stats, durationMs, width, height, tags, mentions, place, pinned, mix, state, stateReason } =
    work;
  const { author, media, music } = work;
  const films = media.filter(({ role, watermark }) => role === "video" && !watermark);
  return {
    ...{ id, url, kind, text, title, time, stats, durationMs, width, height, tags, mentions, place, pinned, mix, state, stateReason },
    author: {
      id: author.id,
      secUid: author.secUid,
      displayId: author.displayId,
      nickname: author.nickname,
      verified: author.verified,
    },
    downloadAllowed: work.downloadAllowed,
    commentsAllowed: work.commentsAllowed,
    rungs: films.map(variantRungOf).sort(),
    sounds: media
      .filter(({ role }) => role === "audio")
      .map(({ hash, bytes, bitrate }) => [hash, bytes, bitrate].join(" "))
      .sort(),
    marked: media.filter(({ watermark }) => watermark).map(({ bytes }) => bytes),
    images: work.images.map((image) => {
      const [clip] = image.motion?.media ?? [];
      return {
        index: image.index,
        width: image.width,
        height: image.height,
        motion: image.motion === null ? null : { durationMs: image.motion.durationMs, hash: clip?.hash, bytes: clip?.bytes },
      };
    }),
    music:
      music === null
        ? null
        : { id: music.id, title: music.title, author: music.author, durationMs: music.durationMs, original: music.original },
    source: work.source,
  };
}

function rungOf({ name, format, codec, width, height, fps, bitrate, file }: SimulatedWork["rungs"][number]): string {
  return [name, format, codec, format === "mp4", width, height, fps, bitrate, file.size].join(" ");
}

function variantRungOf({ name, container, codec, hasAudio, width, height, fps, bitrate, bytes }: MediaVariant): string {
  return [name, container, codec, hasAudio, width, height, fps, bitrate, bytes].join(" ");
}
