import { PAUSED } from "../health/paused.js";
import { RoomHealth } from "../health/room-health.js";
import type { RoomState, RoomStatus } from "../health/state.js";
import { begunAnew } from "../ingest/hold.js";
import type { Intake } from "../ingest/intake.js";
import type { PlatformIdentity } from "../platform/access/platform-identity.js";
import type { Live, Offline, RoomName } from "../platform/links/resolve.js";
import { PlatformAccess } from "../platform/platform-access.js";
import { Drift } from "../platform/wire/drift.js";
import { backoffMs } from "../runtime/backoff.js";
import type { Budgets } from "../runtime/budget.js";
import { DyliveError, type ErrorCode } from "../runtime/errors.js";
import { isNotOwner } from "../runtime/store-down.js";
import type { RoomKey } from "../store/log.js";
import { NO_SETTINGS, type Resume, type RoomRow, type RoomSettings } from "../store/rooms.js";
import type { CollectorDeps } from "./collector-deps.js";
import { RoomConnection } from "./connection.js";
import { Keeping, type Met } from "./keeping.js";
import type { CollectorRegistry } from "./registry.js";
import { FRESH_MS, RoomResolver } from "./room-resolver.js";
import type { Closing } from "./target.js";
import { Teller } from "./teller.js";
import type { Tenure } from "./tenure.js";

const CONFIRM_MS = 10_000; // two readings that are not live, this far apart, end a broadcast (design section 5)
const SETTLE_EVERY_MS = 5000;
const SLOWEST_POLL = 4; // a room that has long been offline is looked at this many times less often

/** Resources that all collectors of a process share. */
export interface SharedByCollectors extends Budgets {
  readonly registry: CollectorRegistry<Collector>;
}

/**
 * Reason why a collector has ended by itself: another process has the room, another collector of this one has, its name leads to another
 * room by now, or the room is paused.
 */
type Ending =
  | { readonly why: "no_account" | "lost" | "moved" }
  | { readonly why: "twin"; readonly of: Collector }
  | { readonly why: "paused"; readonly room: RoomKey };

/**
 * Collects one room until it is stopped: resolve, wait for live, connect, store, and again. Its status tells the truth about how that goes.
 */
export class Collector {
  readonly name: RoomName;
  readonly settings: RoomSettings;
  readonly health: RoomHealth;
  readonly #parts: CollectorDeps;
  readonly #stop = new AbortController();
  readonly #drift = new Drift();
  readonly #access: PlatformAccess;
  readonly #connection: RoomConnection;
  readonly #resolver: RoomResolver;
  readonly #keeping: Keeping;
  readonly #teller: Teller;
  readonly #registry: CollectorRegistry<Collector>;
  #ending: Ending | null = null;
  #over = false;
  #paused = false;
  readonly #row: RoomRow | null;
  #done: Promise<void> | null = null;

  /**
   * @param row what the store knows of the room, if it does
   * @param tenure of the room by this process, in a cluster
   * @throws DyliveError bad_config when the room's own proxy is none
   */
  constructor(
    name: RoomName,
    parts: CollectorDeps,
    shared: SharedByCollectors,
    settings = NO_SETTINGS,
    row: RoomRow | null = null,
    tenure: Tenure | null = null,
  ) {
    this.name = name;
    this.settings = settings;
    this.#parts = parts;
    this.#row = row;
    this.#registry = shared.registry;
    this.health = new RoomHealth(parts.clock);
    this.#access = new PlatformAccess(parts, settings, row?.resume?.visitor ?? null);
    this.#teller = new Teller(this.health, parts.clock, (...change) => this.#keeping.tell(...change));
    const to = (state: RoomState, reason: string, problem?: ErrorCode | null) => this.#teller.to(state, reason, problem);
    this.#resolver = new RoomResolver(name, {
      clock: parts.clock,
      requests: shared.requests,
      health: this.health,
      access: this.#access,
      to,
    });
    const { store, clock, setAside, spool, erased } = parts;
    this.#keeping = new Keeping({
      ...{ store, clock, setAside, health: this.health, drift: this.#drift, tenure, signal: this.#stop.signal },
      ...{ ...(spool && { spool }), ...(erased && { erased }) },
      onLost: () => this.#lose(),
    });
    this.#connection = new RoomConnection({
      parts,
      raw: (settings.record ?? parts.raw?.byDefault) ? (parts.raw ?? null) : null,
      budgets: shared,
      health: this.health,
      access: this.#access,
      drift: this.#drift,
      to,
      receivedUntil: (room, sessionId) => this.#keeping.receivedUntil(room, sessionId),
      resolve: (signal) => this.#resolver.resolve(signal, true),
      moving: () => this.#keeping.moving,
      lost: () => this.lost,
      arrive: (signal) => this.#keeping.arrive(signal),
    });
  }

  /** The room once the platform has named it, and it is this collector's. */
  get room(): RoomKey | null {
    return this.#keeping.room;
  }

  /** Why it has stopped by itself, or is about to; null while it goes on, and when it was stopped. */
  get ending(): Ending | null {
    return this.#ending;
  }

  /** Whether the room turned out to be another process's. */
  get lost(): boolean {
    return this.#ending?.why === "lost";
  }

  /** Messages and fields that our decoders do not know, and failures to decode. */
  get drift(): Drift {
    return this.#drift;
  }

  status(): RoomStatus | null {
    return this.room === null ? null : this.health.status(this.room);
  }

  /** Starts once; resolves when the collector has stopped, also by itself (no such account). Never rejects. */
  run(): Promise<void> {
    this.#done ??= this.#run(this.#stop.signal);
    return this.#done;
  }

  /**
   * Stores what another process had in its spool of the room. @param bytes a recording
   * @returns false when the room is not ours to store yet
   * @throws DyliveError not_owner, bad_file; what the store throws when it is down: the same can be absorbed again
   */
  async absorb(bytes: Uint8Array, signal: AbortSignal): Promise<boolean> {
    return !this.lost && !this.#over && this.#keeping.absorb(bytes, signal);
  }

  /** Asks for the room by this number from now on, which the platform told to another collector. */
  askFor(webRid: string): void {
    this.#resolver.askFor(webRid);
  }

  /**
   * Ends the connection and stores what had been received. The room is the next collector's when that is done.
   * @param paused the room is paused, which its log is told
   */
  async stop(paused = false): Promise<void> {
    this.#paused ||= paused;
    this.#registry.leaving(this);
    this.#stop.abort(new DyliveError("stopping", "the room is no longer collected"));
    await this.#done;
  }

  async #run(signal: AbortSignal): Promise<void> {
    // Also while nothing is connected: a combo can be open when the broadcast ends. What fails is tried again at the next tick.
    const stopLooking = this.#teller.watch();
    const stopSettling = this.#parts.clock.every(SETTLE_EVERY_MS, () => void this.#keeping.settle().catch(() => {}));
    try {
      await begunAnew(() => this.#loop(signal), this.health, this.#parts.clock, signal);
    } catch (error) {
      if (isNotOwner(error)) this.#lose();
      else if (!signal.aborted) this.health.to("failed", `dylive failed: ${String(error)}`, "internal");
    } finally {
      stopSettling();
      stopLooking();
      this.#registry.leaving(this);
      await this.#leave().catch((error: unknown) => this.health.to("failed", `dylive failed: ${String(error)}`, "internal"));
      this.#registry.leave(this);
    }
  }

  async #leave(): Promise<void> {
    this.#over = true;
    if (this.#paused && this.room !== null && !this.lost) await this.#teller.to("paused", PAUSED).catch(() => {}); // a store that is away holds up no stop
    await this.#keeping.close();
    if (this.room !== null) await this.#parts.raw?.leave(this.room);
    this.#access.leave();
  }

  async #loop(signal: AbortSignal): Promise<void> {
    let [failures, losses, refusals, quietPolls] = [0, 0, 0, 0];
    await this.#recall(signal);
    while (!signal.aborted) {
      const resolved = this.#resolver.stillLive() ?? (await this.#resolver.resolve(signal));
      if (resolved?.outcome === "no_account") {
        if (this.#resolver.askAnew()) continue;
        await this.#teller.to("failed", resolved.reason, "no_account");
        this.#ending = { why: "no_account" };
        return;
      }
      if (resolved === null || resolved.outcome === "unknown") {
        await this.#pause(backoffMs("network", ++failures), signal);
        continue;
      }
      const recalled = this.#resolver.recalled ? this.#row : null; // the store need not be told what it told
      const entered = await this.#enter(resolved, recalled?.room ?? null, signal);
      if (entered === null) return;
      const { room, intake } = entered;
      if (resolved.outcome === "offline") {
        failures = 0;
        await this.#notLive(room, signal);
        this.#access.rest();
        const slower = Math.min(1 + quietPolls++ / 10, SLOWEST_POLL);
        await this.#pause(this.#parts.pollMs * slower * (0.75 + Math.random() / 2), signal);
        continue;
      }
      quietPolls = 0;
      const identity = await this.#sit(resolved.webRid, signal);
      if (!("visitor" in identity)) {
        await this.#pause(backoffMs(identity.code === "blocked" ? "refusal" : "network", ++failures), signal);
        continue;
      }
      failures = 0;
      const closing = await this.#connect(
        resolved,
        room,
        intake,
        identity,
        recalled?.resume ?? (await this.#keeping.resumeOf(room)),
        signal,
      );
      if (signal.aborted || (closing.why === "announced" && (await this.#confirmEnd(room, resolved.roomId, signal)))) continue;
      this.health.reconnected();
      if (!closing.opened || closing.why !== "lost") this.#resolver.forget(); // ask before the next connect
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

  /** Enters the room of a reading. Null when it is not this collector's to collect: then nothing was claimed or connected. */
  async #enter(resolved: Live | Offline, recalled: RoomKey | null, signal: AbortSignal): Promise<Met | null> {
    const room = recalled ?? (await this.#keeping.identify(this.#resolver.asked, resolved)) ?? this.room;
    if (room === null) throw new DyliveError("internal", "a room was not kept");
    if (this.room !== null && room !== this.room) {
      this.#ending = { why: "moved" };
      return null;
    }
    if (this.room === null && (await this.#keeping.isPaused(room))) {
      this.#ending = { why: "paused", room };
      this.health.to("paused", PAUSED);
      return null;
    }
    const owner = await this.#registry.enter(room, this, signal);
    if (owner !== this) {
      owner.askFor(resolved.webRid); // what the platform said last counts
      this.#ending = { why: "twin", of: owner };
      return null;
    }
    const met = await this.#keeping.enter(room);
    this.#resolver.askFor(resolved.webRid);
    if (recalled === null && resolved.outcome === "live") await this.#keeping.begin(room, resolved);
    return met;
  }

  /** Goes on where an earlier process was connected a moment ago, and asks the platform after. */
  async #recall(signal: AbortSignal): Promise<void> {
    const { store, clock } = this.#parts;
    const row = this.#row;
    if (this.name.kind === "unique_id") return; // it may be somebody else's by now
    if (row === null || row.webRid === null || row.resume === null || Math.abs(clock.now() - row.resume.savedAt) >= FRESH_MS) return;
    const { roomId, savedAt } = row.resume;
    const session = await store.sessions.get(row.room, roomId);
    if (session === null || session.endedAt !== null) return;
    const identity = await this.#sit(row.webRid, signal);
    if (!("visitor" in identity) || identity.visitor.userUniqueId === null) return;
    this.#resolver.recall(row, row.webRid, roomId, savedAt);
  }

  /** Takes the room's identity, or returns why there is none. */
  async #sit(webRid: string, signal: AbortSignal): Promise<PlatformIdentity | DyliveError> {
    try {
      return await this.#access.sit(webRid, signal);
    } catch (error) {
      if (signal.aborted || !(error instanceof DyliveError)) throw error;
      await this.#teller.to(error.code === "blocked" ? "blocked" : "failed", error.detail, error.code);
      return error;
    }
  }

  #connect(
    live: Live,
    room: RoomKey,
    intake: Intake,
    identity: PlatformIdentity,
    kept: Resume | null,
    signal: AbortSignal,
  ): Promise<Closing> {
    const resume = kept?.roomId === live.roomId ? kept : null;
    return this.#connection.run({ live, room, intake, identity, confirmed: this.#resolver.confirmed, resume }, signal);
  }

  /** Handles a reading that says not live: a broadcast that we collected ends after two of them. */
  async #notLive(room: RoomKey, signal: AbortSignal): Promise<void> {
    await this.#keeping.arrive(signal); // there is no connection to wait for
    const open = await this.#keeping.openSession(room);
    if (open !== null) {
      await this.#pause(CONFIRM_MS, signal);
      const again = await this.#resolver.resolve(signal);
      if (again?.outcome !== "offline") return;
      await this.#keeping.end(room, open, "offline");
      await this.#teller.to("ended", "two readings ten seconds apart say that the broadcast is over");
    }
    await this.#teller.to("waiting", "the account is not live");
  }

  async #confirmEnd(room: RoomKey, roomId: string, signal: AbortSignal): Promise<boolean> {
    const reading = await this.#resolver.resolve(signal);
    if (reading?.outcome !== "offline") return false;
    await this.#keeping.end(room, roomId, "announced");
    await this.#teller.to("ended", "the platform announced the end of the broadcast, and its page confirms it");
    return true;
  }

  /** Leaves the room to another process: no end is told, and nothing that is held is stored. */
  #lose(): void {
    this.#ending = { why: "lost" };
    this.health.to(this.health.platformState, "another process collects this room now");
    this.#stop.abort(new DyliveError("not_owner", "another process collects this room now"));
  }

  async #pause(ms: number, signal: AbortSignal): Promise<void> {
    if (ms > 0) await this.#parts.clock.sleep(ms, signal).catch(() => {});
  }
}
