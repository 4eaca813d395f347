import { createHash } from "node:crypto";
import type { FastifyInstance, FastifyRequest } from "fastify";
import { Type } from "typebox";
import { Nullable } from "../../events/field.js";
import { isDate } from "../../exports/columns.js";
import { xmlText } from "../../exports/xml.js";
import { decodePlace, notOfList } from "../../feed/cursor.js";
import { seenIn } from "../../health/sightings.js";
import { inLanguage, type Language } from "../../i18n/words.js";
import { roomPage } from "../../platform/links/link.js";
import { DyliveError } from "../../runtime/errors.js";
import { msg } from "../../runtime/msg.js";
import { summaryOf } from "../../statistics/summary.js";
import type { RoomKey } from "../../store/log.js";
import type { BroughtCounts, NamedRoom, RoomRow, Session, Sessions } from "../../store/rooms.js";
import { BROADCAST_ORDERS, type SessionStatistics } from "../../store/statistics.js";
import type { ApiDeps, ApiStore } from "../api-deps.js";
import { tokenOf } from "../authentication.js";
import { languageAsked } from "../failure.js";
import { roomOf, roomsAmong } from "../streams/named-room.js";
import { AmongRooms, Anchor, keysetPage, Next, PageFields, RoomParams, SeenTypes, TextOf, Time } from "./fields.js";
import { addSchemas, exactly, routesOf } from "./route.js";

/** The broadcast in an address. */
export const SessionParams = exactly({
  ...RoomParams.properties,
  session: TextOf(64, "room_id of the broadcast, or `latest`: the newest, or that by which the room is named"),
});

/**
 * Finds the broadcast in the address of a request.
 * @throws DyliveError not_found
 */
export async function sessionOf(
  { rooms, sessions }: Pick<ApiStore, "rooms" | "sessions">,
  request: FastifyRequest<{ Params: { room: string; session: string } }>,
): Promise<{ readonly room: RoomKey; readonly session: Session }> {
  const named = await roomOf(rooms, request);
  return { room: named.room, session: await broadcastOf(sessions, named, request.params.session) };
}

/** Finds a broadcast as {@link namedBroadcast} does; of a room that is named by a room_id that one is the latest. */
export function broadcastOf(sessions: Pick<Sessions, "get" | "list">, { room, sessionId }: NamedRoom, asked: string): Promise<Session> {
  return namedBroadcast(sessions, room, asked === LATEST ? (sessionId ?? asked) : asked);
}

/** Word for a room's newest broadcast, wherever one is named. */
const LATEST = "latest";

/** Finds the broadcast of a room that a client named by its room_id, or as `latest`, which is the default; null when there is none. */
export async function findBroadcast(
  sessions: Pick<Sessions, "get" | "list">,
  room: RoomKey,
  asked: string = LATEST,
): Promise<Session | null> {
  return asked === LATEST ? ((await sessions.list(room, 1))[0] ?? null) : sessions.get(room, asked);
}

/**
 * Finds a broadcast as {@link findBroadcast} does.
 * @throws DyliveError not_found
 */
async function namedBroadcast(sessions: Pick<Sessions, "get" | "list">, room: RoomKey, asked: string): Promise<Session> {
  const session = await findBroadcast(sessions, room, asked);
  if (session !== null) return session;
  throw new DyliveError(
    "not_found",
    asked === LATEST ? "no broadcast of the room was collected yet" : msg`the room has no broadcast ${JSON.stringify(asked.slice(0, 40))}`,
  );
}

/**
 * Returns the room_id that a client named: the word itself, which may be of no broadcast here, or what `latest` stands for.
 * @throws DyliveError not_found when there is no latest
 */
export async function broadcastId(sessions: Pick<Sessions, "get" | "list">, room: RoomKey, asked: string): Promise<string> {
  return asked === LATEST ? (await namedBroadcast(sessions, room, asked)).sessionId : asked;
}

/** A broadcast of a room. */
const SessionSchema = Type.Object(
  {
    id: Type.String({ description: "room_id of the broadcast" }),
    room: Type.String({ description: "the room's key here" }),
    anchor: Anchor,
    title: Nullable(Type.String()),
    openedAt: Time,
    endedAt: Nullable(Time),
    endReason: Nullable(Type.String(), "announced, offline or replaced; null while open"),
    totals: Nullable(Type.Ref("Totals"), "null when nothing of it was counted yet"),
    seen: Nullable(SeenTypes, "what the sessions that watched it brought, to some minute; null where nothing was counted"),
  },
  { $id: "Session", description: "a broadcast of a room" },
);
const SessionListSchema = Type.Object(
  { sessions: Type.Array(Type.Ref("Session")), next: Next },
  { $id: "SessionList", description: "a page of broadcasts" },
);

/** Most broadcasts of a feed. */
const FEED_ENTRIES = 50;

const ListQuery = exactly(PageFields);
const Began = (what: string) => Type.Optional(Type.Integer({ description: `only broadcasts that began ${what} this time, ms UTC` }));
const AllQuery = exactly({
  room: AmongRooms,
  q: Type.Optional(TextOf(100, "part of the title or of the anchor's name; capitals of A to Z do not matter")),
  from: Began("at or after"),
  to: Began("before"),
  by: Type.Enum([...BROADCAST_ORDERS], {
    default: "openedAt",
    description: `the figure that they are ordered by: ${BROADCAST_ORDERS.join(", ")}; those of which it is unknown come last`,
  }),
  order: Type.Enum(["desc", "asc"], { default: "desc", description: "desc: the newest, or the most, first" }),
  ...PageFields,
});

/** Returns broadcasts as v1 shows them, in the order in which they are given. */
export async function shownSessions({ rooms, sessions, statistics }: ApiStore, listed: readonly Session[]) {
  const about = new Map<RoomKey, { readonly row: RoomRow | null; readonly counted: ReadonlyMap<string, SessionStatistics> }>();
  for (const room of new Set(listed.map((one) => one.room))) {
    const ids = listed.filter((one) => one.room === room).map(({ sessionId }) => sessionId);
    about.set(room, { row: await rooms.get(room), counted: await statistics.sessions(room, ids) });
  }
  const seen = await Promise.all(listed.map(({ room, sessionId }) => sessions.seen(room, sessionId)));
  return listed.map((session, i) => {
    const { row = null, counted } = about.get(session.room) ?? {};
    return sessionAnswer(session, row, counted?.get(session.sessionId) ?? null, seen[i] ?? null);
  });
}

/** Registers the routes of broadcasts: those of all rooms, and those of one. */
export function sessionRoutes(app: FastifyInstance, { store }: ApiDeps): void {
  addSchemas(app, SessionSchema, SessionListSchema);
  const routes = routesOf(app, { tags: ["sessions"], scope: "read" });

  routes.get(
    "/sessions",
    { summary: "List the broadcasts of all rooms, newest first or by a figure", query: AllQuery, answer: "SessionList" },
    async (request) => {
      const { room, q, from, to, by, order, limit, cursor } = request.query;
      const kind = `broadcasts by ${by} ${order}`;
      const after = decodePlace(kind, cursor, [0.5, 0, 0] as const);
      const which = { by, ascending: order === "asc", among: await roomsAmong(store.rooms, tokenOf(request), room) };
      const found = await store.statistics.broadcasts(
        {
          ...which,
          ...(from !== undefined && { from }),
          ...(to !== undefined && { to }),
          ...(q !== undefined && { text: q }),
          ...(after !== undefined && { after }),
        },
        limit + 1,
      );
      const { items, next } = keysetPage(found, limit, kind, ({ place }) => place);
      return {
        sessions: await shownSessions(
          store,
          items.map(({ session }) => session),
        ),
        next,
      };
    },
  );

  routes.get(
    "/rooms/:room/sessions",
    { summary: "List the broadcasts of a room, newest first", params: RoomParams, query: ListQuery, answer: "SessionList" },
    async (request) => {
      const { room } = await roomOf(store.rooms, request);
      const { limit, cursor } = request.query;
      const [before] = decodePlace("sessions", cursor, [""] as const) ?? [];
      if (before !== undefined && (await store.sessions.get(room, before)) === null) throw notOfList("sessions");
      const found = await store.sessions.list(room, limit + 1, before);
      const { items, next } = keysetPage(found, limit, "sessions", ({ sessionId }) => [sessionId]);
      return { sessions: await shownSessions(store, items), next };
    },
  );

  routes.get(
    "/rooms/:room/broadcasts.atom",
    {
      summary: "The newest broadcasts of a room as a feed (Atom)",
      description: `The newest ${FEED_ENTRIES}, with their totals. Programs that read feeds send no header, so \`token=\` in the address is taken.`,
      params: RoomParams,
      produces: ["application/atom+xml"],
      answer: {
        200: Type.String({ description: "a feed; its ETag stays the same until something in it changes" }),
        304: Type.Null({ description: "it is as If-None-Match names it" }),
      },
      tokenInQuery: true,
    },
    async (request, reply) => {
      const { room } = await roomOf(store.rooms, request);
      const language = languageAsked(request);
      const broadcasts = await shownSessions(store, await store.sessions.list(room, FEED_ENTRIES));
      const feed = feedOf(broadcasts, { logId: store.log.id, room, row: await store.rooms.get(room), language });
      const tag = `"${createHash("sha256").update(feed).digest("base64url").slice(0, 22)}"`;
      reply.header("cache-control", "private, no-cache").header("vary", "accept-language").header("etag", tag);
      const known = request.headers["if-none-match"]?.split(",").map((one) => one.trim().replace(/^W\//, "")) ?? [];
      if (known.includes(tag)) return reply.code(304).send(null);
      return reply.type("application/atom+xml; charset=utf-8").send(feed);
    },
  );

  routes.get("/rooms/:room/sessions/:session", { summary: "A broadcast", params: SessionParams, answer: "Session" }, async (request) => {
    const { session } = await sessionOf(store, request);
    return (await shownSessions(store, [session]))[0];
  });
}

/** Writes broadcasts as a feed (RFC 4287), in the order in which they are given. @param of the room, whose row may not be there */
function feedOf(
  broadcasts: readonly ReturnType<typeof sessionAnswer>[],
  of: { readonly logId: string; readonly room: RoomKey; readonly row: RoomRow | null; readonly language: Language },
): string {
  const { logId, room, row, language } = of;
  const name = row?.anchor?.nickname ?? inLanguage(language, msg`room ${row?.webRid ?? room}`);
  const page = row?.webRid == null ? "" : `<link rel="alternate" href="${xmlText(roomPage(row.webRid))}"/>\n`;
  const id = (what: string) => `<id>urn:uuid:${uuidOf(`${logId} ${what}`)}</id>`;
  const date = (at: number) => new Date(isDate(at) ? at : 0).toISOString();
  const entries = broadcasts.map(({ id: sessionId, title, openedAt, endedAt, totals }) => {
    const began = date(openedAt);
    const when = endedAt === null ? msg`on the air since ${began}` : msg`from ${began} to ${date(endedAt)}`;
    const figures = totals && msg`${String(totals.gifts.diamonds)} diamonds, ${totals.messages.chat ?? 0} chats, ${totals.people} people`;
    const words = [when, ...(figures === null ? [] : [figures])].map((one) => inLanguage(language, one));
    return `<entry>
${id(sessionId)}
<title>${xmlText(title || name)}</title>
<published>${began}</published>
<updated>${date(endedAt ?? openedAt)}</updated>
<category term="${endedAt === null ? "live" : "ended"}"/>
${page}<summary>${xmlText(words.join(" · "))}</summary>
</entry>
`;
  });
  const updated = Math.max(row?.createdAt ?? 0, ...broadcasts.map(({ openedAt, endedAt }) => endedAt ?? openedAt));
  return `<?xml version="1.0" encoding="UTF-8"?>
<feed xmlns="http://www.w3.org/2005/Atom">
${id(`room ${room}`)}
<title>${xmlText(name)}</title>
<updated>${date(updated)}</updated>
<author><name>${xmlText(name)}</name></author>
<generator>dylive</generator>
<link rel="self" href="/v1/rooms/${room}/broadcasts.atom"/>
${page}${entries.join("")}</feed>
`;
}

/** Returns a UUID that is always the same for a text (RFC 9562, version 8). */
function uuidOf(text: string): string {
  const bytes = createHash("sha256").update(text).digest();
  bytes[6] = 0x80 | ((bytes[6] ?? 0) & 0x0f);
  bytes[8] = 0x80 | ((bytes[8] ?? 0) & 0x3f);
  return bytes.toString("hex").replace(/^(.{8})(.{4})(.{4})(.{4})(.{12}).*$/, "$1-$2-$3-$4-$5");
}

/** A broadcast as v1 shows it. */
export type ShownSession = ReturnType<typeof sessionAnswer>;

/** Returns a broadcast as v1 shows it. */
export function sessionAnswer(session: Session, room: RoomRow | null, statistics: SessionStatistics | null, brought: BroughtCounts | null) {
  const { sessionId, title, openedAt, endedAt, endReason } = session;
  const totals = summaryOf(session, statistics);
  const seen = brought === null ? null : seenIn(brought);
  return { id: sessionId, room: String(session.room), anchor: room?.anchor ?? null, title, openedAt, endedAt, endReason, totals, seen };
}
