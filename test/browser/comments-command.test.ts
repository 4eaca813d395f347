import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { type Simulator, startSimulator } from "../../simulator/index.js";
import { comments as collect } from "../../src/app/works.js";
import type { Comment } from "../../src/works/model/comment.js";
import { started } from "../e2e/command.js";
import { programOf } from "../store/child/spawn.js";
import { casesOf } from "../whole.js";
import { useRunningBrowser } from "./chromium.js";
import { expectAll, withReplies } from "./comment-truth.js";
import { hurried } from "./hurried.js";

const at = (path: string) => fileURLToPath(new URL(path, import.meta.url));

const cdp = useRunningBrowser();
let simulator: Simulator;
let folder: string;
beforeAll(async () => {
  simulator = await startSimulator({ rooms: [] });
  folder = mkdtempSync(join(tmpdir(), "dylive-comments-"));
});
afterEach(() => {
  simulator.works.setFaults("plain", []);
});
afterAll(async () => {
  await simulator.close();
  rmSync(folder, { recursive: true });
});

const settings = () => ({ upstream: simulator.url, cdp: cdp(), data: join(folder, "data") });
/** Runs `dylive comments` of a work; `plain` where none is named. */
async function command({
  name = "plain",
  ...options
}: {
  name?: string;
  limit?: number;
  replies?: boolean;
  out?: string;
  json?: boolean;
  dieAfter?: number;
}) {
  const asked = { ...settings(), link: simulator.works.work(name).id, limit: null, replies: true, out: null, json: false, ...options };
  return started(process.execPath, [await programOf(at("comments-child.ts")), JSON.stringify(asked)]);
}
const linesOf = (text: string) => text.split("\n").slice(0, -1);
const kept = (path: string) => linesOf(readFileSync(path, "utf8")).map((line) => JSON.parse(line) as Comment);

describe("dylive comments", () => {
  it.each(casesOf([["dash", 6]], [["plain", 40]]))(
    "of %s goes on after kill -9 at %i where it was: nothing twice, nothing lost",
    async (name, dieAfter) => {
      const { comments: floors, stats } = simulator.works.work(name);
      const all = withReplies(floors).length;
      const out = join(folder, `killed-${name}.jsonl`);
      expect(await (await command({ name, out, dieAfter })).ended).toBe("SIGKILL");
      const before = linesOf(readFileSync(out, "utf8")).length;
      expect(before).toBeGreaterThanOrEqual(dieAfter);
      expect(before).toBeLessThan(all);
      const whole = await command({ name, out });
      expect(await whole.ended).toBe(0);
      expect(whole.stdout()).toBe("");
      expect(whole.stderr()).toMatch(/killed-\w+\.jsonl: \d+ comments are known/);
      const counts = `${all} comments are collected (${floors.length} top comments, ${all - floors.length} replies)`;
      expect(whole.stderr()).toContain(stats.comments > all ? `${counts}; the platform tells ${stats.comments}` : counts);
      expect(new Set(kept(out).map(({ id }) => id)).size).toBe(all);
      expectAll(kept(out), floors);
    },
  );

  it("shows a line for each, in which nothing of a stranger's does anything", async () => {
    const run = await command({ replies: false });
    expect(await run.ended).toBe(0);
    const lines = linesOf(run.stdout());
    const shown = simulator.works.work("plain").comments.reduce((sum, { previews }) => sum + 1 + previews, 0);
    expect(lines).toHaveLength(shown);
    expect(lines[0]).toMatch(/ \(pinned, .*\): 看置顶/);
    expect(run.stdout()).not.toMatch(/[\u202e\u001b]/);
    expect(run.stderr()).toMatch(/end: .*of \d+ top comments not all replies came/);
  });

  it("says by exit code 1, and why, that the platform ended it; a limit is an end as asked for", async () => {
    const limited = await command({ limit: 7, json: true });
    expect(await limited.ended).toBe(0);
    expect(linesOf(limited.stdout()).map((line) => (JSON.parse(line) as Comment).rank)).toEqual([0, 1, 2, 3, 4, 5, 6]);
    simulator.works.setFaults("plain", ["comments_blocked"]);
    const blocked = await command({ replies: false });
    expect(await blocked.ended).toBe(1);
    expect(blocked.stderr()).toMatch(/blocked: the platform refuses this visitor.*\(5 top comments, 2 replies\)/);
  });
});

describe("comments by the library", () => {
  it("come in a loop, which may be stopped, and tell how they ended", async () => {
    const all = collect(simulator.works.work("dash").id, { ...settings(), clock: hurried });
    expect(all.status()).toBeNull();
    const comments: Comment[] = [];
    for await (const comment of all) comments.push(comment);
    expectAll(comments, simulator.works.work("dash").comments);
    expect([all.status()?.endedBy, all.openFloors()]).toEqual(["end", []]);
    const stop = new AbortController();
    const stopped = collect(simulator.works.work("dash").id, { ...settings(), clock: hurried, signal: stop.signal });
    for await (const _ of stopped) stop.abort();
    expect(stopped.status()).toMatchObject({ endedBy: "stopped" });
    await expect(collect("https://live.douyin.com/1", settings())[Symbol.asyncIterator]().next()).rejects.toMatchObject({
      code: "bad_work",
    });
  });
});
