import type { TypeBoxTypeProvider } from "@fastify/type-provider-typebox";
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { type Static, Type } from "typebox";
import type { Batch } from "../../feed/batch.js";
import { CursorReset, encodeCursor, positionOf } from "../../feed/cursor.js";
import { DyliveError } from "../../runtime/errors.js";
import type { OutboundQueue } from "../../runtime/outbound-queue.js";
import type { RoomKey } from "../../store/log.js";
import type { TokenRow } from "../../store/sql/tokens.js";
import { StoredEvent } from "../../store/stored-event.js";
import type { ApiDeps } from "../api-deps.js";
import { tokenOf } from "../authentication.js";
import { sendHead } from "../calls.js";
import { EventFields, TextOf } from "../v1/fields.js";
import { exactly } from "../v1/route.js";
import { FollowedRooms } from "./followed-rooms.js";
import type { CloseReason, LiveReader, LiveStreams, LossReason } from "./live.js";
import { type FollowedNames, followedRooms, roomsAnswer } from "./named-room.js";
import { goneName, goneRoom, type Selection, selectionOf } from "./selection.js";
import { EVENT_STREAM, SseAnswer, sseHeartbeat, sseMessage } from "./sse.js";
import { Resumed } from "./ws-command.js";

/** One client of `/v1/events/stream`. */
class EventStream implements LiveReader {
  readonly kind = "sse";
  readonly token: TokenRow;
  readonly #live: LiveStreams;
  readonly #answer: SseAnswer;
  readonly #followed: FollowedRooms;
  /** The client's position as it was sent last without an event. */
  #sent = "";

  constructor(answer: SseAnswer, token: TokenRow, live: LiveStreams) {
    this.#live = live;
    this.#answer = answer;
    this.token = token;
    this.#followed = new FollowedRooms(live, this, answer.over);
  }

  /** Begins the stream; `hello` says where. @param after position */
  start(rooms: FollowedNames, selection: Selection, after: number, hello: Readonly<Record<string, unknown>>): void {
    this.#sent = this.#cursor(after);
    this.#answer.write(sseMessage("hello", { ...hello, cursor: this.#sent }, this.#sent));
    this.#followed.follow(rooms, selection, after);
  }

  get outbound(): OutboundQueue {
    return this.#answer.outbound;
  }

  get queued(): number {
    return this.outbound.queued;
  }

  get rooms() {
    return this.#followed.rooms;
  }

  lose(room: RoomKey, why: LossReason): void {
    const lost = this.#followed.drop(room);
    if (lost === undefined) return;
    const last = sseMessage("gone", goneRoom(lost, why));
    // A browser that comes back is refused then, and stays away.
    if (this.rooms.length === 0) this.#answer.finish(last);
    else this.#answer.write(last);
  }

  frame(batch: Batch, rows: readonly StoredEvent[]): Buffer | null {
    let text = "";
    for (const one of batch.inOrder(rows)) {
      const id = this.#cursor(one.pos);
      if (one instanceof StoredEvent) text += `id: ${id}\nevent: ${one.type}\ndata: ${one.text}\n\n`;
      else text += sseMessage("removed", { room: one.room, from: one.from, to: one.to }, id);
    }
    return text === "" ? null : Buffer.from(text, "utf8");
  }

  send(frame: Buffer): void {
    this.#answer.write(frame);
  }

  failed(error: unknown): void {
    if (this.#answer.over.aborted) return;
    this.#live.failed(error);
    const code = error instanceof DyliveError ? error.code : "internal";
    this.#answer.finish(sseMessage("failed", { code, reason: "the events cannot be read: connect again with your last cursor" }));
  }

  beat(): void {
    const cursor = this.#cursor(this.#followed.at ?? 0);
    this.#answer.write(sseHeartbeat(cursor === this.#sent ? undefined : cursor));
    this.#sent = cursor;
  }

  end(why: CloseReason): void {
    this.#answer.end(why);
  }

  destroy(): void {
    this.#answer.destroy();
  }

  #cursor(pos: number): string {
    return encodeCursor(this.#live.store.log.id, pos);
  }
}

/** Query of `/v1/events/stream`. */
const EventStreamQuery = exactly({
  rooms: Type.Optional(
    Type.String({ minLength: 1, description: "room keys or names that are known here, separated by commas; all rooms without it" }),
  ),
  types: Type.Optional(
    Type.String({
      minLength: 1,
      description: "event types separated by commas, * for all; all but unknown, rank and stats by default",
    }),
  ),
  user: EventFields.user,
  minDiamonds: EventFields.minDiamonds,
  filter: Type.Optional(Type.String({ description: "an expression of the filter language" })),
  after: Type.Optional(
    TextOf(512, "a cursor, 0 for the oldest kept, or with one room a seq; without it the stream begins now. Last-Event-ID comes first"),
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
  const select = await selectionOf({ types: types?.split(","), user, minDiamonds, filter }, live.queue);
  const last = request.headers["last-event-id"];
  const resumed = typeof last === "string" && last !== "" ? last : null;
  const isBack = isResumed === true || resumed !== null;
  // A browser comes back with the address that it had, and never again after a refusal: the rooms that are left go on.
  const gone: string[] = [];
  const rooms = await followedRooms(live, token, names?.split(","), isBack ? (name) => gone.push(name) : undefined);
  const { pos, reset } = await startOf(live, rooms, resumed, after ?? null);
  const hello = { log: live.store.log.id, rooms: await roomsAnswer(live, rooms) };

  if (request.method === "HEAD") return sendHead(reply.type(EVENT_STREAM));
  const held = 1 + (rooms?.length ?? 0);
  live.quota.take(token.id, held);
  const answer = new SseAnswer(reply, live);
  answer.whenGone(() => live.quota.give(token.id, held));
  const stream = new EventStream(answer, token, live);
  live.admit(stream, answer.gone);
  if (reset !== null)
    answer.write(sseMessage("cursor_reset", { reason: reset.detail, oldest: reset.oldest, newest: reset.newest }, reset.newest));
  for (const asked of gone) answer.write(sseMessage("gone", goneName(asked)));
  stream.start(rooms, select(rooms), pos, hello);
  return reply;
}

/**
 * Returns where the stream begins. A cursor in the address that is no longer valid is refused; one that a browser sends by itself is not,
 * since a browser never comes back after a refusal: the stream says it, and goes on at the head.
 */
async function startOf({ store: { log } }: LiveStreams, rooms: FollowedNames, resumed: string | null, after: string | null) {
  const text = resumed ?? after;
  if (text === null) return { pos: await log.head(), reset: null };
  try {
    return {
      pos: await positionOf(
        text,
        log,
        (rooms ?? []).map(({ room }) => room),
      ),
      reset: null,
    };
  } catch (error) {
    if (resumed === null || !(error instanceof CursorReset)) throw error;
    return { pos: await log.head(), reset: error };
  }
}
