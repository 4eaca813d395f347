import type { FastifyInstance } from "fastify";
import { type Static, Type } from "typebox";
import { HIGHLIGHT_FORMAT_NAMES, HIGHLIGHT_FORMATS, highlightFile } from "../../exports/highlights.js";
import { readInstant } from "../../exports/instant.js";
import { OFFSET_MAX_S, PLATFORM_ZONE_MINUTES } from "../../exports/plan.js";
import { decodePlace } from "../../feed/cursor.js";
import { acceptedLanguage, inLanguage } from "../../i18n/words.js";
import { highlightsOf } from "../../statistics/highlights.js";
import { shownAudience, shownWitness } from "../../statistics/summary.js";
import type { RoomKey } from "../../store/log.js";
import type { Statistics } from "../../store/sql/statistics.js";
import { GIFT_GROUPS, PEOPLE_ORDERS, WORD_KINDS } from "../../store/statistics.js";
import type { ApiDeps } from "../api-deps.js";
import { poll } from "../poll.js";
import { roomOf } from "../streams/named-room.js";
import { selectionOf } from "../streams/selection.js";
import { HeadersField } from "./export-routes.js";
import { keysetPage, PageFields, RoomParams, TextOf } from "./fields.js";
import { addSchemas, exactly, routesOf } from "./route.js";
import { findBroadcast, SessionParams, sessionAnswer, sessionOf } from "./session-routes.js";
import { giftAnswer, minuteAnswer, personAnswer, STATISTICS_SCHEMAS } from "./statistics-schemas.js";

const MinutesQuery = exactly(PageFields);
const TopQuery = exactly({
  by: Type.Enum([...PEOPLE_ORDERS], { default: "diamonds", description: "diamonds, units, chats, likes or events" }),
  ...PageFields,
});
const WitnessQuery = exactly({ limit: PageFields.limit });
const WordsQuery = exactly({
  kind: Type.Enum([...WORD_KINDS], { default: "word", description: "word or emoji" }),
  ...PageFields,
});

const HighlightsQuery = exactly({
  limit: Type.Integer({ minimum: 1, maximum: 100, default: 20, description: "how many, the most striking; a whole number from 1 to 100" }),
  format: Type.Enum(["json", ...HIGHLIGHT_FORMAT_NAMES], {
    default: "json",
    description: "json, or a file: csv, chapters (lines for a video's description) or edl (markers for an editing program)",
  }),
  start: Type.Optional(
    TextOf(40, "when the recording begins: 2026-11-25T20:00:00+08:00, or ms UTC; by default when the broadcast was first seen"),
  ),
  offset: Type.Number({
    minimum: -OFFSET_MAX_S,
    maximum: OFFSET_MAX_S,
    default: 0,
    description: "seconds added to every place in the recording",
  }),
  fps: Type.Integer({ minimum: 1, maximum: 240, default: 30, description: "frames of the recording in a second, for edl" }),
  headers: HeadersField,
});

const GiftsQuery = exactly({
  by: Type.Enum([...GIFT_GROUPS], {
    default: "gift",
    description:
      "what they are summed by: gift, user (only people who can be distinguished), receiver, or line (who gave which gift to whom)",
  }),
  user: Type.Optional(TextOf(64, "only gifts of the user with this id")),
  ...PageFields,
});

/** Sizes of a summary's lists: what one screen shows, and minutes and gaps for a chart. */
const SUMMARY_LIMITS = { minutes: 1_000, gaps: 500, people: 10, gifts: 20, words: 60 } as const;
const SummaryQuery = exactly({
  session: Type.Optional(
    TextOf(64, "room_id of the broadcast, or `latest`, which it is by default where the room is not named by a room_id"),
  ),
  minutes: Type.Optional(TextOf(1_024, "cursor of its minutes, a `minutes.next`; without it they begin at the first")),
});
const NO_SUMMARY = { session: null, minutes: null, gaps: null, gifters: null, chatters: null, gifts: null, words: null };

/** Registers the routes of statistics: a broadcast at a glance; the sums of its events by minutes, people, gifts and words; what it was. */
export function statisticsRoutes(app: FastifyInstance, { store, live, calls }: ApiDeps): void {
  addSchemas(app, ...STATISTICS_SCHEMAS);
  const { statistics, rooms, sessions, log } = store;
  const routes = routesOf(app, { tags: ["statistics"], scope: "read" });
  /** Returns the broadcast that a request names, with its statistics and what they have still to look at. */
  const counted = async (request: Parameters<typeof sessionOf>[1]): Promise<Counted> => {
    const { room, session } = await sessionOf(store, request);
    const { sessionId } = session;
    return { statistics, room, sessionId, behind: await behindOf(statistics, room, sessionId) };
  };

  routes.get(
    "/rooms/:room/summary",
    {
      summary: "A broadcast at a glance: its totals, minutes and gaps, the first of its people, gifts and words",
      params: RoomParams,
      query: SummaryQuery,
      answer: "RoomSummary",
    },
    async (request, reply) => {
      const { room, sessionId: named } = await roomOf(rooms, request);
      const session = await findBroadcast(sessions, room, request.query.session ?? named ?? undefined);
      if (session === null) return NO_SUMMARY;
      const { sessionId } = session;
      const call = calls.open(request, reply);
      const gaps = async () => {
        const filter = (await selectionOf({ types: ["gap"] }, live.queue))(sessionId);
        const reading = { log, room, limit: SUMMARY_LIMITS.gaps, filter, queue: live.queue };
        return (await poll({ ...reading, live, call, waitMs: 0 }, null)).rows.map(({ event }) => event);
      };
      const [row, totals] = await Promise.all([rooms.get(room), statistics.sessions(room, [sessionId])]);
      const all = totals.get(sessionId) ?? null;
      const counted = { statistics, room, sessionId, behind: all?.behind ?? (await behindOf(statistics, room, sessionId)) };
      const { minutes: cursor } = request.query;
      const people = { limit: SUMMARY_LIMITS.people };
      const [minutes, gapEvents, gifters, chatters, gifts, words] = await Promise.all([
        minuteList(counted, { limit: SUMMARY_LIMITS.minutes, ...(cursor !== undefined && { cursor }) }),
        gaps(),
        personList(counted, { by: "diamonds", ...people }),
        personList(counted, { by: "chats", ...people }),
        giftList(counted, { by: "gift", limit: SUMMARY_LIMITS.gifts }),
        wordList(counted, { kind: "word", limit: SUMMARY_LIMITS.words }),
      ]);
      return {
        session: sessionAnswer(session, row, all, await store.sessions.seen(room, session.sessionId)),
        minutes,
        gaps: gapEvents,
        gifters,
        chatters,
        gifts,
        words,
      };
    },
  );

  routes.get(
    "/rooms/:room/sessions/:session/stats",
    { summary: "A broadcast minute by minute", params: SessionParams, query: MinutesQuery, answer: "MinuteList" },
    async (request) => minuteList(await counted(request), request.query),
  );

  routes.get(
    "/rooms/:room/sessions/:session/top",
    { summary: "People of a broadcast, those with the most first", params: SessionParams, query: TopQuery, answer: "PersonList" },
    async (request) => personList(await counted(request), request.query),
  );

  routes.get(
    "/rooms/:room/sessions/:session/witness",
    {
      summary: "What the platform's ranks say that people gave in a broadcast, and how much of it reached us",
      params: SessionParams,
      query: WitnessQuery,
      answer: "WitnessList",
    },
    async (request) => {
      const { room, sessionId, behind } = await counted(request);
      const people = await statistics.witnesses(room, sessionId, request.query.limit);
      return { people: people.map(({ userId, name, ...said }) => ({ id: userId, nickname: name, ...shownWitness(said) })), behind };
    },
  );

  routes.get(
    "/rooms/:room/sessions/:session/words",
    {
      summary: "Words or emoji of a broadcast's chat, the most frequent first",
      params: SessionParams,
      query: WordsQuery,
      answer: "WordList",
    },
    async (request) => wordList(await counted(request), request.query),
  );

  routes.get(
    "/rooms/:room/sessions/:session/gifts",
    { summary: "Gifts of a broadcast, summed, those worth most first", params: SessionParams, query: GiftsQuery, answer: "GiftList" },
    async (request) => giftList(await counted(request), request.query),
  );

  routes.get(
    "/rooms/:room/sessions/:session/audience",
    {
      summary: "A portrait of a broadcast's people: new or returning, levels, and whose the value is",
      params: SessionParams,
      answer: "Audience",
    },
    async (request) => {
      const { room, session } = await sessionOf(store, request);
      const { sessionId } = session;
      const audience = await store.statistics.audience(room, sessionId);
      const behind = await behindOf(store.statistics, room, sessionId);
      return { ...shownAudience(audience), behind };
    },
  );

  routes.get(
    "/rooms/:room/sessions/:session/highlights",
    {
      summary: "Times of a broadcast that stand out, with where to jump to",
      produces: ["application/json", "text/csv", "text/plain"],
      params: SessionParams,
      query: HighlightsQuery,
      answer: "HighlightList",
    },
    async (request, reply) => {
      const { room, session } = await sessionOf(store, request);
      const { sessionId, openedAt, title } = session;
      const { limit, format, start, offset, fps, headers } = request.query;
      const startMs = start === undefined ? openedAt : readInstant("start", start, PLATFORM_ZONE_MINUTES);
      const call = calls.open(request, reply);
      const highlights = await highlightsOf(store, room, sessionId, { limit, signal: call.signal });
      if (format === "json") {
        const behind = await behindOf(store.statistics, room, sessionId);
        return { highlights, behind };
      }
      const language = acceptedLanguage(request.headers["accept-language"]);
      const file = await highlightFile(highlights, format, {
        ...{ title, startMs, offsetMs: Math.round(offset * 1000), fps, zoneMinutes: PLATFORM_ZONE_MINUTES, headers },
        inWords: (said) => inLanguage(language, said),
      });
      const { mediaType, ending } = HIGHLIGHT_FORMATS[format];
      const name = `dylive-${sessionId.replace(/[^A-Za-z0-9._-]/g, "_")}-highlights.${ending}`;
      return reply.type(mediaType).header("content-disposition", `attachment; filename="${name}"`).send(file);
    },
  );
}

/** Broadcast whose statistics are shown. */
interface Counted {
  readonly statistics: Statistics;
  readonly room: RoomKey;
  readonly sessionId: string;
  /** Events that the statistics have still to look at. */
  readonly behind: number;
}

/** Returns how many events the figures of a broadcast have still to look at. */
async function behindOf(statistics: Statistics, room: RoomKey, sessionId: string): Promise<number> {
  return (await statistics.sessions(room, [sessionId])).get(sessionId)?.behind ?? statistics.behind();
}

async function minuteList({ statistics, room, sessionId, behind }: Counted, { limit, cursor }: Static<typeof MinutesQuery>) {
  const [after] = decodePlace("minutes", cursor, [0] as const) ?? [Number.MIN_SAFE_INTEGER];
  const rows = await statistics.minutes(room, sessionId, after, limit + 1);
  const { items, next } = keysetPage(rows, limit, "minutes", ({ minute }) => [minute]);
  return { minutes: items.map(minuteAnswer), next, behind };
}

async function personList({ statistics, room, sessionId, behind }: Counted, { by, limit, cursor }: Static<typeof TopQuery>) {
  const kind = `people by ${by}`;
  const place = decodePlace(kind, cursor, ["", ""] as const);
  const after = place === undefined ? undefined : ([wholeOf(place[0]), place[1]] as const);
  const rows = await statistics.people(room, sessionId, by, limit + 1, after);
  const { items, next } = keysetPage(rows, limit, kind, (person) => [String(person[by]), person.userId]);
  return { people: items.map(personAnswer), next, behind };
}

async function wordList({ statistics, room, sessionId, behind }: Counted, { kind, limit, cursor }: Static<typeof WordsQuery>) {
  const place = decodePlace(`${kind}s`, cursor, [0, ""] as const);
  const after = place === undefined ? undefined : { count: place[0], text: place[1] };
  const rows = await statistics.words(room, sessionId, kind, limit + 1, after);
  const { items, next } = keysetPage(rows, limit, `${kind}s`, ({ count, text }) => [count, text]);
  return { words: items, next, behind };
}

async function giftList({ statistics, room, sessionId, behind }: Counted, { by, user, limit, cursor }: Static<typeof GiftsQuery>) {
  const kind = `gifts by ${by}`;
  const after = decodePlace(kind, cursor, [0.5, 0, ""] as const);
  const which = { by, limit: limit + 1, ...(user !== undefined && { userId: user }), ...(after !== undefined && { after }) };
  const { items, next } = keysetPage(await statistics.gifts(room, sessionId, which), limit, kind, ({ place }) => place);
  return { gifts: items.map(giftAnswer), next, behind };
}

/** Reads a whole number of a cursor; one that is none is before everything. */
function wholeOf(digits: string): bigint {
  return /^[0-9]{1,19}$/.test(digits) ? BigInt(digits) : 0n;
}
