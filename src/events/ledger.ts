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
 * under its id, and memory is only a cache of marks that advances by {@link commit} after the append, never before.
 *
 * Use, by the room's owner only and one batch at a time:
 * `missing(drafts)` → `log.combos`, `log.known` → `stage(drafts, found)` → `log.append` → `commit(stored)`;
 * when the append failed, was fenced or refused an event: `drop()`, then `restore` from the log and `stage` again.
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
  #combosAhead = new Map<string, Open | Closed>();
  #tracesAhead = new Map<string, Trace>();
  #twinsAhead = new Map<string, Twin>();
  #joinedAhead = new Map<string, string>();
  #staged: NewEvent[] = [];
  #ids = new Set<string>();
  #indexed = 0;

  /** Returns the combos whose marks memory does not have, and gifts' ids: a gift whose id is stored must not move the ledger. */
  missing(drafts: readonly Draft[]): Lookups {
    const combos = new Set<string>();
    const ids: string[] = [];
    for (const { event, claim } of drafts) {
      if (claim === null) continue;
      ids.push(event.id);
      if (!this.#mark(event.comboId)) combos.add(event.comboId);
      if (claim.apart !== undefined && !this.#mark(claim.apart)) combos.add(claim.apart);
      const trace = this.#trace(event);
      if (trace && !this.#mark(trace.comboId)) combos.add(trace.comboId);
      const twin = this.#twin(event);
      if (twin !== null && !this.#mark(twin)) combos.add(twin);
    }
    return { combos: [...combos], ids };
  }

  /**
   * Returns the events to append, in the drafts' order, without gifts that bring nothing new. Nothing is remembered before {@link commit}.
   */
  stage(drafts: readonly Draft[], found: FoundCombo): readonly NewEvent[] {
    const from = this.#staged.length;
    for (const draft of drafts) {
      if (draft.claim !== null) this.#stageGift(draft, found);
      else this.#staged.push(draft.event);
    }
    return this.#staged.slice(from);
  }

  /**
   * Returns settling events for combos that have been silent for 30 s, staged like those of {@link stage}.
   * @param now ms, on the clock of the events' `receivedAt` (a replay's clock in a replay)
   * @param heardUntil ms, by default 30 s ago: of a combo of which nothing came after this, nothing more will; it is settled 30 s later
   * @param most combos to settle, the oldest
   */
  due(now: number, heardUntil = now - SILENCE_MS, most = Number.POSITIVE_INFINITY): readonly GiftEvent[] {
    const events: GiftEvent[] = [];
    let surplus = this.#open.size - MAX_OPEN;
    for (const [id, known] of this.#open) {
      if (events.length >= most) break;
      const combo = this.#combosAhead.get(id) ?? known;
      // Beyond the bound the oldest are settled early: units that come later still count. As are those of a clock that was set back since.
      if (combo.settled) continue;
      const isAlive = combo.updatedAt > heardUntil && combo.updatedAt - now < SILENCE_MS;
      if (isAlive && surplus <= 0) continue;
      surplus -= 1;
      const event = settleAfterSilence(combo.last, combo.high, combo.last.time + SILENCE_MS, Math.min(now, heardUntil + SILENCE_MS));
      this.#staged.push(event);
      events.push(event);
      this.#combosAhead.set(id, { high: combo.high, settled: true });
    }
    return events;
  }

  /**
   * Advances the marks after the append has succeeded.
   * @param stored what the log answered for all events staged since the last commit, in order; a combo with a gift that the log
   *   knew before (null) is forgotten, so that its mark is read again
   */
  commit(stored?: readonly (number | null)[]): void {
    for (const [id, combo] of this.#combosAhead) {
      this.#open.delete(id);
      if (combo.settled) this.#closed.set(id, combo);
      else this.#open.set(id, combo);
    }
    for (const [key, trace] of this.#tracesAhead) this.#traces.set(key, trace);
    for (const [key, twin] of this.#twinsAhead) this.#twins.set(key, twin);
    for (const [own, joined] of this.#joinedAhead) this.#joined.set(own, joined);
    for (let i = 0; stored !== undefined && i < this.#staged.length; i++) {
      const event = this.#staged[i];
      if (event?.type === "gift" && stored[i] === null) this.#forget(event.comboId);
    }
    this.unstage();
  }

  /** Forgets what was staged since the last commit: the store has refused it. */
  unstage(): void {
    this.#combosAhead = new Map();
    this.#tracesAhead = new Map();
    this.#twinsAhead = new Map();
    this.#joinedAhead = new Map();
    this.#staged = [];
    this.#ids = new Set();
    this.#indexed = 0;
  }

  /**
   * Forgets what was not used since the last time, but open combos; not between {@link missing} and {@link commit}, and not within a minute. Marks
   * are then read from the log again, and nothing comes in two forms that far apart.
   */
  age(): void {
    for (const memory of [this.#closed, this.#traces, this.#twins, this.#joined, this.#begun]) memory.age();
  }

  /** Whether a combo is open, so that {@link due} is worth a timer. */
  get waiting(): boolean {
    return this.#open.size > 0;
  }

  /** Fills an empty ledger from the log's newest events, oldest first, of a minute at least; skips those that are no gifts. */
  restore(events: Iterable<NewEvent>): void {
    for (const event of events) {
      if (event.type !== "gift") continue;
      const mark = this.#mark(event.comboId) ?? FRESH;
      const high = Math.max(mark.high, event.comboTotal);
      this.#forget(event.comboId);
      if (mark.settled || event.settled) this.#closed.set(event.comboId, { high, settled: true });
      else this.#open.set(event.comboId, { high, settled: false, last: event, updatedAt: event.receivedAt });
      const key = traceKey(event);
      if (key !== null && event.delta > 0 && !this.#traces.get(key)) this.#traces.set(key, { comboId: event.comboId, kind: event.kind });
      this.#begin(event);
      if (event.delta > 0)
        this.#twins.set(twinKey(event.comboId), { comboId: event.comboId, light: event.kind === "light", at: event.receivedAt });
    }
  }

  #stageGift(draft: Extract<Draft, { event: GiftEvent }>, found: FoundCombo): void {
    const { event, claim } = draft;
    if (found.known.has(event.id)) {
      this.#recall(event, found.gifts?.get(event.id));
      return;
    }
    if (this.#isStaged(event.id)) return;
    const id = this.#target(event, claim, found);
    const mark = this.#mark(id) ?? found.combos.get(id) ?? FRESH;
    if (claim.total > mark.high) {
      const settled = mark.settled || claim.end || (claim.single && id === event.comboId);
      const given = giveUnits(event, id, claim.total - mark.high, claim.total, settled);
      this.#staged.push(given);
      this.#begin(given);
      this.#ahead(id, claim.total, settled, given);
      this.#twinsAhead.set(twinKey(id), { comboId: id, light: event.kind === "light", at: event.receivedAt });
      const key = traceKey(given);
      if (key !== null && !this.#trace(given)) this.#tracesAhead.set(key, { comboId: id, kind: event.kind });
    } else if (claim.end && !mark.settled) {
      this.#staged.push(settleAtEnd(event, id, mark.high));
      this.#ahead(id, mark.high, true, event);
    } else if (!mark.settled) {
      // A repeat or a late step: nothing new, but the combo is alive.
      this.#ahead(id, mark.high, false, event.comboId === id ? event : giveUnits(event, id, 0, mark.high, false));
    }
  }

  /** Remembers a gift that was stored before: it moves no mark, but what comes after it may be another form of the same action. */
  #recall({ comboId }: GiftEvent, stored: GiftEvent | undefined): void {
    if (stored === undefined || stored.delta === 0) return;
    const id = stored.comboId;
    this.#twinsAhead.set(twinKey(id), { comboId: id, light: stored.kind === "light", at: stored.receivedAt });
    const key = traceKey(stored);
    if (key !== null && !this.#trace(stored)) this.#tracesAhead.set(key, { comboId: id, kind: stored.kind });
    if (id !== comboId && stored.kind !== "light") this.#joinedAhead.set(comboId, id);
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
    const joined = this.#joinedAhead.get(own) ?? this.#joined.get(own);
    if (joined !== undefined) return joined;
    const trace = this.#trace(event);
    if (trace && (!(trace.kind === "gift" && event.kind === "gift") || isShared(trace.comboId, own))) return trace.comboId;
    const twin = this.#twin(event);
    if (twin === null) return own;
    if (event.kind !== "light") this.#joinedAhead.set(own, twin);
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

  /** Remembers who began a combo. */
  #begin(event: GiftEvent): void {
    if (event.user.id === null && event.traceId !== null && event.delta > 0 && isFirstClick(event))
      this.#begun.set(event.comboId, event.traceId);
  }

  /**
   * Finds the combo that a light gift and a gift in full share. A light gift names neither action nor group, so the same gift of one
   * sender to one receiver in both forms within 30 s is taken for one: counting twice is the worse mistake. Two light gifts are always two.
   */
  #twin(event: GiftEvent): string | null {
    const key = twinKey(event.comboId);
    const last = this.#twinsAhead.get(key) ?? this.#twins.get(key);
    const fresh = last !== undefined && Math.abs(event.receivedAt - last.at) <= SILENCE_MS;
    return fresh && last.light !== (event.kind === "light") ? last.comboId : null;
  }

  #ahead(id: string, high: number, settled: boolean, last: GiftEvent): void {
    // To the end: they are settled in the order of what came of them last, however it was batched.
    this.#combosAhead.delete(id);
    this.#combosAhead.set(id, settled ? { high, settled } : { high, settled, last, updatedAt: last.receivedAt });
  }

  #mark(id: string): Mark | undefined {
    return this.#combosAhead.get(id) ?? this.#open.get(id) ?? this.#closed.get(id);
  }

  #trace(event: GiftEvent): Trace | undefined {
    const key = traceKey(event);
    return key === null ? undefined : (this.#tracesAhead.get(key) ?? this.#traces.get(key));
  }

  /** Returns whether an id is staged. Ids are collected when the first gift asks: most batches have none. */
  #isStaged(id: string): boolean {
    for (; this.#indexed < this.#staged.length; this.#indexed++) {
      const event = this.#staged[this.#indexed];
      if (event !== undefined) this.#ids.add(event.id);
    }
    return this.#ids.has(id);
  }

  #forget(id: string): void {
    this.#open.delete(id);
    this.#closed.delete(id);
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

/** Makes the event that settles a combo whose end brought no new units. It happened when the end did. */
function settleAtEnd(end: GiftEvent, comboId: string, high: number): GiftEvent {
  return settle(end, comboId, high, end.time, end.timeEstimated === true, end.receivedAt);
}

/** Makes the event that settles a combo whose end never came. Its time is an estimate: the end of the silence. */
function settleAfterSilence(last: GiftEvent, high: number, time: number, now: number): GiftEvent {
  return settle(last, last.comboId, high, time, true, now);
}

function settle(last: GiftEvent, comboId: string, high: number, time: number, estimated: boolean, receivedAt: number): GiftEvent {
  const event: GiftEvent = {
    id: `settle:${comboId}`,
    room: last.room,
    webRid: last.webRid,
    sessionId: last.sessionId,
    method: "dylive",
    type: "gift",
    time,
    receivedAt,
    source: "system",
    revision: 0,
    user: last.user,
    kind: last.kind,
    gift: last.gift,
    delta: 0,
    comboTotal: high,
    settled: true,
    unitDiamonds: last.unitDiamonds,
    diamonds: last.unitDiamonds === null ? null : 0,
    receiver: last.receiver,
    comboId,
    traceId: last.traceId,
  };
  if (last.unitsPerClick !== undefined) event.unitsPerClick = last.unitsPerClick;
  if (estimated) event.timeEstimated = true;
  return event;
}
