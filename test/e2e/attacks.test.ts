// Guards: a server under all attacks at once holds little memory, answers health checks, and ends on SIGTERM.
import { afterAll, beforeAll, expect, it } from "vitest";
import { ATTACKS } from "../long/attacks.js";
import { type Besieged, besieged } from "../long/besieged.js";
import { until } from "../until.js";

// A tenth of test/long/attacks.test.ts. Memory is judged, and that health is answered: how long that takes is the machine's affair.

/** Of a server at rest it is 150 MB; of these attacks 290. */
const MOST_MB = 350;
const LOOKS = 12;

let one: Besieged;
beforeAll(async () => {
  one = await besieged(0.05);
});
afterAll(() => one.end());

it("all attacks at once leave a server that holds little, tells its health, and ends when it is told to", async () => {
  const { watch, server, attack } = one;
  await watch.seen();
  await attack(Object.keys(ATTACKS), 0.1);
  let looks = 0;
  let most = 0;
  await until(async () => {
    const seen = await watch.seen();
    looks += seen.looks;
    most = Math.max(most, seen.mostMb);
    return looks >= LOOKS;
  });
  expect(most).toBeLessThan(MOST_MB);
  expect(server.process.exitCode).toBeNull();
  server.process.kill("SIGTERM");
  // A SIGTERM that it does not heed would be its end after 5 s.
  expect(typeof (await server.ended)).toBe("number");
});
