import type { RoomHealth } from "../health/room-health.js";
import type { Intake, Taken } from "../ingest/intake.js";
import { gapBetween, gapEvent, gapUntilPeople } from "../ingest/own-events.js";
import type { Broadcast } from "../ingest/pipeline.js";
import type { Received } from "../platform/access/read.js";
import type { Live } from "../platform/links/resolve.js";
import { isInteractive } from "../platform/wire/methods.js";
import { backoffMs, follow, inTime, PATIENCE_MS } from "../runtime/clock.js";
import { DyliveError } from "../runtime/errors.js";
import { isNotOwner } from "../store/health.js";
import type { RoomKey } from "../store/log.js";
import type { Missing, Noted, Resume } from "../store/rooms.js";
import type { ClockOffsets } from "./clock-offsets.js";
import type { CollectorDeps } from "./collector-deps.js";
import { type Gap, GapTracker } from "./gap-tracker.js";
import type { CollectorEvent, Effect } from "./machine.js";
import type { RoomRecords } from "./records.js";
import type { RoomResolver } from "./room-resolver.js";
import { type Brought, DAMAGED, type RoomSession } from "./room-session.js";
import { SessionUnion } from "./session-union.js";
import { Takeover } from "./takeover.js";
import type { Watchdog } from "./watchdog.js";

const TICK_MS = 5000;
/** Time between two times that it is kept which messages the sessions brought, ms. */
const KEEP_SEEN_MS = 60_000;

/** Time from im/fetch until the first message after which some may have been missed, ms. */
const OPENING_MS = 2000;

/** Outcome of frames without a message. */
const NOTHING_TAKEN: Taken = { interactive: 0, ended: false, isGapTold: false };

/** The broadcast to connect to. */
export interface Target {
  readonly live: Live;
  readonly room: RoomKey;
  readonly intake: Intake;
  /** Point at which an earlier process left the broadcast; null where the platform was asked. */
  readonly recalled: Resume | null;
}

interface ConnectionDeps {
  readonly collector: CollectorDeps;
  /** Null where the room is not recorded. */
  readonly raw: NonNullable<CollectorDeps["raw"]> | null;
  readonly health: RoomHealth;
  readonly sessions: readonly RoomSession[];
  readonly offsets: ClockOffsets;
  readonly records: RoomRecords;
  readonly resolver: RoomResolver;
  readonly watchdog: () => Watchdog;
  /** Tells the machine of an event, and does what follows. */
  readonly happens: (event: CollectorEvent) => Promise<unknown>;
}

/** Room and broadcast of which a gap is told. */
interface GapPlace extends Pick<Target, "room" | "intake"> {
  readonly live: Pick<Live, "webRid">;
}

/** Resume points of the sessions, without what is missed. */
type Place = Omit<Resume, "missing">;

/** The connection of one room, which all of its sessions are together: opens, stores what comes, notes what is missed and where to go on. What to do next is the machine's. */
export class RoomConnection {
  readonly #deps: ConnectionDeps;
  /** Times of this class are steady. */
  readonly #offsets: ClockOffsets;
  readonly #gaps: GapTracker;
  readonly #union: SessionUnion;
  /** When the last frame of this broadcast came here, by im/fetch too; null before the first. */
  #heardAt: number | null = null;
  /** Resume points that were kept last: of which broadcast, by the versions of their points together, with what is missed. */
  #kept: { readonly place: Place | null; readonly version: number; readonly missing: GapTracker["open"] } = {
    ...{ place: null, version: 0, missing: null },
  };
  /** The same that is missed, as it was kept before something was stored that came after it; null where nothing is. */
  #foreseen: Missing | null = null;
  /** When it was kept last which messages the sessions brought, and the number of their changes by then. */
  #seenKeptAt = Number.NEGATIVE_INFINITY;
  #seenKept: number | null = null;
  /** Broadcast that was found to be over last, since when it is missed if it goes on all the same; null once something is connected to. */
  #over: { readonly sessionId: string; readonly since: Noted; readonly reason: string } | null = null;
  /** When a question that failed may be asked again. */
  #askAt = 0;
  /** Gives the connection up: what else was received by then is taken first. */
  #given: Pick<AbortController, "abort"> | null = null;
  /** Aborts with the connection. */
  #until: AbortSignal = AbortSignal.abort();
  #broken: unknown = null;

  constructor(deps: ConnectionDeps) {
    this.#deps = deps;
    this.#offsets = deps.offsets;
    this.#gaps = new GapTracker(this.#offsets);
    this.#union = new SessionUnion(deps.sessions, deps.collector.clock, this.#offsets);
  }

  /** Connects and stores until the connection ends or is given up. @returns how it ended @throws what is no fault of the connection */
  async run(target: Target, signal: AbortSignal): Promise<CollectorEvent> {
    const { health, collector, sessions, records, happens } = this.#deps;
    const { live, room } = target;
    const [ended, given] = [follow(signal), follow(signal)];
    this.#given = given;
    this.#until = ended.signal;
    this.#broken = null;
    if (this.#over?.sessionId === live.roomId) this.#gaps.begin(this.#over.since, this.#over.reason);
    this.#over = null;
    const takeover = records.moving ? new Takeover({ clock: collector.clock, records, offsets: this.#offsets, gaps: this.#gaps }) : null;
    const arrived = takeover?.arrive(room, live.roomId, this.#until);
    arrived?.catch(() => {}); // in a quiet room nobody waits for it
    const stopTicking = collector.clock.every(TICK_MS, () => {
      const at = this.#offsets.now();
      this.#union.look();
      if (sessions.some(({ hasAccount }) => hasAccount)) this.#beside(this.#lookAtAccounts());
      this.#beside(happens({ type: "tick", at, due: at >= this.#askAt }));
    });
    let end: CollectorEvent | null = null;
    try {
      const about = { sessionId: live.roomId, webRid: live.webRid, anchorId: live.facts.anchor?.id ?? null };
      const broadcasts = new Map(sessions.map((session) => [session, { ...about, source: session.access.source }]));
      const listeners = {
        onOpen: (at: number) => void happens({ type: "opened", at: this.#offsets.steady(at) }),
        onStanding: () => takeover?.stands(),
        onReceived: (frame: Received) => {
          health.backlog.arrived(frame);
          takeover?.received(frame);
        },
        onAllDown: (reason: string) => this.miss({ type: "miss", since: "frame", reason, silent: false }),
        onUnproven: (since: number, reason: string) => this.miss({ type: "miss", since, reason, silent: false }),
      };
      for await (const brought of this.#union.open(live, listeners, given.signal)) {
        if ("from" in brought) {
          await arrived;
          const hole = { from: this.#offsets.wall(brought.from), to: this.#offsets.wall(brought.to), reason: brought.reason };
          if (takeover?.ownerHad(hole.to) !== true) await this.gap(target, hole, signal);
          continue;
        }
        const { session, batch, isFirst } = brought;
        const broadcast = broadcasts.get(session) ?? { ...about, source: session.access.source };
        if (isFirst) {
          await this.#first(target, brought, broadcast, signal);
          continue;
        }
        await happens({ type: "batch" });
        await arrived;
        this.#offsets.learn(batch);
        const missed = this.#gaps.open;
        const taken = await this.#take(target, brought, broadcast, signal);
        session.point.reached(live.roomId, batch);
        await this.#seen(target, batch, { ...taken, missed }, signal);
      }
      if (this.#broken !== null) throw this.#broken;
      if (!signal.aborted) end = { type: "ended", at: this.#offsets.now(), reason: "the platform said that the connection is over" };
    } catch (error) {
      if (signal.aborted || !(error instanceof DyliveError) || isNotOwner(error)) throw error;
      const said = { at: this.#offsets.now(), reason: error.detail };
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
      if (!until.aborted) await happens({ type: "answered", at: this.#offsets.now(), says });
    };
    this.#beside(ask());
  }

  /** Lets no question be asked again for a while, after so many without an answer. */
  doubt(count: number): void {
    this.#askAt = this.#offsets.now() + backoffMs("refusal", count);
  }

  giveUp(): void {
    this.#given?.abort();
  }

  /** Forgets the host that the platform named once, which may be out of date: the next attempt goes to a known one. */
  forgetHost(): void {
    for (const { point } of this.#deps.sessions) point.hostRefused();
  }

  /** Keeps where each session goes on in the room's row, so that another process can. A convenience: without it one resolves first. */
  async keep(room: RoomKey): Promise<void> {
    const missing = this.#missing();
    if (missing === null) this.#foreseen = null;
    await this.#keep(room, missing);
  }

  /**
   * Keeps what is missed before something is stored that came after it: who goes on after a crash takes what is stored last for the end of all that
   * was received.
   * @param asked the session that asks for what came before it stands, if that is what is to be stored
   */
  async #foresee(room: RoomKey, asked?: RoomSession): Promise<void> {
    if (this.#deps.records.moving) return; // it is the other process's to keep
    const missing = this.#missing(asked);
    if (missing === null || isWithin(missing, this.#foreseen)) return; // what was kept of it says more than that already
    await this.#keep(room, missing);
    if (this.#kept.missing === missing) this.#foreseen = missing;
  }

  /** Returns what is missed, or will have been if the sessions that stand turn out to be silent. */
  #missing(asked?: RoomSession): Missing | null {
    const unproven = this.#union.unproven(asked);
    if (this.#gaps.open !== null || unproven === null) return this.#gaps.open;
    // Another process that goes on may have received since before that: then nothing was missed.
    return { since: [this.#offsets.note(unproven.since)], reason: unproven.reason, silent: false, longerThanMs: 0 };
  }

  async #keep(room: RoomKey, missing: Missing | null): Promise<void> {
    const { collector, records, sessions, health } = this.#deps;
    const roomId = health.sessionId;
    const { epoch } = records;
    if (roomId === null || records.moving || records.lost || epoch === 0) return;
    let version = 0;
    for (const { point } of sessions) version += point.version;
    // In a quiet room nothing changes, and there may be thousands of those.
    if (version !== this.#kept.version || roomId !== this.#kept.place?.roomId || missing !== this.#kept.missing) {
      const place = this.#place(roomId, missing);
      if (place === null) return;
      const resume: Resume = { ...place, ...(missing !== null && { missing }) };
      const isKept = () => {
        this.#kept = { place, version, missing };
      };
      await inTime(collector.store.rooms.setResume(room, resume, epoch), PATIENCE_MS, collector.clock).then(isKept, () => {});
    }
    await this.#keepSeen(room, roomId, KEEP_SEEN_MS);
  }

  /** Returns where each session goes on. Before the first one stands there is no position, but what is missed since may be told. */
  #place(roomId: string, missing: Missing | null): Place | null {
    const kept = this.#deps.sessions.flatMap(({ name, point }) => (point.kept === null ? [] : [{ name, ...point.kept }]));
    const [newest] = kept.toSorted((a, b) => b.saved.at - a.saved.at);
    const saved = newest?.saved ?? missing?.since[0];
    const positions = Object.fromEntries(kept.map(({ name, position }) => [name, position]));
    if (saved === undefined) return null;
    const { paceMs } = this.#deps.watchdog();
    return { roomId, positions, savedAt: saved.at, ahead: saved.ahead, ...(paceMs !== null && { paceMs }) };
  }

  /** Keeps which messages the sessions brought of a broadcast, unless that was done less than so many ms ago. */
  async #keepSeen(room: RoomKey, sessionId: string, everyMs: number): Promise<void> {
    const { collector, health, records } = this.#deps;
    const now = this.#offsets.now();
    if (records.moving || records.lost || now - this.#seenKeptAt < everyMs || health.seen.changes === this.#seenKept) return;
    const { changes, counts } = health.seen;
    if (counts === null) return;
    this.#seenKeptAt = now;
    const isKept = () => {
      this.#seenKept = changes;
    };
    await inTime(collector.store.sessions.keepSeen(room, sessionId, counts), PATIENCE_MS, collector.clock).then(isKept, () => {});
  }

  /** Notes what is missed from now on, unless something is missed already. */
  miss({ since, reason, silent }: Effect & { readonly type: "miss" }): void {
    const at = since === "frame" ? this.#heardAt : since;
    if (at !== null) this.#gaps.begin(this.#offsets.note(at), reason, { silent });
  }

  /**
   * Begins another broadcast than before: what was being missed of the old one is over.
   * @throws DyliveError store_unreachable and others of a store that is away, where it has to say what an earlier process left
   */
  async begin(target: Target, signal: AbortSignal): Promise<void> {
    const { health, records } = this.#deps;
    const { live, room, recalled } = target;
    const left = await records.left(room, recalled);
    const resume = left.resume?.roomId === live.roomId ? left.resume : null;
    if (health.sessionId !== null) await this.#keepSeen(room, health.sessionId, 0);
    if (health.sessionId !== null) await this.#finish(target, health.sessionId, await this.#endOf(room, health.sessionId), signal);
    else if (left.resume !== null && resume === null && !records.moving && left.resume.roomId !== this.#over?.sessionId) {
      const { roomId, missing } = left.resume;
      const endedAt = await this.#endOf(room, roomId);
      this.#gaps.goOn(missing);
      if (records.endedHere(left, roomId)) this.#notCollecting(records.until(left, roomId));
      await this.#finish(target, roomId, endedAt, signal);
    }
    const seen = await this.#deps.collector.store.sessions.seen(room, live.roomId);
    health.broadcast(live.roomId);
    records.begun();
    health.seen.begin(seen);
    this.#heardAt = null;
    this.#foreseen = null;
    for (const { point, name } of this.#deps.sessions) point.begin(resume, name);
    if (records.moving || this.#over?.sessionId === live.roomId) return;
    this.#gaps.goOn(resume?.missing);
    this.#notCollecting(records.until(left, live.roomId));
  }

  /**
   * Tells what was being missed of a broadcast that is over by `at` (ms UTC), also where an earlier process left it.
   * @throws DyliveError store_unreachable and others of a store that is away
   */
  async end(place: GapPlace, sessionId: string, at: number, signal: AbortSignal): Promise<void> {
    const { health, records } = this.#deps;
    if (health.sessionId !== sessionId && this.#over?.sessionId !== sessionId) {
      const left = await records.left(place.room);
      if (left.resume?.roomId === sessionId) this.#gaps.goOn(left.resume.missing);
      this.#notCollecting(records.until(left, sessionId));
    }
    const reason = this.#gaps.open?.reason ?? "the platform said that the broadcast was over";
    await this.#finish(place, sessionId, at, signal);
    await this.keep(place.room); // or who goes on after a crash would look for what was missed
    this.#over = { sessionId, since: this.#offsets.note(this.#offsets.steady(at)), reason };
  }

  /** Returns when a broadcast ended, ms UTC; now, where that is not known. */
  async #endOf(room: RoomKey, sessionId: string): Promise<number> {
    const { collector } = this.#deps;
    const session = await collector.store.sessions.get(room, sessionId);
    return session?.endedAt ?? collector.clock.now();
  }

  /** Tells what was being missed of a broadcast that is over. */
  async #finish(place: GapPlace, sessionId: string, endedAt: number, signal: AbortSignal): Promise<void> {
    const gap = this.#gaps.close(endedAt);
    if (gap !== null) await this.#tell(place, gap, signal, sessionId);
  }

  /** Notes that a broadcast is missed since an earlier process left it, if there was one. */
  #notCollecting(until: readonly Noted[]): void {
    if (until.length > 0) this.#gaps.begin(until, "dylive was not collecting");
  }

  /** Tells a gap of this broadcast. */
  async gap(target: Target, gap: Gap, signal: AbortSignal): Promise<void> {
    await this.#tell(target, gap, signal, target.live.roomId);
  }

  async #tell({ live, room, intake }: GapPlace, gap: Gap, signal: AbortSignal, sessionId: string): Promise<void> {
    try {
      await intake.own(gapEvent(room, { sessionId, webRid: live.webRid }, gap.from, gap.to, gap.reason), signal);
    } catch (error) {
      this.#reopen(gap); // it is told when something comes again, if need be to another process
      throw error;
    }
    this.#told(gap);
  }

  /** Notes that a gap is told: what was kept of it says nothing of the next one. */
  #told({ from, to }: Gap): void {
    this.#foreseen = null;
    this.#deps.health.gap(from === null ? null : to - from);
  }

  /** Opens a gap again that is not told. */
  #reopen({ from, reason }: Gap): void {
    this.#gaps.begin(from === null ? [] : this.#offsets.note(this.#offsets.steady(from)), reason);
  }

  /** Stores what im/fetch said, which comes before the connection. */
  async #first(target: Target, brought: Brought, broadcast: Broadcast, signal: AbortSignal): Promise<void> {
    const { records, health } = this.#deps;
    const { batch, session } = brought;
    this.#offsets.learn(batch);
    if (records.moving) return; // whoever has the room has these messages
    for (const frame of batch) health.backlog.arrived(frame);
    await this.#foresee(target.room, session);
    await this.#take(target, brought, broadcast, signal);
  }

  /** Hands a batch on as it came, with the gap that it ends; what holds that up holds back the socket. */
  async #take(
    { intake, room, live }: Target,
    { session, batch, isFirst }: Brought,
    broadcast: Broadcast,
    signal: AbortSignal,
  ): Promise<Taken> {
    const { collector, raw, health, sessions } = this.#deps;
    const by = sessions.length === 1 ? undefined : sessions.indexOf(session);
    collector.onReceived?.(batch, broadcast);
    raw?.take(room, batch, broadcast);
    if (batch.every(({ response }) => response === null)) {
      // Answers to heartbeats, mostly: there is nothing in them to store.
      this.#heard(batch);
      return NOTHING_TAKEN;
    }
    await this.#foresee(room);
    health.backlog.taking(batch);
    const named = by === undefined ? batch : batch.map((frame) => ({ ...frame, by }));
    // Together, the gap first: a process that is killed with the messages stored and the gap not has the next one tell a gap over both.
    const missed = this.#gaps.open;
    // Whether people are heard, only what takes it knows.
    const put = missed?.silent ? gapUntilPeople : gapBetween;
    const mayEnd = !isFirst || this.#endsByFirst(batch);
    // While the store is away, a batch grows long: of a silence, what came before its people is no end.
    const first = (missed?.silent && batch.find(hasPeople)) || batch[0];
    const over = mayEnd ? this.#gaps.end(first?.receivedAt ?? 0, { messages: true, people: true }) : null;
    const given = over === null ? named : [put({ sessionId: live.roomId, webRid: live.webRid, ...over }), ...named];
    let isKept = false;
    try {
      const taken = await intake.take(given, broadcast, signal);
      isKept = missed?.silent ? taken.isGapTold : true;
      if (over !== null && isKept) this.#told(over);
      // Of what is sent until the connection stands, it brings what the platform still has.
      if (over !== null && isKept && isFirst)
        this.#gaps.begin(this.#offsets.note(this.#offsets.steady(over.to)), over.reason, { longerThanMs: OPENING_MS });
      health.backlog.taken(batch);
      this.#heard(batch);
      return taken;
    } finally {
      if (missed !== null && !isKept && mayEnd) this.#gaps.resume(missed); // until something is kept
    }
  }

  /** Tells whether what im/fetch said lies behind what was missed: no silence ends by it, nor what may turn out to be none. */
  #endsByFirst(batch: readonly Received[]): boolean {
    const { open } = this.#gaps;
    return open?.silent === false && open.longerThanMs === undefined && batch.some(({ response }) => (response?.messages.length ?? 0) > 0);
  }

  /** Notes when the last frame of a batch came. */
  #heard(batch: readonly Received[]): void {
    const at = this.#offsets.steady(batch[batch.length - 1]?.receivedAt ?? this.#deps.collector.clock.now());
    this.#heardAt = Math.max(at, this.#heardAt ?? at); // another session's may have come later
  }

  /**
   * Notes what a batch says: a gap is over, people are heard, the end is announced, a frame was damaged.
   * @param taken `missed` is what was being missed before the batch
   */
  async #seen(
    target: Target,
    batch: readonly Received[],
    { interactive: people, ended, missed }: Taken & { readonly missed: Missing | null },
    signal: AbortSignal,
  ): Promise<void> {
    const { health, happens, watchdog } = this.#deps;
    const { lastFrameAt } = watchdog();
    const at = batch[batch.length - 1]?.receivedAt ?? 0;
    const isDoubled = this.#union.standing > 1; // another session has what was in it
    const damage = isDoubled ? null : damagedIn(batch, this.#offsets.wall(lastFrameAt));
    const brought = { messages: batch.some(({ response }) => response !== null), people: people > 0 };
    // Not one that has begun while the batch was being stored.
    const over = this.#gaps.open === missed ? this.#gaps.end(batch[0]?.receivedAt ?? at, brought) : null;
    if (over !== null) await this.gap(target, over, signal);
    if (missed !== null && this.#gaps.open === null) await this.keep(target.room); // or who goes on after a crash would look for it
    await happens({
      type: "heard",
      at: Math.max(this.#offsets.steady(at), isDoubled ? lastFrameAt : 0),
      people,
      messages: brought.messages,
    });
    const damaged = batch.filter((frame) => frame.damaged).length;
    if (damaged > 0) health.drop("damaged", damaged);
    await happens({ type: "taken", announced: ended, damage });
  }
}

/** Tells whether a frame has messages that people caused. */
function hasPeople({ response }: Received): boolean {
  return response?.messages.some(({ method }) => isInteractive(method)) === true;
}

/** Tells whether what is missed lies within what was known to be missed before, for the same reason. */
function isWithin(missing: Missing, before: Missing | null): boolean {
  if (missing === before) return true;
  if (missing.reason !== before?.reason || missing.since.length !== before.since.length) return false;
  return missing.since.every(({ at }, n) => at >= (before.since[n]?.at ?? Number.POSITIVE_INFINITY));
}

/**
 * Returns the interval in which the messages of damaged frames were made: from the frame before the first to the last. Null without damage.
 */
function damagedIn(batch: readonly Received[], lastFrameAt: number): (Gap & { readonly from: number }) | null {
  const first = batch.findIndex(({ damaged }) => damaged === true);
  const last = batch.findLast(({ damaged }) => damaged === true);
  if (last === undefined) return null;
  const before = batch[first - 1]?.receivedAt ?? lastFrameAt;
  return { from: Math.min(before, last.receivedAt - 1), to: last.receivedAt, reason: DAMAGED };
}
