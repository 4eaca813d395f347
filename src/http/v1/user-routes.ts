import type { FastifyInstance } from "fastify";
import { decodePlace } from "../../feed/cursor.js";
import { DyliveError } from "../../runtime/errors.js";
import type { ApiDeps } from "../api-deps.js";
import { tokenOf } from "../authentication.js";
import { roomOf, roomsAmong } from "../streams/named-room.js";
import { keysetPage, PageFields, RoomParams, TextOf } from "./fields.js";
import { exactly, routesOf } from "./route.js";
import { doneBy, personSessionAnswer } from "./statistics-schemas.js";

const UserParams = exactly({
  ...RoomParams.properties,
  user: TextOf(64, "the person's id (uid)"),
});
const UserQuery = exactly(PageFields);

/** Registers the routes of what a person did, in a room and in all. */
export function userRoutes(app: FastifyInstance, { store }: ApiDeps): void {
  const routes = routesOf(app, { tags: ["statistics"], scope: "read" });
  routes.get(
    "/rooms/:room/users/:user",
    { summary: "What a person did in the broadcasts of a room", params: UserParams, query: UserQuery, answer: "UserHistory" },
    async (request) => {
      const { room } = await roomOf(store.rooms, request);
      const { user } = request.params;
      const { limit, cursor } = request.query;
      const [before] = decodePlace("sessions", cursor, [0] as const) ?? [];
      const total = await store.statistics.personTotal(room, user);
      if (total === null) throw new DyliveError("not_found", "no person with this id was seen in the room");
      const rows = await store.statistics.person(room, user, limit + 1, before);
      const { items, next } = keysetPage(rows, limit, "sessions", ({ place }) => [place]);
      return { id: user, nickname: total.name, total: doneBy(total), sessions: items.map(personSessionAnswer), next };
    },
  );

  routes.get(
    "/users/:user",
    {
      summary: "What a person did in all rooms",
      params: exactly({ user: UserParams.properties.user }),
      query: UserQuery,
      answer: "PersonRooms",
    },
    async (request) => {
      const { user } = request.params;
      const { limit, cursor } = request.query;
      const token = tokenOf(request);
      const among = await roomsAmong(store.rooms, token, undefined);
      const place = decodePlace("person's rooms", cursor, [0, 0] as const);
      const after = place === undefined ? undefined : { lastAt: place[0], room: place[1] };
      const rows = await store.statistics.personRooms(user, among, limit + 1, after);
      if (rows.length === 0 && after === undefined) throw new DyliveError("not_found", "no person with this id was seen in any room");
      // Every page names them as the first does.
      const [newest] = after === undefined ? rows : await store.statistics.personRooms(user, among, 1);
      const { items, next } = keysetPage(rows, limit, "person's rooms", ({ lastAt, room }) => [lastAt, room]);
      const anchors = await Promise.all(items.map(async ({ room }) => (await store.rooms.get(room))?.anchor ?? null));
      const rooms = items.map((row, i) => ({
        room: String(row.room),
        anchor: anchors[i] ?? null,
        nickname: row.name,
        sessions: row.sessions,
        ...doneBy(row),
      }));
      return { id: user, nickname: newest?.name ?? null, rooms, next };
    },
  );
}
