import type { RoomState } from "../health/state.js";
import { stateEvent } from "../ingest/intake.js";
import { PATIENCE_MS, withTimeout } from "../runtime/clock.js";
import type { ErrorCode } from "../runtime/errors.js";
import type { RoomKey } from "../store/log.js";
import type { Broadcasts } from "./broadcasts.js";
import type { RoomContext } from "./context.js";
import { RoomAlarm } from "./room-alarm.js";

/** Number of looks of which one is had at a room while nothing comes: most of thousands are quiet. */
const QUIET_LOOKS = 5;
/**
 * Time between two times that a room's status is kept whose counts alone change, ms: what else changes is kept by the next look. Where no message
 * comes it is kept more seldom: of 10,000 quiet rooms each minute it would be 100 GB a day that the disk is written.
 */
const KEEP_MS = 60_000;
const KEEP_QUIET_MS = 300_000;
/** States that the log has. */
const LOGGED: ReadonlySet<RoomState> = new Set<RoomState>(["waiting", "live", "stalled", "blocked", "ended", "failed", "paused"]);

/** Stores how one room is doing: changes of its state in the log, its status beside it, alarms, and what was seen of accounts. */
export class StatusKeeper {
  readonly #context: RoomContext;
  readonly #broadcasts: Broadcasts;
  readonly #alarm: RoomAlarm;
  #looks = 0;
  /** Messages that had come by the last look. */
  #received = 0;
  /** The status as it was kept last: when (ms UTC), its standing, and how many messages had come by then. */
  #kept: { readonly at: number; readonly standing: RoomContext["health"]["standing"]; readonly received: number } = {
    ...{ at: 0, standing: [], received: 0 },
  };
  #keeping = false;
  /** The changes of state that are being stored, one after the other. */
  #storing: Promise<unknown> = Promise.resolve();

  constructor(context: RoomContext, broadcasts: Broadcasts) {
    this.#context = context;
    this.#broadcasts = broadcasts;
    this.#alarm = new RoomAlarm(context);
  }

  /** Takes over what an earlier process knew of the room. */
  recall(room: RoomKey): Promise<void> {
    return this.#alarm.recall(room);
  }

  /** Goes to a state. Resolves when the log has it. @throws DyliveError not_owner; the signal's reason */
  async to(state: RoomState, reason: string, problem: ErrorCode | null = null): Promise<void> {
    await this.#changed(this.#context.health.to(state, reason, problem));
  }

  /** Looks whether the log keeps up with what comes, which is a state of its own, and stores what has changed. Called each second. */
  look(): void {
    const { health, claimed } = this.#context;
    const { backlog } = health;
    const isQuiet = backlog.received === this.#received && backlog.waiting === 0;
    this.#received = backlog.received;
    this.#looks = isQuiet ? this.#looks + 1 : 0;
    if (this.#looks % QUIET_LOOKS !== 0) return;
    const from = health.look();
    if (from !== null) void this.#changed(from).catch(() => {}); // stopped, or another process's by now
    const room = claimed();
    if (room === null) return;
    if (this.#alarm.isDue) void this.#alarm.look(room).catch(() => {}); // sent the next time
    if (this.#isNews) void this.#keep().catch(() => {});
  }

  /** Whether the status is to be kept again. */
  get #isNews(): boolean {
    const { health, clock } = this.#context;
    const { at, standing, received } = this.#kept;
    const age = clock.now() - at;
    if (age >= KEEP_QUIET_MS || (age >= KEEP_MS && health.backlog.received !== received)) return true;
    const now = health.standing;
    return now.length !== standing.length || now.some((value, i) => value !== standing[i]);
  }

  /** Keeps the room's status for other processes. A convenience: what it cannot keep is kept the next time. */
  async #keep(): Promise<void> {
    const { health, clock, store, claimed } = this.#context;
    const room = claimed()?.room;
    // What changes while the store takes its time is looked at again.
    if (room === undefined || this.#keeping) return;
    this.#keeping = true;
    this.#kept = { at: clock.now(), standing: health.standing, received: health.backlog.received };
    const { evidence, ...status } = health.status(room);
    // Counts by method are the longest part, and the log has what they count.
    const text = JSON.stringify({ ...status, evidence: { ...evidence, counts: {} } });
    try {
      await withTimeout(store.rooms.saveStatus(room, text, this.#kept.at), PATIENCE_MS, clock);
    } finally {
      this.#keeping = false;
    }
  }

  #changed(from: RoomState | null): Promise<void> {
    const { health, clock } = this.#context;
    const { state, reason } = health;
    if (from === null || !LOGGED.has(state)) return Promise.resolve();
    const at = clock.now();
    const turn = this.#storing.then(() => this.#store(from, state, reason, at));
    this.#storing = turn.catch(() => {});
    return turn;
  }

  /** Stores a change of state. @param at ms UTC */
  async #store(from: RoomState, to: RoomState, reason: string, at: number): Promise<void> {
    const { health, signal, claimed } = this.#context;
    const { room, intake } = claimed() ?? {};
    if (room === undefined || intake === undefined) return;
    // A broadcast that is over has its end as its last state, also where an earlier process received it.
    const { ended } = this.#broadcasts;
    const current = health.sessionId === ended ? null : health.sessionId;
    const sessionId = to === "ended" ? (ended ?? current) : current;
    await intake.own(stateEvent(room, sessionId, from, to, { reason }, at), signal);
    void this.#keep().catch(() => {});
  }

  /** Adds what was seen of accounts to their days. What the store does not take is missing there: it is no record of anything. */
  async keepAccounts(): Promise<void> {
    const { store, health, clock } = this.#context;
    for (const session of health.sessions) {
      const { account, login } = session;
      const seen = session.takeSeen();
      if (account === null || login === null || Object.values(seen).every((amount) => amount === 0)) continue;
      const adding = store.accountDays?.add(account, login, clock.now(), seen);
      if (adding !== undefined) await withTimeout(adding, PATIENCE_MS, clock).catch(() => {});
    }
  }

  async close(): Promise<void> {
    await this.keepAccounts();
    await this.#keep().catch(() => {});
  }
}
