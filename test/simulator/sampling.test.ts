import { describe, expect, it } from "vitest";
import { Sampling } from "../../simulator/sampling.js";
import { pushQuery } from "./client.js";
import { PK, useStage } from "./stage.js";

const stage = useStage();
const viewer = (id: string) => stage.viewer({ query: pushQuery(stage.simulator.roomId(PK) ?? "", { user_unique_id: id }) });

describe("samples", () => {
  it("are each viewer's own: two of 60 % share 36 %, and the truth knows the whole", async () => {
    await stage.begin({ rateFactor: 20 });
    const { simulator } = stage;
    const control = (body: object) => fetch(`${simulator.url}/@control/sample`, { method: "POST", body: JSON.stringify(body) });
    expect((await control({ room: PK, shares: { chat: 0.6, join: [0.6, 0.6], gift: 0 } })).status).toBe(200);
    expect((await control({ room: PK, shares: { chat: 2 } })).status).toBe(400);
    const [one, two] = [await viewer("1"), await viewer("2")];
    for (let i = 0; i < 3; i++) {
      await stage.clock.advance(10_000);
      await Promise.all([one.caughtUp(), two.caughtUp()]);
    }
    const { sent } = simulator.truth(PK);
    for (const method of ["WebcastChatMessage", "WebcastMemberMessage"]) {
      const [a, b] = [one, two].map(({ messages }) => new Set(messages.filter((m) => m.method === method).map(({ msgId }) => msgId)));
      if (a === undefined || b === undefined) throw new Error("two viewers");
      const union = new Set([...a, ...b]).size;
      const whole = union + (sent.withheld[method] ?? 0);
      expect(sent.byMethod[method]).toBe(union);
      expect(whole).toBeGreaterThan(500);
      for (const share of [a.size / whole, b.size / whole]) expect(share).toBeCloseTo(0.6, 1);
      expect((a.size + b.size - union) / whole).toBeCloseTo(0.36, 1);
    }
    expect(sent.combos).toEqual([]);
    expect(sent.withheld["WebcastGiftMessage"]).toBeGreaterThan(100);
    expect(sent.byMethod["WebcastLikeMessage"]).toBeGreaterThan(500);
    expect(sent.withheld["WebcastLikeMessage"]).toBeUndefined();
  });

  it("are the same after a reconnect, and may differ from viewer to viewer", () => {
    const sampling = new Sampling();
    const given = (who: string) =>
      Array.from({ length: 4000 }, (_, i) => sampling.admits(who, { method: "WebcastChatMessage", msgId: `${i}` }));
    expect(given("1").every(Boolean)).toBe(true);
    sampling.set({ chat: [0.2, 0.9] });
    expect(given("1")).toEqual(given("1"));
    const shares = Array.from({ length: 20 }, (_, who) => given(`${who}`).filter(Boolean).length / 4000);
    expect(Math.min(...shares)).toBeGreaterThan(0.17);
    expect(Math.max(...shares)).toBeLessThan(0.93);
    expect(Math.max(...shares) - Math.min(...shares)).toBeGreaterThan(0.3);
    sampling.set({}, "1");
    expect(given("1").every(Boolean)).toBe(true);
  });
});

it("one viewer alone can be cut off, and refused", async () => {
  const { simulator } = stage;
  const [one] = [await viewer("1"), await viewer("2")];
  simulator.rooms.cut(PK, "1");
  await one.until(() => one.closeCode !== null);
  expect(simulator.truth(PK).connections.map(({ viewer, closedBy }) => [viewer, closedBy])).toEqual([
    ["1", "cut"],
    ["2", null],
  ]);
  simulator.rooms.refuse(PK, true, "blocked", "1");
  await expect(viewer("1")).rejects.toThrow("refused");
  await viewer("3");
});
