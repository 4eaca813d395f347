import { type Received, sentAt } from "../platform/access/read.js";
import type { Clock } from "../runtime/clock.js";
import type { RoomKey } from "../store/log.js";
import type { Noted } from "../store/rooms.js";
import { AGREE_MS, type ClockOffsets } from "./clock-offsets.js";
import type { GapTracker } from "./gap-tracker.js";
import type { RoomRecords } from "./records.js";

/** Least overlap of two processes' connections, in ms: what the platform replays has come by then. */
const OVERLAP_MS = 1000;
/** Longest further wait for a message, in ms: by whether the old process has it, too, one sees that it receives. */
const MESSAGE_MS = 5000;
/** Time by which a message may come to one process before the other, ms. */
const SKEW_MS = 2000;
/** Longest wait until the old process has stored something as new, or told that it came, in ms: an answer to its heartbeat comes every 10 s. */
const OWNER_MS = 12_000;
const LOOK_MS = 500;
/** Time without receiving, in ms, after which a process did not go on with a room where no message came that shows it. */
const STUCK_MS = 30_000;

interface TakeoverDeps {
  readonly clock: Clock;
  readonly records: Pick<RoomRecords, "arrive" | "receivedByOwner">;
  readonly offsets: ClockOffsets;
  readonly gaps: GapTracker;
}

/** Planned move of a room to this process from another, which goes on with it until our own connection stands and brings what that one's does. */
export class Takeover {
  readonly #deps: TakeoverDeps;
  readonly #standing: Promise<void>;
  #stands = () => {};
  /** Whether what comes is new to both: nothing is replayed any more. */
  #isEven = false;
  /** When the first message of that came here, ms UTC. */
  #firstAt: number | null = null;
  /** When the newest message was sent of those that the platform replays, to the second, ms UTC; null before one came. */
  #replayed: number | null = null;
  /** Until when the other process had received when the room became ours, ms UTC. */
  #ownerUntil = Number.NEGATIVE_INFINITY;

  constructor(deps: TakeoverDeps) {
    this.#deps = deps;
    this.#standing = new Promise((resolve) => {
      this.#stands = resolve;
    });
  }

  /** Notes that our own connection stands. */
  stands(): void {
    this.#stands();
  }

  /** Notes what came over it. */
  received(frame: Received): void {
    const { offsets } = this.#deps;
    if (this.#firstAt !== null || frame.response === null || frame.response.messages.length === 0) return;
    offsets.learn([frame]);
    if (this.#isEven) {
      this.#firstAt = frame.receivedAt;
      return;
    }
    for (const message of frame.response.messages) {
      const sent = offsets.read({ at: sentAt(message), ahead: { platform: 0 } });
      // An id may say anything; what came has been sent.
      if (sent !== null && sent <= frame.receivedAt + AGREE_MS)
        this.#replayed = Math.max(Math.min(sent, frame.receivedAt), this.#replayed ?? 0);
    }
  }

  /**
   * Makes the room ours, when the other process has what comes here. Where it turns out to have nothing of it, as behind a dead router, the room
   * is missed since that one's last frame. @throws what claiming throws
   */
  async arrive(room: RoomKey, roomId: string, signal: AbortSignal): Promise<void> {
    const { clock, records, offsets, gaps } = this.#deps;
    await this.#standing;
    await clock.sleep(OVERLAP_MS, signal);
    this.#isEven = true;
    for (const from = offsets.now(); this.#firstAt === null && offsets.now() - from < MESSAGE_MS; ) await clock.sleep(LOOK_MS, signal);
    const firstAt = this.#firstAt;
    const shown = firstAt ?? this.#replayed;
    let owner = await records.receivedByOwner(room, roomId);
    for (const from = offsets.now(); this.#isBehind(owner.until, shown) && !owner.isMissing && offsets.now() - from < OWNER_MS; ) {
      await clock.sleep(LOOK_MS, signal);
      owner = await records.receivedByOwner(room, roomId);
    }
    const left = await records.arrive(signal);
    const resume = left?.resume?.roomId === roomId ? left.resume : null; // how an earlier broadcast was left says nothing of this one
    // Of what began after our connection brought something, nothing was missed.
    if (resume?.missing !== undefined) gaps.goOn({ ...resume.missing, longerThanMs: resume.missing.longerThanMs ?? 0 });
    const received = left?.received.get(roomId);
    const until = [...owner.until, ...(received === undefined ? [] : [received])];
    if (resume !== null) until.push({ at: resume.savedAt, ahead: resume.ahead });
    if (until.length === 0) return; // nobody had this one
    this.#ownerUntil = Math.max(...until.map((noted) => offsets.read(noted) ?? Number.NEGATIVE_INFINITY));
    const isBehind = this.#isBehind(until, shown);
    // Where nothing new came, that it has all that was replayed says little of the time since.
    if (firstAt === null || isBehind)
      gaps.begin(until, "the process that had the room had stopped receiving", { longerThanMs: isBehind ? 0 : STUCK_MS });
  }

  /** Tells whether the other process, which tells what it missed itself, went on receiving until after `at` (ms UTC). To be asked when it has arrived. */
  ownerHad(at: number): boolean {
    return this.#ownerUntil >= at;
  }

  /** Whether a process that has received until one of these times lacks what came, or was sent, at `at`; false where nothing came. */
  #isBehind(until: readonly Noted[], at: number | null): boolean {
    const { offsets } = this.#deps;
    return at !== null && !until.some((noted) => (offsets.read(noted) ?? 0) >= at - SKEW_MS);
  }
}
