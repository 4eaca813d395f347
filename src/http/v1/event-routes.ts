import { randomBytes } from "node:crypto";
import type { FastifyInstance } from "fastify";
import { Type } from "typebox";
import { Value } from "typebox/value";
import type { LiveEvent } from "../../events/event.js";
import { isOfSystem, type TestEvent, TestEventSchema, testEvent, testFields } from "../../events/test-event.js";
import { encodeCursor, placeBefore, placeOf, positionOf } from "../../feed/cursor.js";
import { type ReadEvents, readRoomBefore } from "../../feed/read.js";
import { DyliveError, FieldError } from "../../runtime/errors.js";
import { mistakeOf } from "../../runtime/mistake.js";
import { msg } from "../../runtime/msg.js";
import { appendTest, type RoomKey, SYSTEM_ROOM } from "../../store/log.js";
import type { Store } from "../../store/store.js";
import type { ApiDeps } from "../api-deps.js";
import { poll } from "../poll.js";
import { roomOrSystem } from "../streams/named-room.js";
import { selectionOf } from "../streams/selection.js";
import { EventFields, RoomParams, TypesField } from "./fields.js";
import { addSchemas, exactly, routesOf } from "./route.js";
import { broadcastId } from "./session-routes.js";

/** Events of a room. */
const EventListSchema = Type.Object(
  {
    room: Type.Integer({ description: "key of the room" }),
    events: Type.Array(Type.Ref("LiveEvent"), { description: "in the order of the log, oldest first" }),
    cursors: Type.Optional(Type.Array(Type.String(), { description: "a cursor after each event, where they were asked for" })),
    next: Type.String({ description: "give it as after= to go on to newer events" }),
    previous: Type.String({ description: "give it as before= to go on to older events" }),
    more: Type.Boolean({ description: "there is more to look at in the direction that was asked for" }),
    removed: Type.Array(Type.Array(Type.Integer(), { minItems: 2, maxItems: 2 }), {
      description: "ranges of seq, both ends included, that were passed over because they are no longer kept",
    }),
  },
  { $id: "EventList", description: "events of a room, and where to go on" },
);

const Place = (what: string) =>
  Type.Optional(Type.String({ pattern: "^[A-Za-z0-9_-]{1,1024}$", description: `a cursor that was given here, or a seq: ${what}` }));
const EventsQuery = exactly({
  after: Place("events after this place, oldest first; 0 for the oldest kept"),
  before: Place("the last events before this place"),
  types: TypesField("event types separated by commas, * for all; all but unknown, rank and stats by default"),
  ...EventFields,
  cursors: Type.Boolean({ default: false, description: "true: also a cursor after each event" }),
  limit: Type.Integer({
    minimum: 1,
    maximum: 2_000,
    default: 500,
    description: "a whole number of events from 1 to 2000; an answer ends sooner where they are large, by their megabytes",
  }),
  wait: Type.Integer({
    minimum: 0,
    maximum: 60,
    default: 0,
    description: "seconds to wait for an event when there is none, from 0 to 60; not with before",
  }),
});

/**
 * Makes a test event and appends it to a room's log, from whichever process: every reader of the room is given it.
 * @param now ms UTC
 * @throws DyliveError bad_request for what cannot be, not_found
 */
async function tellTest({ log, rooms }: Pick<Store, "log" | "rooms">, room: RoomKey, asked: TestEvent, now: number): Promise<LiveEvent> {
  if (!Value.Check(TestEventSchema, asked)) {
    const { field, words } = mistakeOf(TestEventSchema, Value.Errors(TestEventSchema, asked), msg`the test event`);
    throw new FieldError(field ?? "type", words);
  }
  const { type, units = 1, diamonds = units } = asked;
  const fields = testFields(type);
  const strange = Object.keys(asked).find((field) => field !== "type" && !fields.some((one) => one === field));
  if (strange !== undefined)
    throw new FieldError(
      strange,
      fields.length === 0 ? msg`a test of ${type} has no fields` : msg`a test of ${type} has no such field; it has ${fields.join(", ")}`,
    );
  if (isOfSystem(type) !== (room === SYSTEM_ROOM))
    throw new FieldError(
      "type",
      room === SYSTEM_ROOM ? msg`${type} happens in a room: name one` : msg`${type} happens in no room: name room 0`,
    );
  const webRid = (await rooms.get(room))?.webRid ?? null;
  const event = testEvent(asked, { room, webRid, id: randomBytes(6).toString("hex"), now });
  if (event === null)
    throw new FieldError("diamonds", msg`${diamonds} is no multiple of ${units} units, and the price of one is a whole number`);
  return appendTest({ log }, event);
}

/** Registers the routes of a room's events. */
export function eventRoutes(app: FastifyInstance, deps: ApiDeps): void {
  addSchemas(app, EventListSchema);
  const routes = routesOf(app, { tags: ["events"], scope: "read" });
  const { store, clock, calls, live } = deps;
  const { log } = store;

  routes.get(
    "/rooms/:room/events",
    {
      summary: "Events of a room: the newest, those after a place, or those before one",
      params: RoomParams,
      query: EventsQuery,
      answer: "EventList",
    },
    async (request, reply) => {
      const { room, sessionId } = await roomOrSystem(store.rooms, request);
      const { after, before, limit, wait, session } = request.query;
      if (before !== undefined && (after !== undefined || wait > 0))
        throw new DyliveError("bad_request", "before cannot be given together with after or wait");
      const { types, user, minDiamonds, filter: expression } = request.query;
      const asked = { types: types?.split(","), user, minDiamonds, filter: expression };
      const broadcast = session === undefined ? sessionId : await broadcastId(store.sessions, room, session);
      const filter = (await selectionOf(asked, live.queue))(broadcast);
      const call = calls.open(request, reply);
      const reading = { log, room, limit, filter, queue: live.queue };
      const cursor = (pos: number) => encodeCursor(log.id, pos);
      /** @param next and previous: positions to go on from */
      const answer = ({ rows, more, removed }: Pick<ReadEvents, "rows" | "more" | "removed">, next: number, previous: number) => {
        const ranges = removed.map(({ from, to }) => [from, to]);
        const rest = JSON.stringify({ next: cursor(next), previous: cursor(previous), more, removed: ranges });
        // What is stored goes out as it is.
        const each = request.query.cursors ? `"cursors":${JSON.stringify(rows.map(({ pos }) => cursor(pos)))},` : "";
        const text = `{"room":${room},"events":[${rows.map((row) => row.text).join(",")}],${each}${rest.slice(1)}`;
        return reply.header("cache-control", "no-store").type("application/json; charset=utf-8").send(text);
      };
      if (before !== undefined) {
        const from = await placeBefore(before, log, room);
        const got = await readRoomBefore(reading, from.next, call.signal);
        const [first] = got.rows;
        const previous = first === undefined ? await positionOf(String(got.next - 1), log, [room]) : first.pos - 1;
        return answer(got, got.rows.at(-1)?.pos ?? from.pos, previous);
      }
      const from = after === undefined ? null : await placeOf(after, log, room);
      const got = await poll({ ...reading, live, call, waitMs: request.method === "HEAD" ? 0 : wait * 1000 }, from);
      // Refused as a new call would be.
      if (call.ended === "deleted") await roomOrSystem(store.rooms, request);
      const [first] = got.rows;
      return answer(got, got.pos, first === undefined ? (from ?? got).pos : first.pos - 1);
    },
  );

  routes.post(
    "/rooms/:room/test-events",
    {
      summary: "Make a test event",
      description:
        "It is appended to the room's log with `source` `test`: streams, polls, overlays, hooks and alarms get it. Statistics, search, exports and compatible outputs leave it out.",
      params: RoomParams,
      body: TestEventSchema,
      answer: { 201: Type.Ref("LiveEvent", { description: "the event, with its place in the log" }) },
      scope: "manage",
    },
    async (request, reply) => {
      const { room } = await roomOrSystem(store.rooms, request);
      const event = await tellTest(store, room, request.body, clock.now());
      return reply.code(201).type("application/json; charset=utf-8").send(JSON.stringify(event));
    },
  );
}
