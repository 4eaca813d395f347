import type { TypeBoxTypeProvider } from "@fastify/type-provider-typebox";
import type { FastifyInstance } from "fastify";
import { Type } from "typebox";
import { decodePlace, encodePlace } from "../../feed/cursor.js";
import { DyliveError } from "../../runtime/errors.js";
import { GIFT_GROUPS, PEOPLE_ORDERS, type Person, WORD_KINDS } from "../../store/statistics.js";
import { addPerson } from "../../store/statistics-add.js";
import type { ApiDeps } from "../api-deps.js";
import { roomOf } from "../streams/named-room.js";
import { Cursor, exactly, Limit, pageOf, RoomParams } from "./fields.js";
import { SessionParams, sessionOf } from "./session-found.js";
import { doneBy, giftAnswer, minuteAnswer, personAnswer, personSessionAnswer } from "./statistics-schemas.js";

const tags = ["statistics"];
const config = { scope: "read" } as const;
const MinutesQuery = exactly({ limit: Limit, cursor: Cursor });
const TopQuery = exactly({
  by: Type.Enum([...PEOPLE_ORDERS], { default: "diamonds", description: "diamonds, units, chats, likes or events" }),
  limit: Limit,
  cursor: Cursor,
});
const WordsQuery = exactly({
  kind: Type.Enum([...WORD_KINDS], { default: "word", description: "word or emoji" }),
  limit: Limit,
  cursor: Cursor,
});

/** Registers the statistics of a broadcast: the sums of its events, minute by minute, by people and by words. */
export function statisticsRoutes(app: FastifyInstance, { store }: ApiDeps): void {
  const { statistics } = store;
  const typed = app.withTypeProvider<TypeBoxTypeProvider>();
  const behind = async (room: number, session: string) => (await statistics.sessions(room, [session])).get(session)?.behind ?? 0;

  typed.get(
    "/rooms/:room/sessions/:session/stats",
    {
      schema: {
        summary: "A broadcast minute by minute",
        tags,
        params: SessionParams,
        querystring: MinutesQuery,
        response: { 200: Type.Ref("MinuteList") },
      },
      config,
    },
    async (request) => {
      const { room, session } = await sessionOf(store, request);
      const { limit, cursor } = request.query;
      const [after] = decodePlace("minutes", cursor, [0] as const) ?? [Number.MIN_SAFE_INTEGER];
      const rows = await statistics.minutes(room, session.sessionId, after, limit + 1);
      const last = rows.length > limit ? rows[limit - 1] : undefined;
      const next = last === undefined ? null : encodePlace("minutes", [last.minute]);
      return { minutes: rows.slice(0, limit).map(minuteAnswer), next, behind: await behind(room, session.sessionId) };
    },
  );

  typed.get(
    "/rooms/:room/sessions/:session/top",
    {
      schema: {
        summary: "People of a broadcast, those with the most first",
        tags,
        params: SessionParams,
        querystring: TopQuery,
        response: { 200: Type.Ref("PersonList") },
      },
      config,
    },
    async (request) => {
      const { room, session } = await sessionOf(store, request);
      const { by, limit, cursor } = request.query;
      const place = decodePlace(`people by ${by}`, cursor, ["", ""] as const);
      const after = place === undefined ? undefined : ([wholeOf(place[0]), place[1]] as const);
      const rows = await statistics.people(room, session.sessionId, by, limit + 1, after);
      const last = rows.length > limit ? rows[limit - 1] : undefined;
      const next = last === undefined ? null : encodePlace(`people by ${by}`, [String(last[by]), last.userId]);
      return { people: rows.slice(0, limit).map(personAnswer), next, behind: await behind(room, session.sessionId) };
    },
  );

  typed.get(
    "/rooms/:room/sessions/:session/words",
    {
      schema: {
        summary: "Words or emoji of a broadcast's chat, the most frequent first",
        tags,
        params: SessionParams,
        querystring: WordsQuery,
        response: { 200: Type.Ref("WordList") },
      },
      config,
    },
    async (request) => {
      const { room, session } = await sessionOf(store, request);
      const { kind, limit, cursor } = request.query;
      const place = decodePlace(`${kind}s`, cursor, [0, ""] as const);
      const after = place === undefined ? undefined : { count: place[0], text: place[1] };
      const rows = await statistics.words(room, session.sessionId, kind, limit + 1, after);
      const last = rows.length > limit ? rows[limit - 1] : undefined;
      const next = last === undefined ? null : encodePlace(`${kind}s`, [last.count, last.text]);
      return { words: rows.slice(0, limit), next, behind: await behind(room, session.sessionId) };
    },
  );
}

/** Reads a whole number of a cursor; one that is none is before everything. */
function wholeOf(digits: string): bigint {
  return /^[0-9]{1,19}$/.test(digits) ? BigInt(digits) : 0n;
}

/** Number of broadcasts beyond what one room will have. */
const SESSIONS_MAX = 100_000;
const UserParams = exactly({
  ...RoomParams.properties,
  user: Type.String({ minLength: 1, maxLength: 64, description: "the person's id (uid)" }),
});
const UserQuery = exactly({ limit: Limit, cursor: Cursor });

/** Registers the routes of people in a room. */
export function userRoutes(app: FastifyInstance, { store }: ApiDeps): void {
  app.withTypeProvider<TypeBoxTypeProvider>().get(
    "/rooms/:room/users/:user",
    {
      schema: {
        summary: "What a person did in the broadcasts of a room",
        tags: ["statistics"],
        params: UserParams,
        querystring: UserQuery,
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

const GiftsQuery = exactly({
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
        querystring: GiftsQuery,
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
