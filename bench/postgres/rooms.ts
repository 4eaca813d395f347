import { openPostgresStore, type PostgresStore } from "../../src/store/postgres/store.js";
import type { Supply } from "./events.js";

/** Events in one flush, whatever the number of rooms: the same traffic, spread more thinly. */
const FLUSH = 500;

/** One collector's store with a growing number of rooms. */
export class Rooms {
  readonly #store: PostgresStore;
  readonly #supply: Supply;
  readonly #rooms: number[] = [];
  readonly #epochs = new Map<number, number>();
  #turn = 0;

  private constructor(store: PostgresStore, supply: Supply) {
    this.#store = store;
    this.#supply = supply;
  }

  static async open(url: string, supply: Supply): Promise<Rooms> {
    return new Rooms(await openPostgresStore({ url }), supply);
  }

  /** Makes rooms until there are this many. */
  async grow(count: number): Promise<void> {
    const { rooms } = this.#store;
    while (this.#rooms.length < count) {
      const room = await rooms.ensure([{ kind: "web_rid", value: `grow${this.#rooms.length}` }]);
      this.#epochs.set(room, await rooms.claim(room));
      this.#rooms.push(room);
    }
  }

  /** @returns events per second, by the wall clock, with every room as busy as the others */
  async rate(flushes: number): Promise<number> {
    const work = Array.from({ length: flushes }, () => this.#flush());
    const began = performance.now();
    for (const batches of work) await this.#store.log.append(batches);
    return (flushes * FLUSH * 1000) / (performance.now() - began);
  }

  close(): Promise<void> {
    return this.#store.close();
  }

  #flush() {
    const count = Math.min(FLUSH, this.#rooms.length);
    const rooms = Array.from({ length: count }, (_, i) => this.#rooms[(this.#turn + i) % this.#rooms.length] ?? 0);
    this.#turn = (this.#turn + count) % this.#rooms.length;
    return this.#supply
      .batch(rooms, Math.round(FLUSH / count))
      .map(({ room, events }) => ({ room, epoch: this.#epochs.get(room) ?? 0, events }));
  }
}
