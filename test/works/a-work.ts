import type { MediaVariant } from "../../src/works/model/media.js";
import type { Work } from "../../src/works/model/work.js";
import { workOf } from "./work.js";

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

/** A film by somebody, as far as what is given does not say otherwise. */
export function aWork({ author, ...more }: Partial<Omit<Work, "author">> & { readonly author?: Partial<Work["author"]> } = {}): Work {
  const work = workOf("7600000000000000001", { text: "雨后的山路", media: [aRung()], ...more });
  return { ...work, author: { ...work.author, nickname: "山里的相机", ...author } };
}
