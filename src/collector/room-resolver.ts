import { type Live, type Offline, type Resolved, type RoomName, resolveRoom } from "../platform/links/resolve.js";
import type { PlatformAccess } from "../platform/platform-access.js";
import { DyliveError } from "../runtime/errors.js";
import { ON_THE_WAY } from "../runtime/rate-limiter.js";
import type { RoomKey } from "../store/log.js";
import type { Alias, RoomRow, Rooms } from "../store/rooms.js";
import type { RoomContext } from "./context.js";
import type { CollectorEvent } from "./machine.js";

/** Answer of the platform, or why it could not be asked. */
type Reading = Resolved | { readonly outcome: "unasked"; readonly error: DyliveError };

/** Age from which a reading is taken again before a connect, ms. */
export const FRESH_MS = 600_000;
/** Age from which a reading is taken again after a connect, ms: the broadcast may have been replaced by another. */
const SURE_MS = 60_000;

/** Asks the platform what a room is, and remembers the last reading that said live. */
export class RoomResolver {
  readonly #context: RoomContext;
  readonly #accesses: readonly PlatformAccess[];
  readonly #name: RoomName;
  /** The name that is asked for: the room's number, once it is known. */
  #asked: RoomName;
  /** The last reading that said live, and when. One of an earlier process is not yet confirmed by the platform. */
  #reading: { readonly live: Live; readonly at: number; readonly confirmed: boolean } | null = null;

  /** @param accesses ways of the room's sessions to the platform: the first that is answered asks */
  constructor(name: RoomName, context: RoomContext, accesses: readonly PlatformAccess[]) {
    this.#name = name;
    this.#asked = name;
    this.#context = context;
    this.#accesses = accesses;
  }

  /** Name by which the platform was asked last: a custom id may have been that of an anchor who was asked for by number since. */
  get asked(): RoomName {
    return this.#asked;
  }

  /** Returns a "live" reading of the last ten minutes, if there is one: a lost connection is then opened again without asking. */
  stillLive(): Live | null {
    const reading = this.#reading;
    return reading !== null && Math.abs(this.#context.clock.now() - reading.at) < FRESH_MS ? reading.live : null;
  }

  /** Whether the platform itself lately confirmed the broadcast that is connected to. */
  get confirmed(): boolean {
    return this.#reading === null || (this.#reading.confirmed && Math.abs(this.#context.clock.now() - this.#reading.at) < SURE_MS);
  }

  /** Whether the last reading is an earlier process's, so that the store has all of it. */
  get recalled(): boolean {
    return this.#reading?.confirmed === false;
  }

  /** Forgets the last reading, so that the next connect asks first. */
  forget(): void {
    this.#reading = null;
  }

  /** Takes over what an earlier process was connected to at `savedAt`, as its row says. */
  recall({ title, anchor }: RoomRow, webRid: string, roomId: string, savedAt: number): void {
    const facts = { webRid, title, anchor, cover: null, online: null, totalViewers: null, status: null, audio: null };
    this.#reading = { live: { outcome: "live", step: "page", webRid, roomId, facts }, at: savedAt, confirmed: false };
  }

  /** Asks for the room by this number from now on, until the platform names another one. */
  askFor(webRid: string): void {
    const isFirst = this.#name.kind === "web_rid" && this.#name.value === webRid;
    this.#asked = isFirst ? this.#name : { kind: "web_rid", value: webRid };
  }

  /** Goes back to the first name: the number may be another anchor's by now, or lead nowhere. @returns whether that is another one */
  askByFirstName(): boolean {
    if (this.#asked === this.#name) return false;
    this.#asked = this.#name;
    return true;
  }

  /** Takes one reading, by the first session that is answered. While `connected` only an answer changes anything. */
  async resolve(signal: AbortSignal, connected = false): Promise<Reading> {
    let first: Reading | null = null;
    for (const access of this.#accesses) {
      const reading = await this.#resolveBy(access, signal, connected);
      if (reading.outcome !== "unasked" && reading.outcome !== "unknown") return reading;
      first ??= reading;
    }
    if (first === null) throw new DyliveError("internal", "a room has no session");
    return first;
  }

  async #resolveBy(access: PlatformAccess, signal: AbortSignal, connected: boolean): Promise<Reading> {
    const { budgets, health, clock } = this.#context;
    try {
      await budgets.requests.turn(signal, connected ? ON_THE_WAY : undefined);
      const visitor = await access.asker(signal);
      const resolved = await resolveRoom(this.#asked, access.platform, visitor, signal, access.inPage);
      health.seenAs(await access.noteReading(visitor));
      if (connected && resolved.outcome === "unknown") return resolved; // no reading at all: the one before still counts, and so does the connection
      this.#reading = resolved.outcome === "live" ? { live: resolved, at: clock.now(), confirmed: true } : null;
      if ("roomId" in resolved) health.audience.read(resolved.roomId, resolved.facts.cover);
      return resolved;
    } catch (error) {
      if (signal.aborted || !(error instanceof DyliveError)) throw error;
      return { outcome: "unasked", error };
    }
  }
}

/** Returns the event that a reading is. */
export function eventOf(reading: Reading): CollectorEvent {
  switch (reading.outcome) {
    case "unknown":
      return { type: "unread", reason: String(reading.reason), problem: "room_unknown" };
    case "unasked":
      return { type: "unread", reason: reading.error.detail, problem: reading.error.code };
    case "no_account":
      return { type: "no_account", reason: String(reading.reason), problem: "no_account" };
    default:
      return { type: reading.outcome };
  }
}

/**
 * Returns the room that a reading speaks of, known from now on by every name that the platform gave, with what it said of it. The room is
 * recognised by what lasts: its number and its anchor. A custom id can be given up and taken by another anchor, so it leads to a room only where
 * nothing says that it is another's.
 */
export async function meetRoom(rooms: Rooms, name: RoomName, { facts, webRid, roomId }: Live | Offline): Promise<RoomKey> {
  const lasting: [Alias, ...Alias[]] = [{ kind: "web_rid", value: webRid }];
  if (facts.anchor?.secUid) lasting.push({ kind: "sec_uid", value: facts.anchor.secUid });
  if (facts.anchor?.id) lasting.push({ kind: "uid", value: facts.anchor.id });
  if (roomId !== null) lasting.push({ kind: "room_id", value: roomId });
  if (name.kind !== "unique_id" || name.value === webRid) return rooms.ensure(lasting, facts);
  const custom: Alias = { kind: "unique_id", value: name.value };
  const known = await rooms.find(custom);
  const number = known === null ? null : ((await rooms.get(known))?.webRid ?? null);
  // A room that was imported before it was met may have the custom id in place of its number.
  const isAnothers = number !== null && number !== name.value && number !== webRid;
  if (isAnothers) await rooms.ensure(lasting, facts);
  return rooms.ensure([...lasting, custom], facts);
}
