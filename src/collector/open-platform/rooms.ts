import { DyliveError } from "../../runtime/errors.js";
import { type OfficialDeps, OfficialRoom } from "./room.js";

/** Bounds of what pushes can make. */
interface RoomLimits {
  /** Rooms kept open; each remembers some thousand ids. The one that was used the longest ago is let go. */
  readonly open: number;
  /** Rooms that may be opened in an hour: a stranger who learns a data secret could have rooms made without end. */
  readonly openedPerHour: number;
}

const LIMITS: RoomLimits = { open: 1000, openedPerHour: 5000 };
const HOUR_MS = 3_600_000;

/** The rooms of apps that pushes came for lately. */
export class OfficialRooms {
  readonly #parts: OfficialDeps;
  readonly #limits: RoomLimits;
  readonly #open = new Map<string, Promise<OfficialRoom>>();
  readonly #idle = new Map<string, OfficialRoom>();
  #hourEndsAt = 0;
  #opened = 0;

  constructor(parts: OfficialDeps, limits = LIMITS) {
    this.#parts = parts;
    this.#limits = limits;
  }

  /**
   * Opens a room that is not open yet.
   * @throws DyliveError too_many_rooms when too many are new; what the store throws when it is down
   */
  async of(appId: string, roomId: string): Promise<OfficialRoom> {
    const key = `${appId}:${roomId}`;
    const known = this.#open.get(key);
    if (known !== undefined) {
      // Used last, so at the end.
      this.#open.delete(key);
      this.#open.set(key, known);
      return known;
    }
    this.#count();
    const opening = OfficialRoom.open(this.#parts, appId, roomId).then(
      (room) => {
        this.#idle.set(key, room);
        return room;
      },
      (error: unknown) => {
        this.#open.delete(key);
        throw error;
      },
    );
    this.#open.set(key, opening);
    this.#letGo();
    return opening;
  }

  #count(): void {
    const now = this.#parts.clock.now();
    if (now >= this.#hourEndsAt) {
      this.#hourEndsAt = now + HOUR_MS;
      this.#opened = 0;
    }
    const { openedPerHour } = this.#limits;
    if (this.#opened >= openedPerHour) throw new DyliveError("too_many_rooms", `${openedPerHour} rooms were opened within an hour`);
    this.#opened++;
  }

  #letGo(): void {
    for (const key of this.#open.keys()) {
      if (this.#open.size <= this.#limits.open) return;
      const room = this.#idle.get(key);
      if (room?.idle !== true) continue;
      this.#open.delete(key);
      this.#idle.delete(key);
    }
  }
}
