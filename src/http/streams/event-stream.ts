import type { Batch } from "../../feed/batch.js";
import { cursorStart, encodePlaces } from "../../feed/cursor.js";
import { Follow, type FollowTarget } from "../../feed/follow.js";
import { DyliveError } from "../../runtime/errors.js";
import type { TokenRow } from "../../store/sql/tokens.js";
import type { CloseReason, LiveReader, LiveStreams } from "./live.js";
import { type ShownRoom, shownOf, sift } from "./selection.js";
import { type SseAnswer, sseBatch, sseHeartbeat, sseMessage } from "./sse.js";

/** Start of the cursors of a stream over one room. */
const ALONE = cursorStart([]);

/** Dependencies of a stream of events. */
interface EventStreamDeps {
  readonly answer: SseAnswer;
  readonly token: TokenRow;
  readonly live: LiveStreams;
}

/** One client of `/v1/events/stream`. */
export class EventStream implements FollowTarget<ShownRoom>, LiveReader {
  readonly kind = "sse";
  readonly token: TokenRow;
  readonly #deps: EventStreamDeps;
  readonly #answer: SseAnswer;
  readonly #follow: Follow<ShownRoom>;
  /** The client's position as it was told last without an event. */
  #told = "";

  constructor(deps: EventStreamDeps) {
    const { answer, token, live } = deps;
    this.#deps = deps;
    this.#answer = answer;
    this.token = token;
    this.#follow = new Follow(live.feed, this, answer.over);
  }

  /** Begins the stream; `hello` tells the client where. */
  start(rooms: readonly ShownRoom[], hello: Readonly<Record<string, unknown>>): void {
    this.#told = encodePlaces(
      this.#deps.live.store.log.id,
      rooms.map(({ room, after }) => [room, after] as const),
    );
    this.#answer.write(sseMessage("hello", { ...hello, cursor: this.#told }, this.#told));
    for (const one of rooms) this.#follow.add(one);
  }

  get queued(): number {
    return this.#answer.outbound.queued;
  }

  take(batch: Batch, { room, selection, sseKey }: ShownRoom): void {
    const alone = this.#follow.size === 1;
    const start = alone ? ALONE : cursorStart([...this.#follow.places()].filter(([other]) => other !== room));
    const key = alone ? sseKey : `${sseKey} ${start}`;
    const { live } = this.#deps;
    const bytes = batch.once(key, () => sseBatch(batch, shownOf(batch, selection), live.store.log.id, start));
    if (bytes !== null) this.#answer.write(bytes, alone ? null : live.coalescer);
    if (selection.expression !== null && live.time.left(this.token.id) < 0) this.end("costly");
  }

  prepare(batch: Batch, { selection }: ShownRoom): Promise<void> | null {
    return sift(batch, selection, this.#deps.live.time, this.token.id);
  }

  async ready(signal: AbortSignal): Promise<() => void> {
    await this.#deps.live.time.calm(this.token.id, signal);
    if (!(await this.#answer.outbound.ready(signal))) this.end("slow");
    return this.#deps.live.beginPage(this.token, signal);
  }

  failed(error: unknown): void {
    if (this.#answer.over.aborted) return;
    this.#deps.live.failed(error);
    const code = error instanceof DyliveError ? error.code : "internal";
    this.#answer.finish(sseMessage("failed", { code, reason: "the events cannot be read: connect again with your last cursor" }));
  }

  beat(): void {
    const place = encodePlaces(this.#deps.live.store.log.id, [...this.#follow.places()]);
    this.#answer.write(sseHeartbeat(place === this.#told ? undefined : place));
    this.#told = place;
  }

  end(why: CloseReason): void {
    this.#answer.end(why);
  }

  destroy(): void {
    this.#answer.destroy();
  }
}
