/**
 * SYNTHETIC works in both spellings of the platform, built by hand from facts/videos.md section 3: no real work, person or address is in them.
 * A truth says what a work is; `asReply` and `asState` say it as the page's replies and as its state do.
 */

export const WORK_ID = "7686658435312030373";
export const OTHER_ID = "7686658435312030374";
export const SEC_UID = "MS4wLjABAAAAsynthetic-author_000000000000000000000000";
export const RECEIVED_AT = 1_790_000_000_000;
export const EXPIRES = 1_790_012_000;

const HEX = EXPIRES.toString(16);
const MD5 = "0123456789abcdef0123456789abcdef";

export interface FilmTruth {
  readonly gear: string;
  readonly short: number;
  readonly h265: boolean;
  readonly dash: boolean;
  readonly bytes: number;
}

export interface PictureTruth {
  readonly name: string;
  readonly clip: readonly FilmTruth[] | null;
}

export interface Truth {
  readonly id: string;
  readonly createTime: number;
  readonly desc: string;
  readonly films: readonly FilmTruth[];
  readonly sounds: number;
  readonly pictures: readonly PictureTruth[];
  readonly tags: readonly string[];
  readonly mentions: readonly string[];
  readonly place: string | null;
  readonly mix: string | null;
  readonly pinned: boolean;
  readonly likes: number;
  readonly privateStatus: number;
  readonly deleted: boolean;
  readonly needLogin: boolean;
  readonly mayDownload: boolean;
  readonly nickname: string;
}

export const VIDEO: Truth = {
  id: WORK_ID,
  createTime: 1_789_688_030,
  desc: "合成的作品 #示例 @某人",
  films: [
    { gear: "normal_1080_0", short: 1080, h265: false, dash: false, bytes: 9_000_000 },
    { gear: "adapt_lowest_4_1", short: 2160, h265: true, dash: false, bytes: 15_000_000 },
    { gear: "normal_720_0", short: 720, h265: false, dash: true, bytes: 4_000_000 },
  ],
  sounds: 2,
  pictures: [],
  tags: ["示例"],
  mentions: ["MS4wLjABAAAAmentioned"],
  place: "某地",
  mix: "合集一",
  ...{ pinned: false, likes: 123, privateStatus: 0, deleted: false, needLogin: false, mayDownload: true },
  nickname: "合成作者",
};

export const NOTE: Truth = {
  ...VIDEO,
  films: [],
  sounds: 0,
  pictures: ["a", "b", "c"].map((name) => ({ name, clip: null })),
};

const CLIP: FilmTruth = { gear: "normal_720_0", short: 720, h265: false, dash: false, bytes: 700_000 };
export const LIVE: Truth = {
  ...NOTE,
  pictures: [
    { name: "a", clip: [CLIP] },
    { name: "b", clip: null },
    { name: "c", clip: [CLIP] },
  ],
};

const isNote = ({ pictures }: Truth) => pictures.length > 0;
const height = (film: FilmTruth) => Math.round((film.short * 16) / 9);
const hosts = ["v3-web.douyinvod.com", "v26-web.douyinvod.com"];

export const cdnOf = (film: FilmTruth, host: number) =>
  `//${hosts[host]}/${MD5}/${HEX}/video/tos/cn/${film.gear}/${film.dash ? "media-video-avc1/" : ""}?a=6383&br=1`;
export const playOf = (film: FilmTruth) =>
  `https://www.douyin.com/aweme/v1/play/?video_id=v0synthetic&file_id=${film.gear}&is_play_url=1&source=PackSourceEnum_AWEME_DETAIL`;
export const pictureOf = (name: string, type: string) =>
  `https://p3-pc-sign.douyinpic.com/tos-cn-i-0813/${name}~tplv-dy-aweme-images:q75.${type}?x-expires=${EXPIRES}&x-signature=s%3D`;
const coverAt = (name: string) => `https://p9-pc-sign.douyinpic.com/${name}.jpeg?x-expires=${EXPIRES}&x-signature=c`;
const avatar = "https://p3-pc.douyinpic.com/aweme/100x100/synthetic.jpeg";
const musicAt = "https://sf5-hl-cdn-tos.douyinstatic.com/obj/ies-music/1.mp3";

const SHAPE = { duration: 15_000, width: 2160, height: 3840, ratio: "default" };

function filmsAsReply(films: readonly FilmTruth[]): object {
  return {
    ...SHAPE,
    has_watermark: true,
    cdn_url_expired: EXPIRES,
    cover: { uri: "c", url_list: [coverAt("cover")], width: 720, height: 720 },
    origin_cover: { uri: "o", url_list: [coverAt("origin")], width: 360, height: 640 },
    dynamic_cover: { uri: "d", url_list: [coverAt("dynamic")], width: 720, height: 720 },
    play_addr: { uri: "v0synthetic", url_list: [], width: 720, height: 720 },
    download_addr: {
      uri: "v0marked",
      // An address that says nothing of a mark, as those of the CDN do.
      url_list: [`https://${hosts[0]}/${MD5}/${HEX}/video/tos/cn/marked/?a=6383`],
      data_size: 12_000_000,
      width: 720,
      height: 720,
    },
    bit_rate: films.map((film) => ({
      ...{ gear_name: film.gear, quality_type: 1, bit_rate: film.bytes / 2, FPS: 30, HDR_type: "", HDR_bit: "", video_extra: "{}" },
      ...{ is_h265: Number(film.h265), is_bytevc1: Number(film.h265), format: film.dash ? "dash" : "mp4" },
      play_addr: {
        uri: "v0synthetic",
        url_list: [`https:${cdnOf(film, 0)}`, `https:${cdnOf(film, 1)}`, playOf(film)],
        url_key: `v0synthetic_${film.h265 ? "bytevc1" : "h264"}_1080p_1000`,
        ...{ data_size: film.bytes, file_hash: MD5, width: film.short, height: height(film) },
      },
    })),
    bit_rate_audio: null,
  };
}

function filmsAsState(films: readonly FilmTruth[]): object {
  return {
    ...SHAPE,
    cover: coverAt("cover"),
    coverUri: "c",
    coverUrlList: [coverAt("cover")],
    originCover: coverAt("origin"),
    originCoverUrlList: [coverAt("origin")],
    dynamicCover: coverAt("dynamic"),
    uri: "v0synthetic",
    bitRateList: films.map((film) => ({
      ...{ gearName: film.gear, qualityType: 1, bitRate: film.bytes / 2, realBitrate: 1, fps: 30, HDRType: "", HDRBit: "" },
      ...{ isH265: Number(film.h265), format: film.dash ? "dash" : "mp4", videoFormat: "", fileId: "f", uri: "v0synthetic" },
      ...{ dataSize: film.bytes, width: film.short, height: height(film) },
      playAddr: [{ src: cdnOf(film, 0) }, { src: cdnOf(film, 1) }],
      playApi: playOf(film).slice("https:".length),
    })),
  };
}

const sounds = (truth: Truth, address: (i: number) => object, spell: (meta: object, quality: string) => object) =>
  Array.from({ length: truth.sounds }, (_, i) =>
    spell({ bitrate: 48_000 * (i + 1), size: 90_000 * (i + 1), format: "m4a", ...address(i) }, `sound_${i}`),
  );
const soundAt = (i: number) => `https://${hosts[0]}/${MD5}/${HEX}/video/tos/cn/sound${i}/media-audio-und-mp4a/`;

const pictureAsReply = (name: string) => ({
  uri: name,
  url_list: [pictureOf(name, "webp"), pictureOf(name, "jpeg")],
  download_url_list: [pictureOf(`${name}-tplv-dy-water`, "webp")],
  ...{ width: 1440, height: 1920 },
});

/** Returns the work as the page's replies have it. */
export function asReply(truth: Truth): Record<string, unknown> {
  return {
    ...{ aweme_id: truth.id, group_id: truth.id, comment_gid: 7686658435312030000, create_time: truth.createTime },
    ...{ aweme_type: isNote(truth) ? 68 : 0, media_type: isNote(truth) ? 2 : 4 },
    ...{ desc: truth.desc, caption: truth.desc, item_title: "标题" },
    author: {
      ...{ uid: "104512345678", sec_uid: SEC_UID, nickname: truth.nickname, unique_id: "synthetic.author", short_id: "0" },
      ...{ signature: "签名", custom_verify: "", enterprise_verify_reason: "某机构", follower_count: 0 },
      avatar_thumb: { uri: "a", url_list: [avatar], width: 100, height: 100 },
    },
    statistics: { digg_count: truth.likes, comment_count: 4, collect_count: 3, share_count: 2, play_count: 0 },
    poi_info: truth.place === null ? null : { poi_name: truth.place },
    is_top: Number(truth.pinned),
    status: { is_delete: truth.deleted, private_status: truth.privateStatus, is_prohibited: false, allow_comment: true },
    pc_need_login: truth.needLogin,
    aweme_control: { can_comment: true, can_show_comment: true },
    video_control: { allow_download: truth.mayDownload, prevent_download_type: 0 },
    series_paid_info: { series_paid_status: 0, item_price: 0 },
    duration: 15_000,
    video: isNote(truth)
      ? { ...filmsAsReply([CLIP]), play_addr: { uri: musicAt, url_list: [musicAt] } }
      : {
          ...filmsAsReply(truth.films),
          bit_rate_audio: sounds(
            truth,
            (i) => ({ file_hash: MD5, codec_type: "h264", url_list: { main_url: soundAt(i), backup_url: "", fallback_url: "" } }),
            (audio_meta, audio_quality) => ({ audio_quality, audio_extra: "{}", audio_meta }),
          ),
        },
    images: isNote(truth)
      ? truth.pictures.map(({ name, clip }) => ({
          ...pictureAsReply(name),
          clip_type: null,
          live_photo_type: clip === null ? null : 4,
          ...(clip === null ? {} : { video: filmsAsReply(clip) }),
        }))
      : null,
    music: {
      ...{ id: 7686658435312030000, id_str: "7686658435312030399", mid: "7686658435312030399" },
      ...{ title: "原声", author: "合成作者", duration: 15, is_original: true },
      play_url: { uri: musicAt, url_list: [musicAt] },
      cover_thumb: { url_list: [coverAt("music")] },
    },
    text_extra: [
      ...truth.tags.map((name) => ({ type: 1, start: 6, end: 9, hashtag_name: name, hashtag_id: "1600000000000001" })),
      ...truth.mentions.map((secUid) => ({ type: 0, start: 10, end: 13, user_id: "104500000001", sec_uid: secUid })),
    ],
    cha_list: truth.tags.map((name) => ({ cid: "1600000000000001", cha_name: name })),
    mix_info: truth.mix === null ? null : { mix_id: "7686658435312030111", mix_name: truth.mix },
    share_url: `https://www.iesdouyin.com/share/video/${truth.id}/?region=CN&did=device&iid=install`,
  };
}

/** Spells the names of fields as the page's state does (facts/videos.md 3.1). */
function camelCased(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(camelCased);
  if (typeof value !== "object" || value === null) return value;
  const spell = (name: string) => name.replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase());
  return Object.fromEntries(Object.entries(value).map(([name, one]) => [spell(name), camelCased(one)]));
}

/** What the page's state has of a reply, and under the same names. */
const SAME = ["aweme_id", "group_id", "aweme_type", "media_type", "desc", "create_time", "pc_need_login", "aweme_control", "text_extra"];

/** Returns the work as the page's state has it. */
export function asState(truth: Truth): Record<string, unknown> {
  const reply = asReply(truth);
  const { unique_id: _uniqueId, short_id: _shortId, signature: _signature, ...author } = reply["author"] as Record<string, unknown>;
  return {
    ...(camelCased(Object.fromEntries(SAME.map((name) => [name, reply[name]]))) as object),
    authorInfo: camelCased(author),
    stats: camelCased(reply["statistics"]),
    poiInfo: camelCased(reply["poi_info"] ?? {}),
    tag: { isTop: truth.pinned, inReviewing: false },
    status: { isDelete: truth.deleted, privateStatus: truth.privateStatus, isProhibited: false },
    download: { prevent: !truth.mayDownload, allowDownload: truth.mayDownload },
    seriesInfo: { isCharge: false },
    video: isNote(truth)
      ? { ...filmsAsState([CLIP]), playAddr: [{ src: musicAt }] }
      : {
          ...filmsAsState(truth.films),
          bitRateAudioList: sounds(
            truth,
            (i) => ({ fileHash: MD5, urlList: { mainUrl: soundAt(i), backupUrl: "", fallbackUrl: "" } }),
            (audioMeta, audioQuality) => ({ audioQuality, audioMeta }),
          ),
        },
    images: isNote(truth)
      ? truth.pictures.map(({ name, clip }) => ({
          ...(camelCased(pictureAsReply(name)) as object),
          video: clip === null ? null : filmsAsState(clip),
        }))
      : null,
    music: { ...(camelCased(reply["music"]) as object), id: { s: 0, e: 18, c: [76866, 58435312030399] } },
    mixInfo: truth.mix === null ? {} : { mixName: truth.mix },
    shareInfo: { shareUrl: `https://www.iesdouyin.com/share/video/${truth.id}/?region=CN&did=device` },
  };
}

/** Returns a detail reply's body. */
export function detailBody(aweme: unknown): string {
  return JSON.stringify({ status_code: 0, aweme_detail: aweme, log_pb: { impr_id: "x" }, extra: { now: RECEIVED_AT } });
}

/** Returns a reply of the platform. */
export const replied = (body: string, status = 200, headers: Record<string, string> = {}) => ({ status, headers, body });

/** Returns a call that streams a piece of a page's state. */
export const push = (text: string) => `<script nonce="">self.__pace_f.push([1,${JSON.stringify(text)}])</script>`;

/** Returns a page whose state has these objects, in the places where the site has them. */
export function pageWith(...awemes: unknown[]): string {
  const rows = awemes.map((aweme, i) =>
    push(`${(i + 10).toString(16)}:${JSON.stringify(["$", "$L1", null, { children: [{ videoDetail: aweme }] }])}\n`),
  );
  return `<html><head><title>作品</title></head><body>${push('1:["$","div",null,{}]\n')}${rows.join("")}</body></html>`;
}
