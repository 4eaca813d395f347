// Guards: Each viewer is sent a sample and the gifts of a mood of its own, the same after a reconnect, and the truth knows the whole.
import { describe, expect, it } from "vitest";
import { demoRooms, type RoomScenario, readMood } from "../../simulator/index.js";
import { Sampling } from "../../simulator/shares.js";
import { pushQuery } from "./client.js";
import { PK, useStage } from "./stage.js";

const stage = useStage();
const busy = (everySeconds: RoomScenario["everySeconds"]) => ({
  rooms: demoRooms().flatMap((room) => (room.webRid === PK ? [{ ...room, everySeconds }] : [])),
});
const viewer = (id: string) => stage.viewer({ query: pushQuery(stage.simulator.roomId(PK) ?? "", { user_unique_id: id }) });

describe("samples", () => {
  it("are each viewer's own: two of 60 % share 36 %, and the truth knows the whole", async () => {
    await stage.begin({ ...busy({ chat: 0.5, join: 0.5, like: 0.5, gift: 10 }), rateFactor: 10 });
    const { simulator } = stage;
    const control = (body: object) => fetch(`${simulator.url}/@control/sample`, { method: "POST", body: JSON.stringify(body) });
    expect((await control({ room: PK, shares: { chat: 0.6, join: [0.6, 0.6], gift: 0 } })).status).toBe(200);
    for (const shares of [{ chat: 2 }, { chta: 0.5 }, { chat: [0.9, 0.3] }, { chat: null }])
      expect((await control({ room: PK, shares })).status).toBe(400);
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

  it("that are nonsense are refused, with what is wrong", () => {
    const { rooms } = stage.simulator;
    for (const [shares, words] of [
      [{ chat: 1.1 }, /the share of chat is a number from 0 to 1/],
      [{ chat: [0.9, 0.3] }, /the smaller one first/],
      [{ chat: Number.NaN }, /from 0 to 1/],
      [{ chta: 0.5 }, /"chta" is not sampled; the kinds are chat, gift, join, like, follow/],
      [{ chat: [0.1] }, /or two of them/],
    ] as const)
      expect(() => rooms.sample(PK, shares as never)).toThrow(words);
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

describe("moods", () => {
  it("give an account all gifts, the first of a broadcast only, or none after some minutes, and the truth says so", async () => {
    await stage.begin({ ...busy({ gift: 0.5 }), moods: { "1": "first_gift", "2": { noneAfterMinutes: 0.25 } } });
    const { simulator } = stage;
    const viewers = [await viewer("1"), await viewer("2"), await viewer("3")];
    for (let i = 0; i < 4; i++) {
      await stage.clock.advance(10_000);
      await Promise.all(viewers.map((one) => one.caughtUp()));
    }
    const { connections, sent } = simulator.truth(PK);
    const gifts = viewers.map(({ messages }) => messages.filter(({ method }) => /Gift/.test(method)));
    expect(connections.map(({ mood }) => mood)).toEqual(["first_gift", { noneAfterMinutes: 0.25 }, "all"]);
    expect(connections.map(({ gifts: { given } }) => given)).toEqual(gifts.map(({ length }) => length));
    const [first, some, all] = connections.map(({ gifts: { given, kept } }) => [given, kept] as const);
    expect(all?.[1]).toBe(0);
    expect(new Set(connections.map(({ gifts: { given, kept } }) => given + kept)).size).toBe(1);
    const facts = new Map(sent.interactive.map((fact) => [fact.msgId, fact]));
    const combosOf = (messages: (typeof gifts)[number]) =>
      new Set(
        messages.flatMap(({ msgId, method }) =>
          method !== "WebcastGiftMessage"
            ? []
            : [facts.get(msgId)?.userId, facts.get(msgId)?.gift?.giftId, facts.get(msgId)?.gift?.groupId].join(),
        ),
      );
    expect(combosOf(gifts[0] ?? []).size).toBe(1);
    expect(combosOf(gifts[2] ?? []).size).toBeGreaterThan(10);
    expect(first?.[0]).toBeGreaterThan(0);
    expect(some?.[0]).toBeGreaterThan(first?.[0] ?? 0);
    expect(some?.[0]).toBeLessThan((all?.[0] ?? 0) / 2);
    simulator.rooms.mood("1", "all");
    const before = gifts[0]?.length ?? 0;
    await stage.clock.advance(10_000);
    await viewers[0]?.caughtUp();
    expect(viewers[0]?.messages.filter(({ method }) => /Gift/.test(method)).length).toBeGreaterThan(before + 10);
  });

  it("are read as they are written, and nonsense is refused", async () => {
    expect(["all", "first_gift", "none_after:5", "none_after:0.5"].map(readMood)).toEqual([
      ...["all", "first_gift"],
      ...[{ noneAfterMinutes: 5 }, { noneAfterMinutes: 0.5 }],
    ]);
    for (const wrong of ["", "none", "none_after", "none_after:-1", "none_after:x"]) expect(() => readMood(wrong)).toThrow("is no mood");
    expect(() => stage.simulator.rooms.mood("1", { noneAfterMinutes: -1 })).toThrow("0 to 10000 minutes");
    const reply = await fetch(`${stage.simulator.url}/@control/mood`, { method: "POST", body: '{"viewer":"1","mood":"sad"}' });
    expect([reply.status, await reply.text()]).toEqual([400, expect.stringContaining("is no mood")]);
  });
});
