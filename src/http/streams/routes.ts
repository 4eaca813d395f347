import type { TypeBoxTypeProvider } from "@fastify/type-provider-typebox";
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { type Static, Type } from "typebox";
import { CursorReset, type Ends, resolvePlaces, type Start } from "../../feed/cursor.js";
import type { NamedRoom } from "../../store/rooms.js";
import type { TokenRow } from "../../store/sql/tokens.js";
import { maySee } from "../access.js";
import type { ApiDeps } from "../api-deps.js";
import { tokenOf } from "../authentication.js";
import { exactly } from "../v1/fields.js";
import { EventStream } from "./event-stream.js";
import type { LiveStreams } from "./live.js";
import { endsOf, namedRooms } from "./named-room.js";
import { RoomStates, RoomsStream } from "./rooms-stream.js";
import { selectionOf, shown } from "./selection.js";
import { SseAnswer, sseMessage } from "./sse.js";

/** Query of `/v1/events/stream`. */
const EventStreamQuery = exactly({
  rooms: Type.String({ minLength: 1, description: "1 to 200 rooms separated by commas: room keys, or names that are known here" }),
  types: Type.Optional(
    Type.String({ minLength: 1, description: "event types separated by commas, * for all; all but unknown, rank and stats by default" }),
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
});

/** Answers a checked request with a stream. @throws DyliveError as long as nothing was answered */
async function answerEventStream(
  live: LiveStreams,
  request: FastifyRequest<{ Querystring: Static<typeof EventStreamQuery> }>,
  reply: FastifyReply,
  token: TokenRow,
): Promise<void> {
  live.assertCapacity();
  const { rooms: names, types, user, minDiamonds, filter, after } = request.query;
  const select = await selectionOf({ types: types?.split(","), user, minDiamonds, filter }, live.time, token.id);
  const rooms = await namedRooms(live, token, names.split(","));
  const last = request.headers["last-event-id"];
  const resumed = typeof last === "string" && last !== "" ? last : null;
  const ends = await endsOf(live, rooms);
  const { seqs, added, reset } = startOf(live, ends, resumed, after ?? null);

  const held = 1 + rooms.length;
  live.quota.take(token.id, held);
  const answer = new SseAnswer(reply, live);
  answer.whenGone(() => live.quota.give(token.id, held));
  const { log } = live.store;
  const stream = new EventStream({ answer, token, live });
  live.admit(stream, answer.gone);
  if (reset !== null)
    answer.write(sseMessage("cursor_reset", { reason: reset.detail, oldest: reset.oldest, newest: reset.newest }, reset.newest));
  stream.start(
    rooms.map(({ room, sessionId }) => shown(room, seqs.get(room) ?? 0, select(sessionId))),
    { log: log.id, rooms: rooms.map((room) => told(room, ends, seqs, added.includes(room.room))) },
  );
}

/**
 * Returns where the stream begins. A cursor in the address that is no longer valid is refused; one that a browser sends by itself is not,
 * since a browser never comes back after a refusal: it is told in the stream, which goes on at the head.
 */
function startOf(live: LiveStreams, ends: Ends, resumed: string | null, after: string | null): Start & { reset: CursorReset | null } {
  const { id } = live.store.log;
  if (resumed === null) return { ...resolvePlaces(after, id, ends), reset: null };
  try {
    return { ...resolvePlaces(resumed, id, ends), reset: null };
  } catch (error) {
    if (!(error instanceof CursorReset)) throw error;
    return { ...resolvePlaces(null, id, ends), reset: error };
  }
}

function told({ asked, room, sessionId }: NamedRoom, ends: Ends, seqs: ReadonlyMap<number, number>, added: boolean) {
  const { oldest, head } = ends.get(room) ?? { oldest: 1, head: 0 };
  return {
    room,
    asked,
    ...(sessionId !== null && { sessionId }),
    after: seqs.get(room) ?? 0,
    oldest,
    head,
    ...(added && { fromHead: true }),
  };
}

/** Registers the Server-Sent Events of v1. The WebSocket is no route: see `WsUpgrade`. */
export function liveRoutes(app: FastifyInstance, { live, rooms }: Pick<ApiDeps, "live" | "rooms">): void {
  const states = new RoomStates(live, rooms);
  const typed = app.withTypeProvider<TypeBoxTypeProvider>();
  const common = { tags: ["live"], produces: ["text/event-stream"] };
  // A browser's EventSource cannot send a header.
  const config = { scope: "read" as const, tokenInQuery: true };

  typed.get(
    "/events/stream",
    { schema: { ...common, summary: "Events of rooms as they come (Server-Sent Events)", querystring: EventStreamQuery }, config },
    (request, reply) => answerEventStream(live, request, reply, tokenOf(request)),
  );
  typed.get(
    "/rooms/stream",
    { schema: { ...common, summary: "Rooms whose state has changed, at most once a second (Server-Sent Events)" }, config },
    async (request, reply) => {
      const token = tokenOf(request);
      live.assertCapacity();
      live.quota.take(token.id, 1);
      const answer = new SseAnswer(reply, live);
      answer.whenGone(() => live.quota.give(token.id, 1));
      const stream = new RoomsStream(answer, token, ({ row, aliases }) => maySee(token, row.room, aliases));
      live.admit(stream, answer.gone);
      states.follow(stream, answer.over);
    },
  );
}
