import { readdirSync, statSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openSqliteStore } from "../../src/log/sqlite/store.js";
import { type Run, ran, scratch, serving } from "../e2e/command.js";
import { playBusyRoom } from "../outputs/stats/busy-room.js";
import { ATTACKS, type Target } from "./attacks.js";
import { measured } from "./measured.js";
import { Watch } from "./watched.js";

const ATTACK_MS = 8_000;
/** What is promised of a server, whatever hostile clients do. */
const MOST_MB = 600;
const HEALTH_MS = 250;

const dir = scratch();
const env = { DYLIVE_DATA: dir.path, DYLIVE_PORT: "0" };
let target: Target;
let server: Run;
let watch: Watch;

beforeAll(async () => {
  const store = openSqliteStore({ path: `${dir.path}/dylive.sqlite` });
  const { room } = await playBusyRoom(store, { hours: 0.3 });
  await store.close();
  const token = (await ran(["token", "create", "--name", "t"], env)).stdout.trim();
  const started = await serving(env);
  server = started.server;
  const assets = readdirSync("dist/web/assets").filter((name) => name.endsWith(".js"));
  const largest = assets.sort((a, b) => statSync(`dist/web/assets/${b}`).size - statSync(`dist/web/assets/${a}`).size)[0];
  target = { base: started.base, token, room, asset: `/assets/${largest}` };
  watch = new Watch(target.base, server.process.pid ?? 0);
});

afterAll(async () => {
  await watch.end();
  if (server.process.exitCode === null) server.process.kill("SIGKILL");
  await server.ended;
  dir.remove();
});

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

describe("an attack", () => {
  it.each(Object.entries(ATTACKS))("%s", async (what, attack) => {
    await watch.settled();
    const end = attack(target);
    await pause(ATTACK_MS);
    const { healthMs, looks, mostMb } = await watch.seen();
    end();
    await pause(1_000);
    measured(`attack: ${what}`, `memory ${mostMb} MB, health within ${healthMs} ms (${looks} looks in ${ATTACK_MS / 1000} s)`);
    console.log(what, { healthMs, looks, mostMb, ended: server.process.exitCode });
    expect(server.process.exitCode).toBeNull();
    expect(mostMb).toBeLessThan(MOST_MB);
    expect(healthMs).toBeLessThan(HEALTH_MS);
  });

  it("does not keep the server from ending", async () => {
    const ends = Object.values(ATTACKS).map((attack) => attack(target));
    await pause(3_000);
    const began = Date.now();
    server.process.kill("SIGTERM");
    await server.ended;
    const ms = Date.now() - began;
    for (const end of ends) end();
    measured("SIGTERM during all of these attacks at once", `ended after ${ms} ms`);
    expect(ms).toBeLessThan(10_000);
  });
});
