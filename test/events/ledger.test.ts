// Guards: the gift ledger counts each unit of a combo once and settles the combo once.
import { describe, expect, test } from "vitest";
import type { Draft } from "../../src/events/combo.js";
import { GiftLedger } from "../../src/events/ledger.js";
import { gift } from "../platform/messages/gift-event.js";
import { Store } from "./store.js";

function pass(ledger: GiftLedger, store: Store, ...drafts: Draft[]) {
  const events = ledger.stage(drafts, store.find(ledger.missing(drafts)));
  ledger.commit(store.append(events));
  return events.map((e) => (e.type === "gift" ? [e.id, e.delta, e.comboTotal, e.settled] : [e.id]));
}

describe("a combo", () => {
  test("counts what is new and settles at its end", () => {
    const [ledger, store] = [new GiftLedger(), new Store()];
    expect(pass(ledger, store, gift({ id: "1", combo: "c", total: 1 }))).toEqual([["1", 1, 1, false]]);
    expect(pass(ledger, store, gift({ id: "2", combo: "c", total: 5 }), gift({ id: "3", combo: "c", total: 3 }))).toEqual([
      ["2", 4, 5, false],
    ]);
    expect(pass(ledger, store, gift({ id: "4", combo: "c", total: 5, end: true }))).toEqual([["settle:c", 0, 5, true]]);
    expect(pass(ledger, store, gift({ id: "5", combo: "c", total: 5, end: true }))).toEqual([]);
    expect(ledger.waiting).toBe(false);
  });

  test("an end with new units settles by itself, and units after the end still count", () => {
    const [ledger, store] = [new GiftLedger(), new Store()];
    expect(pass(ledger, store, gift({ id: "1", combo: "c", total: 10, end: true }))).toEqual([["1", 10, 10, true]]);
    expect(pass(ledger, store, gift({ id: "2", combo: "c", total: 12 }))).toEqual([["2", 2, 12, true]]);
    expect(pass(ledger, store, gift({ id: "3", combo: "c", total: 12, end: true }))).toEqual([]);
  });

  test("a gift that cannot combo is settled at once and its double gives nothing", () => {
    const [ledger, store] = [new GiftLedger(), new Store()];
    const drafts = [
      gift({ id: "1", combo: "c", total: 1, single: true }),
      gift({ id: "2", combo: "c", total: 1, single: true, end: true }),
    ];
    expect(pass(ledger, store, ...drafts)).toEqual([["1", 1, 1, true]]);
  });

  test("one of unknown price has no diamonds", () => {
    const [ledger, store] = [new GiftLedger(), new Store()];
    pass(ledger, store, gift({ id: "1", combo: "c", total: 3, unit: null }), gift({ id: "2", combo: "d", total: 3, unit: 5 }));
    expect(store.events.map((e) => e.type === "gift" && e.diamonds)).toEqual([null, 15]);
  });
});

describe("silence", () => {
  test("settles a combo 30 s after its last update, once", () => {
    const [ledger, store] = [new GiftLedger(), new Store()];
    pass(ledger, store, gift({ id: "1", combo: "c", total: 2, at: 1_700_000_000_000 }));
    pass(ledger, store, gift({ id: "2", combo: "c", total: 2, at: 1_700_000_010_000 }));
    expect(ledger.due(1_700_000_039_999)).toEqual([]);
    const events = ledger.due(1_700_000_040_000);
    expect(events).toMatchObject([
      {
        id: "settle:c",
        delta: 0,
        comboTotal: 2,
        settled: true,
        diamonds: 0,
        method: "dylive",
        source: "system",
        time: 1_700_000_040_000,
        timeEstimated: true,
      },
    ]);
    ledger.commit(store.append(events));
    expect(ledger.due(1_800_000_000_000)).toEqual([]);
    expect(pass(ledger, store, gift({ id: "3", combo: "c", total: 3 }))).toEqual([["3", 1, 3, true]]);
  });

  test("is told in the same append as a batch, after it", () => {
    const [ledger, store] = [new GiftLedger(), new Store()];
    pass(ledger, store, gift({ id: "1", combo: "c", total: 2, at: 0 }), gift({ id: "2", combo: "d", total: 2, at: 0 }));
    const drafts = [gift({ id: "3", combo: "c", total: 4, at: 29_000 })];
    const staged = ledger.stage(drafts, store.find(ledger.missing(drafts)));
    const due = ledger.due(30_000);
    expect([...staged, ...due].map((e) => e.id)).toEqual(["3", "settle:d"]);
    ledger.commit(store.append([...staged, ...due]));
    expect(ledger.due(58_999)).toEqual([]);
    expect(ledger.due(59_000).map((e) => e.comboTotal)).toEqual([4]);
  });

  test("is not told of a combo whose end is in the same append", () => {
    const [ledger, store] = [new GiftLedger(), new Store()];
    pass(ledger, store, gift({ id: "1", combo: "c", total: 2, at: 0 }));
    const drafts = [gift({ id: "2", combo: "c", total: 2, end: true, at: 40_000 })];
    expect(ledger.stage(drafts, store.find(ledger.missing(drafts))).map((e) => e.id)).toEqual(["settle:c"]);
    expect(ledger.due(40_000)).toEqual([]);
  });

  test("is found again after a restart", () => {
    const store = new Store();
    pass(
      new GiftLedger(),
      store,
      gift({ id: "1", combo: "c", total: 2, at: 0 }),
      gift({ id: "2", combo: "d", total: 1, end: true, at: 0 }),
    );
    const ledger = new GiftLedger();
    ledger.restore(store.events);
    expect(ledger.due(30_000).map((e) => e.id)).toEqual(["settle:c"]);
  });
});

describe("ids", () => {
  test("a gift whose id is stored does not move the ledger", () => {
    const [ledger, store] = [new GiftLedger(), new Store()];
    pass(ledger, store, gift({ id: "1", combo: "c", total: 1 }));
    expect(pass(ledger, store, gift({ id: "1", combo: "d", total: 9 }), gift({ id: "2", combo: "d", total: 3 }))).toEqual([
      ["2", 3, 3, false],
    ]);
  });

  test("nor one whose id came earlier in the batch, whatever carried it", () => {
    const [ledger, store] = [new GiftLedger(), new Store()];
    const { event } = gift({ id: "1", combo: "c", total: 1 });
    const other: Draft = {
      event: {
        id: "1",
        room: 1,
        webRid: null,
        sessionId: null,
        method: "X",
        type: "unknown",
        time: 0,
        receivedAt: 0,
        source: "import",
        revision: 0,
        payload: null,
        bytes: 0,
      },
      claim: null,
    };
    expect(pass(ledger, store, other, { event, claim: { total: 1, end: false, single: false } })).toEqual([["1"]]);
    expect(store.sum("c")).toBe(0);
  });

  test("one that brought nothing leaves its id free", () => {
    const [ledger, store] = [new GiftLedger(), new Store()];
    pass(ledger, store, gift({ id: "1", combo: "c", total: 2 }), gift({ id: "2", combo: "c", total: 1 }));
    expect(pass(ledger, store, gift({ id: "2", combo: "d", total: 7 }))).toEqual([["2", 7, 7, false]]);
  });
});

describe("memory", () => {
  test("does not advance when the append failed", () => {
    const [ledger, store] = [new GiftLedger(), new Store()];
    const drafts = [gift({ id: "1", combo: "c", total: 5 })];
    ledger.stage(drafts, store.find(ledger.missing(drafts)));
    ledger.drop();
    ledger.restore(store.events);
    expect(pass(ledger, store, ...drafts)).toEqual([["1", 5, 5, false]]);
  });

  test("asks for what it lacks only, and believes the log", () => {
    const [ledger, store] = [new GiftLedger(), new Store()];
    pass(ledger, store, gift({ id: "1", combo: "c", total: 5 }));
    expect(ledger.missing([gift({ id: "2", combo: "c", total: 6 }), gift({ id: "3", combo: "d", total: 6 })])).toEqual({
      combos: ["d"],
      ids: ["2", "3"],
    });
    const late = new GiftLedger();
    expect(pass(late, store, gift({ id: "2", combo: "c", total: 6 }))).toEqual([["2", 1, 6, false]]);
  });

  test("forgets a combo whose gift the log knew after all", () => {
    const [ledger, store] = [new GiftLedger(), new Store()];
    const drafts = [gift({ id: "1", combo: "c", total: 5 })];
    ledger.stage(drafts, store.find(ledger.missing(drafts)));
    ledger.commit([null]);
    expect(ledger.missing([gift({ id: "2", combo: "c", total: 5 })]).combos).toEqual(["c"]);
  });
});

describe("one action in two forms", () => {
  const binding = gift({ id: "1", combo: "s.u.g.t9.r", total: 2, kind: "binding", trace: "9" });
  const plain = gift({ id: "2", combo: "s.u.g.g7.r", total: 2, trace: "9" });

  test("counts once, whichever comes first", () => {
    for (const drafts of [
      [binding, plain],
      [plain, binding],
    ]) {
      const [ledger, store] = [new GiftLedger(), new Store()];
      expect(pass(ledger, store, ...drafts)).toHaveLength(1);
      const restarted = new GiftLedger();
      restarted.restore(store.events);
      expect(pass(restarted, store, ...drafts)).toEqual([]);
      const more = gift({ id: "3", combo: "s.u.g.g7.r", total: 5, trace: "9" });
      expect(pass(restarted, store, more)).toEqual([["3", 3, 5, false]]);
      expect(store.events.reduce((sum, e) => sum + (e.type === "gift" ? e.delta : 0), 0)).toBe(5);
    }
  });

  test("to two guests is two combos", () => {
    const [ledger, store] = [new GiftLedger(), new Store()];
    const other = gift({ id: "4", combo: "s.u.g.g7.q", total: 2, trace: "9" });
    const drafts = [binding, plain, other, gift({ id: "5", combo: "s.u.g.g8.r", total: 1, trace: "9" })];
    pass(ledger, store, ...drafts.slice(1));
    expect([store.sum("s.u.g.g7.r"), store.sum("s.u.g.g7.q"), store.sum("s.u.g.g8.r")]).toEqual([2, 2, 1]);
  });
});
