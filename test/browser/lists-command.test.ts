import { appendFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { type Simulator, startSimulator } from "../../simulator/index.js";
import { works } from "../../src/app/works.js";
import { type Clock, systemClock } from "../../src/runtime/clock.js";
import type { Work } from "../../src/works/model/work.js";
import type { WorkListRun } from "../../src/works/model/work-list.js";
import { ran, scratch } from "../e2e/command.js";
import { isWhole } from "../whole.js";
import { useRunningBrowser } from "./chromium.js";

const cdp = useRunningBrowser();
let simulator: Simulator;
const dir = scratch();
beforeAll(async () => {
  simulator = await startSimulator({ rooms: [] });
});
afterEach(() => simulator.works.setFaults(archive().secUid, []));
afterAll(async () => {
  await simulator.close();
  dir.remove();
});

/** The author with 45 works, of which two old ones are pinned. */
const archive = () => simulator.works.catalogue.authors[1] ?? expect.fail();
const mix = () => simulator.works.catalogue.mixes[0] ?? expect.fail();
const names = (of: readonly { readonly id: string }[]) => of.map(({ id }) => simulator.works.work(id).name);
const linesOf = (text: string) => text.split("\n").slice(0, -1);

async function command(...args: string[]) {
  const env = { DYLIVE_UPSTREAM: simulator.url, DYLIVE_CDP: cdp(), DYLIVE_DATA: join(dir.path, "data") };
  const { code, stdout, stderr } = await ran(["works", ...args], env);
  return { code, stdout, stderr, lines: linesOf(stdout) };
}
interface JsonLine {
  readonly work?: Work;
  readonly end?: WorkListRun;
  readonly author?: Work["author"];
}
const readJson = (lines: readonly string[]) => {
  const all = lines.map((line) => JSON.parse(line) as JsonLine);
  return { keys: all.flatMap(Object.keys), works: names(all.flatMap(({ work }) => work ?? [])), end: all.at(-1)?.end };
};

describe("dylive works", () => {
  it("shows the author and a line for each work, and says by exit code 1 that a wall ended them", async () => {
    const { nickname, displayId, followers, secUid } = archive();
    const { code, lines, stderr } = await command(`看看 https://www.douyin.com/user/${secUid}?from_tab_name=main 好`);
    expect(code).toBe(1);
    expect(lines).toHaveLength(21);
    expect(lines[0]).toBe(`${nickname} (${displayId}), 云南, ${followers} followers, ${archive().likes} likes, 20 works by the profile`);
    const { id, stats, text } = simulator.works.work("day_30");
    expect(lines[1]).toMatch(
      new RegExp(`^\\d{4}-\\d\\d-\\d\\d \\d\\d:\\d\\d:\\d\\d [+-]\\d\\d:\\d\\d  video +${id}  ♥ ${stats.likes} +\\(pinned\\) ${text}$`),
    );
    expect(lines[3]).toContain(`${simulator.works.work("day_0").id}  `);
    expect(stderr).toBe(
      "wall: the first 20 are shown; a login is needed for the rest, and is not always enough. 20 works are listed; the profile tells 20, which is no measure where no more is shown\n",
    );
  });

  it("stops at the limit, and at works that are known from what it wrote once that is whole", async () => {
    const first = await command(archive().secUid, "--limit", "5", "--json");
    expect(first.code).toBe(0);
    const { keys, works: listed, end } = readJson(first.lines);
    expect(keys).toEqual(["author", "work", "work", "work", "work", "work", "end"]);
    expect(listed).toEqual(["day_30", "day_40", "day_0", "day_1", "day_2"]);
    expect(end).toMatchObject({ endedBy: "limit", collected: 5, author: { secUid: archive().secUid } });
    const seen = join(dir.path, "seen.jsonl");
    const [author = "", ...rest] = first.lines;
    // All but the newest work is known.
    writeFileSync(seen, [author, ...rest.filter((line) => !line.includes(simulator.works.work("day_0").id)), ""].join("\n"));
    const whole = await command(archive().secUid, "--known", seen, "--stop-after-known", "2", "--json");
    expect(readJson(whole.lines)).toMatchObject({ end: { endedBy: "wall", collected: 20 } });
    expect(readJson(whole.lines).works).toHaveLength(16);
    appendFileSync(seen, whole.lines.filter((line) => !line.includes(simulator.works.work("day_0").id)).join("\n"));
    const again = await command(archive().secUid, "--known", seen, "--stop-after-known", "2", "--json");
    expect(again.code).toBe(0);
    expect(readJson(again.lines)).toMatchObject({ works: ["day_0"], end: { endedBy: "known", collected: 5 } });
  });

  it("shows a mix to its end", async () => {
    const { id, name, works: own } = mix();
    const ids = join(dir.path, "ids.txt");
    writeFileSync(
      ids,
      own
        .slice(0, 20)
        .map((work) => `${work.id}\n`)
        .join(""),
    );
    const { code, lines, stderr } = await command(`https://www.douyin.com/collection/${id}`, "--known", ids);
    expect(code).toBe(0);
    expect(lines[0]).toBe(`mix ${id}: ${name}`);
    expect(lines.slice(1).map((line) => line.split(/ {2,}/)[2])).toEqual(own.slice(20).map((work) => work.id));
    expect(stderr).toBe("end: the platform shows no more works. 23 works are listed\n");
  });

  if (isWhole())
    it("tells of an account that shows nothing", async () => {
      simulator.works.setFaults(archive().secUid, ["author_private"]);
      const none = await command(archive().secUid);
      expect({ ...none, lines: none.lines.length }).toMatchObject({
        code: 1,
        lines: 1,
        stderr: expect.stringContaining("private or banned"),
      });
    });

  it("refuses what names no list", async () => {
    expect(await command("https://www.douyin.com/user/self")).toMatchObject({
      code: 2,
      stdout: "",
      stderr: expect.stringContaining("self"),
    });
    const rubbish = join(dir.path, "rubbish");
    writeFileSync(rubbish, "nothing\n");
    const refused = await command(archive().secUid, "--known", rubbish);
    expect(refused).toMatchObject({ code: 2, stdout: "", stderr: expect.stringContaining("no lines that begin with a work's id") });
    expect(await command(archive().secUid, "--known", join(dir.path, "nowhere"))).toMatchObject({ code: 2 });
  });
});

describe("works by the library", () => {
  /** Pauses between pages take a hundredth of their time; waits for the page all of it. */
  const hurried: Clock = { ...systemClock, sleep: (ms, signal) => systemClock.sleep(ms >= 5000 ? ms / 100 : ms, signal) };
  const settings = () => ({ upstream: simulator.url, cdp: cdp(), data: join(dir.path, "library"), clock: hurried });

  it("come in a loop, which may be stopped, and tell whose they are and how they ended", async () => {
    const list = works(`https://www.douyin.com/user/${archive().secUid}`, settings());
    expect(list.status()).toBeNull();
    const came: Work[] = [];
    for await (const work of list) came.push(work);
    expect(names(came).slice(0, 4)).toEqual(["day_30", "day_40", "day_0", "day_1"]);
    expect(list.status()).toMatchObject({ endedBy: "wall", collected: 20, author: { nickname: archive().nickname } });
    const stop = new AbortController();
    const stopped = works(archive().secUid, { ...settings(), signal: stop.signal });
    for await (const _ of stopped) stop.abort();
    expect(stopped.status()).toMatchObject({ endedBy: "stopped", collected: 20 });
    if (!isWhole()) return;
    const known = came.slice(3).map(({ id }) => id);
    const newer = works(archive().secUid, { ...settings(), known, stopAfterKnown: 3 });
    const news: Work[] = [];
    for await (const work of newer) news.push(work);
    expect(names(news)).toEqual(["day_30", "day_40", "day_0", "day_1", "day_2", "day_3"]);
    expect(newer.status()?.endedBy).toBe("known");
  });

  it("refuse at once what is none", async () => {
    expect(() => works("https://www.douyin.com/video/7560000000000000123", settings())).toThrow(/dylive work LINK/);
    if (!isWhole()) return;
    await expect(
      works("https://www.douyin.com/collection/7400000000000000001", settings())[Symbol.asyncIterator]().next(),
    ).rejects.toMatchObject({ code: "no_work" });
  });
});
