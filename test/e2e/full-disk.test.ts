import { spawn } from "node:child_process";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, expect, it } from "vitest";
import { createToken } from "../../src/api/auth.js";
import { openSqliteStore } from "../../src/log/sqlite/store.js";
import { until } from "../until.js";
import { dylive, type Run, ran, scratch } from "./command.js";

const MAIN = fileURLToPath(new URL("../../dist/bin/dylive.js", import.meta.url));
/** Of 512 bytes (dash) or 1024 (bash): the store's files may not grow beyond one or two MB. */
const BLOCKS = 2000;
const dir = scratch();
const runs: Pick<Run, "process" | "ended">[] = [];
afterAll(async () => {
  for (const { process: child, ended } of runs) {
    child.kill("SIGKILL");
    await ended;
  }
  dir.remove();
});

/** A server whose files may not grow beyond a size: to it a disk that is full, for which nobody needs to be root. */
function limited(env: Readonly<Record<string, string>>) {
  const { DYLIVE_SHARED: _, ...rest } = process.env;
  const child = spawn("sh", ["-c", `ulimit -f ${BLOCKS}; exec "$0" "$@"`, process.execPath, MAIN, "serve"], {
    env: { ...rest, ...env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let text = "";
  for (const stream of [child.stdout, child.stderr]) stream.setEncoding("utf8").on("data", (part: string) => (text += part));
  const ended = new Promise<number | string>((resolve) => child.on("close", (code, signal) => resolve(code ?? signal ?? "?")));
  const run = { process: child, ended };
  runs.push(run);
  return { ...run, url: () => until(() => /listens on (http:\S+)/.exec(text)?.[1], 60_000) };
}

it("files that may not grow: it is said in the room's state, nothing falls over, and the next start goes on with a store that is sound", async () => {
  const simulator = dylive(["simulate", "--rate", "60"]);
  runs.push(simulator);
  const upstream = (await simulator.printed(/(http:\S+)\n/))[1] ?? "";
  const env = { DYLIVE_DATA: dir.path, DYLIVE_PORT: "0", DYLIVE_UPSTREAM: upstream };
  const store = openSqliteStore({ path: join(dir.path, "dylive.sqlite") });
  const { token } = await createToken(store.tokens, { name: "test", scope: "admin", now: 0 });
  await store.close();
  const call = async (url: string, path: string) => {
    const answer = await fetch(url + path, { headers: { authorization: `Bearer ${token}` } });
    return {
      status: answer.status,
      body: (await answer.json()) as { rooms?: { status: { state: string; evidence: { reason: string } } | null }[] },
    };
  };
  const room = async (url: string) => (await call(url, "/v1/rooms")).body.rooms?.[0]?.status;
  expect((await ran(["room", "add", "100000001"], env)).code).toBe(0);

  const full = limited(env);
  const url = await full.url();
  const told = await until(async () => {
    const { reason = "" } = (await room(url))?.evidence ?? {};
    return /the store takes nothing now/.test(reason) ? reason : null;
  }, 100_000);
  expect(told).toMatch(/The disk failed: .*disk I\/O error.*dylive goes on by itself/);
  expect((await call(url, "/healthz")).status).toBe(200);
  full.process.kill("SIGTERM");
  expect(await full.ended).toBe(0);
  expect(await ran(["check"], env)).toMatchObject({ code: 0, stdout: "nothing is wrong\n" });

  const next = dylive(["serve"], env);
  runs.push(next);
  const again = (await next.printed(/listens on (http:\S+)/))[1] ?? "";
  await until(async () => ((await room(again))?.state === "live" ? true : null), 100_000);
  next.process.kill("SIGTERM");
  await next.ended;
  expect(await ran(["check"], env)).toMatchObject({ code: 0, stdout: "nothing is wrong\n" });
});
