import { DyliveError } from "../../runtime/errors.js";
import type { RoomKey } from "../log.js";
import type { Session, Sessions } from "../sessions.js";
import type { MemoryGate } from "./gate.js";

/** Broadcasts of every room in memory. */
export class MemorySessions implements Sessions {
  readonly #gate: MemoryGate;
  readonly #exists: (room: RoomKey) => boolean;
  /** Sessions by room, in the order in which they were opened. */
  readonly #sessions = new Map<RoomKey, Map<string, Session>>();

  constructor(gate: MemoryGate, exists: (room: RoomKey) => boolean) {
    this.#gate = gate;
    this.#exists = exists;
  }

  open(room: RoomKey, sessionId: string, at: number, title: string | null = null): Promise<Session> {
    return this.#gate.run(() => {
      if (!this.#exists(room)) throw new DyliveError("not_found", `there is no room ${room}`);
      const sessions = this.#sessions.get(room) ?? new Map<string, Session>();
      this.#sessions.set(room, sessions);
      const known = sessions.get(sessionId);
      if (known === undefined) for (const id of sessions.keys()) this.#end(room, id, at, "replaced");
      const session = known ?? { room, sessionId, title, openedAt: at, endedAt: null, endReason: null };
      const named = { ...session, title: session.title ?? title };
      sessions.set(sessionId, named);
      return { ...named };
    });
  }

  end(room: RoomKey, sessionId: string, at: number, reason: string): Promise<void> {
    return this.#gate.run(() => this.#end(room, sessionId, at, reason));
  }

  list(room: RoomKey, limit: number): Promise<readonly Session[]> {
    return this.#gate.run(() => {
      const newest = [...(this.#sessions.get(room)?.values() ?? [])].reverse().sort((a, b) => b.openedAt - a.openedAt);
      return newest.slice(0, limit).map((session) => ({ ...session }));
    });
  }

  get(room: RoomKey, sessionId: string): Promise<Session | null> {
    return this.#gate.run(() => structuredClone(this.#sessions.get(room)?.get(sessionId) ?? null));
  }

  #end(room: RoomKey, sessionId: string, at: number, reason: string): void {
    const session = this.#sessions.get(room)?.get(sessionId);
    if (session === undefined || session.endedAt !== null) return;
    this.#sessions.get(room)?.set(sessionId, { ...session, endedAt: at, endReason: reason });
  }
}
