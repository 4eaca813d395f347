import { expect } from "vitest";
import { hash32 } from "../../simulator/random.js";
import { Chance } from "../fuzz/mutator.js";
import { pause } from "../processes/pause.js";
import { DownloadStage, filesIn, sha256In } from "../works/downloading.js";
import { type Faults, FaultyLink } from "./faulty-link.js";

/** A film, a film that is joined with its sound, pictures, pictures with films of their own. */
const WORKS = ["plain", "dash", "mixed", "live_photos"] as const;
/** Downloads at once. */
const AT_ONCE = 4;
const OPTIONS = { template: "{id}", quality: "best", music: true } as const;

/** What came of it. */
export interface ChaosOfDownloads {
  readonly downloads: number;
  /** Times that downloads were begun: one that is not done is begun again. */
  readonly tries: number;
  readonly cancelled: number;
  readonly files: number;
  readonly met: FaultyLink["met"];
}

/**
 * Downloads works over a link with faults, again until each is done, sometimes stopped on the way. At every moment what has a file's name is that
 * file, and in the end all are there, and nothing else.
 * @param folders makes an empty folder
 * @param forMs how long downloads are begun, ms; at least each work once
 */
export async function chaosOfDownloads(seed: string, forMs: number, faults: Faults, folders: () => string): Promise<ChaosOfDownloads> {
  const stage = await DownloadStage.open();
  const link = await FaultyLink.to(stage.simulator.url, { seed, faults });
  const end = performance.now() + forMs;
  let [begun, tries, cancelled, files] = [0, 0, 0, 0];
  /** What files may be, by their sha256. */
  const known = new Set<string>();

  async function download(name: (typeof WORKS)[number], whole: readonly string[], chance: Chance): Promise<void> {
    const folder = folders();
    for (let done = false; !done; ) {
      const stop = new AbortController();
      const stopping = chance.below(4) === 0 ? setTimeout(() => stop.abort(), chance.below(500)) : undefined;
      const platform = { upstream: link.url, proxy: null };
      const options = { ...OPTIONS, platform, refresh: () => stage.read(name), signal: stop.signal };
      const outcome = await stage.downloadOf(await stage.read(name), folder, options);
      clearTimeout(stopping);
      tries++;
      if (stop.signal.aborted) cancelled++;
      const named = filesIn(folder).filter((file) => !/\.part$|^\.dylive-|\.json$/.test(file));
      for (const file of named) expect([name, file, known.has(sha256In(folder, { name: file }))]).toEqual([name, file, true]);
      done = outcome.state === "done";
      if (!done) expect(outcome.reason).not.toBeNull();
    }
    // A picture whose first form could not be had comes in the other one.
    expect([name, filesIn(folder).map(stem).sort()]).toEqual([name, whole.map(stem).sort()]);
    files += whole.length;
  }

  try {
    const wholes = new Map<string, readonly string[]>();
    for (const name of WORKS) {
      const folder = folders();
      const { state } = await stage.download(name, folder, OPTIONS);
      expect([name, state]).toEqual([name, "done"]);
      wholes.set(name, filesIn(folder));
      for (const file of filesIn(folder)) known.add(sha256In(folder, { name: file })); // also the joined film
      for (const { webp, jpeg } of stage.truth(name).images) for (const { sha256 } of [webp, jpeg]) known.add(sha256);
    }
    const chance = new Chance(hash32(seed));
    const all = new Set<Promise<void>>();
    while (begun < WORKS.length || performance.now() < end) {
      const name = WORKS[begun++ % WORKS.length] ?? "plain";
      const one = download(name, wholes.get(name) ?? [], new Chance(chance.below(2 ** 32))).finally(() => all.delete(one));
      all.add(one);
      if (all.size >= AT_ONCE) await Promise.race(all);
      await pause(1);
    }
    await Promise.all(all);
    return { downloads: begun, tries, cancelled, files, met: link.met };
  } finally {
    await link.close();
    await stage.close();
  }
}

function stem(file: string): string {
  return file.replace(/\.(?:webp|jpeg)$/, "");
}
