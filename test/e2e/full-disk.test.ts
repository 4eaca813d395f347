import { join } from "node:path";
import { afterAll, expect, it } from "vitest";
import { createToken } from "../../src/http/tokens.js";
import { openSqliteStore } from "../../src/store/sqlite/store.js";
import { until } from "../until.js";
import { dylive, LISTENS, MAIN, type Run, ran, scratch, started } from "./command.js";

/** Of 512 bytes (dash) or 1024 (bash): the store's files may not grow beyond one or two MB. */
const BLOCKS = 2000;
const dir = scratch();
const runs: Run[] = [];
afterAll(async () => {
  for (const { process: child, ended } of runs) {
    child.kill("SIGKILL");
    await ended;
  }
  dir.remove();
});

/** A server whose files may not grow beyond a size: to it a disk that is full, for which nobody needs to be root. */
function limited(env: Readonly<Record<string, string>>): Run {
  return kept(started("sh", ["-c", `ulimit -f ${BLOCKS}; exec "$0" "$@"`, process.execPath, MAIN, "serve"], env));
}

/** It is ended after the test, however that ends. */
function kept(run: Run): Run {
  runs.push(run);
  return run;
}

it("files that may not grow: it is said in the room's state, nothing falls over, and the next start goes on with a store that is sound", async () => {
  const simulator = kept(dylive(["simulate", "--rate", "60"]));
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
  const url = (await full.printed(LISTENS))[1] ?? "";
  const told = await until(async () => {
    const { reason = "" } = (await room(url))?.evidence ?? {};
    return /the store takes nothing now/.test(reason) ? reason : null;
  });
  expect(told).toMatch(/The disk failed: .*disk I\/O error.*dylive goes on by itself/);
  expect((await call(url, "/healthz")).status).toBe(200);
  // Small writes still find room in what the files have: readiness is judged by what is appended.
  await until(async () => ((await call(url, "/readyz")).status === 503 ? true : null));
  full.process.kill("SIGTERM");
  expect(await full.ended).toBe(0);
  expect(await ran(["check"], env)).toMatchObject({ code: 0, stdout: "nothing is wrong\n" });

  const next = kept(dylive(["serve"], env));
  const again = (await next.printed(LISTENS))[1] ?? "";
  await until(async () => ((await room(again))?.state === "live" ? true : null));
  next.process.kill("SIGTERM");
  await next.ended;
  expect(await ran(["check"], env)).toMatchObject({ code: 0, stdout: "nothing is wrong\n" });
});
