// Guards: A page of comments is each comment once, on its floor, with all marks; that there are none is only said by all four marks.
import { describe, expect, it } from "vitest";
import { readComments } from "../../../src/platform/works/comments.js";
import { english } from "../../../src/runtime/msg.js";
import { expectModel } from "../../works/model/check.js";
import { OTHER_ID, pictureOf, RECEIVED_AT, replied, SEC_UID, WORK_ID } from "./synthetic.js";

type AskedComments = Parameters<typeof readComments>[1];

const asked: AskedComments = { workId: WORK_ID, floorId: null, authorSecUid: SEC_UID, receivedAt: RECEIVED_AT };
const CID = "7686660000000000001";
const id = (n: number) => (BigInt(CID) + BigInt(n)).toString();
const comment = (n: number, more: object = {}) => ({
  ...{ cid: id(n), aweme_id: WORK_ID, text: `评论${n}`, create_time: 1_789_700_000 + n, digg_count: n, ip_label: "云南" },
  ...{ level: 1, reply_id: "0", reply_to_reply_id: "0", reply_comment: null, reply_comment_total: 0, text_extra: [] },
  ...{ is_author_digged: false, label_type: -1, label_list: null, stick_position: 0, is_hot: false, is_folded: false, image_list: null },
  user: { uid: "1", sec_uid: `MS4wuser${n}`, nickname: `甲${n}`, unique_id: "", short_id: "123456", avatar_thumb: { url_list: [] } },
  ...more,
});
const page = (comments: unknown, more: object = {}) =>
  JSON.stringify({ status_code: 0, comments, cursor: 5, has_more: 1, total: 347, reply_style: 2, ...more });
const read = (body: string, change: Partial<AskedComments> = {}) => {
  const reading = readComments(replied(body), { ...asked, ...change });
  if (reading.outcome !== "found") return expect.fail(JSON.stringify(reading));
  for (const one of reading.comments) expectModel("Comment", one);
  return reading;
};
const refused = (body: string) => {
  const reading = readComments(replied(body), asked);
  return reading.outcome === "refused" ? { ...reading.refusal, reason: english(reading.refusal.reason) } : reading;
};

describe("a page of comments", () => {
  it("is its comments with everything that they tell", () => {
    const { comments, ...rest } = read(page([comment(1, { reply_comment_total: 7 })]));
    expect(rest).toEqual({ outcome: "found", cursor: 5, hasMore: true, total: 347 });
    expect(comments).toEqual([
      {
        ...{ id: id(1), workId: WORK_ID, parentId: null, replyToId: null, level: 1, text: "评论1", time: 1_789_700_001_000 },
        ...{ likes: 1, replies: 7, repliesCollected: 0, place: "云南", rank: 0, receivedAt: RECEIVED_AT },
        user: { id: "1", secUid: "MS4wuser1", displayId: "123456", shortId: "123456", nickname: "甲1", avatar: null },
        ...{ authorLiked: false, byAuthor: false, labels: [], pinned: false, hot: false, folded: false },
        ...{ images: [], sticker: null, mentions: [] },
      },
    ]);
  });

  it("has the replies that are shown in advance, each once, and counts them", () => {
    const reply = comment(11, { level: 2, reply_id: id(1) });
    const { comments } = read(page([comment(1, { reply_comment: [reply, reply], reply_comment_total: 5 }), comment(2), comment(1), reply]));
    expect(comments.map((one) => [one.id, one.parentId, one.level, one.repliesCollected, one.rank])).toEqual([
      [id(1), null, 1, 1, 0],
      [id(11), id(1), 2, 0, 1],
      [id(2), null, 1, 0, 2],
    ]);
    // A stray one belongs to the floor that it names.
    const stray = comment(12, { level: 2, reply_id: "0", root_comment_id: id(1) });
    expect(read(page([comment(1), stray])).comments).toMatchObject([
      { parentId: null, level: 1 },
      { parentId: id(1), level: 2 },
    ]);
  });

  it("has marks, labels, pictures, stickers, mentions and the author's own", () => {
    const rich = comment(4, {
      ...{ text: "", stick_position: 1, is_hot: true, is_folded: 1, is_author_digged: true },
      label_text: "作者",
      label_list: [{ text: "作者", type: 1 }, { text: "首评" }],
      image_list: [
        { origin_url: { url_list: [pictureOf("o", "webp")], width: 10, height: 20 }, thumb_url: { url_list: [pictureOf("t", "webp")] } },
      ],
      sticker: { id_str: "7000000000000000001", animate_url: { url_list: [pictureOf("s", "webp")] } },
      text_extra: [{ type: 0, start: 0, end: 3, user_id: "5", sec_uid: "MS4wm" }],
      user: { uid: "2", sec_uid: SEC_UID },
    });
    const [one] = read(page([rich])).comments;
    expect(one).toMatchObject({
      ...{ text: "", pinned: true, hot: true, folded: true, authorLiked: true, byAuthor: true },
      labels: ["作者", "首评"],
      images: [{ index: 0, role: "image", width: 10, height: 20, urls: [pictureOf("o", "webp")], watermark: false }],
      sticker: { id: "7000000000000000001", url: pictureOf("s", "webp") },
      mentions: [{ secUid: "MS4wm", userId: "5", start: 0, end: 3 }],
    });
    expect(read(page([rich]), { authorSecUid: null }).comments[0]?.byAuthor).toBeNull();
    expect(read(page([comment(1, { text: "\ufeff\u200b" })])).comments[0]?.text).toBe("\ufeff\u200b");
  });

  it("works the time out of the id where none is told", () => {
    expect(read(page([comment(1, { create_time: 0 })])).comments[0]).toMatchObject({
      time: Number(BigInt(id(1)) >> 32n) * 1000,
      timeEstimated: true,
    });
  });

  it("is another work's when all of it is, and leaves out single ones", () => {
    const foreign = comment(1, { aweme_id: OTHER_ID });
    expect(readComments(replied(page([foreign])), asked)).toEqual({ outcome: "other", id: OTHER_ID });
    expect(read(page([foreign, comment(2), { text: "no id" }, null, 5]))).toMatchObject({ comments: [{ id: id(2) }] });
  });
});

describe("a page of replies", () => {
  it("belongs to the floor that was asked for, flat", () => {
    const replies = [
      comment(11, { level: 2, reply_id: id(1) }),
      comment(12, { level: 3, reply_id: id(1), reply_to_reply_id: id(11) }),
      comment(13, { level: 2, reply_id: "0", root_comment_id: id(1) }),
      comment(14, { level: 2, reply_id: "0" }),
    ];
    const { comments } = read(page(replies, { has_more: 0, cursor: 3, total: 4 }), { floorId: id(1) });
    expect(comments.map((one) => [one.parentId, one.replyToId, one.level])).toEqual([
      [id(1), null, 2],
      [id(1), id(11), 2],
      [id(1), null, 2],
      [id(1), null, 2],
    ]);
  });
});

describe("a page without comments", () => {
  it("says that there are none only by all four marks", () => {
    for (const none of [null, []])
      expect(read(page(none, { total: 0, has_more: 0, cursor: 0 }))).toMatchObject({ comments: [], hasMore: false });
    expect(refused(page(null, { total: 1, has_more: 0 }))).toEqual({
      kind: "withheld",
      reason: expect.stringContaining("says that there are 1"),
    });
    expect(refused(page(null, { total: undefined, has_more: 0 }))).toMatchObject({ kind: "withheld" });
    expect(refused(page(null, { total: 0, has_more: 0, status_code: 8 }))).toMatchObject({ kind: "needs_login" });
    expect(refused('{"status_code":0,"has_more":0,"cursor":0}')).toMatchObject({ outcome: "unreadable" });
    expect(refused('{"status_code":0,"comments":null,"total":0}')).toMatchObject({ outcome: "unreadable" });
  });

  it("may say that more follow: whether the cursor moves is for the run to see", () => {
    // What is not told is no end.
    expect(read(page([comment(1)], { has_more: undefined }))).toMatchObject({ hasMore: true });
    expect(read(page([], { cursor: 5 }))).toMatchObject({ comments: [], hasMore: true, cursor: 5 });
  });
});
