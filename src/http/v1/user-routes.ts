import type { TypeBoxTypeProvider } from "@fastify/type-provider-typebox";
import type { FastifyInstance } from "fastify";
import { Type } from "typebox";
import { DyliveError } from "../../runtime/errors.js";
import type { Person } from "../../store/statistics.js";
import { addPerson } from "../../store/statistics-add.js";
import type { ApiDeps } from "../api-deps.js";
import { roomOf } from "../streams/named-room.js";
import { Cursor, exactly, Limit, pageOf, RoomParams } from "./fields.js";
import { doneBy, personSessionAnswer } from "./statistics-schemas.js";

/** Number of broadcasts beyond what one room will have. */
const SESSIONS_MAX = 100_000;
const UserParams = exactly({
  ...RoomParams.properties,
  user: Type.String({ minLength: 1, maxLength: 64, description: "the person's id (uid)" }),
});
const Query = exactly({ limit: Limit, cursor: Cursor });

/** Registers the routes of people in a room. */
export function userRoutes(app: FastifyInstance, { store }: ApiDeps): void {
  app.withTypeProvider<TypeBoxTypeProvider>().get(
    "/rooms/:room/users/:user",
    {
      schema: {
        summary: "What a person did in the broadcasts of a room",
        tags: ["statistics"],
        params: UserParams,
        querystring: Query,
        response: { 200: Type.Ref("UserHistory") },
      },
      config: { scope: "read" },
    },
    async (request) => {
      const { room } = await roomOf(store.rooms, request);
      const { user } = request.params;
      const { limit, cursor } = request.query;
      const all = await store.statistics.person(room, user, SESSIONS_MAX);
      const [newest, ...older] = all;
      if (newest === undefined) throw new DyliveError("not_found", "nobody with this id was seen in the room");
      const total = older.reduce<Person>(addPerson, newest);
      const { items, next } = pageOf(all, "sessions", ({ place }) => String(place), limit, cursor);
      return { id: user, nickname: total.name, total: doneBy(total), sessions: items.map(personSessionAnswer), next };
    },
  );
}
