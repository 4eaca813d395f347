import type { MediaVariant } from "../../src/works/model/media.js";
import type { Work } from "../../src/works/model/work.js";

/** A rung of a film, in h264 with sound. */
export function aRung(over: Partial<MediaVariant> = {}): MediaVariant {
  return {
    name: "normal_1080_0",
    role: "video",
    container: "mp4",
    codec: "h264",
    hasAudio: true,
    watermark: false,
    width: 1080,
    height: 1920,
    fps: 30,
    hdr: null,
    bitrate: 1_000_000,
    bytes: null,
    hash: null,
    urls: ["https://v3-web.douyinvod.com/film"],
    expiresAt: null,
    ...over,
  };
}

/** A film by somebody, with nothing known but what is given. */
export function aWork(over: Partial<Omit<Work, "author">> & { readonly author?: Partial<Work["author"]> } = {}): Work {
  const { author, ...rest } = over;
  return {
    id: "7600000000000000001",
    url: "https://www.douyin.com/video/7600000000000000001",
    shareUrl: null,
    kind: "video",
    text: "雨后的山路",
    title: null,
    time: Date.UTC(2026, 4, 6, 7, 8, 9),
    author: {
      id: null,
      secUid: "MS4wLjABAAAA",
      displayId: null,
      shortId: null,
      nickname: "山里的相机",
      avatar: null,
      signature: null,
      verified: null,
      followers: null,
      following: null,
      works: null,
      likes: null,
      ipPlace: null,
      state: null,
      ...author,
    },
    stats: { likes: null, comments: null, favorites: null, shares: null, plays: null },
    durationMs: null,
    width: null,
    height: null,
    tags: [],
    mentions: [],
    place: null,
    pinned: false,
    mix: null,
    state: "public",
    stateReason: null,
    downloadAllowed: true,
    commentsAllowed: null,
    paid: null,
    covers: [],
    images: [],
    media: [aRung()],
    music: null,
    captions: [],
    source: "reply",
    receivedAt: 0,
    firstSeenAt: 0,
    revision: 0,
    ...rest,
  };
}
