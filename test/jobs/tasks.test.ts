import { fileURLToPath } from "node:url";
import { describe, expect, it, onTestFinished } from "vitest";
import { eraseEverywhere } from "../../src/erasure/everywhere.js";
import { peopleIn } from "../../src/erasure/identity.js";
import { WorkerChannel } from "../../src/jobs/channel.js";
import { systemClock } from "../../src/runtime/clock.js";
import { closeRecordings } from "../../src/sources/raw/pack.js";
import { openSqliteStore } from "../../src/store/sqlite/store.js";
import { bodies, collected, older, units } from "../ingest/older.js";
import { useDirectory } from "../store/directory.js";

const directory = useDirectory();
/** Loads TypeScript in the thread. */
const execArgv = ["--import", fileURLToPath(new URL("../store/child/register.mjs", import.meta.url))];

async function recorded() {
  const path = directory("dylive.sqlite");
  const store = openSqliteStore({ path });
  const desk = new WorkerChannel({ at: { engine: "sqlite", path }, clock: systemClock, execArgv });
  onTestFinished(() => store.close());
  onTestFinished(() => desk.close());
  return { store, desk, ...(await collected(store, older, directory("raw"))) };
}

describe("tasks in the worker thread", () => {
  it("decode anew, let other jobs have their turn, and give what a newer decoder would have given", async () => {
    const { desk, folder, room, events } = await recorded();
    const wanted = await collected(openSqliteStore({ path: ":memory:" }), undefined, directory("raw"));
    const told: number[] = [];
    const between: Promise<unknown>[] = [];
    const onNews = ({ count }: { readonly count: number }) => {
      told.push(count);
      if (between.length < 3) between.push(desk.run("statistics.progress", []));
    };
    const done = await desk.run("task.redecode", [{ folder, room, sessionId: null }], { onNews });
    expect(done).toMatchObject({ erased: 0, refused: 0, lostBytes: 0, messages: 800 });
    expect(told.at(-1)).toBe(1600);
    expect(await Promise.all(between)).toHaveLength(3);
    expect(bodies(await events())).toEqual(bodies(await wanted.events()));
    expect(units(await events())).toEqual(units(await wanted.events()));
    const unknown = desk.run("task.redecode", [{ folder, room, sessionId: "404" }]);
    await expect(unknown).rejects.toMatchObject({ code: "not_found", detail: expect.stringMatching(/was not recorded/) });
  });

  it("take a person out of log and recordings; stopped, they can be begun again", async () => {
    const { desk, folder, events } = await recorded();
    await closeRecordings(folder, () => false, systemClock, new AbortController().signal);
    const person = (await events()).flatMap(peopleIn).find((user) => user.id !== null && !user.isAnchor)?.id ?? "";
    const stop = new AbortController();
    const erase = (stopped = {}) =>
      eraseEverywhere(person, {
        log: () => desk.run("task.erase", [{ user: person, keep: false }], stopped),
        recordings: (identity) => desk.run("task.eraseRaw", [{ folder, identity }], stopped),
        files: async () => [],
        filesElsewhere: async () => 0,
      });
    const stopped = erase({ signal: stop.signal, onNews: () => stop.abort(new Error("stopped")) });
    await expect(stopped).rejects.toThrow("stopped");
    const done = await erase();
    expect(done.erased + done.changed).toBeGreaterThan(0);
    expect(done.recordings).toMatchObject({ open: [], failed: [] });
    expect(done.recordings.messages).toBeGreaterThan(0);
    expect(JSON.stringify(await events())).not.toContain(person);
  });
});
