import type { NewEvent } from "../events/event.js";
import type { RoomHealth } from "../health/room-health.js";
import type { RoomState } from "../health/state.js";
import type { GiftCatalogue } from "../ingest/fill-in.js";
import { Intake } from "../ingest/intake.js";
import { stateEvent } from "../ingest/own-events.js";
import { Pipeline } from "../ingest/pipeline.js";
import type { Live, Offline, RoomName } from "../platform/links/resolve.js";
import type { Drift } from "../platform/wire/drift.js";
import type { Clock } from "../runtime/clock.js";
import { PATIENCE_MS, withTimeout } from "../runtime/clock.js";
import type { ErrorCode } from "../runtime/errors.js";
import type { RoomKey } from "../store/log.js";
import type { RoomStore, Store } from "../store/store.js";
import type { RoomOwnership } from "./collector-deps.js";
import { receivedUntil } from "./received-until.js";
import { RoomAlarm, type SentAlarms } from "./room-alarm.js";
import { meetRoom } from "./room-resolver.js";

/** Returns the broadcast of a room that has not ended, by its room_id. */
async function openSession({ sessions }: Pick<Store, "sessions">, room: RoomKey): Promise<string | null> {
  const [last] = await sessions.list(room, 1);
  return last === undefined || last.endedAt !== null ? null : last.sessionId;
}

const LOOK_EVERY_MS = 1000;
/** One look of so many is had at a room while nothing comes: most of thousands are quiet. */
const QUIET_LOOKS = 5;
/**
 * Time between two times that a room's status is kept whose counts alone change, ms: what else changes is kept by the next look. Where no message
 * comes it is kept more seldom: of 10,000 quiet rooms each minute it would be 100 GB a day that the disk is written.
 */
const KEEP_MS = 60_000;
const KEEP_QUIET_MS = 300_000;
/** Time between two times that it is kept what was seen of accounts, ms. */
const KEEP_ACCOUNTS_MS = 60_000;
/** States that readers care about. */
const LOGGED: ReadonlySet<RoomState> = new Set<RoomState>(["waiting", "live", "stalled", "blocked", "ended", "failed", "paused"]);

interface RecordsDeps {
  readonly store: RoomStore;
  readonly clock: Clock;
  readonly setAside: (event: NewEvent, error: unknown) => void;
  readonly health: RoomHealth;
  readonly drift: Drift;
  readonly gifts: GiftCatalogue;
  /** Alarms that the system's log has. */
  readonly told: Pick<SentAlarms, "of">;
  /** Tenure of the room by this process; null where no other process could have it. */
  readonly ownership: RoomOwnership | null;
  /** Called when the room turns out to be another process's. */
  readonly onLost: () => void;
  readonly signal: AbortSignal;
}

/** A room that is known, and the way of its frames into the log. */
export interface Met {
  readonly room: RoomKey;
  readonly intake: Intake;
}

/** Keeps the records of one room while it is collected: its names, broadcasts and states, and the way of its frames into the log. */
export class RoomRecords {
  readonly #deps: RecordsDeps;
  readonly #alarm: RoomAlarm;
  #met: (Met & { readonly pipeline: Pipeline }) | null = null;
  /** The broadcast that this process opened last, and when, ms UTC. */
  #opened: { readonly sessionId: string; readonly at: number } | null = null;
  /** Broadcast that this process has ended last. */
  #ended: string | null = null;
  /** When the room's status was kept last, ms UTC. */
  #keptAt = 0;
  /** The room's standing as it was kept last, and how many messages had come by then. */
  #keptStanding: RoomHealth["standing"] = [];
  #keptReceived = 0;
  #keeping = false;
  #lost = false;
  /** The changes of state that are being told, one after the other. */
  #telling: Promise<unknown> = Promise.resolve();

  constructor(deps: RecordsDeps) {
    this.#deps = deps;
    this.#alarm = new RoomAlarm(deps);
  }

  /** The room once its way into the log is open. */
  get room(): RoomKey | null {
    return this.#met?.room ?? null;
  }

  /** Epoch of this process's claim of the room, 0 before that; undefined where no other process could have the room. */
  get epoch(): number | undefined {
    return this.#deps.ownership === null ? undefined : (this.#met?.pipeline.epoch ?? 0);
  }

  /** Whether the room turned out to be another process's. */
  get lost(): boolean {
    return this.#lost;
  }

  /** Leaves the room to another process. */
  lose(): void {
    this.#lost = true;
    this.#deps.onLost();
  }

  /** Says which room a reading speaks of, which is known from now on by every name that the platform gave. Claims and opens nothing. */
  identify(name: RoomName, resolved: Live | Offline): Promise<RoomKey> {
    return meetRoom(this.#deps.store.rooms, name, resolved);
  }

  /** Tells whether somebody who manages the room has paused it. */
  async isPaused(room: RoomKey): Promise<boolean> {
    return (await this.#deps.store.rooms.get(room))?.watch === "paused";
  }

  /** Opens the room's way into the log, unless it is open. */
  async enter(room: RoomKey): Promise<Met> {
    if (this.#met !== null) return this.#met;
    const met = await this.#open(room);
    await this.#alarm.recall(met);
    this.#met = met;
    this.#deps.ownership?.onMet?.();
    return met;
  }

  /** Notes that a broadcast is live. */
  async begin(room: RoomKey, { roomId, facts }: Live): Promise<void> {
    const { store, clock } = this.#deps;
    const at = clock.now();
    if (this.#opened?.sessionId !== roomId) this.#opened = { sessionId: roomId, at };
    if (this.#ended === roomId) this.#ended = null; // it goes on all the same
    if (this.#met !== null) await store.sessions.open(room, roomId, at, facts.title);
  }

  /** Returns the broadcast that has not ended. */
  async openSession(): Promise<string | null> {
    return this.room === null ? null : openSession(this.#deps.store, this.room);
  }

  /** Returns until when another process had received a broadcast, ms UTC; null if none had it. @throws what the store throws */
  async receivedUntil(room: RoomKey, sessionId: string): Promise<number | null> {
    const { store } = this.#deps;
    const until = await receivedUntil(store, room, sessionId);
    if (until !== null) return until;
    const session = await store.sessions.get(room, sessionId);
    const isOpenedHere = this.#opened?.sessionId === sessionId && this.#opened.at === session?.openedAt;
    return isOpenedHere ? null : (session?.openedAt ?? null);
  }

  /** Tells whether this process has found a broadcast to be over, as it ended one or began another. */
  async endedHere(room: RoomKey, sessionId: string): Promise<boolean> {
    const session = await this.#deps.store.sessions.get(room, sessionId);
    const wasOpen = session?.endedAt === null || (session?.endReason === "replaced" && session.endedAt === this.#opened?.at);
    return this.#ended === sessionId || wasOpen;
  }

  /** Notes that a broadcast is over. @param at ms UTC */
  async end(sessionId: string, reason: string, at: number): Promise<void> {
    this.#ended = sessionId;
    if (this.room !== null) await this.#deps.store.sessions.end(this.room, sessionId, at, reason);
  }

  /** Goes to a state. Resolves when the log knows. @throws what telling throws */
  async to(state: RoomState, reason: string, problem: ErrorCode | null = null): Promise<void> {
    await this.#changed(this.#deps.health.to(state, reason, problem));
  }

  /** Looks every second whether the log keeps up with what comes, which is a state of its own. @returns what ends that */
  watch(): () => void {
    const { clock, health } = this.#deps;
    const stopKeeping = clock.every(KEEP_ACCOUNTS_MS, () => void this.#keepAccounts());
    let [received, looks] = [0, 0];
    const stopLooking = clock.every(LOOK_EVERY_MS, () => {
      const { backlog } = health;
      const isQuiet = backlog.received === received && backlog.waiting === 0;
      received = backlog.received;
      looks = isQuiet ? looks + 1 : 0;
      if (looks % QUIET_LOOKS !== 0) return;
      const from = health.look();
      if (from !== null) void this.#changed(from).catch(() => {}); // stopped, or another process's by now
      if (this.#met === null) return;
      if (this.#alarm.isDue) void this.#alarm.look(this.#met).catch(() => {}); // told the next time
      if (this.#isStatusNews) void this.#keepStatus().catch(() => {});
    });
    return () => {
      stopKeeping();
      stopLooking();
    };
  }

  /** Whether how the room is doing is to be kept again. */
  get #isStatusNews(): boolean {
    const { health, clock } = this.#deps;
    const age = clock.now() - this.#keptAt;
    if (age >= KEEP_QUIET_MS || (age >= KEEP_MS && health.backlog.received !== this.#keptReceived)) return true;
    const { standing } = health;
    return standing.length !== this.#keptStanding.length || standing.some((value, i) => value !== this.#keptStanding[i]);
  }

  /** Keeps how the room is doing, for who has the store and not this process. A convenience: what it cannot keep is kept the next time. */
  async #keepStatus(): Promise<void> {
    const { health, clock, store } = this.#deps;
    // What changes while the store takes its time is looked at again.
    if (this.#met === null || this.lost || this.#keeping) return;
    this.#keeping = true;
    this.#keptAt = clock.now();
    this.#keptStanding = health.standing;
    this.#keptReceived = health.backlog.received;
    const { room } = this.#met;
    const { evidence, ...status } = health.status(room);
    // Counts by method are the longest part, and the log has what they count.
    const text = JSON.stringify({ ...status, evidence: { ...evidence, counts: {} } });
    try {
      await withTimeout(store.rooms.saveStatus(room, text, this.#keptAt), PATIENCE_MS, clock);
    } finally {
      this.#keeping = false;
    }
  }

  #changed(from: RoomState | null): Promise<void> {
    const { health, clock } = this.#deps;
    const { state, reason } = health;
    if (from === null || !LOGGED.has(state)) return Promise.resolve();
    const at = clock.now();
    const turn = this.#telling.then(() => this.#tell(from, state, reason, at));
    this.#telling = turn.catch(() => {});
    return turn;
  }

  /** Stores a change of state. @param at ms UTC */
  async #tell(from: RoomState, to: RoomState, reason: string, at: number): Promise<void> {
    if (this.#met === null) return;
    const { health, signal } = this.#deps;
    // A broadcast that is over has its end as its last state, also where an earlier process received it.
    const current = health.sessionId === this.#ended ? null : health.sessionId;
    const sessionId = to === "ended" ? (this.#ended ?? current) : current;
    await this.#met.intake.own(stateEvent(this.#met.room, sessionId, from, to, { reason }, at), signal);
    void this.#keepStatus().catch(() => {});
  }

  /** Settles combos that fell silent. */
  async settle(): Promise<void> {
    await this.#met?.intake.settle();
  }

  /** Adds what was seen of accounts to their days. What the store does not take is missing there: it is no record of anything. */
  async #keepAccounts(): Promise<void> {
    const { store, health, clock } = this.#deps;
    for (const session of health.sessions) {
      const { account, login } = session;
      const seen = session.takeSeen();
      if (account === null || login === null || Object.values(seen).every((amount) => amount === 0)) continue;
      const adding = store.accountDays?.add(account, login, clock.now(), seen);
      if (adding !== undefined) await withTimeout(adding, PATIENCE_MS, clock).catch(() => {});
    }
  }

  async close(): Promise<void> {
    await this.#keepAccounts();
    await this.#keepStatus().catch(() => {});
  }

  /** Claims the room, so that nothing is connected to what another process has. */
  async #open(room: RoomKey): Promise<Met & { readonly pipeline: Pipeline }> {
    const { store, gifts, clock, setAside, drift, health, ownership } = this.#deps;
    const horizon = (one: RoomKey) => store.retention.horizon(one);
    const { log } = store;
    const pipeline = await Pipeline.open({ log, gifts, rooms: ownership ?? store.rooms, horizon, room, clock, drift, setAside });
    return { room, pipeline, intake: new Intake(pipeline, health, clock) };
  }
}
