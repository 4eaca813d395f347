import type { RoomKey } from "../store/log.js";
import type { Store } from "../store/store.js";
import { lineOf, SHOWN } from "./show.js";
import { print } from "./terminal.js";

const PAGE = 500;

/** Prints what is new in a room's log, once each. */
export class Shown {
  readonly #store: Pick<Store, "log">;
  readonly #options: { readonly json: boolean; readonly all: boolean };
  #after = 0;

  constructor(store: Pick<Store, "log">, options: { readonly json: boolean; readonly all: boolean }) {
    this.#store = store;
    this.#options = options;
  }

  async showNew(room: RoomKey): Promise<void> {
    const { json, all } = this.#options;
    for (;;) {
      const page = await this.#store.log.read(room, this.#after, PAGE, all ? {} : { types: SHOWN });
      for (const event of page.events) await print(lineOf(event, json));
      this.#after = page.scanned;
      if (page.scanned >= page.head) return;
    }
  }
}
