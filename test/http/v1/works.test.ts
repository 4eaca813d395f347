import { describe, expect, it } from "vitest";
import { eraseUser } from "../../../src/erasure/erase.js";
import { DyliveError } from "../../../src/runtime/errors.js";
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

  it("of an author are listed from their page and kept, and it is said by what that ended", async () => {
    const { call, store, tokens, workReader } = await serveApi();
    const path = `/v1/authors/${AUTHOR}/works`;
    const list = (limit?: number) => call(path, { method: "POST", json: { limit } });
    expect((await call(path)).body).toEqual({ works: [], next: null });
    const author = { ...workOf(id(1)).author, secUid: AUTHOR };
    workReader.published.set(
      AUTHOR,
      [3, 2, 1].map((n) => workOf(id(n), { time: 1000 * n, author })),
    );
    workReader.listEnd = { endedBy: "wall", reason: "the first 3 are shown" };
    expect((await list(2)).body).toMatchObject({ collected: 2, endedBy: "limit", author: { secUid: AUTHOR } });
    expect((await list()).body).toMatchObject({ collected: 3, endedBy: "wall", reason: "the first 3 are shown" });
    const kept = await call(`${path}?limit=2`);
    expect((kept.at("works") as { id: string }[]).map((work) => work.id)).toEqual([id(3), id(2)]);
    expect((await call(`${path}?cursor=${String(kept.at("next"))}`)).at("works", 0, "id")).toBe(id(1));
    expect((await call(`/douyin/user/posts?sec_uid=${AUTHOR}`)).at("data", "aweme_list", 0, "aweme_id")).toBe(id(3));
    workReader.listEnd = new DyliveError("no_account", "it is gone");
    expect([(await list()).status, (await call(path, { method: "POST", json: {}, token: tokens.read })).status]).toEqual([404, 403]);
    // As every work of theirs that is read within the hour.
    workReader.listEnd = { endedBy: "end", reason: "no more" };
    await eraseUser(store, { user: AUTHOR, keep: false });
    expect((await list()).at("error", "code")).toBe("erased");
    expect((await call(path)).at("works")).toEqual([]);
  });

  it("are nothing for a token that is limited to some rooms, and read by those who manage alone", async () => {
    const { call, token, tokens, tell } = await serveApi();
    await tell("98765");
    const limited = await token({ scope: "manage", rooms: ["98765"] });
    const post = { method: "POST", json: { link: WORK } };
    for (const path of ["/v1/works", `/v1/works/${WORK}`]) expect((await call(path, { token: limited })).status).toBe(403);
    expect((await call("/v1/works", { ...post, token: limited })).status).toBe(403);
    expect((await call("/v1/works", { ...post, token: tokens.read })).status).toBe(403);
    expect((await call("/v1/works", { ...post, token: tokens.manage })).status).toBe(200);
    expect((await call("/v1/works", { token: tokens.read })).status).toBe(200);
    expect((await call("/v1/works/pace", { token: tokens.read })).body).toMatchObject({ waiting: 1, reading: WORK, refused: 1 });
  });
});
