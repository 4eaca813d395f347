import type { TypeBoxTypeProvider } from "@fastify/type-provider-typebox";
import type { FastifyInstance } from "fastify";
import { Type } from "typebox";
import { Nullable } from "../../events/field.js";
import { decodePlace, notOfList } from "../../feed/cursor.js";
import { summaryOf } from "../../statistics/summary.js";
import type { RoomKey } from "../../store/log.js";
import type { RoomRow } from "../../store/rooms.js";
import type { Session } from "../../store/sessions.js";
import type { SessionStatistics } from "../../store/statistics.js";
import type { ApiDeps } from "../api-deps.js";
import { roomOf } from "../streams/named-room.js";
import { Anchor, addSchemas, exactly, keysetPage, Next, PageFields, RoomParams, Time } from "./fields.js";
import { SessionParams, sessionOf } from "./session-found.js";

/** A broadcast of a room. */
const SessionSchema = Type.Object(
  {
    id: Type.String({ description: "room_id of the broadcast" }),
    room: Type.String({ description: "the room's key here" }),
    anchor: Anchor,
    title: Nullable(Type.String()),
    openedAt: Time,
    endedAt: Nullable(Time),
    endReason: Type.Union([Type.String(), Type.Null()], { description: "announced, offline or replaced; null while open" }),
    totals: Type.Union([Type.Ref("Totals"), Type.Null()], { description: "null when nothing of it was counted yet" }),
  },
  { $id: "Session", description: "a broadcast of a room" },
);
const SessionListSchema = Type.Object(
  { sessions: Type.Array(Type.Ref("Session")), next: Next },
  { $id: "SessionList", description: "a page of broadcasts" },
);

const tags = ["sessions"];
const ListQuery = exactly(PageFields);

/** Registers the routes of a room's broadcasts. */
export function sessionRoutes(app: FastifyInstance, { store }: ApiDeps): void {
  addSchemas(app, SessionSchema, SessionListSchema);
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

/** Returns a broadcast as v1 shows it. */
export function sessionAnswer(session: Session, room: RoomRow | null, statistics: SessionStatistics | null) {
  const { sessionId, title, openedAt, endedAt, endReason } = session;
  const totals = statistics === null ? null : summaryOf(session, statistics);
  return { id: sessionId, room: String(session.room), anchor: room?.anchor ?? null, title, openedAt, endedAt, endReason, totals };
}
