import type { Arrived } from "../../ingest/pipeline.js";
import { readPayload } from "../../platform/open-platform/push.js";
import type { Clock } from "../../runtime/clock.js";
import { DyliveError } from "../../runtime/errors.js";
import { isNotOwner, isStoreDown } from "../../store/health.js";
import type { RoomKey } from "../../store/log.js";
import { type OfficialDeps, OfficialRooms } from "./rooms.js";
import type { PushSpool } from "./spool.js";

/** A push whose signature was found good. */
interface Push {
  readonly appId: string;
  readonly roomId: string;
  readonly msgType: string;
  /** ms UTC */
  readonly receivedAt: number;
  /** Exactly as received. */
  readonly body: Uint8Array;
}

/** Returns a push as one line of the spool. */
function toLine({ body, ...rest }: Push): string {
  return JSON.stringify({ ...rest, body: Buffer.from(body.buffer, body.byteOffset, body.length).toString("base64") });
}

/** Returns the push of a line; null when it is none. */
function fromLine(line: string): Push | null {
  try {
    const { appId, roomId, msgType, receivedAt, body } = JSON.parse(line) as Record<keyof Push, unknown>;
    const texts = [appId, roomId, msgType, body].every((value) => typeof value === "string");
    if (!texts || typeof receivedAt !== "number") return null;
    return {
      appId: String(appId),
      roomId: String(roomId),
      msgType: String(msgType),
      receivedAt,
      body: Buffer.from(String(body), "base64"),
    };
  } catch {
    return null;
  }
}

/** Dependencies of {@link OfficialReceiver}. */
interface ReceiverDeps extends OfficialDeps {
  readonly spool: PushSpool;
  /** Keeps a line of the spool that can never be stored. */
  readonly setAsidePush: (line: string, error: unknown) => void;
  /** Told of every push that is in the log. */
  readonly stored: (room: RoomKey, push: Push) => void;
}

/** Counts of pushes since the start, by what became of them. */
interface ReceiverCounts {
  /** Answered after they were in the log. */
  readonly stored: number;
  /** Answered after they were in the spool. */
  readonly spooled: number;
  /** Not answered with success: neither log nor spool could take them. */
  readonly lost: number;
  /** In the spool now. */
  readonly waiting: number;
}

/**
 * Longest wait for the log, in ms. The platform counts an answer after 2 s as a failure (facts/official-push.md A4); the spool, the network
 * and its own clock need the rest.
 */
const PATIENCE_MS = 1000;
const RETRY_MS = 1000;
/** Pushes in memory; more than the platform's 100 a second leave only when the store is slow. */
const MAX_IN_FLIGHT = 500;

/**
 * Takes pushes and promises that they are kept: in the log, or, while the store is down or slow, in the spool, which is run through the same
 * way as soon as the store is back. While anything waits in the spool, what comes goes behind it, so that order is kept.
 */
export class OfficialReceiver {
  readonly #deps: ReceiverDeps;
  readonly #rooms: OfficialRooms;
  readonly #clock: Clock;
  readonly #stopping = new AbortController();
  readonly #working = new Set<Promise<unknown>>();
  readonly #counts = { stored: 0, spooled: 0, lost: 0 };
  #draining: Promise<void> | null = null;

  constructor(deps: ReceiverDeps) {
    this.#deps = deps;
    this.#clock = deps.clock;
    this.#rooms = new OfficialRooms(deps);
    if (deps.spool.waiting > 0) this.#drain();
  }

  /** Counts of pushes, by what became of them. */
  get counts(): ReceiverCounts {
    return { ...this.#counts, waiting: this.#deps.spool.waiting };
  }

  /**
   * Resolves when the push is kept, within the platform's patience.
   * @throws DyliveError not_ready when it could not be kept anywhere, too_many_rooms, stopping
   */
  async receive(push: Push): Promise<void> {
    if (this.#stopping.signal.aborted) throw new DyliveError("stopping", "no more pushes are taken");
    if (this.#draining !== null || this.#working.size >= MAX_IN_FLIGHT) return this.#keep(push);
    const storing = this.#track(this.store([push]));
    if (await this.#inTime(storing)) {
      this.#counts.stored++;
      return;
    }
    // It may still get into the log: the same events again are known there.
    return this.#keep(push);
  }

  /**
   * Puts pushes into the log, those of one room together.
   * @param waited whether they have waited in the spool
   * @throws what the store throws when it is down; DyliveError too_many_rooms
   */
  async store(pushes: readonly Push[], waited = false): Promise<void> {
    const byRoom = new Map<string, Push[]>();
    for (const push of pushes) {
      const key = `${push.appId}:${push.roomId}`;
      const of = byRoom.get(key);
      if (of === undefined) byRoom.set(key, [push]);
      else of.push(push);
    }
    await Promise.all([...byRoom.values()].map((of) => this.#storeInRoom(of, waited)));
  }

  /** Ends the work; what waits stays in the spool. */
  async stop(): Promise<void> {
    this.#stopping.abort(new DyliveError("stopping", "the receiver was stopped"));
    await Promise.all(this.#working);
    await this.#draining;
    await this.#deps.spool.close();
  }

  async #storeInRoom(pushes: readonly Push[], waited: boolean): Promise<void> {
    const [first] = pushes;
    if (first === undefined) return;
    const { appId, roomId } = first;
    const batch = pushes.map((push) => arrived(push, waited));
    let room = await this.#rooms.of(appId, roomId);
    try {
      await room.store(batch);
    } catch (error) {
      if (!isNotOwner(error)) throw error;
      // It was deleted: what comes of it now is of a new one.
      this.#rooms.forget(appId, roomId);
      room = await this.#rooms.of(appId, roomId);
      await room.store(batch);
    }
    for (const push of pushes) this.#deps.stored(room.room, push);
  }

  /** Tells whether it was stored soon enough. @throws DyliveError too_many_rooms */
  async #inTime(storing: Promise<void>): Promise<boolean> {
    const done = new AbortController();
    const late = this.#clock.sleep(PATIENCE_MS, done.signal).then(
      () => false,
      () => false,
    );
    try {
      return await Promise.race([storing.then(() => true), late]);
    } catch (error) {
      if (isTooMany(error)) throw error;
      return false;
    } finally {
      done.abort();
    }
  }

  async #keep(push: Push): Promise<void> {
    try {
      await this.#track(this.#deps.spool.put(toLine(push)));
      this.#counts.spooled++;
    } catch (error) {
      this.#counts.lost++;
      throw error;
    } finally {
      this.#drain();
    }
  }

  /** Empties the spool, as often as it takes. */
  #drain(): void {
    if (this.#draining !== null || this.#stopping.signal.aborted) return;
    this.#draining = this.#emptySpool().finally(() => {
      this.#draining = null;
    });
  }

  async #emptySpool(): Promise<void> {
    const { signal } = this.#stopping;
    while (this.#deps.spool.waiting > 0 && !signal.aborted) {
      const emptied = await this.#deps.spool
        .drain((lines) => this.#storeLines(lines))
        .then(
          () => true,
          () => false,
        );
      if (!emptied) await this.#clock.sleep(RETRY_MS, signal).catch(() => {});
    }
  }

  async #storeLines(lines: readonly string[]): Promise<void> {
    this.#stopping.signal.throwIfAborted();
    const pushes = lines.flatMap((line) => fromLine(line) ?? this.#giveUp(line, new Error("the line is no push")));
    try {
      await this.store(pushes, true);
    } catch (error) {
      if (isStoreDown(error) && !isTooMany(error)) throw error;
      // One of them is to blame.
      for (const push of pushes)
        await this.store([push], true).catch((reason: unknown) => {
          if (isStoreDown(reason) && !isTooMany(reason)) throw reason;
          this.#giveUp(toLine(push), reason);
        });
    }
  }

  #giveUp(line: string, error: unknown): [] {
    this.#deps.setAsidePush(line, error);
    return [];
  }

  /** Work that {@link stop} waits for. */
  #track<T>(work: Promise<T>): Promise<T> {
    const settled = work.then(
      () => {},
      () => {},
    );
    this.#working.add(settled);
    void settled.then(() => this.#working.delete(settled));
    return work;
  }
}

function arrived({ body, msgType, receivedAt }: Push, waited: boolean): Arrived {
  return { receivedAt, response: { messages: readPayload(body, msgType) }, waited };
}

function isTooMany(error: unknown): boolean {
  return error instanceof DyliveError && error.code === "too_many_rooms";
}
