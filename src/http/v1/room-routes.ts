import type { TypeBoxTypeProvider } from "@fastify/type-provider-typebox";
import type { FastifyInstance } from "fastify";
import { Type } from "typebox";
import { decodePlace } from "../../feed/cursor.js";
import type { RoomView } from "../../health/state.js";
import { DyliveError } from "../../runtime/errors.js";
import type { RoomKey } from "../../store/log.js";
import type { TokenRow } from "../../store/sql/tokens.js";
import { assertMayAsk, assertMaySee } from "../access.js";
import type { ApiDeps } from "../api-deps.js";
import { tokenOf } from "../authentication.js";
import { roomOf } from "../streams/named-room.js";
import { Cursor, exactly, keysetPage, Limit, RoomParams } from "./fields.js";
import { roomAnswer } from "./schemas.js";

/** Longest wait when a room is added until the platform says what it is, in ms. */
const SETTLE_MS = 10_000;
const ROOM_MAX_CHARS = 2_000;

const ListQuery = exactly({
  name: Type.Optional(
    Type.String({ minLength: 1, maxLength: 200, description: "only rooms with this name: the value of one of their aliases" }),
  ),
  watch: Type.Optional(Type.Enum(["off", "on", "paused"], { description: "off, on or paused" })),
  limit: Limit,
  cursor: Cursor,
});
const Settings = exactly({
  account: Type.Optional(
    Type.Union([Type.String({ minLength: 1, maxLength: 32 }), Type.Null()], {
      description: "account to watch as, as given to dylive login; guest is none, null the server's setting",
    }),
  ),
  proxy: Type.Optional(
    Type.Union([Type.String({ minLength: 1, maxLength: 1000 }), Type.Null()], {
      description: "proxy for this room (http, https or socks5 URL; admin tokens only); null is the server's setting",
    }),
  ),
  source: Type.Optional(
    Type.Union([Type.Enum(["websocket", "browser"]), Type.Null()], {
      description: "connections of our own, or a page in the browser; null is the server's setting",
    }),
  ),
  record: Type.Optional(
    Type.Union([Type.Boolean(), Type.Null()], { description: "whether its frames are kept as they came; null is the server's setting" }),
  ),
});
const NewRoom = exactly({
  room: Type.String({
    minLength: 1,
    maxLength: ROOM_MAX_CHARS,
    description: "anything that names a room: a link, the app's share text, a number, a custom id, a 19-digit room_id",
  }),
  watch: Type.Boolean({
    default: true,
    description: "true puts it on the watch list; false collects it until ten minutes after somebody last asked for it",
  }),
  settings: Type.Optional(Settings),
});
const tags = ["rooms"];
const Room = Type.Ref("Room");

/**
 * Refuses a proxy from a token that may not set one: it is an address that this machine connects to, and only the one who runs it names it.
 * @throws DyliveError forbidden
 */
function assertMaySet({ scope }: TokenRow, { proxy }: { readonly proxy?: string | null }): void {
  if (proxy !== undefined && scope !== "admin") throw new DyliveError("forbidden", "only an admin token may set a proxy");
}

/** Registers the routes of rooms: add, list, look at, pause, resume, remove. */
export function roomRoutes(app: FastifyInstance, deps: ApiDeps): void {
  const { rooms, store, calls } = deps;
  const typed = app.withTypeProvider<TypeBoxTypeProvider>();

  typed.get(
    "/rooms",
    {
      schema: { summary: "List rooms, oldest first", tags, querystring: ListQuery, response: { 200: Type.Ref("RoomList") } },
      config: { scope: "read" },
    },
    async (request) => {
      const { limit, cursor, ...conditions } = request.query;
      const [after] = decodePlace("rooms", cursor, [0] as const) ?? [];
      const found = await rooms.list({ ...conditions, after, limit: limit + 1, among: tokenOf(request).rooms });
      const { items, next } = keysetPage(found, limit, "rooms", ({ row }) => [row.room]);
      return { rooms: items.map(roomAnswer), next };
    },
  );

  typed.post(
    "/rooms",
    { schema: { summary: "Add a room", tags, body: NewRoom, response: { 201: Room } }, config: { scope: "manage" } },
    async (request, reply) => {
      const { room: text, watch, settings = {} } = request.body;
      const token = tokenOf(request);
      assertMaySet(token, settings);
      if (!watch && Object.keys(settings).length > 0)
        throw new DyliveError("bad_request", "settings are kept with a room on the watch list: leave out watch, or the settings");
      await assertMayAsk(store.rooms, token, text);
      const call = calls.open(request.raw, reply.raw, tokenOf(request));
      try {
        const view = watch
          ? await rooms.add(text, settings, SETTLE_MS, call.signal)
          : await rooms.view((await rooms.request(text, SETTLE_MS, call.signal)).room);
        await assertMaySee(store.rooms, token, view.row.room);
        return reply.code(201).header("location", `/v1/rooms/${view.row.room}`).send(roomAnswer(view));
      } catch (error) {
        throw call.reasonFor(error, "the platform had not yet said what the room is");
      }
    },
  );

  typed.get(
    "/rooms/:room",
    {
      schema: { summary: "A room: what is known of it, its state and why", tags, params: RoomParams, response: { 200: Room } },
      config: { scope: "read" },
    },
    async (request) => roomAnswer(await rooms.view((await roomOf(store.rooms, request)).room)),
  );

  typed.patch(
    "/rooms/:room",
    {
      schema: {
        summary: "Change how a room is collected; at once, if it is collected now",
        tags,
        params: RoomParams,
        body: Settings,
        response: { 200: Room },
      },
      config: { scope: "manage" },
    },
    async (request) => {
      assertMaySet(tokenOf(request), request.body);
      return roomAnswer(await rooms.change((await roomOf(store.rooms, request)).room, request.body));
    },
  );

  const change = (method: "POST" | "DELETE", url: string, summary: string, work: (room: RoomKey) => Promise<RoomView>) =>
    typed.route({
      method,
      url,
      schema: { summary, tags, params: RoomParams, response: { 200: Room } },
      config: { scope: "manage" },
      handler: async (request) => roomAnswer(await work((await roomOf(store.rooms, request)).room)),
    });
  change("POST", "/rooms/:room/pause", "Stop collecting a room until it is resumed", (room) => rooms.pause(room));
  change("POST", "/rooms/:room/resume", "Collect a paused room again", (room) => rooms.resume(room));
  change("DELETE", "/rooms/:room", "Take a room off the watch list; its events stay", (room) => rooms.remove(room));
}
