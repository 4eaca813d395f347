import type { TypeBoxTypeProvider } from "@fastify/type-provider-typebox";
import type { FastifyInstance, FastifyRequest } from "fastify";
import type { TokenRow } from "../../log/tokens.js";
import type { RoomManager } from "../../rooms/state.js";
import { maySee } from "../access.js";
import type { Gate } from "../gate.js";
import { answerEventStream, EventStreamQuery } from "./event-stream-route.js";
import type { Live } from "./live.js";
import { RoomStates } from "./room-states.js";
import { RoomsStream } from "./rooms-stream.js";
import { SseAnswer } from "./sse-answer.js";

/** What the routes work with. */
export interface LiveRoutesParts {
  readonly live: Live;
  readonly gate: Gate;
  readonly rooms: Pick<RoomManager, "list">;
}

/** `/v1/events/stream` and `/v1/rooms/stream`. The WebSocket is no route: see `WsUpgrade`. */
export function liveRoutes(app: FastifyInstance, { live, gate, rooms }: LiveRoutesParts): void {
  const states = new RoomStates(live, rooms);
  const tokens = new WeakMap<FastifyRequest, TokenRow>();
  const tokenOf = (request: FastifyRequest): TokenRow => {
    const token = tokens.get(request);
    if (token === undefined) throw new Error("a request passed without a token");
    return token;
  };
  const common = {
    method: "GET" as const,
    config: { scope: "read" as const, tokenInQuery: true },
    // Before the fields are looked at: who has no token learns nothing else.
    onRequest: async (request: FastifyRequest) => {
      // A browser's EventSource cannot send a header.
      tokens.set(request, await gate.enter(request.raw, "read", "query"));
    },
  };
  const typed = app.withTypeProvider<TypeBoxTypeProvider>();

  typed.route({
    ...common,
    url: "/v1/events/stream",
    schema: {
      summary: "Events of rooms as they come (Server-Sent Events)",
      tags: ["live"],
      produces: ["text/event-stream"],
      querystring: EventStreamQuery,
    },
    handler: (request, reply) => answerEventStream(live, request, reply, tokenOf(request)),
  });
  typed.route({
    ...common,
    url: "/v1/rooms/stream",
    schema: {
      summary: "States of rooms as they change, at most once a second (Server-Sent Events)",
      tags: ["live"],
      produces: ["text/event-stream"],
    },
    handler: async (request, reply) => {
      const token = tokenOf(request);
      live.checkRoom();
      live.quota.take(token.id, 1);
      const answer = new SseAnswer(reply, live);
      answer.whenGone(() => live.quota.give(token.id, 1));
      const stream = new RoomsStream(answer, token, ({ row, aliases }) => maySee(token, row.room, aliases));
      live.admit(stream, answer.gone);
      states.follow(stream, answer.over);
    },
  });
}
