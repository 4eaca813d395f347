import type { NewEvent } from "../../src/events/event.js";
import { roomEvents } from "../fanout/events.js";

/** Events of rooms without end: those of a busy room again and again, each time with an id that no message had before. */
export class Supply {
  readonly #templates: readonly NewEvent[];
  readonly #second: bigint;
  #made = 0;

  private constructor(templates: readonly NewEvent[]) {
    this.#templates = templates;
    // The high 32 bits of a message's id are its second, which tells the day that its table is for.
    this.#second = BigInt(Math.floor(Date.now() / 1000));
  }

  static async open(): Promise<Supply> {
    return new Supply((await roomEvents(200, "postgres")).filter(({ type }) => type !== "gift"));
  }

  /** The next event, of this room, received now. */
  next(room: number): NewEvent {
    const n = this.#made++;
    const template = this.#templates[n % this.#templates.length];
    if (template === undefined) throw new Error("the corpus is empty");
    return { ...template, room, id: String((this.#second << 32n) + BigInt(n)), receivedAt: Date.now() };
  }

  /** This many of each room. */
  batch(rooms: readonly number[], each: number): { readonly room: number; readonly events: NewEvent[] }[] {
    return rooms.map((room) => ({ room, events: Array.from({ length: each }, () => this.next(room)) }));
  }
}
