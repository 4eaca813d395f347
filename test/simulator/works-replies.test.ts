// Guards: The simulator's works have a catalogue by seed, and answer as the platform does: marks of pages, faults, comments, lists, `/@works/`.
import { describe, expect, it } from "vitest";
import type { SimulatedComment, WorkFault } from "../../simulator/index.js";
import { hash32, Random } from "../../simulator/random.js";
import { makeCatalogue } from "../../simulator/works/catalogue.js";
import { START, useWorks } from "./stage.js";
import { at, Visitor } from "./works-visitor.js";

const stage = useWorks();
const { work, detail } = stage;
const author = (index: number) => stage.simulator.works.catalogue.authors[index]?.secUid ?? "";
const seconds = (id: string) => Number(BigInt(id) >> 32n) * 1000;
const HJ = "www-hj.douyin.com";
const everyComment = (floors: readonly SimulatedComment[]) => floors.flatMap((floor) => [floor, ...floor.replies]);

describe("the catalogue", () => {
  it("is the same for the same seed and start, and another for another", () => {
    const made = (seed: string) => makeCatalogue(new Random(seed), START).works.filter(({ name }) => name !== "crowded");
    const seven = made("7");
    expect(made("7")).toEqual(seven);
    expect(made("8")).not.toEqual(seven);
  });

  it("has times that fit the ids, of works and of comments, none before its work", () => {
    const { works } = stage.simulator.works.catalogue;
    expect(new Set(works.map(({ id }) => id)).size).toBe(works.length);
    for (const each of works) {
      expect(each.id).toMatch(/^\d{19}$/);
      expect([each.name, seconds(each.id)]).toEqual([each.name, each.createdAt]);
      expect(each.createdAt).toBeLessThan(START);
      for (const comment of everyComment(each.comments)) {
        if (seconds(comment.cid) !== comment.createdAt) throw new Error(`comment ${comment.cid} of ${each.name}`);
        if (comment.createdAt <= each.createdAt) throw new Error(`comment ${comment.cid} is older than ${each.name}`);
      }
    }
  });

  it("has a work of 3,000 comments, of which 600 are floors", () => {
    const { comments, stats } = work("crowded");
    const all = everyComment(comments);
    expect([comments.length, all.length, new Set(all.map(({ cid }) => cid)).size, stats.comments]).toEqual([600, 3000, 3000, 3047]);
    expect(comments.map(({ text }) => text)).toEqual(expect.arrayContaining(["", "\u200b\ufeff", "没有更多评论"]));
    expect(all.filter(({ level, replyToId }) => level === 3 && replyToId !== null).length).toBeGreaterThan(100);
  });

  it("gives every file bytes of its own", () => {
    const files = stage.simulator.works.catalogue.works.flatMap(({ rungs, sounds, images, cover, watermarked, music }) => [
      ...[...rungs, ...sounds].map(({ file }) => file),
      ...images.flatMap(({ webp, jpeg, watermarked: marked, clip }) => [webp, jpeg, marked, ...(clip === null ? [] : [clip.file])]),
      ...[cover, watermarked, music?.file ?? null].filter((file) => file !== null && file !== undefined),
    ]);
    expect(files.length).toBeGreaterThan(500);
    expect(new Set(files.map(({ sha256 }) => sha256)).size).toBe(files.length);
  });
});

describe("requests that are not the page's own", () => {
  const SIGNED = ["aweme/detail", "aweme/post", "aweme/favorite", "aweme/listcollection", "mix/aweme", "mix/list", "mix/detail"];
  const REST = ["mix/listcollection", "tab/feed", "music/aweme", "music/list", "music/detail", "collects/list", "collects/video/list"];

  it.each([...SIGNED, ...REST])("are refused at %s, at both hosts", async (path) => {
    for (const host of ["www.douyin.com", HJ]) {
      const reply = await stage.guest.plain(`/aweme/v1/web/${path}/?aweme_id=${work("plain").id}`, host);
      expect([reply.status, reply.text]).toEqual([403, "Blocked by ArgusSecurityPlugin Uifid Not Found"]);
    }
  });

  it("are told what is missing, wrong or old", async () => {
    const asked = { aweme_id: work("plain").id };
    const told = async (over: Record<string, string | null>) => (await stage.guest.ask("aweme/detail", asked, over)).text;
    expect(await told({ a_bogus: null })).toBe("Blocked by ArgusSecurityPlugin Signature Not Found");
    expect(await told({ a_bogus: "0" })).toBe("Blocked by ArgusSecurityPlugin Sign Invalid");
    expect(await told({ aweme_id: work("uhd").id })).toBe("Blocked by ArgusSecurityPlugin Sign Invalid");
    expect(await told({})).toContain('"aweme_detail":{');
    // The mark of a page is good for a minute; the request is the same, the hour is another.
    const { told: page } = await stage.guest.page("/video/7000000000000000000");
    await stage.clock.advance(61_000);
    const late = await stage.guest.ask("aweme/detail", asked);
    expect(late.status).toBe(200);
    const old = new URLSearchParams({ uifid: String(page["uifid"]), timestamp: `${START / 1000}` });
    old.set("a_bogus", hash32(`${page["uifid"]}|aweme/detail|${old}`).toString(16));
    expect((await stage.guest.plain(`/aweme/v1/web/aweme/detail/?${old}`)).text).toBe("Blocked by ArgusSecurityPlugin Sign Expired");
  });

  it("are answered where the platform does not ask for a signature, and all are written down", async () => {
    const { id } = work("plain");
    const comments = await stage.guest.plain(`/aweme/v1/web/comment/list/?aweme_id=${id}&cursor=0&count=5`, HJ);
    expect(comments.json).toMatchObject({ cursor: 5 });
    await stage.guest.plain(`/aweme/v1/web/aweme/detail/?aweme_id=${id}`);
    expect(stage.simulator.works.requests).toEqual([
      { path: "comment/list", host: HJ, of: id, cursor: "0", refusal: null },
      { path: "aweme/detail", host: "www.douyin.com", of: id, cursor: null, refusal: "Uifid Not Found" },
    ]);
  });
});

describe("the detail reply", () => {
  it("shows a member what a guest is refused, and what may not be downloaded, and has numbers that lose digits", async () => {
    const of = async (name: string, who = stage.guest) => at((await detail(name, who)).json, "aweme_detail");
    expect(await of("needs_login", new Visitor(stage.simulator, "sessionid=x"))).toMatchObject({ video: { duration: 4000 } });
    expect(await of("no_download")).toMatchObject({ video_control: { allow_download: false }, prevent_download: true });
    expect((await stage.guest.ask("aweme/detail", { aweme_id: "7000000000000000001" })).json).toMatchObject({
      aweme_detail: null,
      filter_detail: { filter_reason: "core_dep", notice: "" },
    });
    expect((await detail("plain")).text).toContain(`"comment_gid":${work("plain").id}`); // a number that loses digits
  });

  it.each<[WorkFault, number]>([
    ["detail_no_uifid", 403],
    ["detail_444", 444],
    ["detail_429", 429],
    ["detail_html", 200],
  ])("with %s is %i", async (fault, status) => {
    stage.simulator.works.setFaults("plain", [fault]);
    expect((await detail("plain")).status).toBe(status);
  });

  it("comes after 29 s with detail_late", async () => {
    stage.simulator.works.setFaults("plain", ["detail_late"]);
    let came = false;
    const late = detail("plain").finally(() => {
      came = true;
    });
    while (stage.clock.sleeping === 0) await new Promise(setImmediate);
    await stage.clock.advance(28_999);
    expect([came, stage.clock.sleeping]).toEqual([false, 1]);
    await stage.clock.advance(1);
    expect((await late).status).toBe(200);
    expect(() => stage.simulator.works.setFaults("plain", ["nonsense" as WorkFault])).toThrow("no fault");
    expect(() => stage.simulator.works.setFaults("nonsense", [])).toThrow("no work");
  });
});

describe("comments", () => {
  const list = async (name: string, cursor: number, count: number) =>
    (await stage.guest.plain(`/aweme/v1/web/comment/list/?aweme_id=${work(name).id}&cursor=${cursor}&count=${count}`, HJ)).json;
  const ids = (page: unknown, key = "comments") => (at(page, key) as { cid: string }[]).map(({ cid }) => cid);

  it("come page by page, overlapping, until there are no more; fewer than are told", async () => {
    const pages = [await list("crowded", 0, 5)];
    while (at(pages.at(-1), "has_more") === 1) pages.push(await list("crowded", at(pages.at(-1), "cursor") as number, 50));
    expect(pages.map((page) => ids(page).length)).toEqual([5, ...Array(11).fill(51), 46]);
    expect([...new Set(pages.flatMap((page) => ids(page)))]).toEqual(work("crowded").comments.map(({ cid }) => cid));
    expect(pages.at(-1)).toMatchObject({ has_more: 0, cursor: 600, total: 3047 });
    expect(ids(await list("crowded", 5, 99)).length).toBe(51); // 50 is the most, and one is from the page before
  });

  it("show the first answers beneath a floor, or null", async () => {
    const page = await list("plain", 0, 20);
    for (const [index, { previews, replies }] of work("plain").comments.slice(0, 20).entries()) {
      const comment = at(page, "comments", index);
      if (previews === 0) expect(at(comment, "reply_comment")).toBeNull();
      else expect(ids(comment, "reply_comment")).toEqual(replies.slice(0, previews).map(({ cid }) => cid));
    }
  });

  it("have answers, three a page, those of the third level flat among them", async () => {
    const { id, comments } = work("plain");
    const floor = comments[0] as SimulatedComment;
    const path = `/aweme/v1/web/comment/list/reply/?item_id=${id}&comment_id=${floor.cid}&count=3`;
    const page = async (cursor: number) => (await stage.guest.plain(`${path}&cursor=${cursor}`, HJ)).json;
    const first = await page(0);
    const second = await page(3);
    expect([...ids(first), ...ids(second)]).toEqual(floor.replies.map(({ cid }) => cid));
    expect([at(first, "has_more"), at(first, "cursor"), at(second, "has_more")]).toEqual([1, 3, 0]);
    expect((at(first, "comments") as { level: number }[]).map(({ level }) => level)).toEqual([2, 2, 3]);
    stage.simulator.works.setFaults("plain", ["reply_short"]);
    expect([...ids(await page(0)), ...ids(await page(3))]).toHaveLength(4);
    expect(at(await list("plain", 0, 5), "comments", 0, "reply_comment_total")).toBe(5);
  });

  it("are none in one way, and closed or refused in others", async () => {
    const none = { status_code: 0, comments: null, cursor: 0, has_more: 0, total: 0 };
    expect(await list("quiet", 0, 5)).toMatchObject(none);
    expect(await list("closed_comments", 0, 5)).toMatchObject(none);
    const with_ = async (fault: WorkFault, cursor: number) => {
      stage.simulator.works.setFaults("plain", [fault]);
      return list("plain", cursor, 10);
    };
    expect(await with_("comments_none", 0)).toMatchObject(none);
    expect(await with_("comments_untold", 0)).toMatchObject({ ...none, total: 1 });
    expect(await with_("comments_stuck", 5)).toMatchObject({ has_more: 1, cursor: 5 });
    expect(await with_("comments_endless", 15)).toMatchObject({ has_more: 1, cursor: 25, comments: [] });
    expect(await with_("comments_bare", 5)).toEqual({ status_code: 0 });
    expect(await with_("comments_bare", 0)).toMatchObject({ has_more: 1 });
    expect(await with_("comments_blocked", 5)).toEqual({ status_code: 0, status_msg: "blocked" });
    expect(await with_("comments_captcha", 5)).toMatchObject({ status_code: 10000 });
    expect(at(await with_("comments_numeric_ids", 0), "comments", 0, "cid")).toBeTypeOf("number");
  });
});

describe("lists", () => {
  const post = async (cursor: unknown, who = stage.guest, of = author(1)) =>
    (await who.ask("aweme/post", { sec_user_id: of, max_cursor: String(cursor), count: "18" }, {}, HJ)).json;
  const days = (page: unknown) => (at(page, "aweme_list") as { desc: string }[]).map(({ desc }) => desc);

  it("of a user: pinned ones and eighteen more; the next page is refused to a guest, and goes on for who has logged in", async () => {
    const first = await post(0);
    expect(days(first).length).toBe(20);
    expect(days(first).slice(0, 4)).toEqual([work("day_30").text, work("day_40").text, work("day_0").text, work("day_1").text]);
    expect(first).toMatchObject({ has_more: 1, max_cursor: work("day_17").createdAt });
    expect((at(first, "aweme_list") as { is_top: number }[]).map(({ is_top }) => is_top)).toEqual([1, 1, ...Array(18).fill(0)]);
    expect(await post(at(first, "max_cursor"))).toEqual({ status_code: 0 });
    const member = new Visitor(stage.simulator, "sessionid=x");
    const pages = [await post(0, member)];
    while (at(pages.at(-1), "has_more") === 1) pages.push(await post(at(pages.at(-1), "max_cursor"), member));
    expect(pages.map((page) => days(page).length)).toEqual([20, 18, 7]);
    expect(new Set(pages.flatMap(days)).size).toBe(45);
  });

  it("of a user, with faults", async () => {
    const with_ = (fault: WorkFault) => stage.simulator.works.setFaults(author(1), [fault]);
    with_("post_status_5");
    expect(await post(work("day_17").createdAt)).toEqual({ aweme_list: null, status_code: 5 });
    with_("post_hidden");
    expect(days(await post(0)).length).toBe(18);
    with_("post_empty_page");
    const empty = await post(0);
    expect(empty).toMatchObject({ aweme_list: [], has_more: 1 });
    expect(days(await post(at(empty, "max_cursor"))).length).toBe(20);
    with_("author_private");
    const hidden = await post(0);
    with_("author_banned");
    expect({ ...(await post(0)), log_pb: null }).toEqual({ ...hidden, log_pb: null });
    expect(hidden).toMatchObject({ aweme_list: [], has_more: 0, status_code: 0 });
    const favorite = async () => (await stage.guest.ask("aweme/favorite", { sec_user_id: author(1) }, {}, HJ)).text;
    expect(await favorite()).toBe("");
    with_("post_other_tab");
    expect(await favorite()).toContain(`"aweme_id":"${work("plain").id}"`);
  });

  it("of a user leave out what is not public", async () => {
    const shown = (at(await post(0, stage.guest, author(0)), "aweme_list") as { aweme_id: string }[]).map(({ aweme_id }) => aweme_id);
    expect(shown).toContain(work("needs_login").id);
    for (const name of ["deleted", "private", "friends"]) expect(shown).not.toContain(work(name).id);
  });

  it("of a mix, and who an author is", async () => {
    const [mix] = stage.simulator.works.catalogue.mixes;
    const page = async (cursor: number) =>
      (await stage.guest.ask("mix/aweme", { mix_id: mix?.id ?? "", cursor: `${cursor}`, count: "20" })).json;
    expect([days(await page(0)).length, days(await page(20)).length]).toEqual([20, 3]);
    expect(await page(20)).toMatchObject({
      has_more: 0,
      cursor: 23,
      aweme_list: [{ mix_info: { mix_id: mix?.id, mix_name: "零基础木工" } }, {}, {}],
    });
    expect((await stage.guest.ask("mix/detail", { mix_id: mix?.id ?? "" })).json).toMatchObject({ mix_info: { mix_name: "零基础木工" } });
    const profile = await stage.guest.plain(`/aweme/v1/web/user/profile/other/?sec_user_id=${author(1)}`, HJ);
    expect(profile.json).toMatchObject({ user: { nickname: "每天一条", ip_location: "IP属地：云南", aweme_count: 20 } });
    expect((await stage.guest.plain("/aweme/v1/web/user/profile/other/?sec_user_id=x", HJ)).json).toMatchObject({
      status_code: 2053,
    });
  });
});

describe("the simulator's own /@works/", () => {
  it("publishes and deletes works of an author, as lists and pages then show", async () => {
    const [, , { secUid } = { secUid: "" }] = stage.simulator.works.catalogue.authors;
    const post = (body: object) => fetch(`${stage.simulator.url}/@works/publish`, { method: "POST", body: JSON.stringify(body) });
    expect((await post({ author: "nobody", text: "x" })).status).toBe(404);
    expect((await post({ author: secUid })).status).toBe(400);
    const { id } = (await (await post({ author: secUid, text: "新作品" })).json()) as { id: string };
    const who = new Visitor(stage.simulator);
    const listed = async () => {
      const { json } = await who.ask("aweme/post", { sec_user_id: secUid, max_cursor: "0", count: "18" }, {}, HJ);
      const list = at(json, "aweme_list") as { aweme_id: string; desc: string }[];
      return list.map(({ aweme_id, desc }) => [aweme_id, desc]);
    };
    expect((await listed())[0]).toEqual([id, "新作品"]);
    const newest = Math.max(...stage.simulator.works.catalogue.works.map(({ createdAt }) => createdAt));
    expect(stage.simulator.works.work(id).createdAt).toBe(newest);
    expect((await fetch(`${stage.simulator.url}/@works/${id}`, { method: "DELETE" })).status).toBe(200);
    expect((await listed())[0]?.[0]).not.toBe(id);
    expect(stage.simulator.works.work(id)).toMatchObject({ state: "deleted", text: "新作品" });
  });

  it("lists the works, tells the truth about one, and takes faults", async () => {
    const listed = (await (await fetch(`${stage.simulator.url}/@works/`)).json()) as { works: Record<string, unknown>[] };
    expect(listed.works[0]).toMatchObject({ name: "plain", url: `https://www.douyin.com/video/${work("plain").id}`, faults: [] });
    const truth = await (await fetch(`${stage.simulator.url}/@works/live_photos`)).json();
    expect(truth).toEqual(JSON.parse(JSON.stringify(work("live_photos"))));
    const set = (body: string) => fetch(`${stage.simulator.url}/@works/faults`, { method: "POST", body });
    expect((await set('{"of":"plain","faults":["detail_444"]}')).status).toBe(200);
    expect((await detail("plain")).status).toBe(444);
    for (const wrong of ["", "[]", '{"of":"plain"}', '{"of":"plain","faults":["x"]}']) expect((await set(wrong)).status).toBe(400);
    expect((await set('{"of":"nothing","faults":[]}')).status).toBe(404);
  });
});
