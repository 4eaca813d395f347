// Guards: A gift message claims its true size, names its combo, and every unit counts once however the messages come.
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Claim, GiftEvent } from "../../../src/events/combo.js";
import { GiftLedger } from "../../../src/events/ledger.js";
import type { Context, Envelope } from "../../../src/platform/messages/head.js";
import { normalise } from "../../../src/platform/messages/normalise.js";
import { expectValid } from "../../events/check.js";
import { Store } from "../../events/store.js";
import { runsOf } from "../../whole.js";
import { context, envelope } from "./encode.js";
import { COMMON } from "./normalised.js";

const SENDER = { id: "111482481280", nickname: "菊0" };
const image = { urlList: ["https://p3-webcast.douyinpic.com/heart.png"] };
const HEART = { id: "463", name: "小心心", combo: true, diamondCount: 1, image };
const COUNTS = { groupCount: 1, repeatCount: 1, comboCount: 1 };
const IDS = { giftId: "463", groupId: "1775222770", traceId: "7624523651580253222" };
const GIFT = { common: COMMON, ...IDS, ...COUNTS, user: SENDER, gift: HEART, sendType: 4 };

function claimed(from: Envelope, changes: Partial<Context> = {}): { event: GiftEvent; claim: Claim } {
  const draft = normalise(from, context(changes));
  if (!draft || draft.claim === null) throw new Error("no gift");
  expectValid(draft.event);
  return draft;
}
const gift = (message: object, changes: Partial<Context> = {}) => claimed(envelope("GiftMessage", { ...GIFT, ...message }), changes);

describe("a gift message", () => {
  test("is told in full", () => {
    const { event, claim } = gift({});
    expect(claim).toMatchObject({ total: 1, end: false, single: false });
    expect(event).toMatchObject({
      ...{ type: "gift", kind: "gift", user: { id: "111482481280" }, receiver: null, unitDiamonds: 1 },
      gift: { id: "463", name: "小心心", icon: "https://p3-webcast.douyinpic.com/heart.png" },
      comboId: "7624505674873244442.111482481280.463.g1775222770.0",
      traceId: "7624523651580253222",
    });
  });

  test.each([
    [{ repeatCount: 7, totalCount: 5, groupCount: 1, comboCount: 6 }, 7],
    [{ repeatCount: 1, totalCount: 99, groupCount: 1, comboCount: 6 }, 99],
    [{ repeatCount: 1, totalCount: 0, groupCount: 66, comboCount: 3 }, 198],
    [{ repeatCount: 0, totalCount: 0, groupCount: 66, comboCount: 0 }, 66],
    [{ repeatCount: 0, totalCount: 0, groupCount: 0, comboCount: 0 }, 1],
    [{ repeatCount: -1, totalCount: "9223372036854775807", groupCount: 1, comboCount: 1 }, 10_000_000],
  ])("claims the largest of its counters: %o", (counts, total) => {
    expect(gift(counts).claim.total).toBe(total);
  });

  test("cannot be followed without a group when neither the gift nor the sending is a combo, or nothing names the combo", () => {
    const { combo: _, ...plain } = HEART;
    const single = (message: object) => gift(message).claim.single;
    for (const message of [{ gift: plain, sendType: 1 }, { traceId: "" }]) expect(single({ groupId: "0", ...message })).toBe(true);
    for (const message of [{ groupId: "0", gift: plain }, { gift: plain, sendType: 1 }, { sendType: 0 }, { groupId: "0" }])
      expect(single(message)).toBe(false);
  });

  test("has a price when it is described", () => {
    const price = (struct: object | null) => gift({ gift: struct }).event.unitDiamonds;
    for (const nothing of [null, {}, { diamondCount: -3, name: "x" }, { diamondCount: 2e9, name: "x" }]) expect(price(nothing)).toBeNull();
    expect([price({ id: "1", name: "人气票" }), price({ diamondCount: 30 })]).toEqual([0, 30]);
  });

  test("says whether it can be given in combos, where the platform does", () => {
    const combo = (message: object) => gift(message).event.gift.combo;
    expect([combo({}), combo({ gift: null }), combo({ gift: {}, sendType: 4 })]).toEqual([true, true, true]);
    expect(combo({ gift: { id: "1", name: "嘉年华" }, sendType: 1 })).toBe(false);
    expect([combo({ gift: null, sendType: 1 }), combo({ gift: {}, sendType: 1 })]).toEqual([undefined, undefined]);
  });

  test("of one group is one combo, which ends once, also where the gift is said to have none", () => {
    const { combo: _, ...plain } = HEART;
    const [ledger, store] = [new GiftLedger(), new Store()];
    const counts = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10].map((repeatCount) => ({ repeatCount, repeatEnd: 0 }));
    for (const [n, count] of [...counts, { repeatCount: 10, repeatEnd: 1 }].entries()) {
      const made = gift({ ...count, gift: plain, sendType: 1, common: { ...COMMON, msgId: String(n + 1) } });
      store.take(ledger, made);
    }
    const gifts = store.gifts();
    expect(gifts.map(({ delta }) => delta)).toEqual([1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 0]);
    // Readers that add up what a combo came to at its end have ten, and no 55.
    expect(gifts.filter(({ settled }) => settled).map(({ comboTotal }) => comboTotal)).toEqual([10]);
  });

  test("tells the units of one click where that gives a bundle, which stays when the combo is settled", () => {
    expect(gift({}).event.unitsPerClick).toBeUndefined();
    const bundle = gift({ groupCount: 66, comboCount: 2, repeatCount: 132 });
    expect(bundle).toMatchObject({ claim: { total: 132 }, event: { unitsPerClick: 66 } });
    const common = { ...COMMON, msgId: "7624523743130178586" };
    const [ledger, store] = [new GiftLedger(), new Store()];
    for (const made of [bundle, gift({ common, groupCount: 66, comboCount: 2, repeatEnd: 1 })]) store.take(ledger, made);
    expect(store.events.at(-1)).toMatchObject({ delta: 0, settled: true, unitsPerClick: 66, gift: { combo: true } });
  });

  test("names its receiver, whoever it is", () => {
    for (const [to, receiver, end] of [
      [{ toUser: { id: "8", nickname: "乙" } }, { id: "8" }, /\.8$/],
      [{ toUser: {} }, null, /\.0$/],
      [{ toUserIds: ["8"] }, { id: "8", nickname: null }, /\.0$/],
    ] as const)
      expect(gift(to).event).toMatchObject({ receiver, comboId: expect.stringMatching(end) });
  });
});

describe("a combo's name", () => {
  const name = (message: object, changes: Partial<Context> = {}) => gift(message, changes).event.comboId;

  test("differs by session, sender, gift, group and receiver, and by nothing else", () => {
    const names = [
      name({}),
      name({}, { sessionId: "7624505674873244443" }),
      name({ user: { id: "5" } }),
      name({ giftId: "464" }),
      name({ groupId: "1775222771" }),
      name({ toUser: { id: "8" } }),
    ];
    expect(new Set(names).size).toBe(names.length);
    const same = { traceId: "other", repeatCount: 5, common: { ...COMMON, msgId: "9", roomId: "1", createTime: "0" } };
    expect(name(same, { anchorId: null, receivedAt: 5, webRid: null })).toBe(name({}));
  });

  test("falls back to the trace and then to the event", () => {
    expect(name({ groupId: "0" })).toContain(".t7624523651580253222.");
    expect(name({ groupId: "0", traceId: "81ac3f207f0d4152964d4fdef9aa0588" })).toMatch(/\.th[0-9a-f]{16}\./);
    expect(name({ groupId: "0", traceId: "" })).toContain(".e7624523651580285990:WebcastGiftMessage.");
  });

  test("tells masked senders apart", () => {
    const masked = (webcastUid: string) => name({ user: { id: "111111", nickname: "x***", webcastUid } });
    expect(masked("a")).not.toBe(masked("b"));
    expect(masked("a")).toBe(masked("a"));
    expect(masked("a")).not.toContain("111111");
  });

  test("has no trace in it, whoever the sender is", () => {
    const masked = { id: "111111", nickname: "张***" };
    const users = [SENDER, masked, { id: "7", nickname: "神秘人四阶" }, { nickname: "神秘人四阶" }, { ...masked, webcastUid: "a" }];
    for (const user of users) expect(name({ user, traceId: "1" })).toBe(name({ user, traceId: "2" }));
  });

  test("has another beside it only for senders without any id", () => {
    const apart = (user: object) => gift({ user }).claim.apart;
    const masked = { id: "111111", nickname: "张***" };
    for (const user of [masked, { nickname: "神秘人四阶" }]) expect(apart(user)).toContain(".g1775222770-t7624523651580253222.");
    for (const user of [SENDER, { id: "7", nickname: "神秘人四阶" }, { ...masked, webcastUid: "a" }, { ...masked, secUid: "b" }])
      expect(apart(user)).toBeUndefined();
  });

  test("stays short and in one piece whatever the texts are", () => {
    const evil = { id: "111111", nickname: "a.b.c".repeat(500) };
    expect(name({ user: evil, toUser: evil, groupId: "0", traceId: "x.y".repeat(3000) }).length).toBeLessThan(200);
    expect(name({ user: evil, toUser: evil, groupId: "0", traceId: "x.y" }).split(".")).toHaveLength(5);
  });
});

describe("other forms", () => {
  test("a light gift stands for itself, its sender is the envelope's", () => {
    const giftInfo = { giftId: "11884", diamondCount: 9 };
    const light = { common: { ...COMMON, user: SENDER }, ...COUNTS, repeatCount: 3, giftInfo, toUserId: "8" };
    const { event, claim } = claimed(envelope("LightGiftMessage", light));
    expect(claim).toEqual({ total: 3, end: false, single: true });
    const people = { user: { id: "111482481280" }, receiver: { id: "8" } };
    expect(event).toMatchObject({ kind: "light", gift: { id: "11884" }, unitDiamonds: 9, ...people, traceId: null });
  });

  test("a binding gift is the gift inside", () => {
    const { event } = claimed(envelope("BindingGiftMessage", { msg: GIFT }, "0"));
    expect(event).toMatchObject({ kind: "binding", id: "7624523651580285990:WebcastBindingGiftMessage", comboId: gift({}).event.comboId });
    expect(normalise(envelope("BindingGiftMessage", { common: COMMON }), context())?.event.type).toBe("unknown");
  });

  test("a doodle is one unit of unknown price", () => {
    const { event, claim } = claimed(envelope("DoodleGiftMessage", { common: COMMON, giftId: "5", user: SENDER, compose: "{}" }));
    expect([event.kind, event.unitDiamonds, claim.total]).toEqual(["doodle", null, 1]);
  });

  test("one action in two forms counts once", () => {
    const [ledger, store] = [new GiftLedger(), new Store()];
    const gift = (msgId: string) => ({ ...GIFT, common: { ...COMMON, msgId } });
    const drafts = [
      claimed(envelope("BindingGiftMessage", { msg: { ...gift("1"), groupId: "0" } })),
      claimed(envelope("GiftMessage", gift("2"))),
      claimed(envelope("BindingGiftMessage", { msg: gift("3") })),
    ];
    store.take(ledger, ...drafts);
    expect(store.events).toMatchObject([{ id: "1:WebcastBindingGiftMessage", delta: 1, diamonds: 1 }]);
  });
});

describe("senders who have only a shown name", () => {
  const people = [{ id: "111111", nickname: "张***" }, { nickname: "神秘人四阶" }];
  const play = (user: object, steps: readonly (readonly [traceId: string, repeatCount: number, more?: object])[]) => {
    const [ledger, store] = [new GiftLedger(), new Store()];
    steps.forEach(([traceId, repeatCount, more], i) => {
      store.take(ledger, gift({ common: { ...COMMON, msgId: `${i + 1}` }, user, traceId, repeatCount, ...more }));
    });
    return store;
  };

  test("are each counted in full, though gift, group and second are one", () => {
    const steps = [["7001", 1] as const, ["7002", 1] as const, ["7001", 3] as const, ["7002", 2] as const];
    for (const user of people)
      expect(
        play(user, steps)
          .gifts()
          .map(({ delta }) => delta),
      ).toEqual([1, 1, 2, 1]);
  });

  test("give 20 units with 20 clicks, whatever their traces are and in whatever order they come", () => {
    const clicks = Array.from({ length: 20 }, (_, i) => i + 1);
    const traces = [() => "7001", (click: number) => `${7000 + click}`, () => ""];
    for (const user of [...people, { id: "7", nickname: "神秘人四阶" }])
      for (const trace of traces)
        for (const order of [clicks, [...clicks].reverse(), [2, 1, 20, 20, 3]]) {
          expect(play(user, [...order.map((click) => [trace(click), click] as const), ["9", 20, { repeatEnd: 1 }]]).sum()).toBe(20);
          const steps = order.map((click) => [trace(click), click * 10, { groupCount: 10, comboCount: click }] as const);
          expect(play(user, steps).sum()).toBe(200);
        }
  });
});

test("whole streams: senders with one group id, guests and sessions never mix, and every unit counts once", () => {
  const update = fc.record({
    sender: fc.constantFrom("5", "6"),
    gift: fc.constantFrom("463", "464"),
    group: fc.constantFrom("1775222770", "1775222771"),
    to: fc.constantFrom(undefined, "8"),
    session: fc.constantFrom("7624505674873244442", "7624505674873244443"),
    count: fc.integer({ min: 1, max: 50 }),
    end: fc.integer({ min: 0, max: 1 }),
  });
  fc.assert(
    fc.property(fc.array(fc.array(update, { minLength: 1, maxLength: 5 }), { maxLength: 30 }), (batches) => {
      const [ledger, store] = [new GiftLedger(), new Store()];
      const largest = new Map<string, number>();
      let id = 0;
      for (const batch of batches) {
        const drafts = batch.map((u) => {
          const key = [u.sender, u.gift, u.group, u.to, u.session].join();
          largest.set(key, Math.max(largest.get(key) ?? 0, u.count));
          const common = { ...COMMON, msgId: String(++id) };
          const message = { common, user: { id: u.sender }, giftId: u.gift, groupId: u.group, repeatCount: u.count, repeatEnd: u.end };
          const to = u.to === undefined ? {} : { toUser: { id: u.to } };
          return claimed(envelope("GiftMessage", { ...GIFT, ...message, ...to, traceId: "" }), { sessionId: u.session });
        });
        store.take(ledger, ...drafts);
      }
      const sums = new Map<string, number>();
      for (const e of store.events) expectValid(e);
      for (const e of store.gifts()) {
        const key = [e.user.id, e.gift.id, e.comboId.split(".g")[1]?.split(".")[0], e.receiver?.id, e.sessionId].join();
        sums.set(key, (sums.get(key) ?? 0) + e.delta);
      }
      expect(sums).toEqual(largest);
    }),
    { numRuns: runsOf(100) },
  );
});
