// Guards: `dylive work` shows a work in words, and a server keeps works with comments and gives them to other programs' clients.
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { type SimulatedWork, type Simulator, startSimulator, type WorkFault } from "../../simulator/index.js";
import type { CommentRun } from "../../src/works/model/comment.js";
import type { KeptComment } from "../../src/works/model/kept.js";
import type { Work } from "../../src/works/model/work.js";
import type { RunStatus } from "../../src/works/run-service.js";
import { ran, scratch, serving } from "../e2e/command.js";
import { until } from "../until.js";
import { testBrowser, useRunningBrowser } from "./chromium.js";
import { readOf, truthOf } from "./work-truth.js";

const cdp = useRunningBrowser();
let simulator: Simulator;
const dir = scratch();
beforeAll(async () => {
  simulator = await startSimulator({ rooms: [] });
});
afterEach(() => simulator.works.setFaults("plain", []));
afterAll(async () => {
  await simulator.close();
  dir.remove();
});
const truth = (name: string): SimulatedWork => simulator.works.work(name);
const env = (folder: string) => ({ DYLIVE_UPSTREAM: simulator.url, DYLIVE_DATA: join(dir.path, folder) });
const fault = (...faults: WorkFault[]) => simulator.works.setFaults("plain", faults);

describe("dylive work", () => {
  const work = (link: string, ...more: string[]) => ran(["work", link, ...more], { ...env("command"), DYLIVE_CDP: cdp() });

  it("says it in words", async () => {
    fault("page_absent");
    const { id, author, stats } = truth("plain");
    const film = await work(id);
    expect(film).toMatchObject({ code: 0, stderr: "" });
    expect(film.stdout).toMatch(new RegExp(`^video  ${id}  4\\.0 s\nhttps://www\\.douyin\\.com/video/${id}\ntitle: 雨后的山路\n`));
    expect(film.stdout).toContain(`author: ${author.nickname} (${author.displayId})`);
    expect(film.stdout).toContain(`${stats.likes} likes, ${stats.comments} comments`);
    expect(film.stdout).toMatch(/^normal_1080_0 +1080×1920 +30 +h264 +mp4 +\S+ +is taken by default$/m);
    expect(film.stdout).toMatch(/^download_addr .*with the platform's mark$/m);
    const pictures = await work(truth("live_photos").id);
    expect(pictures.stdout.match(/^ *\d+ +2160×2880 +moves 1\.5 s$/gm)).toHaveLength(14);
  });

  it("is 1 where nothing is told, and 2 where the text names no work", async () => {
    fault("detail_blocked");
    const json = await work(truth("plain").id, "--json");
    expect({ ...json, ...JSON.parse(json.stdout) }).toMatchObject({ code: 1, error: "blocked", refusal: "blocked" });
    const room = await work("https://live.douyin.com/100000001", "--json");
    expect({ ...room, ...JSON.parse(room.stdout) }).toMatchObject({ code: 2, error: "bad_work", refusal: null });
  });
});

describe("dylive serve", () => {
  it("reads works, keeps them with their comments, and gives the page's own reply to other programs' clients", async () => {
    const settings = { ...env("server"), DYLIVE_BROWSER: testBrowser(), DYLIVE_PORT: "0" };
    const token =
      (await ran(["token", "create", "--name", "works", "--scope", "manage"], settings)).stdout.trim().split(/\s+/).at(-1) ?? "";
    fault("page_absent");
    const { base, server } = await serving(settings);
    const call = async (path: string, init: RequestInit = {}) => {
      const headers = { authorization: `Bearer ${token}`, "content-type": "application/json" };
      const response = await fetch(base + path, { ...init, headers });
      return { status: response.status, text: await response.text() };
    };
    const { id, text, shortCode } = truth("plain");
    const link = `https://v.douyin.com/${shortCode}/`;
    const read = await call("/v1/works", { method: "POST", body: JSON.stringify({ link }) });
    expect(read.status).toBe(200);
    expect(readOf(JSON.parse(read.text) as Work)).toEqual(truthOf(truth("plain"), "reply"));
    expect((await call(`/v1/works/${id}`)).text).toBe(read.text);
    const detail = await fetch(`${base}/douyin/video/detail?token=${token}&aweme_id=${id}`);
    const { code, data } = (await detail.json()) as { code: number; data: { aweme_detail: { desc: string }; log_pb: object } };
    // The page was opened once: this is the reply that came then, with what only the platform puts there.
    expect({ code, desc: data.aweme_detail.desc }).toEqual({ code: 200, desc: text });
    expect(data).toHaveProperty("log_pb");
    expect(simulator.works.requests.filter(({ of, path }) => of === id && path === "aweme/detail").length).toBeGreaterThan(0);

    fault();
    const run = `/v1/works/${id}/comments/run`;
    const collect = async (asked: object) =>
      expect((await call(`/v1/works/${id}/comments`, { method: "POST", body: JSON.stringify(asked) })).status).toBe(202);
    const runWhere = (isSo: (status: RunStatus<CommentRun>) => boolean) =>
      until(async () => {
        const status = JSON.parse((await call(run)).text) as RunStatus<CommentRun>;
        return isSo(status) && status;
      });
    await collect({ limit: 7 });
    expect((await runWhere(({ running }) => !running)).run).toMatchObject({ endedBy: "limit", collected: 7, shown: 105 });
    const kept = JSON.parse((await call(`/v1/works/${id}/comments`)).text) as { comments: KeptComment[] };
    const floors = truth("plain").comments;
    expect(kept).toMatchObject({ kept: { comments: 7 }, run: { endedBy: "limit" } });
    expect(kept.comments.map(({ id: cid }) => cid)).toEqual(floors.slice(0, kept.comments.length).map(({ cid }) => cid));
    const page = await fetch(`${base}/douyin/video/comments?token=${token}&aweme_id=${id}&cursor=0&count=2`);
    const told = floors.slice(0, 2).map(({ cid, likes }) => ({ cid, digg_count: likes }));
    expect(await page.json()).toMatchObject({ code: 200, data: { comments: told, has_more: 1, total: 105, _source: "kept" } });
    server.process.kill("SIGTERM");
    expect(await server.ended).toBe(0);
  });
});
