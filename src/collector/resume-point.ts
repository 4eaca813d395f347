import type { firstFetch } from "../platform/access/push.js";
import type { Received } from "../platform/access/read.js";
import type { PlatformAccess } from "../platform/platform-access.js";
import type { Noted, Resume, ResumePosition } from "../store/rooms.js";
import type { ClockOffsets } from "./clock-offsets.js";

/** Point at which the next connection of one session goes on with a broadcast, also one of another process. */
export class ResumePoint {
  readonly #access: Pick<PlatformAccess, "keep">;
  readonly #offsets: ClockOffsets;
  #roomId: string | null = null;
  #position: ResumePosition | null = null;
  #saved: Noted | null = null;

  constructor(access: Pick<PlatformAccess, "keep">, offsets: ClockOffsets) {
    this.#access = access;
    this.#offsets = offsets;
  }

  /** Position that a connection asks for; an empty cursor goes on nowhere. */
  get from(): Pick<ResumePosition, "host" | "cursor" | "internalExt"> {
    const { host = null, cursor = "", internalExt = "" } = this.#position ?? {};
    return { host, cursor, internalExt };
  }

  /** Position as it is kept, and when the last of it was received; null before anything was. */
  get kept(): { readonly position: ResumePosition; readonly saved: Noted } | null {
    return this.#position === null || this.#saved === null ? null : { position: this.#position, saved: this.#saved };
  }

  /** Tells whether the point is of this broadcast. */
  isOf(roomId: string): boolean {
    return this.#roomId === roomId;
  }

  /** Begins another broadcast than before, with what is kept of it for this session, if anything is. */
  begin(resume: Resume | null, session: string): void {
    const position = resume?.positions[session] ?? null;
    this.#roomId = position === null ? null : (resume?.roomId ?? null);
    this.#position = position;
    this.#saved = position === null || resume === null ? null : { at: resume.savedAt, ahead: resume.ahead };
  }

  /** Takes what im/fetch said; null where it said nothing. @param now ms UTC */
  first(roomId: string, first: Awaited<ReturnType<typeof firstFetch>>, now: number): void {
    const { host = null, cursor = "", internalExt = "" } = first ?? {};
    this.#save(roomId, { host, cursor, internalExt }, first?.received.receivedAt ?? now);
  }

  /** Moves the point beyond what was taken, which need not be asked for again. */
  reached(roomId: string, batch: readonly Received[]): void {
    const last = batch.findLast(({ resume }) => resume !== undefined);
    if (last?.resume !== undefined) this.#save(roomId, { host: this.from.host, ...last.resume }, last.receivedAt);
  }

  #save(roomId: string, from: Pick<ResumePosition, "host" | "cursor" | "internalExt">, receivedAt: number): void {
    this.#roomId = roomId;
    this.#position = { ...from, visitor: this.#access.keep() };
    this.#saved = this.#offsets.note(this.#offsets.steady(receivedAt));
  }

  /** Forgets the host that the platform named once, which may be out of date: the next attempt goes to a known one. */
  hostRefused(): void {
    if (this.#position !== null) this.#position = { ...this.#position, host: null };
  }
}
