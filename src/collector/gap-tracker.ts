import { EVENT_TYPES, type EventType, type LiveEvent } from "../events/event.js";
import type { Received } from "../platform/access/read.js";
import type { Log, RoomKey } from "../store/log.js";
import type { Ahead, Missing, Noted } from "../store/rooms.js";
import type { Store } from "../store/store.js";
import { AGREE_MS, type ClockOffsets } from "./clock-offsets.js";

/** Reason of a gap, said where a frame cannot be read. */
export const DAMAGED = "a frame was damaged on its way";

/** An interval in which we know that something was missed, ms UTC. */
export interface Gap {
  /** Null where the clock was set meanwhile, or was another machine's, and nothing tells by how much they differ. */
  readonly from: number | null;
  readonly to: number;
  readonly reason: string;
}

/** Tracks what is being missed: one interval at a time, over when messages come again. */
export class GapTracker {
  readonly #offsets: Pick<ClockOffsets, "read">;
  #open: Missing | null = null;

  constructor(offsets: Pick<ClockOffsets, "read">) {
    this.#offsets = offsets;
  }

  /** Interval that is being missed now. */
  get open(): Missing | null {
    return this.#open;
  }

  /**
   * Notes that something is missed from `since` on; what began before stays as it is.
   * @param about `silent`: it is over only when people are heard again; `longerThanMs`: one that turns out to be no longer was none
   */
  begin(since: Noted | readonly Noted[] | null, reason: string, about: Partial<Pick<Missing, "silent" | "longerThanMs">> = {}): void {
    if (since !== null) this.#open ??= { since: [since].flat(), reason, silent: false, ...about };
  }

  /** Goes on with what an earlier process was missing, if it was. */
  goOn(open: Missing | undefined): void {
    if (open !== undefined) this.#open ??= open;
  }

  /** Notes that something came again at `at` (ms UTC, our clock now). @returns what is over by that */
  end(at: number, { messages, people }: { readonly messages: boolean; readonly people: boolean }): Gap | null {
    if (this.#open === null || (this.#open.silent && !people)) return null;
    const from = this.#since();
    // What tells how the clocks differ comes with the messages.
    if (!messages && from === null) return null;
    // It cannot have begun after it is over: what told how the clocks differ was wrong. Of one that may be none it says that there was none, as
    // where the process that had the room went on with it longer than the first of our frames had to wait.
    const isWrong = from !== null && from > at + AGREE_MS && this.#open.longerThanMs === undefined;
    return this.#over(isWrong ? null : from, at);
  }

  /** Ends the interval at `at` (ms UTC, our clock now) whatever comes: another broadcast has begun. */
  close(at: number): Gap | null {
    return this.#over(this.#since(), at);
  }

  #over(from: number | null, at: number): Gap | null {
    const open = this.#open;
    this.#open = null;
    if (open === null || (from !== null && at - from <= (open.longerThanMs ?? 0))) return null;
    return { from, to: at, reason: open.reason };
  }

  /** Returns since when something is missed, by our clock as it is now; null when nothing is open, or nobody knows. */
  #since(): number | null {
    const known = this.#open?.since.map((noted) => this.#offsets.read(noted)).filter((at) => at !== null) ?? [];
    return known.length === 0 ? null : Math.max(...known);
  }
}

/**
 * Returns the interval in which the messages of damaged frames were made: from the frame before the first to the last. Null without damage.
 */
export function damagedIn(batch: readonly Received[], lastFrameAt: number): (Gap & { readonly from: number }) | null {
  const first = batch.findIndex(({ damaged }) => damaged === true);
  const last = batch.findLast(({ damaged }) => damaged === true);
  if (last === undefined) return null;
  const before = batch[first - 1]?.receivedAt ?? lastFrameAt;
  return { from: Math.min(before, last.receivedAt - 1), to: last.receivedAt, reason: DAMAGED };
}

/** Number of newest events that are looked at: those of our own, which prove nothing, are few. */
const LOOK = 50;

/** Returns the newest events of these types that are no tests, up to {@link LOOK}; none only where there are none. */
export async function newest(log: Pick<Log, "readBefore">, room: RoomKey, types: readonly EventType[]): Promise<readonly LiveEvent[]> {
  for (let before = Number.MAX_SAFE_INTEGER; ; ) {
    const { events, scanned } = await log.readBefore(room, before, LOOK, { types, tests: false });
    if (events.length > 0 || scanned <= 1 || scanned >= before) return events;
    before = scanned;
  }
}

/** Whether events of a type tell when something of the platform came: our own do not, nor does what is left of one that was erased. */
const TELLS_RECEIPT: Readonly<Record<EventType, boolean>> = {
  ...{ chat: true, gift: true, like: true, join: true, follow: true, share: true, leave: true, moderation: true, fansclub: true },
  ...{ stats: true, rank: true, control: true, notice: true, pin: true, product: true, battle: true },
  ...{ linkmic: true, lottery: true, unknown: true },
  ...{ state: false, gap: false, system: false, work: false, erased: false },
};
const TYPES = EVENT_TYPES.filter((type) => TELLS_RECEIPT[type]);

/** Number of newest events that tell how far their receiver's clock was ahead of the platform's: enough to outvote a wrong one. */
const VOTES = 15;

/**
 * Returns until when an earlier process had stored what it received of a broadcast: the receipt of its last event there, or, where it
 * stored none, when it opened the broadcast. Null when no process was there before.
 * @param openedHere when this process opened the broadcast, ms UTC; null where it did not
 */
export async function receivedUntil(
  { log, sessions }: Pick<Store, "log" | "sessions">,
  room: RoomKey,
  sessionId: string,
  openedHere: number | null,
): Promise<Noted | null> {
  const received = (await newest(log, room, TYPES)).filter((event) => event.sessionId === sessionId && isReceived(event));
  if (received.length > 0) return { at: Math.max(...received.map(({ receivedAt }) => receivedAt)), ahead: aheadIn(received) };
  const session = await sessions.get(room, sessionId);
  return session === null || session.openedAt === openedHere ? null : { at: session.openedAt, ahead: {} };
}

/** Returns by how much the clock that gave events their times of receipt was ahead of the platform's. @param received in order */
function aheadIn(received: readonly LiveEvent[]): Ahead {
  const timed = received.filter(({ timeEstimated }) => timeEstimated !== true).slice(-VOTES);
  const ahead = timed.map(({ receivedAt, time }) => receivedAt - time).sort((a, b) => a - b)[timed.length >> 1];
  return ahead === undefined ? {} : { platform: ahead };
}

/** Whether an event came with a frame to a process that collected; a combo is settled by the clock, and a file says what it likes. */
function isReceived({ id, source }: LiveEvent): boolean {
  return source !== "system" && source !== "import" && !id.startsWith("settle:");
}
