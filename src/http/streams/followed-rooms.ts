import type { Batch } from "../../feed/batch.js";
import type { FeedReading } from "../../feed/feed.js";
import type { OutboundQueue } from "../../runtime/outbound-queue.js";
import { type RoomKey, SYSTEM_ROOM } from "../../store/log.js";
import type { NamedRoom } from "../../store/rooms.js";
import type { StoredEvent } from "../../store/stored-event.js";
import type { CloseReason, LiveStreams } from "./live.js";
import type { FollowedNames } from "./named-room.js";
import { filtered, type Selection, shownOf } from "./selection.js";

/** Connection that is sent what its rooms bring. */
interface FramesTarget {
  readonly kind: "sse" | "ws";
  readonly outbound: OutboundQueue;
  /** Makes the bytes of a batch, for every connection of this kind that is shown these rows; null for nothing. */
  frame(batch: Batch, rows: readonly StoredEvent[]): Buffer | null;
  send(frame: Buffer): void;
  /** Called when the log cannot be read: nothing more comes. */
  failed(error: unknown): void;
  end(why: CloseReason): void;
}

/** The rooms that a connection follows, all from one position. */
export class FollowedRooms {
  readonly #live: LiveStreams;
  readonly #target: FramesTarget;
  readonly #over: AbortSignal;
  #rooms: FollowedNames = [];
  #selection: Selection | null = null;
  #following: FeedReading | null = null;
  #stop = new AbortController();

  constructor(live: LiveStreams, target: FramesTarget, over: AbortSignal) {
    this.#live = live;
    this.#target = target;
    this.#over = over;
    over.addEventListener("abort", () => this.#stop.abort(), { once: true });
  }

  /** Position up to which everything was sent; null before anything is followed. */
  get at(): number | null {
    return this.#following?.at ?? null;
  }

  /** Rooms that it names; none where it follows all. */
  get rooms(): readonly NamedRoom[] {
    return this.#rooms ?? [];
  }

  /** Follows these rooms from now on, in place of those before. @param after position */
  follow(rooms: FollowedNames, selection: Selection, after: number): void {
    if (this.#over.aborted) return;
    this.#stop.abort();
    this.#stop = new AbortController();
    this.#rooms = rooms;
    this.#selection = selection;
    const { where } = selection;
    const { signal } = this.#stop;
    this.#following = this.#live.feed.follow(
      {
        rooms: rooms === null ? null : new Set(rooms.map(({ room }) => room)),
        after,
        where,
        ready: (until) => this.#ready(until),
        take: (batch) => this.#take(batch, selection, signal),
      },
      signal,
    );
    this.#following.done.catch((error: unknown) => this.#target.failed(error));
  }

  /** Follows a room no more. @returns the room; undefined where it was not followed */
  drop(room: RoomKey): NamedRoom | undefined {
    const dropped = this.rooms.find((one) => one.room === room);
    if (dropped === undefined || this.#selection === null) return undefined;
    const left = this.rooms.filter((one) => one !== dropped);
    this.follow(left, this.#selection, this.at ?? 0);
    return dropped;
  }

  #take(batch: Batch, selection: Selection, signal: AbortSignal): Promise<void> | undefined {
    const { expression } = selection;
    if (expression === null) return this.#send(batch, selection, () => shownOf(batch, selection));
    return filtered(batch, selection, expression, this.#live.queue).then((rows) =>
      signal.aborted ? undefined : this.#send(batch, selection, () => rows),
    );
  }

  #send(batch: Batch, { key }: Selection, shown: () => readonly StoredEvent[]): undefined {
    const frame = batch.once(`${this.#target.kind} ${this.#rooms === null} ${key}`, () => {
      const rows = shown();
      return this.#target.frame(batch, this.#rooms === null ? rows.filter(({ room }) => room !== SYSTEM_ROOM) : rows);
    });
    if (frame !== null) this.#target.send(frame);
  }

  /** Waits until the client has taken what it was sent and a page of the log may be read. */
  async #ready(signal: AbortSignal): Promise<() => void> {
    const { queue } = this.#live;
    await this.#target.outbound.drained(signal);
    const end = await queue.begin(signal);
    await queue.turn();
    return end ?? (() => {});
  }
}
