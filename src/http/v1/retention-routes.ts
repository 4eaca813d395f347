import type { TypeBoxTypeProvider } from "@fastify/type-provider-typebox";
import type { FastifyInstance } from "fastify";
import { Type } from "typebox";
import { Nullable } from "../../events/field.js";
import type { RoomKey } from "../../store/log.js";
import { RETAINED } from "../../store/sql/retention.js";
import type { ApiDeps } from "../api-deps.js";
import { tokenOf } from "../authentication.js";
import { roomOf } from "../streams/named-room.js";
import { addSchemas, exactly, RoomParams } from "./fields.js";

const tags = ["retention"];
const Own = (description: string) =>
  Type.Union(
    [
      exactly({
        maxAgeMs: Nullable(Type.Integer({ minimum: 3_600_000, description: "ms; null is no limit" })),
        maxBytes: Nullable(Type.Integer({ minimum: 1_000_000, description: "bytes; null is no limit" })),
      }),
      Type.Null(),
    ],
    { description },
  );
const kinds = {
  events: Own("events of the room; null follows the server's settings"),
  statistics: Own("statistics of a broadcast, from its last event on; only the age counts"),
  raw: Own("raw recordings of the room"),
};
const Change = exactly({
  events: Type.Optional(kinds.events),
  statistics: Type.Optional(kinds.statistics),
  raw: Type.Optional(kinds.raw),
});

/** Limits of a room, and the bytes of its events that are kept. */
const RetentionSchema = Type.Object(
  { ...kinds, eventBytes: Type.Integer({ description: "bytes of the JSON text of the events that are kept now" }) },
  { $id: "Retention", description: "limits of a room's own; null where it follows the server's settings" },
);

/** Registers the routes of a room's limits: look, change. */
export function retentionRoutes(app: FastifyInstance, { store, logger }: ApiDeps): void {
  const { retention } = store;
  addSchemas(app, RetentionSchema);
  const typed = app.withTypeProvider<TypeBoxTypeProvider>();
  const shown = async (room: RoomKey) => {
    const { events = null, statistics = null, raw = null } = await retention.limits(room);
    return { events, statistics, raw, eventBytes: await retention.size(room) };
  };

  typed.get(
    "/rooms/:room/retention",
    {
      schema: { summary: "How much is kept of a room", tags, params: RoomParams, response: { 200: Type.Ref("Retention") } },
      config: { scope: "read" },
    },
    async (request) => shown((await roomOf(store.rooms, request)).room),
  );

  typed.patch(
    "/rooms/:room/retention",
    {
      schema: {
        summary: "Change how much is kept of a room; what is beyond it is removed within minutes, in PostgreSQL events with their day",
        tags,
        params: RoomParams,
        body: Change,
        response: { 200: Type.Ref("Retention") },
      },
      config: { scope: "admin" },
    },
    async (request) => {
      const { room } = await roomOf(store.rooms, request);
      for (const kind of RETAINED) {
        const limits = request.body[kind];
        if (limits !== undefined) await retention.setLimits(room, kind, limits);
      }
      logger.info({ room, limits: request.body, by: tokenOf(request).id }, "limits of a room were changed");
      return shown(room);
    },
  );
}
