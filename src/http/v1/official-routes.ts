import type { FastifyInstance } from "fastify";
import { Type } from "typebox";
import type { Official } from "../../collector/open-platform/official.js";
import { officialAlias } from "../../collector/open-platform/rooms.js";
import { Nullable } from "../../events/field.js";
import { DyliveError } from "../../runtime/errors.js";
import { msg } from "../../runtime/msg.js";
import type { TokenRow } from "../../store/sql/tokens.js";
import type { ApiDeps } from "../api-deps.js";
import { isLimited, maySee, tokenOf } from "../authentication.js";
import { TextOf } from "./fields.js";
import { exactly, routesOf } from "./route.js";

const RoomId = Type.String({ pattern: "^[0-9]{1,20}$", description: "room_id of the broadcast, up to 20 digits" });
const AppsAnswer = Type.Object(
  {
    apps: Type.Array(
      Type.Object({
        appId: Type.String(),
        pushes: Type.Object(
          { stored: Type.Integer(), waiting: Type.Integer(), refused: Type.Integer(), lost: Type.Integer() },
          {
            description:
              "since the start: into the log; in memory now, for a store that is away; answered with an error, since the memory was full; answered and lost",
          },
        ),
        rooms: Type.Array(
          Type.Object({
            roomId: Type.String(),
            tasks: Type.Record(
              Type.String(),
              Type.Object({
                state: Type.Enum(["new", "running", "ending", "ended"]),
                problem: Nullable(Type.String()),
              }),
            ),
          }),
          { description: "rooms on the watch list, with their push tasks by type of message" },
        ),
      }),
    ),
  },
  { description: "apps of the Open Platform whose pushes are taken here" },
);
const Launch = exactly({
  launchToken: TextOf(4096, "what the live companion starts the game with (-token=…)"),
});
const LaunchAnswer = Type.Object(
  {
    room: Type.String({ description: "the room's key here" }),
    roomId: Type.String(),
    anchorOpenId: Nullable(Type.String()),
    nickname: Nullable(Type.String()),
    avatar: Nullable(Type.String()),
  },
  { description: "the room of the launch token" },
);
const Acks = exactly({
  roomId: RoomId,
  messages: Type.Array(
    exactly({
      id: TextOf(128, "id of the event"),
      method: Type.String({
        pattern: "^[a-z][a-z0-9_]{0,63}$",
        description: "method of the event in small letters, digits and _, such as live_gift",
      }),
      at: Type.Integer({ minimum: 0, description: "when it was shown, ms UTC" }),
    }),
    { minItems: 1, maxItems: 100, description: "1 to 100 events that were shown" },
  ),
});
const WantedRoom = exactly({
  appId: Type.String({ pattern: "^[A-Za-z0-9_-]{1,64}$", description: "id of the app, tt…" }),
  roomId: Type.String({ pattern: "^\\d{1,20}$", description: "room_id of the broadcast, up to 20 digits" }),
});
const AcksAnswer = Type.Object({ confirmed: Type.Integer() }, { description: "how many messages were confirmed" });

/**
 * Registers the routes that a game's own server needs of the Open Platform: start by launch token, confirm what was shown, see how it
 * fares.
 */
export function officialAppRoutes(app: FastifyInstance, deps: ApiDeps): void {
  const { store, official: officials } = deps;
  const routes = routesOf(app, { tags: ["Open Platform"], scope: "manage" });

  routes.get(
    "/official",
    { summary: "How the apps of the Open Platform fare", answer: { 200: AppsAnswer }, scope: "read" },
    async (request) => {
      assertUnlimited(tokenOf(request));
      return { apps: officials.map((one) => ({ appId: one.appId, pushes: one.receiver.counts, rooms: [...one.tasks()] })) };
    },
  );

  routes.post(
    "/official/launches",
    { summary: "Watch the room of a launch token", body: Launch, answer: { 201: LaunchAnswer } },
    async (request, reply) => {
      assertUnlimited(tokenOf(request));
      const { room, roomId, anchorOpenId, nickname, avatar } = await only(officials).launch(request.body.launchToken);
      return reply.header("location", `/v1/rooms/${room}`).send({ room: String(room), roomId, anchorOpenId, nickname, avatar });
    },
  );

  routes.post(
    "/official/rooms",
    {
      summary: "Put the room of a broadcast of an app on the watch list: its tasks are started within seconds",
      description: "Pausing the room stops them.",
      body: WantedRoom,
      answer: { 201: Type.Object({ room: Type.String() }, { description: "the room's id here" }) },
    },
    async (request) => {
      assertUnlimited(tokenOf(request));
      const { appId, roomId } = request.body;
      if (officials.length > 0 && !officials.some((one) => one.appId === appId))
        throw new DyliveError("not_found", msg`this server takes no pushes of ${appId}`);
      const room = await store.rooms.ensure([officialAlias(appId, roomId)]);
      await store.rooms.setWatch(room, "on");
      return { room: String(room) };
    },
  );

  routes.post(
    "/official/acks",
    { summary: "Confirm to the platform that messages were shown (ack type 2)", body: Acks, answer: { 200: AcksAnswer } },
    async (request) => {
      const { roomId, messages } = request.body;
      const official = only(officials);
      const room = await store.rooms.find({ kind: "official", value: `${official.appId}:${roomId}` });
      const token = tokenOf(request);
      // One that the token may not see is as if there were none.
      if (room === null || (isLimited(token) && !maySee(token, room, await store.rooms.aliases(room))))
        throw new DyliveError("not_found", msg`no room ${roomId} of the app is known`);
      await official.handled(
        roomId,
        messages.map(({ id, method, at }) => ({ msgId: id, msgType: method, at })),
      );
      return { confirmed: messages.length };
    },
  );
}

function assertUnlimited(token: TokenRow): void {
  if (isLimited(token)) throw new DyliveError("forbidden", "this covers all rooms; the token is limited to some");
}

function only(officials: readonly Official[]): Official {
  const [official] = officials;
  if (official === undefined) throw new DyliveError("not_offered", "no app of the Open Platform is set: DYLIVE_OFFICIAL_APP");
  return official;
}
