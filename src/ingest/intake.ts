import type { NewEvent } from "../events/event.js";
import type { RoomHealth } from "../health/room-health.js";
import { isHistory, type Received } from "../platform/access/read.js";
import { normalise } from "../platform/messages/normalise.js";
import { Drift } from "../platform/wire/drift.js";
import { isControl, isInteractive } from "../platform/wire/methods.js";
import type { Clock } from "../runtime/clock.js";
import { breathe, inTime, PATIENCE_MS, steadyMs } from "../runtime/clock.js";
import { DyliveError, type ErrorCode } from "../runtime/errors.js";
import { isNotOwner, isStoreDown, storeDownReason } from "../store/health.js";
import type { RoomKey } from "../store/log.js";
import { RecentIds } from "./dedupe.js";
import { MessageTurn } from "./message-turn.js";
import { gapBetween, gapEvent, type Waited } from "./own-events.js";
import { announcesEnd, type Broadcast, type Pipeline, type Stored } from "./pipeline.js";
import type { Spool, SpoolRoom } from "./spool.js";
import { SpoolDrain } from "./spool-drain.js";

/** Result of taking a batch. */
export interface Taken {
  /** Messages that people caused. */
  readonly interactive: number;
  /** Whether the end of the broadcast was announced. */
  readonly ended: boolean;
  /** Reason why its frames are lost; null where they are kept. */
  readonly lost: string | null;
  /** Whether a gap that stood in it until people are heard is over, and kept: in the log, or in the spool in front of the frames. */
  readonly isGapTold: boolean;
}

/** The way of one room's frames, and of our own events about it, into its log. */
export interface Intake {
  /** Takes a batch as it came, and a gap that stands in it. @throws DyliveError not_owner; the signal's reason */
  take(batch: readonly Waited[], broadcast: Broadcast, signal: AbortSignal): Promise<Taken>;
  /** Stores an event of our own, in its turn. */
  own(event: NewEvent, signal: AbortSignal): Promise<void>;
  /** Defers work on the store, which may be done twice, until everything before it is stored. */
  defer(work: () => Promise<unknown>, signal: AbortSignal): Promise<void>;
  /** Settles combos that fell silent. */
  settle(): Promise<unknown>;
  /** Ends it; what is not stored by then is kept where it can be. */
  close(): Promise<void>;
}

/** Stores at once; while the store takes nothing, callers wait, so that the socket is held back. */
export class DirectIntake implements Intake {
  readonly #pipeline: Pipeline;
  readonly #health: RoomHealth;
  readonly #clock: Clock;

  constructor(pipeline: Pipeline, health: RoomHealth, clock: Clock) {
    this.#pipeline = pipeline;
    this.#health = health;
    this.#clock = clock;
  }

  async take(batch: readonly Waited[], broadcast: Broadcast, signal: AbortSignal): Promise<Taken> {
    const stored = await heldBack(() => this.#pipeline.store(batch, broadcast), this.#health, this.#clock, signal);
    return { ...tellStored(this.#health, stored, batch[batch.length - 1]?.receivedAt ?? this.#clock.now()), lost: null };
  }

  async own(event: NewEvent, signal: AbortSignal): Promise<void> {
    await heldBack(() => this.#pipeline.own(event), this.#health, this.#clock, signal);
  }

  async defer(work: () => Promise<unknown>): Promise<void> {
    await work();
  }

  settle(): Promise<unknown> {
    return this.#pipeline.settle();
  }

  async close(): Promise<void> {}
}

/** Tells the room's health of what was received at `at` and is stored. */
function tellStored(health: RoomHealth, stored: Stored, at: number): Omit<Taken, "lost"> {
  health.frame(at);
  health.keeps(null);
  for (const [method, n] of stored.methods) health.message(method, n);
  for (const [reason, n] of stored.drops) health.drop(reason, n);
  // A gap that was told before it was known has somebody heard, too, whose events are known.
  const interactive = Math.max(health.stored(stored.events, at), stored.isGapTold ? 1 : 0);
  if (stored.isGapTold) health.heard(at);
  health.brought(stored.sightings, stored.events);
  return { interactive, ended: stored.ended, isGapTold: stored.isGapTold };
}

const STORE_RETRY_MS = 1000;
/** Errors of a store that may take something later. */
const STORE_PROBLEMS: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  "disk_full",
  "store_failed",
  "store_readonly",
  "store_damaged",
  "store_locked",
  "store_unreachable",
]);

/**
 * Does what the store must take, again and again while it takes nothing (a full disk, a lock): callers that wait for it hold back what
 * comes after. The room's state says so meanwhile.
 * @throws what the work throws for another reason; the signal's reason
 */
export async function heldBack<T>(work: () => Promise<T>, health: RoomHealth, clock: Clock, signal: AbortSignal): Promise<T> {
  let refused = false;
  try {
    for (;;) {
      try {
        const done = await work();
        if (refused) health.storeTakes();
        refused = false;
        return done;
      } catch (error) {
        if (!isStoreDown(error) || signal.aborted) throw error;
        health.storeRefuses(storeDownReason(error));
        refused = true;
        await clock.sleep(STORE_RETRY_MS, signal);
      }
    }
  } finally {
    if (refused) health.storeRefuses(null);
  }
}

/** Returns whether an error is one of a store that may take something later: a full disk must not end a collection. */
export function isStoreProblem(error: unknown): error is DyliveError {
  return error instanceof DyliveError && STORE_PROBLEMS.has(error.code);
}

interface SpoolingDeps extends Pick<ConstructorParameters<typeof SpoolDrain>[0], "foresee"> {
  readonly room: RoomKey;
  readonly pipeline: Pipeline;
  readonly health: RoomHealth;
  readonly spool: Spool;
  /** Told when the room turns out to be another process's. */
  readonly onLost: (error: unknown) => void;
  /** Keeps an event of our own that cannot be stored. */
  readonly setAside: (event: NewEvent, error: unknown) => void;
}

/** Most messages that the platform sends a new connection again. */
const REPLAYED = 15;
/** Pause between tries while the store is down and is still waited for, in ms. */
const TRY_EVERY_MS = 250;

/**
 * Stores at once while the store takes it. When it has not for two seconds, frames go to the spool and the socket goes on being read; when it
 * does again, the spool is run through the pipeline in order, before what comes then. What had been received when the room turned out to be
 * another process's goes to the spool too, from where that process is given it.
 */
export class SpoolingIntake implements Intake {
  readonly #deps: SpoolingDeps;
  readonly #place: SpoolRoom;
  #drain: SpoolDrain | null = null;
  /** Ids of events of messages that people caused, heard while spooling. */
  #heard = new RecentIds();
  /** Ids of the last such that were stored: of what the platform sends a new connection again, however long ago they came. */
  readonly #last = new RecentIds(REPLAYED);
  /** Error by which the room was lost to another process; null while it is ours. */
  #lost: unknown = null;

  constructor(deps: SpoolingDeps) {
    this.#deps = deps;
    this.#place = deps.spool.enter(deps.room);
  }

  async take(batch: readonly Waited[], broadcast: Broadcast, signal: AbortSignal): Promise<Taken> {
    const { pipeline, health, spool } = this.#deps;
    if (this.#lost !== null) return this.#handOver(batch, broadcast);
    const at = batch[batch.length - 1]?.receivedAt ?? spool.clock.now();
    await this.#drain?.nearlyDone();
    try {
      const done = await this.#try(
        () => pipeline.store(batch, broadcast),
        (drain) => this.#spool(drain, batch, broadcast),
        signal,
      );
      if (!("events" in done)) return done;
      for (const { id, method } of done.events) if (isInteractive(method)) this.#last.add(id);
      return { ...tellStored(health, done, at), lost: null };
    } catch (error) {
      if (!isNotOwner(error)) throw error;
      this.#lose(error);
      return this.#handOver(batch, broadcast);
    }
  }

  /** Spools a batch, at once unless a gap is in it that is over only if people are heard: who stores it does not ask again. */
  async #spool(drain: SpoolDrain, batch: readonly Waited[], broadcast: Broadcast): Promise<Taken> {
    const { pipeline, health, spool } = this.#deps;
    const at = batch[batch.length - 1]?.receivedAt ?? spool.clock.now();
    const heard = new Set<string>();
    const isNew = (id: string) => {
      if (pipeline.knows(id) || this.#last.has(id) || this.#heard.has(id) || heard.has(id)) return false;
      heard.add(id);
      return true;
    };
    const { gap } = batch.find(({ untilPeople }) => untilPeople === true) ?? {};
    // A part of the batch may be stored, with the gap.
    const isTold = () => gap !== undefined && pipeline.knows(gapEvent(pipeline.room, gap, gap.from, gap.to, gap.reason).id);
    const overheard = overhear(batch, broadcast, isNew);
    health.backlog.spooled(batch);
    const kept = async () => ((await overheard).interactive > 0 ? batch : withoutGap(batch));
    const putting = drain.put(gap === undefined ? batch : kept(), broadcast);
    const { methods, interactive, ended } = await overheard;
    const lost = await putting;
    if (lost === null) for (const id of heard) this.#heard.add(id); // what is lost is new when it comes again
    health.frame(at);
    health.keeps(lost);
    for (const [method, n] of methods) health.message(method, n);
    const isGapTold = isTold() || (gap !== undefined && interactive > 0 && lost === null);
    const people = Math.max(interactive, isGapTold ? 1 : 0);
    if (people > 0) health.heard(at);
    if (lost !== null) health.backlog.drained(batch);
    if (lost !== null) health.drop("not_spooled", batch.filter((one) => one.gap === undefined).length);
    return { interactive: people, ended, lost, isGapTold };
  }

  /** Stores an event of our own. Of what is no longer ours to tell, a gap is handed over as frames are; nothing else is told. */
  async own(event: NewEvent, signal: AbortSignal): Promise<void> {
    try {
      const work = () => this.#deps.pipeline.own(event);
      await this.#try(work, (drain) => drain.own(event, work), signal);
    } catch (error) {
      if (!isNotOwner(error)) throw error;
      this.#lose(error);
      if (event.type !== "gap") return;
      const lost = await this.#place.put([gapBetween(event)], null);
      if (lost !== null) this.#deps.health.drop("own_event_not_spooled", 1);
      if (lost !== null) this.#deps.setAside(event, error);
    }
  }

  async defer(work: () => Promise<unknown>, signal: AbortSignal): Promise<void> {
    await this.#try(work, (drain) => drain.later(work), signal);
  }

  /** Settles combos that fell silent, unless the spool is in use: what is in it may go on with a combo that looks silent. */
  async settle(): Promise<unknown> {
    return this.#drain === null ? this.#deps.pipeline.settle() : 0;
  }

  async close(): Promise<void> {
    await this.#drain?.stop();
    await this.#drain?.finish(this.#lost);
    await this.#deps.spool.leave(this.#place);
  }

  /**
   * Does work, unless things wait before it or the store is down for too long.
   * @param spool called at the very moment when that is known, since the drain may be done at the next
   * @returns what either of them gives
   */
  async #try<T, S>(work: () => Promise<T>, spool: (drain: SpoolDrain) => S, signal: AbortSignal): Promise<T | Awaited<S>> {
    const { clock } = this.#deps.spool;
    const until = steadyMs(clock) + PATIENCE_MS;
    for (;;) {
      if (this.#lost !== null) throw this.#lost;
      if (this.#drain !== null) return await spool(this.#drain);
      try {
        return await inTime(work(), until - steadyMs(clock), clock);
      } catch (error) {
        if (!isStoreDown(error)) throw error;
        if (signal.aborted || steadyMs(clock) + TRY_EVERY_MS >= until) this.#drain ??= this.#begin(error);
        else await clock.sleep(TRY_EVERY_MS, signal).catch(() => {}); // stopping: what came is spooled at once
      }
    }
  }

  #begin(error: unknown): SpoolDrain {
    const { health, spool, pipeline, room, setAside, foresee } = this.#deps;
    const since = new Date(spool.clock.now()).toISOString();
    const say = (reason: unknown) => health.storeRefuses(storeDownReason(reason, `held in the spool since ${since}`));
    say(error);
    const drain = new SpoolDrain({
      pipeline,
      foresee,
      health,
      place: this.#place,
      clock: spool.clock,
      say,
      tell: (failed) => spool.tell(failed, room),
      setAside,
    });
    drain
      .run((hasStored) => {
        this.#drain = null;
        this.#heard = new RecentIds();
        health.backlog.spoolEmpty();
        // Where the spool took nothing either, the store was not asked.
        if (hasStored) health.storeTakes();
        else health.storeRefuses(null);
      })
      .catch((failed: unknown) => {
        if (isNotOwner(failed)) this.#lose(failed); // else stopped
      });
    return drain;
  }

  #lose(error: unknown): void {
    if (this.#lost !== null) return;
    this.#lost = error;
    this.#deps.onLost(error);
  }

  /** Spools a batch for the process that has the room now: it may have begun to receive only later, and what it has too is taken once. */
  async #handOver(batch: readonly Waited[], broadcast: Broadcast): Promise<Taken> {
    const messages = batch.filter(({ response }) => response !== null); // without the answers to heartbeats
    const gaps = withoutGap(batch).filter(({ gap }) => gap !== undefined);
    const lost = messages.length === 0 ? null : await this.#place.put([...gaps, ...messages], broadcast);
    if (lost !== null) this.#deps.health.drop("not_spooled", messages.length);
    return { interactive: 0, ended: false, lost, isGapTold: false };
  }
}

/** Returns a batch without the gap that is over only if people are heard. */
function withoutGap(batch: readonly Waited[]): readonly Waited[] {
  return batch.filter(({ untilPeople }) => untilPeople !== true);
}

/** Facts that can be heard in frames that nothing has stored yet. */
interface Overheard {
  /** Messages by method. */
  readonly methods: ReadonlyMap<string, number>;
  /** Messages that people caused and that were not heard before. */
  readonly interactive: number;
  /** Whether the platform announced the end of the broadcast. */
  readonly ended: boolean;
}

/**
 * Hears whether people are there and whether the broadcast ends.
 * @param isNew whether an event was not heard before; asked once for each that people caused
 */
async function overhear(batch: readonly Received[], broadcast: Broadcast, isNew: (id: string) => boolean): Promise<Overheard> {
  const methods = new Map<string, number>();
  const about = { ...broadcast, room: 0, drift: new Drift() }; // what is unknown is counted when it is stored
  const turn = new MessageTurn();
  let [interactive, ended] = [0, false];
  for (const one of batch) {
    if (isHistory(one)) continue; // said before the connection: it proves nothing
    const context = { ...about, receivedAt: one.receivedAt };
    for (const message of one.response?.messages ?? []) {
      if (turn.isOver(message)) await breathe();
      methods.set(message.method, (methods.get(message.method) ?? 0) + 1);
      const byPeople = isInteractive(message.method);
      if (!byPeople && !isControl(message.method)) continue;
      const draft = normalise(message, context);
      if (draft === null) continue;
      if (!byPeople) ended ||= announcesEnd(draft.event);
      else if (isNew(draft.event.id)) interactive++;
    }
  }
  return { methods, interactive, ended };
}
