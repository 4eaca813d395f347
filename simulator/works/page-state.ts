import { type Cdn, videoId } from "./cdn.js";
import { avatarAddress } from "./comments.js";
import type { MediaFile } from "./media.js";
import type { SimulatedRung, SimulatedWork } from "./work.js";
import { byBitrate, CLIP_RUNG, formOf, isShown, type WorkView } from "./work-json.js";

/**
 * Writes a work as the page's state holds it: names in camelCase, made of the same values.
 * @param relative whether addresses of films begin with //
 */
export function stateJson(work: SimulatedWork, view: WorkView, relative = false): Record<string, unknown> {
  const { stats, author, music } = work;
  const { cdn } = view;
  const shown = isShown(work, view);
  const src = (address: string) => ({ src: relative ? address.replace(/^https:/, "") : address });
  const film = (file: MediaFile, form: Parameters<Cdn["film"]>[2]) => cdn.film(work, file, form).map(src);
  const covers = () => {
    const list = cdn.picture(work.id, work.cover, "cover");
    const cover = list[0] ?? "";
    return {
      cover,
      coverUri: work.cover.key,
      coverUrlList: list,
      originCover: cover,
      originCoverUrlList: list,
      dynamicCover: cover,
      rawCover: cover,
    };
  };
  const rungs = (of: readonly SimulatedRung[]) =>
    of.map((rung) => ({
      ...{ gearName: rung.name, qualityType: rung.qualityType, bitRate: rung.bitrate, realBitrate: rung.bitrate, fps: rung.fps },
      ...{
        isH265: rung.codec === "h265" ? 1 : 0,
        format: rung.format,
        videoFormat: rung.format,
        fileId: rung.file.key,
        uri: videoId(work),
      },
      ...{ dataSize: rung.file.size, width: rung.width, height: rung.height, playAddr: film(rung.file, formOf(rung)), playApi: "" },
    }));
  const player = (of: readonly SimulatedRung[]) => {
    const h264 = of.find(({ codec, format }) => codec === "h264" && format === "mp4");
    const h265 = of.findLast(({ codec, format }) => codec === "h265" && format === "mp4");
    return {
      uri: videoId(work),
      ...(h264 && { playAddr: film(h264.file, "mp4"), playAddrSize: h264.file.size, playAddrFileHash: h264.file.fileHash }),
      ...(h265 && { playAddrH265: film(h265.file, "mp4"), playAddrH265Size: h265.file.size, playAddrH265FileHash: h265.file.fileHash }),
      bitRateList: rungs(of),
    };
  };
  return {
    awemeId: work.id,
    groupId: work.id,
    mediaType: work.kind === "video" ? 4 : 2,
    awemeType: work.kind === "video" ? 0 : 68,
    isSlides: work.kind === "live_photos",
    desc: work.text,
    createTime: work.createdAt / 1000,
    authorInfo: {
      ...{
        uid: author.uid,
        secUid: author.secUid,
        nickname: author.nickname,
        customVerify: author.verified ?? "",
        enterpriseVerifyReason: "",
      },
      ...{ followerCount: author.followers, totalFavorited: author.likes, roomIdStr: "0", secret: 0 },
      avatarThumb: { urlList: [avatarAddress(author.uid, 100)] },
      avatarUri: avatarAddress(author.uid, 100),
    },
    stats: {
      ...{ diggCount: stats.likes, commentCount: stats.comments, collectCount: stats.favorites, shareCount: stats.shares },
      ...{ playCount: 0, downloadCount: 0, forwardCount: 0, liveWatchCount: 0, recommendCount: 0 },
    },
    ...(work.place === null ? {} : { poiInfo: { poiName: work.place } }),
    tag: { isTop: work.pinned, inReviewing: false },
    status: { isDelete: false, privateStatus: 0, isProhibited: false, isReviewing: false, partSee: 0, allowShare: true, videoMute: false },
    isPrivate: false,
    isFriendLimit: false,
    ...(work.state === "needs_login" && !view.loggedIn ? { pcNeedLogin: true } : {}),
    awemeControl: { canComment: work.commentsAllowed, canShowComment: work.commentsAllowed, canShare: true, canForward: true },
    download: { prevent: !work.downloadAllowed, allowDownload: work.downloadAllowed, urlList: [], dataSize: 0 },
    video: {
      ...covers(),
      ...{ duration: work.durationMs ?? 0, width: work.width ?? 720, height: work.height ?? 960, ratio: "default" },
      ...(shown && work.kind === "video" ? player(byBitrate(work)) : {}),
      ...(shown && work.sounds.length > 0 ? { bitRateAudioList: [] } : {}), // the shape of its items is not known
    },
    images: shown
      ? work.images.map(({ width, height, webp, jpeg, watermarked, clip }) => ({
          uri: `tos-cn-i-0813/${webp.key}`,
          urlList: [...cdn.picture(work.id, webp, "webp"), ...cdn.picture(work.id, jpeg, "jpeg").slice(0, 1)],
          downloadUrlList: cdn.picture(work.id, watermarked, "watermarked"),
          ...{ width, height },
          video:
            clip === null
              ? null
              : { ...covers(), ...player([{ ...CLIP_RUNG, ...clip }]), duration: clip.durationMs, width: clip.width, height: clip.height },
        }))
      : [],
    music:
      music === null
        ? null
        : {
            ...{ idStr: music.id, mid: music.id, title: music.title, author: music.author, duration: Math.round(music.durationMs / 1000) },
            ...{ isOriginal: music.original, ownerNickname: music.author, musicName: music.title },
            playUrl: { urlList: [cdn.music(work, music.file)] },
            coverMedium: covers().cover,
            coverThumb: covers().cover,
          },
    textExtra: [
      ...work.tags.map(({ name, id, start, end }) => ({ type: 1, start, end, hashtagName: name, hashtagId: id })),
      ...work.mentions.map(({ secUid, userId, start, end }) => ({ type: 0, start, end, userId, secUid })),
    ],
    videoTag: [{ level: 1, tagId: 2007, tagName: "旅行" }],
    danmakuControl: { enableDanmaku: work.kind === "video" },
    shareInfo: { shareUrl: `https://www.iesdouyin.com/share/${work.kind === "video" ? "video" : "note"}/${work.id}/?region=CN` },
  };
}
