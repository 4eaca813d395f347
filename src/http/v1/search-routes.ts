import type { TypeBoxTypeProvider } from "@fastify/type-provider-typebox";
import type { FastifyInstance } from "fastify";
import { type Static, Type } from "typebox";
import { EVENT_TYPES, type EventType, type LiveEvent } from "../../events/event.js";
import { noSuch } from "../../events/misspelt.js";
import { decodePlace, encodePlace } from "../../feed/cursor.js";
import { DyliveError, FieldError } from "../../runtime/errors.js";
import { told } from "../../runtime/told.js";
import type { RoomKey } from "../../store/log.js";
import { allRooms } from "../../store/rooms.js";
import {
  type Found,
  foldText,
  NEWEST_TIME,
  SEARCH_ROOMS_MAX,
  type SearchAsk,
  type SearchPlace,
  type SearchTime,
  TEXT_MAX,
} from "../../store/search.js";
import type { TokenRow } from "../../store/sql/tokens.js";
import type { FoundPeople } from "../../store/statistics.js";
import type { ApiDeps } from "../api-deps.js";
import { isLimited, tokenOf } from "../authentication.js";
import { foundByName, roomsAmong } from "../streams/named-room.js";
import { AmongRooms, addSchemas, exactly, Next } from "./fields.js";
import { doneBy } from "./statistics-schemas.js";

/** Result of a search. */
const FoundSchema = Type.Object(
  {
    events: Type.Array(Type.Ref("LiveEvent"), { description: "newest first; may be fewer than asked for while there is a next page" }),
    next: Next,
    behind: Type.Integer({
      minimum: 0,
      description: "events of these rooms that cannot be found yet: the index is made some seconds after",
    }),
  },
  { $id: "Found", description: "a page of what was found" },
);

/**
 * Most looks of one request at the index, each at some thousand events: a search that finds little ends with an empty page and a cursor.
 */
const LOOKS = 4;
const KIND = "search results";
const NEWEST = Number.MAX_SAFE_INTEGER;
const Time = (what: string) => Type.Optional(Type.Integer({ description: `only events ${what} this platform time, ms UTC` }));
const SearchQuery = exactly({
  q: Type.Optional(
    Type.String({
      maxLength: 4 * TEXT_MAX,
      description: `part of the text of a chat or a notice: 2 to ${TEXT_MAX} characters; capitals and the width of letters do not matter`,
    }),
  ),
  room: Type.Optional(
    Type.String({
      minLength: 1,
      maxLength: 8_000,
      description: `up to ${SEARCH_ROOMS_MAX} rooms with commas between, each by its id here or one of its names; all rooms by default, however many there are`,
    }),
  ),
  user: Type.Optional(Type.String({ minLength: 1, maxLength: 64, description: "only events of the user with this id" })),
  types: Type.Optional(Type.String({ pattern: "^[a-z]{1,20}(,[a-z]{1,20}){0,49}$", description: "event types with commas between" })),
  from: Time("at or after"),
  to: Time("before"),
  minDiamonds: Type.Optional(Type.Integer({ minimum: 0, description: "only gifts worth at least so many diamonds" })),
  limit: Type.Integer({ minimum: 1, maximum: 200, default: 50, description: "a whole number from 1 to 200" }),
  cursor: Type.Optional(
    Type.String({ minLength: 1, maxLength: 8_000, description: "the `next` of the page before; without it the newest are given" }),
  ),
});
type SearchQuery = Static<typeof SearchQuery>;

/** Most looks of one request at names, each at some ten thousand of them. */
const NAME_LOOKS = 4;
const PEOPLE_KIND = "people who were found";
const PeopleQuery = exactly({
  q: Type.String({
    minLength: 1,
    maxLength: TEXT_MAX,
    description: "part of a nickname as broadcasts told it, or the whole id; capitals and the width of letters do not matter",
  }),
  room: AmongRooms,
  limit: Type.Integer({ minimum: 1, maximum: 100, default: 20, description: "a whole number from 1 to 100" }),
  cursor: Type.Optional(Type.String({ minLength: 1, maxLength: 1_024, description: "the `next` of the page before" })),
});

/** Registers the searches over everything that is kept. */
export function searchRoutes(app: FastifyInstance, deps: ApiDeps): void {
  eventSearch(app, deps);
  peopleSearch(app, deps);
}

/** Registers the search for people by their names. */
function peopleSearch(app: FastifyInstance, { store, calls, live }: ApiDeps): void {
  const { statistics, rooms } = store;
  app.withTypeProvider<TypeBoxTypeProvider>().get(
    "/users",
    {
      schema: {
        summary: "Find people by a part of their nickname, or by their id, in the broadcasts of all rooms",
        tags: ["statistics"],
        querystring: PeopleQuery,
        response: { 200: Type.Ref("FoundPeople") },
      },
      config: { scope: "read" },
    },
    async (request, reply) => {
      const { q, room, limit, cursor } = request.query;
      const text = q.trim();
      if (foldText(text) === "") throw new FieldError("q", "a name to look for has one character at least");
      const token = tokenOf(request);
      const { time } = live;
      time.assertLeft(token.id);
      const among = await roomsAmong(rooms, token, room);
      const call = calls.open(request.raw, reply.raw, token);
      const people: FoundPeople["people"][number][] = [];
      const start = decodePlace(PEOPLE_KIND, cursor, [0, ""] as const);
      let place: FoundPeople["place"] = start ?? null;
      const end = await time.beginSearch(token.id, call.signal);
      try {
        // Without a look an empty page would say that there is nobody.
        if (call.signal.aborted) throw call.reasonFor(call.signal.reason, "no name was looked at yet");
        time.assertLeft(token.id);
        for (let look = 0; look < NAME_LOOKS && people.length < limit && (look === 0 || place !== null); look++) {
          if (call.signal.aborted || time.left(token.id) < 0) break;
          const found: FoundPeople = await statistics.named(
            { text, among, ...(place !== null && { after: place }) },
            limit - people.length,
          );
          time.charge(token.id, found.ms);
          people.push(...found.people);
          ({ place } = found);
        }
      } finally {
        end?.();
      }
      const behind = (await statistics.progress()).filter((one) => among?.includes(one.room) !== false);
      return {
        people: people.map((one) => ({
          ...{ id: one.userId, nickname: one.name, foundAs: one.foundAs, rooms: one.rooms, sessions: one.sessions },
          ...{ lastRoom: String(one.lastRoom), ...doneBy(one) },
        })),
        next: place === null ? null : encodePlace(PEOPLE_KIND, place),
        behind: behind.reduce((sum, one) => sum + one.behind, 0),
      };
    },
  );
}

/** Registers the search for events. */
function eventSearch(app: FastifyInstance, { store, calls, live }: ApiDeps): void {
  addSchemas(app, FoundSchema);
  const { search, log } = store;

  app.withTypeProvider<TypeBoxTypeProvider>().get(
    "/search",
    {
      schema: {
        summary: "Search events of all rooms by text, user, type, time and worth, newest first",
        description: "One of q, user, types and minDiamonds must be given.",
        tags: ["events"],
        querystring: SearchQuery,
        response: { 200: Type.Ref("Found") },
      },
      config: { scope: "read" },
    },
    async (request, reply) => {
      const { query } = request;
      const token = tokenOf(request);
      const { time } = live;
      time.assertLeft(token.id);
      const asked = await roomsOf(query.room, token, store.rooms);
      const call = calls.open(request.raw, reply.raw, token);
      const ask = { ...askOf(query), ...(asked.sessionId !== null && { sessionId: asked.sessionId }) };
      const searching = begin(search, ask, asked, query.cursor, log.id);
      const events: LiveEvent[] = [];
      let behind = 0;
      const end = await time.beginSearch(token.id, call.signal);
      try {
        for (let look = 0; end !== null && look < LOOKS && searching.next !== null && events.length < query.limit; look++) {
          if (call.signal.aborted || time.left(token.id) < 0) break;
          const found = await searching.find(query.limit - events.length);
          time.charge(token.id, found.ms);
          events.push(...found.events);
          // A later look is at fewer rooms: at those that are not yet at their end.
          behind = Math.max(behind, found.behind);
        }
      } finally {
        end?.();
      }
      return { events, next: searching.next === null ? null : encodePlace(KIND, [log.id, searching.next]), behind };
    },
  );
}

function askOf({ q, user, types, from, to, minDiamonds }: SearchQuery): Omit<SearchAsk, "places"> {
  return {
    ...(q !== undefined && { text: q }),
    ...(user !== undefined && { userId: user }),
    ...(types !== undefined && { types: types.split(",").map(typeOf) }),
    ...(from !== undefined && { from }),
    ...(to !== undefined && { to }),
    ...(minDiamonds !== undefined && { minDiamonds }),
  };
}

function typeOf(name: string): EventType {
  const type = EVENT_TYPES.find((one) => one === name);
  if (type === undefined) throw new FieldError("types", noSuch("type", name, EVENT_TYPES));
  return type;
}

/** Rooms to search. */
interface AskedRooms {
  /** Each of them; null where they are too many for each to have a place of its own. */
  readonly rooms: readonly RoomKey[] | null;
  /** Of those, the ones that the token may see; null: it may see all. */
  readonly among: readonly RoomKey[] | null;
  readonly sessionId: string | null;
}

/**
 * Returns the rooms to search: those named, else all that the token may see. A broadcast named by its room_id is meant alone when it is the
 * only one.
 */
async function roomsOf(names: string | undefined, token: TokenRow, rooms: ApiDeps["store"]["rooms"]): Promise<AskedRooms> {
  const found = new Set<RoomKey>();
  let sessionId: string | null = null;
  if (names === undefined) {
    const some = await rooms.list({ among: token.rooms, limit: SEARCH_ROOMS_MAX + 1 });
    if (some.length > SEARCH_ROOMS_MAX) {
      const among = isLimited(token) ? (await allRooms(rooms, { among: token.rooms })).map(({ room }) => room) : null;
      return { rooms: null, among, sessionId };
    }
    for (const { room } of some) found.add(room);
  } else {
    const asked = names.split(",").map((name) => name.trim());
    if (asked.length > SEARCH_ROOMS_MAX)
      throw new DyliveError("bad_request", told`room: one search takes the names of ${SEARCH_ROOMS_MAX} rooms, not of ${asked.length}`);
    for await (const [, named] of foundByName(rooms, token, asked)) {
      if (named instanceof DyliveError) throw named;
      found.add(named.room);
      sessionId = asked.length === 1 ? named.sessionId : null;
    }
  }
  return { rooms: [...found], among: [...found], sessionId };
}

/** A search on its way. */
interface Searching {
  /** Finds more. */
  find(limit: number): Promise<Pick<Found, "events" | "behind" | "ms">>;
  /** Place to go on from, as text; null when all has been looked at. */
  readonly next: string | null;
}

/** Begins a search, or goes on with one. A cursor opens no room that the request does not. @throws DyliveError bad_request */
function begin(
  search: ApiDeps["store"]["search"],
  ask: Omit<SearchAsk, "places">,
  { rooms, among }: AskedRooms,
  cursor: string | undefined,
  logId: string,
): Searching {
  const [id, text] = decodePlace(KIND, cursor, ["", ""] as const) ?? [logId, null];
  const time = text === null ? null : /^@(\d{1,16}):(\d{1,15}):(\d{1,16})$/.exec(text);
  // One that began with more rooms, or with fewer, goes on as it began.
  if (time !== null && id === logId)
    return everywhere(search, { ...ask, among }, { time: Number(time[1]), room: Number(time[2]), seq: Number(time[3]) });
  if (text === null) {
    if (rooms === null) return everywhere(search, { ...ask, among }, NEWEST_TIME);
    return throughRooms(
      search,
      ask,
      rooms.map((room) => ({ room, before: NEWEST })),
    );
  }
  const entries = text.split(" ").map((entry) => /^(\d{1,15}):(\d{1,16})$/.exec(entry));
  if (id !== logId || entries.length > SEARCH_ROOMS_MAX || entries.some((entry) => entry === null))
    throw new DyliveError("bad_request", "cursor is not one that a search here gave");
  const mayBe = rooms ?? among;
  const isMeant = mayBe === null ? () => true : (room: RoomKey) => mayBe.includes(room);
  const places = entries.map((entry) => ({ room: Number(entry?.[1]), before: Number(entry?.[2]) }));
  return throughRooms(
    search,
    ask,
    places.filter(({ room }) => room > 0 && isMeant(room)),
  );
}

/** Searches rooms that each have a place of their own. */
function throughRooms(search: ApiDeps["store"]["search"], ask: Omit<SearchAsk, "places">, from: readonly SearchPlace[]): Searching {
  let places: readonly SearchPlace[] | null = from;
  return {
    get next() {
      return places?.map(({ room, before }) => `${room}:${before}`).join(" ") ?? null;
    },
    find: async (limit) => {
      const found = await search.find({ ...ask, places: places ?? [] }, limit);
      ({ places } = found);
      return found;
    },
  };
}

/** Searches all rooms together. */
function everywhere(
  search: ApiDeps["store"]["search"],
  ask: Parameters<ApiDeps["store"]["search"]["findAnywhere"]>[0],
  from: SearchTime,
): Searching {
  let before: SearchTime | null = from;
  return {
    get next() {
      return before === null ? null : `@${before.time}:${before.room}:${before.seq}`;
    },
    find: async (limit) => {
      const found = await search.findAnywhere(ask, before ?? NEWEST_TIME, limit);
      ({ before } = found);
      return found;
    },
  };
}
