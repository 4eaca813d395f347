import type { Clock } from "../runtime/clock.js";
import type { AccountSeen } from "../store/sql/account-days.js";
import { type GiftsEvidence, type GiftsState, GiftsWatch } from "./gifts-watch.js";

/**
 * States of one session of a room. `idle` has nothing to connect to, or its room is given up for a moment; `lost` and `refused` try again
 * later; `silent` is connected and is sent nothing.
 */
export const SESSION_STATES = ["idle", "connecting", "connected", "silent", "lost", "refused"] as const;
type SessionState = (typeof SESSION_STATES)[number];

/** Evidence of one session of a room. Times are ms UTC. */
export interface SessionEvidence {
  /** Its name: `default` where the room has only the one by its settings. */
  readonly session: string;
  readonly state: SessionState;
  readonly since: number;
  /** Why it is silent, lost or refused, or that it is connected only after a click; else null. */
  readonly reason: string | null;
  /** When it tries again, where it waits for that by itself. */
  readonly retryAt: number | null;
  /** Last frame, also an answer to a heartbeat. */
  readonly lastReceivedAt: number | null;
  /** Messages that it received in this broadcast, those that another session had too among them. */
  readonly received: number;
  /** Intervals of this broadcast in which it was not connected though it should have been. The room's gaps are where all were. */
  readonly outages: { readonly count: number; readonly totalMs: number };
  /** Account that it is; null: a guest, or not yet known. */
  readonly account: string | null;
  /** Since when it does not watch as it should, and why: its account is not here or not logged in, or it has been down for 90 seconds; null where it does. */
  readonly lost: { readonly since: number; readonly reason: string } | null;
  /** Whether gifts reach it, as of the room; what its other sessions are sent is evidence, too. */
  readonly gifts: GiftsState;
  readonly giftsSeen: GiftsEvidence;
}

/** Time for which a session that is connected may be sent nothing before it is said, ms: any room has figures of its viewers all the time. */
const SILENT_MS = 90_000;
/** Time for which it may be down before it is said, ms: most are up again within seconds. */
const LOST_MS = 90_000;
/** Time for which it must be sent something again before that is announced, ms: one that is sent a message now and then is not announced each time. */
const HEARD_MS = 120_000;
/** Time without a message of people after which nothing is said of the gifts of that time, ms: they may have been held up on the way. */
const HOLE_MS = 30_000;
/** Messages of people that others must have been sent meanwhile before one that has only the platform's figures is called silent. */
const MISSED_NEEDED = 20;

/** A change of a session that is announced. */
interface SessionNews {
  readonly kind: "session.lost" | "session.silent" | "session.receives";
  /** ms UTC */
  readonly since: number;
  readonly reason: string | null;
}

/** A value of what is no count in how a room or a session fares. */
export type Standing = string | number | null;

/** Keeps the state of one session with its evidence. */
export class SessionHealth {
  readonly name: string;
  readonly #clock: Clock;
  #state: SessionState = "idle";
  #since: number;
  #reason: string | null = null;
  /** Why it went down last. */
  #downReason = "";
  #retryAt: number | null = null;
  #lastReceivedAt: number | null = null;
  #received = 0;
  #outages = { count: 0, totalMs: 0 };
  /** Since when it is out; null while it is connected, or has nothing to connect to. */
  #outSince: number | null = null;

  /** Watch of the gifts that it is sent. */
  readonly gifts = new GiftsWatch();
  /** Account that it is; undefined before that is known. */
  #account: string | null | undefined;
  #login: number | null = null;
  #refusals = 0;
  /** When it was sent something last, and something of people; before that, when it was opened. Null while it is not open. */
  #messageAt: number | null = null;
  #peopleAt = 0;
  /** Value of that when it was looked at last: what was sent before has come by now, also where much comes at once. */
  #heardUntil = 0;
  /** Messages of people that others were sent since. */
  #missed = 0;
  #silent: { readonly since: number; readonly reason: string } | null = null;
  /** Why its account does not watch, and since when. */
  #withoutAccount: SessionEvidence["lost"] = null;
  /** As of when it was looked at last. */
  #lost: SessionEvidence["lost"] = null;
  /** Since when it is sent something again; null while it is silent, lost or not connected. */
  #heardSince: number | null = null;
  #announced: SessionNews["kind"] = "session.receives";

  constructor(name: string, clock: Clock) {
    this.name = name;
    this.#clock = clock;
    this.#since = clock.now();
  }

  /** Begins another broadcast: what is counted of one starts over. */
  broadcast(sessionId: string): void {
    this.gifts.begin(sessionId, this.#clock.now());
    this.#received = 0;
    this.#outages = { count: 0, totalMs: 0 };
    if (this.#outSince !== null) this.#outSince = this.#clock.now();
  }

  /**
   * Notes which account it is: whether gifts reach one says nothing of another.
   * @param account null: a guest
   * @param login when the login was saved by which it connects, ms UTC; null where that is not known
   */
  as(account: string | null, login: number | null = null): void {
    const isOther = this.#account !== undefined && account !== this.#account;
    if (isOther) this.gifts.reset();
    // What one login saw is not another's, whatever its name: it may have been forgotten meanwhile.
    if (isOther || (login !== null && login !== this.#login)) this.takeSeen();
    this.#login = login ?? (isOther ? null : this.#login);
    this.#account = account;
  }

  /** The account that it is; null: a guest, or not yet known. */
  get account(): string | null {
    return this.#account ?? null;
  }

  /** When the login was saved by which it is connected, or was last, ms UTC; null for a guest, and before it was. */
  get login(): number | null {
    return this.#login;
  }

  /** Notes why its account does not watch; null where it does, and for a guest. */
  withoutAccount(reason: string | null): void {
    this.#withoutAccount = reason === null ? null : { since: this.#withoutAccount?.since ?? this.#clock.now(), reason };
  }

  /** Whether its account does not watch. */
  get isWithoutAccount(): boolean {
    return this.#withoutAccount !== null;
  }

  /** Returns what was seen of its account since this was asked last. */
  takeSeen(): AccountSeen {
    const refusals = this.#refusals;
    this.#refusals = 0;
    return { ...this.gifts.takeSeen(), refusals };
  }

  /** Part of its evidence that is no count, value by value. */
  get standing(): readonly Standing[] {
    const state = this.#silent === null ? this.#state : "silent";
    const reason = this.#silent?.reason ?? this.#reason;
    return [state, reason, this.#lost?.since ?? null, this.#lost?.reason ?? null, this.account, this.gifts.state];
  }

  /** Whether its connection stands. */
  get stands(): boolean {
    return this.#state === "connected";
  }

  /** Whether it is open: a page may be so, and stand only when something comes. */
  get isOpen(): boolean {
    return this.#messageAt !== null;
  }

  /** Notes that it is open. */
  opened(): void {
    this.#messageAt ??= this.#peopleAt = this.#clock.now();
  }

  /** Why it is silent, and since when, ms UTC; null where it is not. */
  get silent(): { readonly since: number; readonly reason: string } | null {
    return this.#silent;
  }

  /** Its newest change, where that is not announced yet. Messages are announced when they have come for two minutes. */
  get news(): SessionNews | null {
    const now: SessionNews | null =
      this.#lost !== null
        ? { kind: "session.lost", ...this.#lost }
        : this.#silent !== null
          ? { kind: "session.silent", ...this.#silent }
          : this.#heardSince !== null && this.#clock.now() - this.#heardSince >= HEARD_MS
            ? { kind: "session.receives", since: this.#heardSince, reason: null }
            : null;
    return now?.kind === this.#announced ? null : now;
  }

  announced(kind: SessionNews["kind"]): void {
    this.#announced = kind;
  }

  /** Notes that a message of people was brought, by this session or by another. */
  people(isOwn: boolean): void {
    this.#missed = isOwn ? 0 : this.#missed + 1;
    if (!isOwn) return;
    const now = this.#clock.now();
    if (now - this.#peopleAt >= HOLE_MS) this.gifts.interrupted();
    this.#peopleAt = now;
  }

  /** Looks whether gifts are overdue, and whether anything comes at all. */
  look(): void {
    const now = this.#clock.now();
    this.gifts.look(now, this.#heardUntil);
    this.#heardUntil = this.#peopleAt;
    const silence = this.#messageAt === null ? null : this.#silence(this.#messageAt, now);
    this.#silent = silence === null ? null : (this.#silent ?? silence);
    const down = this.#outSince;
    this.#lost = this.#withoutAccount ?? (down === null || now - down < LOST_MS ? null : { since: down, reason: this.#downReason });
    if (this.#silent !== null || this.#lost !== null || !this.stands) this.#heardSince = null;
    else this.#heardSince ??= now;
  }

  #silence(messageAt: number, now: number): { readonly since: number; readonly reason: string } | null {
    if (now - messageAt >= SILENT_MS) return { since: messageAt, reason: "it is connected, and not one message comes" };
    if (now - this.#peopleAt < SILENT_MS || this.#missed < MISSED_NEEDED) return null;
    return { since: this.#peopleAt, reason: "it is connected, and nothing comes of what people do, though other sessions are sent it" };
  }

  to(state: SessionState, reason: string | null = null, retryAt: number | null = null): void {
    const now = this.#clock.now();
    if (state !== this.#state) this.#since = now;
    if (state === "refused") this.#refusals++;
    if (state === "connected") this.opened();
    else {
      this.gifts.interrupted();
      this.#messageAt = null;
      this.#missed = 0;
    }
    const isOut = state === "lost" || state === "refused";
    if (isOut) this.#downReason = reason ?? "";
    if (isOut && this.#outSince === null) {
      this.#outSince = now;
      this.#outages = { ...this.#outages, count: this.#outages.count + 1 };
    } else if (!isOut && state !== "connecting" && this.#outSince !== null) {
      this.#outages = { ...this.#outages, totalMs: this.#outages.totalMs + Math.max(0, now - this.#outSince) };
      this.#outSince = null;
    }
    this.#state = state;
    this.#reason = reason;
    this.#retryAt = retryAt;
  }

  received(at: number, messages: number): void {
    this.#lastReceivedAt = at;
    this.#received += messages;
    if (messages > 0 && this.isOpen) this.#messageAt = this.#clock.now();
  }

  get evidence(): SessionEvidence {
    const out = this.#outSince === null ? 0 : Math.max(0, this.#clock.now() - this.#outSince);
    const { count, totalMs } = this.#outages;
    return {
      session: this.name,
      state: this.#silent === null ? this.#state : "silent",
      since: this.#silent?.since ?? this.#since,
      reason: this.#silent?.reason ?? this.#reason,
      retryAt: this.#retryAt,
      lastReceivedAt: this.#lastReceivedAt,
      received: this.#received,
      outages: { count, totalMs: totalMs + out },
      account: this.account,
      lost: this.#lost,
      gifts: this.gifts.state,
      giftsSeen: this.gifts.evidence,
    };
  }
}
