import type { RoomHealth } from "../health/room-health.js";
import type { Intake, Taken } from "../ingest/intake.js";
import { gapEvent } from "../ingest/own-events.js";
import type { Broadcast } from "../ingest/pipeline.js";
import type { PlatformIdentity } from "../platform/access/platform-identity.js";
import type { Received } from "../platform/access/read.js";
import type { Live } from "../platform/links/resolve.js";
import type { PlatformAccess } from "../platform/platform-access.js";
import type { Drift } from "../platform/wire/drift.js";
import { backoffMs } from "../runtime/clock.js";
import { DyliveError } from "../runtime/errors.js";
import type { Budgets } from "../runtime/rate-limiter.js";
import { firstFetch } from "../sources/first-fetch.js";
import { openSource } from "../sources/open-source.js";
import { isNotOwner } from "../store/health.js";
import type { RoomKey } from "../store/log.js";
import type { Resume } from "../store/rooms.js";
import { ClockOffsets } from "./clock-offsets.js";
import type { CollectorDeps } from "./collector-deps.js";
import { type Gap, GapTracker } from "./gap-tracker.js";
import type { CollectorEvent, Effect } from "./machine.js";
import type { RoomRecords } from "./records.js";
import { ResumePoint } from "./resume-point.js";
import type { RoomResolver } from "./room-resolver.js";
import type { Watchdog } from "./watchdog.js";

const TICK_MS = 5000;
/** Time without receiving, in ms, after which a process did not go on with the room that it offered. */
const STUCK_MS = 30_000;
/** Overlap of two processes' connections, in ms: the old one's last frames are stored by then, and the new one has them too. */
const OVERLAP_MS = 1000;

/** The broadcast to connect to. */
export interface Target {
  readonly live: Live;
  readonly room: RoomKey;
  readonly intake: Intake;
  readonly identity: PlatformIdentity;
  /** Point at which an earlier process left the broadcast; null where the platform was asked. */
  readonly recalled: Resume | null;
}

interface ConnectionDeps {
  readonly collector: CollectorDeps;
  /** Null where the room is not recorded. */
  readonly raw: NonNullable<CollectorDeps["raw"]> | null;
  readonly budgets: Budgets;
  readonly health: RoomHealth;
  readonly access: PlatformAccess;
  readonly drift: Drift;
  readonly records: RoomRecords;
  readonly resolver: RoomResolver;
  readonly watchdog: () => Watchdog;
  /** Tells the machine of an event, and does what follows. */
  readonly happens: (event: CollectorEvent) => Promise<unknown>;
}

/** The connections of one room, one at a time: opens, stores what comes, notes what is missed and where to go on. What to do next is the machine's. */
export class RoomConnection {
  readonly #deps: ConnectionDeps;
  /** Times of this class are steady. */
  readonly #offsets: ClockOffsets;
  readonly #gaps: GapTracker;
  readonly #point: ResumePoint;
  /** When the last frame of this broadcast came here, by im/fetch too; null before the first. */
  #heardAt: number | null = null;
  /** When a question that failed may be asked again. */
  #askAt = 0;
  #attempts = 0;
  /** Gives the connection up: what else was received by then is taken first. */
  #given = new AbortController();
  /** Aborts with the connection. */
  #until: AbortSignal = AbortSignal.abort();
  #broken: unknown = null;

  constructor(deps: ConnectionDeps) {
    this.#deps = deps;
    this.#offsets = new ClockOffsets(deps.collector.clock);
    this.#gaps = new GapTracker(this.#offsets);
    this.#point = new ResumePoint(deps, this.#gaps, this.#offsets);
  }

  /** Connects and stores until the connection ends or is given up. @returns how it ended @throws what is no fault of the connection */
  async run(target: Target, signal: AbortSignal): Promise<CollectorEvent> {
    const { health, collector, access, records, happens } = this.#deps;
    const { live, room } = target;
    const ended = new AbortController();
    this.#given = new AbortController();
    this.#until = AbortSignal.any([signal, ended.signal]);
    this.#broken = null;
    let stands = () => {};
    const standing = new Promise<void>((resolve) => {
      stands = resolve;
    });
    const arrived = records.moving ? this.#arrive(live.roomId, standing, this.#until) : null;
    arrived?.catch(() => {}); // in a quiet room nobody waits for it
    const stopTicking = collector.clock.every(TICK_MS, () => {
      const at = this.#offsets.now();
      this.#beside(happens({ type: "tick", at, due: at >= this.#askAt }));
    });
    let end: CollectorEvent | null = null;
    try {
      const broadcast: Broadcast = {
        ...{ sessionId: live.roomId, webRid: live.webRid },
        ...{ anchorId: live.facts.anchor?.id ?? null, source: access.source },
      };
      // In the browser the page asks im/fetch itself, and we read its answer.
      if (access.source === "websocket") await this.#first(target, broadcast, signal);
      for await (const batch of this.#open(target, stands, AbortSignal.any([signal, this.#given.signal]))) {
        if (!records.lost) await happens({ type: "batch" });
        stands(); // only so a page shows that it stands
        await arrived;
        this.#offsets.learn(batch);
        const taken = await this.#take(target, batch, broadcast, signal);
        if (records.lost) continue; // the rest of what was received is handed over
        this.#point.reached(live.roomId, batch);
        await this.#seen(target, batch, taken, signal);
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
      health.backlog.dropped();
      if (end === null) await this.keep(room);
    }
    return end ?? { type: "stop" };
  }

  /** Lets something go on beside the connection, which ends when that fails. */
  #beside(work: Promise<unknown>): void {
    const until = this.#until;
    work.catch((error: unknown) => {
      if (until.aborted) return;
      this.#broken ??= error;
      this.#given.abort();
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
    this.#given.abort();
  }

  /** Forgets the host that the platform named once, which may be out of date: the next attempt goes to a known one. */
  forgetHost(): void {
    this.#point.hostRefused();
  }

  /** Keeps the point in the room's row, so that another process can go on. */
  async keep(room: RoomKey): Promise<void> {
    await this.#point.keep(room);
  }

  /** Notes what is missed from now on, unless something is missed already. */
  miss({ since, reason, silent }: Effect & { readonly type: "miss" }): void {
    const at = since === "frame" ? this.#heardAt : since;
    if (at !== null) this.#gaps.begin(this.#offsets.note(at), reason, { silent });
  }

  /**
   * Begins another broadcast than before: what was being missed of the old one is over.
   * @param left point at which the room's last connection was left, of this broadcast or of one before
   */
  async begin(target: Target, left: Resume | null, signal: AbortSignal): Promise<void> {
    const { health, records } = this.#deps;
    const { live, room } = target;
    const resume = left?.roomId === live.roomId ? left : null;
    if (health.sessionId !== null) await this.#finish(target, health.sessionId, signal);
    else if (left !== null && resume === null && !records.moving) {
      this.#gaps.goOn(left.missing);
      if (await records.endedHere(room, left.roomId)) await this.#notCollecting(room, left.roomId, left);
      await this.#finish(target, left.roomId, signal);
    }
    health.broadcast(live.roomId);
    this.#heardAt = null;
    this.#point.begin(resume);
    if (records.moving) return;
    this.#gaps.goOn(resume?.missing);
    await this.#notCollecting(room, live.roomId, resume);
  }

  /** Tells what was being missed of a broadcast that is over. */
  async #finish(target: Target, sessionId: string, signal: AbortSignal): Promise<void> {
    const { collector, records } = this.#deps;
    const session = await records.orElse(() => collector.store.sessions.get(target.room, sessionId), null);
    const gap = this.#gaps.close(session?.endedAt ?? collector.clock.now());
    if (gap !== null) await this.gap(target, gap, signal, sessionId);
  }

  /** Notes that a broadcast is missed since an earlier process left it, if there was one. */
  async #notCollecting(room: RoomKey, sessionId: string, left: Resume | null): Promise<void> {
    const kept = left === null ? null : { at: left.savedAt, ahead: left.ahead };
    const until = [kept, await this.#deps.records.receivedUntil(room, sessionId)].filter((noted) => noted !== null);
    if (until.length > 0) this.#gaps.begin(until, "dylive was not collecting");
  }

  /** Tells a gap of a broadcast, this one unless another is named. */
  async gap({ live, room, intake }: Target, gap: Gap, signal: AbortSignal, sessionId = live.roomId): Promise<void> {
    try {
      await intake.own(gapEvent(room, { sessionId, webRid: live.webRid }, gap.from, gap.to, gap.reason), signal);
    } catch (error) {
      this.reopen(gap); // it is told when something comes again, if need be to another process
      throw error;
    }
    this.#deps.health.gap(gap.from === null ? null : gap.to - gap.from);
  }

  /** Opens a gap again that is not over, or not told. */
  reopen({ from, reason }: Gap): void {
    this.#gaps.begin(from === null ? [] : this.#offsets.note(this.#offsets.steady(from)), reason);
  }

  /** Makes the room ours that another process goes on collecting: a second after our own connection stands. */
  async #arrive(roomId: string, standing: Promise<void>, signal: AbortSignal): Promise<void> {
    await standing;
    await this.#deps.collector.clock.sleep(OVERLAP_MS, signal);
    const left = await this.#deps.records.arrive(signal);
    if (left?.roomId !== roomId) return; // how an earlier broadcast was left says nothing of this one
    this.#gaps.goOn(left.missing);
    const { savedAt: at, ahead } = left;
    this.#gaps.begin({ at, ahead }, "the process that had the room had stopped receiving", { longerThanMs: STUCK_MS });
  }

  #open({ live, identity }: Target, onStanding: () => void, signal: AbortSignal): AsyncGenerator<readonly Received[]> {
    const { collector, budgets, access, drift, health, happens } = this.#deps;
    const { clock } = collector;
    const from = { ...this.#point.from, attempt: this.#attempts++ };
    const wanted = {
      ...{ live, identity, from },
      onOpen: (at: number) => {
        void happens({ type: "opened", at: this.#offsets.steady(at) });
        if (access.source === "websocket") onStanding();
      },
      onReceived: (frame: Received) => health.backlog.arrived(frame),
    };
    return openSource(wanted, { access, budgets, clock, drift }, signal);
  }

  /** Asks im/fetch, once a broadcast: it says where to connect, and its first messages are stored. */
  async #first(target: Target, broadcast: Broadcast, signal: AbortSignal): Promise<void> {
    const { roomId } = target.live;
    if (this.#point.isOf(roomId)) return;
    const { collector, budgets, access, drift, records, health } = this.#deps;
    const { visitor } = target.identity;
    await budgets.requests.turn(signal);
    const first = await firstFetch({ platform: access.platform, visitor, roomId, drift, now: () => collector.clock.now() }, signal);
    // Whoever has the room has these messages.
    if (first !== null) this.#offsets.learn([first.received]);
    if (first !== null && !records.moving) {
      health.backlog.arrived(first.received);
      const { lost } = await this.#take(target, [first.received], broadcast, signal);
      if (lost !== null) this.#gaps.begin([], lost); // how far back they reach, nobody has read
    }
    this.#point.first(roomId, first);
  }

  /** Hands a batch on as it came; what holds that up holds back the socket. */
  async #take({ intake, room }: Target, batch: readonly Received[], broadcast: Broadcast, signal: AbortSignal): Promise<Taken> {
    const { collector, raw, health } = this.#deps;
    collector.onReceived?.(batch, broadcast);
    raw?.take(room, batch, broadcast);
    health.backlog.taking(batch);
    const taken = await intake.take(batch, broadcast, signal);
    health.backlog.taken(batch);
    this.#heardAt = this.#offsets.steady(batch[batch.length - 1]?.receivedAt ?? collector.clock.now());
    return taken;
  }

  /** Notes what a batch says: a gap is over, people are heard, the end is announced, a frame was damaged. */
  async #seen(target: Target, batch: readonly Received[], { interactive: people, ended, lost }: Taken, signal: AbortSignal): Promise<void> {
    const { health, happens, watchdog } = this.#deps;
    const { lastFrameAt } = watchdog();
    const at = batch[batch.length - 1]?.receivedAt ?? 0;
    const damage = damagedIn(batch, this.#offsets.wall(lastFrameAt));
    if (lost !== null) this.#gaps.begin(this.#offsets.note(lastFrameAt), lost);
    const brought = { messages: batch.some(({ response }) => response !== null), people: people > 0 };
    const over = lost === null ? this.#gaps.end(batch[0]?.receivedAt ?? at, brought) : null;
    if (over !== null) {
      await this.gap(target, over, signal);
      await this.keep(target.room); // or who goes on after a crash would go on missing it
    }
    await happens({ type: "heard", at: this.#offsets.steady(at), people });
    if (damage !== null) health.drop("damaged", batch.filter(({ damaged }) => damaged).length);
    await happens({ type: "taken", announced: ended, damage });
  }
}

/**
 * Returns the interval in which the messages of damaged frames were made: from the frame before the first to the last. Null without damage.
 */
function damagedIn(batch: readonly Received[], lastFrameAt: number): (Gap & { readonly from: number }) | null {
  const first = batch.findIndex(({ damaged }) => damaged === true);
  const last = batch.findLast(({ damaged }) => damaged === true);
  if (last === undefined) return null;
  const before = batch[first - 1]?.receivedAt ?? lastFrameAt;
  return { from: Math.min(before, last.receivedAt - 1), to: last.receivedAt, reason: "a frame was damaged on its way" };
}
