import type { Clock } from "../clock.js";
import { DyliveError, type ErrorCode } from "../errors.js";
import type { NewEvent } from "../events/event.js";
import type { RoomKey } from "../log/log.js";
import { NO_SETTINGS, type Resume, type RoomRow, type RoomSettings } from "../log/rooms.js";
import type { Store } from "../log/store.js";
import type { RawAbout } from "../sources/raw/writer.js";
import type { Seat } from "../sources/seat.js";
import type { Received } from "../sources/source.js";
import { Drift } from "../wire/drift.js";
import { Asking, FRESH_MS } from "./asking.js";
import { backoffMs } from "./backoff.js";
import type { Budget } from "./budget.js";
import { Connection } from "./connection.js";
import { heldBack } from "./hold.js";
import { meetRoom } from "./meet.js";
import { stateEvent } from "./own-events.js";
import { type Broadcast, Pipeline } from "./pipeline.js";
import { Place, type Reach } from "./place.js";
import type { Live, Offline, RoomName } from "./resolve.js";
import type { RoomState, RoomStatus } from "./state.js";
import { storeDownReason } from "./store-down.js";
import type { Closing } from "./target.js";
import { Tracker } from "./tracker.js";

/** What collectors are built of; the same for all rooms. */
export interface CollectorParts extends Reach {
  readonly store: Store;
  readonly clock: Clock;
  /** ms between looks at a room that is not live */
  readonly pollMs: number;
  readonly setAside: (event: NewEvent, error: unknown) => void;
  /** Told of every batch as received, before it is stored: for recording. */
  readonly onReceived?: (received: readonly Received[], broadcast: Broadcast) => void;
  /** Who keeps the frames of rooms that are to be recorded. */
  readonly raw?: Raw;
}

/** Keeps frames as they came. Makes nobody wait. */
export interface Raw {
  /** Whether rooms are recorded that do not say. */
  readonly byDefault: boolean;
  take(room: RoomKey, batch: readonly Received[], about: RawAbout): void;
  /** The room is no longer collected so: its file can be closed. */
  leave(room: RoomKey): Promise<void>;
}

/** What all rooms of a process share: how often the platform may be asked and connected to. */
export interface Budgets {
  readonly requests: Budget;
  readonly connects: Budget;
}

const CONFIRM_MS = 10_000; // two readings that are not live, this far apart, end a broadcast (design section 5)
const SETTLE_EVERY_MS = 5000;
const STORE_RETRY_MS = 5000;
/** What a store says that may take something later. */
const STORE_PROBLEMS: ReadonlySet<ErrorCode> = new Set<ErrorCode>(["disk_full", "store_readonly", "store_damaged"]);
const SLOWEST_POLL = 4; // a room that has long been offline is looked at this many times less often
const LOGGED: ReadonlySet<RoomState> = new Set<RoomState>(["waiting", "live", "stalled", "blocked", "ended", "failed"]);

/** Collects one room until it is stopped: resolve, wait for live, connect, store, and again. It tells the truth about how that goes. */
export class Collector {
  readonly name: RoomName;
  readonly settings: RoomSettings;
  readonly tracker: Tracker;
  readonly #parts: CollectorParts;
  readonly #stop = new AbortController();
  readonly #drift = new Drift();
  readonly #place: Place;
  readonly #connection: Connection;
  readonly #asking: Asking;
  #room: RoomKey | null = null;
  #pipeline: Pipeline | null = null;
  readonly #row: RoomRow | null;
  #done: Promise<void> | null = null;

  /**
   * @param row what the store knows of the room, if it does
   * @throws DyliveError bad_config when the room's own proxy is none
   */
  constructor(name: RoomName, parts: CollectorParts, budgets: Budgets, settings = NO_SETTINGS, row: RoomRow | null = null) {
    this.name = name;
    this.settings = settings;
    this.#parts = parts;
    this.#row = row;
    this.tracker = new Tracker(parts.clock);
    this.#place = new Place(parts, settings, row?.resume?.visitor ?? null);
    const to = (state: RoomState, reason: string, problem?: ErrorCode | null) => this.#to(state, reason, problem);
    this.#asking = new Asking(name, { clock: parts.clock, requests: budgets.requests, tracker: this.tracker, place: this.#place, to });
    this.#connection = new Connection({
      parts,
      raw: (settings.record ?? parts.raw?.byDefault) ? (parts.raw ?? null) : null,
      budgets,
      tracker: this.tracker,
      place: this.#place,
      drift: this.#drift,
      to,
      resolve: (signal) => this.#asking.resolve(signal, true),
    });
  }

  /** The room once the platform has named it. */
  get room(): RoomKey | null {
    return this.#room;
  }

  /** Messages and fields that our decoders do not know, and failures to decode. */
  get drift(): Drift {
    return this.#drift;
  }

  status(): RoomStatus | null {
    return this.#room === null ? null : this.tracker.status(this.#room);
  }

  /** Starts once; resolves when the collector has stopped, also by itself (no such account). Never rejects. */
  run(): Promise<void> {
    this.#done ??= this.#run(this.#stop.signal);
    return this.#done;
  }

  /** Ends the connection and stores what had been received. */
  async stop(): Promise<void> {
    this.#stop.abort(new DyliveError("stopping", "the room is no longer collected"));
    await this.#done;
    if (this.#room !== null) await this.#parts.raw?.leave(this.#room);
    this.#place.leave();
  }

  async #run(signal: AbortSignal): Promise<void> {
    // Also while nothing is connected: a combo can be open when the broadcast ends. What fails is tried again at the next tick.
    const stopSettling = this.#parts.clock.every(SETTLE_EVERY_MS, () => void this.#pipeline?.settle().catch(() => {}));
    try {
      await this.#collect(signal);
    } catch (error) {
      if (!signal.aborted) this.tracker.to("failed", `dylive failed: ${String(error)}`, "internal");
    } finally {
      stopSettling();
    }
  }

  /** The loop, begun anew while the store takes nothing: a full disk must not end a collection. */
  async #collect(signal: AbortSignal): Promise<void> {
    for (;;) {
      try {
        return await this.#loop(signal);
      } catch (error) {
        if (signal.aborted || !(error instanceof DyliveError && STORE_PROBLEMS.has(error.code))) throw error;
        this.tracker.to("failed", storeDownReason(error), error.code);
        await this.#pause(STORE_RETRY_MS, signal);
      }
    }
  }

  async #loop(signal: AbortSignal): Promise<void> {
    let [failures, losses, refusals, quietPolls] = [0, 0, 0, 0];
    await this.#recall(signal);
    while (!signal.aborted) {
      const resolved = this.#asking.stillLive() ?? (await this.#asking.resolve(signal));
      if (resolved?.outcome === "no_account") {
        if (this.#asking.askAnew()) continue;
        await this.#to("failed", resolved.reason, "no_account");
        return;
      }
      if (resolved === null || resolved.outcome === "unknown") {
        await this.#pause(backoffMs("network", ++failures), signal);
        continue;
      }
      const room = await this.#meet(resolved);
      if (resolved.outcome === "offline") {
        failures = 0;
        await this.#notLive(room, signal);
        this.#place.rest();
        const slower = Math.min(1 + quietPolls++ / 10, SLOWEST_POLL);
        await this.#pause(this.#parts.pollMs * slower * (0.75 + Math.random() / 2), signal);
        continue;
      }
      quietPolls = 0;
      const seat = await this.#sit(resolved.webRid, signal);
      if (!("visitor" in seat)) {
        await this.#pause(backoffMs(seat.code === "blocked" ? "refusal" : "network", ++failures), signal);
        continue;
      }
      failures = 0;
      const closing = await this.#connect(resolved, room, seat, signal);
      if (signal.aborted || (closing.why === "announced" && (await this.#confirmEnd(room, resolved.roomId, signal)))) continue;
      this.tracker.reconnected();
      if (!closing.opened || closing.why !== "lost") this.#asking.forget(); // ask before the next connect
      refusals = closing.why === "refused" ? refusals + 1 : 0;
      losses = closing.steady ? 1 : losses + 1; // one that breaks again at once must not be opened again and again at once
      const pause =
        refusals > 0
          ? backoffMs("refusal", refusals)
          : closing.why === "stalled" || closing.why === "moved"
            ? 0
            : backoffMs("network", losses);
      await this.#pause(pause, signal);
    }
  }

  /** An earlier process was connected a moment ago: this one goes on there, and asks the platform after. */
  async #recall(signal: AbortSignal): Promise<void> {
    const { store, clock } = this.#parts;
    const row = this.#row;
    if (row === null || row.webRid === null || row.resume === null || clock.now() - row.resume.savedAt >= FRESH_MS) return;
    const { roomId, savedAt } = row.resume;
    const session = await store.sessions.get(row.room, roomId);
    if (session === null || session.endedAt !== null) return;
    const seat = await this.#sit(row.webRid, signal);
    if (!("visitor" in seat) || seat.visitor.userUniqueId === null) return;
    this.#asking.recall(row, row.webRid, roomId, savedAt);
  }

  /** The room's seat, or why there is none. */
  async #sit(webRid: string, signal: AbortSignal): Promise<Seat | DyliveError> {
    try {
      return await this.#place.sit(webRid, signal);
    } catch (error) {
      if (signal.aborted || !(error instanceof DyliveError)) throw error;
      await this.#to(error.code === "blocked" ? "blocked" : "failed", error.detail, error.code);
      return error;
    }
  }

  /** Knows the room by the names that the platform gave, and opens its pipeline. */
  async #meet(resolved: Live | Offline): Promise<RoomKey> {
    const { store, clock, setAside } = this.#parts;
    const { facts, webRid } = resolved;
    const room = await meetRoom(store.rooms, this.name, resolved);
    if (this.#pipeline === null || room !== this.#room) {
      this.#pipeline = await Pipeline.open({
        log: store.log,
        rooms: store.rooms,
        horizon: (one) => store.retention.horizon(one),
        room,
        clock,
        drift: this.#drift,
        setAside,
      });
      this.#room = room;
    }
    this.#asking.askFor(webRid);
    if (resolved.outcome === "live") await store.sessions.open(room, resolved.roomId, clock.now(), facts.title);
    return room;
  }

  async #connect(live: Live, room: RoomKey, seat: Seat, signal: AbortSignal): Promise<Closing> {
    const { store } = this.#parts;
    if (this.#pipeline === null) throw new DyliveError("internal", "a room was connected to before it was known");
    const kept: Resume | null = (await store.rooms.get(room))?.resume ?? null;
    const resume = kept?.roomId === live.roomId ? kept : null;
    return this.#connection.run({ live, room, pipeline: this.#pipeline, seat, confirmed: this.#asking.confirmed, resume }, signal);
  }

  /** The room is not live: a broadcast that we collected ends after two such readings. */
  async #notLive(room: RoomKey, signal: AbortSignal): Promise<void> {
    const { store, clock } = this.#parts;
    const last = (await store.sessions.list(room, 1))[0];
    if (last !== undefined && last.endedAt === null) {
      await this.#pause(CONFIRM_MS, signal);
      const again = await this.#asking.resolve(signal);
      if (again?.outcome !== "offline") return;
      await store.sessions.end(room, last.sessionId, clock.now(), "offline");
      await this.#to("ended", "two readings ten seconds apart say that the broadcast is over");
    }
    await this.#to("waiting", "the account is not live");
  }

  async #confirmEnd(room: RoomKey, roomId: string, signal: AbortSignal): Promise<boolean> {
    const reading = await this.#asking.resolve(signal);
    if (reading?.outcome !== "offline") return false;
    await this.#parts.store.sessions.end(room, roomId, this.#parts.clock.now(), "announced");
    await this.#to("ended", "the platform announced the end of the broadcast, and its page confirms it");
    return true;
  }

  /** Goes to a state, and tells the log when it is one that readers care about. */
  async #to(state: RoomState, reason: string, problem: ErrorCode | null = null): Promise<void> {
    const from = this.tracker.to(state, reason, problem);
    if (from === null || !LOGGED.has(state) || this.#pipeline === null || this.#room === null) return;
    const pipeline = this.#pipeline;
    const event = stateEvent(this.#room, this.tracker.sessionId, from, state, { reason }, this.#parts.clock.now());
    await heldBack(() => pipeline.own(event), this.tracker, this.#parts.clock, this.#stop.signal);
  }

  async #pause(ms: number, signal: AbortSignal): Promise<void> {
    if (ms > 0) await this.#parts.clock.sleep(ms, signal).catch(() => {});
  }
}
