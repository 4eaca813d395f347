import { RoomHealth } from "../health/room-health.js";
import { PAUSED, type RoomStatus, UNWANTED } from "../health/state.js";
import { GiftCatalogue } from "../ingest/fill-in.js";
import { Intake, isStoreProblem } from "../ingest/intake.js";
import { Pipeline } from "../ingest/pipeline.js";
import type { PlatformIdentity } from "../platform/access/platform-identity.js";
import type { Live, Offline, RoomName } from "../platform/links/resolve.js";
import { sessionsOf } from "../platform/platform-access.js";
import { Drift } from "../platform/wire/drift.js";
import { backoffMs, randomBetween, untilAborted, Wheel } from "../runtime/clock.js";
import { DyliveError } from "../runtime/errors.js";
import type { Budgets } from "../runtime/rate-limiter.js";
import { HEARTBEAT_MS } from "../sources/websocket.js";
import type { Uncollected } from "../store/cluster.js";
import { isNotOwner, storeDownReason } from "../store/health.js";
import type { RoomKey } from "../store/log.js";
import type { RoomRow, RoomSettings } from "../store/rooms.js";
import { Broadcasts } from "./broadcasts.js";
import { RoomConnection, type Target } from "./connection.js";
import { type ClaimedRoom, type CollectorDeps, type RoomContext, type RoomOwnership, SteadyTime } from "./context.js";
import { type CollectorEvent, type Effect, START } from "./machine.js";
import { eventOf, FRESH_MS, meetRoom, RoomResolver } from "./room-resolver.js";
import { RoomSession } from "./room-session.js";
import { StatusKeeper } from "./status.js";
import { step } from "./transitions.js";

/** Longest part of a wait between looks whose time may change, in ms; with the look at the settings, half a minute (app/running-settings.ts). */
const WAIT_PART_MS = 10_000;

/** What all collectors of a process share. */
interface SharedByCollectors extends Budgets {
  /**
   * The collector that has a room: one at most, from before it claims or connects anything of it until all that it received is stored. Names are
   * many and resolve in any order; a collector that comes second opens nothing.
   */
  readonly collectors: Map<RoomKey, Collector>;
  readonly gifts: GiftCatalogue;
  /** Has each collector look at what is due. */
  readonly looks: Wheel;
}

/** Makes what all collectors of a process share. */
export function sharedByCollectors(
  { store, clock }: Pick<CollectorDeps, "store" | "clock">,
  budgets: Omit<Budgets, "heartbeats">,
): SharedByCollectors {
  return {
    ...budgets,
    ...{ heartbeats: new Wheel(clock, HEARTBEAT_MS), looks: new Wheel(clock, 1000) },
    ...{ collectors: new Map(), gifts: new GiftCatalogue(store.gifts) },
  };
}

/**
 * Reason why a collector has ended by itself: another process has the room, another collector of this one has, its name leads to another
 * room by now, or the room is paused.
 */
type Ending =
  | { readonly why: "no_account" | "lost" | "moved" }
  | { readonly why: "twin"; readonly of: Collector }
  | { readonly why: "paused"; readonly room: RoomKey };

/** Does an effect each; what ends with an event returns it. */
type Performers = {
  readonly [T in Effect["type"]]: (effect: Effect & { readonly type: T }) => Promise<CollectorEvent> | Promise<void> | void;
};

/** A room that the platform was asked for, and that is this collector's. */
interface FoundRoom extends ClaimedRoom {
  readonly reading: Live | Offline;
}

/**
 * Collects one room until it is stopped: does what the machine of `transitions.ts` says, and hands it what comes of that. Its status tells the
 * truth about how that goes.
 */
export class Collector {
  readonly name: RoomName;
  readonly settings: RoomSettings;
  readonly health: RoomHealth;
  /** Messages and fields that our decoders do not know, and failures to decode. */
  readonly drift = new Drift();
  readonly #context: RoomContext;
  readonly #shared: SharedByCollectors;
  readonly #row: RoomRow | null;
  readonly #ownership: RoomOwnership;
  readonly #stop = new AbortController();
  readonly #sessions: readonly RoomSession[];
  readonly #resolver: RoomResolver;
  readonly #broadcasts: Broadcasts;
  readonly #status: StatusKeeper;
  readonly #connection: RoomConnection;
  readonly #performers: Performers = {
    recall: () => this.#recall(),
    ask: () => this.#ask(),
    askAnew: async () => eventOf(await this.#resolver.resolve(this.#stop.signal)),
    check: async () => ({ type: "checked", sessionId: await this.#broadcasts.open() }),
    identify: () => this.#identify(),
    connect: () => this.#connection.run(this.#connected),
    wait: (wait) => this.#wait(wait),
    tell: ({ state, reason, problem }) => this.#status.to(state, reason, problem),
    show: ({ state, reason, problem }) => void this.health.to(state, reason, problem),
    begin: () => this.#connection.begin(this.#connected),
    end: ({ sessionId, reason }) => (this.room === null ? undefined : this.#broadcasts.end(this.room, sessionId, reason)),
    gap: ({ gap }) => this.#broadcasts.store(gap),
    miss: ({ since, reason, silent }) => this.#broadcasts.miss(since === "frame" ? null : since, reason, { silent }),
    keep: () => this.#connection.keep(this.#connected),
    question: () => this.#connection.question(this.#connected),
    doubt: ({ count }) => this.#connection.doubt(count),
    giveUp: () => this.#connection.giveUp(),
    // The host that the platform named once may be out of date: the next attempt goes to a known one.
    forgetHost: () => {
      for (const { point } of this.#sessions) point.hostRefused();
    },
    forget: () => this.#resolver.forget(),
    rest: () => {
      for (const session of this.#sessions) session.rest();
    },
    reconnected: () => this.health.reconnected(),
  };
  #machine = START;
  /** The room of which this is the collector, before it is claimed, too. */
  #entered: RoomKey | null = null;
  #claimed: ClaimedRoom | null = null;
  #found: FoundRoom | null = null;
  #target: Target | null = null;
  #ending: Ending | null = null;
  #uncollected: Uncollected | null = null;
  #seconds = 0;
  #done: Promise<void> | null = null;

  /**
   * @param row what the store knows of the room, if it does
   * @throws DyliveError bad_config when a proxy of its own is none, bad_request when a session is none
   */
  constructor(
    name: RoomName,
    deps: CollectorDeps,
    shared: SharedByCollectors,
    settings: RoomSettings,
    row: RoomRow | null,
    ownership: RoomOwnership,
  ) {
    this.name = name;
    this.settings = settings;
    this.#row = row;
    this.#shared = shared;
    this.#ownership = ownership;
    const { drift } = this;
    const health = new RoomHealth(deps.clock);
    this.health = health;
    const context: RoomContext = {
      ...deps,
      ...{ budgets: shared, health, drift, time: new SteadyTime(deps.clock), signal: this.#stop.signal },
      claimed: () => (this.lost ? null : this.#claimed),
    };
    this.#context = context;
    const sessions = sessionsOf(settings).map(
      (choice) => new RoomSession(choice, row?.resume?.positions[choice.name]?.visitor ?? null, context),
    );
    this.#sessions = sessions;
    health.watchedBy(sessions.map((session) => session.health));
    this.#resolver = new RoomResolver(
      name,
      context,
      sessions.map(({ access }) => access),
    );
    this.#broadcasts = new Broadcasts(context);
    this.#status = new StatusKeeper(context, this.#broadcasts);
    this.#connection = new RoomConnection(context, {
      ...{ sessions, broadcasts: this.#broadcasts, resolver: this.#resolver },
      raw: (settings.record ?? deps.raw?.byDefault) ? (deps.raw ?? null) : null,
      watchdog: () => this.#machine.memory.watchdog,
      happens: (event) => this.#happens(event),
    });
  }

  /** The room once the platform has named it, and it is this collector's. */
  get room(): RoomKey | null {
    return this.#claimed?.room ?? null;
  }

  /** Why it has stopped by itself, or is about to; null while it goes on, and when it was stopped. */
  get ending(): Ending | null {
    return this.#ending;
  }

  /** Whether the room turned out to be another process's. */
  get lost(): boolean {
    return this.#ending?.why === "lost";
  }

  status(): RoomStatus | null {
    return this.room === null ? null : this.health.status(this.room);
  }

  /** Starts once; resolves when the collector has stopped, also by itself (no such account). Never rejects. */
  run(): Promise<void> {
    this.#done ??= this.#run();
    return this.#done;
  }

  /** Asks for the room by this number from now on, which another collector has read. */
  askFor(webRid: string): void {
    this.#resolver.askFor(webRid);
  }

  /**
   * Ends the connection and stores what had been received. The room is the next collector's when that is done.
   * @param uncollected why the room is not collected after, which its log has; null where this or another process may
   */
  async stop(uncollected: Uncollected | null = null): Promise<void> {
    this.#uncollected ??= uncollected;
    this.#stop.abort(new DyliveError("stopping", "the room is no longer collected"));
    await this.#done;
  }

  async #run(): Promise<void> {
    const { collectors, looks } = this.#shared;
    const stopLooking = looks.every(() => this.#look());
    await this.#drive();
    this.#stop.abort(new DyliveError("stopping", "the room is no longer collected"));
    stopLooking();
    await this.#leave().catch((error: unknown) => this.health.to("failed", `dylive failed: ${String(error)}`, "internal"));
    if (this.#entered !== null) collectors.delete(this.#entered);
  }

  /** Does what is due; called each second. What fails is tried again the next time. */
  #look(): void {
    this.#seconds++;
    if (this.#seconds % 5 === 0) {
      // Also while nothing is connected: a combo can be open when the broadcast ends.
      void this.#claimed?.intake.settle().catch(() => {});
      this.#connection.tick();
    }
    if (this.#seconds % 60 === 0) void this.#status.keepAccounts();
    this.#status.look();
  }

  async #leave(): Promise<void> {
    if (this.#uncollected !== null && this.room !== null && !this.lost) {
      const reason = this.#uncollected === "paused" ? PAUSED : UNWANTED;
      await this.#status.to("paused", reason).catch(() => {}); // a store that is away holds up no stop
    }
    if (!this.lost) await this.#broadcasts.leave().catch(() => {}); // nor does a gap that it does not take
    await this.#status.close();
    if (this.room !== null) await this.#context.raw?.leave(this.room);
    for (const { access } of this.#sessions) access.leave();
  }

  /** Hands the machine each event that its effects end with, until it is over. */
  async #drive(): Promise<void> {
    let event = await this.#settled(this.#perform({ type: "recall" }));
    while (this.#machine.phase !== "over") event = await this.#settled(this.#happens(event));
  }

  /** Returns the event that something comes to, or fails with. */
  async #settled(work: Promise<CollectorEvent | null>): Promise<CollectorEvent> {
    let failure: unknown = null;
    const event = await work.catch((error: unknown) => {
      failure = error;
      return null;
    });
    if (isNotOwner(failure)) this.#lose();
    if (this.#stop.signal.aborted) return { type: "stop" };
    if (isStoreProblem(failure)) return { type: "store_down", reason: storeDownReason(failure), problem: failure.code };
    return event ?? { type: "broke", reason: `dylive failed: ${String(failure)}`, problem: "internal" };
  }

  /** Tells the machine of an event and has its effects, in order. @returns the event that the last one ends with, if it does */
  async #happens(event: CollectorEvent): Promise<CollectorEvent | null> {
    const { machine, effects } = step(this.#machine, event);
    this.#machine = machine;
    let last: CollectorEvent | null = null;
    for (const effect of effects) last = await this.#perform(effect);
    return last;
  }

  async #perform<T extends Effect["type"]>(effect: Effect & { readonly type: T }): Promise<CollectorEvent | null> {
    return (await this.#performers[effect.type](effect)) ?? null;
  }

  /** Returns the broadcast that is or was connected to last. */
  get #connected(): Target {
    if (this.#target === null) throw new DyliveError("internal", "no broadcast was connected to");
    return this.#target;
  }

  /** Asks the platform what the room is, and enters it. */
  async #ask(): Promise<CollectorEvent> {
    const reading = this.#resolver.stillLive() ?? (await this.#resolver.resolve(this.#stop.signal));
    if (reading.outcome === "no_account") {
      if (this.#resolver.askByFirstName()) return { type: "renamed" };
      this.#ending = { why: "no_account" };
    }
    if (reading.outcome === "unasked" && reading.error.code === "bad_account") this.health.seenAs({ account: null, login: "unknown" });
    if (reading.outcome === "unasked" || reading.outcome === "unknown") return (await this.#enterKnown()) ?? eventOf(reading);
    if (reading.outcome === "no_account") return eventOf(reading);
    const { recalled } = this.#resolver;
    const row = recalled ? this.#row : null;
    const room = row?.room ?? (await meetRoom(this.#context.store.rooms, this.#resolver.asked, reading));
    const claimed = await this.#enterRoom(room, reading.webRid);
    if (claimed === null) return this.#notEntered;
    await this.#broadcasts.read(room, reading, recalled);
    this.#found = { ...claimed, reading };
    return eventOf(reading);
  }

  /**
   * Enters the room that the store has by this name, of which the platform says nothing: its log and callers have the reason.
   * @returns the event that it is not this collector's to collect; null where it is, and where the store does not know for sure which room it is
   */
  async #enterKnown(): Promise<CollectorEvent | null> {
    const row = this.#row;
    if (this.room !== null || row === null || row.webRid === null || this.name.kind === "unique_id") return null;
    return (await this.#enterRoom(row.room, row.webRid)) === null ? this.#notEntered : null;
  }

  /** Event of a room that was not entered. */
  get #notEntered(): CollectorEvent {
    return this.#ending?.why === "paused" ? { type: "paused", reason: PAUSED } : { type: "not_ours" };
  }

  /** Enters a room by its number. Null when it is not this collector's to collect: then nothing was claimed or connected. */
  async #enterRoom(room: RoomKey, webRid: string): Promise<ClaimedRoom | null> {
    const { store } = this.#context;
    if (this.room !== null && room !== this.room) {
      this.#ending = { why: "moved" };
      return null;
    }
    if (this.room === null && (await store.rooms.get(room))?.watch === "paused") {
      this.#ending = { why: "paused", room };
      return null;
    }
    const owner = await this.#ownerOf(room);
    if (owner !== this) {
      owner.askFor(webRid); // what the platform said last counts
      this.#ending = { why: "twin", of: owner };
      return null;
    }
    if (this.#claimed === null) {
      this.#claimed = await this.#claim(room);
      this.#ownership.onMet?.();
    }
    this.#resolver.askFor(webRid);
    return this.#claimed;
  }

  /** Returns the collector that has a room: this one, unless another has it. One that is leaving is waited for. @throws the signal's reason */
  async #ownerOf(room: RoomKey): Promise<Collector> {
    const { collectors } = this.#shared;
    const { signal } = this.#stop;
    for (;;) {
      const owner = collectors.get(room);
      if (owner === this || (owner !== undefined && !owner.#stop.signal.aborted)) return owner;
      signal.throwIfAborted();
      if (owner === undefined) {
        if (this.#entered !== null) collectors.delete(this.#entered); // it was not claimed, and the name leads to another room by now
        collectors.set(room, this);
        this.#entered = room;
        return this;
      }
      await untilAborted(owner.run(), signal);
    }
  }

  /** Claims the room, so that nothing is connected to what another process has. */
  async #claim(room: RoomKey): Promise<ClaimedRoom> {
    const { store, clock, setAside, drift, health } = this.#context;
    const { gifts } = this.#shared;
    const pipeline = await Pipeline.open({ ...store, gifts, rooms: this.#ownership, room, clock, drift, setAside });
    await this.#status.recall(room);
    return { room, intake: new Intake(pipeline, health, clock) };
  }

  /** Goes on where an earlier process was connected a moment ago, and asks the platform after. */
  async #recall(): Promise<CollectorEvent> {
    const { store, clock } = this.#context;
    const row = this.#row;
    const none = { type: "recalled" } as const;
    if (this.name.kind === "unique_id") return none; // it may be another anchor's by now
    if (row === null || row.webRid === null || row.resume === null || Math.abs(clock.now() - row.resume.savedAt) >= FRESH_MS) return none;
    const { roomId, savedAt } = row.resume;
    const session = await store.sessions.get(row.room, roomId);
    if (session === null || session.endedAt !== null) return none;
    const identity = await this.#acquireIdentity(row.webRid);
    if ("type" in identity) return (await this.#enterKnown()) ?? identity;
    if (identity.visitor.userUniqueId !== null) this.#resolver.recall(row, row.webRid, roomId, savedAt);
    return none;
  }

  /** Takes the identity of the first session that is given one, or says why the first of all is not. */
  async #acquireIdentity(webRid: string): Promise<PlatformIdentity | CollectorEvent> {
    let refused: DyliveError | null = null;
    for (const { access } of this.#sessions) {
      try {
        return await access.acquireIdentity(webRid, this.#stop.signal);
      } catch (error) {
        if (this.#stop.signal.aborted || !(error instanceof DyliveError)) throw error;
        refused ??= error;
      }
    }
    return { type: "unidentified", reason: refused?.detail ?? "the room has no session", problem: refused?.code ?? "internal" };
  }

  async #identify(): Promise<CollectorEvent> {
    const found = this.#found;
    if (found?.reading.outcome !== "live") throw new DyliveError("internal", "no broadcast was found");
    const { reading: live, room, intake } = found;
    const identity = await this.#acquireIdentity(live.webRid);
    if ("type" in identity) return identity;
    this.#target = { live, room, intake };
    const sessionId = live.roomId;
    const left = this.#row?.resume;
    const paceMs = left?.roomId === sessionId ? (left.paceMs ?? null) : null;
    return { type: "identified", sessionId, another: this.health.sessionId !== sessionId, confirmed: this.#resolver.confirmed, paceMs };
  }

  async #wait(wait: Effect & { readonly type: "wait" }): Promise<CollectorEvent> {
    const { clock, pollMs } = this.#context;
    const { signal } = this.#stop;
    if (wait.for !== "poll") {
      const ms = msOf(wait);
      if (ms > 0) await clock.sleep(ms, signal).catch(() => {});
      return { type: "rested" };
    }
    const factor = wait.slower * randomBetween(0.75, 1.25);
    const wanted = () => (typeof pollMs === "number" ? pollMs : pollMs()) * factor;
    // In parts where the time between looks may change: a long wait that has begun goes by what it is now.
    for (let waited = 0; waited < wanted() && !signal.aborted; ) {
      const part = typeof pollMs === "number" ? wanted() : Math.min(wanted() - waited, WAIT_PART_MS);
      await clock.sleep(part, signal).catch(() => {});
      waited += part;
    }
    return { type: "rested" };
  }

  /** Leaves the room to another process: no end is stored, nor anything that is held. */
  #lose(): void {
    this.#ending = { why: "lost" };
    this.health.to(this.health.platformState, "another process collects this room now");
    this.#stop.abort(new DyliveError("not_owner", "another process collects this room now"));
  }
}

/** Returns how long a wait is that is not for the next look, ms. */
function msOf(wait: Exclude<Effect & { readonly type: "wait" }, { readonly for: "poll" }>): number {
  switch (wait.for) {
    case "confirm":
      return 10_000; // two readings that are not live, this far apart, end a broadcast (design section 5)
    case "store":
      return 5000;
    default:
      return wait.count === 0 ? 0 : backoffMs(wait.for, wait.count);
  }
}
