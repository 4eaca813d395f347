import type { FastifyInstance } from "fastify";
import { type Static, Type } from "typebox";
import { EVENT_TYPES, type EventType, type LiveEvent } from "../../events/event.js";
import { noSuch } from "../../events/misspelt.js";
import { decodePlace, encodePlace } from "../../feed/cursor.js";
import { DyliveError, FieldError } from "../../runtime/errors.js";
import { msg } from "../../runtime/msg.js";
import type { RoomKey } from "../../store/log.js";
import { allRooms } from "../../store/rooms.js";
import { type Found, foldText, type SearchAsk, TEXT_MAX } from "../../store/search.js";
import type { TokenRow } from "../../store/sql/tokens.js";
import type { FoundPeople } from "../../store/statistics.js";
import type { ApiDeps } from "../api-deps.js";
import { isLimited, tokenOf } from "../authentication.js";
import { foundByName, roomsAmong } from "../streams/named-room.js";
import { AmongRooms, EventFields, LimitOf, Next, TextOf } from "./fields.js";
import { addSchemas, exactly, routesOf } from "./route.js";
import { doneBy } from "./statistics-schemas.js";

/** Result of a search. */
const FoundSchema = Type.Object(
  {
    events: Type.Array(Type.Ref("LiveEvent"), {
      description: "the one that was stored last first; may be fewer than asked for while there is a next page",
    }),
    next: Next,
    behind: Type.Integer({
      minimum: 0,
      description: "events, of whatever rooms, that cannot be found yet: the index is made some seconds after",
    }),
  },
  { $id: "Found", description: "a page of what was found" },
);

/**
 * Most looks of one request at the index, each at some thousand events: a search that finds little ends with an empty page and a cursor.
 */
const LOOKS = 4;
const KIND = "search results";
/** Most rooms that are named. */
const ROOMS_MAX = 200;
const Time = (what: string) => Type.Optional(Type.Integer({ description: `only events ${what} this platform time, ms UTC` }));
const SearchQuery = exactly({
  q: Type.Optional(
    Type.String({
      maxLength: 4 * TEXT_MAX,
      description: `part of the text of a chat or a notice: 2 to ${TEXT_MAX} characters; capitals and the width of letters do not matter`,
    }),
  ),
  room: Type.Optional(
    TextOf(
      8_000,
      `up to ${ROOMS_MAX} rooms with commas between, each by its id here or one of its names; all rooms by default, however many there are`,
    ),
  ),
  user: EventFields.user,
  types: Type.Optional(Type.String({ pattern: "^[a-z]{1,20}(,[a-z]{1,20}){0,49}$", description: "event types with commas between" })),
  from: Time("at or after"),
  to: Time("before"),
  minDiamonds: EventFields.minDiamonds,
  limit: LimitOf(200, 50),
  cursor: Type.Optional(TextOf(8_000, "the `next` of the page before; without it the newest are given")),
});
type SearchQuery = Static<typeof SearchQuery>;

/** Most looks of one request at names, each at some ten thousand of them. */
const NAME_LOOKS = 4;
const PEOPLE_KIND = "people who were found";
const PeopleQuery = exactly({
  q: TextOf(TEXT_MAX, "part of a nickname in a broadcast, or the whole id; capitals and the width of letters do not matter"),
  room: AmongRooms,
  limit: LimitOf(100, 20),
  cursor: Type.Optional(TextOf(1_024, "the `next` of the page before")),
});

/** Registers the searches over everything that is kept. */
export function searchRoutes(app: FastifyInstance, deps: ApiDeps): void {
  eventSearch(app, deps);
  peopleSearch(app, deps);
}

/** Registers the search for people by their names. */
function peopleSearch(app: FastifyInstance, { store, calls, live }: ApiDeps): void {
  const { statistics, rooms } = store;
  routesOf(app, { tags: ["statistics"], scope: "read" }).get(
    "/users",
    {
      summary: "Find people by a part of their nickname, or by their id, in the broadcasts of all rooms",
      query: PeopleQuery,
      answer: "FoundPeople",
    },
    async (request, reply) => {
      const { q, room, limit, cursor } = request.query;
      const text = q.trim();
      if (foldText(text) === "") throw new FieldError("q", "a name to look for has one character at least");
      const token = tokenOf(request);
      const among = await roomsAmong(rooms, token, room);
      const call = calls.open(request, reply);
      const people: FoundPeople["people"][number][] = [];
      const start = decodePlace(PEOPLE_KIND, cursor, [0, ""] as const);
      let place: FoundPeople["place"] = start ?? null;
      const end = await live.queue.begin(call.signal);
      try {
        // Without a look an empty page would say that no person was found.
        call.signal.throwIfAborted();
        for (let look = 0; look < NAME_LOOKS && people.length < limit && (look === 0 || place !== null); look++) {
          if (call.signal.aborted) break;
          const found: FoundPeople = await statistics.named(
            { text, among, ...(place !== null && { after: place }) },
            limit - people.length,
          );
          people.push(...found.people);
          ({ place } = found);
        }
      } finally {
        end?.();
      }
      return {
        people: people.map((one) => ({
          ...{ id: one.userId, nickname: one.name, foundAs: one.foundAs, rooms: one.rooms, sessions: one.sessions },
          ...{ lastRoom: String(one.lastRoom), ...doneBy(one) },
        })),
        next: place === null ? null : encodePlace(PEOPLE_KIND, place),
        behind: await statistics.behind(),
      };
    },
  );
}

/** Registers the search for events. */
function eventSearch(app: FastifyInstance, { store, calls, live }: ApiDeps): void {
  addSchemas(app, FoundSchema);
  const { search, log } = store;

  routesOf(app, { tags: ["events"], scope: "read" }).get(
    "/search",
    {
      summary: "Search events of all rooms by text, user, type, time and worth, newest first",
      description: "One of q, user, types and minDiamonds must be given.",
      query: SearchQuery,
      answer: "Found",
    },
    async (request, reply) => {
      const { query } = request;
      const token = tokenOf(request);
      const ask = { ...askOf(query), ...(await roomsOf(query.room, token, store.rooms)) };
      const [id, first] = decodePlace(KIND, query.cursor, ["", 0] as const) ?? [log.id, Number.MAX_SAFE_INTEGER];
      if (id !== log.id) throw new DyliveError("bad_request", "cursor is not one that a search here gave");
      const call = calls.open(request, reply);
      let before: number | null = first;
      const events: LiveEvent[] = [];
      let behind = 0;
      const end = await live.queue.begin(call.signal);
      try {
        for (let look = 0; end !== null && look < LOOKS && before !== null && events.length < query.limit; look++) {
          if (call.signal.aborted) break;
          const found: Found = await search.find(ask, before, query.limit - events.length);
          events.push(...found.events);
          ({ before, behind } = found);
        }
      } finally {
        end?.();
      }
      return { events, next: before === null ? null : encodePlace(KIND, [log.id, before]), behind };
    },
  );
}

function askOf({ q, user, types, from, to, minDiamonds }: SearchQuery): SearchAsk {
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

/**
 * Returns the rooms to search: those named, else all that the token may see; and the broadcast, where a single one is named by its room_id.
 */
async function roomsOf(
  names: string | undefined,
  token: TokenRow,
  rooms: ApiDeps["store"]["rooms"],
): Promise<Pick<SearchAsk, "rooms" | "sessionId">> {
  if (names === undefined) {
    if (!isLimited(token)) return {};
    return { rooms: new Set((await allRooms(rooms, { among: token.rooms })).map(({ room }) => room)) };
  }
  const asked = names.split(",").map((name) => name.trim());
  if (asked.length > ROOMS_MAX)
    throw new DyliveError("bad_request", msg`room: one search takes the names of ${ROOMS_MAX} rooms, not of ${asked.length}`);
  const found = new Set<RoomKey>();
  let sessionId: string | null = null;
  for await (const [, named] of foundByName(rooms, token, asked)) {
    if (named instanceof DyliveError) throw named;
    found.add(named.room);
    sessionId = asked.length === 1 ? named.sessionId : null;
  }
  return { rooms: found, ...(sessionId !== null && { sessionId }) };
}
