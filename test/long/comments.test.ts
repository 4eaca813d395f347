import { join } from "node:path";
import { afterAll, afterEach, beforeAll, expect, it } from "vitest";
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
import { readOf, truthOf } from "../browser/work-truth.js";
import { ran, scratch, serving } from "../e2e/command.js";
import { until } from "../until.js";
import { measured, residentMb } from "./measured.js";

let simulator: Simulator;
let session: BrowserSession;
let visitor: WorkVisitor;
const dir = scratch();
beforeAll(async () => {
  simulator = await startSimulator({ rooms: [] });
  session = await openSession(simulator, { clock: hurried });
  visitor = await session.visitWorks({ account: null, proxy: null });
});
afterEach(() => {
  simulator.works.setFaults("crowded", []);
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

/** Looks at the memory of this process and of the browser. @returns gives the most of each that was seen */
function memory() {
  const most = { own: 0, browser: 0 };
  return async () => {
    most.own = Math.max(most.own, Math.round(process.memoryUsage().rss / 1024 ** 2));
    most.browser = Math.max(most.browser, await residentMb((await session.processes()).map(({ id }) => id)));
    return most;
  };
}

it("3,000 comments in 600 floors are kept complete, of pages that overlap", async () => {
  const store = openSqliteStore({ path: ":memory:" });
  const { id, comments: floors } = simulator.works.work("crowded");
  const before = simulator.works.requests.length;
  const look = memory();
  let told = 0;
  let looked = Promise.resolve({ own: 0, browser: 0 });
  const started = performance.now();
  const onProgress = () => {
    if (told++ % 100 === 0) looked = look();
  };
  const run = await keepComments(store, { id, page: null }, { reader: visitor, clock: hurried, onProgress }, NEVER);
  const seconds = (performance.now() - started) / 1000;
  await looked;
  const { own, browser } = await look();
  const kept = await keptOf(store);
  expectAll(kept, floors);
  expect(kept.map(({ rank }) => rank).sort((a, b) => a - b)).toEqual(Array.from({ length: 3000 }, (_, rank) => rank));
  expect(run).toMatchObject({ shown: 3047, collected: 3000, topLevel: 600, repliesCollected: 2400, floorsOpen: 0, endedBy: "end" });
  const asked = simulator.works.requests.slice(before).filter(({ path }) => path.startsWith("comment/")).length;
  await store.close();
  measured(
    "one run of 3,000 comments in 600 floors, without the pauses of a reader",
    `all of them kept, none twice, ${asked} replies of the page in ${seconds.toFixed(0)} s; at most ${own} MB (the test's process, with the simulator), the browser ${browser} MB`,
  );
});

it("of these a wall leaves exactly what was shown before it, whole", async () => {
  simulator.works.setFaults("crowded", ["comments_wall"]);
  const store = openSqliteStore({ path: ":memory:" });
  const { id, comments: floors } = simulator.works.work("crowded");
  const run = await keepComments(store, { id, page: null }, { reader: visitor, clock: hurried }, NEVER);
  expectAll(await keptOf(store), floors.slice(0, 25));
  expect(run).toMatchObject({ endedBy: "wall", topLevel: 25, floorsOpen: 0, shown: 3047 });
  await store.close();
});

it("200 works are read one after another", async () => {
  const works = Array.from({ length: 40 }, (_, day) => simulator.works.work(`day_${day}`));
  const look = memory();
  const started = performance.now();
  for (let round = 0; round < 5; round++)
    for (const work of works) {
      const reading = await visitor.read({ id: work.id, page: null }, NEVER);
      if (reading.outcome !== "found") throw new Error(`${work.name}: ${reading.outcome}`);
      expect(readOf(reading.work)).toEqual(truthOf(work, reading.work.source));
      if (work === works.at(-1)) await look();
    }
  const seconds = (performance.now() - started) / 1000;
  const { own, browser } = await look();
  measured(
    "200 works read one after another, without the pauses between them",
    `all as the platform has them, in ${seconds.toFixed(0)} s; at most ${own} MB (the test's process, with the simulator), the browser ${browser} MB`,
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
