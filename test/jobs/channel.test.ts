// Guards: The worker thread runs jobs, says why one failed, and is started again after its end.
import { mkdirSync } from "node:fs";
import { dirname } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it, onTestFinished } from "vitest";
import { WorkerChannel } from "../../src/jobs/channel.js";
import { systemClock } from "../../src/runtime/clock.js";
import { openSqliteStore } from "../../src/store/sqlite/store.js";
import { FakeClock } from "../clock.js";
import { chat, gift } from "../contracts/events.js";
import { claimed } from "../contracts/harness.js";
import { useDirectory } from "../store/directory.js";
import { until } from "../until.js";

const file = useDirectory();
/** Loads TypeScript in the thread. */
const execArgv = ["--import", fileURLToPath(new URL("../store/child/register.mjs", import.meta.url))];

function onFile() {
  const path = file("dylive.sqlite");
  const store = openSqliteStore({ path });
  const desk = new WorkerChannel({ at: { engine: "sqlite", path }, clock: systemClock, execArgv });
  onTestFinished(() => store.close());
  onTestFinished(() => desk.close());
  return { store, desk };
}

describe("jobs in the worker thread", { tags: ["full"] }, () => {
  it("count what is appended until they are told to end, and read it", async () => {
    const { store, desk } = onFile();
    const { room, append } = await claimed(store);
    await append(chat("1", { text: "主播上链接[比心]" }), gift("2", "c", 3, 3));
    const { statistics, loop } = desk.jobs;
    expect(await statistics.behind()).toBe(2);
    const stop = new AbortController();
    const news: unknown[] = [];
    const counting = loop.derived((one) => news.push(one), stop.signal);
    const session = chat("1").sessionId ?? "";
    await until(async () => (await statistics.behind()) === 0);
    expect((await statistics.sessions(room, [session])).get(session)).toMatchObject({ chatters: 1, gifters: 1, totals: { diamonds: 30n } });
    expect((await statistics.words(room, session, "word", 10)).map(({ text }) => text)).toEqual(["主播", "链接"]);
    expect(await statistics.words(room, session, "emoji", 10)).toEqual([{ text: "[比心]", count: 1 }]);
    stop.abort();
    await counting;
    expect(news).toEqual([]);
  });
});

describe("the worker thread", () => {
  it("says why it cannot open the store, and opens it for a later job when it can", { tags: ["full"] }, async () => {
    const path = file("later/dylive.sqlite");
    const desk = new WorkerChannel({ at: { engine: "sqlite", path }, clock: systemClock, execArgv });
    onTestFinished(() => desk.close());
    for (let n = 0; n < 2; n++) await expect(desk.jobs.statistics.behind()).rejects.toMatchObject({ code: "bad_config" });
    mkdirSync(dirname(path));
    expect(await desk.jobs.statistics.behind()).toBe(0);
  });

  it("fails its jobs when it ends, and is started again by the next", async () => {
    const at = { engine: "sqlite", path: file("dylive.sqlite") } as const;
    const desk = new WorkerChannel({ at, clock: systemClock, execArgv: ["--import", "data:text/javascript,process.exit(3)"] });
    onTestFinished(() => desk.close());
    for (let n = 0; n < 2; n++) await expect(desk.jobs.statistics.behind()).rejects.toMatchObject({ code: "internal" });
  });

  it("is not waited for when it hangs: what was aborted ends after five seconds", async () => {
    const clock = new FakeClock();
    const at = { engine: "sqlite", path: file("dylive.sqlite") } as const;
    const desk = new WorkerChannel({ at, clock, execArgv: ["--import", "data:text/javascript,for (;;);"] });
    const stop = new AbortController();
    const loop = desk.jobs.loop.derived(() => {}, stop.signal);
    const reason = new Error("enough");
    let ended: unknown = null;
    loop.catch((error: unknown) => {
      ended = error;
    });
    stop.abort(reason);
    await clock.advance(4_999);
    expect(ended).toBeNull();
    await clock.advance(1);
    await expect(loop).rejects.toBe(reason);
    const closed = desk.close();
    await clock.advance(5_000);
    await closed;
  });

  it("takes so many jobs at a time and no more", { tags: ["full"] }, async () => {
    const { desk } = onFile();
    const asked = Array.from({ length: 1001 }, () => desk.jobs.statistics.behind());
    const outcomes = await Promise.allSettled(asked);
    expect(outcomes.filter(({ status }) => status === "rejected")).toHaveLength(1);
    expect(outcomes.at(-1)).toMatchObject({ status: "rejected", reason: { code: "internal" } });
  });
});
