import type { TypeBoxTypeProvider } from "@fastify/type-provider-typebox";
import type { FastifyInstance } from "fastify";
import { Type } from "typebox";
import { decodePlace, encodePlace } from "../../feed/cursor.js";
import { GIFT_GROUPS } from "../../store/statistics.js";
import type { ApiDeps } from "../api-deps.js";
import { Cursor, exactly, Limit } from "./fields.js";
import { SessionParams, sessionOf } from "./session-found.js";
import { giftAnswer } from "./statistics-schemas.js";

const Query = exactly({
  by: Type.Enum([...GIFT_GROUPS], {
    default: "gift",
    description: "what they are summed by: gift, user (only people who can be told apart), receiver, or line (who gave which gift to whom)",
  }),
  user: Type.Optional(Type.String({ minLength: 1, maxLength: 64, description: "only gifts of the user with this id" })),
  limit: Limit,
  cursor: Cursor,
});

/** Registers the gift ledger of a broadcast. */
export function giftRoutes(app: FastifyInstance, { store }: ApiDeps): void {
  const { statistics } = store;

  app.withTypeProvider<TypeBoxTypeProvider>().get(
    "/rooms/:room/sessions/:session/gifts",
    {
      schema: {
        summary: "Gifts of a broadcast, summed, those worth most first",
        tags: ["statistics"],
        params: SessionParams,
        querystring: Query,
        response: { 200: Type.Ref("GiftList") },
      },
      config: { scope: "read" },
    },
    async (request) => {
      const { room, session } = await sessionOf(store, request);
      const { by, user, limit, cursor } = request.query;
      const kind = `gifts by ${by}`;
      const after = decodePlace(kind, cursor, [0, 0, ""] as const);
      const rows = await statistics.gifts(room, session.sessionId, {
        by,
        limit: limit + 1,
        ...(user !== undefined && { userId: user }),
        ...(after !== undefined && { after }),
      });
      const last = rows.length > limit ? rows[limit - 1] : undefined;
      const behind = (await statistics.sessions(room, [session.sessionId])).get(session.sessionId)?.behind ?? 0;
      return { gifts: rows.slice(0, limit).map(giftAnswer), next: last === undefined ? null : encodePlace(kind, last.place), behind };
    },
  );
}
