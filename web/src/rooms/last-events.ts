import { onScopeDispose, type ShallowRef, shallowRef } from "vue";
import type { ApiClient } from "../api/client.js";
import { LiveSocket, type Subscribe } from "../api/live-socket.js";
import type { LiveEvent } from "../api/model.js";

/** What is worth showing as a room's last event: joins and likes would drown it. */
const TYPES = ["chat", "gift", "follow", "share", "fansclub", "control"];
/** The cards change at most so often. */
const SHOW_MS = 1_000;
/** Time after which the server is asked again for what it refused for now, in ms. */
const AGAIN_MS = 10_000;

/** The newest event of each room whose card can be seen, over one connection. */
export class LastEvents {
  readonly events: ShallowRef<ReadonlyMap<string, LiveEvent>> = shallowRef(new Map());
  readonly #socket: LiveSocket;
  readonly #fresh = new Map<string, LiveEvent>();
  #seen: ReadonlySet<string> = new Set();
  #timer = 0;
  #again = 0;

  constructor(client: ApiClient, onRefused: () => void) {
    this.#socket = new LiveSocket({
      client,
      onRefused,
      subscribe: () => this.#subscribe(),
      onEvents: (events) => this.#take(events),
      onNotice: ({ type, retryable }) => {
        if (type !== "error" || retryable !== true) return;
        clearTimeout(this.#again);
        this.#again = window.setTimeout(() => {
          const command = this.#subscribe();
          if (command !== null) this.#socket.send(command);
        }, AGAIN_MS);
      },
      onState: () => {},
    });
    onScopeDispose(() => this.close());
  }

  /** Says which rooms' cards can be seen: only their events are asked for. */
  see(rooms: ReadonlySet<string>): void {
    const isSame = rooms.size === this.#seen.size && [...rooms].every((room) => this.#seen.has(room));
    this.#seen = new Set(rooms);
    const command = this.#subscribe();
    if (!isSame && command !== null) this.#socket.send(command);
  }

  close(): void {
    this.#socket.close();
    clearTimeout(this.#timer);
    clearTimeout(this.#again);
  }

  #subscribe(): Subscribe | null {
    return this.#seen.size === 0 ? null : { op: "subscribe", rooms: [...this.#seen], types: TYPES, resumed: true };
  }

  #take(events: readonly LiveEvent[]): void {
    // A card shows what happened.
    for (const event of events) if (event.source !== "test") this.#fresh.set(String(event.room), event);
    if (this.#timer === 0) this.#timer = window.setTimeout(() => this.#show(), SHOW_MS);
  }

  #show(): void {
    this.#timer = 0;
    this.events.value = new Map([...this.events.value, ...this.#fresh]);
    this.#fresh.clear();
  }
}
