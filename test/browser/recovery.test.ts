// Guards: A killed page or browser ends the room's source, and the same visitor goes on in a new one.
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Simulator, startSimulator } from "../../simulator/index.js";
import type { BrowserSession } from "../../src/platform/browser/session.js";
import { until } from "../until.js";
import { GUEST, liveRooms, NEVER, openSession, viaPage } from "./rooms.js";

const STUB = "0123456789abcdef0123456789abcdef";
let simulator: Simulator;
let session: BrowserSession;
beforeAll(async () => {
  simulator = await startSimulator({ rooms: liveRooms(1), rateFactor: 5 });
  session = await openSession(simulator);
});
afterAll(async () => {
  await session.close();
  await simulator.close();
});
const kill = async (type: string) => {
  const found = (await session.processes()).filter((each) => each.type === type);
  expect(found.length).toBeGreaterThan(0);
  // Each of them belongs to the browser that this test started.
  for (const { id } of found) process.kill(id, "SIGKILL");
};

describe.each([
  ["page", "renderer"],
  ["browser", "browser"],
])("a %s that is killed", (_what, type) => {
  it("ends the room's source, and is replaced as the same visitor", async () => {
    const identity = await session.take(GUEST, NEVER);
    const { starts } = await session.status();
    const who = () => [identity.visitor.userUniqueId, /ttwid=[^;]+/.exec(identity.visitor.headers()["cookie"] ?? "")?.[0]];
    const visitor = who();
    const before = viaPage(identity, "300000001");
    await until(() => before.has(0));
    await kill(type);
    await until(() => before.ended);
    expect(before.error).toMatchObject({ code: "browser_failed" });
    // What was open says so at once; what is asked for next waits for the new one.
    expect(await identity.signer.sign(STUB, NEVER)).toHaveLength(16);
    const after = viaPage(identity, "300000001");
    await until(() => after.has(0));
    expect(who()).toEqual(visitor);
    expect((await session.status()).starts).toBe(type === "browser" ? starts + 1 : starts);
    after.stop();
    identity.release();
  });
});

it("a close ends everything that waits, and gives no more seats", async () => {
  const identity = await session.take(GUEST, NEVER);
  const reading = viaPage(identity, "300000001");
  await until(() => reading.has(0));
  await session.close();
  await until(() => reading.ended);
  await expect(session.take(GUEST, NEVER)).rejects.toMatchObject({ code: "stopping" });
  await expect(identity.signer.sign(STUB, NEVER)).rejects.toMatchObject({ code: "stopping" });
});
