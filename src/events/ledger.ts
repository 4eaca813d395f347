import { type Claim, type Draft, Generations, type GiftEvent, giveUnits, twinKey } from "./combo.js";
import type { NewEvent } from "./event.js";

/** The log's mark of a combo, as `log.combos` gives it. */
interface Mark {
  readonly high: number;
  readonly settled: boolean;
}

/** Keys that must be looked up in the log before drafts can be staged. */
interface Lookups {
  /** Combos, for `log.combos`. */
  readonly combos: readonly string[];
  /** Ids, for `log.known`. */
  readonly ids: readonly string[];
}

/** Answer of the log to {@link Lookups}. */
interface FoundCombo {
  readonly combos: ReadonlyMap<string, Mark>;
  readonly known: ReadonlySet<string>;
  /** The gifts among them as they were stored: what they say of twins and traces is remembered. */
  readonly gifts?: ReadonlyMap<string, GiftEvent>;
}

/** A combo that has not ended. Its mark lives here, so it is in memory as long as it is open. */
interface Open extends Mark {
  readonly settled: false;
  readonly last: GiftEvent;
  readonly updatedAt: number;
}
interface Closed extends Mark {
  readonly settled: true;
}
interface Trace {
  readonly comboId: string;
  readonly kind: GiftEvent["kind"];
}

/** The last gift of a sender, a gift and a receiver. */
interface Twin {
  readonly comboId: string;
  readonly light: boolean;
  readonly at: number;
}

const SILENCE_MS = 30_000;
const MAX_OPEN = 10_000;
const FRESH: Mark = { high: 0, settled: false };

/**
 * Exact gift counting of one room: of every combo, the sum of `delta` over the stored events is the largest total received, whatever is
 * skipped, repeated, reordered, lost or restarted. It is a function of the log: the mark of a combo is the largest `comboTotal` stored
 * under its id, and memory is only a cache of marks.
 *
 * Use, by the room's owner only and one batch at a time: `missing(drafts)` → `log.combos`, `log.known` → `stage(drafts, found)` →
 * `log.append` → `confirm(events, stored)`. Memory is ahead of the log in between: when the append failed, was fenced or refused an event,
 * `restore` it from the log and `stage` again.
 */
export class GiftLedger {
  readonly #closed = new Generations<Closed>(8192);
  readonly #open = new Map<string, Open>();
  readonly #traces = new Generations<Trace>(8192);
  readonly #twins = new Generations<Twin>(8192);
  /** Combos that are counted under the name of a light gift that came first. */
  readonly #joined = new Generations<string>(1024);
  /** Trace of the first click of combos whose senders have only a shown name. */
  readonly #begun = new Generations<string>(1024);
  readonly #memories = [this.#closed, this.#traces, this.#twins, this.#joined, this.#begun];

  /** Returns the combos whose marks memory does not have, and gifts' ids: a gift whose id is stored must not move the ledger. */
  missing(drafts: readonly Draft[]): Lookups {
    const combos = new Set<string>();
    const ids: string[] = [];
    for (const { event, claim } of drafts) {
      if (claim === null) continue;
      ids.push(event.id);
      for (const id of [event.comboId, claim.apart, this.#trace(event)?.comboId, this.#twin(event)])
        if (id != null && !this.#mark(id)) combos.add(id);
    }
    return { combos: [...combos], ids };
  }

  /** Returns the events to append, in the drafts' order, without gifts that bring nothing new. */
  stage(drafts: readonly Draft[], found: FoundCombo): readonly NewEvent[] {
    const events: NewEvent[] = [];
    const hasGifts = drafts.some(({ claim }) => claim !== null); // most batches have none
    const ids = new Set<string>();
    for (const { event, claim } of drafts) {
      const made = claim === null ? event : ids.has(event.id) ? null : this.#stageGift(event, claim, found);
      if (made === null) continue;
      events.push(made);
      if (hasGifts) ids.add(made.id);
    }
    return events;
  }

  /**
   * Returns settling events for combos that have been silent for 30 s, which are appended like those of {@link stage}.
   * @param now ms, on the clock of the events' `receivedAt` (a replay's clock in a replay)
   * @param heardUntil ms, by default 30 s ago: of a combo of which nothing came after this, nothing more will; it is settled 30 s later
   * @param most combos to settle, the oldest
   */
  due(now: number, heardUntil = now - SILENCE_MS, most = Number.POSITIVE_INFINITY): readonly GiftEvent[] {
    const events: GiftEvent[] = [];
    let surplus = this.#open.size - MAX_OPEN;
    for (const [id, combo] of this.#open) {
      if (events.length >= most) break;
      // Beyond the bound the oldest are settled early: units that come later still count. As are those of a clock that was set back since.
      const isAlive = combo.updatedAt > heardUntil && combo.updatedAt - now < SILENCE_MS;
      if (isAlive && surplus <= 0) continue;
      surplus -= 1;
      // Its time is an estimate: the end of the silence.
      const { last, high } = combo;
      events.push(settle(last, last.comboId, high, last.time + SILENCE_MS, true, Math.min(now, heardUntil + SILENCE_MS)));
      this.#setMark(id, high, true, last);
    }
    return events;
  }

  /**
   * Takes the log's answer to an append: a combo with a gift that the log knew before is forgotten, so that its mark is read again.
   * @param stored seq of each event, null if its id was known
   */
  confirm(events: readonly NewEvent[], stored: readonly (number | null)[]): void {
    for (const [i, event] of events.entries())
      if (event.type === "gift" && stored[i] === null) {
        this.#open.delete(event.comboId);
        this.#closed.delete(event.comboId);
      }
  }

  /**
   * Forgets what was not used since the last time, but open combos; not between {@link missing} and {@link stage}, and not within a minute. Marks
   * are then read from the log again, and nothing comes in two forms that far apart.
   */
  age(): void {
    for (const memory of this.#memories) memory.age();
  }

  /** Whether a combo is open, so that {@link due} is worth a timer. */
  get waiting(): boolean {
    return this.#open.size > 0;
  }

  /** Replaces the memory by the log's newest events, oldest first, of a minute at least; skips those that are no gifts. */
  restore(events: Iterable<NewEvent>): void {
    this.#open.clear();
    for (const memory of this.#memories) memory.clear();
    for (const event of events) {
      if (event.type !== "gift") continue;
      const mark = this.#mark(event.comboId) ?? FRESH;
      this.#setMark(event.comboId, Math.max(mark.high, event.comboTotal), mark.settled || event.settled, event);
      this.#remember(event);
    }
  }

  #stageGift(event: GiftEvent, claim: Claim, found: FoundCombo): GiftEvent | null {
    if (found.known.has(event.id)) {
      this.#recall(event, found.gifts?.get(event.id));
      return null;
    }
    const id = this.#target(event, claim, found);
    const mark = this.#mark(id) ?? found.combos.get(id) ?? FRESH;
    if (claim.total > mark.high) {
      const settled = mark.settled || claim.end || (claim.single && id === event.comboId);
      const given = giveUnits(event, id, claim.total - mark.high, claim.total, settled);
      this.#setMark(id, claim.total, settled, given);
      this.#remember(given);
      return given;
    }
    if (mark.settled) return null;
    // Without an end it is a repeat or a late step: nothing new, but the combo is alive.
    this.#setMark(id, mark.high, claim.end, event.comboId === id ? event : giveUnits(event, id, 0, mark.high, false));
    return claim.end ? settle(event, id, mark.high, event.time, event.timeEstimated === true, event.receivedAt) : null;
  }

  /** Remembers a gift that was stored before: it moves no mark, but what comes after it may be another form of the same action. */
  #recall({ comboId }: GiftEvent, stored: GiftEvent | undefined): void {
    if (stored === undefined || stored.delta === 0) return;
    this.#remember(stored);
    if (stored.comboId !== comboId && stored.kind !== "light") this.#joined.set(comboId, stored.comboId);
  }

  /** Remembers what tells another form of the same action, and another sender of the same shown name. */
  #remember(event: GiftEvent): void {
    const { comboId, kind, delta, receivedAt, traceId, user } = event;
    if (delta === 0) return;
    this.#twins.set(twinKey(comboId), { comboId, light: kind === "light", at: receivedAt });
    const key = traceKey(event);
    if (key !== null && !this.#traces.get(key)) this.#traces.set(key, { comboId, kind });
    if (user.id === null && traceId !== null && isFirstClick(event)) this.#begun.set(comboId, traceId);
  }

  /**
   * Finds the combo that a gift belongs to: its own, unless its action was first counted under another name. That happens when the same
   * action comes as a gift and as a light or binding gift, of which one lacks the group: then they share the combo that was stored first,
   * and the larger total rules. Two ordinary gifts of one action are two combos.
   */
  #target(event: GiftEvent, claim: Claim, found: FoundCombo): string {
    const own = event.comboId;
    if (claim.apart !== undefined && this.#isApart(event, claim, claim.apart, found)) return claim.apart;
    if (this.#mark(own) ?? found.combos.get(own)) return own;
    const joined = this.#joined.get(own);
    if (joined !== undefined) return joined;
    const trace = this.#trace(event);
    if (trace && (!(trace.kind === "gift" && event.kind === "gift") || isShared(trace.comboId, own))) return trace.comboId;
    const twin = this.#twin(event);
    if (twin === null) return own;
    if (event.kind !== "light") this.#joined.set(own, twin);
    return twin;
  }

  /**
   * Tells whether a gift belongs to another sender of the same shown name in the group. Each click may have a trace of its own, so another
   * trace proves nothing; another first click does, and then what has its trace.
   */
  #isApart(event: GiftEvent, { end }: Claim, apart: string, found: FoundCombo): boolean {
    if (this.#mark(apart) ?? found.combos.get(apart)) return true;
    const begun = this.#begun.get(event.comboId);
    return !end && isFirstClick(event) && begun !== undefined && begun !== event.traceId;
  }

  /**
   * Finds the combo that a light gift and a gift in full share. A light gift names neither action nor group, so the same gift of one
   * sender to one receiver in both forms within 30 s is taken for one: counting twice is the worse mistake. Two light gifts are always two.
   */
  #twin(event: GiftEvent): string | null {
    const key = twinKey(event.comboId);
    const last = this.#twins.get(key);
    const fresh = last !== undefined && Math.abs(event.receivedAt - last.at) <= SILENCE_MS;
    return fresh && last.light !== (event.kind === "light") ? last.comboId : null;
  }

  #setMark(id: string, high: number, settled: boolean, last: GiftEvent): void {
    // To the end: they are settled in the order of what came of them last, however it was batched.
    this.#open.delete(id);
    if (settled) this.#closed.set(id, { high, settled });
    else this.#open.set(id, { high, settled, last, updatedAt: last.receivedAt });
  }

  #mark(id: string): Mark | undefined {
    return this.#open.get(id) ?? this.#closed.get(id);
  }

  #trace(event: GiftEvent): Trace | undefined {
    const key = traceKey(event);
    return key === null ? undefined : this.#traces.get(key);
  }
}

function isFirstClick({ comboTotal, unitsPerClick }: GiftEvent): boolean {
  return comboTotal === (unitsPerClick ?? 1);
}

/**
 * Tells whether a combo that a light gift began is the other form of a gift in full: it has no group, and is of the same gift, sender and receiver.
 * Of what was stored before a restart the log says no more.
 */
function isShared(comboId: string, own: string): boolean {
  return !comboId.split(".").at(-2)?.startsWith("g") && twinKey(comboId) === twinKey(own);
}

/**
 * Names a sending action towards one receiver, or null. One action may give the same gift to several guests, so the trace alone is
 * too wide. Taken from the event, so that the log alone can rebuild it.
 */
function traceKey(event: GiftEvent): string | null {
  return event.traceId === null ? null : event.traceId + event.comboId.slice(event.comboId.lastIndexOf("."));
}

/** Makes the event that settles a combo without new units. */
function settle(last: GiftEvent, comboId: string, high: number, time: number, estimated: boolean, receivedAt: number): GiftEvent {
  const { timeEstimated: _, history: _history, test: _test, valueFen: _value, luckyCubeId: _cube, ...gift } = last;
  return {
    ...gift,
    ...{ id: `settle:${comboId}`, method: "dylive", time, receivedAt, source: "system", revision: 0 },
    ...{ delta: 0, comboTotal: high, settled: true, diamonds: last.unitDiamonds === null ? null : 0, comboId },
    ...(estimated && { timeEstimated: true }),
  };
}
