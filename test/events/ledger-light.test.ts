// Guards: A light gift that echoes a gift in full counts once, in any order and over restarts.
import { describe, expect, test } from "vitest";
import type { Draft } from "../../src/events/combo.js";
import { GiftLedger } from "../../src/events/ledger.js";
import { gift } from "../platform/messages/gift-event.js";
import { Store } from "./store.js";

const AT = 1_700_000_000_000;
const full = (id: string, group: string, total: number, at = AT, sender = "5") =>
  gift({ id, combo: `7.${sender}.463.g${group}.0`, total, at, trace: `t${group}` });
const light = (id: string, total: number, at = AT, sender = "5") =>
  gift({ id, combo: `7.${sender}.463.e${id}.0`, total, at, kind: "light", single: true });

const pass = (ledger: GiftLedger, store: Store, ...drafts: Draft[]) =>
  store.take(ledger, ...drafts).map((event) => (event.type === "gift" ? [event.id, event.delta, event.comboTotal] : [event.id]));

describe("a light gift", () => {
  test("that echoes a gift in full brings nothing, in one batch or two; more units than it had count", () => {
    const [ledger, store] = [new GiftLedger(), new Store()];
    expect(pass(ledger, store, full("1", "8", 3), light("2", 3))).toEqual([["1", 3, 3]]);
    expect(pass(ledger, store, light("3", 3, AT + 29_000))).toEqual([]);
    expect(pass(ledger, store, light("4", 5, AT + 29_000))).toEqual([["4", 2, 5]]);
    expect(pass(ledger, store, full("5", "8", 6, AT + 30_000))).toEqual([["5", 1, 6]]);
    expect(store.sum()).toBe(6);
  });

  test("that comes first counts, and the gift in full goes on from it, however long", () => {
    const [ledger, store] = [new GiftLedger(), new Store()];
    expect(pass(ledger, store, light("1", 2))).toEqual([["1", 2, 2]]);
    expect(pass(ledger, store, full("2", "8", 2, AT + 1000))).toEqual([]);
    expect(pass(ledger, store, full("3", "8", 4, AT + 90_000))).toEqual([["3", 2, 4]]);
    expect(store.sum()).toBe(4);
  });

  test("of another sender, or later than 30 s, is a gift of its own; so is the second of two", () => {
    const [ledger, store] = [new GiftLedger(), new Store()];
    pass(ledger, store, full("1", "8", 1));
    expect(pass(ledger, store, light("2", 1, AT, "6"))).toEqual([["2", 1, 1]]);
    expect(pass(ledger, store, light("3", 1, AT, "6"))).toEqual([["3", 1, 1]]);
    expect(pass(ledger, store, light("4", 1, AT + 31_000))).toEqual([["4", 1, 1]]);
  });

  test("is known for what it is after a restart, and forgotten with a failed append", () => {
    const [ledger, store] = [new GiftLedger(), new Store()];
    pass(ledger, store, full("1", "8", 3));
    const restarted = new GiftLedger();
    restarted.restore(store.events);
    expect(pass(restarted, store, light("2", 3, AT + 5000))).toEqual([]);

    const fresh = new GiftLedger();
    fresh.stage([full("9", "9", 3, AT, "7")], { combos: new Map(), known: new Set() });
    fresh.restore([]);
    expect(pass(fresh, new Store(), light("10", 3, AT, "7"))).toEqual([["10", 3, 3]]);
  });

  test("that came first is still the combo of the gift in full after a restart, however far that has come", () => {
    for (const first of [[full("2", "8", 2, AT + 1000), full("3", "8", 4, AT + 2000)], [full("3", "8", 4, AT + 2000)]]) {
      const [ledger, store] = [new GiftLedger(), new Store()];
      pass(ledger, store, light("1", 2));
      for (const one of first) pass(ledger, store, one);
      const restarted = new GiftLedger();
      restarted.restore(store.events);
      expect(pass(restarted, store, full("4", "8", 6, AT + 90_000))).toEqual([["4", 2, 6]]);
      expect(store.sum()).toBe(6);
      // Another gift of the same action is its own.
      const other = gift({ id: "5", combo: "7.5.999.g9.0", total: 1, at: AT + 91_000, trace: "t8" });
      expect(pass(restarted, store, other)).toEqual([["5", 1, 1]]);
    }
  });

  test("that was taken for an echo is still one when everything comes again long after, to somebody who remembers nothing", () => {
    const runs: Draft[][] = [
      [full("1", "8", 3), light("2", 3), light("3", 5, AT + 29_000), full("4", "8", 6, AT + 30_000)],
      [light("1", 2), full("2", "8", 2, AT + 1000), full("3", "8", 4, AT + 90_000), full("4", "8", 3, AT + 91_000)],
    ];
    for (const drafts of runs) {
      const store = new Store();
      const first = new GiftLedger();
      for (const draft of drafts) pass(first, store, draft);
      const before = [...store.events];
      for (const batches of [[drafts], drafts.map((draft) => [draft])]) {
        const ledger = new GiftLedger();
        for (const one of batches) {
          const gifts = new Map(store.gifts().map((event) => [event.id, event]));
          const { combos, ids } = ledger.missing(one);
          const found = store.find({ combos: [...combos, ...[...gifts.values()].map(({ comboId }) => comboId)], ids });
          const events = ledger.stage(one, { ...found, gifts });
          ledger.confirm(events, store.append(events));
        }
      }
      expect(store.events).toEqual(before);
    }
  });
});
