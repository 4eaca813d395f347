import { join } from "node:path";
import { afterAll, expect, it } from "vitest";
import { catchUp } from "../../src/statistics/reader.js";
import { openSqliteStore } from "../../src/store/sqlite/store.js";
import { chat } from "../contracts/events.js";
import { claimed } from "../contracts/harness.js";
import { plainWords } from "../statistics/plain-words.js";
import { ran, scratch, serving } from "./command.js";

const dir = scratch();
afterAll(() => dir.remove());

it("dylive settings judges what a server was started with by that server, and says where none runs", async () => {
  const data = { DYLIVE_DATA: dir.path };
  // What this command has in its environment is not the server's.
  const own = { ...data, DYLIVE_KEEP_EVENTS_DAYS: "9" };
  const { server } = await serving({ ...data, DYLIVE_PORT: "0", DYLIVE_POLL_MS: "60000" }, ["--upstream", "http://127.0.0.1:1"]);
  const set = (name: string, value: string) => ran(["settings", "set", name, value], own);
  expect(await set("DYLIVE_POLL_MS", "7000")).toMatchObject({ code: 2, stderr: expect.stringContaining("the server was started with it") });
  const told = "DYLIVE_KEEP_EVENTS_DAYS is 90: the running server follows within ten minutes\n";
  expect(await set("DYLIVE_KEEP_EVENTS_DAYS", "90")).toMatchObject({ code: 0, stderr: told });
  const { stdout: listed } = await ran(["settings", "list"], own);
  expect(listed).toMatch(/^DYLIVE_POLL_MS +60000 +the server's environment /m);
  expect(listed).toMatch(/^DYLIVE_KEEP_EVENTS_DAYS +90 +dylive settings, 20/m);
  expect(listed).not.toContain("runs on this data");

  server.process.kill("SIGTERM");
  expect(await server.ended).toBe(0);
  expect(await set("DYLIVE_POLL_MS", "7000")).toMatchObject({
    code: 0,
    stderr: "DYLIVE_POLL_MS is 7000 for a server that is started without it: none runs on this data\n",
  });
  const { stdout: later } = await ran(["settings", "list"], own);
  expect(later).toMatch(/^DYLIVE_POLL_MS +7000 +dylive settings, 20/m);
  expect(later).toMatch(/\nno server runs on this data: .*\n$/);
});

it("dylive check knows for how long statistics are kept by what was set, not by its own environment", async () => {
  const own = scratch();
  const env = { DYLIVE_DATA: own.path };
  try {
    const store = openSqliteStore({ path: join(own.path, "dylive.sqlite") });
    const { room, append } = await claimed(store);
    await append(chat("a", { sessionId: "s", time: 1000 }));
    await catchUp(store, plainWords);
    while (await store.search.advance(room));
    expect(await store.statistics.expire(room, 2000, Date.now())).toBe(true);
    await catchUp(store, plainWords);
    await store.close();
    expect(await ran(["check"], env)).toMatchObject({ code: 1, stdout: expect.stringContaining("statistics of s count 0 events") });
    expect(await ran(["settings", "set", "DYLIVE_KEEP_STATISTICS_DAYS", "5"], env)).toMatchObject({ code: 0 });
    expect(await ran(["check"], env)).toMatchObject({ code: 0, stdout: "nothing is wrong\n" });
  } finally {
    own.remove();
  }
});
