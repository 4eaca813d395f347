// Guards: a server answers health checks within 250 ms and holds less than 600 MB under each attack, and ends on SIGTERM.
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { ATTACKS } from "./attacks.js";
import { type Besieged, besieged } from "./besieged.js";
import { measured } from "./measured.js";
import type { Watched } from "./watched.js";

const ATTACK_MS = 8_000;
const HOURS = 0.3;
/** What is promised of a server, whatever hostile clients do. */
const MOST_MB = 600;
const HEALTH_MS = 250;
/** A machine that keeps a server which does nothing waiting for so long says nothing about ours: then the attack is done again, so many times. */
const QUIET_MS = 60;
const TIMES = 5;

/** What the figures are. */
const ARE =
  "most memory, slowest health less what its thread waited for a core (beside it by the clock alone, and of a server that does nothing)";

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

/** Attacks, from the first connection on, and judges what became of the server. */
async function judge({ watch, server, attack }: Besieged, what: string, figures: string[]): Promise<void> {
  let seen: Watched;
  for (let time = 1; ; time++) {
    await watch.settled();
    const end = await attack([what], 1);
    await pause(ATTACK_MS);
    seen = await watch.seen();
    await end();
    console.log(what, seen);
    if (seen.healthMs < HEALTH_MS || seen.idleMs < QUIET_MS || time === TIMES) break;
  }
  const { healthMs, clockMs, mostMb, idleMs } = seen;
  figures.push(`${what}: ${mostMb} MB, ${healthMs} ms (${clockMs} ms, ${idleMs} ms)`);
  expect(server.process.exitCode).toBeNull();
  expect(mostMb).toBeLessThan(MOST_MB);
  expect(healthMs).toBeLessThan(HEALTH_MS);
}

describe("an attack on one that was attacked before", () => {
  const figures: string[] = [];
  let one: Besieged;
  beforeAll(async () => {
    one = await besieged(HOURS);
  });
  afterAll(async () => {
    measured(`attacks, one after the other on one server: ${ARE}`, figures.join("; "));
    await one.end();
  });

  it.each(Object.keys(ATTACKS))("%s", async (what) => {
    await judge(one, what, figures);
  });

  it("does not keep it from ending", async () => {
    await one.attack(Object.keys(ATTACKS), 1);
    await pause(1_000);
    const began = Date.now();
    one.server.process.kill("SIGTERM");
    const code = await one.server.ended;
    measured("SIGTERM during all of these attacks at once", `ended by itself (${code}) after ${Date.now() - began} ms`);
    console.log("SIGTERM", { code, ms: Date.now() - began });
    // Not cut after its 5 s.
    expect(code).toBe(0);
  });
});
