import type { FastifyInstance } from "fastify";
import { type Static, Type } from "typebox";
import { Nullable } from "../../events/field.js";
import type { RoomKey } from "../../store/log.js";
import { type Limits, type LimitsOf, RETAINED } from "../../store/sql/retention.js";
import type { ApiDeps } from "../api-deps.js";
import { tokenOf } from "../authentication.js";
import { roomOf } from "../streams/named-room.js";
import type { KeptRecordings } from "../task-list.js";
import { RoomParams } from "./fields.js";
import { addSchemas, exactly, type ReadonlyDeep, routesOf } from "./route.js";

const Own = (description: string) =>
  Nullable(
    exactly({
      maxAgeMs: Nullable(Type.Integer({ minimum: 3_600_000, description: "ms; null is no limit" })),
      maxBytes: Nullable(Type.Integer({ minimum: 1_000_000, description: "bytes; null is no limit" })),
    }),
    description,
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

const Recordings = (description: string) => Type.Object({ files: Type.Integer(), bytes: Type.Integer() }, { description });
const ServersOwn = Type.Object({ maxAgeMs: Nullable(Type.Integer()), maxBytes: Nullable(Type.Integer()) });

/** Limits of a room, and the bytes of its events that are kept. */
const RetentionSchema = Type.Object(
  {
    ...kinds,
    server: Type.Object(
      { events: ServersOwn, statistics: ServersOwn, raw: ServersOwn },
      { description: "the server's limits, which count where the room has none of its own" },
    ),
    eventBytes: Type.Integer({ description: "bytes of the JSON text of the events that are kept now" }),
    eventsSince: Nullable(Type.Integer({ description: "when the oldest event that is kept was received, ms UTC; null without events" })),
    recordings: Type.Object(
      {
        now: Recordings("raw recordings that are kept now"),
        beyond: Recordings("those of them that are beyond their limits"),
        since: Nullable(Type.Integer({ description: "when the oldest began, ms UTC; null without recordings" })),
      },
      { description: "raw recordings of this process" },
    ),
    removedUntil: Nullable(Type.Integer({ description: "events up to here were removed, ms UTC" })),
    byDay: Type.Boolean({ description: "events are removed with their day, in PostgreSQL" }),
  },
  { $id: "Retention", description: "limits of a room's own; null where it follows the server's settings" },
);

const NONE: Limits = { maxAgeMs: null, maxBytes: null };
const NO_RECORDINGS: KeptRecordings = { now: { files: 0, bytes: 0 }, beyond: { files: 0, bytes: 0 }, since: null };
const NO_LIMITS: LimitsOf = { events: NONE, statistics: NONE, raw: NONE };

/** How much is kept of a room, as v1 shows it. */
export type ShownRetention = ReadonlyDeep<Static<typeof RetentionSchema>>;

/** Registers the routes of a room's limits: look, change. */
export function retentionRoutes(app: FastifyInstance, { store, logger, admin, maintenance }: ApiDeps): void {
  const { retention } = store;
  addSchemas(app, RetentionSchema);
  const routes = routesOf(app, { tags: ["retention"], scope: "read" });
  const shown = async (room: RoomKey): Promise<ShownRetention> => {
    const own = await retention.limits(room);
    const { events = null, statistics = null, raw = null } = own;
    const server = admin === null ? NO_LIMITS : await admin.limits();
    const { oldest = 1 } = (await store.log.heads([room])).get(room) ?? {};
    return {
      ...{ events, statistics, raw, server, eventBytes: await retention.size(room) },
      eventsSince: (await store.log.readRoom(room, oldest - 1, 1)).events[0]?.receivedAt ?? null,
      recordings: (await maintenance?.recordings(room, raw ?? server.raw)) ?? NO_RECORDINGS,
      removedUntil: await retention.horizon(room),
      byDay: (await retention.days()) !== null,
    };
  };

  routes.get(
    "/rooms/:room/retention",
    { summary: "How much is kept of a room", params: RoomParams, answer: "Retention" },
    async (request) => shown((await roomOf(store.rooms, request)).room),
  );

  routes.patch(
    "/rooms/:room/retention",
    {
      summary: "Change how much is kept of a room; what is beyond it is removed within minutes, in PostgreSQL events with their day",
      params: RoomParams,
      body: Change,
      answer: "Retention",
      scope: "admin",
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
