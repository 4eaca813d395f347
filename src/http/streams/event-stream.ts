import type { TypeBoxTypeProvider } from "@fastify/type-provider-typebox";
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { type Static, Type } from "typebox";
import { CursorReset, cursorEnd, cursorStart, type Ends, encodePlaces } from "../../feed/cursor.js";
import { Follow, type FollowTarget } from "../../feed/follow.js";
import type { Batch } from "../../feed/tail.js";
import { DyliveError } from "../../runtime/errors.js";
import type { RoomKey } from "../../store/log.js";
import type { NamedRoom } from "../../store/rooms.js";
import type { TokenRow } from "../../store/sql/tokens.js";
import type { StoredEvent } from "../../store/stored-event.js";
import type { ApiDeps } from "../api-deps.js";
import { tokenOf } from "../authentication.js";
import { sendHead } from "../calls.js";
import { exactly } from "../v1/fields.js";
import type { CloseReason, LiveReader, LiveStreams, LossReason } from "./live.js";
import { endsOf, namedRooms, placesOf, toldStart } from "./named-room.js";
import { goneName, goneRoom, readRoom, type ShownRoom, selectionOf, shown, shownOf, sift } from "./selection.js";
import { EVENT_STREAM, SseAnswer, sseHeartbeat, sseMessage } from "./sse.js";
import { Resumed } from "./ws-command.js";

/**
 * Where the rooms of a stream are. Streams that are at the same places have the same one, once they were given a batch together: then what is
 * made of the next batch for one of them is found by the others without looking at the places of all rooms.
 */
class StreamPlaces {
  readonly #seqs: ReadonlyMap<RoomKey, number>;

  constructor(seqs: ReadonlyMap<RoomKey, number>) {
    this.#seqs = seqs;
  }

  get size(): number {
    return this.#seqs.size;
  }

  without(room: RoomKey): StreamPlaces {
    return new StreamPlaces(new Map([...this.#seqs].filter(([other]) => other !== room)));
  }

  /** Returns the step that a batch is from here: one for all that are here. */
  step(batch: Batch): SharedStep {
    return batch.once(this, () => batch.once(`places ${JSON.stringify([...this.#seqs])}`, () => this.#stepOver(batch)));
  }

  #stepOver({ room, to }: Batch): SharedStep {
    const start = cursorStart([...this.#seqs].filter(([other]) => other !== room));
    return { start, next: new StreamPlaces(new Map(this.#seqs).set(room, to)), made: new Map() };
  }
}

/** A batch for all streams that are at the same places. */
interface SharedStep {
  /** Start of its cursors. */
  readonly start: string;
  /** Where they are afterwards. */
  readonly next: StreamPlaces;
  /** Bytes for each selection; null where there is nothing to be shown. */
  readonly made: Map<string, Buffer | null>;
}

/** Dependencies of a stream of events. */
interface EventStreamDeps {
  readonly answer: SseAnswer;
  readonly token: TokenRow;
  readonly live: LiveStreams;
}

/** One client of `/v1/events/stream`. */
class EventStream implements FollowTarget<ShownRoom>, LiveReader {
  readonly kind = "sse";
  readonly token: TokenRow;
  readonly #deps: EventStreamDeps;
  readonly #answer: SseAnswer;
  readonly #follow: Follow<ShownRoom>;
  #places = new StreamPlaces(new Map());
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
    this.#places = new StreamPlaces(new Map(rooms.map(({ room, after }) => [room, after])));
    for (const one of rooms) this.#follow.add(one);
  }

  get queued(): number {
    return this.#answer.outbound.queued;
  }

  get rooms(): ReturnType<typeof readRoom>[] {
    return [...this.#follow.places()].map(([room]) => readRoom(room, this.#follow.get(room)?.followed));
  }

  lose(room: RoomKey, why: LossReason): void {
    const followed = this.#follow.get(room)?.followed;
    if (followed === undefined || !this.#follow.drop(room)) return;
    this.#places = this.#places.without(room);
    const last = sseMessage("gone", goneRoom(followed, why));
    // A browser that comes back is refused then, and stays away.
    if (this.#follow.size === 0) this.#answer.finish(last);
    else this.#answer.write(last);
  }

  take(batch: Batch, { selection, sseKey }: ShownRoom): void {
    const { live } = this.#deps;
    const alone = this.#places.size === 1;
    const { start, next, made } = this.#places.step(batch);
    let bytes = made.get(sseKey);
    if (bytes === undefined) {
      bytes = sseBatch(batch, shownOf(batch, selection), live.store.log.id, start);
      made.set(sseKey, bytes);
    }
    if (bytes !== null && alone) this.#answer.write(bytes);
    else if (bytes !== null) this.#answer.gather(bytes, live.coalescer);
    this.#places = next;
    if (selection.expression !== null && live.time.left(this.token.id) < 0) this.end("costly");
  }

  prepare(batch: Batch, { selection }: ShownRoom): Promise<void> | null {
    return sift(batch, selection, this.#deps.live.time, this.token.id);
  }

  async ready(signal: AbortSignal, { selection }: ShownRoom): Promise<() => void> {
    if (selection.expression !== null) await this.#deps.live.time.calm(this.token.id, signal);
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

/**
 * Writes what is shown of a batch as messages, each with the cursor after it; null when there is nothing.
 * @param start `cursorStart` of the stream's other rooms
 */
function sseBatch({ room, removed }: Batch, shown: readonly StoredEvent[], logId: string, start: string): Buffer | null {
  const id = (seq: number) => start + cursorEnd(logId, room, seq);
  let text = removed === null ? "" : sseMessage("removed", { room, from: removed[0], to: removed[1] }, id(removed[1]));
  for (const row of shown) text += `id: ${id(row.seq)}\nevent: ${row.type}\ndata: ${row.text}\n\n`;
  return text === "" ? null : Buffer.from(text, "utf8");
}

/** Query of `/v1/events/stream`. */
const EventStreamQuery = exactly({
  rooms: Type.String({ minLength: 1, description: "1 to 200 rooms separated by commas: room keys, or names that are known here" }),
  types: Type.Optional(
    Type.String({
      minLength: 1,
      description: "event types separated by commas, * for all; all but unknown, rank and stats by default",
    }),
  ),
  user: Type.Optional(Type.String({ minLength: 1, maxLength: 64, description: "only events of the user with this id" })),
  minDiamonds: Type.Optional(Type.Integer({ minimum: 0, description: "only gifts worth at least so many diamonds" })),
  filter: Type.Optional(Type.String({ description: "an expression of the filter language" })),
  after: Type.Optional(
    Type.String({
      minLength: 1,
      maxLength: 8_192,
      description: "a cursor, 0 for the oldest kept, or with one room a seq; without it the stream begins now. Last-Event-ID comes first",
    }),
  ),
  resumed: Resumed,
});

/** Registers the stream of events of v1, as Server-Sent Events. The WebSocket is no route: see `WsUpgrade`. */
export function eventStreamRoute(app: FastifyInstance, { live }: Pick<ApiDeps, "live">): void {
  app.withTypeProvider<TypeBoxTypeProvider>().get(
    "/events/stream",
    {
      schema: {
        summary: "Events of rooms as they come (Server-Sent Events)",
        tags: ["live"],
        produces: ["text/event-stream"],
        querystring: EventStreamQuery,
      },
      // A browser's EventSource cannot send a header.
      config: { scope: "read", tokenInQuery: true },
    },
    (request, reply) => answerEventStream(live, request, reply, tokenOf(request)),
  );
}

/** Answers a checked request with a stream. @throws DyliveError as long as nothing was answered */
async function answerEventStream(
  live: LiveStreams,
  request: FastifyRequest<{ Querystring: Static<typeof EventStreamQuery> }>,
  reply: FastifyReply,
  token: TokenRow,
): Promise<FastifyReply> {
  live.assertCapacity();
  const { rooms: names, types, user, minDiamonds, filter, after, resumed: isResumed } = request.query;
  const select = await selectionOf({ types: types?.split(","), user, minDiamonds, filter }, live.time, token.id);
  const last = request.headers["last-event-id"];
  const resumed = typeof last === "string" && last !== "" ? last : null;
  const isBack = isResumed === true || resumed !== null;
  // A browser comes back with the address that it had, and never again after a refusal: the rooms that are left go on.
  const gone: string[] = [];
  const rooms = await namedRooms(live, token, names.split(","), isBack ? (name) => gone.push(name) : undefined);
  const ends = await endsOf(live, rooms);
  const { reset, ...start } = await startOf(live, ends, resumed, after ?? null);

  if (request.method === "HEAD") return sendHead(reply.type(EVENT_STREAM));
  const held = 1 + rooms.length;
  live.quota.take(token.id, held);
  const answer = new SseAnswer(reply, live);
  answer.whenGone(() => live.quota.give(token.id, held));
  const { log } = live.store;
  const stream = new EventStream({ answer, token, live });
  live.admit(stream, answer.gone);
  if (reset !== null)
    answer.write(sseMessage("cursor_reset", { reason: reset.detail, oldest: reset.oldest, newest: reset.newest }, reset.newest));
  for (const asked of gone) answer.write(sseMessage("gone", goneName(asked)));
  stream.start(
    rooms.map((named) => shown(named, start.seqs.get(named.room) ?? 0, select(named.sessionId))),
    { log: log.id, rooms: rooms.map((room) => ({ ...toldRoom(room, ends, start.seqs), ...toldStart(start, room.room) })) },
  );
  return reply;
}

/**
 * Returns where the stream begins. A cursor in the address that is no longer valid is refused; one that a browser sends by itself is not,
 * since a browser never comes back after a refusal: it is told in the stream, which goes on at the head.
 */
async function startOf(live: LiveStreams, ends: Ends, resumed: string | null, after: string | null) {
  if (resumed === null) return { ...(await placesOf(live, after, ends)), reset: null };
  try {
    return { ...(await placesOf(live, resumed, ends)), reset: null };
  } catch (error) {
    if (!(error instanceof CursorReset)) throw error;
    return { ...(await placesOf(live, null, ends)), reset: error };
  }
}

function toldRoom({ asked, room, sessionId }: NamedRoom, ends: Ends, seqs: ReadonlyMap<number, number>) {
  const { oldest, head } = ends.get(room) ?? { oldest: 1, head: 0 };
  return {
    room,
    asked,
    ...(sessionId !== null && { sessionId }),
    after: seqs.get(room) ?? 0,
    oldest,
    head,
  };
}
