// Guards: A reply with odd values in any place is read as far as it can be, never throws, and stays bounded.
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { readComments } from "../../../src/platform/works/comments.js";
import { readDetail, readPageState } from "../../../src/platform/works/work.js";
import { readAuthor, readWorkList } from "../../../src/platform/works/work-list.js";
import { english } from "../../../src/runtime/msg.js";
import { runsOf } from "../../whole.js";
import { expectModel } from "../../works/model/check.js";
import { asReply, asState, LIVE, NOTE, pageWith, RECEIVED_AT, replied, SEC_UID, VIDEO, WORK_ID } from "./synthetic.js";

const context = { receivedAt: RECEIVED_AT };
const asked = { workId: WORK_ID, floorId: null, authorSecUid: SEC_UID, receivedAt: RECEIVED_AT };

/** Reads a body by every reader and a page's state; what is found must be of its model. Returns what was found. */
function expectRead(body: string, page: string): string[] {
  const reply = replied(body);
  const detail = readDetail(reply, WORK_ID, context);
  const list = readWorkList(reply, { secUid: SEC_UID }, context);
  const comments = readComments(reply, asked);
  const profile = readAuthor(reply, SEC_UID);
  const state = readPageState(page, WORK_ID, context);
  if (detail.outcome === "found") expectModel("Work", detail.work);
  if (list.outcome === "found") for (const work of list.works) expectModel("Work", work);
  if (comments.outcome === "found") for (const comment of comments.comments) expectModel("Comment", comment);
  if (profile.outcome === "found") expectModel("Author", profile.author);
  if (state !== null) expectModel("Work", state);
  for (const { outcome, ...rest } of [detail, list, comments, profile])
    if (outcome === "refused" && "refusal" in rest) expect(english(rest.refusal.reason)).toMatch(/^the (platform|work)/);
  return [detail.outcome, list.outcome, comments.outcome, profile.outcome, state === null ? "no state" : "state"];
}

const ODD = fc.oneof(
  fc.jsonValue(),
  fc.constantFrom<unknown[]>(
    ...[null, true, 0, -1, 1.5, 1e300, [], {}, [null], [[]], { url_list: {} }],
    ...["", "0", "\0", "\ud800", "\ud83d\ude00".repeat(6_000), "__proto__", "99999999999999999999"],
    ...["javascript:alert(1)", "//evil.com/x", "http://v3-web.douyinvod.com/x"],
  ),
);

/** Places of a value: the keys that lead to each thing in it. */
function* placesIn(value: unknown, path: readonly string[] = []): Generator<readonly string[]> {
  if (path.length > 0) yield path;
  if (typeof value === "object" && value !== null) for (const [key, item] of Object.entries(value)) yield* placesIn(item, [...path, key]);
}

/** Puts odd values at some places of a value. */
function damaged(value: Record<string, unknown>): fc.Arbitrary<Record<string, unknown>> {
  const places = [...placesIn(value)];
  return fc.array(fc.tuple(fc.constantFrom(...places), ODD), { minLength: 1, maxLength: 6 }).map((changes) => {
    const copy = structuredClone(value);
    for (const [path, odd] of changes) {
      let at: unknown = copy;
      for (const key of path.slice(0, -1)) at = typeof at === "object" && at !== null ? (at as Record<string, unknown>)[key] : undefined;
      if (typeof at === "object" && at !== null) (at as Record<string, unknown>)[path.at(-1) ?? ""] = structuredClone(odd);
    }
    return copy;
  });
}

const COMMENT = {
  cid: "7686660000000000001",
  aweme_id: WORK_ID,
  text: "评论",
  create_time: 1_789_700_000,
  digg_count: 1,
  reply_comment: [{ cid: "7686660000000000002", text: "回复", reply_id: "7686660000000000001", user: { sec_uid: "a" } }],
  label_list: [{ text: "作者" }],
  image_list: [{ origin_url: { url_list: ["https://p3-pc-sign.douyinpic.com/a"], width: 1, height: 2 } }],
  sticker: { id_str: "7", static_url: { url_list: ["https://p3-pc-sign.douyinpic.com/b"] } },
  text_extra: [{ type: 0, sec_uid: "b", start: 1, end: 2 }],
  user: { uid: "1", sec_uid: "c", nickname: "n", avatar_thumb: { url_list: ["https://p3-pc.douyinpic.com/c"] } },
};

describe("whatever the platform sends", () => {
  it("works with odd values in any place are read as far as they can be", () => {
    const seen = new Set<string>();
    for (const truth of [VIDEO, NOTE, LIVE]) {
      fc.assert(
        fc.property(damaged(asReply(truth)), damaged(asState(truth)), (reply, state) => {
          const body = { status_code: 0, has_more: 1, max_cursor: 1, aweme_detail: reply, aweme_list: [reply, 5], user: reply["author"] };
          for (const outcome of expectRead(JSON.stringify(body), pageWith(state))) seen.add(outcome);
        }),
        { numRuns: runsOf(60) },
      );
    }
    expect([...seen]).toEqual(expect.arrayContaining(["found", "state"]));
  });

  it("comments with odd values in any place are read as far as they can be", () => {
    let found = 0;
    fc.assert(
      fc.property(damaged({ status_code: 0, comments: [COMMENT], cursor: 1, has_more: 1, total: 2 }), (page) => {
        if (expectRead(JSON.stringify(page), "")[2] === "found") found++;
      }),
      { numRuns: runsOf(200) },
    );
    expect(found).toBeGreaterThan(runsOf(50));
  });
});

describe("sizes", () => {
  const aweme = (more: object) => JSON.stringify({ aweme_detail: { ...asReply(VIDEO), ...more } });
  const work = (more: object) => {
    const reading = readDetail(replied(aweme(more)), WORK_ID, context);
    return reading.outcome === "found" ? reading.work : expect.fail(reading.outcome);
  };
  const many = <T>(n: number, of: (i: number) => T) => Array.from({ length: n }, (_, i) => of(i));
  const address = (i: number) => `https://p3-pc-sign.douyinpic.com/${i}`;

  it("of texts and lists are bounded", () => {
    const { text, title, tags, mentions } = work({
      desc: "😀".repeat(100_000),
      item_title: "长".repeat(100_000),
      text_extra: many(5_000, (i) => ({ type: i % 2, hashtag_name: `t${i}`, sec_uid: `s${i}` })),
      cha_list: many(5_000, (i) => ({ cha_name: `c${i}` })),
    });
    expect([text.length, title?.length, tags.length <= 200, mentions.length <= 100]).toEqual([10_000, 512, true, true]);
    const rung = (i: number) => ({ play_addr: { url_list: many(20, (j) => `https://v3-web.douyinvod.com/${i}/${j}`) } });
    const { media } = work({ video: { bit_rate: many(500, rung) } });
    expect([media.length, Math.max(...media.map(({ urls }) => urls.length))]).toEqual([64, 16]);
    expect(work({ images: many(1_000, (i) => ({ url_list: [address(i)] })) }).images).toHaveLength(200);
  });

  it("of pages are bounded", () => {
    const list = JSON.stringify({ aweme_list: many(1_000, (i) => ({ aweme_id: String(i + 1) })), has_more: 1 });
    const read = readWorkList(replied(list), { secUid: SEC_UID }, context);
    expect(read.outcome === "found" && read.works.length).toBe(200);
    const comments = many(1_000, (i) => ({ cid: `1${i}000`, reply_comment: many(100, (j) => ({ cid: `2${i * 1_000 + j}` })) }));
    const page = readComments(replied(JSON.stringify({ comments, has_more: 0 })), asked);
    expect(page.outcome === "found" && page.comments.length).toBe(200 * 21);
  });

  it("of bodies, depths and pages of HTML are bounded", () => {
    expect(readWorkList(replied("x".repeat(9 * 1024 * 1024)), { secUid: SEC_UID }, context).outcome).toBe("unreadable");
    const deep = `{"aweme_detail":${'{"video":'.repeat(200_000)}1${"}".repeat(200_000)}}`;
    expect(readDetail(replied(deep), WORK_ID, context).outcome).toBe("unreadable");
    expect(readPageState(pageWith(asState(VIDEO)) + " ".repeat(17 * 1024 * 1024), WORK_ID, context)).toBeNull();
    expect(readPageState(`${pageWith(asState(VIDEO))}${" ".repeat(1024 * 1024)}`, WORK_ID, context)).not.toBeNull();
  });
});
