import type { TypeBoxTypeProvider } from "@fastify/type-provider-typebox";
import type { FastifyInstance } from "fastify";
import { maySee } from "../access.js";
import type { ApiParts } from "../parts.js";
import type { Passes } from "../v1/pass.js";
import { answerEventStream, EventStreamQuery } from "./event-stream-route.js";
import { RoomStates } from "./room-states.js";
import { RoomsStream } from "./rooms-stream.js";
import { SseAnswer } from "./sse-answer.js";

/** Server-Sent Events of v1. The WebSocket is no route: see `WsUpgrade`. */
export function liveRoutes(app: FastifyInstance, { live, rooms }: Pick<ApiParts, "live" | "rooms">, passes: Passes): void {
  const states = new RoomStates(live, rooms);
  const typed = app.withTypeProvider<TypeBoxTypeProvider>();
  const common = { tags: ["live"], produces: ["text/event-stream"] };
  // A browser's EventSource cannot send a header.
  const config = { scope: "read" as const, tokenInQuery: true };

  typed.get(
    "/events/stream",
    { schema: { ...common, summary: "Events of rooms as they come (Server-Sent Events)", querystring: EventStreamQuery }, config },
    (request, reply) => answerEventStream(live, request, reply, passes.of(request)),
  );
  typed.get(
    "/rooms/stream",
    { schema: { ...common, summary: "Rooms whose state has changed, at most once a second (Server-Sent Events)" }, config },
    async (request, reply) => {
      const token = passes.of(request);
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
