import type { FastifyInstance } from "fastify";
import { Type } from "typebox";
import { Nullable } from "../../events/field.js";
import { decodePlace, encodePlace } from "../../feed/cursor.js";
import { FieldError } from "../../runtime/errors.js";
import { msg } from "../../runtime/msg.js";
import { COMPARED_MAX, comparedMinutes, comparedValues } from "../../statistics/comparison.js";
import type { ApiDeps } from "../api-deps.js";
import { tokenOf } from "../authentication.js";
import { visibleRoom } from "../streams/named-room.js";
import { Next, PageFields } from "./fields.js";
import { addSchemas, exactly, routesOf } from "./route.js";
import { broadcastOf, shownSessions } from "./session-routes.js";
import { Amount, Count } from "./statistics-schemas.js";

/** Broadcasts beside each other. */
const ComparisonSchema = Type.Object(
  {
    sessions: Type.Array(Type.Ref("Session"), { description: "the broadcasts, in the order in which they were named" }),
    minutes: Type.Array(
      Type.Object({
        minute: Type.Integer({ minimum: 0, description: "whole minutes since the one in which each was first seen, which is 0" }),
        values: Type.Array(
          Nullable(
            Type.Object({
              chats: Count,
              joins: Count,
              units: Count,
              diamonds: Nullable(Amount, "null if the price of none of the units is known"),
              online: Nullable(Count, "people in the room, by the last count of this minute"),
            }),
          ),
          { description: "of each broadcast; null where it had ended, has not come so far, or nothing of it was counted yet" },
        ),
      }),
      { description: "every minute, those without events too, until the longest ends" },
    ),
    next: Next,
  },
  { $id: "Comparison", description: "broadcasts beside each other, minute by minute since each began" },
);

const KIND = "minutes of a comparison";
const CompareQuery = exactly({
  sessions: Type.String({
    minLength: 3,
    maxLength: 1_200,
    description: `2 to ${COMPARED_MAX} broadcasts with commas between, each as ROOM/SESSION: the room's id here or one of its names, and the room_id, or \`latest\``,
  }),
  ...PageFields,
});

/** Registers the comparison of broadcasts. */
export function compareRoutes(app: FastifyInstance, { store }: ApiDeps): void {
  addSchemas(app, ComparisonSchema);
  routesOf(app, { tags: ["sessions"], scope: "read" }).get(
    "/compare",
    {
      summary: "Compare broadcasts, of one room or of several, minute by minute since each began",
      query: CompareQuery,
      answer: "Comparison",
    },
    async (request) => {
      const { limit, cursor } = request.query;
      const names = request.query.sessions.split(",").map(partsOf);
      if (names.length < 2 || names.length > COMPARED_MAX)
        throw new FieldError("sessions", msg`it takes 2 to ${COMPARED_MAX} broadcasts, not ${names.length}`);
      const sessions = await Promise.all(
        names.map(async ([room, session]) => {
          return broadcastOf(store.sessions, await visibleRoom(store.rooms, tokenOf(request), room), session);
        }),
      );
      const [from] = decodePlace(KIND, cursor, [0] as const) ?? [0];
      const { minutes, more } = await comparedMinutes(store.statistics, sessions, Math.max(0, from), limit);
      return {
        sessions: await shownSessions(store, sessions),
        minutes: minutes.map(({ minute, totals }) => ({
          minute,
          values: totals.map((one) => (one === null ? null : comparedValues(one))),
        })),
        next: more ? encodePlace(KIND, [Math.max(0, from) + limit]) : null,
      };
    },
  );
}

/** Splits the name of a broadcast: after its last slash stands the room_id. */
function partsOf(name: string): readonly [room: string, session: string] {
  const [, room, session] = /^\s*(.+)\/([^/]+?)\s*$/.exec(name) ?? [];
  if (room === undefined || session === undefined) throw new FieldError("sessions", msg`a broadcast is named as ROOM/SESSION`);
  return [room, session];
}
