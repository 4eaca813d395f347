import type { Clock } from "../runtime/clock.js";
import type { RoomKey } from "../store/log.js";
import type { ServerLimits } from "../store/server-limits.js";
import type { LimitsOf, Retention } from "../store/sql/retention.js";
import type { Store } from "../store/store.js";
import { DamagedEvent } from "../store/stored-event.js";
import { removeDeletedRaw, runDeletion } from "./deletion.js";
import { beyondLimits, frontStep, isBelieved, type RawRecordings, retainStep } from "./step.js";

/** Least jump of a clock that counts as one, in ms; a smaller one is set right in the usual way. */
const JUMP_MS = 3_600_000;
/** Time after a jump, and after a long silence, in which nothing is removed by age, in ms: time to set the clock right. */
const HOLD_MS = 86_400_000;

/**
 * Whether the machine's clock can be believed when it says that something is old. A clock that jumps ahead by years would have everything
 * removed at once.
 */
export class ClockDoubt {
  #wall: number;
  #steady: number;
  #since: number | null = null;
  #silence: number | null = null;

  /** @param wall ms UTC @param steady ms of a clock that is never set */
  constructor(wall: number, steady: number) {
    this.#wall = wall;
    this.#steady = steady;
  }

  /**
   * @param newest when the newest event was received, ms UTC; null when there is none
   * @returns why the clock is not believed now, in one sentence; null when it is
   */
  look(wall: number, steady: number, newest: number | null): string | null {
    const jump = wall - this.#wall - (steady - this.#steady);
    if (Math.abs(jump) > JUMP_MS) {
      this.#since ??= steady;
      if (steady - this.#since < HOLD_MS)
        return `the clock of this machine jumped by ${Math.round(jump / 1000)} s: nothing is removed by age for a day, unless it jumps back`;
    }
    this.#wall = wall;
    this.#steady = steady;
    this.#since = null;
    return this.#afterSilence(wall, steady, newest);
  }

  /** Doubts the clock after a long silence: either nothing was collected or the clock was set wrong while dylive did not run. */
  #afterSilence(wall: number, steady: number, newest: number | null): string | null {
    if (newest === null || wall - newest < HOLD_MS) {
      this.#silence = null;
      return null;
    }
    this.#silence ??= steady;
    if (steady - this.#silence >= HOLD_MS) return null;
    const days = Math.floor((wall - newest) / HOLD_MS);
    return `by the clock of this machine the newest event is ${days} days old: nothing is removed by age until events come in or a day has passed`;
  }
}

const DAY_MS = 86_400_000;
/** Most ms by which some events come later: a day goes by the platform's time, ages count from the receipt. */
const LATE_MS = 3_600_000;

/** Most ms by which a limit of age is exceeded where it is kept by dropping days. */
const DAY_SLACK_MS = DAY_MS + LATE_MS;

type Days = Pick<Retention, "days" | "dropDays">;

/**
 * Drops the days that are older than any room wants: that costs the same for a million events as for one. The newest day stays.
 * @param ages limits of age of all rooms, ms; null is none
 * @param now ms UTC
 * @returns which limit is kept by that, ms, up to {@link DAY_SLACK_MS} longer; null when days are of no use: the store has none, or some room
 * keeps everything. And how many days were dropped.
 */
async function dropByAge(
  retention: Days,
  ages: readonly (number | null)[],
  now: number,
): Promise<{ readonly ageMs: number | null; readonly dropped: number }> {
  const days = await retention.days();
  const longest = Math.max(...ages.map((age) => age ?? Number.POSITIVE_INFINITY));
  if (days === null || !Number.isFinite(longest)) return { ageMs: null, dropped: 0 };
  const [oldest, newest] = [days[0] ?? 0, days.at(-1) ?? 0];
  const before = Math.min(now - longest - LATE_MS, newest - DAY_MS);
  return { ageMs: longest, dropped: oldest <= before && oldest > 0 ? await retention.dropDays(before) : 0 };
}

/**
 * Drops the oldest day, since the store as a whole is too big. Neither the newest day goes nor one that has not ended.
 * @param days as `Retention.days` tells them
 * @param now ms UTC
 * @returns whether it went
 */
async function shedDay(retention: Days, days: readonly number[], now: number): Promise<boolean> {
  const [oldest] = days;
  if (oldest === undefined || days.length < 2 || oldest > now) return false;
  return (await retention.dropDays(oldest)) > 0;
}

/** Time between rounds, in ms: a few minutes beyond a limit do no harm. */
const ROUND_MS = 600_000;
/** Pause after each step, in ms, in which others have their turn at the store. */
const PAUSE_MS = 20;

/** Newest events of a room that are looked at for one whose time of receipt can be believed. */
const LOOKED_AT = 10;

/** Dependencies of the scheduler. */
export interface RetentionSchedulerDeps {
  /** The store is everybody's; raw recordings are in the data folder of the process that made them. */
  readonly what: "all" | "store" | "raw";
  readonly store: Pick<
    Store,
    "log" | "retention" | "statistics" | "deletions" | "works" | "comments" | "commentRuns" | "listRuns" | "downloads"
  >;
  readonly clock: Clock;
  /** Returns the server's limits as they are now: they are asked for before each round. */
  readonly limits: () => Promise<ServerLimits>;
  readonly raw: RawRecordings;
  /** Called when raw recordings were removed. */
  readonly onRawRemoved: (room: RoomKey, files: number, bytes: number) => void;
  /** Called with one sentence that says why something that should be removed is not at the moment. */
  readonly onDoubt: (sentence: string) => void;
  readonly onError: (error: unknown) => void;
  /** Milliseconds of a clock that is never set; the process's own by default. */
  readonly monotonicMs?: () => number;
}

/** Removes what is beyond its limits, in small steps, and gives the room back to the disk. */
export class RetentionScheduler {
  readonly #deps: RetentionSchedulerDeps;
  readonly #doubt: ClockDoubt;
  /** Rooms of this round in which an event cannot be read. */
  readonly #damaged = new Set<RoomKey>();

  constructor(deps: RetentionSchedulerDeps) {
    this.#deps = deps;
    this.#doubt = new ClockDoubt(deps.clock.now(), (deps.monotonicMs ?? (() => performance.now()))());
  }

  /** Does so until the signal aborts; ends after the step that is under way. */
  async run(signal: AbortSignal): Promise<void> {
    const { clock, onError } = this.#deps;
    while (!signal.aborted) {
      try {
        await this.#round(signal);
      } catch (error) {
        if (!signal.aborted) onError(error);
      }
      await clock.sleep(ROUND_MS, signal).catch(() => {});
    }
  }

  async #round(signal: AbortSignal): Promise<void> {
    const { what, store, onDoubt, clock } = this.#deps;
    this.#damaged.clear();
    const rooms = [...(await store.log.heads()).keys()];
    const doubt = this.#doubt.look(clock.now(), (this.#deps.monotonicMs ?? (() => performance.now()))(), await this.#newest(rooms));
    if (doubt !== null) onDoubt(doubt);
    const server = await this.#deps.limits();
    if (what !== "raw") await this.#storeRound(server, rooms, doubt === null, signal);
    if (what !== "store") await this.#rawRound(server, doubt === null, signal);
  }

  /** Removes what the store keeps beyond its limits, step after step, and gives the room back. */
  async #storeRound(server: ServerLimits, rooms: readonly RoomKey[], byAge: boolean, signal: AbortSignal): Promise<void> {
    const { store, clock } = this.#deps;
    // What a process began that died since, or that was stopped.
    for (const deletion of await store.deletions.open())
      await this.#apart(() => runDeletion(store, deletion, () => clock.now(), { signal }));
    const own = new Map<RoomKey, LimitsOf>();
    for (const room of rooms) own.set(room, { ...server.limits, ...(await store.retention.limits(room)) });
    const ages = [...own.values()].map(({ events }) => events.maxAgeMs);
    const { ageMs, dropped } = byAge ? await dropByAge(store.retention, ages, clock.now()) : { ageMs: null, dropped: 0 };
    let removed = dropped > 0;
    const wantedOf = (limits: LimitsOf) => (byAge ? eased(limits, ageMs) : ageless(limits));
    // What follows the server's limit of age alone goes from the front of the log.
    const { maxAgeMs } = wantedOf(server.limits).events;
    const isAlike = ({ events }: LimitsOf) => events === server.limits.events && events.maxBytes === null;
    const alike = [...own].flatMap(([room, limits]) => (isAlike(limits) ? [room] : []));
    for (let after: number | null = 0; maxAgeMs !== null && after !== null && alike.length > 0 && !signal.aborted; ) {
      after = await this.#frontStep(maxAgeMs, after, alike, rooms.length);
      removed ||= after !== null;
      if (after !== null) await clock.sleep(PAUSE_MS, signal);
    }
    for (const [room, limits] of own) {
      const wanted = wantedOf(isAlike(limits) ? { ...limits, events: { maxAgeMs: null, maxBytes: null } } : limits);
      while (!signal.aborted && (await this.#apart(() => retainStep(store, room, wanted, clock.now())))) {
        removed = true;
        await clock.sleep(PAUSE_MS, signal);
      }
    }
    if (byAge) removed = (await this.#worksRound(server, signal)) || removed;
    removed = (await this.#shed(server, rooms, signal)) || removed;
    while (!signal.aborted && removed && (await store.retention.giveBack())) await clock.sleep(PAUSE_MS, signal);
  }

  /** Takes a step at the front of the log, without the rooms in which an event cannot be read. @param all number of all rooms */
  async #frontStep(maxAgeMs: number | null, after: number, rooms: readonly RoomKey[], all: number): Promise<number | null> {
    for (;;) {
      const damaged = this.#damaged.size;
      const among = rooms.filter((room) => !this.#damaged.has(room));
      const { store, clock } = this.#deps;
      const some = among.length < all ? new Set(among) : undefined;
      const until = await this.#apart(() => frontStep(store, maxAgeMs, after, some, clock.now()));
      if (until !== null || this.#damaged.size === damaged) return until;
    }
  }

  /** Removes works, comments, the runs that brought them and downloads which were not read, or brought nothing, for too long. */
  async #worksRound({ worksMaxAgeMs }: ServerLimits, signal: AbortSignal): Promise<boolean> {
    const { store, clock } = this.#deps;
    if (worksMaxAgeMs === null) return false;
    let removed = false;
    for (const kind of [store.works, store.comments, store.commentRuns, store.listRuns, store.downloads])
      while (!signal.aborted && (await kind.expire(clock.now() - worksMaxAgeMs, clock.now()))) {
        removed = true;
        await clock.sleep(PAUSE_MS, signal);
      }
    return removed;
  }

  /** Removes raw recordings beyond their limits, file after file, so that others have their turn at the disk. */
  async #rawRound(server: ServerLimits, byAge: boolean, signal: AbortSignal): Promise<void> {
    const { store, raw, onRawRemoved, clock } = this.#deps;
    for (const room of await raw.rooms()) {
      const own = { ...server.limits, ...(await store.retention.limits(room)) };
      const wanted = (byAge ? own : ageless(own)).raw;
      const gone = { ...(await removeDeletedRaw(raw, await store.deletions.of(room))) };
      try {
        const files = await raw.files(room);
        const now = clock.now();
        if (byAge) for (const file of files) if (Math.min(file.endedAt, file.writtenAt) > now) await raw.seen(file, now);
        for (const file of beyondLimits(files, wanted, now)) {
          signal.throwIfAborted();
          await raw.remove(file);
          gone.files++;
          gone.bytes += file.bytes;
          await clock.sleep(PAUSE_MS, signal);
        }
      } finally {
        if (gone.files > 0) onRawRemoved(room, gone.files, gone.bytes);
      }
    }
  }

  /** Removes, while the store as a whole is too big, the oldest day, or the oldest events of all rooms. */
  async #shed({ maxStoreBytes }: ServerLimits, rooms: readonly RoomKey[], signal: AbortSignal): Promise<boolean> {
    const { store, clock, onDoubt } = this.#deps;
    let removed = false;
    while (maxStoreBytes !== null && !signal.aborted && ((await store.retention.storeSize())?.used ?? 0) > maxStoreBytes) {
      const days = await store.retention.days();
      if (days !== null) {
        // Removing rows would give nothing back to the disk, and go on until nothing is left.
        if (!(await shedDay(store.retention, days, clock.now()))) {
          onDoubt(
            `the store takes more than it may, but what could go are events of today, or are being read: ${days.length} days are kept`,
          );
          break;
        }
      } else if ((await this.#frontStep(null, 0, rooms, rooms.length)) === null) break;
      removed = true;
      await clock.sleep(PAUSE_MS, signal);
    }
    return removed;
  }

  /** Does some work. Where an event of a room cannot be read, that is reported, and others have their turn. @returns null there */
  async #apart<T>(work: () => Promise<T>): Promise<T | null> {
    try {
      return await work();
    } catch (error) {
      if (!(error instanceof DamagedEvent)) throw error;
      if (!this.#damaged.has(error.room)) this.#deps.onError(error);
      this.#damaged.add(error.room);
      return null;
    }
  }

  /** Returns when the newest event of all was received, as far as that can be believed; null when there is none. */
  async #newest(rooms: readonly RoomKey[]): Promise<number | null> {
    const times: number[] = [];
    for (const room of rooms) {
      const newest = async () => (await this.#deps.store.log.readRoomBefore(room, Number.MAX_SAFE_INTEGER, LOOKED_AT)).events;
      const events = (await this.#apart(newest)) ?? [];
      const event = events.findLast((one) => isBelieved(one, this.#deps.clock.now()));
      if (event !== undefined) times.push(event.receivedAt);
    }
    return times.length === 0 ? null : Math.max(...times);
  }
}

/** Returns the same limits, where days are dropped: what is left for removal by rows is what these cannot reach. */
function eased({ events, ...others }: LimitsOf, ageMs: number | null): LimitsOf {
  return ageMs === null || events.maxAgeMs !== ageMs
    ? { events, ...others }
    : { events: { ...events, maxAgeMs: ageMs + DAY_SLACK_MS }, ...others };
}

/** Returns the same limits, but for age. */
function ageless({ events, statistics, raw }: LimitsOf): LimitsOf {
  return { events: { ...events, maxAgeMs: null }, statistics: { ...statistics, maxAgeMs: null }, raw: { ...raw, maxAgeMs: null } };
}
