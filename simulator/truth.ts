import type { Fact, GiftFact } from "./fact.js";
import { isInteractive, type Outgoing } from "./outgoing.js";

/** The newest values of a long stream: at least the last `keep`, at most twice as many. */
class RecentSet {
  readonly #keep: number;
  #young = new Set<string>();
  #old = new Set<string>();

  constructor(keep: number) {
    this.#keep = keep;
  }

  has(value: string): boolean {
    return this.#young.has(value) || this.#old.has(value);
  }

  /** Forgets by generations: taking the oldest one by one from a large Set is slow. */
  add(value: string): void {
    this.#young.add(value);
    if (this.#young.size < this.#keep) return;
    this.#old = this.#young;
    this.#young = new Set();
  }
}

/** Units given in one combo: the largest total that was sent to anybody. */
export interface ComboTruth {
  readonly senderId: string;
  readonly giftId: string;
  readonly giftName: string;
  /** "0" where the platform gave none; then the trace tells combos apart */
  readonly groupId: string;
  readonly traceId: string;
  /** The message that first told of it; it alone tells one from another where there is neither group nor trace. */
  readonly msgId: string;
  /** "" is the anchor */
  readonly receiverId: string;
  total: number;
  /** The first message that told of this total: who was given it knows of all units. */
  totalMsgId: string;
  readonly unitDiamonds: number;
  /** Whether its end was sent. */
  ended: boolean;
}

/** Messages that one room was sent, as `/@truth` gives them. */
export interface SentTruth {
  /** Different messages: each is a method and a msg_id. */
  readonly messages: number;
  /** Further copies of them, in envelopes of their own. */
  readonly repeats: number;
  /** Ids of those of people that were sent more than once: who has lost the first copy has them later than what came in between. */
  readonly again: readonly string[];
  readonly byMethod: Readonly<Record<string, number>>;
  /** Messages of people that nobody was given though somebody was there, by method. With `byMethod` they are the whole. */
  readonly withheld: Readonly<Record<string, number>>;
  readonly interactive: readonly Fact[];
  /** Number of older facts that were let go to bound memory. */
  readonly interactiveDropped: number;
  readonly combos: readonly ComboTruth[];
  readonly combosDropped: { readonly count: number; readonly units: number };
  readonly likes: { readonly messages: number; readonly count: number; readonly total: number };
}

/** Book of what was written to at least one connection (or given by im/fetch). A message nobody was sent is not in it. */
export class Truth {
  readonly #keep: number;
  readonly #seen: RecentSet;
  readonly #byMethod = new Map<string, number>();
  /** Methods of messages that nobody was given, by name. */
  readonly #withheld = new Map<string, string>();
  readonly #withheldDropped = new Map<string, number>();
  readonly #combos = new Map<string, ComboTruth>();
  #facts: Fact[] = [];
  #messages = 0;
  #repeats = 0;
  /** Ids of messages of people that were sent more than once, oldest first. */
  readonly #again = new Set<string>();
  #factsDropped = 0;
  #combosDropped = 0;
  #unitsDropped = 0;
  #likes = { messages: 0, count: 0, total: 0 };

  /** @param keep how many facts, combos and ids are kept; counters go on forever */
  constructor(keep: number) {
    this.#keep = keep;
    this.#seen = new RecentSet(keep);
  }

  /** Books a message that was sent. */
  count(message: Outgoing): void {
    const name = `${message.method}/${message.msgId}`;
    if (this.#seen.has(name)) {
      this.#repeats++;
      if (isInteractive(message.method)) this.#sentAgain(message.msgId);
      return;
    }
    this.#seen.add(name);
    this.#withheld.delete(name); // replayed to somebody who came later
    this.#messages++;
    this.#byMethod.set(message.method, (this.#byMethod.get(message.method) ?? 0) + 1);
    const fact = message.fact();
    if (fact === null) return;
    this.#facts.push(fact);
    if (this.#facts.length >= 2 * this.#keep) {
      // Dropping half at a time keeps a push cheap.
      this.#factsDropped += this.#facts.length - this.#keep;
      this.#facts = this.#facts.slice(-this.#keep);
    }
    if (fact.kind === "like") {
      const { messages, count, total } = this.#likes;
      this.#likes = { messages: messages + 1, count: count + (fact.count ?? 0), total: Math.max(total, fact.total ?? 0) };
    }
    if (fact.gift !== undefined) this.#countGift(fact, fact.gift, message.msgId);
  }

  #sentAgain(msgId: string): void {
    this.#again.add(msgId);
    if (this.#again.size <= this.#keep) return;
    for (const oldest of this.#again) {
      this.#again.delete(oldest);
      return;
    }
  }

  /** Books a message that nobody was given. */
  withhold({ method, msgId }: Outgoing): void {
    const name = `${method}/${msgId}`;
    if (this.#seen.has(name)) return;
    this.#withheld.set(name, method);
    if (this.#withheld.size <= this.#keep) return;
    const [oldest, itsMethod] = this.#withheld.entries().next().value ?? [];
    if (oldest === undefined || itsMethod === undefined) return;
    this.#withheld.delete(oldest);
    this.#withheldDropped.set(itsMethod, (this.#withheldDropped.get(itsMethod) ?? 0) + 1);
  }

  /** The largest total of likes that was sent. */
  get likesTotal(): number {
    return this.#likes.total;
  }

  /** Returns the book as it stands. */
  snapshot(): SentTruth {
    const overflow = Math.max(0, this.#facts.length - this.#keep);
    const withheld = new Map(this.#withheldDropped);
    for (const method of this.#withheld.values()) withheld.set(method, (withheld.get(method) ?? 0) + 1);
    return {
      messages: this.#messages,
      repeats: this.#repeats,
      again: [...this.#again],
      byMethod: Object.fromEntries(this.#byMethod),
      withheld: Object.fromEntries(withheld),
      interactive: this.#facts.slice(overflow),
      interactiveDropped: this.#factsDropped + overflow,
      combos: [...this.#combos.values()].map((combo) => ({ ...combo })),
      combosDropped: { count: this.#combosDropped, units: this.#unitsDropped },
      likes: { ...this.#likes },
    };
  }

  #countGift({ userId: senderId, masked, wearer }: Fact, gift: GiftFact, msgId: string): void {
    // Without a group the sending action's trace, and without that the message itself, tells one combo from another.
    // So it does under a mask, whose wearers may share a group, where nothing tells them apart.
    const given = masked && (wearer ?? gift.logId) !== "" ? `/${wearer ?? gift.logId}` : "";
    const group = gift.groupId !== "0" ? gift.groupId : gift.traceId !== "" ? `trace:${gift.traceId}` : `message:${msgId}`;
    const key = `${senderId}/${gift.giftId}/${group}${given}/${gift.receiverId}`;
    const combo = this.#combos.get(key);
    if (combo !== undefined) {
      if (gift.total > combo.total) [combo.total, combo.totalMsgId] = [gift.total, msgId];
      combo.ended ||= gift.end;
      return;
    }
    const { giftId, giftName, groupId, traceId, receiverId, total, unitDiamonds, end } = gift;
    const about = { senderId, giftId, giftName, groupId, traceId, msgId, receiverId, unitDiamonds };
    this.#combos.set(key, { ...about, total, totalMsgId: msgId, ended: end });
    if (this.#combos.size <= this.#keep) return;
    const [oldestKey, oldest] = this.#combos.entries().next().value ?? [];
    if (oldestKey === undefined || oldest === undefined) return;
    this.#combos.delete(oldestKey);
    this.#combosDropped++;
    this.#unitsDropped += oldest.total;
  }
}
