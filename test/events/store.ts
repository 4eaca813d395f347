import type { Draft, GiftEvent } from "../../src/events/combo.js";
import type { NewEvent } from "../../src/events/event.js";
import type { GiftLedger } from "../../src/events/ledger.js";

/** The least that the ledger needs of a log, written apart from the stores. */
export class Store {
  readonly events: NewEvent[] = [];
  readonly #ids = new Set<string>();

  append(events: readonly NewEvent[]): (number | null)[] {
    return events.map((event) => {
      if (this.#ids.has(event.id)) return null;
      this.#ids.add(event.id);
      this.events.push(event);
      return this.events.length;
    });
  }

  find(lookups: ReturnType<GiftLedger["missing"]>): Parameters<GiftLedger["stage"]>[1] {
    const combos = new Map<string, { readonly high: number; readonly settled: boolean }>();
    for (const id of lookups.combos) {
      const of = this.gifts(id);
      if (of.length > 0) combos.set(id, { high: Math.max(...of.map((e) => e.comboTotal)), settled: of.some((e) => e.settled) });
    }
    return { combos, known: new Set(lookups.ids.filter((id) => this.#ids.has(id))) };
  }

  /** Passes a batch through a ledger and keeps what comes of it, as the pipeline does. */
  take(ledger: GiftLedger, ...drafts: readonly Draft[]): readonly NewEvent[] {
    const events = ledger.stage(drafts, this.find(ledger.missing(drafts)));
    ledger.confirm(events, this.append(events));
    return events;
  }

  /** Gifts of a combo, or all. */
  gifts(combo?: string): GiftEvent[] {
    return this.events.filter((e): e is GiftEvent => e.type === "gift" && (combo === undefined || e.comboId === combo));
  }

  /** Units of a combo, or of all. */
  sum(combo?: string): number {
    return this.gifts(combo).reduce((sum, e) => sum + e.delta, 0);
  }
}
