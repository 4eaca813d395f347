import { shallowRef } from "vue";
import type { ApiClient } from "../api/client.js";
import { LiveSocket, type Msg, type Subscribe } from "../api/live-socket.js";
import type { LiveEvent } from "../api/model.js";
import type { LinkState } from "../api/retry.js";
import type { OverlayOptions } from "./options.js";
import { Samples } from "./sample.js";
import { typesOf } from "./types-of.js";

/** What came longer ago than this is not put on a stream any more. */
const STALE_MS = 30_000;
const SAMPLE_MS = 900;
/** Enough to see at once how it looks. */
const FIRST_SAMPLES = 6;
const AGAIN_MS = 10_000;

export type Listener = (events: readonly LiveEvent[]) => void;

/** How the source is doing; `refused`: the token is no longer taken. */
export type SourceState = LinkState | { readonly name: "refused" } | { readonly name: "failed"; readonly why: string };

/** The events that an overlay shows, as they come: of its room, or made-up ones. */
export class OverlaySource {
  readonly state = shallowRef<SourceState>({ name: "connecting" });
  readonly #options: OverlayOptions;
  readonly #listeners = new Set<Listener>();
  readonly #socket: LiveSocket | null;
  /** Cursor up to which all came, and since when it is known, by the time since the page was opened. */
  #place: { readonly cursor: string; readonly at: number } | null = null;
  /** Whether what comes is being given, by the connection that there is. */
  #isFollowing = false;
  #timer = 0;

  /** @param client null for made-up events */
  constructor(options: OverlayOptions, client: ApiClient | null) {
    this.#options = options;
    if (client === null) {
      const samples = new Samples();
      this.state.value = { name: "open" };
      this.#timer = window.setInterval(() => this.#tell([samples.next(Date.now())]), SAMPLE_MS);
      // After those who listen have come.
      setTimeout(() => this.#tell(Array.from({ length: FIRST_SAMPLES }, () => samples.next(Date.now()))));
      this.#socket = null;
      return;
    }
    this.#socket = new LiveSocket({
      client,
      subscribe: () => this.#subscribe(),
      onEvents: (events, cursor) => this.#take(events, cursor),
      onNotice: (notice) => this.#notice(notice),
      onState: (state) => {
        if (state.name !== "open") this.#isFollowing = false;
        // Why it failed is said until it works.
        if (this.state.value.name !== "failed") this.state.value = state;
      },
      onRefused: () => this.#refused(),
    });
  }

  /** @returns stops it */
  listen(listener: Listener): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  close(): void {
    this.#socket?.close();
    clearInterval(this.#timer);
  }

  #subscribe(): Subscribe {
    const { room } = this.#options;
    const place = this.#place !== null && performance.now() - this.#place.at < STALE_MS ? this.#place : null;
    return {
      op: "subscribe",
      rooms: [room],
      ...(place !== null && { after: place.cursor }),
      types: typesOf(this.#options),
    };
  }

  #take(events: readonly LiveEvent[], cursor: string): void {
    this.#came(cursor);
    const since = (this.#socket?.serverNow ?? Date.now()) - STALE_MS;
    this.#tell(events.filter(({ receivedAt }) => receivedAt >= since));
  }

  #came(cursor: string): void {
    this.#place = { cursor, at: performance.now() };
  }

  #notice({ type, code, message, cursor }: Msg): void {
    if (type === "subscribed") {
      clearTimeout(this.#timer);
      this.state.value = { name: "open" };
      this.#isFollowing = true;
    }
    if (typeof cursor === "string") this.#came(cursor);
    if (type === "pong" && this.#isFollowing && this.#place !== null) this.#place = { ...this.#place, at: performance.now() };
    if (type !== "error" && type !== "gone") return;
    // Another log than before, or a room that is not known yet, or no longer: it may be added later.
    this.#place = null;
    const isAnew = type === "gone" || code === "cursor_reset";
    if (!isAnew) this.state.value = { name: "failed", why: String(message) };
    clearTimeout(this.#timer);
    this.#timer = window.setTimeout(() => this.#socket?.send(this.#subscribe()), isAnew ? 0 : AGAIN_MS);
  }

  #refused(): void {
    this.close();
    this.state.value = { name: "refused" };
  }

  #tell(events: readonly LiveEvent[]): void {
    if (events.length > 0) for (const listener of this.#listeners) listener(events);
  }
}
