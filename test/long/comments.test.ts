// Guards: a run over thousands of comments keeps each once, also when the server is killed on the way (kill -9).
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { type Simulator, startSimulator } from "../../simulator/index.js";
import type { WorkVisitor } from "../../src/platform/access/work-visitor.js";
import type { BrowserSession } from "../../src/platform/browser/session.js";
import { openSqliteStore } from "../../src/store/sqlite/store.js";
import type { Store } from "../../src/store/store.js";
import { keepComments } from "../../src/works/comment-run-service.js";
import type { CommentRun } from "../../src/works/model/comment.js";
import type { KeptComment } from "../../src/works/model/kept.js";
import type { RunStatus } from "../../src/works/run-service.js";
import { testBrowser } from "../browser/chromium.js";
import { expectAll } from "../browser/comment-truth.js";
import { hurried } from "../browser/hurried.js";
import { NEVER, openSession } from "../browser/rooms.js";
import { ran, scratch, serving } from "../e2e/command.js";
import { until } from "../until.js";
import { measured } from "./measured.js";

let simulator: Simulator;
let session: BrowserSession;
let visitor: WorkVisitor;
const dir = scratch();
beforeAll(async () => {
  simulator = await startSimulator({ rooms: [] });
  session = await openSession(simulator, { clock: hurried });
  visitor = await session.visitWorks({ account: null, proxy: null });
});
afterAll(async () => {
  visitor.release();
  await session.close();
  await simulator.close();
  dir.remove();
});

/** All that is kept of a work, each as often as it is there. */
async function keptOf({ comments }: Pick<Store, "comments">): Promise<KeptComment[]> {
  const all: KeptComment[] = [];
  for (let page = await comments.walk(null, 500); page.length > 0; page = await comments.walk(all.at(-1) ?? null, 500)) all.push(...page);
  return all;
}

it("3,000 comments in 600 floors are kept complete, of pages that overlap", async () => {
  const store = openSqliteStore({ path: ":memory:" });
  const { id, comments: floors } = simulator.works.work("crowded");
  const before = simulator.works.requests.length;
  const started = performance.now();
  const run = await keepComments(store, { id, page: null }, { reader: visitor, clock: hurried }, NEVER);
  const seconds = (performance.now() - started) / 1000;
  const kept = await keptOf(store);
  expectAll(kept, floors);
  expect(kept.map(({ rank }) => rank).sort((a, b) => a - b)).toEqual(Array.from({ length: 3000 }, (_, rank) => rank));
  expect(run).toMatchObject({ shown: 3047, collected: 3000, topLevel: 600, repliesCollected: 2400, floorsOpen: 0, endedBy: "end" });
  const asked = simulator.works.requests.slice(before).filter(({ path }) => path.startsWith("comment/")).length;
  await store.close();
  measured(
    "one run of 3,000 comments in 600 floors, without the pauses of a reader",
    `all of them kept, none twice, ${asked} replies of the page in ${seconds.toFixed(0)} s`,
  );
});

it("a server that is killed while it collects (kill -9) and started again goes on: nothing twice, nothing lost", async () => {
  const settings = {
    DYLIVE_UPSTREAM: simulator.url,
    DYLIVE_BROWSER: testBrowser(),
    DYLIVE_DATA: join(dir.path, "killed"),
    DYLIVE_PORT: "0",
  };
  const made = await ran(["token", "create", "--name", "killed", "--scope", "manage"], settings);
  const headers = { authorization: `Bearer ${made.stdout.trim().split(/\s+/).at(-1)}`, "content-type": "application/json" };
  const { id, comments: floors } = simulator.works.work("plain");
  let told = 0;
  for (const atLeast of [20, 60, 0]) {
    const { server, base } = await serving(settings);
    const status = async (method = "GET", path = "/run") => {
      const response = await fetch(`${base}/v1/works/${id}/comments${path}`, { method, headers, ...(method === "POST" && { body: "{}" }) });
      return (await response.json()) as RunStatus<CommentRun>;
    };
    if (told > 0) expect(await status()).toMatchObject({ running: false, run: { endedBy: "stopped" } });
    await status("POST", "");
    const last = await until(async () => {
      const now = await status();
      if (atLeast > 0 && !now.running) throw new Error(`it ended too early: ${JSON.stringify(now)}`);
      return (atLeast === 0 ? !now.running : now.run.collected >= atLeast) && now;
    });
    expect(last.run.collected).toBeGreaterThanOrEqual(told);
    told = last.run.collected;
    if (atLeast === 0) expect(last.run).toMatchObject({ endedBy: "end", floorsOpen: 0 });
    server.process.kill(atLeast === 0 ? "SIGTERM" : "SIGKILL");
    await server.ended;
    const store = openSqliteStore({ path: join(settings.DYLIVE_DATA, "dylive.sqlite") });
    const kept = await keptOf(store);
    await store.close();
    expect(kept.length).toBeGreaterThanOrEqual(told);
    if (atLeast === 0) expectAll(kept, floors);
  }
});
