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
  readonly onSessionGone: () => void;
  /** The server's time, ms UTC. */
  readonly onTime: (time: number) => void;
  readonly onState: (state: LinkState) => void;
  readonly onRefused: () => void;
}

/** Time without a word after which a connection is dead, in ms: the server beats every 15 s, and a browser does not notice by itself. */
const SILENT_MS = 45_000;
/** Time that nobody sees the page after which it lets go of its connection, in ms: a browser has six to a server, for all its tabs. */
const REST_MS = 60_000;

/**
 * Follows the states of all rooms until the signal aborts. An EventSource comes back after a lost connection, but never after a refusal: then a
 * new one is opened here. It rests while nobody sees the page, and begins with all rooms again.
 */
export function followRooms(deps: RoomsStreamDeps, signal: AbortSignal): void {
  const { client, onRoom, onGone, onSessionGone, onTime, onState, onRefused } = deps;
  let attempt = 0;
  let source: EventSource | null = null;
  let timer = 0;
  let silence = 0;
  let hidden = 0;

  function open(): void {
    clearTimeout(timer);
    timer = 0;
    const opened = new EventSource(client.stream("v1/rooms/stream"));
    source = opened;
    let isOpen = false;
    const on = <T>(name: string, take: (message: T) => void) =>
      opened.addEventListener(name, ({ data }: MessageEvent<string>) => {
        listen();
        // Not before: a server that cannot read its rooms takes the connection, too.
        if (!isOpen) {
          isOpen = true;
          attempt = 0;
          onState({ name: "open" });
        }
        take(JSON.parse(data) as T);
      });
    on<{ readonly time: number }>("beat", ({ time }) => onTime(time));
    on<Room>("room", onRoom);
    on<Pick<Room, "id">>("gone", ({ id }) => onGone(id));
    on("session_gone", onSessionGone);
    opened.onerror = lost;
    listen();
  }

  function listen(): void {
    clearTimeout(silence);
    silence = window.setTimeout(lost, SILENT_MS);
  }

  function close(): void {
    clearTimeout(timer);
    clearTimeout(silence);
    timer = 0;
    source?.close();
    source = null;
  }

  function lost(): void {
    close();
    attempt++;
    const ms = retryMs(attempt, Math.random());
    onState({ name: "retrying", at: Date.now() + ms });
    timer = window.setTimeout(open, ms);
    void tokenIsTaken(client).then((taken) => !taken && !signal.aborted && onRefused());
  }

  function look(): void {
    clearTimeout(hidden);
    if (document.hidden) hidden = window.setTimeout(close, REST_MS);
    else if (source === null) open();
  }

  onState({ name: "connecting" });
  open();
  look();
  addEventListener("online", () => timer !== 0 && open(), { signal });
  document.addEventListener("visibilitychange", look, { signal });
  signal.addEventListener(
    "abort",
    () => {
      clearTimeout(hidden);
      close();
    },
    { once: true },
  );
}
