import type { Log, RoomKey, Where } from "../store/log.js";
import type { Tails } from "./tail.js";
import { TailBatch } from "./tail-batch.js";
import type { RoomTail, TailReader } from "./tail-room.js";

/** Events that a reader which is behind reads at a time. */
const PAGE_EVENTS = 200;
/** Batches that wait for a reader which takes its time; one that has more reads the log itself. They are shared by all readers of a room. */
const WAITING_MAX_BATCHES = 8;

/** Room that is followed, and which of its events. */
export interface Followed {
  readonly room: RoomKey;
  /** Everything with a greater seq is handed over. */
  readonly after: number;
  /** Filter that the store applies while the reader is behind; at the head every event comes, so the target filters for itself. */
  readonly where: Where;
  /** Whether the target prepares each batch before it takes it. */
  readonly needsTime?: boolean;
}

/** Target of a {@link Follow}, which is given the batches. */
export interface FollowTarget<F extends Followed> {
  /** Takes the next batch of a room: in order, without holes or doubles. */
  take(batch: TailBatch, followed: F): void;
  /** Does what takes time for a batch of a room that {@link Followed.needsTime}; the batch is taken afterwards. */
  prepare?(batch: TailBatch, followed: F): Promise<void>;
  /**
   * Resolves when the target can take a page more; asked only for rooms that are behind.
   * @returns called when the page was taken, or there was none
   */
  ready(signal: AbortSignal): Promise<() => void>;
  /** Called when the log cannot be read: nothing more comes. */
  failed(error: unknown): void;
}

/** Room on its way to the head, or there. */
class Member<F extends Followed> implements TailReader {
  readonly followed: F;
  readonly stop = new AbortController();
  readonly #target: FollowTarget<F>;
  /** Called when it has fallen behind what the tail gives. */
  readonly #fallBack: (member: Member<F>) => void;
  tail: RoomTail | null = null;
  /** Everything up to here came from the tail or the log. */
  at: number;
  /** Everything up to here was handed over. */
  done: number;
  readonly #waiting: TailBatch[] = [];
  #preparing = false;
  #isBehind = false;

  constructor(followed: F, target: FollowTarget<F>, fallBack: (member: Member<F>) => void) {
    this.followed = followed;
    this.at = followed.after;
    this.done = followed.after;
    this.#target = target;
    this.#fallBack = fallBack;
  }

  take(batch: TailBatch): void {
    if (this.followed.needsTime !== true) {
      this.#target.take(batch, this.followed);
      this.at = this.done = batch.to;
      return;
    }
    this.at = batch.to;
    this.#waiting.push(batch);
    if (this.#waiting.length > WAITING_MAX_BATCHES) {
      // The log has them: it reads them again when it comes to them.
      this.tail?.leave(this);
      this.#isBehind = true;
      this.#waiting.length = 0;
    }
    if (!this.#preparing) void this.#run();
  }

  /** Takes a page that was read for this member alone. */
  async page(batch: TailBatch): Promise<void> {
    if (this.followed.needsTime === true) await this.#target.prepare?.(batch, this.followed);
    if (this.stop.signal.aborted) return;
    this.#target.take(batch, this.followed);
    this.at = this.done = batch.to;
  }

  end(): void {
    this.tail?.leave(this);
    this.stop.abort();
    this.#waiting.length = 0;
  }

  async #run(): Promise<void> {
    this.#preparing = true;
    try {
      for (let batch = this.#waiting.shift(); batch !== undefined && !this.stop.signal.aborted; batch = this.#waiting.shift()) {
        await this.#target.prepare?.(batch, this.followed);
        if (this.stop.signal.aborted) return;
        this.#target.take(batch, this.followed);
        this.done = batch.to;
      }
      if (!this.#isBehind || this.stop.signal.aborted) return;
      this.#isBehind = false;
      this.at = this.done;
      this.#fallBack(this);
    } catch (error) {
      if (!this.stop.signal.aborted) this.#target.failed(error);
    } finally {
      this.#preparing = false;
    }
  }
}

/**
 * Follows rooms from given places for one target: what lies behind is read from the log page by page, as fast as the target takes it, one
 * room after the other; a room that has caught up joins its tail. Ends with the signal.
 */
export class Follow<F extends Followed> {
  readonly #log: Pick<Log, "read">;
  readonly #tails: Tails;
  readonly #target: FollowTarget<F>;
  readonly #signal: AbortSignal;
  readonly #members = new Map<RoomKey, Member<F>>();
  #behind: Member<F>[] = [];
  #running = false;

  constructor(parts: { log: Pick<Log, "read">; tails: Tails; target: FollowTarget<F>; signal: AbortSignal }) {
    this.#log = parts.log;
    this.#tails = parts.tails;
    this.#target = parts.target;
    this.#signal = parts.signal;
    const end = () => {
      for (const member of this.#members.values()) member.end();
      this.#members.clear();
      this.#behind = [];
    };
    this.#signal.addEventListener("abort", end, { once: true });
  }

  /** Rooms that are followed, with the seq up to which everything was handed over. */
  *places(): Iterable<readonly [RoomKey, number]> {
    for (const [room, { done }] of this.#members) yield [room, done];
  }

  get size(): number {
    return this.#members.size;
  }

  /** Returns what is followed of a room, and how far it has come. */
  get(room: RoomKey): { readonly followed: F; readonly at: number } | undefined {
    const member = this.#members.get(room);
    return member && { followed: member.followed, at: member.done };
  }

  /** Begins to follow a room; what was followed of it before ends. */
  add(followed: F): void {
    if (this.#signal.aborted) return;
    this.drop(followed.room);
    const member = new Member(followed, this.#target, (one) => this.#fallBack(one));
    this.#members.set(followed.room, member);
    this.#fallBack(member);
  }

  /** Ends following a room; false when it was not followed. */
  drop(room: RoomKey): boolean {
    this.#members.get(room)?.end();
    return this.#members.delete(room);
  }

  #fallBack(member: Member<F>): void {
    this.#behind.push(member);
    if (!this.#running) void this.#catchUp();
  }

  async #catchUp(): Promise<void> {
    this.#running = true;
    try {
      for (let member = this.#behind.shift(); member !== undefined; member = this.#behind.shift()) {
        if (member.stop.signal.aborted) continue;
        member.tail ??= await this.#tails.hold(member.followed.room, member.stop.signal).catch((error) => ended(member, error));
        if (member.tail === null || member.stop.signal.aborted || member.tail.join(member)) continue;
        await this.#page(member, member.tail);
      }
    } catch (error) {
      if (!this.#signal.aborted) this.#target.failed(error);
    } finally {
      this.#running = false;
    }
  }

  async #page(member: Member<F>, tail: RoomTail): Promise<void> {
    const { room, where } = member.followed;
    const taken = await this.#target.ready(this.#signal);
    try {
      if (member.stop.signal.aborted) return;
      const page = await this.#log.read(room, member.at, PAGE_EVENTS, where);
      if (member.stop.signal.aborted) return;
      if (page.scanned <= member.at && member.at < tail.at)
        throw new Error(`the log of room ${room} ends at ${page.head}, before ${tail.at}`);
      await member.page(new TailBatch(room, member.at, page));
    } finally {
      taken();
    }
    this.#behind.push(member);
    await new Promise((resolve) => setImmediate(resolve));
  }
}

/** A member that was dropped while its tail was opened has no tail; anything else is an error. */
function ended<F extends Followed>(member: Member<F>, error: unknown): null {
  if (member.stop.signal.aborted) return null;
  throw error;
}
