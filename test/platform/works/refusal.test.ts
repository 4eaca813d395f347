// Guards: A refusal is told by its marks, says in words whether it is about the work, and words of others are none.
import { describe, expect, it } from "vitest";
import { refusalOfPage } from "../../../src/platform/browser/work-page.js";
import { refusalOf } from "../../../src/platform/works/refusal.js";
import { readDetail, refusedWork } from "../../../src/platform/works/work.js";
import { readWorkList } from "../../../src/platform/works/work-list.js";
import { english } from "../../../src/runtime/msg.js";
import { expectModel } from "../../works/model/check.js";
import { asReply, detailBody, RECEIVED_AT, replied, SEC_UID, VIDEO, WORK_ID } from "./synthetic.js";

const context = { receivedAt: RECEIVED_AT };
const of = (body: string, status = 200, headers: Record<string, string> = {}) => {
  const reading = readDetail(replied(body, status, headers), WORK_ID, context);
  return reading.outcome === "refused" ? { ...reading.refusal, reason: english(reading.refusal.reason) } : null;
};
const code = (status_code: number, more: object = {}) => JSON.stringify({ status_code, ...more });
const filtered = (filter_reason: string, more: object = {}) =>
  code(0, { aweme_detail: null, filter_detail: { filter_reason, notice: "", detail_msg: "", ...more } });

it("says of a reply with more lists than any real one that it was not read", () => {
  const body = `{"status_code":0,"aweme_detail":{"aweme_id":"${WORK_ID}","x":[${"[],".repeat(150_000)}[]]}}`;
  const reading = readDetail(replied(body), WORK_ID, context);
  expect(reading.outcome === "unreadable" && english(reading.reason)).toBe(
    "the reply has more than 150000 lists and objects, or long numbers",
  );
});

describe("what the platform refuses", () => {
  it.each<readonly [body: string, status: number, kind: string, words: RegExp]>([
    [filtered("core_dep"), 200, "gone", /no work of this id/],
    [filtered("status_self_see"), 200, "private", /only its author/],
    [filtered("images_base"), 200, "is_note", /note of pictures/],
    [filtered("something_else", { detail_msg: "作品不见了" }), 200, "unavailable", /作品不见了 \(something_else\)/],
    [filtered("story_25_filter", { notice: "x" }), 200, "unavailable", /is a story/],
    [filtered("something_else"), 200, "unavailable", /: something_else$/],
    ["", 200, "blocked", /answered with nothing/],
    ["blocked", 200, "blocked", /for now \(blocked\)/],
    [code(0, { status_msg: "blocked" }), 200, "blocked", /for now \(blocked\)/],
    [code(0), 200, "limited", /shows this visitor no more/],
    [code(5, { aweme_list: null }), 200, "limited", /shows this visitor no more/],
    [code(8, { status_msg: "用户未登录" }), 200, "needs_login", /logged in/],
    [code(2483, { status_msg: "请先登录" }), 200, "needs_login", /logged in/],
    [code(0, { not_login_module: { guide_login_tip_exist: true }, aweme_list: [] }), 200, "needs_login", /logged in/],
    [code(0, { verify_ticket: "t" }), 200, "needs_login", /logged in/],
    [code(10000, { verify_center_decision_conf: "{}" }), 200, "captcha", /status_code 10000/],
    ...[2154, 2156, 10001].map((status) => [code(status), 200, "captcha", /captcha/] as const),
    ['{"code":"10000","type":"verify"}', 200, "captcha", /captcha/],
    ['{"status_code":"2154"}', 200, "captcha", /status_code 2154/],
    ['<html><title class="a" data-n="1">验证码中间页</title></html>', 200, "captcha", /captcha page/],
    ["<html><title>验证码中间页</title></html>", 200, "captcha", /captcha page/],
    ["<html><head><title> 安全验证 </title>", 200, "captcha", /captcha page/],
    ["<p>请完成安全验证</p>", 200, "captcha", /captcha/],
    ["验证后继续", 200, "captcha", /captcha/],
    ["访问过于频繁，请稍后再试", 200, "blocked", /too many requests/],
    [code(5, { status_msg: "访问太频繁" }), 200, "blocked", /too many requests/],
    ["Blocked by ArgusSecurityPlugin uifid not found", 403, "not_ours", /uifid not found.*clock/],
    ...["Signature Not Found", "Sign Invalid", "SIGN EXPIRED"].map((said) => [said, 403, "not_ours", new RegExp(said)] as const),
    ["no", 403, "blocked", /HTTP 403/],
    ["", 444, "blocked", /refuses this address \(HTTP 444\)/],
    ...[401, 405, 412, 429].map((status) => ["", status, "blocked", new RegExp(`HTTP ${status}`)] as const),
    [code(2053), 200, "gone", /does not exist/],
    [code(4, { status_msg: "用户不存在" }), 200, "gone", /does not exist \(用户不存在\)/],
    [code(4, { status_msg: "账号已注销" }), 200, "gone", /does not exist/],
    ["<html>502</html>", 502, "fault", /HTTP 502/],
    [code(17, { status_msg: "服务\n  异常" }), 200, "fault", /status_code 17: 服务 异常/],
  ])("%j with HTTP %i is %s, in words", (body, status, kind, words) => {
    expect(of(body, status)).toEqual({ kind, reason: expect.stringMatching(words) });
  });

  it("is a captcha by its header", () => {
    expect(of("{}", 200, { "X-VC-BDTuring-Parameters": "1" })?.kind).toBe("captcha");
    expect(of("", 403, { "x-vc-bdturing-parameters": "1" })?.kind).toBe("captcha");
  });

  it("is told by marks and not by words that somebody wrote", () => {
    const page = "<title>作品</title><p>我的验证码中间页 Sign Invalid 用户不存在 blocked</p>";
    expect(of(page)).toBeNull();
    expect(of(code(0, { x: "请完成安全验证" }))).toBeNull();
    expect(of(code(0, { x: "<title>验证码中间页</title>" }))).toBeNull();
  });

  it("is nothing where the content is there, whatever stands beside it", () => {
    const tip = { status_code: 8, verify_ticket: "t", not_login_module: { guide_login_tip_exist: true } };
    expect(of(detailBody(asReply(VIDEO)).replace("{", `{${JSON.stringify(tip).slice(1, -1)},`))).toBeNull();
    const list = JSON.stringify({ aweme_list: [asReply(VIDEO)], has_more: 1, ...tip });
    expect(readWorkList(replied(list), { secUid: SEC_UID }, context).outcome).toBe("found");
  });

  it("is told of a page by what it shows, before its status", () => {
    const kind = (status: number, title: string, words = "") => refusalOfPage(status, { title, words })?.kind ?? null;
    expect([kind(404, "404", "页面不存在"), kind(410, "")]).toEqual(["gone", "gone"]);
    expect([kind(404, "验证码中间页"), kind(404, "404", "blocked"), kind(500, "")]).toEqual(["captcha", "blocked", "fault"]);
    expect([kind(403, "作品"), kind(200, "作品"), kind(304, "作品", "一句话")]).toEqual(["blocked", null, null]);
  });

  it("looks at the beginning of a long body only, and puts none of it into a sentence", () => {
    expect(of(`${"x".repeat(1_000_000)}验证后继续`)).toBeNull();
    const long = refusalOf({ status: 403, headers: {}, text: `Sign Invalid ${"😀".repeat(5_000)}`, root: undefined });
    const reason = english(long?.reason ?? "");
    expect(reason.length).toBeLessThan(400);
    expect([reason.isWellFormed(), reason]).toEqual([true, expect.stringContaining("Sign Invalid")]);
  });
});

describe("a work of which only the refusal is known", () => {
  it("has its state, the reason and a time worked out of the id", () => {
    const work = refusedWork(WORK_ID, { kind: "gone", reason: "no such work" }, "reply", context);
    expectModel("Work", work);
    expect(work).toMatchObject({
      id: WORK_ID,
      kind: null,
      state: "deleted",
      stateReason: "no such work",
      time: Number(BigInt(WORK_ID) >> 32n) * 1000,
      timeEstimated: true,
      media: [],
    });
    const state = (kind: "private" | "needs_login" | "unavailable") => refusedWork(WORK_ID, { kind, reason: "r" }, "reply", context)?.state;
    expect([state("private"), state("needs_login"), state("unavailable")]).toEqual(["private", "needs_login", "unavailable"]);
  });

  it("is none where the refusal is not about it", () => {
    for (const kind of ["captcha", "blocked", "not_ours", "limited", "withheld", "is_note", "fault"] as const)
      expect(refusedWork(WORK_ID, { kind, reason: "r" }, "reply", context)).toBeNull();
    expect(refusedWork("x", { kind: "gone", reason: "r" }, "reply", context)).toBeNull();
  });
});
