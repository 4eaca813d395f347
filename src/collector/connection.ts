import type { RoomHealth } from "../health/room-health.js";
import type { Intake, IntakeResult } from "../ingest/intake.js";
import { gapEvent } from "../ingest/own-events.js";
import type { Broadcast } from "../ingest/pipeline.js";
import type { Received } from "../platform/access/read.js";
import type { Live } from "../platform/links/resolve.js";
import { isInteractive } from "../platform/wire/methods.js";
import { backoffMs, linkedController, PATIENCE_MS, withTimeout } from "../runtime/clock.js";
import { DyliveError } from "../runtime/errors.js";
import { isNotOwner } from "../store/health.js";
import type { RoomKey } from "../store/log.js";
import type { Resume } from "../store/rooms.js";
import type { CollectorDeps } from "./collector-deps.js";
import { type Gap, GapTracker } from "./gap-tracker.js";
import type { CollectorEvent, Effect } from "./machine.js";
import type { RoomRecords } from "./records.js";
import type { RoomResolver } from "./room-resolver.js";
import { type Brought, DAMAGED, type RoomSession } from "./room-session.js";
import { SessionUnion } from "./session-union.js";
import type { SteadyTime } from "./steady-time.js";
import type { Watchdog } from "./watchdog.js";

const TICK_MS = 5000;
/** Interval at which the counts of messages by session are kept, ms. */
const KEEP_SEEN_MS = 60_000;
/**
 * Longest time from im/fetch to the connection's first frame in which nothing is missed, ms: the platform sends what came since, but only the
 * newest 15 messages.
 */
const OPENING_MS = 2000;
/** Reason of the gap after a restart. */
const NOT_COLLECTING = "dylive was not collecting";

/** Outcome of frames without a message. */
const NOTHING_TAKEN: IntakeResult = { interactive: 0, ended: false };

/** The broadcast to connect to. */
export interface Target {
  readonly live: Live;
  readonly room: RoomKey;
  readonly intake: Intake;
}

interface ConnectionDeps {
  readonly collector: CollectorDeps;
  /** Null where the room is not recorded. */
  readonly raw: NonNullable<CollectorDeps["raw"]> | null;
  readonly health: RoomHealth;
  readonly sessions: readonly RoomSession[];
  readonly time: SteadyTime;
  readonly records: RoomRecords;
  readonly resolver: RoomResolver;
  readonly watchdog: () => Watchdog;
  /** Tells the machine of an event, and does what follows. */
  readonly happens: (event: CollectorEvent) => Promise<unknown>;
}

/** Room and broadcast of a gap. */
interface GapPlace extends Pick<Target, "room" | "intake"> {
  readonly live: Pick<Live, "webRid">;
}

/**
 * The connection of one room, which all of its sessions are together: opens, stores what comes, stores the gaps and keeps the resume point. What
 * to do next is the machine's. A gap reaches from the last receipt to the next one over another connection.
 */
export class RoomConnection {
  readonly #deps: ConnectionDeps;
  /** Times of this class are steady. */
  readonly #time: SteadyTime;
  readonly #gaps = new GapTracker();
  readonly #union: SessionUnion;
  /** When the last frame of this broadcast came, by im/fetch too; null before the first. */
  #heardAt: number | null = null;
  /** Resume point that was kept last: its broadcast, and the versions of its sessions' points together. */
  #kept: { readonly roomId: string | null; readonly version: number } = { roomId: null, version: 0 };
  /** When the counts by session were kept last, and the number of their changes by then. */
  #seenKeptAt = Number.NEGATIVE_INFINITY;
  #seenKept: number | null = null;
  /** Broadcast that was found to be over last: if it goes on all the same, it is missed since then. Null once something is connected to. */
  #over: { readonly sessionId: string; readonly since: number; readonly reason: string } | null = null;
  /** When a question that failed may be asked again. */
  #askAt = 0;
  /** Gives the connection up: what else was received by then is taken first. */
  #given: Pick<AbortController, "abort"> | null = null;
  /** Aborts with the connection. */
  #until: AbortSignal = AbortSignal.abort();
  #broken: unknown = null;

  constructor(deps: ConnectionDeps) {
    this.#deps = deps;
    this.#time = deps.time;
    this.#union = new SessionUnion(deps.sessions, deps.collector.clock, this.#time);
  }

  /** Connects and stores until the connection ends or is given up. @returns how it ended @throws what is no fault of the connection */
  async run(target: Target, signal: AbortSignal): Promise<CollectorEvent> {
    const { health, collector, sessions, happens } = this.#deps;
    const { live, room } = target;
    const [ended, given] = [linkedController(signal), linkedController(signal)];
    this.#given = given;
    this.#until = ended.signal;
    this.#broken = null;
    if (this.#over?.sessionId === live.roomId) this.#gaps.begin(this.#over.since, this.#over.reason);
    this.#over = null;
    const stopTicking = collector.clock.every(TICK_MS, () => {
      const at = this.#time.now();
      this.#union.look();
      if (sessions.some(({ hasAccount }) => hasAccount)) this.#beside(this.#lookAtAccounts());
      this.#beside(happens({ type: "tick", at, due: at >= this.#askAt }));
    });
    let end: CollectorEvent | null = null;
    try {
      const about = { sessionId: live.roomId, webRid: live.webRid, anchorId: live.facts.anchor?.id ?? null };
      const broadcasts = new Map(sessions.map((session) => [session, { ...about, source: session.access.source }]));
      const listeners = {
        onOpen: (at: number) => void happens({ type: "opened", at: this.#time.steady(at) }),
        onReceived: (frame: Received) => health.backlog.arrived(frame),
        onAllDown: (reason: string) => this.#gaps.begin(this.#heardAt, reason),
      };
      for await (const brought of this.#union.open(live, listeners, given.signal)) {
        if ("from" in brought) await this.gap(target, brought, signal);
        else
          await this.#take(target, brought, broadcasts.get(brought.session) ?? { ...about, source: brought.session.access.source }, signal);
      }
      if (this.#broken !== null) throw this.#broken;
      if (!signal.aborted) end = { type: "ended", at: this.#time.now(), reason: "the platform said that the connection is over" };
    } catch (error) {
      if (signal.aborted || !(error instanceof DyliveError) || isNotOwner(error)) throw error;
      const said = { at: this.#time.now(), reason: error.detail };
      end = error.code === "blocked" ? { type: "refused", ...said, problem: error.code } : { type: "failed", ...said };
    } finally {
      stopTicking();
      ended.abort();
      for (const one of [ended, given]) one.release();
      health.backlog.dropped();
      this.#seenKeptAt = Number.NEGATIVE_INFINITY;
      if (end === null) await this.keep(room);
    }
    return end ?? { type: "stop" };
  }

  /** Gives up what accounts receive that were forgotten; who watches the room instead, its page says. */
  async #lookAtAccounts(): Promise<void> {
    for (const session of this.#deps.sessions) if (await session.lookAtAccount()) this.#deps.resolver.forget();
  }

  /** Lets something go on beside the connection, which ends when that fails. */
  #beside(work: Promise<unknown>): void {
    const until = this.#until;
    work.catch((error: unknown) => {
      if (until.aborted) return;
      this.#broken ??= error;
      this.#given?.abort();
    });
  }

  /** Asks the platform whether the broadcast is on, while the connection goes on. */
  question(live: Live): void {
    const { resolver, happens } = this.#deps;
    const until = this.#until;
    const ask = async () => {
      const asked = await resolver.resolve(until, true);
      const isOver = asked.outcome === "offline" || (asked.outcome === "live" && asked.roomId !== live.roomId);
      const says = isOver ? "over" : asked.outcome === "live" ? "live" : "nothing";
      if (!until.aborted) await happens({ type: "answered", at: this.#time.now(), says });
    };
    this.#beside(ask());
  }

  /** Lets no question be asked again for a while, after so many without an answer. */
  doubt(count: number): void {
    this.#askAt = this.#time.now() + backoffMs("refusal", count);
  }

  giveUp(): void {
    this.#given?.abort();
  }

  /** Forgets the host that the platform named once, which may be out of date: the next attempt goes to a known one. */
  forgetHost(): void {
    for (const { point } of this.#deps.sessions) point.hostRefused();
  }

  /** Keeps the resume points in the room's row. A convenience: without them the next process resolves first. */
  async keep(room: RoomKey): Promise<void> {
    const { collector, records, sessions, health } = this.#deps;
    const roomId = health.sessionId;
    const { epoch } = records;
    if (roomId === null || records.lost || epoch === 0) return;
    let version = 0;
    for (const { point } of sessions) version += point.version;
    // In a quiet room nothing changes, and there may be thousands of those.
    if (version !== this.#kept.version || roomId !== this.#kept.roomId) {
      const resume = this.#resume(roomId);
      if (resume === null) return;
      const isKept = () => {
        this.#kept = { roomId, version };
      };
      await withTimeout(collector.store.rooms.setResume(room, resume, epoch), PATIENCE_MS, collector.clock).then(isKept, () => {});
    }
    await this.#keepSeen(room, roomId, KEEP_SEEN_MS);
  }

  #resume(roomId: string): Resume | null {
    const kept = this.#deps.sessions.flatMap(({ name, point }) => (point.kept === null ? [] : [{ name, ...point.kept }]));
    if (kept.length === 0) return null;
    const positions = Object.fromEntries(kept.map(({ name, position }) => [name, position]));
    const { paceMs } = this.#deps.watchdog();
    return { roomId, positions, savedAt: Math.max(...kept.map(({ savedAt }) => savedAt)), ...(paceMs !== null && { paceMs }) };
  }

  /** Keeps which messages the sessions brought of a broadcast, unless that was done less than so many ms ago. */
  async #keepSeen(room: RoomKey, sessionId: string, everyMs: number): Promise<void> {
    const { collector, health, records } = this.#deps;
    const now = this.#time.now();
    if (records.lost || now - this.#seenKeptAt < everyMs || health.seen.changes === this.#seenKept) return;
    const { changes, counts } = health.seen;
    if (counts === null) return;
    this.#seenKeptAt = now;
    const isKept = () => {
      this.#seenKept = changes;
    };
    await withTimeout(collector.store.sessions.keepSeen(room, sessionId, counts), PATIENCE_MS, collector.clock).then(isKept, () => {});
  }

  /** Opens a gap, unless one is open. */
  miss({ since, reason, silent }: Effect & { readonly type: "miss" }): void {
    this.#gaps.begin(since === "frame" ? this.#heardAt : since, reason, { silent });
  }

  /**
   * Begins another broadcast than before, and stores the gap at the end of the one before.
   * @throws DyliveError store_unreachable and others of a store that is away
   */
  async begin({ room, intake, live }: Target, signal: AbortSignal): Promise<void> {
    const { health, records, collector, sessions } = this.#deps;
    const left = (await collector.store.rooms.get(room))?.resume ?? null;
    const resume = left?.roomId === live.roomId ? left : null;
    const before = health.sessionId ?? (resume === null ? (left?.roomId ?? null) : null);
    if (health.sessionId !== null) await this.#keepSeen(room, health.sessionId, 0);
    if (before !== null && before !== this.#over?.sessionId) {
      if (health.sessionId === null && (await records.endedHere(room, before))) await this.#notCollecting(room, before);
      const session = await collector.store.sessions.get(room, before);
      await this.#endGap({ room, intake, live }, before, this.#time.steady(session?.endedAt ?? collector.clock.now()), signal);
    }
    const seen = await collector.store.sessions.seen(room, live.roomId);
    if (this.#over?.sessionId !== live.roomId) await this.#notCollecting(room, live.roomId);
    health.broadcast(live.roomId);
    health.seen.begin(seen);
    this.#heardAt = null;
    for (const { point, name } of sessions) point.begin(resume, name);
  }

  /** Opens the gap since an earlier process received a broadcast, if one did. */
  async #notCollecting(room: RoomKey, sessionId: string): Promise<void> {
    const until = await this.#deps.records.receivedUntil(room, sessionId);
    this.#gaps.begin(until === null ? null : this.#time.steady(until), NOT_COLLECTING);
  }

  /**
   * Stores the gap at the end of a broadcast that is over by `at` (ms UTC), also of one that an earlier process received.
   * @throws DyliveError store_unreachable and others of a store that is away
   */
  async end(place: GapPlace, sessionId: string, at: number, signal: AbortSignal): Promise<void> {
    const since = this.#time.steady(at);
    if (this.#deps.health.sessionId !== sessionId && this.#over?.sessionId !== sessionId) await this.#notCollecting(place.room, sessionId);
    const reason = this.#gaps.open?.reason ?? "the platform said that the broadcast was over";
    await this.#endGap(place, sessionId, since, signal);
    this.#over = { sessionId, since, reason };
  }

  /** Ends the open gap before the room is left: the next process takes what is stored last for the end of what was received. */
  async leave(place: GapPlace): Promise<void> {
    const { health, records, collector } = this.#deps;
    if (health.sessionId === null || records.lost) return;
    await withTimeout(this.#endGap(place, health.sessionId, this.#time.now(), AbortSignal.abort()), PATIENCE_MS, collector.clock);
  }

  /** Ends the open gap, if there is one, and stores it; one that the store does not take stays open. */
  async #endGap(place: GapPlace, sessionId: string, at: number, signal: AbortSignal): Promise<void> {
    const { open } = this.#gaps;
    const gap = this.#gaps.end(at);
    if (gap === null || open === null) return;
    try {
      await this.#store(place, gap, sessionId, signal);
    } catch (error) {
      this.#gaps.begin(open.since, open.reason, open);
      throw error;
    }
  }

  /** Stores a gap of this broadcast. Times are steady. */
  async gap(target: Target, gap: Gap, signal: AbortSignal): Promise<void> {
    await this.#store(target, gap, target.live.roomId, signal);
  }

  async #store({ live, room, intake }: GapPlace, { from, to, reason }: Gap, sessionId: string, signal: AbortSignal): Promise<void> {
    const [since, until] = [this.#time.wall(from), this.#time.wall(to)];
    // A clock that was set back while dylive did not run: how long that was is unknown.
    await intake.own(gapEvent(room, { sessionId, webRid: live.webRid }, since > until ? null : since, until, reason), signal);
    this.#deps.health.gap(since > until ? null : until - since);
  }

  /** Stores what a session brought and the gap that it ends; what holds that up holds back the socket. */
  async #take(target: Target, { session, batch, isFirst }: Brought, broadcast: Broadcast, signal: AbortSignal): Promise<void> {
    const { collector, raw, health, sessions, happens, watchdog } = this.#deps;
    const { live, room, intake } = target;
    const by = sessions.length === 1 ? undefined : sessions.indexOf(session);
    const hasMessages = batch.some(({ response }) => response !== null);
    if (isFirst) for (const frame of batch) health.backlog.arrived(frame);
    else await happens({ type: "batch" });
    collector.onReceived?.(batch, broadcast);
    raw?.take(room, batch, broadcast);
    // Before the messages: after a kill in between, the next process begins its gap where this one ends.
    await this.#endGapBy(target, batch, isFirst, signal);
    let taken = NOTHING_TAKEN;
    if (hasMessages) {
      health.backlog.taking(batch);
      taken = await intake.take(by === undefined ? batch : batch.map((frame) => ({ ...frame, by })), broadcast, signal);
      health.backlog.taken(batch);
    }
    const at = this.#time.steady(batch.at(-1)?.receivedAt ?? collector.clock.now());
    this.#heardAt = Math.max(at, this.#heardAt ?? at); // another session's may have come later
    if (isFirst) return;
    if (this.#gaps.open?.silent && taken.interactive > 0) {
      const first = batch.find(hasPeople) ?? batch[0];
      await this.#endGap(target, live.roomId, this.#time.steady(first?.receivedAt ?? 0), signal);
    }
    session.point.reached(live.roomId, batch);
    const { lastFrameAt } = watchdog();
    const isDoubled = this.#union.standing > 1; // another session has what was in a damaged frame
    const damage = isDoubled ? null : this.#damaged(batch, lastFrameAt);
    await happens({ type: "heard", at: Math.max(at, isDoubled ? lastFrameAt : 0), people: taken.interactive, messages: hasMessages });
    const damaged = batch.filter((frame) => frame.damaged).length;
    if (damaged > 0) health.drop("damaged", damaged);
    await happens({ type: "taken", announced: taken.ended, damage });
  }

  /** Ends the gap that any frame of a connection ends. The answer of im/fetch comes before the connection, which may open late. */
  async #endGapBy(target: Target, batch: readonly Received[], isFirst: boolean, signal: AbortSignal): Promise<void> {
    const { open } = this.#gaps;
    const hasMessages = batch.some(({ response }) => (response?.messages.length ?? 0) > 0);
    if (open === null || open.silent || (isFirst && (!hasMessages || open.toleranceMs > 0))) return;
    const at = this.#time.steady(batch[0]?.receivedAt ?? 0);
    await this.#endGap(target, target.live.roomId, at, signal);
    if (isFirst) this.#gaps.begin(at, open.reason, { toleranceMs: OPENING_MS });
  }

  /** Returns the interval in which the messages of damaged frames were made: from the frame before the first to the last. Null without damage. */
  #damaged(batch: readonly Received[], lastFrameAt: number): Gap | null {
    const first = batch.findIndex(({ damaged }) => damaged === true);
    const last = batch.findLast(({ damaged }) => damaged === true);
    if (last === undefined) return null;
    const to = this.#time.steady(last.receivedAt);
    const before = batch[first - 1];
    const from = before === undefined ? lastFrameAt : this.#time.steady(before.receivedAt);
    return { from: Math.min(from, to - 1), to, reason: DAMAGED };
  }
}

/** Tells whether a frame has messages that people caused. */
function hasPeople({ response }: Received): boolean {
  return response?.messages.some(({ method }) => isInteractive(method)) === true;
}
