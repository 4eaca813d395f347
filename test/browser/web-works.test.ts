// Guards: The works page reads what is pasted, shows comments, downloads, authors and lists, and takes strangers' words as text.
import type { Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import type { Work } from "../../src/works/model/work.js";
import { until } from "../until.js";
import { commentOf, runOf } from "../works/comment.js";
import { downloadOf, fileOf } from "../works/kept-download.js";
import { workOf } from "../works/work.js";
import { Dashboard, textOf } from "./dashboard.js";

const HOSTILE = `<img src=x onerror="window.hacked=1"><script>window.hacked=1</script>{{constructor.constructor('window.hacked=1')()}}`;
const PHONE = { viewport: { width: 390, height: 844 } };

let dashboard: Dashboard;
beforeAll(async () => {
  dashboard = await Dashboard.start([]);
});
afterAll(() => dashboard.close());
afterEach(async () => expect(await dashboard.closePages()).toEqual([]));

const truth = (name: string) => dashboard.simulator.works.work(name);
async function open(path = "/works", options = {}): Promise<Page> {
  const page = await dashboard.open(`#token=${dashboard.token}`, { viewport: { width: 1200, height: 900 }, ...options });
  await page.waitForSelector("#paste");
  await page.goto(`${dashboard.app.url}/#${path}`);
  await page.waitForSelector("#work");
  return page;
}
async function paste(page: Page, text: string): Promise<void> {
  await page.fill("#work", text);
  await page.keyboard.press("Enter");
}
const article = (page: Page, id: string) => page.locator(`article[data-work="${id}"]`);
const alert = (page: Page) => textOf(page.locator("main [role=alert]"));
const width = (page: Page) => page.evaluate<number>("document.documentElement.scrollWidth");
const keep = (work: Work) => dashboard.app.store.works.keep(work, null);

describe("the works page", () => {
  it("reads what is pasted, says how that goes on, and gives each work an address of its own", async () => {
    const page = await open();
    await until(async () => (await textOf(page.locator("main"))).includes("还没有保存的作品"));
    const { id, author, shortCode } = truth("plain");
    await paste(page, `5.12 复制打开抖音 https://v.douyin.com/${shortCode}/ 看看`);
    await article(page, id).waitFor();
    await page.waitForURL(`${dashboard.app.url}/#/works/${id}`);
    const film = await textOf(article(page, id));
    for (const words of ["视频", "公开", "雨后的山路", author.nickname, "点赞", "作者允许下载", "到 "]) expect(film).toContain(words);
    expect(await textOf(page.locator("[data-pick=compatible]"))).toMatch(/^兼容（默认）：normal_1080_0，所有播放器都能放的版本/);
    expect(await textOf(page.locator("[data-rung=download_addr]"))).toContain("带平台水印，不会下载");

    const photos = truth("live_photos").id;
    await paste(page, photos);
    await article(page, photos).waitFor();
    expect(await page.locator("[data-picture]").count()).toBe(14);
    expect(await textOf(page.locator('[data-picture="0"]'))).toMatch(/2160×2880 · 实况 1.5 秒 · 视频 [\d.]+ KB/);

    await until(async () => (await page.locator("main li a").count()) === 2);
    await page.locator("main li a", { hasText: "雨后的山路" }).click();
    await article(page, id).waitFor();
    expect(
      [...dashboard.imageHosts].filter((host) => !host.endsWith(".douyinpic.com") && host !== new URL(dashboard.app.url).host),
    ).toEqual([]);
  });

  it("says why a work is not shown, or a text is none, in the language of the page", async () => {
    const page = await open();
    await paste(page, "https://live.douyin.com/100000001");
    await until(async () => /这里面没有作品\s*这个链接是直播间，不是作品/.test(await alert(page)));
    dashboard.simulator.works.setFaults("quiet", ["detail_captcha", "page_absent"]);
    await paste(page, truth("quiet").id);
    await until(async () => /平台拒绝了连接\s*平台要求完成验证码（status_code 10000），需要人来操作/.test(await alert(page)));
    await page.getByRole("button", { name: "Switch to English" }).click();
    // What the server says it says in the language in which it was asked.
    await paste(page, truth("quiet").id);
    await until(async () => (await alert(page)).includes("a captcha (status_code 10000), which a person has to solve"));
    // One that is not kept is offered to be read, and a wait can be ended.
    await page.goto(`${dashboard.app.url}/#/works/${truth("uhd").id}`);
    // The reading is held back.
    await page.route("**/v1/works", (route) => (route.request().method() === "POST" ? undefined : route.continue()));
    await page.getByRole("button", { name: "Read this work" }).click();
    await page.getByRole("button", { name: "Stop waiting" }).click();
    await page.getByRole("button", { name: "Read this work" }).waitFor();
    expect(await page.locator(".progress").count()).toBe(0);
  });

  it("lists what is kept page by page, takes what strangers wrote as text, and fits a phone", async () => {
    const id = (n: number) => `76347210102331${String(n).padStart(5, "0")}`;
    const { author } = workOf(id(0));
    for (let n = 1; n <= 25; n++) await keep(workOf(id(n), { time: 1_900_000_000_000 + n * 60_000, text: `第 ${n} 个` }));
    const hostile = {
      ...{ text: `${HOSTILE}\u202e\n${"长".repeat(3000)}`, title: HOSTILE, place: HOSTILE, tags: [{ name: HOSTILE, id: null }] },
      author: { ...author, nickname: HOSTILE, displayId: HOSTILE, verified: HOSTILE, avatar: "javascript:alert(1)" },
      ...{ state: "private", stateReason: "only its author can see it", time: 1_910_000_000_000, url: "javascript:alert(1)" },
      media: [{ ...film("normal_540_0"), urls: ["javascript:alert(1)"] }, film(HOSTILE)],
      music: { ...{ id: null, title: HOSTILE, author: HOSTILE, durationMs: 9000, original: true }, ...{ url: null, cover: null } },
    } satisfies Partial<Work>;
    await keep(workOf(id(99), hostile));
    const page = await open(`/works/${id(99)}`, { ...PHONE, colorScheme: "dark", locale: "en-US" });
    await article(page, id(99)).waitFor();
    const text = await textOf(article(page, id(99)));
    for (const words of [HOSTILE, "Only its author can see it"]) expect(text).toContain(words);
    expect(await article(page, id(99)).locator("a, script, iframe").count()).toBe(0);
    expect(await width(page)).toBe(390);
    const cards = page.locator("main li a");
    await until(async () => (await cards.count()) === 20);
    expect(await cards.first().getAttribute("href")).toBe(`#/works/${id(99)}`);
    expect(await cards.nth(1).getAttribute("href")).toBe(`#/works/${id(25)}`);
    await page.getByRole("button", { name: "More" }).press("Enter");
    await until(async () => (await cards.count()) > 25);
    expect(await page.evaluate("window.hacked")).toBeUndefined();
  });
});

it("shows comments floor by floor, finds them, and tells by what their run ended, with what strangers wrote as text", async () => {
  const work = truth("crowded").id;
  const { store } = dashboard.app;
  await keep(workOf(work, { text: "三千条评论" }));
  const run = await store.commentRuns.begin(runOf(work));
  const user = { ...commentOf(work, "0").user, nickname: HOSTILE };
  const floor = (n: number, more = {}) => commentOf(work, `1${n}`, { rank: n, text: `第 ${n} 楼`, ...more });
  const floors = [
    floor(0, {
      pinned: true,
      hot: true,
      labels: ["作者赞过", HOSTILE],
      replies: 5,
      place: HOSTILE,
      user,
      text: `${HOSTILE}\u202e\n${"长".repeat(3000)}`,
    }),
    floor(1, { text: "", sticker: { id: "1", url: "javascript:alert(1)" } }),
    ...Array.from({ length: 33 }, (_, n) => floor(n + 2)),
  ];
  const reply = (n: number, more = {}) => commentOf(work, `2${n}`, { rank: 100 + n, parentId: "10", text: `回复 ${n}`, ...more });
  await store.comments.put(run, [...floors, reply(0), reply(1, { byAuthor: true, user }), reply(2, { replyToId: "21" })]);
  const ended = {
    endedBy: "wall",
    reason: "the platform shows more comments to people who are logged in only",
    endedAt: Date.now(),
  } as const;
  await store.commentRuns.tell(
    run,
    runOf(work, { ...ended, shown: 3047, collected: 38, topLevel: 35, repliesCollected: 3, floorsOpen: 1 }),
    1,
  );

  const page = await open(`/works/${work}`);
  const panel = page.getByRole("region", { name: "评论" });
  await page.locator("[data-run=wall]").waitFor();
  const told = await textOf(panel);
  for (const words of ["遇到登录墙", "已保存 38 条，其中一级评论 35 条。", HOSTILE, "置顶", "热评", "回复 3 / 5，还没有齐"])
    expect(told).toContain(words);
  await panel.getByRole("button", { name: "回复 3 / 5，还没有齐" }).click();
  await page.locator("[data-comment='22']").waitFor();
  expect(await textOf(page.locator("[data-comment='22']"))).toContain(`回复 ${HOSTILE}：回复 2`);
  const shown = panel.locator("[data-comment]");
  expect(await shown.count()).toBe(33);
  await panel.getByRole("button", { name: "更多评论" }).click();
  await until(async () => (await shown.count()) === 38);

  await panel.getByRole("button", { name: "继续采集" }).click();
  await page.locator("[data-run=running]").waitFor();
  await store.comments.put(
    run,
    [35, 36].map((n) => floor(n)),
  );
  await panel.getByRole("button", { name: "停止" }).click();
  await page.locator("[data-run=stopped]").waitFor();
  // The new floors stand after the last ones, each once, and what was opened stays.
  await until(async () => (await shown.count()) === 40);
  const ids = await shown.evaluateAll((all) => all.map((one) => one.getAttribute("data-comment")));
  expect([new Set(ids).size, ids.slice(-3)]).toEqual([40, ["134", "135", "136"]]);
  expect(await textOf(panel)).toContain("还没有到头就被停止了");
  expect((await store.commentRuns.last(work))?.run).toMatchObject({ endedBy: "stopped", replies: true });

  expect(await page.evaluate("window.hacked")).toBeUndefined();
});

it("downloads onto the server's disk, tells bytes, end and reason, and plays and shows what is there", async () => {
  const page = await open();
  const { id, rungs } = truth("plain");
  await paste(page, id);
  await article(page, id).waitFor();
  const panel = page.getByRole("region", { name: "下载", exact: true });
  await until(async () => (await textOf(panel)).includes("还没有下载过"));
  await panel.getByLabel("清晰度").selectOption("720p");
  await panel.getByLabel("封面").check();
  await panel.getByRole("button", { name: "下载到服务器" }).click();
  await panel.locator("[data-state=done]").waitFor();
  const bytes = rungs.find(({ name }) => name === "normal_720_0")?.file.size ?? 0;
  const shown = `${((bytes + 3 * truth("plain").cover.size) / 1024).toFixed(1)} KB`;
  expect(await textOf(panel)).toMatch(new RegExp(`已完成\\s*720p\\s*${shown}\\s`));
  await panel.locator("[data-file=video] video").waitFor();
  expect(await textOf(panel.locator("[data-file=video]"))).toMatch(/视频.*720p h264 mp4 30 fps：720p 里画质最好/s);
  await panel.locator("[data-file=cover]").first().scrollIntoViewIfNeeded();
  await until(() => page.evaluate<boolean>("document.querySelector('[data-file=cover] img')?.naturalWidth > 0"));
  await panel.getByRole("button", { name: "删除记录和文件" }).click();
  await panel.getByRole("button", { name: "确定", exact: true }).click();
  await until(async () => (await textOf(panel)).includes("还没有下载过"));
  expect(await panel.locator("[data-file]").count()).toBe(0);

  // One that fails says why, and one of another process where its files are.
  const other = truth("no_download").id;
  await dashboard.app.store.downloads.begin(
    downloadOf("d1", other, { ...{ state: "done", endedAt: 5, process: HOSTILE, askedBy: HOSTILE }, files: [fileOf(`${HOSTILE}.mp4`)] }),
    "another folder",
  );
  await paste(page, other);
  await article(page, other).waitFor();
  await panel.getByRole("button", { name: "下载到服务器" }).click();
  await panel.locator("[data-state=failed]").waitFor();
  expect(await textOf(panel)).toContain(HOSTILE);
  expect(await panel.locator("[data-file]").count()).toBe(0);
  expect(await page.evaluate("window.hacked")).toBeUndefined();
});

/** A film of a work, as a reply tells it. */
function film(name: string): Work["media"][number] {
  return {
    ...{ name, role: "video", container: "mp4", codec: "h264", hasAudio: true, watermark: false, width: 576, height: 1024 },
    ...{ fps: 30, hdr: null, bitrate: null, bytes: 1_234_567, hash: null, urls: [], expiresAt: null },
  };
}

it("watches an author by their link, shows a work that they publish a moment later, lets them go, and lists their works", async () => {
  const author = dashboard.simulator.works.catalogue.authors.find(({ nickname }) => nickname === "木工老周");
  if (author === undefined) throw new Error("the simulator has no such author");
  // Works of other tests, some of which are of the future: the new one is to be among the first.
  const { works } = dashboard.app.store;
  for (const { work } of await works.walk("", 100)) await works.remove(work.id);
  const page = await open("/works", PHONE);
  const entry = page.locator(`[data-author="${author.secUid}"]`);
  await page.fill("#author", `看看他 https://www.douyin.com/user/${author.secUid}`);
  await page.keyboard.press("Enter");
  await until(async () => (await textOf(page.locator("main [role=status]"))).includes("正在监控"));
  await page.locator(`[data-author="${author.secUid}"]:not([data-outcome=none])`).waitFor();
  expect(await textOf(entry)).toMatch(/木工老周.*前查看 · .*后再看.*还没有新作品 · 最新作品/s);
  const events = async () => (await dashboard.app.store.log.readRoom(0, 0, 100)).events.filter(({ type }) => type === "work");
  expect(await events()).toEqual([]);

  const { id } = dashboard.simulator.works.publish(author.secUid, "新做的小凳子");
  await entry.getByRole("button", { name: "现在查看" }).click();
  await until(async () => (await textOf(entry)).includes("1 个新作品"));
  await until(async () => (await textOf(page.locator("main li a"))).includes("新做的小凳子"));
  expect(await events()).toMatchObject([{ workId: id, text: "新做的小凳子", user: { nickname: "木工老周", secUid: author.secUid } }]);
  await entry.getByRole("link").click();
  await article(page, id).waitFor();

  const english = await open("/works", { locale: "en-US" });
  const watched = english.locator(`[data-author="${author.secUid}"]`);
  await watched.getByRole("button", { name: "Stop watching" }).click();
  await watched.getByRole("button", { name: "Yes" }).click();
  await until(async () => (await textOf(english.locator("main"))).includes("Nobody is watched yet."));
  expect(await dashboard.app.store.authorWatches.list()).toEqual([]);

  const lists = english.getByRole("region", { name: "Works of an author or a mix" });
  await english.fill("#listed", `https://www.douyin.com/user/${author.secUid}`);
  await lists.getByRole("button", { name: "List" }).click();
  // The reader rests for up to 35 s after every tenth page, whichever test opened the others.
  await until(() => english.locator("[data-list=wall]").isVisible());
  expect(await textOf(lists)).toMatch(/the first 18 are shown; a login is needed.*Works of 木工老周.*18 works came/s);
  await until(async () => (await lists.locator("li").count()) === 12);
  expect(await works.idsOf(author.secUid, Number.MAX_SAFE_INTEGER)).toHaveProperty("size", 18);
});
