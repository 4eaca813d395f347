import { html, type SimulatedReply } from "../reply.js";
import { type Cdn, videoId } from "./cdn.js";
import { avatarAddress } from "./comments.js";
import type { MediaFile } from "./media.js";
import type { SimulatedRung, SimulatedWork } from "./work.js";
import { byBitrate, CLIP_RUNG, formOf, isShown, type WorkView } from "./work-json.js";

/** Facts that the script of a page is told; `kind` says which page it is. */
export interface PageTold {
  readonly kind: "work" | "user" | "mix";
  /** Id of the work or mix, sec_uid of the user */
  readonly id: string;
  /** By this the page's requests are known as its own. */
  readonly uifid: string;
  /** The platform's time when the page was made, ms UTC */
  readonly now: number;
  /** Works that the page goes on with; of a user's page, authors of whom it shows something, too */
  readonly next: readonly { readonly id: string; readonly durationMs: number }[];
  readonly durationMs: number | null;
  /** Way in which the comments are opened */
  readonly panel: "icon" | "tab" | "open";
  readonly comments: number;
  /** Pages of comments after which one must log in; null where that never comes */
  readonly wallAfter: number | null;
  readonly faults: readonly string[];
}

/** Makes one call of the page's streamed state, or several: the text in as many parts. */
export function stateCalls(hex: string, text: string, parts = 1): string[] {
  const whole = `${hex}:${text}\n`;
  const size = Math.ceil(whole.length / parts);
  return Array.from({ length: parts }, (_, index) => {
    const part = whole.slice(index * size, (index + 1) * size);
    return `self.__pace_f.push([1,${JSON.stringify(part).replaceAll("<", "\\u003c")}])`;
  });
}

/** Makes a page of a work, a user or a mix. */
export function worksPage(title: string, calls: readonly string[], body: string, told: PageTold): SimulatedReply {
  const state = ["self.__pace_f=self.__pace_f||[]", ...calls].map((call) => `<script>${call}</script>`).join("");
  const own = `<script>window.__simulatorWorks=${JSON.stringify(told).replaceAll("<", "\\u003c")}</script>`;
  return html(
    `<!DOCTYPE html><html lang="zh"><head><meta charset="utf-8"><title>${escaped(title)} - 抖音</title><style>${STYLE}</style></head>` +
      `<body>${NAVIGATION}${body}${state}${own}<script src="/@sdk/works.js" defer></script></body></html>`,
  );
}

/** Makes the body of a work's page. Of the comment icon there are two: the first belongs to the next film, outside of what is seen. */
export function workBody(text: string, comments: number, panel: PageTold["panel"], film: string): string {
  const icon = (place: string) => `<div data-e2e="feed-comment-icon" class="icon ${place}"><span>${comments}</span></div>`;
  const opener =
    panel === "icon"
      ? icon("away") + icon("here")
      : panel === "tab"
        ? `<div role="tablist"><div role="tab">TA的作品</div><div role="tab" class="tab">评论(${comments})</div></div>`
        : "";
  const media = film === "" ? "" : `<video muted playsinline preload="none" src="${escaped(film)}"></video>${PLAYER}`;
  return (
    `<main><div class="player">${media}</div><h1 class="Zb3yq">${escaped(text)}</h1><button class="unfold">展开</button>${opener}</main>` +
    `<aside class="${panel === "open" ? "outer" : "closed"}"><div class="strip"><span>请先登录后发表评论</span> <span>立即登录</span></div>` +
    `<div class="${panel === "open" ? "around" : ""}"><div data-e2e="comment-list" class="${panel === "open" ? "" : "scrolls"}"></div></div></aside>`
  );
}

/** Makes the body of a user's page or a mix: its works are put there by the script. */
export function listBody(name: string): string {
  return `<main class="list"><h1>${escaped(name)}</h1><ul data-e2e="scroll-list"></ul></main>`;
}

/** The page that asks for a captcha: only its title tells. */
export function captchaPage(): SimulatedReply {
  return html(
    '<!DOCTYPE html><html><head><meta charset="utf-8"><title>验证码中间页</title></head><body><p>请使用「抖音 APP」扫码验证</p></body></html>',
  );
}

/** The page for those who come too often. */
export function ratePage(): SimulatedReply {
  return html('<!DOCTYPE html><html><head><meta charset="utf-8"><title>抖音</title></head><body><p>访问过于频繁</p></body></html>');
}

/** The page of what is not there. */
export function missingPage(): SimulatedReply {
  return html(
    '<!DOCTYPE html><html lang="zh"><head><meta charset="utf-8"><title>404</title></head><body><p>页面不存在</p></body></html>',
    [],
    404,
  );
}

/** The share page of phones since 2026-08-08: a shell without the work. Of notes its script asks for them. */
export function sharePage(id: string, kind: "video" | "note"): SimulatedReply {
  const data = { itemId: id, webId: "7600000000000000000", abParams: {}, renderInSSR: 1, commonContext: {} };
  const router = JSON.stringify({ loaderData: { [`${kind}_(id)/page`]: data } });
  const ask =
    kind === "note" ? `fetch("/web/api/v2/aweme/slidesinfo/?reflow_source=reflow_page&aweme_ids=%5B${id}%5D&request_source=200")` : "";
  return html(
    `<!DOCTYPE html><html><head><meta charset="utf-8"><title>抖音</title></head><body><div id="root"></div><script>window._ROUTER_DATA = ${router}</script><script>${ask}</script></body></html>`,
  );
}

function escaped(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll('"', "&quot;");
}

const NAVIGATION = `<nav data-e2e="douyin-navigation">${["精选", "推荐", "AI抖音", "关注", "朋友", "我的", "直播", "放映厅", "短剧"].map((name) => `<a>${name}</a>`).join("")}</nav>`;

const PLAYER =
  '<div data-e2e="video-play-more">更多<div class="menu"><div class="xgplayer-setting-label"><span>连播</span><button class="xg-switch"></button><i class="tip">关闭自动连播</i></div></div></div>' +
  '<div data-e2e="video-switch-next-arrow">⌄</div>';

/** A comment is as high as a few of them need to fill the panel: else nothing could be scrolled. */
const STYLE = `
body{margin:0;font:14px sans-serif}
nav{position:fixed;left:0;top:0;width:120px;height:100vh;overflow:auto} nav a{display:block;height:160px}
main{margin-left:130px;width:560px} main.list{width:900px}
.player{position:relative;height:300px;background:#222;color:#fff} video{height:240px}
.menu{display:none} [data-e2e=video-play-more]:hover .menu{display:block}
.hidden{display:none}
.icon{width:48px;height:48px;background:#eee} .away{position:absolute;top:200vh} .here{position:absolute;left:700px;top:400px}
h1{max-height:60px;overflow:hidden}
aside{position:fixed;right:0;top:0;width:420px;height:100vh} .closed{display:none}
.strip{height:40px}
.scrolls,.around{height:calc(100vh - 60px);overflow:auto;overscroll-behavior:contain}
[data-e2e=comment-item]{min-height:170px;border-bottom:1px solid #ddd;white-space:pre-wrap;overflow-wrap:anywhere}
.replyContainer{margin-left:40px} .replyContainer p{min-height:30px;margin:4px 0} .more{cursor:pointer;color:#36c}
[data-e2e=scroll-list]{display:grid;grid-template-columns:repeat(3,1fr);list-style:none;padding:0} [data-e2e=scroll-list] li{height:240px}
`;

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
