import type { TypeBoxTypeProvider } from "@fastify/type-provider-typebox";
import type { FastifyInstance } from "fastify";
import { Type } from "typebox";
import { DyliveError } from "../../errors.js";
import type { ApiParts } from "../parts.js";
import { sessionAnswer } from "./answers.js";
import { Cursor, exactly, Limit, RoomParams } from "./fields.js";
import { pageOf } from "./pages.js";
import type { Passes } from "./pass.js";

/** More broadcasts than one room will have. */
const SESSIONS_MAX = 100_000;

const tags = ["sessions"];
const ListQuery = exactly({ limit: Limit, cursor: Cursor });
const SessionParams = exactly({
  ...RoomParams.properties,
  session: Type.String({ minLength: 1, maxLength: 64, description: "room_id of the broadcast" }),
});

/** Broadcasts of a room. */
export function sessionRoutes(app: FastifyInstance, { store }: ApiParts, passes: Passes): void {
  const typed = app.withTypeProvider<TypeBoxTypeProvider>();

  typed.get(
    "/rooms/:room/sessions",
    {
      schema: {
        summary: "List the broadcasts of a room, newest first",
        tags,
        params: RoomParams,
        querystring: ListQuery,
        response: { 200: Type.Ref("SessionList") },
      },
      config: { scope: "read" },
    },
    async (request) => {
      const { room } = await passes.room(request);
      const { limit, cursor } = request.query;
      const all = await store.sessions.list(room, SESSIONS_MAX);
      const { items, next } = pageOf(all, "sessions", ({ sessionId }) => sessionId, limit, cursor);
      return { sessions: items.map(sessionAnswer), next };
    },
  );

  typed.get(
    "/rooms/:room/sessions/:session",
    { schema: { summary: "A broadcast", tags, params: SessionParams, response: { 200: Type.Ref("Session") } }, config: { scope: "read" } },
    async (request) => {
      const { room } = await passes.room(request);
      const session = await store.sessions.get(room, request.params.session);
      if (session === null) throw new DyliveError("not_found", "the room has no such broadcast");
      return sessionAnswer(session);
    },
  );
}
