// Guards: The works pages say how a run or a reading stands, why it ended, and which form a download takes.
import { describe, expect, it } from "vitest";
import { inLanguage } from "../../src/i18n/words.js";
import { refusalOf } from "../../src/platform/works/refusal.js";
import { DyliveError } from "../../src/runtime/errors.js";
import { english } from "../../src/runtime/msg.js";
import { WorkError } from "../../src/works/found-work.js";
import type { CommentRun } from "../../src/works/model/comment.js";
import type { MediaVariant } from "../../src/works/model/media.js";
import { chooseVariant } from "../../src/works/model/quality.js";
import type { Work, WorkPace } from "../../web/src/api/model.js";
import { isolated } from "../../web/src/i18n/strangers.js";
import { MESSAGES, reasonIn } from "../../web/src/i18n/tables.js";
import { runWords } from "../../web/src/works/comment-words.js";
import { coverOf, expiryOf } from "../../web/src/works/pictures.js";
import { progressOf } from "../../web/src/works/progress.js";
import { heightsOf, ladderOf } from "../../web/src/works/rungs.js";
import { factsOf, listWords, workName } from "../../web/src/works/work-words.js";
import { runOf } from "../works/comment.js";
import { listRunOf, workOf } from "../works/work.js";

const { zh, en } = MESSAGES;
const ID = "7634721010233110528";
const NOW = 1_760_000_200_000;

it("reasons of runs, readings and downloads are Chinese on a Chinese page, and as they are on an English one", () => {
  const more = "and the platform does not say that this is the end";
  const failed = "v3-web.douyinvod.com: HTTP 403; v26-web.douyinvod.com: a short body: 5 bytes instead of 9";
  const reasons = [
    ...["comments of this work are closed", "the platform shows more comments to people who are logged in only", "it was cancelled"],
    ...[
      "the platform shows its captcha page, which a person has to solve",
      "its process ended before it did",
      "it failed; the log says why",
    ],
    ...[`nothing new came in 8 rounds, ${more} (the body of a reply was lost)`],
    ...["the first 18 are shown; a login is needed for the rest, and is not always enough", "no works are shown: the account is private"],
    ...["its author does not allow that it is downloaded", "it is larger than the 5 bytes that a file may have"],
    "the film and its sound cannot be joined: there is no sound in it",
  ];
  for (const reason of reasons) {
    expect([reason, reasonIn(reason, zh)]).toEqual([reason, expect.stringMatching(/^[^a-z]*[\u4e00-\u9fff]/)]);
    expect(reasonIn(reason, en)).toBe(reason);
  }
  expect(reasonIn(`${failed}; its work could not be read again: the work was deleted`, zh)).toBe(
    "v3-web.douyinvod.com：HTTP 403；v26-web.douyinvod.com：内容不完整：5 字节，应有 9；作品无法重新读取：作品已被删除",
  );
  const { message } = new DyliveError("blocked", "the platform shows its captcha page, which a person has to solve");
  expect(reasonIn(message, zh)).toMatch(/^[^a-z]+：平台显示了验证码页面，需要人来操作$/);
  const full = new DyliveError("file_failed", "…/7560000000000000001 cannot be written: the disk is full").message;
  expect(reasonIn(full, zh)).toBe("文件无法使用：…/7560000000000000001 无法写入：磁盘已满");
});

describe("why nothing is shown of a work", () => {
  const code = (status_code: number, more: object = {}) => JSON.stringify({ status_code, ...more });
  const filtered = (filter_reason: string) => code(0, { aweme_detail: null, filter_detail: { filter_reason, notice: "", detail_msg: "" } });
  const BODIES: readonly (readonly [body: string, status: number])[] = [
    ...["<title>验证码中间页</title>", "验证后继续", code(2154), "blocked", "访问过于频繁", ""].map((body) => [body, 200] as const),
    ...["Uifid Not Found", "no"].map((body) => [body, 403] as const),
    ...["core_dep", "status_self_see", "images_base", "other"].map((reason) => [filtered(reason), 200] as const),
    ...[code(8), code(2053), code(0), code(5), code(17, { status_msg: "服务异常" }), code(17)].map((body) => [body, 200] as const),
    [code(4, { status_msg: "用户不存在" }), 200],
    [code(0, { comments: null, total: 7, has_more: 0 }), 200],
    [code(0, { comments: null, has_more: 0 }), 200],
    ["<p>", 412],
    ["<p>", 502],
  ];
  const told = BODIES.map(([text, status]) => {
    let root: unknown;
    try {
      root = JSON.parse(text);
    } catch {
      root = undefined;
    }
    return refusalOf({ status, headers: {}, text, root });
  });

  it("is said in Chinese on a Chinese page, and as it is on an English one", () => {
    for (const refusal of told) {
      const said = refusal?.reason ?? "";
      const reason = english(said);
      // A server says it in an error, whose values are apart.
      const spoken = inLanguage("zh", new WorkError(refusal?.kind ?? null, said).said);
      expect([reason, spoken]).toEqual([reason, expect.stringMatching(/^[^a-z]*[\u4e00-\u9fff]/)]);
      expect(spoken).not.toContain("platform");
      expect([reason, reasonIn(reason, zh)]).toEqual([reason, expect.stringMatching(/^[^a-z]*[\u4e00-\u9fff]/)]);
      expect(reasonIn(reason, zh)).not.toContain("platform");
      expect(reasonIn(reason, en)).toBe(reason);
    }
  });
});

describe("a run that collects comments", () => {
  const said = (more: Partial<CommentRun>, running = false, m = zh, lang: "zh" | "en" = "zh") =>
    runWords({ run: runOf(ID, { startedAt: NOW - 80_000, ...more }), running }, NOW, m, lang);

  it("says how far it is, and that it waits for its turn before anything came", () => {
    expect(said({}, true, en, "en")).toMatchObject({
      tone: "soft",
      state: "Collecting",
      lines: [expect.stringContaining("Waits for the page"), ...Array(4).fill(expect.any(String))],
    });
    const { lines } = said({ collected: 7, topLevel: 5, repliesCollected: 2, shown: 99, floorsOpen: 1 }, true, en, "en");
    expect(lines).toEqual([
      "7 so far: 5 top comments, 2 replies.",
      "The page says that there are 99 (it counts hidden ones, so fewer come).",
      "Replies of one top comment are not complete; below it stands how many there are.",
      "At most 100000 new ones are collected, with their replies.",
      "1 min 20 s so far.",
    ]);
    const reason = "the platform shows more comments to people who are logged in only";
    const wall = said({ endedBy: "wall", reason, endedAt: NOW });
    expect([wall.state, wall.lines[0]]).toEqual([zh.comments.run.ends.wall, zh.comments.run.next.wall]);
    expect(said({ reason: "it failed; the log says why", endedAt: NOW })).toMatchObject({ tone: "bad", state: "出错中断" });
  });
});

describe("a reading of a work", () => {
  const pace = (more: Partial<WorkPace>): WorkPace => ({
    ...{ waiting: 0, reading: null, nextAt: null, pausedUntil: null, opened: 0, refused: 0, failed: 0 },
    ...{ last: { visits: 0, refused: 0 }, lastRefusal: null },
    ...more,
  });
  const said = (more: Partial<WorkPace>) => progressOf(pace(more), NOW, en, "en");

  it("says who waits, when the next page is opened, and what is read", () => {
    expect(progressOf(null, NOW, en, "en")).toEqual(["Sent; looking how it goes …"]);
    expect(said({})).toEqual(["Looking where the link leads."]);
    expect(said({ waiting: 1, nextAt: NOW + 6_000 })).toEqual([
      "One waits for a turn; they are read one at a time.",
      "The next page is opened in 6 s.",
    ]);
    expect(said({ waiting: 1, nextAt: NOW - 1 })[1]).toBe("The next page is opened now.");
    expect(said({ waiting: 2, reading: ID, nextAt: NOW - 1 })).toEqual([
      `The browser is opening ${isolated(ID)}.`,
      "2 wait for a turn; they are read one at a time.",
    ]);
  });

  it("says until when nothing is read and why, and that the next reading is a trial", () => {
    const lastRefusal = "the platform refuses this visitor for now (blocked)";
    const paused = { waiting: 1, pausedUntil: NOW + 80_000, nextAt: NOW + 80_000, lastRefusal };
    expect(said(paused)).toEqual([
      expect.stringMatching(/^Refused too often: nothing is read until \d\d:\d\d:\d\d \(1 min 20 s to go\)\.$/),
      `Last refusal: ${isolated(lastRefusal)}`,
      "One waits for a turn; they are read one at a time.",
    ]);
    expect(progressOf(pace(paused), NOW, zh, "zh")[1]).toBe(`上一次被拒绝：${isolated("平台暂时拒绝了这个访客（blocked）")}`);
    expect(said({ ...paused, pausedUntil: NOW - 1, nextAt: NOW - 1 })[0]).toContain("the next reading shows");
  });
});

describe("the run through a list of works", () => {
  const told = (more: object, running = false) =>
    listWords({ run: listRunOf("MS4w", { collected: 20, startedAt: NOW - 60_000, ...more }), running }, NOW, zh, "zh");

  it("says by what it ended and how much is shown, never that there are no more where that is not told", () => {
    const wall = {
      endedBy: "wall",
      reason: "the first 20 are shown; a login is needed for the rest, and is not always enough",
      endedAt: NOW,
    };
    expect(told({ ...wall, shown: 20, hidden: 2 })).toEqual({
      ...{ tone: "warn", state: "遇到登录墙" },
      lines: [
        `原因：${isolated("只展示前 20 个：其余的要登录，登录了也不一定够")}`,
        "已得到 20 个。",
        "主页上说有 20 个：不给看更多时，这个数也不可靠。",
        "另有 2 个别人看不到，没有计入。",
        expect.stringMatching(/^结束于 .*，用时 1 分。$/),
      ],
    });
    expect(told({ endedBy: "known", endedAt: NOW })).toMatchObject({ tone: "good", state: "到了已保存的作品" });
    const { state, lines } = told({ collected: 0, mix: { id: "7", name: "合集" }, stopAfterKnown: 3, limit: 50 }, true);
    expect([state, lines[0]]).toEqual(["正在列出", expect.stringContaining("在等网页")]);
    expect(lines).toContain("最多列出 50 个，连续遇到 3 个已保存的就停。");
  });
});

describe("the rungs of a film", () => {
  const film = (name: string, more: Partial<MediaVariant> = {}): MediaVariant => ({
    ...{ name, role: "video", container: "mp4", codec: "h264", hasAudio: true, watermark: false, width: 1080, height: 1920 },
    ...{ fps: 30, hdr: null, bitrate: null, bytes: 1000, hash: null, urls: [], expiresAt: null },
    ...more,
  });
  const marked = film("download_addr", { watermark: true });
  const sound = film("sound", { role: "audio", container: "m4a", codec: null, width: null, height: null });
  const silent = film("silent", { container: "dash", hasAudio: false, width: 720, height: 1280 });
  const uhd = film("uhd", { codec: "h265", width: 2160, height: 3840 });
  const media = [marked, sound, silent, film("hd"), uhd];

  it("are the best first, then sounds, then those with the mark, with what a download would take", () => {
    const { rungs, picks } = ladderOf(media);
    expect(rungs.map(({ variant, wishes, sound: has }) => [variant.name, wishes.join(), has])).toEqual([
      ["uhd", "best", "own"],
      ["hd", "compatible", "own"],
      ["silent", "", "joined"],
      ["sound", "", "only"],
      ["download_addr", "", "own"],
    ]);
    for (const { wish, name, why } of picks) {
      const choice = chooseVariant(media, wish);
      expect([name, choice?.reason.endsWith(`: ${why}`)]).toEqual([choice?.variant.name, true]);
      expect(reasonIn(why, zh)).toMatch(/[\u4e00-\u9fff]/);
      expect(reasonIn(why, zh)).not.toBe(why);
    }
    expect(reasonIn(ladderOf([uhd]).picks[0]?.why ?? "", zh)).toContain("有的播放器可能放不了");
  });

  it("say when a silent one has no sound to join, and take nothing where all have the mark", () => {
    expect(ladderOf([silent]).rungs.map(({ sound: has }) => has)).toEqual(["silent"]);
    expect(ladderOf([marked])).toEqual({ rungs: [{ variant: marked, wishes: [], sound: "own" }], picks: [] });
  });
});

describe("what is shown of a work", () => {
  const picture = (role: Work["covers"][number]["role"], ...urls: string[]): Work["covers"][number] => ({
    ...{ index: 0, role, width: 1, height: 1, format: null, bytes: null, watermark: false, urls, expiresAt: null, motion: null },
  });
  const GOOD = "https://p3-pc-sign.douyinpic.com/a.webp";

  it("is a cover of the platform's hosts that does not move, or the first picture", () => {
    const evil = picture("cover", "https://evil.example/a.png", "javascript:alert(1)");
    const dynamic = picture("dynamic", "https://p3.douyinpic.com/moves.webp");
    expect(coverOf({ covers: [dynamic, evil, picture("origin", GOOD)], images: [] })).toBe(GOOD);
    expect(coverOf({ covers: [], images: [picture("image", "http://p3.douyinpic.com/b", GOOD), dynamic] })).toBe(GOOD);
    expect(coverOf({ covers: [dynamic, evil], images: [evil] })).toBeNull();
  });

  it("is called by its title, its text's first line cut short, or its id", () => {
    expect(workName({ id: ID, title: "标题", text: "x" }, zh)).toBe("标题");
    expect(workName({ id: ID, title: null, text: " 第一行\n第二行" }, zh)).toBe("第一行");
    expect(workName({ id: ID, title: null, text: "🏔".repeat(61) }, zh)).toBe(`${"🏔".repeat(60)}…`);
    expect(workName({ id: ID, title: null, text: " " }, zh)).toBe(`作品 ${isolated(ID)}`);
  });

  it("has facts of what is known alone: an estimated time is marked, and addresses say when they end", () => {
    const fact = (work: Work, name: string) => factsOf(work, NOW, zh, "zh").find((one) => one.name === name)?.text;
    const plain = workOf(ID);
    expect(fact(plain, "time")).not.toContain("约");
    expect(fact(workOf(ID, { timeEstimated: true }), "time")).toMatch(/^约 .*按作品号推算/);
    for (const name of ["place", "expires", "first", "paid"]) expect(fact(plain, name)).toBeUndefined();
    const soon = { ...picture("image", GOOD), expiresAt: NOW + 3_600_000 };
    expect(expiryOf({ media: [], images: [{ ...soon, expiresAt: NOW + 7_200_000 }, soon] })).toBe(NOW + 3_600_000);
    expect(fact(workOf(ID, { images: [{ ...soon, expiresAt: NOW - 1 }] }), "expires")).toContain("已过期");
  });
});

it("offers the heights that a film has, the largest first, each once, and none of marked forms and sounds", () => {
  const rung = (edge: number, more: Partial<MediaVariant> = {}) =>
    ({ role: "video", watermark: false, width: edge, height: 2 * edge, ...more }) as MediaVariant;
  const media = [rung(720), rung(1080), rung(720), rung(540, { watermark: true }), rung(0, { role: "audio" })];
  expect(heightsOf({ ...workOf(ID), media })).toEqual(["1080p", "720p"]);
  expect(heightsOf(workOf(ID))).toEqual([]);
});
