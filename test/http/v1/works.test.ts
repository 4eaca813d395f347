// Guards: works are read, kept and listed, and lists say by what they ended.
import { describe, expect, it } from "vitest";
import { eraseUser } from "../../../src/erasure/erase.js";
import { DyliveError } from "../../../src/runtime/errors.js";
import type { WorkListRun } from "../../../src/works/model/work-list.js";
import { until } from "../../until.js";
import { workOf } from "../../works/work.js";
import { serveApi } from "../api-server.js";
import { CAPTCHA, DELETED, WORK } from "../fake-work-reader.js";

const AUTHOR = "MS4wLjABAAAAauthor0123456789abcdef";
const id = (n: number) => `68719476736000001${n}`;

describe("works over the API", () => {
  it("are read once, kept, and given without a reading while they are young enough", async () => {
    const { call, clock, workReader, store } = await serveApi();
    const post = (maxAgeSeconds?: number) =>
      call("/v1/works", { method: "POST", json: { link: `看 https://www.douyin.com/video/${WORK}`, maxAgeSeconds } });
    const first = await post();
    expect([first.status, first.at("id"), first.at("revision"), first.at("firstSeenAt")]).toEqual([200, WORK, 0, clock.now()]);
    await clock.advance(599_999);
    expect((await post()).body).toEqual(first.body);
    expect(workReader.asked).toEqual([WORK]);
    await clock.advance(1);
    const second = await post();
    expect([second.at("receivedAt"), second.at("firstSeenAt")]).toEqual([clock.now(), first.at("firstSeenAt")]);
    await post(0);
    expect(workReader.asked).toEqual([WORK, WORK, WORK]);
    expect((await call(`/v1/works/${WORK}`)).body).toEqual((await store.works.get(WORK))?.work);
  });

  it("are told with their state when they are gone, and are unknown when nothing is told", async () => {
    const { call, store } = await serveApi();
    const post = (link: string) => call("/v1/works", { method: "POST", json: { link } });
    expect((await post(DELETED)).body).toMatchObject({ id: DELETED, kind: null, state: "deleted", stateReason: "gone" });
    const captcha = await post(CAPTCHA);
    expect([captcha.status, captcha.at("error", "code"), captcha.headers.get("retry-after")]).toEqual([503, "blocked", "60"]);
    expect(captcha.at("error", "message")).toContain("a captcha");
    expect(await store.works.get(CAPTCHA)).toBeNull();
    const reviewed = workOf(id(1), { state: "unavailable", stateReason: "the platform is still reviewing it" });
    await store.works.keep(reviewed, null);
    const reasons = async (headers: Record<string, string>) => [
      (await call(`/v1/works/${id(1)}`, { headers })).at("stateReason"),
      (await call(`/v1/works?author=${reviewed.author.secUid}`, { headers })).at("works", 0, "stateReason"),
    ];
    expect(await reasons({})).toEqual([reviewed.stateReason, reviewed.stateReason]);
    expect(await reasons({ "accept-language": "zh" })).toEqual(["平台还在审核", "平台还在审核"]);
    expect((await post("https://live.douyin.com/1")).at("error", "code")).toBe("bad_work");
  });

  it("are listed newest first, page by page, of all or of one author", async () => {
    const { call, store } = await serveApi();
    for (const n of [1, 2, 3, 4, 5]) {
      const { author } = workOf(id(n));
      await store.works.keep(workOf(id(n), { time: 1000 * n, author: { ...author, secUid: n % 2 === 0 ? "even" : "odd" } }), null);
    }
    const ids: unknown[] = [];
    let cursor = "";
    for (let pages = 0; pages < 3; pages++) {
      const page = await call(`/v1/works?limit=2${cursor}`);
      ids.push((page.at("works") as { id: string }[]).map((work) => work.id));
      cursor = `&cursor=${String(page.at("next"))}`;
      if (pages === 2) expect(page.at("next")).toBeNull();
    }
    expect(ids).toEqual([[id(5), id(4)], [id(3), id(2)], [id(1)]]);
    const even = await call("/v1/works?author=even");
    expect((even.at("works") as { id: string }[]).map((work) => work.id)).toEqual([id(4), id(2)]);
  });

  it("of an author are listed from their page and kept by a run, which says how far it is and by what it ended", async () => {
    const { call, store, workReader } = await serveApi();
    const path = `/v1/authors/${AUTHOR}/works`;
    const run = async () => (await call(`${path}/run`)).at("run") as WorkListRun;
    const list = async (json: object) => {
      const started = await call(path, { method: "POST", json });
      await until(async () => (await call(`${path}/run`)).at("running") !== true);
      return started.status;
    };
    expect([(await call(path)).body, (await call(`${path}/run`)).status]).toEqual([{ works: [], next: null }, 404]);
    const author = { ...workOf(id(1)).author, secUid: AUTHOR, works: 40 };
    const published = [3, 2, 1].map((n) => workOf(id(n), { time: 1000 * n, author }));
    workReader.published.set(AUTHOR, published);
    workReader.listEnd = { endedBy: "wall", reason: "the first 3 are shown" };
    expect(await list({ limit: 2 })).toBe(202);
    expect(await run()).toMatchObject({ secUid: AUTHOR, collected: 2, endedBy: "limit", author: { nickname: "nick" } });
    // Two are kept, and what is older was not listed yet.
    await list({ stopAfterKnown: 1 });
    expect(await run()).toMatchObject({ collected: 3, shown: 40, endedBy: "wall", reason: "the first 3 are shown" });
    const kept = await call(`${path}?limit=2`);
    expect((kept.at("works") as { id: string }[]).map((work) => work.id)).toEqual([id(3), id(2)]);
    expect((await call(`${path}?cursor=${String(kept.at("next"))}`)).at("works", 0, "id")).toBe(id(1));
    expect((await call(`/douyin/user/posts?sec_uid=${AUTHOR}`)).at("data", "aweme_list", 0, "aweme_id")).toBe(id(3));
    workReader.listEnd = new DyliveError("no_account", "it is gone");
    workReader.published.delete(AUTHOR);
    await list({});
    expect(await run()).toMatchObject({
      collected: 0,
      endedBy: null,
      endedAt: expect.any(Number),
      reason: expect.stringContaining("it is gone"),
    });
    // As every work of theirs that is read within the hour.
    workReader.published.set(AUTHOR, published);
    workReader.listEnd = { endedBy: "end", reason: "no more" };
    await eraseUser(store, { user: AUTHOR, keep: false });
    expect(await store.listRuns.last(AUTHOR)).toBeNull();
    const before = workReader.listed.length;
    for (const [to, json] of [
      [path, {}],
      ["/v1/works/lists", { link: `https://www.douyin.com/user/${AUTHOR}` }],
    ] as const) {
      const refused = await call(to, { method: "POST", json });
      expect([refused.status, refused.at("error", "code"), refused.at("error", "message")]).toEqual([
        ...[404, "erased"],
        expect.stringMatching(/until \d{4}-\d\d-\d\dT/),
      ]);
    }
    expect([workReader.listed.length, (await call(path)).at("works")]).toEqual([before, []]);
  });

  it("of a mix are listed likewise, by its id or by a link, and a run is stopped", async () => {
    const { call, workReader } = await serveApi();
    const mix = "6871947673600000777";
    const path = `/v1/mixes/${mix}/works`;
    workReader.published.set(
      mix,
      [1, 2].map((n) => workOf(id(n), { time: 1000 * n, mix: n === 1 ? { id: mix, name: "合集" } : null })),
    );
    workReader.listEnd = null;
    const started = await call("/v1/works/lists", {
      method: "POST",
      json: { link: `https://www.douyin.com/collection/${mix}`, stopAfterKnown: 1 },
    });
    expect([started.status, started.at("running"), started.at("run", "mix", "id")]).toEqual([202, true, mix]);
    expect((await call(path, { method: "POST", json: {} })).at("run", "startedAt")).toBe(started.at("run", "startedAt"));
    await until(async () => (await call(`${path}/run`)).at("run", "collected") === 2);
    expect((await call(`${path}/run`, { method: "DELETE" })).body).toMatchObject({
      running: false,
      run: { secUid: null, author: null, mix: { id: mix, name: "合集" }, collected: 2, endedBy: "stopped" },
    });
    expect(workReader.listed).toEqual([mix]);
    for (const kept of [path, `/v1/works?mix=${mix}`])
      expect(((await call(kept)).at("works") as { id: string }[]).map((work) => work.id)).toEqual([id(2), id(1)]);
    expect((await call("/v1/works?mix=1")).at("works")).toEqual([]);
    expect((await call(`/v1/authors/${AUTHOR}/works/run`, { method: "DELETE" })).at("error", "code")).toBe("not_found");
  });
});
