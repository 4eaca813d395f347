import type { ApiClient } from "./client.js";
import { retryMs } from "./failure.js";
import { tokenIsTaken } from "./live-socket.js";
import type { Room } from "./model.js";
import type { LinkState } from "./retry.js";

export interface RoomsStreamDeps {
  readonly client: ApiClient;
  /** All rooms at first, then each that has changed; at most once a second. */
  readonly onRoom: (room: Room) => void;
  /** The id of a room that was deleted. */
  readonly onGone: (id: string) => void;
  /** A broadcast of a room was deleted. */
  readonly onSessionGone?: () => void;
  readonly onState: (state: LinkState) => void;
  readonly onRefused: () => void;
}

/**
 * Follows the states of all rooms until the signal aborts. An EventSource comes back after a lost connection, but never after a refusal: then a
 * new one is opened here.
 */
export function followRooms({ client, onRoom, onGone, onSessionGone, onState, onRefused }: RoomsStreamDeps, signal: AbortSignal): void {
  let attempt = 0;
  let source: EventSource | null = null;
  let timer = 0;

  function open(): void {
    timer = 0;
    source = new EventSource(client.stream("v1/rooms/stream"));
    source.onopen = () => {
      attempt = 0;
      onState({ name: "open" });
    };
    source.addEventListener("room", ({ data }) => onRoom(JSON.parse(data) as Room));
    source.addEventListener("gone", ({ data }) => onGone((JSON.parse(data) as Pick<Room, "id">).id));
    source.addEventListener("session_gone", () => onSessionGone?.());
    source.onerror = () => {
      source?.close();
      attempt++;
      const ms = retryMs(attempt, Math.random());
      onState({ name: "retrying", at: Date.now() + ms });
      timer = window.setTimeout(open, ms);
      void tokenIsTaken(client).then((taken) => !taken && !signal.aborted && onRefused());
    };
  }

  function soon(): void {
    if (timer === 0) return;
    clearTimeout(timer);
    open();
  }

  onState({ name: "connecting" });
  open();
  addEventListener("online", soon, { signal });
  document.addEventListener("visibilitychange", () => !document.hidden && soon(), { signal });
  signal.addEventListener(
    "abort",
    () => {
      clearTimeout(timer);
      source?.close();
    },
    { once: true },
  );
}
