// Guards: A combo counts what is new and settles once, and a failed append leaves no trace in the memory of the ledger.
import { describe, expect, test } from "vitest";
import type { Draft } from "../../src/events/combo.js";
import { GiftLedger } from "../../src/events/ledger.js";
import { chat } from "../http/events.js";
import { gift } from "../platform/messages/gift-event.js";
import { Store } from "./store.js";

/** A gift of the combo "c", unless another is named. */
const of = (id: number, total: number, more: Partial<Parameters<typeof gift>[0]> = {}) => gift({ id: `${id}`, combo: "c", total, ...more });
const pass = (ledger: GiftLedger, store: Store, ...drafts: Draft[]) =>
  store.take(ledger, ...drafts).map((e) => (e.type === "gift" ? [e.id, e.delta, e.comboTotal, e.settled] : [e.id]));
const END = { end: true };

describe("a combo", () => {
  test.each<[string, ...(readonly [Draft[], unknown[]])[]]>([
    [
      "counts what is new and settles at its end",
      [[of(1, 1)], [["1", 1, 1, false]]],
      [[of(2, 5), of(3, 3)], [["2", 4, 5, false]]],
      [[of(4, 5, END)], [["settle:c", 0, 5, true]]],
      [[of(5, 5, END)], []],
    ],
    [
      "settles by an end with new units, and counts units after the end",
      [[of(1, 10, END)], [["1", 10, 10, true]]],
      [[of(2, 12)], [["2", 2, 12, true]]],
      [[of(3, 12, END)], []],
    ],
    [
      "of a gift that cannot combo is settled at once, and its double gives nothing",
      [[of(1, 1, { single: true }), of(2, 1, { single: true, end: true })], [["1", 1, 1, true]]],
    ],
    [
      "is not moved by a gift whose id is stored",
      [[of(1, 1)], [["1", 1, 1, false]]],
      [[of(1, 9, { combo: "d" }), of(2, 3, { combo: "d" })], [["2", 3, 3, false]]],
    ],
    [
      "leaves the id of a gift free that brought nothing",
      [[of(1, 2), of(2, 1)], [["1", 2, 2, false]]],
      [[of(2, 7, { combo: "d" })], [["2", 7, 7, false]]],
    ],
    ["is not moved by a gift whose id came earlier in the batch", [[{ event: chat("a", { id: "1" }), claim: null }, of(1, 1)], [["1"]]]],
  ])("%s", (_what, ...batches) => {
    const [ledger, store] = [new GiftLedger(), new Store()];
    for (const [drafts, made] of batches) expect(pass(ledger, store, ...drafts)).toEqual(made);
  });

  test("that is settled is waited for no more, and one of unknown price has no diamonds", () => {
    const [ledger, store] = [new GiftLedger(), new Store()];
    const [free, priced] = [{ unit: null }, { combo: "d", unit: 5 }];
    pass(ledger, store, of(1, 3, free), of(2, 3, priced));
    expect([store.gifts().map(({ diamonds }) => diamonds), ledger.waiting]).toEqual([[null, 15], true]);
    pass(ledger, store, of(3, 3, { ...free, ...END }), of(4, 3, { ...priced, ...END }));
    expect(ledger.waiting).toBe(false);
  });
});

describe("silence", () => {
  test("settles a combo 30 s after its last update, once", () => {
    const [ledger, store] = [new GiftLedger(), new Store()];
    pass(ledger, store, of(1, 2, { at: 1_700_000_000_000 }));
    pass(ledger, store, of(2, 2, { at: 1_700_000_010_000 }));
    expect(ledger.due(1_700_000_039_999)).toEqual([]);
    const events = ledger.due(1_700_000_040_000);
    const made = { method: "dylive", source: "system", time: 1_700_000_040_000, timeEstimated: true };
    expect(events).toMatchObject([{ id: "settle:c", delta: 0, comboTotal: 2, settled: true, diamonds: 0, ...made }]);
    ledger.confirm(events, store.append(events));
    expect(ledger.due(1_800_000_000_000)).toEqual([]);
    expect(pass(ledger, store, of(3, 3))).toEqual([["3", 1, 3, true]]);
  });

  test("is told in the same append as a batch, after it", () => {
    const [ledger, store] = [new GiftLedger(), new Store()];
    pass(ledger, store, of(1, 2, { at: 0 }), of(2, 2, { combo: "d", at: 0 }));
    const drafts = [of(3, 4, { at: 29_000 })];
    const staged = ledger.stage(drafts, store.find(ledger.missing(drafts)));
    const due = ledger.due(30_000);
    expect([...staged, ...due].map((e) => e.id)).toEqual(["3", "settle:d"]);
    ledger.confirm([...staged, ...due], store.append([...staged, ...due]));
    expect(ledger.due(58_999)).toEqual([]);
    expect(ledger.due(59_000).map((e) => e.comboTotal)).toEqual([4]);
  });

  test("is not told of a combo whose end is in the same append", () => {
    const [ledger, store] = [new GiftLedger(), new Store()];
    pass(ledger, store, of(1, 2, { at: 0 }));
    const drafts = [of(2, 2, { at: 40_000, ...END })];
    expect(ledger.stage(drafts, store.find(ledger.missing(drafts))).map((e) => e.id)).toEqual(["settle:c"]);
    expect(ledger.due(40_000)).toEqual([]);
  });

  test("is found again after a restart", () => {
    const [ledger, store] = [new GiftLedger(), new Store()];
    pass(new GiftLedger(), store, of(1, 2, { at: 0 }), of(2, 1, { combo: "d", at: 0, ...END }));
    ledger.restore(store.events);
    expect(ledger.due(30_000).map((e) => e.id)).toEqual(["settle:c"]);
  });
});

describe("memory", () => {
  test("does not advance when the append failed", () => {
    const [ledger, store] = [new GiftLedger(), new Store()];
    const drafts = [of(1, 5)];
    ledger.stage(drafts, store.find(ledger.missing(drafts)));
    ledger.restore(store.events);
    expect(pass(ledger, store, ...drafts)).toEqual([["1", 5, 5, false]]);
  });

  test("asks for what it lacks only, and believes the log", () => {
    const [ledger, store] = [new GiftLedger(), new Store()];
    pass(ledger, store, of(1, 5));
    expect(ledger.missing([of(2, 6), of(3, 6, { combo: "d" })])).toEqual({ combos: ["d"], ids: ["2", "3"] });
    expect(pass(new GiftLedger(), store, of(2, 6))).toEqual([["2", 1, 6, false]]);
  });

  test("forgets a combo whose gift the log knew after all", () => {
    const [ledger, store] = [new GiftLedger(), new Store()];
    const drafts = [of(1, 5)];
    ledger.confirm(ledger.stage(drafts, store.find(ledger.missing(drafts))), [null]);
    expect(ledger.missing([of(2, 5)]).combos).toEqual(["c"]);
  });
});

describe("one action in two forms", () => {
  const binding = gift({ id: "1", combo: "s.u.g.t9.r", total: 2, kind: "binding", trace: "9" });
  const plain = (id: string, total: number, combo = "s.u.g.g7.r") => gift({ id, combo, total, trace: "9" });

  test("counts once, whichever comes first", () => {
    for (const drafts of [
      [binding, plain("2", 2)],
      [plain("2", 2), binding],
    ]) {
      const [ledger, store, restarted] = [new GiftLedger(), new Store(), new GiftLedger()];
      expect(pass(ledger, store, ...drafts)).toHaveLength(1);
      restarted.restore(store.events);
      expect(pass(restarted, store, ...drafts)).toEqual([]);
      expect(pass(restarted, store, plain("3", 5))).toEqual([["3", 3, 5, false]]);
      expect(store.sum()).toBe(5);
    }
  });

  test("to two guests is two combos", () => {
    const [ledger, store] = [new GiftLedger(), new Store()];
    pass(ledger, store, plain("2", 2), plain("4", 2, "s.u.g.g7.q"), plain("5", 1, "s.u.g.g8.r"));
    expect(["s.u.g.g7.r", "s.u.g.g7.q", "s.u.g.g8.r"].map((combo) => store.sum(combo))).toEqual([2, 2, 1]);
  });
});
