import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, expect, it } from "vitest";
import { type Download, download } from "../../src/app/works.js";
import { ran } from "../e2e/command.js";
import { useFolders } from "../store/directory.js";
import { DownloadStage, filesIn, sha256In } from "../works/downloading.js";
import { testBrowser } from "./chromium.js";

const folders = useFolders();
let stage: DownloadStage;
beforeAll(async () => {
  stage = await DownloadStage.open();
});
afterEach(() => stage.mend());
afterAll(() => stage.close());

it("the library reads a work again in the browser where its addresses have expired", async () => {
  const [folder, data] = [folders(), folders()];
  stage.faults("dash", "cdn_expired", "cdn_play_astray");
  const work = await stage.read("dash");
  stage.faults("dash", "cdn_play_astray");
  const done = await download(work, { folder, data, upstream: stage.simulator.url, browser: testBrowser(), quality: "best" });
  expect([done.state, done.reason]).toEqual(["done", null]);
  expect(filesIn(folder)).toHaveLength(2);
});

it("`dylive download` downloads what links mean, once, and ends with 0 only where all files are there", async () => {
  const [out, data] = [folders(), folders()];
  const env = { DYLIVE_BROWSER: testBrowser(), DYLIVE_DATA: data, DYLIVE_UPSTREAM: stage.simulator.url };
  const { id, shortCode, images } = stage.truth("mixed");
  const args = ["download", `看 https://v.douyin.com/${shortCode}/ 复制此链接`, "--out", out, "--template", "{id}"];
  const first = await ran(args, env);
  expect([first.code, first.stderr]).toEqual([0, expect.stringContaining(`work ${id}: done`)]);
  const names = [
    `${id}.meta.json`,
    ...images.flatMap(({ clip }, at) => [`${id}_0${at + 1}.webp`, ...(clip === null ? [] : [`${id}_0${at + 1}.mp4`])]),
  ];
  expect(filesIn(out)).toEqual(names.sort());
  for (const name of names) expect(first.stdout).toContain(join(out, name));
  expect(sha256In(out, { name: `${id}_01.webp` })).toBe(images[0]?.webp.sha256);

  stage.faults("mixed", "cdn_dead");
  const ledger = readFileSync(join(out, ".dylive-downloads.jsonl"), "utf8");
  const second = await ran([...args, "--music", "--json"], env);
  const told = JSON.parse(second.stdout) as Download;
  expect([second.code, told.state, told.reason]).toEqual([1, "partial", expect.stringContaining("HTTP 403")]);
  for (const { role, state } of told.files) expect([role, state]).toEqual([role, role === "music" ? "failed" : "done"]);
  const chinese = await ran([...args, "--music"], { ...env, DYLIVE_LANG: "zh" });
  expect([chinese.code, chinese.stderr]).toEqual([1, expect.stringContaining(`作品 ${id}：部分完成：`)]);
  expect(chinese.stdout).toMatch(/^音乐 1 +失败 +– +sf5-hl-cdn-tos\.douyinstatic\.com：HTTP 403$/m);
  expect(chinese.stdout).not.toMatch(/[a-z]{2,} [a-z]{2,} [a-z]{2,}/);
  expect(readFileSync(join(out, ".dylive-downloads.jsonl"), "utf8")).toBe(ledger);
  expect(filesIn(out)).toEqual(names);
});

it("`dylive download` refuses what is wrong before a browser is started", async () => {
  const env = { DYLIVE_BROWSER: "/nowhere", DYLIVE_DATA: folders() };
  for (const [args, said] of [
    [["--template", "{nobody}"], "there is no field {nobody}"],
    [["--quality", "good"], "compatible, best, smallest"],
    [[], "This is not a work"],
  ] as const) {
    const { code, stderr } = await ran(["download", "no link", ...args], env);
    expect([code, stderr]).toEqual([2, expect.stringContaining(said)]);
  }
});
