import { spawn } from "node:child_process";
import { once } from "node:events";
import { statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { afterAll, beforeAll, expect } from "vitest";
import type { Download } from "../../src/works/model/download.js";
import { programOf } from "../store/child/spawn.js";
import { useFolders } from "../store/directory.js";
import { DownloadStage, filesIn, sha256In } from "../works/downloading.js";

/**
 * Downloads the work of a file into a folder, a film that is joined with its sound and a tune whose length nobody tells, and kills itself before
 * the step of this number of those that leave something on the disk.
 */
const CHILD = `
import { open, readFile } from "node:fs/promises";
import fs from "node:fs";
import { syncBuiltinESMExports } from "node:module";
const [, work, folder, upstream, dieAt] = process.argv;
let steps = 0;
const before = (owner, name) => {
  const original = owner[name];
  owner[name] = function (...args) {
    if (++steps === Number(dieAt)) process.kill(process.pid, "SIGKILL");
    return original.apply(this, args);
  };
};
const handle = await open(work);
for (const name of ["write", "writeFile", "sync", "truncate"]) before(Object.getPrototypeOf(handle), name);
for (const name of ["link", "rename"]) before(fs.promises, name);
syncBuiltinESMExports();
await handle.close();
const { downloadWork } = await import(process.env.DOWNLOAD_MODULE);
const options = { folder, platform: { upstream, proxy: null }, quality: "best", music: true, template: "{author}/{id}" };
console.log(JSON.stringify(await downloadWork(JSON.parse(await readFile(work, "utf8")), options)));
`;

/** Runs it. @returns how the download ended; null when it was killed */
async function run(stage: DownloadStage, folders: () => string, folder: string, dieAt: number): Promise<Download | null> {
  const work = join(folders(), "work.json");
  writeFileSync(work, JSON.stringify(await stage.read("dash")));
  const module = await programOf(fileURLToPath(new URL("../../src/works/download.ts", import.meta.url)));
  const child = spawn(process.execPath, ["--input-type=module", "-e", CHILD, work, folder, stage.simulator.url, String(dieAt)], {
    env: { ...process.env, DOWNLOAD_MODULE: pathToFileURL(module).href },
    stdio: ["ignore", "pipe", "inherit"],
  });
  let out = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    out += text;
  });
  const [code, signal] = (await once(child, "close")) as [number | null, string | null];
  if (signal === "SIGKILL") return null;
  expect(code).toBe(0);
  return JSON.parse(out) as Download;
}

/**
 * Kills a download before its steps, each time another one in a new folder, and runs it again: nothing twice, nothing lost, and nothing half has
 * the name of a file. To be called where tests are described: it has a simulator and folders of its own.
 * @returns does that for every so many steps, and says how often it killed
 */
export function useDownloadKills(): (every: number) => Promise<number> {
  const folders = useFolders();
  let stage: DownloadStage;
  beforeAll(async () => {
    stage = await DownloadStage.open();
  });
  afterAll(() => stage.close());
  return async (every) => {
    const whole = folders();
    const truth = await run(stage, folders, whole, 0);
    expect(truth?.state).toBe("done");
    const shaOf = new Map(truth?.files.map(({ name, sha256 }) => [name ?? "", sha256] as const));
    const names = [...shaOf.keys()].sort();
    expect(names).toHaveLength(3);
    const isMedia = (name: string) => !name.endsWith(".json");
    let killed = 0;
    for (let step = 1; ; step += every) {
      const folder = folders();
      if ((await run(stage, folders, folder, step)) !== null) break;
      killed++;
      const named = filesIn(folder).filter((name) => !/\.part$|^\.dylive-/.test(name));
      for (const name of named.filter(isMedia)) expect([step, name, sha256In(folder, { name })]).toEqual([step, name, shaOf.get(name)]);
      const inodes = new Map(named.filter(isMedia).map((name) => [name, statSync(join(folder, name)).ino]));
      const again = await run(stage, folders, folder, 0);
      expect([step, again?.state, again?.reason]).toEqual([step, "done", null]);
      // No part, no lock, no file more.
      expect([step, filesIn(folder)]).toEqual([step, names]);
      for (const name of names.filter(isMedia)) expect(sha256In(folder, { name })).toBe(shaOf.get(name));
      for (const [name, ino] of inodes) expect([name, statSync(join(folder, name)).ino]).toEqual([name, ino]);
    }
    return killed;
  };
}
