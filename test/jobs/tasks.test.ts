// Guards: Tasks in the worker thread decode anew and erase while other jobs have their turn.
import { fileURLToPath } from "node:url";
import { describe, expect, it, onTestFinished } from "vitest";
import { WorkerChannel } from "../../src/jobs/channel.js";
import { systemClock } from "../../src/runtime/clock.js";
import { openSqliteStore } from "../../src/store/sqlite/store.js";
import { bodies, collected, older, units } from "../ingest/older.js";
import { useDirectory } from "../store/directory.js";

const directory = useDirectory();
/** Loads TypeScript in the thread. */
const execArgv = ["--import", fileURLToPath(new URL("../store/child/register.mjs", import.meta.url))];

async function recorded() {
  const path = directory("dylive.sqlite");
  const store = openSqliteStore({ path });
  const wakes = { count: 0 };
  const onAppended = () => {
    wakes.count++;
  };
  const desk = new WorkerChannel({ at: { engine: "sqlite", path }, clock: systemClock, execArgv, onAppended });
  onTestFinished(() => store.close());
  onTestFinished(() => desk.close());
  return { store, desk, wakes, ...(await collected(store, older, directory("raw"))) };
}

describe("tasks in the worker thread", { tags: ["full"] }, () => {
  it("decode anew, let other jobs have their turn, and give what a newer decoder would have given", async () => {
    const { desk, wakes, folder, room, events } = await recorded();
    const wanted = await collected(openSqliteStore({ path: ":memory:" }), undefined, directory("raw"));
    const told: number[] = [];
    const between: Promise<unknown>[] = [];
    const tell = (_what: string, count: number) => {
      told.push(count);
      if (between.length < 3) between.push(desk.jobs.statistics.behind());
    };
    const done = await desk.jobs.task.redecode(folder, room, null, tell, new AbortController().signal);
    expect(done).toMatchObject({ erased: 0, refused: 0, lostBytes: 0, messages: 800 });
    expect(told.at(-1)).toBe(1600);
    expect(wakes.count).toBeGreaterThan(0);
    expect(await Promise.all(between)).toHaveLength(3);
    expect(bodies(await events())).toEqual(bodies(await wanted.events()));
    expect(units(await events())).toEqual(units(await wanted.events()));
    const unknown = desk.jobs.task.redecode(folder, room, "404", tell, new AbortController().signal);
    await expect(unknown).rejects.toMatchObject({ code: "not_found", detail: expect.stringMatching(/was not recorded/) });
  });
});
