// Guards: The units of a combo add up to the largest total received, however messages, failures and restarts come.
import fc from "fast-check";
import { expect, test } from "vitest";
import type { Draft } from "../../src/events/combo.js";
import { GiftLedger } from "../../src/events/ledger.js";
import { gift } from "../platform/messages/gift-event.js";
import { Store } from "./store.js";

const COMBOS = ["s.u1.463.g100.0", "s.u2.463.g100.0", "s.u1.463.g100.8", "s.u1.464.g101.0"];

const message = fc.record({
  combo: fc.constantFrom(...COMBOS),
  total: fc.integer({ min: 1, max: 30 }),
  end: fc.boolean(),
  single: fc.constantFrom(false, false, false, true),
  // Few ids, so that they collide across combos and batches.
  id: fc.integer({ min: 0, max: 60 }),
  trace: fc.constantFrom(undefined, "t1", "t2"),
});
const BATCH = fc.array(message, { minLength: 1, maxLength: 6 });
const step = fc.oneof(
  { weight: 8, arbitrary: fc.record({ do: fc.constant("batch" as const), batch: BATCH }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant("fail" as const), window: fc.integer({ min: 0, max: 9 }), batch: BATCH }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant("lost answer" as const), window: fc.integer({ min: 0, max: 3 }), batch: BATCH }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("restart" as const), window: fc.integer({ min: 0, max: 20 }) }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant("wait" as const), ms: fc.integer({ min: 1, max: 40_000 }) }) },
);

const newest = (store: Store, count: number) => store.events.slice(Math.max(0, store.events.length - count));

test("the sum of delta is the largest total received, however the messages come", () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
      let now = 1_700_000_000_000;
      let ledger = new GiftLedger();
      const store = new Store();
      // The oracle: of each combo, the largest total among the messages whose id was not stored when they came.
      const largest = new Map<string, number>();
      const taken = new Set<string>();
      for (const s of steps) {
        now += 100;
        if (s.do === "wait") {
          now += s.ms;
          const due = ledger.due(now);
          ledger.confirm(due, store.append(due));
          continue;
        }
        if (s.do === "restart") {
          ledger = new GiftLedger();
          ledger.restore(newest(store, s.window));
          continue;
        }
        const drafts: Draft[] = s.batch.map((m) => gift({ ...m, id: String(m.id), at: now }));
        if (s.do !== "batch") {
          const events = ledger.stage(drafts, store.find(ledger.missing(drafts)));
          if (s.do === "lost answer") store.append(events);
          ledger.restore(newest(store, s.window));
        }
        store.take(ledger, ...drafts);
        for (const m of s.batch) {
          if (taken.has(String(m.id)) || m.total <= (largest.get(m.combo) ?? 0)) continue;
          taken.add(String(m.id));
          largest.set(m.combo, m.total);
        }
      }
      for (const combo of COMBOS) {
        const events = store.gifts(combo);
        expect(store.sum(combo)).toBe(largest.get(combo) ?? 0);
        expect(Math.max(0, ...events.map((e) => e.comboTotal))).toBe(largest.get(combo) ?? 0);
        expect(events.filter((e) => e.delta === 0).length).toBeLessThanOrEqual(1);
        const settled = events.findIndex((e) => e.settled);
        if (settled >= 0) expect(events.slice(settled).every((e) => e.settled)).toBe(true);
        for (const e of events) expect(e.diamonds).toBe(e.delta * 10);
      }
    }),
    { numRuns: 500 },
  );
});

test("one action told in two forms counts once, in any order and over restarts", () => {
  const form = fc.record({
    binding: fc.boolean(),
    grouped: fc.boolean(),
    total: fc.integer({ min: 1, max: 9 }),
    end: fc.boolean(),
    restart: fc.constantFrom(false, false, true),
  });
  fc.assert(
    fc.property(fc.array(fc.array(form, { minLength: 1, maxLength: 4 }), { maxLength: 12 }), (batches) => {
      let ledger = new GiftLedger();
      const store = new Store();
      let largest = 0;
      let id = 0;
      for (const batch of batches) {
        const drafts = batch.map((f) => {
          largest = Math.max(largest, f.total);
          // A plain gift always has its group; a binding one may lack it.
          const combo = f.binding && !f.grouped ? "s.u.463.t9.0" : "s.u.463.g100.0";
          return gift({ id: String(++id), combo, total: f.total, end: f.end, kind: f.binding ? "binding" : "gift", trace: "9" });
        });
        store.take(ledger, ...drafts);
        if (!batch.some((f) => f.restart)) continue;
        ledger = new GiftLedger();
        ledger.restore(store.events);
      }
      expect(store.sum("s.u.463.t9.0") + store.sum("s.u.463.g100.0")).toBe(largest);
    }),
    { numRuns: 300 },
  );
});

test("a masked sender's combo counts once, with one trace a click, one a combo or none, over restarts and failed appends", () => {
  const click = fc.record({
    total: fc.integer({ min: 1, max: 20 }),
    end: fc.boolean(),
    before: fc.constantFrom("nothing", "nothing", "restart", "failed append"),
    window: fc.integer({ min: 0, max: 5 }),
  });
  fc.assert(
    fc.property(fc.constantFrom("click", "combo", "none"), fc.array(click, { minLength: 1, maxLength: 30 }), (traces, clicks) => {
      let ledger = new GiftLedger();
      const store = new Store();
      clicks.forEach(({ total, end, before, window }, i) => {
        const trace = traces === "none" ? undefined : traces === "combo" ? "7" : `7${total}`;
        const apart = trace === undefined ? undefined : `s.u.463.g100-t${trace}.0`;
        const draft = gift({ id: `${i}`, combo: "s.u.463.g100.0", total, end, trace, apart, masked: true });
        if (before !== "nothing") {
          if (before === "restart") ledger = new GiftLedger();
          else ledger.stage([draft], store.find(ledger.missing([draft])));
          ledger.restore(newest(store, window));
        }
        store.take(ledger, draft);
      });
      expect(store.sum()).toBe(Math.max(...clicks.map(({ total }) => total)));
    }),
    { numRuns: 300 },
  );
});
