import type { TypeBoxTypeProvider } from "@fastify/type-provider-typebox";
import type { FastifyInstance } from "fastify";
import { Type } from "typebox";
import { decodePlace, notOfList } from "../../feed/cursor.js";
import type { RoomKey } from "../../store/log.js";
import type { Session } from "../../store/sessions.js";
import type { ApiDeps } from "../api-deps.js";
import { roomOf } from "../streams/named-room.js";
import { Cursor, exactly, keysetPage, Limit, RoomParams } from "./fields.js";
import { sessionAnswer } from "./schemas.js";
import { SessionParams, sessionOf } from "./session-found.js";

const tags = ["sessions"];
const ListQuery = exactly({ limit: Limit, cursor: Cursor });

/** Registers the routes of a room's broadcasts. */
export function sessionRoutes(app: FastifyInstance, { store }: ApiDeps): void {
  const typed = app.withTypeProvider<TypeBoxTypeProvider>();
  const shown = async (room: RoomKey, sessions: readonly Session[]) => {
    const row = await store.rooms.get(room);
    const ids = sessions.map(({ sessionId }) => sessionId);
    const counted = await store.statistics.sessions(room, ids);
    return sessions.map((session) => sessionAnswer(session, row, counted.get(session.sessionId) ?? null));
  };

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
      const { room } = await roomOf(store.rooms, request);
      const { limit, cursor } = request.query;
      const [before] = decodePlace("sessions", cursor, [""] as const) ?? [];
      if (before !== undefined && (await store.sessions.get(room, before)) === null) throw notOfList("sessions");
      const found = await store.sessions.list(room, limit + 1, before);
      const { items, next } = keysetPage(found, limit, "sessions", ({ sessionId }) => [sessionId]);
      return { sessions: await shown(room, items), next };
    },
  );

  typed.get(
    "/rooms/:room/sessions/:session",
    { schema: { summary: "A broadcast", tags, params: SessionParams, response: { 200: Type.Ref("Session") } }, config: { scope: "read" } },
    async (request) => {
      const { room, session } = await sessionOf(store, request);
      return (await shown(room, [session]))[0];
    },
  );
}
