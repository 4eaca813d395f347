import type { Image, MediaVariant, Music } from "../../works/model/media.js";
import { chooseVariant } from "../../works/model/quality.js";
import { countOf, fieldOf, flagOf, idOf, listOf, momentOf, positiveOf, textOf } from "./field.js";
import { addressesOf, expiryOf } from "./media-address.js";

/** Fields that hold a film with the platform's mark; nothing in an address shows it (facts/videos.md 4.1). */
const MARKED = ["download_addr", "download_suffix_logo_addr"];

/** Films beside the rungs, for works that list none; `play_addr` was the h264 one in every work seen. `state`: its prefix in the page's state. */
const UNLISTED = [
  { name: "play_addr", codec: "h264", state: "playAddr", api: "playApi" },
  { name: "play_addr_265", codec: "h265", state: "playAddrH265", api: "playApiH265" },
] as const;

const CODECS = { h264: "h264", bytevc1: "h265", bytevc2: "vvc" } as const;

/** Returns the forms in which a film can be had: its rungs, the sounds for silent ones, and those with the platform's mark. */
export function variantsOf(video: unknown): MediaVariant[] {
  // Real works have about 19 rungs.
  const rungs = listOf(fieldOf(video, "bit_rate", "bitRateList"), 64).map((rung) => rungOf(rung, video));
  const films = rungs.some(canBeHad) ? rungs : unlisted(video);
  const sounds = listOf(fieldOf(video, "bit_rate_audio", "bitRateAudioList"), 16).map(soundOf);
  const marked = MARKED.map((name) => ({ ...film(name, fieldOf(video, name), video), watermark: true }));
  const all = [...films, ...sounds, ...marked].filter(canBeHad);
  const recommended = chooseVariant(all, "compatible")?.variant;
  return all.map((variant) => (variant === recommended ? { ...variant, recommended: true } : variant));
}

/** Returns whether a variant is a film without the platform's mark. */
export function canPlay({ role, watermark }: MediaVariant): boolean {
  return role === "video" && !watermark;
}

function canBeHad({ urls }: MediaVariant): boolean {
  return urls.length > 0;
}

function rungOf(rung: unknown, video: unknown): MediaVariant {
  const play = fieldOf(rung, "play_addr");
  const found = film(textOf(fieldOf(rung, "gear_name")) ?? "unnamed", play, video, rung);
  const h265 = flagOf(fieldOf(rung, "is_h265")) ?? flagOf(fieldOf(rung, "is_bytevc1"));
  return {
    ...found,
    codec: found.codec ?? (h265 === null ? null : h265 ? "h265" : "h264"),
    fps: positiveOf(fieldOf(rung, "FPS", "fps")),
    hdr: hdrOf(fieldOf(rung, "HDR_type")),
    bitrate: positiveOf(fieldOf(rung, "bit_rate")),
  };
}

function unlisted(video: unknown): MediaVariant[] {
  return UNLISTED.map(({ name, codec, state, api }) => {
    const found = film(name, fieldOf(video, name, state), video, { play_api: fieldOf(video, api) });
    return {
      ...found,
      codec: found.codec ?? codec,
      bytes: found.bytes ?? positiveOf(fieldOf(video, `${state}Size`)),
      hash: found.hash ?? textOf(fieldOf(video, `${state}FileHash`)),
    };
  });
}

/** Reads a film. @param beside where the page's state has what replies have within the address */
function film(name: string, address: unknown, video: unknown, beside?: unknown): MediaVariant {
  const field = (key: string) => fieldOf(address, key) ?? fieldOf(beside, key);
  const urls = addressesOf(address, fieldOf(beside, "play_api"));
  const format = textOf(fieldOf(beside, "format"));
  // Silent films without a format are known by their path.
  const dash = format === "dash" || (format === null && urls.some((url) => /\/media-video-\w+\//.test(url)));
  const key = /_(h264|bytevc1|bytevc2)_/.exec(textOf(field("url_key")) ?? "")?.[1];
  return {
    name,
    role: "video",
    container: dash ? "dash" : "mp4",
    codec: key === undefined ? null : CODECS[key as keyof typeof CODECS],
    hasAudio: !dash,
    watermark: false,
    width: positiveOf(field("width")),
    height: positiveOf(field("height")),
    fps: null,
    hdr: null,
    bitrate: null,
    bytes: positiveOf(field("data_size")),
    hash: textOf(field("file_hash")),
    urls,
    // The time of a work is that of its films with sound; silent ones live longer.
    expiresAt: expiryOf(urls) ?? (dash ? null : momentOf(fieldOf(video, "cdn_url_expired"))),
  };
}

function soundOf(item: unknown): MediaVariant {
  const meta = fieldOf(item, "audio_meta") ?? item;
  const urls = addressesOf(meta);
  const quality = fieldOf(item, "audio_quality");
  return {
    name: (typeof quality === "number" ? String(quality) : textOf(quality)) ?? "unnamed",
    role: "audio",
    container: textOf(fieldOf(meta, "format")) === "mp3" ? "mp3" : "m4a",
    codec: null, // codec_type is the film's
    hasAudio: true,
    watermark: false,
    width: null,
    height: null,
    fps: null,
    hdr: null,
    bitrate: positiveOf(fieldOf(meta, "bitrate")),
    bytes: positiveOf(fieldOf(meta, "size")),
    hash: textOf(fieldOf(meta, "file_hash")),
    urls,
    expiresAt: expiryOf(urls),
  };
}

function hdrOf(value: unknown): string | null {
  const kind = typeof value === "number" ? String(value) : textOf(value);
  return kind === "0" ? null : kind;
}

/** Returns the pictures of a note, in order; one that has a film of its own is a live photo. */
export function imagesOf(aweme: unknown): Image[] {
  const own = fieldOf(aweme, "images");
  const isOwn = Array.isArray(own) && own.length > 0;
  const all = listOf(isOwn ? own : fieldOf(fieldOf(aweme, "image_post_info"), "images"), 200); // a note has some tens
  return all.map((image, index) => {
    // Of the picture's lists, download_url_list has the platform's mark and is never read.
    const still = picture(index, "image", image, fieldOf(image, "watermark_free_download_url_list"), fieldOf(image, "url_list"));
    const video = fieldOf(image, "video");
    const media = variantsOf(video);
    // Some live photos do not say that they are: a film that can be played is enough.
    if (countOf(fieldOf(image, "live_photo_type")) !== 1 && !media.some(canPlay)) return still;
    return { ...still, role: "still", motion: { durationMs: positiveOf(fieldOf(video, "duration")), media } };
  });
}

/** Returns the covers of a film that can be had, each role once. */
export function coversOf(video: unknown): Image[] {
  const covers = [
    ["cover", fieldOf(video, "cover"), fieldOf(video, "coverUrlList")],
    ["origin", fieldOf(video, "origin_cover"), fieldOf(video, "originCoverUrlList")],
    ["dynamic", fieldOf(video, "dynamic_cover"), undefined],
  ] as const;
  return covers
    .map(([role, cover, list]) => picture(0, role, cover, cover, list))
    .filter(({ urls }) => urls.length > 0)
    .map((cover, index) => ({ ...cover, index }));
}

/** Makes a picture of an object with its size and of its addresses. */
export function picture(index: number, role: Image["role"], size: unknown, ...addresses: unknown[]): Image {
  const urls = addressesOf(...addresses);
  return {
    index,
    role,
    width: positiveOf(fieldOf(size, "width")),
    height: positiveOf(fieldOf(size, "height")),
    format: null,
    bytes: null,
    watermark: false,
    urls,
    expiresAt: expiryOf(urls),
    motion: null,
  };
}

/** Returns the music of a work; null if nothing is known of it. */
export function musicOf(music: unknown): Music | null {
  const seconds = countOf(fieldOf(music, "duration"));
  const found: Music = {
    // `id` itself has lost digits, or is an object in the page's state.
    id: idOf(fieldOf(music, "id_str")) ?? idOf(fieldOf(music, "mid")),
    title: textOf(fieldOf(music, "title", "musicName")),
    author: textOf(fieldOf(music, "author")) ?? textOf(fieldOf(music, "owner_nickname")),
    durationMs: seconds === null || seconds === 0 ? null : countOf(seconds * 1000),
    original: flagOf(fieldOf(music, "is_original")),
    url: addressesOf(fieldOf(music, "play_url"))[0] ?? null,
    cover: addressesOf(...["cover_hd", "cover_large", "cover_medium", "cover_thumb"].map((name) => fieldOf(music, name)))[0] ?? null,
  };
  return Object.values(found).every((value) => value === null) ? null : found;
}
