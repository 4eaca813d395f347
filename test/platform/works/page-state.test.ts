// Guards: A page's state is the same work as its reply, but for what the page leaves out, and nothing where the work is not whole in it.
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { readDetail, readPageState } from "../../../src/platform/works/work.js";
import type { Image, MediaVariant } from "../../../src/works/model/media.js";
import type { Work } from "../../../src/works/model/work.js";
import { expectModel } from "../../works/model/check.js";
import {
  asReply,
  asState,
  detailBody,
  type FilmTruth,
  LIVE,
  NOTE,
  OTHER_ID,
  pageWith,
  push,
  RECEIVED_AT,
  replied,
  type Truth,
  VIDEO,
  WORK_ID,
} from "./synthetic.js";

const context = { receivedAt: RECEIVED_AT };
const read = (page: string) => readPageState(page, WORK_ID, context);
const other = (truth: Truth) => asState({ ...truth, id: OTHER_ID });

/** Returns what of a reply's work the page's state has not (facts/videos.md 3.1): the rest must be equal. */
function asThePageTells(work: Work): Work {
  const film = (variant: MediaVariant): MediaVariant => ({ ...variant, hash: variant.role === "video" ? null : variant.hash });
  const films = (media: readonly MediaVariant[]) => media.filter(({ watermark }) => !watermark).map(film);
  const image = (picture: Image): Image => ({
    ...picture,
    motion: picture.motion === null ? null : { ...picture.motion, media: films(picture.motion.media) },
  });
  return {
    ...work,
    title: null,
    author: { ...work.author, displayId: null, signature: null },
    mix: work.mix?.name == null ? null : { ...work.mix, id: null },
    covers: work.covers.map((cover) => ({ ...cover, width: null, height: null })),
    media: films(work.media),
    images: work.images.map(image),
    source: "page",
  };
}

const film = fc.record<FilmTruth>({
  gear: fc.constantFrom("normal_1080_0", "adapt_lowest_4_1", "normal_720_0", "540_2_1"),
  short: fc.constantFrom(576, 720, 1080, 2160),
  h265: fc.boolean(),
  dash: fc.boolean(),
  bytes: fc.integer({ min: 1, max: 50_000_000 }).map((half) => half * 2),
});
const words = fc.string({ unit: "grapheme", maxLength: 30 });
const shared = {
  createTime: fc.integer({ min: 0, max: 2_000_000_000 }),
  desc: words,
  tags: fc.uniqueArray(words, { maxLength: 3 }),
  mentions: fc.array(
    words.map((name) => `MS4w${name}`),
    { maxLength: 3 },
  ),
  place: fc.option(words, { nil: null }),
  mix: fc.option(words, { nil: null }),
  pinned: fc.boolean(),
  likes: fc.nat(),
  privateStatus: fc.constantFrom(0, 1, 2),
  deleted: fc.boolean(),
  needLogin: fc.boolean(),
  mayDownload: fc.boolean(),
  nickname: words,
};
const videos = fc.record({ ...shared, films: fc.array(film, { minLength: 1, maxLength: 5 }), sounds: fc.nat(2) });
const picture = fc.record({
  name: fc.constantFrom("a", "b", "7f"),
  clip: fc.option(fc.array(film, { minLength: 1, maxLength: 2 }), { nil: null }),
});
const notes = fc.record({ ...shared, pictures: fc.array(picture, { minLength: 1, maxLength: 5 }) });
const truths: fc.Arbitrary<Truth> = fc.oneof(
  videos.map((more) => ({ ...VIDEO, ...more })),
  notes.map((more) => ({ ...NOTE, ...more })),
);

describe("both spellings", () => {
  it("of one truth are the same work, but for what the page does not tell", () => {
    fc.assert(
      fc.property(truths, (truth) => {
        const reply = readDetail(replied(detailBody(asReply(truth))), WORK_ID, context);
        if (reply.outcome !== "found") throw new Error(JSON.stringify(reply));
        const page = read(pageWith(asState(truth)));
        expectModel("Work", reply.work);
        expectModel("Work", page);
        expect(page).toEqual(asThePageTells(reply.work));
      }),
    );
  });
});

describe("the state in a page", () => {
  it("is found beside other works, in whatever holds it", () => {
    for (const truth of [VIDEO, NOTE, LIVE]) {
      const work = read(pageWith(asState(truth)));
      expect(work).toMatchObject({ id: WORK_ID, source: "page", state: "public" });
      const held = { x: [{ children: ["$", { awemeId: WORK_ID, aweme: { detail: asState(truth) } }] }] };
      for (const page of [
        pageWith(other(truth), asState(truth), other(truth)),
        pageWith({ awemeId: WORK_ID }, held),
        pageWith({ noteDetail: { list: [other(truth)], detail: asState(truth) } }),
        pageWith({ ...asState(truth), video: null, images: [] }, asState(truth)), // not whole, then whole
      ])
        expect(read(page)).toEqual(work);
    }
  });

  it("is found when its row is streamed in pieces, beside damaged ones", () => {
    const row = `e:${JSON.stringify([{ videoDetail: asState(VIDEO) }])}\n`;
    const pieces = [row.slice(0, 700), row.slice(700, 1900), row.slice(1900)];
    const page = push('d:["$",{"awemeId":') + pieces.map(push).join("\n<div></div>") + push("f:[1");
    expect(read(page)).toEqual(read(pageWith(asState(VIDEO))));
    expect(read(push('d:["$",{"awemeId":') + push(row.slice(0, 1900)))).toBeNull();
  });

  it("is read of the scripts' texts as it is of the HTML", () => {
    const page = pageWith(other(VIDEO), asState(VIDEO));
    const texts = [...page.matchAll(/<script[^>]*>(.*?)<\/script>/gs)].map(([, text]) => text);
    expect(texts.length).toBeGreaterThan(2);
    expect(read(texts.join("\n"))).toEqual(read(page));
  });

  it("is nothing where the asked work is not, or not whole", () => {
    const { video: _video, images: _images, ...bare } = asState(VIDEO);
    const pages = [
      "",
      "<title>验证码中间页</title>",
      pageWith(),
      pageWith(other(VIDEO)),
      pageWith(bare),
      pageWith({ ...bare, video: {} }),
      pageWith({ ...asState(NOTE), images: null }),
      pageWith({ awemeId: WORK_ID, aweme: { detail: other(VIDEO) } }),
      pageWith({ ...asState(VIDEO), awemeId: Number(WORK_ID) + 4096 }),
      `<p>${JSON.stringify(asState(VIDEO))}</p>`,
    ];
    for (const page of pages) expect(read(page)).toBeNull();
  });

  it("is looked for in 25,000 nodes of a row and 32 deep, and no further", () => {
    const row = (value: unknown) => push(`1:${JSON.stringify(value)}`);
    const deep = (levels: number) => row(Array.from({ length: levels }).reduce<unknown>((inner) => [inner], asState(VIDEO)));
    const wide = (nodes: number) => row([Array.from({ length: nodes }, () => ({})), [asState(VIDEO)]]);
    // One row too large does not hide the next.
    for (const found of [deep(31), wide(24_000), wide(25_000) + pageWith(asState(VIDEO))]) expect(read(found)).not.toBeNull();
    for (const far of [deep(32), wide(25_000), push(`1:${"[".repeat(100_000)}${"]".repeat(100_000)}`)]) expect(read(far)).toBeNull();
  });

  it("keeps the digits of ids that come as bare numbers", () => {
    const page = push(`1:[${JSON.stringify(asState(VIDEO)).replace(`"awemeId":"${WORK_ID}"`, `"awemeId":${WORK_ID}`)}]`);
    expect(read(page)?.id).toBe(WORK_ID);
  });
});
