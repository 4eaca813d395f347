// Guards: `dylive settings` judges a value by what the running server was started with, and says where none runs.
import { afterAll, expect, it } from "vitest";
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
  expect(listed).toMatch(/^DYLIVE_KEEP_EVENTS_DAYS +90 +operator, 20/m);
  server.process.kill("SIGTERM");
  expect(await server.ended).toBe(0);
  expect(await set("DYLIVE_POLL_MS", "7000")).toMatchObject({
    code: 0,
    stderr: "DYLIVE_POLL_MS is 7000 for a server that is started without it: none runs on this data\n",
  });
});
