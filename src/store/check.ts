import type { LiveEvent } from "../events/event.js";
import type { Log, RoomKey } from "./log.js";

/** Something that the check found wrong. */
export type Finding =
  /** Seqs that are neither kept nor recorded as removed, both ends included. */
  | { readonly kind: "hole"; readonly room: RoomKey; readonly from: number; readonly to: number }
  /** An event out of order, or outside of what was asked for. */
  | { readonly kind: "order"; readonly room: RoomKey; readonly seq: number }
  /** A combo whose deltas do not add up to its largest total. */
  | { readonly kind: "combo"; readonly room: RoomKey; readonly comboId: string; readonly sum: number; readonly high: number }
  /** An event that the search index does not hold as it should, or holds although it is not kept. */
  | { readonly kind: "search"; readonly room: RoomKey; readonly seq: number }
  /** Statistics of a broadcast that say something else than its events. */
  | {
      readonly kind: "statistics";
      readonly room: RoomKey;
      readonly sessionId: string;
      readonly what: "events" | "units" | "diamonds";
      readonly log: string;
      readonly counted: string;
    };

/** Most findings of one check, which then stops: more say nothing new. */
const MAX_FINDINGS = 1000;
const PAGE = 1000;

/**
 * Checks what is kept: every missing seq lies in a recorded removal, and the deltas of every combo add up to its largest total (less what was
 * lost to a removal or an erasure before its last event). Reads the log as any reader does, up to the head at the start.
 *
 * @param room only this room; all rooms by default
 * @param signal ends the check with the signal's reason
 * @returns findings in order of room, at most 1000; none when all is well
 */
export async function check(log: Log, room?: RoomKey, signal?: AbortSignal): Promise<readonly Finding[]> {
  const findings: Finding[] = [];
  for (const [key, { head }] of await log.heads(room === undefined ? undefined : [room])) {
    const walk = new CheckWalk(key);
    while (walk.scanned < head && findings.length + walk.findings.length < MAX_FINDINGS) {
      signal?.throwIfAborted();
      const after = walk.scanned;
      const page = await log.read(key, after, PAGE);
      if (page.removed !== undefined) walk.passRemoved(...page.removed);
      for (const event of page.events) walk.pass(event);
      walk.passTo(page.scanned);
      // A store that does not get on would be read for ever.
      if (walk.scanned === after) walk.passTo(head);
    }
    findings.push(...walk.findings, ...walk.combos());
  }
  return findings.slice(0, MAX_FINDINGS);
}

interface CheckedCombo {
  sum: number;
  high: number;
  last: number;
}

/** Walk through one room, from its first seq on. */
class CheckWalk {
  readonly findings: Finding[] = [];
  readonly #room: RoomKey;
  readonly #combos = new Map<string, CheckedCombo>();
  #scanned = 0;
  /** First seq whose event is lost, rightly or not. */
  #lostFrom = Number.POSITIVE_INFINITY;

  constructor(room: RoomKey) {
    this.#room = room;
  }

  get scanned(): number {
    return this.#scanned;
  }

  passRemoved(from: number, to: number): void {
    this.passTo(from - 1);
    this.#lost(from);
    this.#scanned = Math.max(this.#scanned, to);
  }

  pass(event: LiveEvent): void {
    if (event.seq <= this.#scanned) {
      this.findings.push({ kind: "order", room: this.#room, seq: event.seq });
      return;
    }
    this.passTo(event.seq - 1);
    this.#scanned = event.seq;
    if (event.type === "erased") this.#lost(event.seq);
    if (event.type !== "gift") return;
    const combo = this.#combos.get(event.comboId) ?? { sum: 0, high: 0, last: 0 };
    combo.sum += event.delta;
    combo.high = Math.max(combo.high, event.comboTotal);
    combo.last = event.seq;
    this.#combos.set(event.comboId, combo);
  }

  /** Passes everything up to a seq: what was not seen on the way is missing. */
  passTo(seq: number): void {
    if (seq <= this.#scanned) return;
    this.findings.push({ kind: "hole", room: this.#room, from: this.#scanned + 1, to: seq });
    this.#lost(this.#scanned + 1);
    this.#scanned = seq;
  }

  combos(): readonly Finding[] {
    const wrong = [...this.#combos].filter(([, { sum, high, last }]) => sum !== high && !(sum < high && this.#lostFrom < last));
    return wrong.map(([comboId, { sum, high }]) => ({ kind: "combo", room: this.#room, comboId, sum, high }));
  }

  #lost(seq: number): void {
    this.#lostFrom = Math.min(this.#lostFrom, seq);
  }
}
