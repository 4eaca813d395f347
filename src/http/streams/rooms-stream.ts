import type { TypeBoxTypeProvider } from "@fastify/type-provider-typebox";
import type { FastifyInstance } from "fastify";
import type { RoomOperations, RoomView } from "../../health/state.js";
import type { Language } from "../../i18n/words.js";
import { type Clock, monotonicMs, yieldToEventLoop } from "../../runtime/clock.js";
import { DyliveError } from "../../runtime/errors.js";
import type { RoomKey } from "../../store/log.js";
import type { Deletion } from "../../store/sql/deletions.js";
import type { TokenRow } from "../../store/sql/tokens.js";
import type { ApiDeps } from "../api-deps.js";
import { maySee, tokenOf } from "../authentication.js";
import { sendHead } from "../calls.js";
import { roomAnswer } from "../v1/room-routes.js";
import type { CloseReason, LiveReader, LiveStreams } from "./live.js";
import { EVENT_STREAM, SseAnswer, sseHeartbeat, sseMessage } from "./sse.js";

/** Language of the reasons: an EventSource cannot ask for one but the browser's, and the dashboard says them in its own. */
const LANGUAGE: Language = "en";

/** Rooms that are looked at in one turn of the event loop, and sent in one message. */
const ROOMS_TOGETHER = 100;
/** Times as long as a look took until the next one: with thousands of rooms, those who follow them take a fifth of the thread at most. */
const PAUSE = 4;
/** Bytes that may wait for a reader when it is sent more rooms, so that a long list need not wait for the next look. */
const AHEAD_BYTES = 262_144;
/** Time without a look after which the states are old, in ms: a reader that hears nothing else would take them for new. */
const OLD_MS = 30_000;

/** A room, and the message that tells of it. */
interface WrittenRoom {
  readonly view: RoomView;
  readonly message: string;
}

/** Reader of the rooms' states. */
interface StatesReader {
  /** Whether much waits for it: it is sent the newest states later, not all in between. */
  readonly busy: boolean;
  /** Called when all rooms were looked at, and the changed ones sent. */
  looked(): void;
  /** Takes the rooms whose state differs from what the reader was sent before; at first all of them. */
  changed(rooms: readonly WrittenRoom[]): void;
  /** Takes the rooms that were deleted since. */
  gone(rooms: readonly RoomKey[]): void;
  /** Takes the broadcasts that were deleted a moment ago. */
  sessionsGone(deletions: readonly Deletion[]): void;
  /** Ends, since the rooms cannot be looked at. */
  failed(error: unknown): void;
}

/** Parts of the live streams that a look at the rooms needs. */
type LookCare = Pick<LiveStreams, "clock" | "limits" | "failed" | "store">;

/** Looks at the states of all rooms while there are readers, once for all, and sends each what changed for it. */
class RoomStates {
  readonly #live: LookCare;
  readonly #rooms: Pick<RoomOperations, "list">;
  /** States that each reader was sent last, by room. */
  readonly #readers = new Map<StatesReader, Map<number, string>>();
  #running = false;
  /** Number of the newest deletion that was looked at; null before the first look. */
  #deletion: number | null = null;
  /** Since when no look succeeds, in monotonic ms; null while they do. */
  #failingSince: number | null = null;

  constructor(live: LookCare, rooms: Pick<RoomOperations, "list">) {
    this.#live = live;
    this.#rooms = rooms;
  }

  /** Tells a reader about all rooms, then about changes, until the signal aborts. */
  follow(reader: StatesReader, signal: AbortSignal): void {
    if (signal.aborted) return;
    this.#readers.set(reader, new Map());
    signal.addEventListener("abort", () => this.#readers.delete(reader), { once: true });
    if (!this.#running) void this.#run();
  }

  async #run(): Promise<void> {
    const { clock, limits, store } = this.#live;
    this.#running = true;
    this.#deletion = null;
    while (this.#readers.size > 0) {
      let tookMs = 0;
      try {
        const { n, found } = await store.deletions.ofSessionsSince(this.#deletion);
        const look = await this.#look();
        ({ tookMs } = look);
        if (found.length > 0) for (const reader of this.#readers.keys()) reader.sessionsGone(found);
        this.#deletion = n;
        this.#failingSince = null;
        for (const reader of look.joinMsgs) if (this.#readers.has(reader)) reader.looked();
      } catch (error) {
        this.#live.failed(error);
        this.#failingSince ??= monotonicMs(clock);
        // A reader that comes back meanwhile is ended at once: all is not well.
        if (monotonicMs(clock) - this.#failingSince >= OLD_MS) for (const reader of [...this.#readers.keys()]) reader.failed(error);
      }
      await clock.sleep(Math.max(limits.roomStatesMs, PAUSE * tookMs));
    }
    this.#running = false;
  }

  /**
   * Looks at all rooms, some at a time: everything else has its turn in between.
   * @returns ms that it took of the thread, and the readers that were sent every room: none that came meanwhile or was busy
   */
  async #look(): Promise<{ readonly tookMs: number; readonly joinMsgs: ReadonlySet<StatesReader> }> {
    const there = new Set<RoomKey>();
    const joinMsgs = new Set(this.#readers.keys());
    let tookMs = 0;
    for (let after: RoomKey | undefined; ; await yieldToEventLoop()) {
      const began = performance.now();
      const views = await this.#rooms.list({ after, limit: ROOMS_TOGETHER });
      for (const reader of this.#tell(views)) joinMsgs.delete(reader);
      tookMs += performance.now() - began;
      for (const { row } of views) there.add(row.room);
      after = views.at(-1)?.row.room;
      if (views.length < ROOMS_TOGETHER) break;
    }
    for (const [reader, sent] of this.#readers) {
      if (reader.busy) {
        joinMsgs.delete(reader);
        continue;
      }
      const gone = [...sent.keys()].filter((room) => !there.has(room));
      for (const room of gone) sent.delete(room);
      if (gone.length > 0) reader.gone(gone);
    }
    return { tookMs, joinMsgs };
  }

  /** Tells each reader of those of these rooms that changed for it. @returns the readers who were too busy */
  #tell(views: readonly RoomView[]): readonly StatesReader[] {
    const busy: StatesReader[] = [];
    const rooms = views.map((view): WrittenRoom => ({ view, message: sseMessage("room", roomAnswer(view, LANGUAGE)) }));
    for (const [reader, sent] of this.#readers) {
      if (reader.busy) {
        busy.push(reader);
        continue;
      }
      const changed = rooms.filter(({ view, message }) => sent.get(view.row.room) !== message);
      for (const { view, message } of changed) sent.set(view.row.room, message);
      if (changed.length > 0) reader.changed(changed);
    }
    return busy;
  }
}

/** One client of `/v1/rooms/stream`. */
class RoomsStream implements LiveReader, StatesReader {
  readonly kind = "rooms";
  /** None: it is sent which rooms are gone. */
  readonly rooms = [];
  readonly token: TokenRow;
  readonly #answer: SseAnswer;
  readonly #mayRead: (view: RoomView) => boolean;
  readonly #clock: Clock;
  /** Rooms that it was shown: it is sent the end of no other. */
  readonly #shown = new Set<RoomKey>();
  /** Whether all rooms were looked at since it came. */
  #isTold = false;

  constructor(answer: SseAnswer, token: TokenRow, clock: Clock, mayRead: (view: RoomView) => boolean) {
    this.#answer = answer;
    this.#clock = clock;
    this.token = token;
    this.#mayRead = mayRead;
  }

  changed(rooms: readonly WrittenRoom[]): void {
    const seen = rooms.filter(({ view }) => this.#mayRead(view));
    const text = seen.map(({ view, message }) => {
      this.#shown.add(view.row.room);
      return message;
    });
    if (text.length > 0) this.#answer.write(text.join(""));
    // A room whose name moved to another is no longer one that a limited token may read.
    this.gone(rooms.filter(({ view }) => !this.#mayRead(view)).map(({ view }) => view.row.room));
  }

  gone(rooms: readonly RoomKey[]): void {
    const text = rooms.filter((room) => this.#shown.delete(room)).map((room) => sseMessage("gone", { id: String(room) }));
    if (text.length > 0) this.#answer.write(text.join(""));
  }

  sessionsGone(deletions: readonly Deletion[]): void {
    const text = deletions
      .filter(({ room }) => this.#shown.has(room))
      .map(({ room, sessionId }) => sseMessage("session_gone", { id: String(room), session: sessionId }));
    if (text.length > 0) this.#answer.write(text.join(""));
  }

  looked(): void {
    if (this.#isTold) return;
    this.#isTold = true;
    this.beat();
  }

  failed(error: unknown): void {
    const code = error instanceof DyliveError ? error.code : "internal";
    this.#answer.finish(sseMessage("failed", { code, reason: "the rooms cannot be read: connect again" }));
  }

  lose(): void {}

  get queued(): number {
    return this.#answer.outbound.queued;
  }

  get busy(): boolean {
    return this.queued > AHEAD_BYTES;
  }

  beat(): void {
    // A browser shows its page no comment: by this it knows that the connection lives, that the rooms can be read, and the server's clock.
    this.#answer.write(this.#isTold ? sseMessage("beat", { time: this.#clock.now() }) : sseHeartbeat());
  }

  end(why: CloseReason): void {
    this.#answer.end(why);
  }

  destroy(): void {
    this.#answer.destroy();
  }
}

/** Registers the stream of the rooms' states of v1, as Server-Sent Events. */
export function roomsStreamRoute(app: FastifyInstance, { live, rooms }: Pick<ApiDeps, "live" | "rooms">): void {
  const states = new RoomStates(live, rooms);
  app.withTypeProvider<TypeBoxTypeProvider>().get(
    "/rooms/stream",
    {
      schema: {
        summary: "Rooms whose state has changed, at most once a second (Server-Sent Events)",
        tags: ["live"],
        produces: ["text/event-stream"],
      },
      // A browser's EventSource cannot send a header.
      config: { scope: "read", tokenInQuery: true },
    },
    async (request, reply) => {
      const token = tokenOf(request);
      live.assertCapacity();
      if (request.method === "HEAD") return sendHead(reply.type(EVENT_STREAM));
      live.quota.take(token.id, 1);
      const answer = new SseAnswer(reply, live);
      answer.whenGone(() => live.quota.give(token.id, 1));
      const stream = new RoomsStream(answer, token, live.clock, ({ row, aliases }) => maySee(token, row.room, aliases));
      live.admit(stream, answer.gone);
      states.follow(stream, answer.over);
      return reply;
    },
  );
}
