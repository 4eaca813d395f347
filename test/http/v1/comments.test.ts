// Guards: kept comments are listed and found by pages, and a run that collects them is started and stopped.
import { describe, expect, it } from "vitest";
import type { KeptComment } from "../../../src/works/model/kept.js";
import { until } from "../../until.js";
import { commentOf, runOf } from "../../works/comment.js";
import { serveApi } from "../api-server.js";
import { CAPTCHA } from "../fake-work-reader.js";

const WORK = "7560000000000000001";
const OTHER = "7560000000000000002";

async function served() {
  const server = await serveApi();
  const { comments, commentRuns } = server.store;
  const run = await commentRuns.begin(runOf(WORK));
  const tops = ["a", "b", "c"].map((id, n) => commentOf(WORK, id, { rank: n, time: 100 + n, text: `Top ${id}` }));
  const replies = ["x", "y"].map((id, n) => commentOf(WORK, id, { rank: 3 + n, parentId: "b", time: 200 + n, text: `reply ${id}` }));
  await comments.put(run, [...tops, ...replies, commentOf(OTHER, "z", { time: 300, text: "top of another" })]);
  await commentRuns.tell(run, runOf(WORK, { endedBy: "wall", reason: "log in to see more", endedAt: 9, collected: 5 }), 1000);
  /** All pages of a list: ids, page by page. */
  const pages = async (path: string) => {
    const found: string[][] = [];
    for (let cursor: unknown = ""; cursor !== null && found.length < 9; ) {
      const page = await server.call(`${path}${cursor === "" ? "" : `&cursor=${String(cursor)}`}`);
      found.push((page.at("comments") as KeptComment[]).map(({ id }) => id));
      cursor = page.at("next");
    }
    return found;
  };
  return { ...server, pages };
}

describe("comments over the API", () => {
  it("are given floor by floor, with the numbers of what is kept and the last run", async () => {
    const { call, pages, store } = await served();
    expect(await pages(`/v1/works/${WORK}/comments?limit=2`)).toEqual([["a", "b"], ["c"]]);
    expect(await pages(`/v1/works/${WORK}/comments?limit=1&parent=b`)).toEqual([["x"], ["y"]]);
    const first = await call(`/v1/works/${WORK}/comments`);
    expect(first.body).toMatchObject({
      kept: { comments: 5, topLevel: 3, removed: 0 },
      run: { endedBy: "wall", reason: "log in to see more", collected: 5 },
    });
    expect((first.at("comments") as KeptComment[])[1]).toEqual(await store.comments.get({ workId: WORK, id: "b" }));
    expect((first.at("comments") as KeptComment[])[1]?.repliesCollected).toBe(2);
    expect((await call(`/v1/works/${OTHER.replace("2", "9")}/comments`)).body).toMatchObject({ comments: [], next: null, run: null });
  });

  it("are found by text, person and time, newest first, in one work or in all", async () => {
    const { call, pages } = await served();
    expect((await pages("/v1/comments?q=TOP&limit=3")).flat()).toEqual(["z", "c", "b", "a"]);
    expect((await pages(`/v1/works/${WORK}/comments?q=top&limit=2`)).flat()).toEqual(["c", "b", "a"]);
    expect((await pages(`/v1/works/${WORK}/comments?q=reply&parent=b`)).flat()).toEqual(["y", "x"]);
    expect((await pages("/v1/comments?from=101&to=201")).flat()).toEqual(["x", "c", "b"]);
    expect((await pages("/v1/comments?user=nobody")).flat()).toEqual([]);
    const { next } = (await call("/v1/comments?limit=1")).body as { next: string };
    expect((await call(`/v1/works/${WORK}/comments?cursor=${next}`)).at("error", "code")).toBe("bad_request");
  });

  it("are collected by a run that is started, looked at and stopped, and that is there once however often it is asked for", async () => {
    const { call, tokens } = await serveApi();
    const [work, run] = [`/v1/works/${CAPTCHA}/comments`, `/v1/works/${CAPTCHA}/comments/run`];
    const post = (json?: object) => call(work, { method: "POST", token: tokens.manage, ...(json !== undefined && { json }) });
    expect((await call(run)).at("error", "code")).toBe("not_found");
    const started = await post();
    expect([started.status, started.at("running"), started.at("run", "workId")]).toEqual([202, true, CAPTCHA]);
    expect(await until(async () => (await call(run)).at("run", "collected") as number)).toBe(2);
    expect((await post({ limit: 100_000 })).body).toMatchObject({
      running: true,
      run: { collected: 2, shown: 3, limit: 100_000, replies: true },
    });
    const stopped = await call(run, { method: "DELETE", token: tokens.manage });
    expect([stopped.status, stopped.at("running"), stopped.at("run", "endedBy")]).toEqual([200, false, "stopped"]);
    expect((await call(work)).body).toMatchObject({ kept: { comments: 2 }, run: { endedBy: "stopped", collected: 2 } });
    const chinese = { headers: { "accept-language": "zh" } };
    for (const path of [work, run]) expect((await call(path, chinese)).at("run", "reason")).toBe("还没有到头就被停止了");
  });
});
