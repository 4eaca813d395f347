import type { IncomingFrame } from "../../ingest/pipeline.js";
import { readPayload } from "../../platform/open-platform/push.js";
import type { Clock } from "../../runtime/clock.js";
import { DyliveError } from "../../runtime/errors.js";
import { msg } from "../../runtime/msg.js";
import type { PendingBytes } from "../../runtime/rate-limiter.js";
import { isNotOwner, isStoreDown } from "../../store/health.js";
import type { RoomKey } from "../../store/log.js";
import { type OfficialDeps, OfficialRooms } from "./rooms.js";

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

/** Dependencies of {@link OfficialReceiver}. */
interface ReceiverDeps extends OfficialDeps {
  /** Memory of what waits to be stored, shared with the rooms of this process. */
  readonly held: PendingBytes;
  /** Called when pushes are lost that may have been answered with success. */
  readonly onLost: (pushes: number, roomId: string, error: unknown) => void;
  /** Called with every push that is in the log. */
  readonly stored: (room: RoomKey, push: Push) => void;
}

/** Counts of pushes since the start, by what became of them. */
interface ReceiverCounts {
  /** In the log. */
  readonly stored: number;
  /** In memory now. */
  readonly waiting: number;
  /** Answered with an error: the memory was full, or the push is none that can be stored. */
  readonly refused: number;
  /** Answered with success and never stored. */
  readonly lost: number;
}

/** A push that is not in the log yet. */
interface WaitingPush {
  readonly push: Push;
  /** Whether it was answered with success. */
  isAnswered: boolean;
  /** Answers it: with {@link KEPT}, or an error. */
  readonly answer: (outcome: unknown) => void;
}

/** Pushes of one room that are not in the log yet, in order. */
interface RoomQueue {
  readonly pushes: WaitingPush[];
  /** Whether the store took nothing when it was asked last: nothing waits for it before it is answered. */
  isAway: boolean;
}

/**
 * Longest wait for the log before a push is answered, in ms. The platform counts an answer after 2 s as a failure (facts/official-push.md A4);
 * the network and its own clock need the rest.
 */
const PATIENCE_MS = 1000;
const RETRY_MS = 1000;

/**
 * Takes pushes into the log. While the store is away or slow they wait in memory, in order, room by room, and are answered all the same: the
 * platform keeps no comment or like that it could not deliver. When the memory is full they are answered with an error.
 */
export class OfficialReceiver {
  readonly #deps: ReceiverDeps;
  readonly #rooms: OfficialRooms;
  readonly #clock: Clock;
  readonly #stopping = new AbortController();
  readonly #queues = new Map<string, RoomQueue>();
  readonly #working = new Set<Promise<void>>();
  readonly #counts = { stored: 0, waiting: 0, refused: 0, lost: 0 };

  constructor(deps: ReceiverDeps) {
    this.#deps = deps;
    this.#clock = deps.clock;
    this.#rooms = new OfficialRooms(deps);
  }

  /** Counts of pushes, by what became of them. */
  get counts(): ReceiverCounts {
    return { ...this.#counts };
  }

  /**
   * Resolves when the push is in the log, or waits for a store that is away, within the platform's patience.
   * @throws DyliveError not_ready when too much waits already, too_many_rooms, stopping
   */
  async receive(push: Push): Promise<void> {
    if (this.#stopping.signal.aborted) throw new DyliveError("stopping", "no more pushes are taken");
    const { held } = this.#deps;
    if (held.bytes + bytesOf(push) > held.maxBytes) {
      this.#counts.refused++;
      throw new DyliveError("not_ready", msg`more than ${held.maxBytes} bytes wait for the store`);
    }
    const answered = new AbortController();
    const one: WaitingPush = { push, isAnswered: false, answer: (outcome) => answered.abort(outcome) };
    if (this.#enqueue(one).isAway) answered.abort(KEPT);
    const { signal } = answered;
    if (!signal.aborted) await this.#clock.sleep(PATIENCE_MS, signal).catch(() => {});
    if (signal.aborted && signal.reason !== KEPT) throw signal.reason;
    one.isAnswered = true;
  }

  /**
   * Puts pushes of one room into the log.
   * @throws what the store throws when it is down; DyliveError too_many_rooms
   */
  async store(pushes: readonly Push[]): Promise<void> {
    const [first] = pushes;
    if (first === undefined) return;
    const { appId, roomId } = first;
    const batch = pushes.map(arrived);
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

  /** Ends the work: what waits is stored, unless the store is away. */
  async stop(): Promise<void> {
    this.#stopping.abort(new DyliveError("stopping", "the receiver was stopped"));
    await Promise.all(this.#working);
  }

  #enqueue(one: WaitingPush): RoomQueue {
    this.#counts.waiting++;
    this.#deps.held.bytes += bytesOf(one.push);
    const key = keyOf(one.push);
    const known = this.#queues.get(key);
    const queue = known ?? { pushes: [], isAway: false };
    queue.pushes.push(one);
    if (known !== undefined) return known;
    this.#queues.set(key, queue);
    const working = this.#empty(key, queue).finally(() => this.#working.delete(working));
    this.#working.add(working);
    return queue;
  }

  /** Stores what waits of one room, until nothing does. */
  async #empty(key: string, queue: RoomQueue): Promise<void> {
    const { signal } = this.#stopping;
    while (queue.pushes.length > 0) {
      const batch = [...queue.pushes];
      try {
        await this.store(batch.map(({ push }) => push));
        this.#counts.stored += batch.length;
        queue.isAway = false;
        this.#done(queue, batch.length, KEPT);
      } catch (error) {
        if (signal.aborted || !isStoreDown(error) || isTooMany(error)) {
          this.#giveUp(batch, error);
          this.#done(queue, batch.length, error);
          continue;
        }
        queue.isAway = true;
        for (const one of queue.pushes) {
          one.isAnswered = true;
          one.answer(KEPT);
        }
        await this.#clock.sleep(RETRY_MS, signal).catch(() => {});
      }
    }
    this.#queues.delete(key);
  }

  /** Takes the oldest pushes out of a queue. */
  #done(queue: RoomQueue, count: number, outcome: unknown): void {
    this.#counts.waiting -= count;
    for (const { push, answer } of queue.pushes.splice(0, count)) {
      this.#deps.held.bytes -= bytesOf(push);
      answer(outcome);
    }
  }

  #giveUp(batch: readonly WaitingPush[], error: unknown): void {
    const lost = batch.filter(({ isAnswered }) => isAnswered).length;
    this.#counts.lost += lost;
    this.#counts.refused += batch.length - lost;
    if (lost > 0) this.#deps.onLost(lost, batch[0]?.push.roomId ?? "", error);
  }
}

/** Answer to a push that is in the log, or waits in memory. */
const KEPT = new Error("kept");

function keyOf({ appId, roomId }: Push): string {
  return `${appId}:${roomId}`;
}

/** Returns the bytes of memory that a push takes, with some for what is not its body. */
function bytesOf({ body }: Push): number {
  return body.length + 1000;
}

function arrived({ body, msgType, receivedAt }: Push): IncomingFrame {
  return { receivedAt, response: { messages: readPayload(body, msgType) } };
}

function isTooMany(error: unknown): boolean {
  return error instanceof DyliveError && error.code === "too_many_rooms";
}
