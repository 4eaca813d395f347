import { type Cdn, videoId } from "./cdn.js";
import { avatarAddress } from "./comments.js";
import { MediaFile } from "./media.js";
import type { SimulatedAuthor, SimulatedRung, SimulatedWork } from "./work.js";

/** Viewer of a work, and the hosts that have its files. */
export interface WorkView {
  readonly cdn: Cdn;
  readonly loggedIn: boolean;
}

/** Returns whether this viewer is shown a work's files. */
export function isShown(work: SimulatedWork, view: WorkView): boolean {
  return work.state === "public" || (work.state === "needs_login" && view.loggedIn);
}

/** Writes a work as replies hold it (`aweme_detail`, `aweme_list[]`): names with underscores. Big numbers are `@int:` texts. */
export function awemeJson(work: SimulatedWork, view: WorkView): Record<string, unknown> {
  const { stats, author, mix } = work;
  const shown = isShown(work, view);
  return {
    aweme_id: work.id,
    group_id: work.id,
    comment_gid: `@int:${work.id}`,
    media_type: work.kind === "video" ? 4 : 2,
    aweme_type: work.kind === "video" ? 0 : 68,
    desc: work.text,
    caption: work.text,
    item_title: work.title ?? "",
    preview_title: work.text.slice(0, 40),
    create_time: work.createdAt / 1000,
    author: {
      ...userJson(author),
      avatar_medium: avatarJson(author, 720),
      signature: author.signature,
      custom_verify: author.verified ?? "",
      enterprise_verify_reason: "",
      verification_type: author.verified === null ? 0 : 1,
    },
    statistics: {
      aweme_id: work.id,
      digg_count: stats.likes,
      comment_count: stats.comments,
      collect_count: stats.favorites,
      share_count: stats.shares,
      play_count: 0,
      admire_count: 0,
      recommend_count: 0,
      download_count: 0,
      forward_count: 0,
    },
    poi_info: work.place === null ? null : { poi_name: work.place },
    region: "CN",
    is_top: work.pinned ? 1 : 0,
    status: {
      aweme_id: work.id,
      is_delete: work.state === "deleted",
      private_status: work.state === "private" ? 1 : work.state === "friends" ? 2 : 0,
      is_prohibited: false,
      in_reviewing: false,
      part_see: 0,
      self_see: false,
      allow_comment: work.commentsAllowed,
      allow_share: true,
    },
    ...(work.state === "needs_login" && !view.loggedIn ? { pc_need_login: true } : {}),
    risk_infos: { type: 0, content: "", warn: false, vote: false, risk_sink: false },
    aweme_control: { can_comment: work.commentsAllowed, can_show_comment: work.commentsAllowed, can_share: true, can_forward: true },
    video_control: { allow_download: work.downloadAllowed, prevent_download_type: work.downloadAllowed ? 0 : 1 },
    prevent_download: !work.downloadAllowed,
    duration: work.durationMs ?? 0,
    video: shown ? videoJson(work, view.cdn) : null,
    images: shown && work.images.length > 0 ? work.images.map((_, index) => imageJson(work, index, view.cdn)) : null,
    original_images: null,
    music: musicJson(work, view.cdn),
    text_extra: [
      ...work.tags.map(({ name, id, start, end }) => ({
        ...{ type: 1, start, end, caption_start: start, caption_end: end, hashtag_name: name, hashtag_id: id },
      })),
      ...work.mentions.map(({ secUid, userId, start, end }) => ({ type: 0, start, end, user_id: userId, sec_uid: secUid })),
    ],
    cha_list: work.tags.length === 0 ? null : work.tags.map(({ name, id }) => ({ cid: id, cha_name: name })),
    video_tag: [{ level: 1, tag_id: 2007, tag_name: "旅行" }],
    mix_info: mix === null ? null : { mix_id: mix.id, mix_name: mix.name, mix_desc: "", statis: { play_vv: 0 } },
    series_paid_info: { series_paid_status: 0, item_price: 0 },
    danmaku_control: { enable_danmaku: work.kind === "video" },
    authentication_token: `MS4wLjAAAAAA${videoId(work)}`,
    chapter_list: null,
    share_url: `https://www.iesdouyin.com/share/${work.kind === "video" ? "video" : "note"}/${work.id}/?region=CN&mid=${work.music?.id ?? ""}&u_code=0&did=MS4wLjABAAAAsimulator&iid=MS4wLjANwkDsimulator`,
  };
}

/** Writes a person as works and profiles hold them. */
export function userJson(author: SimulatedAuthor): Record<string, unknown> {
  return {
    uid: author.uid,
    sec_uid: author.secUid,
    nickname: author.nickname,
    unique_id: author.displayId,
    short_id: author.shortId,
    avatar_thumb: avatarJson(author, 100),
    avatar_larger: avatarJson(author, 1080),
  };
}

function avatarJson(author: SimulatedAuthor, size: number): Record<string, unknown> {
  return { uri: `${size}x${size}/aweme-avatar/${author.uid}`, url_list: [avatarAddress(author.uid, size)], width: 720, height: 720 };
}

function addressJson(work: SimulatedWork, rung: SimulatedRung, cdn: Cdn): Record<string, unknown> {
  return {
    uri: videoId(work),
    url_list: cdn.film(work, rung.file, formOf(rung)),
    url_key: `${videoId(work)}_${rung.codec === "h264" ? "h264" : "bytevc1"}_${rung.width}p_${rung.bitrate}`,
    data_size: rung.file.size,
    file_hash: rung.file.fileHash,
    width: rung.width,
    height: rung.height,
  };
}

/** Returns the form of the addresses of a rung. */
export function formOf({ format, codec }: SimulatedRung): "mp4" | "media-video-avc1" | "media-video-hvc1" {
  return format === "mp4" ? "mp4" : codec === "h264" ? "media-video-avc1" : "media-video-hvc1";
}

/** Returns the rungs in the order of the platform's list: by bit rate, not by size. */
export function byBitrate(work: SimulatedWork): SimulatedRung[] {
  return [...work.rungs].sort((a, b) => b.bitrate - a.bitrate);
}

function rungJson(work: SimulatedWork, rung: SimulatedRung, cdn: Cdn): Record<string, unknown> {
  const isH265 = rung.codec === "h265" ? 1 : 0;
  return {
    gear_name: rung.name,
    quality_type: rung.qualityType,
    bit_rate: rung.bitrate,
    FPS: rung.fps,
    HDR_type: "",
    HDR_bit: "",
    is_h265: isH265,
    is_bytevc1: isH265,
    format: rung.format,
    video_extra: "{}",
    play_addr: addressJson(work, rung, cdn),
  };
}

/** Writes the top `video`. That of a note is a preview: its play address is the music. */
function videoJson(work: SimulatedWork, cdn: Cdn): Record<string, unknown> {
  const covers = coversJson(work, cdn);
  const { music } = work;
  if (work.kind !== "video") {
    const address = music === null ? "" : cdn.music(work, music.file);
    const preview = { ...CLIP_RUNG, width: 720, height: 960, file: new MediaFile("h264.mp4", `${work.id}/preview`) };
    return {
      ...covers,
      ...{ duration: 4000, width: 720, height: 960 },
      play_addr: { uri: address, url_list: [address], width: 720, height: 720 },
      bit_rate: [rungJson(work, preview, cdn)],
    };
  }
  const rungs = byBitrate(work);
  const h264 = rungs.find(({ codec, format }) => codec === "h264" && format === "mp4");
  const h265 = rungs.findLast(({ codec, format }) => codec === "h265" && format === "mp4");
  const play = h264 === undefined ? null : addressJson(work, h264, cdn);
  const marked = work.watermarked;
  return {
    ...covers,
    duration: work.durationMs,
    width: work.width,
    height: work.height,
    ratio: "1080p",
    cdn_url_expired: cdn.filmExpiry(work, "mp4"),
    has_watermark: true,
    play_addr: play,
    play_addr_h264: play,
    ...(h265 === undefined ? {} : { play_addr_265: addressJson(work, h265, cdn) }),
    download_addr:
      marked === null
        ? null
        : { uri: videoId(work), url_list: cdn.film(work, marked, "mp4"), data_size: marked.size, width: 720, height: 720 },
    bit_rate: rungs.map((rung) => rungJson(work, rung, cdn)),
    bit_rate_audio:
      work.sounds.length === 0
        ? null
        : work.sounds.map(({ quality, bitrate, file }) => {
            const [main = "", backup = "", fallback = ""] = cdn.film(work, file, "media-audio-und-mp4a");
            return {
              audio_quality: 1,
              audio_extra: JSON.stringify({ quality }),
              audio_meta: {
                bitrate,
                size: file.size,
                file_id: file.key,
                file_hash: file.fileHash,
                codec_type: "h264_hvc1",
                format: "dash",
                url_list: { main_url: main, backup_url: backup, fallback_url: fallback },
              },
            };
          }),
  };
}

function coversJson(work: SimulatedWork, cdn: Cdn): Record<string, unknown> {
  const cover = { uri: `tos-cn-p-0015/${work.cover.key}`, url_list: cdn.picture(work.id, work.cover, "cover"), width: 720, height: 960 };
  return { cover, origin_cover: cover, dynamic_cover: cover, raw_cover: cover };
}

function imageJson(work: SimulatedWork, index: number, cdn: Cdn): Record<string, unknown> {
  const image = work.images[index];
  if (image === undefined) throw new RangeError(`no picture ${index}`);
  const { clip } = image;
  return {
    uri: `tos-cn-i-0813/${image.webp.key}`,
    url_list: [...cdn.picture(work.id, image.webp, "webp"), ...cdn.picture(work.id, image.jpeg, "jpeg").slice(0, 1)],
    download_url_list: cdn.picture(work.id, image.watermarked, "watermarked"),
    width: image.width,
    height: image.height,
    mask_url_list: null,
    // Both forms occur, and neither says whether a picture moves: only its film does.
    ...(clip !== null && index % 2 === 0 ? { live_photo_type: 1, clip_type: 5 } : { live_photo_type: null, clip_type: 4 }),
    video: clip === null ? null : { ...coversJson(work, cdn), ...clipJson(work, clip, cdn) },
  };
}

/** The only transcode of a clip and of a preview. */
export const CLIP_RUNG = { name: "normal_720_0", qualityType: 10, codec: "h264", format: "mp4", fps: 30, bitrate: 560_000 } as const;

function clipJson(
  work: SimulatedWork,
  clip: { readonly durationMs: number; readonly width: number; readonly height: number; readonly file: MediaFile },
  cdn: Cdn,
) {
  const rung = { ...CLIP_RUNG, ...clip };
  const { durationMs, width, height } = clip;
  return { duration: durationMs, width, height, play_addr: addressJson(work, rung, cdn), bit_rate: [rungJson(work, rung, cdn)] };
}

function musicJson(work: SimulatedWork, cdn: Cdn): Record<string, unknown> | null {
  const { music } = work;
  if (music === null) return null;
  const address = cdn.music(work, music.file);
  const cover = { uri: `tos-cn-p-0015/${work.cover.key}`, url_list: cdn.picture(work.id, work.cover, "cover") };
  return {
    id: `@int:${music.id}`,
    id_str: music.id,
    mid: music.id,
    title: music.title,
    author: music.author,
    duration: Math.round(music.durationMs / 1000),
    is_original: music.original,
    owner_nickname: music.author,
    play_url: { uri: address, url_list: [address] },
    cover_hd: cover,
    cover_large: cover,
    cover_medium: cover,
    cover_thumb: cover,
  };
}
