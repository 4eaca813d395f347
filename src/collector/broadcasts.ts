import { EVENT_TYPES, type EventType } from "../events/event.js";
import { gapEvent } from "../ingest/intake.js";
import type { Received } from "../platform/access/read.js";
import type { Live, Offline } from "../platform/links/resolve.js";
import { isInteractive } from "../platform/wire/methods.js";
import { PATIENCE_MS, withTimeout } from "../runtime/clock.js";
import type { Log, RoomKey } from "../store/log.js";
import type { Resume } from "../store/rooms.js";
import type { RoomContext } from "./context.js";
import type { Gap } from "./machine.js";

/** A gap that is not over. */
interface OpenGap {
  /** Steady time, ms. */
  readonly since: number;
  readonly reason: string;
  /** Whether only messages of people end it. */
  readonly silent: boolean;
  /** Length up to which nothing was missed, ms. */
  readonly toleranceMs: number;
}

/** Difference up to which a beginning after the end is the skew of two machines' clocks, ms; beyond it, a clock was set back. */
const SKEW_MS = 5000;
/**
 * Longest time from im/fetch to the connection's first frame in which nothing is missed, ms: the platform sends what came since, but only the
 * newest 15 messages.
 */
const OPENING_MS = 2000;
/** Reason of the gap after a restart. */
const NOT_COLLECTING = "dylive was not collecting";

/**
 * The broadcasts of one room: which is open, and what was missed of each. A gap reaches from the last receipt to the next one over another
 * connection. Times are steady, ms, unless they are said to be UTC.
 */
export class Broadcasts {
  readonly #context: RoomContext;
  #gap: OpenGap | null = null;
  /** When the last frame of this broadcast came, by im/fetch too; null before the first. */
  #heardAt: number | null = null;
  #webRid: string | null = null;
  /** The broadcast that this process opened last, and when, ms UTC. */
  #opened: { readonly sessionId: string; readonly at: number } | null = null;
  /** The broadcast that this process ended last, unless it went on all the same. */
  #ended: { readonly sessionId: string; readonly since: number; readonly reason: string } | null = null;

  constructor(context: RoomContext) {
    this.#context = context;
  }

  /** The broadcast that this process ended last, unless it went on all the same. */
  get ended(): string | null {
    return this.#ended?.sessionId ?? null;
  }

  /**
   * Takes a reading of the room. A broadcast that was ended and is live all the same was missed meanwhile.
   * @param isRecalled whether it is an earlier process's, so that the store has all of it
   */
  async read(room: RoomKey, reading: Live | Offline, isRecalled: boolean): Promise<void> {
    const { store, clock } = this.#context;
    this.#webRid = reading.webRid;
    if (reading.outcome !== "live" || isRecalled) return;
    const { roomId, facts } = reading;
    if (this.#ended?.sessionId === roomId) {
      this.miss(this.#ended.since, this.#ended.reason);
      this.#ended = null;
    }
    const at = clock.now();
    if (this.#opened?.sessionId !== roomId) this.#opened = { sessionId: roomId, at };
    await store.sessions.open(room, roomId, at, facts.title);
  }

  /** Returns the broadcast that has not ended. */
  async open(): Promise<string | null> {
    const room = this.#context.claimed()?.room;
    if (room === undefined) return null;
    const [last] = await this.#context.store.sessions.list(room, 1);
    return last === undefined || last.endedAt !== null ? null : last.sessionId;
  }

  /**
   * Begins another broadcast than before, and stores the gap at the end of the one before.
   * @returns where an earlier process left the broadcast, if one did
   * @throws DyliveError store_unreachable and others of a store that is away
   */
  async begin(room: RoomKey, { roomId }: Live): Promise<Resume | null> {
    const { health, store, clock, time } = this.#context;
    const left = (await store.rooms.get(room))?.resume ?? null;
    const resume = left?.roomId === roomId ? left : null;
    const before = health.sessionId ?? (resume === null ? (left?.roomId ?? null) : null);
    if (before !== null && before !== this.ended) {
      const session = await store.sessions.get(room, before);
      const wasOpen = session?.endedAt === null || (session?.endReason === "replaced" && session.endedAt === this.#opened?.at);
      if (health.sessionId === null && wasOpen) await this.#notCollecting(room, before);
      await this.#endGap(time.steady(session?.endedAt ?? clock.now()), before);
    }
    const seen = await store.sessions.seen(room, roomId);
    if (this.ended !== roomId) await this.#notCollecting(room, roomId);
    health.broadcast(roomId);
    health.seen.begin(seen);
    this.#heardAt = null;
    return resume;
  }

  /**
   * Ends a broadcast, also one that an earlier process received, with the gap at its end.
   * @throws DyliveError store_unreachable and others of a store that is away
   */
  async end(room: RoomKey, sessionId: string, reason: "announced" | "offline"): Promise<void> {
    const { health, store, clock, time } = this.#context;
    const at = clock.now();
    const since = time.steady(at);
    if (health.sessionId !== sessionId && this.ended !== sessionId) await this.#notCollecting(room, sessionId);
    const why = this.#gap?.reason ?? "the platform said that the broadcast was over";
    await this.#endGap(since, sessionId);
    this.#ended = { sessionId, since, reason: why };
    await store.sessions.end(room, sessionId, at, reason);
  }

  /** Ends the open gap before the room is left: the next process takes what is stored last for the end of what was received. */
  async leave(): Promise<void> {
    const { health, clock, time } = this.#context;
    if (health.sessionId !== null) await withTimeout(this.#endGap(time.now(), health.sessionId), PATIENCE_MS, clock);
  }

  /** Opens a gap, unless one is open. @param since null: since the last frame, if there was one */
  miss(since: number | null, reason: string, { silent = false, toleranceMs = 0 }: Partial<OpenGap> = {}): void {
    const from = since ?? this.#heardAt;
    if (from !== null) this.#gap ??= { since: from, reason, silent, toleranceMs };
  }

  /**
   * Ends the gap that any frame of a connection ends. Called before its messages are stored: after a kill in between, the next process begins its
   * gap where this one ends.
   * @param isFirst whether it is the answer of im/fetch, which comes before the connection: that may open late
   */
  async receives(batch: readonly Received[], isFirst: boolean): Promise<void> {
    const gap = this.#gap;
    const at = this.#context.time.steady(batch[0]?.receivedAt ?? 0);
    const hasMessages = batch.some(({ response }) => (response?.messages.length ?? 0) > 0);
    if (gap === null || gap.silent || (isFirst && (!hasMessages || gap.toleranceMs > 0))) return;
    await this.#endGap(at);
    if (isFirst) this.miss(at, gap.reason, { toleranceMs: OPENING_MS });
  }

  /** Notes that the log has a batch. @param people how many of its new messages people caused */
  async received(batch: readonly Received[], people: number): Promise<void> {
    const { time, clock } = this.#context;
    const at = time.steady(batch.at(-1)?.receivedAt ?? clock.now());
    this.#heardAt = Math.max(at, this.#heardAt ?? at); // another session's may have come later
    if (this.#gap?.silent !== true || people === 0) return;
    const first = batch.find(({ response }) => response?.messages.some(({ method }) => isInteractive(method))) ?? batch[0];
    await this.#endGap(time.steady(first?.receivedAt ?? 0));
  }

  /** Stores a gap of a broadcast; by default of the one that is collected. */
  async store({ from, to, reason }: Gap, sessionId: string | null = this.#context.health.sessionId): Promise<void> {
    const { claimed, time, health, signal } = this.#context;
    const { room, intake } = claimed() ?? {};
    if (room === undefined || intake === undefined) return;
    const [since, until] = [time.wall(from), time.wall(to)];
    // A clock that was set back while dylive did not run: how long that was is unknown.
    await intake.own(gapEvent(room, { sessionId, webRid: this.#webRid }, since > until ? null : since, until, reason), signal);
    health.gap(since > until ? null : until - since);
  }

  /** Ends the open gap, if there is one, and stores it; one that the store does not take stays open. */
  async #endGap(to: number, sessionId = this.#context.health.sessionId): Promise<void> {
    const gap = this.#gap;
    this.#gap = null;
    if (gap === null) return;
    const ms = to - gap.since;
    if (ms <= gap.toleranceMs && ms > -SKEW_MS) return; // nothing was missed
    try {
      await this.store({ from: gap.since, to, reason: gap.reason }, sessionId);
    } catch (error) {
      this.#gap ??= gap;
      throw error;
    }
  }

  /** Opens the gap since an earlier process received a broadcast, if one did. */
  async #notCollecting(room: RoomKey, sessionId: string): Promise<void> {
    const { store, time } = this.#context;
    const session = await store.sessions.get(room, sessionId);
    const isOpenedHere = this.#opened?.sessionId === sessionId && this.#opened.at === session?.openedAt;
    const until = (await this.#receivedUntil(room, sessionId)) ?? (isOpenedHere ? null : session?.openedAt);
    if (until != null) this.miss(time.steady(until), NOT_COLLECTING);
  }

  /**
   * Returns until when a broadcast was received, by its resume point and the newest events that are stored of it, ms UTC. In a quiet room that
   * may be some seconds before the last answer to a heartbeat, never after it.
   * @returns null if nothing shows that it was
   */
  async #receivedUntil(room: RoomKey, sessionId: string): Promise<number | null> {
    const { log, rooms } = this.#context.store;
    const resume = (await rooms.get(room))?.resume;
    const stored = await newestReceipt(log, room, sessionId);
    const kept = resume?.roomId === sessionId ? resume.savedAt : null;
    return kept === null && stored === null ? null : Math.max(kept ?? 0, stored ?? 0);
  }
}

/** Event types that never show that something was received. A gap does: it ends with a receipt. */
const OWN: ReadonlySet<EventType> = new Set<EventType>(["state", "system", "work", "erased"]);
const RECEIVED = EVENT_TYPES.filter((type) => !OWN.has(type));
/** Number of newest events of a room that are read at a time. */
const NEWEST = 50;

/** Returns when the newest stored event of a broadcast was received, ms UTC; null if there is none. */
async function newestReceipt(log: Log, room: RoomKey, sessionId: string): Promise<number | null> {
  for (let before = Number.MAX_SAFE_INTEGER; ; ) {
    const { events, scanned } = await log.readRoomBefore(room, before, NEWEST, { types: RECEIVED, tests: false });
    // A combo is settled by the clock, and a file may say any time.
    const receipts = events.filter(
      ({ id, type, source }) => type === "gap" || (source !== "system" && source !== "import" && !id.startsWith("settle:")),
    );
    const last = receipts.findLast((event) => event.sessionId === sessionId);
    if (last !== undefined) return last.receivedAt;
    if (events.length > 0 || scanned <= 1 || scanned >= before) return null;
    before = scanned;
  }
}
