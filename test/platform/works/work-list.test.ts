// Guards: A page of works, a profile and a mix say what the platform shows, whose it is and whether more follows, and what is hidden is counted.
import { describe, expect, it } from "vitest";
import { type AskedList, readAuthor, readMix, readWorkList } from "../../../src/platform/works/work-list.js";
import { expectModel } from "../../works/model/check.js";
import { asReply, NOTE, RECEIVED_AT, replied, SEC_UID, VIDEO } from "./synthetic.js";

const posts: AskedList = { secUid: SEC_UID };
const mix: AskedList = { mixId: "7686658435312030111" };
const item = (n: number, more: object = {}) => ({ ...asReply({ ...VIDEO, id: `76866584353120304${n}` }), ...more });
const page = (aweme_list: unknown, more: object = {}) =>
  JSON.stringify({ status_code: 0, aweme_list, has_more: 1, max_cursor: 1_789_688_030_123, min_cursor: 1, ...more });
const outcome = (body: string, asked: AskedList = posts) => readWorkList(replied(body), asked, { receivedAt: RECEIVED_AT });
const read = (body: string, asked: AskedList = posts) => {
  const reading = outcome(body, asked);
  if (reading.outcome !== "found") return expect.fail(JSON.stringify(reading));
  for (const work of reading.works) expectModel("Work", work);
  const { works, ...rest } = reading;
  return { ids: works.map(({ id }) => id.slice(-2)), works, ...rest };
};

describe("a page of a user's works", () => {
  it("is its works in order, each once", () => {
    const body = page([item(14, { is_top: 1 }), item(12), item(14), { ...asReply(NOTE) }]);
    const { works, ...rest } = read(body);
    expect(rest).toEqual({ outcome: "found", ids: ["14", "12", "73"], hidden: 0, hasMore: true });
    expect(works.map(({ pinned, source, kind }) => [pinned, source, kind])).toEqual([
      [true, "list", "video"],
      [false, "list", "video"],
      [false, "list", "images"],
    ]);
  });

  it("leaves out and counts what others may not see, and what is no work", () => {
    const hidden = [{ private_status: 1 }, { private_status: 2 }, { is_delete: true }].map((status) => item(10, { status }));
    expect(read(page([...hidden, null, {}, "x", item(13)]))).toMatchObject({ ids: ["13"], hidden: 6 });
  });

  it("keeps a note that came without pictures, which is not whole and is there", () => {
    expect(read(page([{ ...asReply(NOTE), images: null }])).works[0]).toMatchObject({
      kind: "images",
      images: [],
      media: [],
      state: "unavailable",
    });
  });

  it("is of another user only when nothing in it is the asked one's", () => {
    const foreign = { author: { sec_uid: "MS4wother" } };
    expect(outcome(page([item(10, foreign), item(11, foreign)]))).toEqual({ outcome: "other", id: "MS4wother" });
    expect(read(page([item(10, foreign), item(11)])).ids).toEqual(["10", "11"]);
    expect(read(page([item(10, foreign), item(11, { author: null })])).ids).toEqual(["10", "11"]);
  });

  it("may be empty, with or without more to come", () => {
    expect(read(page([]))).toMatchObject({ ids: [], hasMore: true });
    expect(read(page([], { has_more: 0 }))).toMatchObject({ ids: [], hasMore: false });
    expect(read(page(null, { has_more: false }))).toMatchObject({ ids: [], hasMore: false });
  });

  it("is refused where guests get no more", () => {
    for (const [body, kind] of [
      ['{"status_code":5,"aweme_list":null,"has_more":0}', "limited"],
      [page([], { has_more: 0, not_login_module: { guide_login_tip_exist: true } }), "needs_login"],
    ] as const)
      expect(outcome(body)).toMatchObject({ refusal: { kind } });
    expect(outcome('{"status_code":0,"aweme_list":[],"x":1}').outcome).toBe("unreadable");
  });
});

describe("a page of a mix", () => {
  it("is its works", () => {
    const last = { max_cursor: undefined, cursor: 20, has_more: 0 };
    expect(read(page([item(10)], last), mix)).toMatchObject({ ids: ["10"], hasMore: false });
    expect(outcome(page([item(10)]), { mixId: "1" })).toEqual({ outcome: "other", id: "7686658435312030111" });
  });
});

describe("a profile", () => {
  const user = {
    ...{ uid: "104512345678", sec_uid: SEC_UID, nickname: "合成作者", unique_id: "", short_id: "555", signature: "" },
    avatar_larger: { url_list: ["https://p3-pc.douyinpic.com/a.jpeg"] },
    ...{ follower_count: 10, following_count: 0, aweme_count: 20, total_favorited: 30 },
    ...{ ip_location: "IP属地：云南", secret: 0, is_ban: false },
  };
  const profile = (more: object = {}) => readAuthor(replied(JSON.stringify({ status_code: 0, user: { ...user, ...more } })), SEC_UID);

  it("is an author with figures, where 0 is a figure", () => {
    const reading = profile();
    if (reading.outcome === "found") expectModel("Author", reading.author);
    expect(reading).toEqual({
      outcome: "found",
      author: {
        ...{ id: "104512345678", secUid: SEC_UID, displayId: "555", shortId: "555", nickname: "合成作者" },
        ...{ avatar: "https://p3-pc.douyinpic.com/a.jpeg", signature: null, verified: null },
        ...{ followers: 10, following: 0, works: 20, likes: 30, ipPlace: "云南", state: "public" },
      },
    });
  });

  it("says what the platform says of the account", () => {
    for (const [more, state] of [
      [{ secret: 1 }, "private"],
      [{ is_ban: true }, "banned"],
      [{ nickname: "账号已注销" }, "deleted"],
      [{ user_canceled: true }, "deleted"],
      [{ secret: null }, null],
    ] as const)
      expect(profile(more)).toMatchObject({ outcome: "found", author: { state } });
  });

  it("is another's, refused, or unreadable", () => {
    expect(profile({ sec_uid: "MS4wother" })).toEqual({ outcome: "other", id: "MS4wother" });
    expect(readAuthor(replied('{"status_code":2053,"user":null}'), SEC_UID)).toMatchObject({ refusal: { kind: "gone" } });
    expect(readAuthor(replied('{"status_code":0,"user":{}}'), SEC_UID)).toMatchObject({ outcome: "unreadable" });
  });
});

describe("what a mix says of itself", () => {
  const asked = "7686658435312030111";
  const told = (mix_info: unknown) => readMix(replied(JSON.stringify({ status_code: 0, mix_info })), asked);

  it("is its name, another's, refused, or unreadable", () => {
    const whole = { mix_id: asked, mix_name: "合集", mix_desc: "", statis: {} };
    expect(told(whole)).toEqual({ outcome: "found", mix: { id: asked, name: "合集" } });
    expect(told({ mix_id: "7686658435312030112", mix_name: "合集" })).toEqual({ outcome: "other", id: "7686658435312030112" });
    expect(readMix(replied('{"status_code":2053,"status_msg":"合集不存在"}'), asked)).toMatchObject({ refusal: { kind: "gone" } });
    expect(told({})).toMatchObject({ outcome: "unreadable" });
  });
});
