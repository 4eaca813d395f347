// Guards: `dylive download` downloads a link's files once, and ends with 0 only if all of them are there.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, expect, it } from "vitest";
import type { Download } from "../../src/app/works.js";
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
  expect(readFileSync(join(out, ".dylive-downloads.jsonl"), "utf8")).toBe(ledger);
  expect(filesIn(out)).toEqual(names);
});
