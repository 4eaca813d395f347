import type { NewEvent } from "../events/event.js";
import { isInteractive } from "../platform/wire/methods.js";
import type { Clock } from "../runtime/clock.js";
import type { ErrorCode } from "../runtime/errors.js";
import type { RoomKey } from "../store/log.js";
import { Backlog } from "./backlog.js";
import { GiftsWatch } from "./gifts-watch.js";
import type { SessionHealth, Standing } from "./sessions.js";
import { isSeenType, ONE, type Sighting, Sightings } from "./sightings.js";
import { type Evidence, NO_GAPS, type RoomState, type RoomStatus } from "./state.js";

const MOST_METHODS = 500; // the platform knows about 150; the rest is a stranger's invention

const NOT_KEPT_UP = "messages come in and are not stored: the disk, the database or this machine does not keep up";

/** States that say why no message comes, whatever the store does. */
const UNCONNECTED: ReadonlySet<RoomState> = new Set<RoomState>(["waiting", "blocked", "ended", "failed", "paused"]);

/** Keeps the state of one room with its evidence, and tells of its changes. */
export class RoomHealth {
  readonly #clock: Clock;
  readonly #counts = new Map<string, number>();
  readonly #drops = new Map<string, number>();
  readonly #listeners = new Set<() => void>();
  /** State by what the platform does. */
  #state: RoomState = "resolving";
  /** Why none of its sessions is sent anything, and since when; null where one is. */
  #silent: SessionHealth["silent"] = null;
  /** Whether what comes waits too long for the log. */
  #late = false;
  #lateSince = 0;
  /** Reason that the store gives while it takes nothing. */
  #refusal: string | null = null;
  #problem: ErrorCode | null = null;
  #reason = "asking the platform what this room is";
  #since: number;
  #lastInteractiveAt: number | null = null;
  #stored = 0;
  #lastStoredAt: number | null = null;
  #reconnects = 0;
  #gaps: Evidence["gaps"] = NO_GAPS;
  #seenAs: Evidence["login"] = { account: null, login: "unknown" };
  /** Watch of the room's gifts, which judges by the events that were stored; of a single session it is that one's. */
  gifts = new GiftsWatch();
  readonly coverage = new Coverage();
  readonly audience = new Audience();
  readonly backlog = new Backlog();
  #sessions: readonly SessionHealth[] = [];
  /** Messages that each session brought. */
  seen: Sightings;
  #sessionId: string | null = null;

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#since = clock.now();
    this.seen = new Sightings([ONE]);
  }

  /** Names the sessions that watch the room. */
  watchedBy(sessions: readonly SessionHealth[]): void {
    this.#sessions = sessions;
    const [one, ...others] = sessions;
    if (one !== undefined && others.length === 0) this.gifts = one.gifts;
    this.seen = new Sightings(sessions.map(({ name }) => name));
  }

  /** The sessions that watch the room. */
  get sessions(): readonly SessionHealth[] {
    return this.#sessions;
  }

  /** The room's state: one to which nothing comes, or whose messages come and are not stored, is stalled, however live it is. */
  get state(): RoomState {
    return this.#isHeldUp ? "stalled" : this.#state;
  }

  /** The state by what the platform does alone, whatever the store does. */
  get platformState(): RoomState {
    return this.#state;
  }

  /** The error that a first caller is to be given; null where the state is an answer. */
  get problem(): ErrorCode | null {
    return this.#isHeldUp ? null : this.#problem;
  }

  get reason(): string {
    const refusal = this.#refusal ?? (this.#isHeldUp ? (this.#silent?.reason ?? NOT_KEPT_UP) : null);
    return refusal === null || UNCONNECTED.has(this.#state) ? this.#reason : refusal;
  }

  /** Whether what comes is held up. Only of an open connection can that be said: other states say why nothing comes. */
  get #isHeldUp(): boolean {
    return (this.#late || this.#silent !== null) && (this.#state === "live" || this.#state === "connecting");
  }

  /** Since when it is, ms UTC; null while it is not. */
  get #heldUpSince(): number | null {
    if (!this.#isHeldUp) return null;
    return this.#late ? this.#lateSince : (this.#silent?.since ?? null);
  }

  /** The broadcast that is or was collected last. */
  get sessionId(): string | null {
    return this.#sessionId;
  }

  get lastInteractiveAt(): number | null {
    return this.#lastInteractiveAt;
  }

  /** Goes to a state. @returns the state before, or null when nothing but the reason changed */
  to(state: RoomState, reason: string, problem: ErrorCode | null = null): RoomState | null {
    const before = this.state;
    if (this.#state !== state) this.#since = this.#clock.now();
    this.#state = state;
    this.#reason = reason;
    this.#problem = problem;
    return this.#changedFrom(before);
  }

  /** Looks whether the log keeps up with what comes. @returns as {@link to} */
  look(): RoomState | null {
    const [before, reason] = [this.state, this.reason];
    const now = this.#clock.now();
    this.gifts.look(now);
    let first: SessionHealth | null = null;
    let isAnyHeard = false;
    for (const session of this.#sessions) {
      session.look();
      if (!session.isOpen) continue;
      first ??= session;
      isAnyHeard ||= session.silent === null;
    }
    this.#silent = isAnyHeard ? null : (first?.silent ?? null);
    const isLate = this.backlog.isLate(now);
    if (isLate !== this.#late) this.#lateSince = now;
    this.#late = isLate;
    // Each room is looked at each second, and mostly there is no news.
    return before === this.state && reason === this.reason ? null : this.#changedFrom(before);
  }

  /** Notes that the store takes nothing now. @param reason why, and what becomes of what comes; null where no caller waits for it any more */
  storeRefuses(reason: string | null): void {
    this.#refusal = reason;
    this.#wake();
  }

  /** Notes that the store takes what comes again. */
  storeTakes(): void {
    if (this.#refusal === null) return;
    this.#refusal = null;
    if (this.#state === "live") this.#reason = "the store takes what comes again";
    this.#wake();
  }

  #changedFrom(before: RoomState): RoomState | null {
    this.#wake();
    return before === this.state ? null : before;
  }

  #wake(): void {
    for (const listener of this.#listeners) listener();
  }

  /** Account that the room is watched as, and whom the platform's page took us for. */
  get login(): Evidence["login"] {
    return this.#seenAs;
  }

  /** Notes which account watches the room. */
  seenAs(login: Evidence["login"]): void {
    const [one, ...others] = this.#sessions;
    if (one !== undefined && others.length === 0) one.as(login.account);
    this.#seenAs = login;
  }

  /** Counts messages of one method, whatever became of them. */
  message(method: string, count: number): void {
    const known = this.#counts.get(method);
    if (known !== undefined || this.#counts.size < MOST_METHODS) this.#counts.set(method, (known ?? 0) + count);
  }

  drop(reason: string, count = 1): void {
    this.#drops.set(reason, (this.#drops.get(reason) ?? 0) + count);
  }

  reconnected(): void {
    this.#reconnects++;
    this.gifts.interrupted();
  }

  /** Counts a gap. @param ms its length; null where it is not known */
  gap(ms: number | null): void {
    this.gifts.interrupted();
    const { count, totalMs, unmeasured } = this.#gaps;
    this.#gaps = { count: count + 1, totalMs: totalMs + (ms ?? 0), unmeasured: unmeasured + (ms === null ? 1 : 0) };
  }

  /**
   * Takes events that were stored, in order, received by `at`.
   * @returns how many of them people caused; what was said before the connection, or is stored already, proves nothing
   */
  stored(events: readonly NewEvent[], at: number): number {
    let interactive = 0;
    const isOne = this.#sessions.length <= 1; // of several, also what was known is counted
    for (const event of events) {
      const isHistory = event.history === true;
      if (!isHistory && isInteractive(event.method)) interactive++;
      this.#stored++;
      if (isOne && !isHistory && isSeenType(event.type)) this.seen.see({ id: event.id, type: event.type, by: 0, at, isOld: false });
      this.gifts.see(event, this.#clock.now());
      this.coverage.see(event);
      this.audience.see(event);
    }
    if (events.length > 0) this.#lastStoredAt = this.#clock.now();
    if (interactive > 0) this.#lastInteractiveAt = at;
    return interactive;
  }

  /** Takes, of a room of several sessions, what each brought, and the events that were stored of it, in order. */
  brought(sightings: readonly Sighting[], events: readonly NewEvent[]): void {
    for (const sighting of sightings) {
      this.seen.see(sighting);
      for (const [by, session] of this.#sessions.entries()) session.people(by === sighting.by);
      if (sighting.gift !== undefined) this.#sessions[sighting.by]?.gifts.receive(sighting.gift, this.#clock.now());
    }
    if (this.#sessions.length < 2) return;
    const now = this.#clock.now();
    for (const { stands, gifts } of this.#sessions) if (stands) for (const event of events) gifts.witness(event, now);
  }

  /** Begins another broadcast: what is said of one starts over. */
  broadcast(sessionId: string): void {
    if (sessionId === this.#sessionId) return;
    this.#sessionId = sessionId;
    this.#gaps = NO_GAPS;
    for (const session of this.#sessions) session.broadcast(sessionId);
    this.seen.begin(null);
    if (this.#sessions.length !== 1) this.gifts.begin(sessionId, this.#clock.now());
    this.coverage.reset();
    this.audience.reset();
  }

  status(room: RoomKey): RoomStatus {
    const { seen } = this;
    let types: Evidence["seen"] | null = null;
    const evidence: Evidence = {
      reason: this.reason,
      since: this.#heldUpSince ?? this.#since,
      lastFrameAt: this.backlog.lastReceivedAt,
      lastInteractiveAt: this.#lastInteractiveAt,
      counts: Object.fromEntries(this.#counts),
      reconnects: this.#reconnects,
      drops: Object.fromEntries(this.#drops),
      login: this.login,
      gifts: this.gifts.state,
      giftsSeen: this.gifts.evidence,
      masked: this.coverage.masked,
      likesSeen: this.coverage.likesSeen,
      gaps: this.#gaps,
      sessions: this.#sessions.map(({ evidence }) => evidence),
      // Summed up when it is asked for: of thousands of rooms, their states alone are looked at again and again.
      get seen() {
        types ??= seen.types;
        return types;
      },
      storage: {
        received: this.backlog.received,
        stored: this.#stored,
        lastStoredAt: this.#lastStoredAt,
        waiting: this.backlog.waiting,
        waitingSince: this.backlog.waitingSince,
      },
    };
    return { room, state: this.state, sessionId: this.sessionId, broadcast: this.audience.reported, evidence };
  }

  /** Part of the status that is no count, value by value: another value is news, and not one message more. */
  get standing(): readonly Standing[] {
    const { account, login } = this.#seenAs;
    const values: Standing[] = [this.state, this.#reason, this.#sessionId, account, login, this.gifts.state];
    for (const session of this.#sessions) values.push(...session.standing);
    return values;
  }

  /** Tells of every change of state or reason from now on. @param listener must not wait */
  onChange(listener: () => void): void {
    this.#listeners.add(listener);
  }
}

const NOTHING: RoomStatus["broadcast"] = { roomId: null, cover: null, online: null, totalViewers: null, likes: null };

/** Keeps what the platform last said of a room's broadcast, its id and cover from the reading of its page, its counts from its messages. */
export class Audience {
  #reported = NOTHING;

  get reported(): RoomStatus["broadcast"] {
    return this.#reported;
  }

  /** Begins a new broadcast: counts are of one, its id and cover come from the reading that found it. */
  reset(): void {
    this.#reported = { ...NOTHING, roomId: this.#reported.roomId, cover: this.#reported.cover };
  }

  /** Takes the room_id and the cover that a reading of the room's page named. */
  read(roomId: string | null, cover: string | null): void {
    this.#reported = { ...this.#reported, roomId, cover };
  }

  /** Takes every event, in order. */
  see(event: NewEvent): void {
    if (event.type === "stats") {
      const { online, totalViewers } = event;
      this.#reported = {
        ...this.#reported,
        online: online ?? this.#reported.online,
        totalViewers: totalViewers ?? this.#reported.totalViewers,
      };
    } else if (event.type === "like" && event.total !== null) {
      this.#reported = { ...this.#reported, likes: Math.max(this.#reported.likes ?? 0, event.total) };
    }
  }
}

const MASKED_SAMPLE = 20;

/** Measures how much of a broadcast we see: hidden names, and the share of likes that reached us (the platform samples them). */
export class Coverage {
  #users = 0;
  #maskedUsers = 0;
  #likes = 0;
  #firstTotal: number | null = null;
  #lastTotal: number | null = null;

  /** Begins a new broadcast. */
  reset(): void {
    this.#users = 0;
    this.#maskedUsers = 0;
    this.#likes = 0;
    this.#firstTotal = null;
    this.#lastTotal = null;
  }

  /** Takes every event, in order. */
  see(event: NewEvent): void {
    if ("user" in event && event.user) {
      this.#users++;
      if (event.user.masked) this.#maskedUsers++;
    }
    if (event.type !== "like" || event.total === null) return;
    if (this.#firstTotal === null) this.#firstTotal = event.total;
    else this.#likes += event.count;
    this.#lastTotal = Math.max(this.#lastTotal ?? 0, event.total);
  }

  /** Whether the room hides who its people are; null before twenty were seen. */
  get masked(): boolean | null {
    return this.#users < MASKED_SAMPLE ? null : this.#maskedUsers * 2 > this.#users;
  }

  /** Likes that reached us as a share of the room's own count since our first; null before the count moved. */
  get likesSeen(): number | null {
    const risen = (this.#lastTotal ?? 0) - (this.#firstTotal ?? 0);
    return risen <= 0 ? null : Math.min(1, Math.round((this.#likes / risen) * 1000) / 1000);
  }
}
