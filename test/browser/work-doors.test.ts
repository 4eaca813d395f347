import { existsSync } from "node:fs";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { type SimulatedWork, type Simulator, startSimulator, type WorkFault } from "../../simulator/index.js";
import type { Work } from "../../src/works/model/work.js";
import { ran, scratch, serving } from "../e2e/command.js";
import { testBrowser } from "./chromium.js";
import { readOf, truthOf } from "./work-truth.js";

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
const env = (folder: string) => ({ DYLIVE_UPSTREAM: simulator.url, DYLIVE_BROWSER: testBrowser(), DYLIVE_DATA: join(dir.path, folder) });
const fault = (...faults: WorkFault[]) => simulator.works.setFaults("plain", faults);

describe("dylive work", () => {
  const work = (link: string, ...more: string[]) => ran(["work", link, ...more], env("command"));

  it("says in JSON what the work is, and keeps nothing but the visitor", async () => {
    const { code, stdout, stderr } = await work(`看 https://v.douyin.com/${truth("dash").shortCode}/ 快`, "--json");
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    const told = JSON.parse(stdout) as Work;
    expect(readOf(told)).toEqual(truthOf(truth("dash"), told.source));
    expect(existsSync(join(dir.path, "command", "dylive.sqlite"))).toBe(false);
  });

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
    const gone = await work(truth("deleted").id);
    expect(gone).toMatchObject({ code: 0, stdout: expect.stringMatching(/^state: deleted: .+$/m) });
  });

  it("is 1 where nothing is told, and 2 where the text names no work", async () => {
    fault("detail_blocked");
    expect(await work(truth("plain").id)).toMatchObject({ code: 1, stdout: "", stderr: expect.stringContaining("blocked") });
    const json = await work(truth("plain").id, "--json");
    expect({ ...json, ...JSON.parse(json.stdout) }).toMatchObject({ code: 1, error: "blocked", refusal: "blocked" });
    const room = await work("https://live.douyin.com/100000001", "--json");
    expect({ ...room, ...JSON.parse(room.stdout) }).toMatchObject({ code: 2, error: "bad_work", refusal: null });
  });
});

describe("dylive serve", () => {
  it("reads works, keeps them, and gives the page's own reply to other programs' clients", async () => {
    const settings = { ...env("server"), DYLIVE_PORT: "0" };
    const token =
      (await ran(["token", "create", "--name", "works", "--scope", "manage"], settings)).stdout.trim().split(/\s+/).at(-1) ?? "";
    fault("page_absent");
    const { server, base } = await serving(settings);
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
    expect(JSON.parse((await call("/v1/works")).text)).toMatchObject({ works: [{ id }], next: null });
    expect((await call(`/v1/works/${id}`)).text).toBe(read.text);
    expect(JSON.parse((await call("/v1/works/pace")).text)).toMatchObject({ waiting: 0, reading: null, opened: 1, refused: 0, failed: 0 });
    const detail = await fetch(`${base}/douyin/video/detail?token=${token}&aweme_id=${id}`);
    const { code, data } = (await detail.json()) as { code: number; data: { aweme_detail: { desc: string }; log_pb: object } };
    // The page was opened once: this is the reply that came then, with what only the platform puts there.
    expect({ code, desc: data.aweme_detail.desc }).toEqual({ code: 200, desc: text });
    expect(data).toHaveProperty("log_pb");
    expect(simulator.works.requests.filter(({ of, path }) => of === id && path === "aweme/detail").length).toBeGreaterThan(0);
    server.process.kill("SIGTERM");
    expect(await server.ended).toBe(0);
  });
});
