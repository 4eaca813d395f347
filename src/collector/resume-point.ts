import type { Received } from "../platform/access/read.js";
import type { PlatformAccess } from "../platform/platform-access.js";
import { inTime, PATIENCE_MS } from "../runtime/clock.js";
import type { firstFetch } from "../sources/first-fetch.js";
import type { RoomKey } from "../store/log.js";
import type { Resume } from "../store/rooms.js";
import type { ClockOffsets } from "./clock-offsets.js";
import type { CollectorDeps } from "./collector-deps.js";
import type { GapTracker } from "./gap-tracker.js";
import type { RoomRecords } from "./records.js";

interface ResumePointDeps {
  readonly collector: CollectorDeps;
  readonly access: PlatformAccess;
  readonly records: Pick<RoomRecords, "moving" | "lost">;
}

/** Point at which the next connection of a broadcast goes on, also one of another process. */
export class ResumePoint {
  readonly #deps: ResumePointDeps;
  readonly #gaps: GapTracker;
  readonly #offsets: ClockOffsets;
  #resume: Resume | null = null;

  /** @param missed what is told with it to another process */
  constructor(deps: ResumePointDeps, missed: GapTracker, offsets: ClockOffsets) {
    this.#deps = deps;
    this.#gaps = missed;
    this.#offsets = offsets;
  }

  /** Position that a connection asks for; an empty cursor goes on nowhere. */
  get from(): Pick<Resume, "host" | "cursor" | "internalExt"> {
    const { host = null, cursor = "", internalExt = "" } = this.#resume ?? {};
    return { host, cursor, internalExt };
  }

  /** Tells whether the point is of this broadcast. */
  isOf(roomId: string): boolean {
    return this.#resume?.roomId === roomId;
  }

  /** Begins another broadcast than before, with what is kept of it, if anything is. */
  begin(resume: Resume | null): void {
    this.#resume = resume;
  }

  /** Takes what im/fetch said; null where it said nothing. */
  first(roomId: string, first: Awaited<ReturnType<typeof firstFetch>>): void {
    const { collector, access: place } = this.#deps;
    const { host = null, cursor = "", internalExt = "" } = first ?? {};
    const savedAt = first?.received.receivedAt ?? collector.clock.now();
    this.#resume = { roomId, host, cursor, internalExt, visitor: place.keep(), ...this.#saved(savedAt) };
  }

  /** Moves the point beyond what was taken, which need not be asked for again. */
  reached(roomId: string, batch: readonly Received[]): void {
    const last = batch.findLast(({ resume }) => resume !== undefined);
    if (last?.resume === undefined) return;
    const { cursor, internalExt } = last.resume;
    this.#resume = {
      roomId,
      host: this.from.host,
      cursor,
      internalExt,
      visitor: this.#deps.access.keep(),
      ...this.#saved(last.receivedAt),
    };
  }

  #saved(receivedAt: number): Pick<Resume, "savedAt" | "ahead"> {
    const { at, ahead } = this.#offsets.note(this.#offsets.steady(receivedAt));
    return { savedAt: at, ahead };
  }

  /** Forgets the host that the platform named once, which may be out of date: the next attempt goes to a known one. */
  hostRefused(): void {
    if (this.#resume !== null) this.#resume = { ...this.#resume, host: null };
  }

  /** Keeps the point in the room's row, so that another process can go on. A convenience: without it one resolves first. */
  async keep(room: RoomKey): Promise<void> {
    const { collector, records } = this.#deps;
    if (this.#resume === null || records.moving || records.lost) return;
    const missing = this.#gaps.open;
    const resume = { ...this.#resume, ...(missing !== null && { missing }) };
    await inTime(collector.store.rooms.setResume(room, resume), PATIENCE_MS, collector.clock).catch(() => {});
  }
}
