// Guards: A detail reply is a work with all that it says; a part, a refusal or another work's reply is never taken for it.
import { describe, expect, it } from "vitest";
import { readDetail } from "../../../src/platform/works/work.js";
import type { Work } from "../../../src/works/model/work.js";
import { wantedFiles } from "../../../src/works/wanted-files.js";
import { expectModel } from "../../works/model/check.js";
import {
  asReply,
  cdnOf,
  detailBody,
  EXPIRES,
  LIVE,
  NOTE,
  OTHER_ID,
  pictureOf,
  playOf,
  RECEIVED_AT,
  replied,
  SEC_UID,
  type Truth,
  VIDEO,
  WORK_ID,
} from "./synthetic.js";

const context = { receivedAt: RECEIVED_AT };
const readBody = (body: string) => readDetail(replied(body), WORK_ID, context);
const outcome = (aweme: unknown) => readBody(detailBody(aweme));
const read = (aweme: unknown): Work => {
  const reading = outcome(aweme);
  if (reading.outcome !== "found") return expect.fail(JSON.stringify(reading));
  expectModel("Work", reading.work);
  return reading.work;
};
const but = (truth: Truth, change: Record<string, unknown>) => ({ ...asReply(truth), ...change });

describe("a video's reply", () => {
  it("is a work with everything that it tells", () => {
    const { media, covers, ...work } = read(asReply(VIDEO));
    expect(work).toEqual({
      ...{ id: WORK_ID, kind: "video", text: VIDEO.desc, title: "标题", time: VIDEO.createTime * 1000 },
      url: `https://www.douyin.com/video/${WORK_ID}`,
      shareUrl: `https://www.iesdouyin.com/share/video/${WORK_ID}/`,
      author: {
        ...{ id: "104512345678", secUid: SEC_UID, displayId: "synthetic.author", shortId: null, nickname: "合成作者" },
        avatar: "https://p3-pc.douyinpic.com/aweme/100x100/synthetic.jpeg",
        ...{
          signature: "签名",
          verified: "某机构",
          followers: null,
          following: null,
          works: null,
          likes: null,
          ipPlace: null,
          state: null,
        },
      },
      stats: { likes: 123, comments: 4, favorites: 3, shares: 2, plays: null },
      ...{ durationMs: 15_000, width: 2160, height: 3840, images: [], captions: [] },
      tags: [{ name: "示例", id: "1600000000000001" }],
      mentions: [{ secUid: "MS4wLjABAAAAmentioned", userId: "104500000001", start: 10, end: 13 }],
      mix: { id: "7686658435312030111", name: "合集一" },
      ...{ place: "某地", pinned: false, state: "public", stateReason: null, downloadAllowed: true, commentsAllowed: true, paid: false },
      music: {
        ...{ id: "7686658435312030399", title: "原声", author: "合成作者", durationMs: 15_000, original: true },
        url: "https://sf5-hl-cdn-tos.douyinstatic.com/obj/ies-music/1.mp3",
        cover: expect.stringContaining("/music.jpeg"),
      },
      ...{ source: "reply", receivedAt: RECEIVED_AT, firstSeenAt: RECEIVED_AT, revision: 0 },
    });
    expect(covers.map(({ index, role, width, height, expiresAt }) => [index, role, width, height, expiresAt])).toEqual([
      [0, "cover", 720, 720, EXPIRES * 1000],
      [1, "origin", 360, 640, EXPIRES * 1000],
      [2, "dynamic", 720, 720, EXPIRES * 1000],
    ]);
    expect(
      media.map(({ name, role, container, codec, hasAudio, watermark }) => [name, role, container, codec, hasAudio, watermark]),
    ).toEqual([
      ["normal_1080_0", "video", "mp4", "h264", true, false],
      ["adapt_lowest_4_1", "video", "mp4", "h265", true, false],
      ["normal_720_0", "video", "dash", "h264", false, false],
      ["sound_0", "audio", "m4a", null, true, false],
      ["sound_1", "audio", "m4a", null, true, false],
      ["download_addr", "video", "mp4", null, true, true],
    ]);
    expect(media.at(-1)?.urls.join()).not.toMatch(/water/); // its field alone says that it has the platform's mark
    const [film] = VIDEO.films;
    expect(film && media[0]).toEqual({
      ...{ name: "normal_1080_0", role: "video", container: "mp4", codec: "h264", hasAudio: true, watermark: false },
      ...{ width: 1080, height: 1920, fps: 30, hdr: null, bitrate: 4_500_000, bytes: 9_000_000, hash: "0123456789abcdef0123456789abcdef" },
      urls: film && [`https:${cdnOf(film, 0)}`, `https:${cdnOf(film, 1)}`, playOf(film)],
      expiresAt: EXPIRES * 1000,
      recommended: true,
    });
  });

  it("keeps the digits of ids that come as bare numbers", () => {
    const work = readBody(detailBody(asReply(VIDEO)).replace(`"aweme_id":"${WORK_ID}"`, `"aweme_id":${WORK_ID}`));
    expect(work).toMatchObject({ outcome: "found", work: { id: WORK_ID } });
  });

  it("has a time worked out of its id where none is told", () => {
    for (const create_time of [0, undefined, -5, "x", 1e15])
      expect(read(but(VIDEO, { create_time }))).toMatchObject({
        time: Number(BigInt(WORK_ID) >> 32n) * 1000,
        timeEstimated: true,
      });
    expect(read(asReply(VIDEO))).not.toHaveProperty("timeEstimated");
    const inMs = read(but(VIDEO, { create_time: VIDEO.createTime * 1000 + 321 }));
    expect([inMs.time, inMs.timeEstimated]).toEqual([VIDEO.createTime * 1000 + 321, undefined]);
  });

  it("has the plain films where no rungs are listed", () => {
    const address = (name: string, more: object = {}) => ({ url_list: [`https://v3-web.douyinvod.com/${name}/`], ...more });
    const video = {
      play_addr: address("plain", { data_size: 7 }),
      play_addr_265: address("h265"),
      bit_rate: null,
      cdn_url_expired: EXPIRES,
    };
    expect(read(but(VIDEO, { video })).media.map(({ name, codec, bytes, expiresAt }) => [name, codec, bytes, expiresAt])).toEqual([
      ["play_addr", "h264", 7, EXPIRES * 1000],
      ["play_addr_265", "h265", null, EXPIRES * 1000],
    ]);
  });

  it("tells codec, HDR and silent films by what each work has of them", () => {
    const rung = (more: object, url = "https://v3-web.douyinvod.com/x/") => ({ gear_name: "g", play_addr: { url_list: [url] }, ...more });
    const of = (one: object) => read(but(VIDEO, { video: { bit_rate: [one] } })).media[0];
    expect(of(rung({}))).toMatchObject({ codec: null, hdr: null, container: "mp4", fps: null });
    for (const is_bytevc1 of [1, "1", "true"]) expect(of(rung({ is_bytevc1 }))?.codec).toBe("h265");
    expect(of(rung({ is_bytevc1: "0" }))?.codec).toBe("h264");
    expect(of(rung({ play_addr: { url_list: ["https://v3-web.douyinvod.com/x/"], url_key: "v0_bytevc2_1080p_1" } }))?.codec).toBe("vvc");
    expect([1, 0, "0", "", "hlg"].map((HDR_type) => of(rung({ HDR_type }))?.hdr)).toEqual(["1", null, null, null, "hlg"]);
    expect(of(rung({}, "https://v3-web.douyinvod.com/media-video-avc1/"))).toMatchObject({ container: "dash", hasAudio: false });
  });

  it("does not take the end of films with sound for that of silent ones, which live longer", () => {
    const rung = (format: string) => ({ format, play_addr: { url_list: [`https://v3-web.douyinvod.com/${format}/`] } });
    const video = { cdn_url_expired: EXPIRES, bit_rate: [rung("mp4"), rung("dash")] };
    expect(read(but(VIDEO, { video })).media.map(({ expiresAt }) => expiresAt)).toEqual([EXPIRES * 1000, null]);
  });

  it("has each hashtag once, with its id from whichever place tells it", () => {
    const tags = {
      text_extra: [{ type: 1, hashtag_name: "a", hashtag_id: "5" }, { type: 1, hashtag_name: "b" }, { hashtag_name: "d" }],
      cha_list: [{ cha_name: "a" }, { cha_name: "b", cid: "6" }, { cha_name: "c" }],
    };
    expect(read(but(VIDEO, tags)).tags).toEqual([
      { name: "a", id: "5" },
      { name: "b", id: "6" },
      { name: "d", id: null },
      { name: "c", id: null },
    ]);
  });
});

describe("a note's reply", () => {
  it("is its pictures in order, and not the film that previews them", () => {
    const { images, ...note } = read(asReply(NOTE));
    expect(note).toMatchObject({ kind: "images", url: `https://www.douyin.com/note/${WORK_ID}`, media: [], durationMs: null, width: null });
    expect(images).toEqual(
      ["a", "b", "c"].map((name, index) => ({
        ...{ index, role: "image", width: 1440, height: 1920, format: null, bytes: null, watermark: false, motion: null },
        ...{ urls: [pictureOf(name, "webp"), pictureOf(name, "jpeg")], expiresAt: EXPIRES * 1000 },
      })),
    );
  });

  it("has a film for each live photo, paired by index", () => {
    const { kind, images } = read(asReply(LIVE));
    expect(kind).toBe("live_photos");
    expect(images.map(({ role, motion }) => [role, motion?.durationMs, motion?.media[0]?.name])).toEqual([
      ["still", 15_000, "normal_720_0"],
      ["image", undefined, undefined],
      ["still", 15_000, "normal_720_0"],
    ]);
  });

  it("takes a film for a live photo's only when it can be played without the platform's mark", () => {
    const images = [
      { url_list: [pictureOf("a", "webp")], live_photo_type: 4, video: { bit_rate: [], play_addr: { url_list: [] } } },
      { url_list: [pictureOf("b", "webp")], video: { download_addr: { url_list: ["https://v3-web.douyinvod.com/m"] } } },
    ];
    expect(read(but(NOTE, { images }))).toMatchObject({ kind: "images", images: [{ motion: null }, { motion: null }] });
  });

  it("says that the clip of a live photo is missing", () => {
    const images = [{ url_list: [pictureOf("a", "webp")], live_photo_type: 1, video: null }, { url_list: [pictureOf("b", "webp")] }];
    const work = read(but(NOTE, { images }));
    expect(work).toMatchObject({
      kind: "live_photos",
      images: [{ role: "still", motion: { durationMs: null, media: [] } }, { motion: null }],
    });
    expect(wantedFiles(work).map(({ role, index, source }) => [role, index, source.urls.length])).toEqual([
      ["image", 0, 1],
      ["clip", 0, 0],
      ["image", 1, 1],
    ]);
  });

  it("prefers pictures that the platform names free of its mark, and takes the other place of pictures", () => {
    const image = { url_list: [pictureOf("a", "webp")], watermark_free_download_url_list: [pictureOf("free", "jpeg")] };
    expect(read(but(NOTE, { images: [image] })).images[0]?.urls).toEqual([pictureOf("free", "jpeg"), pictureOf("a", "webp")]);
    expect(read(but(NOTE, { images: [], image_post_info: { images: [image] } })).images).toHaveLength(1);
  });

  it("is incomplete without pictures, however it announces them", () => {
    for (const change of [
      { images: null },
      { images: [] },
      { images: [{ url_list: [] }] },
      { images: null, media_type: 4, aweme_type: 150 },
    ])
      expect(outcome(but(NOTE, change))).toEqual({ outcome: "unreadable", reason: expect.stringContaining("incomplete") });
    expect(outcome(but(VIDEO, { is_slides: true }))).toMatchObject({ outcome: "unreadable" });
  });
});

describe("a work that is not for everybody", () => {
  it.each([
    [{ status: { is_delete: true } }, "deleted"],
    [{ status: { private_status: 1 } }, "private"],
    [{ status: { self_see: true } }, "private"],
    [{ status: { is_private: true } }, "private"],
    [{ status: { private_status: 2 } }, "friends"],
    [{ status: { is_prohibited: true } }, "unavailable"],
    [{ pc_need_login: true }, "needs_login"],
    [{ status: { in_reviewing: true } }, "unavailable"],
  ])("%j is %s, with its reason, with and without media", (change, state) => {
    const found = read(but(VIDEO, { ...change, video: null }));
    expect(found).toMatchObject({ state, media: [], text: VIDEO.desc });
    expect(found.stateReason).toMatch(/\w+ /);
    if (!("status" in change && "in_reviewing" in (change.status ?? {}))) expect(read(but(VIDEO, change)).state).toBe(state);
  });

  it("is incomplete, and not unavailable, where nothing says why there is no film", () => {
    expect(outcome(but(VIDEO, { video: null }))).toEqual({
      outcome: "unreadable",
      reason: expect.stringContaining("no address of the film"),
    });
  });

  it("tells what the author allows, and what costs", () => {
    const all = (right: "downloadAllowed" | "commentsAllowed" | "paid", ...changes: Record<string, unknown>[]) =>
      changes.map((change) => read(but(VIDEO, change))[right]);
    const downloads = [{ video_control: { allow_download: false } }, { prevent_download: true }, { video_control: null }];
    expect(all("downloadAllowed", ...downloads)).toEqual([false, false, null]);
    const comments = [{ status: { allow_comment: false } }, { aweme_control: { can_show_comment: false } }];
    expect(all("commentsAllowed", ...comments, { aweme_control: null, status: null })).toEqual([false, false, null]);
    const costs = [{ series_paid_info: { series_paid_status: 1 } }, { entertainment_video_paid_way: { paid_type: 2 } }];
    expect(all("paid", ...costs, { series_paid_info: null })).toEqual([true, true, null]);
  });
});

describe("a reply that does not hold the work", () => {
  it("is another work's, unreadable, or a refusal", () => {
    expect(outcome(asReply({ ...VIDEO, id: OTHER_ID }))).toEqual({ outcome: "other", id: OTHER_ID });
    for (const body of ["<html>", "[]", "null", '"a"', "{", '{"status_code":0,"aweme_detail":5,"x":1}', '{"a":1}'])
      expect(readBody(body).outcome).toBe("unreadable");
    expect(readBody('{"status_code":0,"aweme_detail":null,"filter_detail":{"filter_reason":"core_dep"}}')).toMatchObject({
      outcome: "refused",
      refusal: { kind: "gone" },
    });
    expect(readDetail(replied(detailBody(asReply(VIDEO)), 403), WORK_ID, context)).toMatchObject({ outcome: "refused" });
  });

  it("is not read beyond 4 MiB", () => {
    const padded = (mib: number) => readBody(detailBody({ ...asReply(VIDEO), padding: "x".repeat(mib * 1024 * 1024) })).outcome;
    expect([1, 4].map(padded)).toEqual(["found", "unreadable"]);
  });
});
