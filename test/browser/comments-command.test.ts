// Guards: `dylive comments` shows a line for each comment, steers no terminal, and says by exit code 1 that the platform ended it.
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, it } from "vitest";
import { type Simulator, startSimulator } from "../../simulator/index.js";
import { scratch, started } from "../e2e/command.js";
import { programOf } from "../store/child/spawn.js";
import { useRunningBrowser } from "./chromium.js";

const cdp = useRunningBrowser();
const dir = scratch();
let simulator: Simulator;
beforeAll(async () => {
  simulator = await startSimulator({ rooms: [] });
});
afterAll(async () => {
  await simulator.close();
  dir.remove();
});

/** Runs `dylive comments` of the plain work, without replies. */
async function command() {
  const asked = { upstream: simulator.url, cdp: cdp(), data: dir.path, link: simulator.works.work("plain").id };
  const program = await programOf(fileURLToPath(new URL("comments-child.ts", import.meta.url)));
  const run = started(process.execPath, [program, JSON.stringify(asked)]);
  return { code: await run.ended, stdout: run.stdout(), stderr: run.stderr() };
}

it("shows a line for each, in which nothing of a stranger's does anything", async () => {
  const { code, stdout, stderr } = await command();
  const lines = stdout.split("\n").slice(0, -1);
  const shown = simulator.works.work("plain").comments.reduce((sum, { previews }) => sum + 1 + previews, 0);
  expect([code, lines.length]).toEqual([0, shown]);
  expect(lines[0]).toMatch(/ \(pinned, .*\): 看置顶/);
  expect(stdout).not.toMatch(/[\u202e\u001b]/);
  expect(stderr).toMatch(/end: .*of \d+ top comments not all replies came/);
});

it("says by exit code 1, and why, that the platform ended it", async () => {
  simulator.works.setFaults("plain", ["comments_blocked"]);
  const { code, stderr } = await command();
  expect([code, stderr]).toEqual([1, expect.stringMatching(/blocked: the platform refuses this visitor.*\(5 top comments, 2 replies\)/)]);
});
