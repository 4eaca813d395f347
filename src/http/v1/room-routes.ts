import type { FastifyInstance } from "fastify";
import { Type } from "typebox";
import { Nullable } from "../../events/field.js";
import { decodePlace } from "../../feed/cursor.js";
import { GIFTS_STATES } from "../../health/gifts-watch.js";
import { SESSION_STATES } from "../../health/sessions.js";
import { ROOM_STATES, type RoomStatus, type RoomView } from "../../health/state.js";
import { type Language, reasoned, reasonIn } from "../../i18n/words.js";
import { MOST_SESSIONS } from "../../platform/platform-access.js";
import { DyliveError } from "../../runtime/errors.js";
import type { RoomKey } from "../../store/log.js";
import { ALIAS_KINDS, WATCHES } from "../../store/rooms.js";
import type { TokenRow } from "../../store/sql/tokens.js";
import type { ApiDeps } from "../api-deps.js";
import { assertMayAsk, assertMaySee, tokenOf } from "../authentication.js";
import { languageAsked } from "../failure.js";
import { roomOf } from "../streams/named-room.js";
import { Anchor, keysetPage, Next, PageFields, RoomParams, SeenTypes, TextOf, Time } from "./fields.js";
import { addSchemas, exactly, routesOf } from "./route.js";

const Text = Nullable(Type.String());
const GiftsSeen = Type.Object(
  {
    since: Nullable(Time),
    diamondsWitnessed: Type.Integer({ description: "by which the platform's ranks rose in this broadcast" }),
    diamondsMissing: Type.Integer({ description: "how much of that no gift explained within half a minute" }),
  },
  { description: "the evidence for it, since when it is so" },
);
const Evidence = Type.Object(
  {
    reason: Type.String({ description: "one sentence in plain words, in the language asked for (Accept-Language)" }),
    since: Time,
    lastFrameAt: Nullable(Time),
    lastInteractiveAt: Nullable(Time),
    storage: Type.Object(
      {
        received: Type.Integer({ description: "messages that came" }),
        stored: Type.Integer({ description: "events that were stored of them; the rest gave none, was known or is among drops" }),
        lastStoredAt: Nullable(Time),
        waiting: Type.Integer({ description: "messages that came and are not in the log yet" }),
        waitingSince: Nullable(Time),
      },
      {
        description:
          "what was received since collection began, against what the log has. Messages that wait for five seconds make the room stalled",
      },
    ),
    counts: Type.Record(Type.String(), Type.Integer(), { description: "messages by method since collection began" }),
    reconnects: Type.Integer(),
    drops: Type.Record(Type.String(), Type.Integer(), { description: "messages that were not stored, by reason" }),
    login: Type.Object(
      { account: Text, login: Type.Enum(["logged_in", "guest", "unknown"]) },
      {
        description:
          "the account that the room is watched as (null: as a guest, or as your own browser is logged in), and whom the platform's page took us for",
      },
    ),
    gifts: Type.Enum([...GIFTS_STATES], {
      description:
        "whether gifts reach us; suppressed: contributors' scores rise and no gift explains it; partial: gifts come, but not all",
    }),
    giftsSeen: GiftsSeen,
    masked: Nullable(Type.Boolean(), "the room hides who its people are"),
    likesSeen: Nullable(Type.Number(), "share of the room's likes that reached us: the platform samples them"),
    gaps: Type.Object(
      { count: Type.Integer(), totalMs: Type.Integer(), unmeasured: Type.Integer() },
      { description: "intervals in which we know we received nothing; unmeasured of them, of unknown length, are not in totalMs" },
    ),
    sessions: Type.Array(
      Type.Object({
        session: Type.String({ description: "its name; default is the one session of a room that names none" }),
        state: Type.Enum([...SESSION_STATES], {
          description:
            "idle: nothing to connect to; silent: connected, and sent nothing; lost, refused: it tries again by itself while others receive",
        }),
        since: Time,
        reason: Text,
        retryAt: Nullable(Time),
        lastReceivedAt: Nullable(Time),
        received: Type.Integer({ description: "messages of this broadcast, those that others had too among them" }),
        outages: Type.Object(
          { count: Type.Integer(), totalMs: Type.Integer() },
          { description: "intervals of this broadcast in which it was down; a gap is where all were" },
        ),
        account: Nullable(Type.String({ description: "account that it is; null: a guest, or not yet known" })),
        lost: Nullable(
          Type.Object(
            { since: Time, reason: Type.String() },
            {
              description:
                "since when it does not watch as it should, and why: its account is not here or not logged in, or it has been down for 90 seconds",
            },
          ),
        ),
        gifts: Type.Enum([...GIFTS_STATES], {
          description: "whether gifts reach it, as of the room; of several sessions, gifts that others were sent are evidence, too",
        }),
        giftsSeen: GiftsSeen,
      }),
      { description: "the sessions that watch the room, each with its state" },
    ),
    seen: SeenTypes,
  },
  { description: "why the room is in its state: facts that were seen; more may be added" },
);
const Status = Type.Object(
  {
    state: Type.Enum([...ROOM_STATES]),
    sessionId: Nullable(Type.String({ description: "room_id of the broadcast that is or was collected last" })),
    broadcast: Type.Object(
      {
        roomId: Nullable(Type.String({ description: "that the room's page named last, also of a broadcast that is over" })),
        cover: Nullable(Type.String(), "URL of the cover; it expires"),
        online: Nullable(Type.Integer(), "people in the room"),
        totalViewers: Nullable(Type.Integer(), "people who came so far"),
        likes: Nullable(Type.Integer(), "the platform's own count of likes"),
      },
      { description: "what the platform last said of the broadcast" },
    ),
    evidence: Evidence,
  },
  { description: "how the collection is doing" },
);

/** A room. */
const RoomSchema = Type.Object(
  {
    id: Type.String({ description: "the room's key here; never changes" }),
    webRid: Text,
    title: Text,
    anchor: Anchor,
    aliases: Type.Array(Type.Object({ kind: Type.Enum([...ALIAS_KINDS]), value: Type.String() })),
    watch: Type.Enum([...WATCHES]),
    settings: Type.Object(
      {
        account: Text,
        proxy: Text,
        source: Nullable(Type.Enum(["websocket", "browser"])),
        record: Nullable(Type.Boolean()),
        sessions: Nullable(Type.Array(Type.String())),
      },
      { description: "how it is collected; null follows the server's setting. A proxy is shown without its password" },
    ),
    createdAt: Time,
    status: Nullable(Status, "null while the room is not collected, unless it is paused"),
  },
  { $id: "Room", description: "a room" },
);
const RoomListSchema = Type.Object(
  { rooms: Type.Array(Type.Ref("Room")), next: Next },
  { $id: "RoomList", description: "a page of rooms" },
);

/** Longest wait when a room is added until the platform says what it is, in ms. */
const SETTLE_MS = 10_000;
const ROOM_MAX_CHARS = 2_000;

const ListQuery = exactly({
  name: Type.Optional(TextOf(200, "only rooms with this name: the value of one of their aliases")),
  watch: Type.Optional(Type.Enum(["off", "on", "paused"], { description: "off, on or paused" })),
  ...PageFields,
});
const Settings = exactly({
  account: Type.Optional(
    Nullable(
      Type.String({ minLength: 1, maxLength: 32 }),
      "account to watch as, as given to dylive login; guest is none, null the server's setting",
    ),
  ),
  proxy: Type.Optional(
    Nullable(
      Type.String({ minLength: 1, maxLength: 1000 }),
      "proxy for this room (http, https or socks5 URL; admin tokens only); null is the server's setting",
    ),
  ),
  source: Type.Optional(
    Nullable(Type.Enum(["websocket", "browser"]), "connections of our own, or a page in the browser; null is the server's setting"),
  ),
  record: Type.Optional(Nullable(Type.Boolean(), "whether its frames are kept as they came; null is the server's setting")),
  sessions: Type.Optional(
    Nullable(
      Type.Array(Type.String({ minLength: 1, maxLength: 1100 }), { minItems: 1, maxItems: MOST_SESSIONS }),
      "sessions that watch the room at once, as one log: guest, guest:2, browser or account:NAME, then @browser or @websocket, then ,proxy=URL or ,proxy=none (admin tokens only; left out, a session keeps its own, and one that has a proxy is taken away by admin tokens only); null is one session, by the settings above",
    ),
  ),
});
const NewRoom = exactly({
  room: TextOf(ROOM_MAX_CHARS, "anything that names a room: a link, the app's share text, a number, a custom id, a 19-digit room_id"),
  watch: Type.Boolean({
    default: true,
    description: "true puts it on the watch list; false collects it until ten minutes after the last request",
  }),
  settings: Type.Optional(Settings),
});

/**
 * Refuses a proxy from a token that may not set one: it is an address that this machine connects to, and only the one who runs it names it.
 * @throws DyliveError forbidden
 */
function assertMaySet(
  { scope }: TokenRow,
  { proxy, sessions }: { readonly proxy?: string | null; readonly sessions?: readonly string[] | null },
): void {
  const isNamed = proxy !== undefined || sessions?.some((session) => session.includes(",proxy="));
  if (isNamed && scope !== "admin") throw new DyliveError("forbidden", "only an admin token may set a proxy");
}

/** Registers the routes of rooms: add, list, look at, pause, resume, remove. */
export function roomRoutes(app: FastifyInstance, deps: ApiDeps): void {
  const { rooms, store, calls } = deps;
  addSchemas(app, RoomSchema, RoomListSchema);
  const routes = routesOf(app, { tags: ["rooms"], scope: "read" });

  routes.get("/rooms", { summary: "List rooms, oldest first", query: ListQuery, answer: "RoomList" }, async (request) => {
    const { limit, cursor, ...conditions } = request.query;
    const [after] = decodePlace("rooms", cursor, [0] as const) ?? [];
    const found = await rooms.list({ ...conditions, after, limit: limit + 1, among: tokenOf(request).rooms });
    const { items, next } = keysetPage(found, limit, "rooms", ({ row }) => [row.room]);
    return { rooms: items.map((view) => roomAnswer(view, languageAsked(request))), next };
  });

  routes.post("/rooms", { summary: "Add a room", body: NewRoom, answer: { 201: "Room" }, scope: "manage" }, async (request, reply) => {
    const { room: text, watch, settings = {} } = request.body;
    const token = tokenOf(request);
    assertMaySet(token, settings);
    if (!watch && Object.keys(settings).length > 0)
      throw new DyliveError("bad_request", "settings are kept with a room on the watch list: leave out watch, or the settings");
    await assertMayAsk(store.rooms, token, text);
    const call = calls.open(request, reply);
    const view = watch
      ? await rooms.add(text, settings, SETTLE_MS, call.signal, token.scope === "admin")
      : await rooms.view((await rooms.request(text, SETTLE_MS, call.signal)).room);
    await assertMaySee(store.rooms, token, view.row.room);
    return reply.header("location", `/v1/rooms/${view.row.room}`).send(roomAnswer(view, languageAsked(request)));
  });

  routes.get(
    "/rooms/:room",
    { summary: "A room: what is known of it, its state and why", params: RoomParams, answer: "Room" },
    async (request) => roomAnswer(await rooms.view((await roomOf(store.rooms, request)).room), languageAsked(request)),
  );

  routes.patch(
    "/rooms/:room",
    {
      summary: "Change how a room is collected; at once, if it is collected now",
      params: RoomParams,
      body: Settings,
      answer: "Room",
      scope: "manage",
    },
    async (request) => {
      const token = tokenOf(request);
      assertMaySet(token, request.body);
      return roomAnswer(
        await rooms.change((await roomOf(store.rooms, request)).room, request.body, token.scope === "admin"),
        languageAsked(request),
      );
    },
  );

  const change = (method: "post" | "delete", url: string, summary: string, work: (room: RoomKey) => Promise<RoomView>) =>
    routes[method](url, { summary, params: RoomParams, answer: "Room", scope: "manage" }, async (request) =>
      roomAnswer(await work((await roomOf(store.rooms, request)).room), languageAsked(request)),
    );
  change("post", "/rooms/:room/pause", "Stop collecting a room until it is resumed", (room) => rooms.pause(room));
  change("post", "/rooms/:room/resume", "Collect a paused room again", (room) => rooms.resume(room));
  change("delete", "/rooms/:room", "Take a room off the watch list; its events stay", (room) => rooms.remove(room));
}

/** A room as v1 shows it. */
export type RoomAnswer = ReturnType<typeof roomAnswer>;

/** Returns a room as v1 shows it, its reasons in a language. */
export function roomAnswer({ row, aliases, status }: RoomView, language: Language) {
  const { room, resume: _resume, ...facts } = row;
  return { id: String(room), ...facts, aliases, status: status === null ? null : statusIn(language, status) };
}

function statusIn(language: Language, { room: _, evidence, ...status }: RoomStatus): Omit<RoomStatus, "room"> {
  const { reason, sessions } = evidence;
  const said = sessions.map((one) => ({
    ...reasoned(language, one),
    lost: one.lost && { ...one.lost, reason: reasonIn(language, one.lost.reason) },
  }));
  return { ...status, evidence: { ...evidence, reason: reasonIn(language, reason), sessions: said } };
}
