// Guards: `POST /@control` does what a test in the process can do, and says what is wrong with a call.
import { afterEach, describe, expect, it } from "vitest";
import { type Simulator, startSimulator } from "../../simulator/index.js";
import { FakeClock } from "../clock.js";
import { connect } from "./client.js";

let simulator: Simulator | undefined;
afterEach(() => simulator?.close());

const post = async (command: string, body: unknown) => {
  const reply = await fetch(`${simulator?.url}/@control/${command}`, { method: "POST", body: JSON.stringify(body) });
  const answer = (await reply.json()) as { ok?: boolean; code?: string; message?: string; roomId?: string };
  return { status: reply.status, ...answer };
};

describe("POST /@control", () => {
  it("does to the platform what a test does in its own process", async () => {
    simulator = await startSimulator();
    const page = async () => (await fetch(`${simulator?.url}/@live.douyin.com/100000001`, { headers: { cookie: "__ac_nonce=1" } })).text();
    expect(await page()).toContain("小棉袄");
    expect(await post("captcha", {})).toEqual({ status: 200, ok: true });
    expect(await page()).toContain("验证码");
    expect(await post("captcha", { on: false })).toEqual({ status: 200, ok: true });
    const before = simulator.roomId("100000001");
    const restarted = await post("restart", { room: "100000001" });
    expect(restarted.roomId).toBe(simulator.roomId("100000001"));
    expect(restarted.roomId).not.toBe(before);
  });

  it("names its commands, and says what is wrong with a call", async () => {
    simulator = await startSimulator();
    const { commands } = (await (await fetch(`${simulator.url}/@control/`)).json()) as { commands: Record<string, unknown> };
    expect(Object.keys(commands)).toEqual(expect.arrayContaining(["cut", "freeze", "deafen", "resetAfter", "damage", "latency", "unplug"]));
    expect(await post("explode", {})).toMatchObject({ status: 404, code: "not_found" });
    const says = (words: string) => ({ status: 400, code: "bad_request", message: expect.stringContaining(words) });
    expect(await post("cut", {})).toMatchObject(says("room is missing: it must be text"));
    expect(await post("cut", { room: "100000001", now: true })).toMatchObject(says('there is no field "now" here; there are: room'));
    expect(await post("latency", { ms: "slow" })).toMatchObject(says("ms must be a"));
    expect(await post("cut", [])).toMatchObject(says("the body must be an object"));
    expect(await post("cut", { room: "404" })).toMatchObject({ status: 404 });
  });

  it("refuses a code that no close frame carries, and the connection goes on and can be closed by another", async () => {
    simulator = await startSimulator();
    const client = await connect(simulator.url, simulator.roomId("100000001") ?? "");
    for (const how of [1004, 1005, 1006, 1015, 2999])
      expect(await post("close", { room: "100000001", how })).toMatchObject({
        status: 400,
        message: expect.stringContaining("how must be a whole number from 1000 to 1003"),
      });
    expect(() => simulator?.rooms.close("100000001", 1006)).toThrow();
    expect(simulator.truth("100000001").connections).toMatchObject([{ closedAt: null, closedBy: null }]);
    await client.caughtUp();
    expect(await post("close", { room: "100000001", how: 1012 })).toMatchObject({ ok: true });
    await client.until(() => client.closeCode !== null);
    expect(client.closeCode).toBe(1012);
    expect(simulator.truth("100000001").connections).toMatchObject([{ closedBy: "close" }]);
  });
});

describe("pages under faults", () => {
  it("come late, or not at all, and one can be wrong", async () => {
    const clock = new FakeClock();
    simulator = await startSimulator({ clock, start: clock.now() });
    const get = () => fetch(`${simulator?.url}/@live.douyin.com/100000001`, { headers: { cookie: "__ac_nonce=1" } });
    simulator.rooms.misread("100000001");
    expect(await (await get()).text()).toContain("直播已结束");
    expect(await (await get()).text()).not.toContain("直播已结束");
    simulator.rooms.latency(3000);
    let answered = false;
    const late = get().then(() => {
      answered = true;
    });
    for (const begun = clock.now(); !answered; ) {
      await clock.advance(100);
      if (answered) expect(clock.now() - begun).toBeGreaterThanOrEqual(3000);
    }
    await late;
    simulator.rooms.latency(0);
    simulator.rooms.unplug();
    await expect(get()).rejects.toThrow();
    simulator.rooms.unplug(false);
    expect((await get()).status).toBe(200);
  });
});
