import { type Language, reasonIn } from "../../i18n/words.js";
import type { Image, MediaVariant, Music } from "../../works/model/media.js";
import type { Work } from "../../works/model/work.js";

/** The platform's words for who may see a work. */
const AUDIENCES: Partial<Record<Work["state"], number>> = { private: 1, friends: 2 };
const COVERS = { cover: "cover", origin: "origin_cover", dynamic: "dynamic_cover" } as const;
const [VIDEO, IMAGES] = [4, 2];
const [FILM, NOTE] = [0, 68];
const [MENTION, HASHTAG] = [0, 1];

/**
 * Builds the data of a detail reply of a work that was last read in another form, from its page or a list: the platform's names, as far as something is known,
 * and `_source`, which no reply of the platform has.
 */
export function detailOf(work: Work, language: Language): Record<string, unknown> {
  const { id, kind, state, stateReason, source } = work;
  const filter = state === "public" ? {} : { filter_detail: filterOf(id, state, reasonIn(language, stateReason)) };
  return { status_code: 0, aweme_detail: kind === null ? null : awemeOf(work), ...filter, _source: source === "list" ? "list" : "page" };
}

function filterOf(id: string, state: string, reason: string | null): Record<string, unknown> {
  return { aweme_id: id, filter_reason: state, notice: reason ?? "", detail_msg: reason ?? "" };
}

/** Builds a work as any reply of the page has it. */
export function awemeOf(work: Work): Record<string, unknown> {
  const { id, kind, state, author, stats, place, mix, downloadAllowed, commentsAllowed } = work;
  const isFilm = kind === "video";
  return {
    aweme_id: id,
    group_id: id,
    ...{ media_type: isFilm ? VIDEO : IMAGES, aweme_type: isFilm ? FILM : NOTE, is_slides: kind === "live_photos" },
    ...{ desc: work.text, item_title: work.title, create_time: Math.floor(work.time / 1000), share_url: work.shareUrl },
    author: {
      ...{ uid: author.id, sec_uid: author.secUid, nickname: author.nickname, unique_id: author.displayId, short_id: author.shortId },
      ...{ signature: author.signature, custom_verify: author.verified, avatar_thumb: addresses(author.avatar) },
      ...{ follower_count: author.followers, following_count: author.following, aweme_count: author.works, total_favorited: author.likes },
      secret: author.state === null ? null : author.state === "private" ? 1 : 0,
    },
    statistics: {
      ...{ aweme_id: id, digg_count: stats.likes, comment_count: stats.comments, collect_count: stats.favorites },
      ...{ share_count: stats.shares, play_count: 0 }, // as on the web
    },
    poi_info: place === null ? null : { poi_name: place },
    is_top: work.pinned ? 1 : 0,
    status: { aweme_id: id, is_delete: state === "deleted", private_status: AUDIENCES[state] ?? 0 },
    pc_need_login: state === "needs_login",
    aweme_control: { can_show_comment: commentsAllowed },
    video_control: { allow_download: downloadAllowed },
    duration: work.durationMs,
    video: { ...coversOf(work), ...(isFilm ? filmOf(work) : {}) },
    images: isFilm ? null : work.images.map(imageOf),
    music: work.music === null ? null : musicOf(work.music),
    text_extra: [
      ...work.tags.map(({ name, id: tag }) => ({ type: HASHTAG, hashtag_name: name, hashtag_id: tag })),
      ...work.mentions.map(({ secUid, userId, start, end }) => ({ type: MENTION, sec_uid: secUid, user_id: userId, start, end })),
    ],
    mix_info: mix === null ? null : { mix_id: mix.id, mix_name: mix.name },
  };
}

function filmOf({ durationMs, width, height, media }: Work): Record<string, unknown> {
  return { ...playerOf(durationMs, media), width, height };
}

/** Returns the covers, which a note has in its `video` too. */
function coversOf({ covers }: Work): Record<string, unknown> {
  const fields: Record<string, unknown> = {};
  for (const { role, urls, width, height } of covers)
    if (role in COVERS) fields[COVERS[role as keyof typeof COVERS]] = { url_list: urls, width, height };
  return fields;
}

/** Returns a film as it is played. */
function playerOf(durationMs: number | null, media: readonly MediaVariant[]): Record<string, unknown> {
  const films = media.filter(({ role, watermark }) => role === "video" && !watermark);
  const sounds = media.filter(({ role }) => role === "audio");
  const played = films.find(({ recommended }) => recommended === true) ?? films[0];
  const marked = media.find(({ watermark }) => watermark);
  return {
    duration: durationMs,
    play_addr: played === undefined ? null : addressOf(played),
    download_addr: marked === undefined ? null : addressOf(marked),
    bit_rate: films.map(rungOf),
    bit_rate_audio: sounds.length === 0 ? null : sounds.map(soundOf),
  };
}

function rungOf(variant: MediaVariant): Record<string, unknown> {
  const { name, bitrate, fps, hdr, codec, container } = variant;
  const isH265 = codec === null || codec === "vvc" ? null : codec === "h265" ? 1 : 0;
  return {
    ...{ gear_name: name, bit_rate: bitrate, FPS: fps, HDR_type: hdr ?? "" },
    ...{ is_h265: isH265, is_bytevc1: isH265, format: container, play_addr: addressOf(variant) },
  };
}

function soundOf({ name, bitrate, bytes, hash, container, urls }: MediaVariant): Record<string, unknown> {
  const [main_url, backup_url, fallback_url] = urls;
  const format = container === "mp3" ? "mp3" : "dash";
  return {
    audio_quality: name,
    audio_meta: { bitrate, size: bytes, file_hash: hash, format, url_list: { main_url, backup_url, fallback_url } },
  };
}

function addressOf({ urls, bytes, hash, width, height }: MediaVariant): Record<string, unknown> {
  return { url_list: urls, data_size: bytes, file_hash: hash, width, height };
}

function imageOf({ urls, width, height, motion }: Image): Record<string, unknown> {
  return { url_list: urls, width, height, video: motion === null ? null : playerOf(motion.durationMs, motion.media) };
}

function musicOf({ id, title, author, durationMs, original, url, cover }: Music): Record<string, unknown> {
  return {
    ...{ id_str: id, mid: id, title, author, is_original: original, play_url: addresses(url), cover_hd: addresses(cover) },
    duration: durationMs === null ? null : Math.round(durationMs / 1000),
  };
}

function addresses(url: string | null): Record<string, unknown> {
  return { url_list: url === null ? [] : [url] };
}
