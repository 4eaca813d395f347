import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { ATTACKS } from "./attacks.js";
import { type Besieged, besieged } from "./besieged.js";
import { measured } from "./measured.js";

const ATTACK_MS = 8_000;
const HOURS = 0.3;
/** What is promised of a server, whatever hostile clients do. */
const MOST_MB = 600;
const HEALTH_MS = 250;

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

/** Attacks, from the first connection on, and judges what became of the server. */
async function judge({ watch, server, attack }: Besieged, what: string, where: string): Promise<void> {
  await watch.settled();
  const end = await attack([what], 1);
  await pause(ATTACK_MS);
  const { healthMs, looks, mostMb } = await watch.seen();
  await end();
  measured(`attack, ${where}: ${what}`, `memory ${mostMb} MB, health within ${healthMs} ms (${looks} looks)`);
  console.log(where, what, { healthMs, looks, mostMb });
  expect(server.process.exitCode).toBeNull();
  expect(mostMb).toBeLessThan(MOST_MB);
  expect(healthMs).toBeLessThan(HEALTH_MS);
}

describe("an attack on a server that was just started", () => {
  let one: Besieged | null = null;
  afterEach(() => one?.end());

  it.each(Object.keys(ATTACKS))("%s", async (what) => {
    one = await besieged(HOURS);
    await judge(one, what, "alone");
  });
});

describe("an attack on one that was attacked before", () => {
  let one: Besieged;
  beforeAll(async () => {
    one = await besieged(HOURS);
  });
  afterAll(() => one.end());

  it.each(Object.keys(ATTACKS))("%s", async (what) => {
    await judge(one, what, "after the others");
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
