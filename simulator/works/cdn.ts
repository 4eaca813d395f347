import { createHash } from "node:crypto";
import type { Random } from "../random.js";
import { type Ask, addressOf, html, type SimulatedReply } from "../reply.js";
import { MediaFile } from "./media.js";
import type { SimulatedWork, WorkFault } from "./work.js";

/** Dependencies of the file hosts. */
interface CdnOptions {
  readonly random: Random;
  /** The platform's time, ms UTC */
  readonly now: () => number;
  readonly has: (workId: string, fault: WorkFault) => boolean;
}

type FileReply = SimulatedReply & { readonly body: Buffer };

/** Ways in which a picture is given. */
type PictureForm = "webp" | "jpeg" | "watermarked" | "cover";

/** The hosts that give files: makes their signed addresses, which expire, and answers at them. */
export class Cdn {
  readonly #options: CdnOptions;
  readonly #secret: string;
  /** Files that have an address, by key */
  readonly #files = new Map<string, { readonly file: MediaFile; readonly workId: string }>();
  /** Files that have been asked for since the work was given a fault that strikes once */
  readonly #struck = new Set<string>();
  /** Signatures that hold no more, before their time */
  readonly #revoked = new Set<string>();
  #issued = 0;

  constructor(options: CdnOptions) {
    this.#options = options;
    this.#secret = options.random.hex(32);
  }

  /** Returns when addresses of a film that are given now expire, in Unix seconds. */
  filmExpiry(work: SimulatedWork, format: "mp4" | "dash"): number {
    const now = Math.floor(this.#options.now() / 1000);
    if (this.#options.has(work.id, "cdn_expired")) return now - 60;
    return now + (format === "mp4" ? 3 : 24) * 3600 + Math.ceil((work.durationMs ?? 0) / 1000);
  }

  /** Makes the addresses of a film or of its sound: two hosts, and the play address that leads to a third. */
  film(work: SimulatedWork, file: MediaFile, form: "mp4" | "media-video-avc1" | "media-video-hvc1" | "media-audio-und-mp4a"): string[] {
    const expiry = this.filmExpiry(work, form === "mp4" ? "mp4" : "dash");
    const path = this.#filmPath(work.id, file, expiry, form === "mp4" ? "" : `${form}/`);
    const play = new URLSearchParams({
      video_id: videoId(work),
      file_id: file.key,
      sign: file.fileHash,
      is_play_url: "1",
      source: "PackSourceEnum_AWEME_DETAIL",
    });
    return [
      ...FILM_HOSTS.map((host) => `https://${host}${path}`),
      `https://www.douyin.com/aweme/v1/play/${form === "mp4" ? "" : "dash/"}?${play}`,
    ];
  }

  /** Makes the addresses of a picture. */
  picture(workId: string, file: MediaFile, form: PictureForm): string[] {
    const now = Math.floor(this.#options.now() / 1000);
    const expires = this.#options.has(workId, "cdn_expired") ? now - 60 : now + 14 * 86_400;
    const signature = Buffer.from(this.#sign(workId, file, expires), "hex").toString("base64");
    const query = new URLSearchParams({
      biz_tag: "aweme_images",
      from: "327834062",
      s: "PackSourceEnum_AWEME_DETAIL",
      "x-expires": `${expires}`,
      "x-signature": signature,
    });
    return PICTURE_HOSTS.map((host) => `https://${host}/tos-cn-i-0813/${file.key}~${PICTURE_FORMS[form]}?${query}`);
  }

  /** Makes the address of a piece of music, which does not expire. */
  music(work: SimulatedWork, file: MediaFile): string {
    this.#files.set(file.key, { file, workId: work.id });
    return `https://sf5-hl-cdn-tos.douyinstatic.com/obj/ies-music/${file.key}.mp3`;
  }

  /** Forgets what of a work's files was asked for, so that a fault that strikes once strikes again. */
  renew(workId: string): void {
    for (const [key, known] of this.#files) if (known.workId === workId) this.#struck.delete(key);
  }

  /** Answers at the play address: it leads to a host of its own. */
  play(ask: Ask): SimulatedReply {
    const known = this.#files.get(ask.query.get("file_id") ?? "");
    if (known === undefined || ask.query.get("sign") !== known.file.fileHash) return forbidden("");
    if (this.#options.has(known.workId, "cdn_play_astray")) return found(`https://pcdn-7.qtaeixd.com:4433/${known.file.key}`);
    const expiry = Math.floor(this.#options.now() / 1000) + 3 * 3600;
    return found(addressOf(ask, PLAY_HOST, this.#filmPath(known.workId, known.file, expiry, "")));
  }

  /** Answers a request to a host of files; null where the host is none. */
  answer(ask: Ask): SimulatedReply | null {
    if (!/\.(?:douyinvod|zjcdn|douyinpic|douyinstatic)\.com$/.test(ask.host)) return null;
    if (ask.host.endsWith("-pc.douyinpic.com") && ask.path.includes("/aweme-avatar/"))
      return part(ask, new MediaFile("picture-3.jpeg", "avatar"));
    const film = /^\/([0-9a-f]{32})\/([0-9a-f]{8})\/video\/tos\/cn\/[\w-]+\/([0-9a-f]{32})\//.exec(ask.path);
    const other = /^\/(?:tos-cn-i-0813|obj\/ies-music)\/([0-9a-f]{32})[~.]/.exec(ask.path);
    const known = this.#files.get(film?.[3] ?? other?.[1] ?? "");
    if (known === undefined) return html("", [], 404);
    const { file, workId } = known;
    const has = (fault: WorkFault) => this.#options.has(workId, fault);
    if (has("cdn_dead") || (has("cdn_dead_mirror") && isFirst(ask.host))) return forbidden("");
    if (has("cdn_forbidden") || !/^https:\/\/www\.douyin\.com\//.test(ask.headers.referer ?? "")) return forbidden("Forbid_code: 020200");
    if (!ask.path.startsWith("/obj/")) {
      const signature = film?.[1] ?? Buffer.from(ask.query.get("x-signature") ?? "", "base64").toString("hex");
      const expiry = film === null ? Number(ask.query.get("x-expires")) : Number.parseInt(film[2] ?? "", 16);
      if (!this.#holds(signature, file, expiry)) return forbidden("");
      if (has("cdn_expires_midway") && this.#strikes(file)) {
        this.#revoked.add(signature);
        return cutAtHalf(part(ask, file));
      }
    }
    return this.#faulty(ask, file, has);
  }

  #faulty(ask: Ask, file: MediaFile, has: (fault: WorkFault) => boolean): SimulatedReply {
    if (has("cdn_html")) return html("<!DOCTYPE html><title>403</title><p>请求被拦截</p>");
    if (has("cdn_wrong_type")) return part(ask, { type: file.type, ...jpegOf(file.size) });
    if (has("cdn_no_range") && /^bytes=[1-9]/.test(ask.headers.range ?? "")) return unsatisfiable(file.size);
    const whole = part(ask, file);
    if (has("cdn_short")) {
      const { "content-range": _untold, ...headers } = whole.headers;
      return { ...whole, status: 200, headers, body: whole.body.slice(0, whole.body.length >> 1) };
    }
    if (has("cdn_cut") && this.#strikes(file)) return cutAtHalf(whole);
    if (has("cdn_drip") && isFirst(ask.host)) return { ...whole, delivery: { dripMs: DRIP_MS } };
    return whole;
  }

  #strikes(file: MediaFile): boolean {
    if (this.#struck.has(file.key)) return false;
    this.#struck.add(file.key);
    return true;
  }

  #filmPath(workId: string, file: MediaFile, expiry: number, end: string): string {
    const hex = expiry.toString(16).padStart(8, "0");
    return `/${this.#sign(workId, file, expiry)}/${hex}/video/tos/cn/tos-cn-ve-15/${file.key}/${end}?a=6383&ch=26&cr=3&dr=0&lr=all&cd=0%7C0%7C0%7C3&mime_type=video_mp4`;
  }

  /** Signs an address: no two are the same, and none can be changed. */
  #sign(workId: string, file: MediaFile, expiry: number): string {
    this.#files.set(file.key, { file, workId });
    const number = (this.#issued++ % 0x1_0000_0000).toString(16).padStart(8, "0");
    return `${number}${this.#seal(number, file, expiry)}`;
  }

  #seal(number: string, file: MediaFile, expiry: number): string {
    return createHash("md5").update(`${this.#secret}|${number}|${file.key}|${expiry}`).digest("hex").slice(0, 24);
  }

  #holds(signature: string, file: MediaFile, expiry: number): boolean {
    const isOurs = signature.slice(8) === this.#seal(signature.slice(0, 8), file, expiry);
    return isOurs && expiry * 1000 > this.#options.now() && !this.#revoked.has(signature);
  }
}

/** Returns the platform's id of a work's film, `v0…`. */
export function videoId(work: SimulatedWork): string {
  return `v0200fg10000${createHash("md5").update(work.id).digest("hex").slice(0, 20)}`;
}

const FILM_HOSTS = ["v3-web.douyinvod.com", "v26-web.douyinvod.com"];
const PLAY_HOST = "v5-dy-o-abtest.zjcdn.com";
const PICTURE_HOSTS = ["p3-pc-sign.douyinpic.com", "p9-pc-sign.douyinpic.com"];
const PICTURE_FORMS: Readonly<Record<PictureForm, string>> = {
  webp: "tplv-dy-aweme-images:q75.webp",
  jpeg: "tplv-dy-aweme-images:q75.jpeg",
  watermarked: "tplv-dy-water-v2:5oqW6Z-zQOWxsemHjOeahOebuOacug==.jpeg",
  cover: "tplv-dy-cropcenter:720:960.jpeg",
};
/** Time between two little pieces of a body that drips, in ms. */
const DRIP_MS = 250;

function isFirst(host: string): boolean {
  return host === FILM_HOSTS[0] || host === PICTURE_HOSTS[0];
}

function forbidden(body: string): SimulatedReply {
  return { status: 403, headers: { "content-type": "text/plain" }, body };
}

function found(location: string): SimulatedReply {
  return { status: 302, headers: { location }, body: "" };
}

function unsatisfiable(size: number): FileReply {
  return { status: 416, headers: { "content-range": `bytes */${size}` }, body: Buffer.alloc(0) };
}

/** Tells the whole length and closes the connection at the half. */
function cutAtHalf(reply: FileReply): SimulatedReply {
  return { ...reply, delivery: { cutAt: reply.body.length >> 1 } };
}

/** Makes a JPEG of a wanted size, so that only a look at its first bytes finds it out. */
function jpegOf(size: number): { readonly size: number; readonly bytes: Buffer } {
  const bytes = Buffer.alloc(size);
  new MediaFile("picture-1.jpeg", "wrong").bytes.copy(bytes);
  return { size, bytes };
}

/** Answers with a file, or with the part of it that was asked for. */
function part(ask: Ask, file: Pick<MediaFile, "type" | "size" | "bytes">): FileReply {
  const { size } = file;
  const headers = { "content-type": file.type, "accept-ranges": "bytes" };
  const range = /^bytes=(\d*)-(\d*)$/.exec(ask.headers.range ?? "");
  if (range === null || (range[1] === "" && range[2] === "")) return { status: 200, headers, body: file.bytes };
  const [, first = "", last = ""] = range;
  const from = first === "" ? Math.max(0, size - Number(last)) : Number(first);
  const to = first === "" || last === "" ? size - 1 : Math.min(size - 1, Number(last));
  if (from >= size || from > to) return unsatisfiable(size);
  return { status: 206, headers: { ...headers, "content-range": `bytes ${from}-${to}/${size}` }, body: file.bytes.subarray(from, to + 1) };
}
