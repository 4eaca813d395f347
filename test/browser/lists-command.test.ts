// Guards: `dylive works` lists an author's works, stops at works that are known, and says by the exit code what ended the list.
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { type Simulator, startSimulator } from "../../simulator/index.js";
import type { Work } from "../../src/works/model/work.js";
import type { WorkListRun } from "../../src/works/model/work-list.js";
import { ran, scratch } from "../e2e/command.js";
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

  it("stops at works that are known from what it wrote", async () => {
    const whole = await command(archive().secUid, "--json");
    const { keys, works: listed, end } = readJson(whole.lines);
    expect([keys.length, listed.slice(0, 3), end]).toMatchObject([22, ["day_30", "day_40", "day_0"], { endedBy: "wall", collected: 20 }]);
    // All but the newest work is known.
    const seen = join(dir.path, "seen.jsonl");
    writeFileSync(seen, whole.lines.filter((line) => !line.includes(simulator.works.work("day_0").id)).join("\n"));
    const again = await command(archive().secUid, "--known", seen, "--stop-after-known", "2", "--json");
    expect(again.code).toBe(0);
    expect(readJson(again.lines)).toMatchObject({ works: ["day_0"], end: { endedBy: "known", collected: 5 } });
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
  });
});
