import type { TypeBoxTypeProvider } from "@fastify/type-provider-typebox";
import type { FastifyInstance } from "fastify";
import { type TSchema, Type } from "typebox";
import type { EventType, LiveEventOf, RankEntry } from "../../events/event.js";
import { Nullable } from "../../events/field.js";
import type { RequestedRoom } from "../../health/state.js";
import { DyliveError } from "../../runtime/errors.js";
import type { Log, RoomKey } from "../../store/log.js";
import type { TokenRow } from "../../store/sql/tokens.js";
import type { ApiDeps } from "../api-deps.js";
import { assertMayAsk, tokenOf } from "../authentication.js";
import type { HttpCall } from "../calls.js";
import { ChatHandler, ChatQuerySchema } from "./chat.js";
import { laterUser } from "./event.js";
import { compatibleRoute, RoomQuerySchema, requestedRoom, StatusQuerySchema, success } from "./route.js";
import { videoRoutes } from "./video-routes.js";

const Text = Type.String();
const Count = Nullable(Type.Integer());

const Event = Type.Object(
  {
    type: Type.String({ description: "the platform's method, such as WebcastChatMessage" }),
    nickname: Text,
    uid: Text,
    sec_uid: Text,
    short_id: Type.Optional(Text),
    msg_id: Type.Optional(Text),
    msg: Type.Optional(Text),
    tid: Type.Optional(Text),
    text: Type.Optional(Text),
    avatar: Type.Optional(Text),
    count: Type.Optional(Type.Integer()),
    total: Type.Optional(Count),
    gift: Type.Optional(Type.Object({ id: Text, name: Text, count: Type.Integer(), diamonds: Count, combo_total: Type.Integer() })),
  },
  { description: "an event; a chat has tid, text and avatar, the others short_id, msg_id and msg" },
);
const Person = Type.Object({ uid: Text, nickname: Text, avatar: Text, unique_id: Text, sec_uid: Text });
const Message = Type.Object({
  method: Text,
  msg_id: Text,
  payload: Type.Object({ room_id: Text, content: Text, user: Person }),
});

/** The answer of `/douyin/liveroom/chat`, in both forms. */
const ChatAnswer = Type.Union(
  [
    success(Type.Array(Event)),
    Type.Object({
      code: Type.Literal(200),
      msg: Text,
      data: Type.Object({ messages: Type.Array(Message), cursor: Text, fetch_interval: Type.Integer(), now: Type.Integer() }),
    }),
  ],
  { description: "events in order; the second form with format=2" },
);

/** The answer of `/douyin/liveroom/info`. Unknown is null. */
const InfoAnswer = success(
  Type.Object({
    data: Type.Object({
      room_id: Nullable(Type.String({ description: "of the broadcast" })),
      web_rid: Nullable(Text),
      title: Nullable(Text),
      status: Nullable(Type.Integer({ description: "the platform's: 2 live, 4 ended" })),
      alive: Nullable(Type.Boolean()),
      state: Type.String({ description: "what dylive knows of the room" }),
      owner: Nullable(Type.Object({ uid: Nullable(Text), sec_uid: Nullable(Text), nickname: Nullable(Text), avatar: Nullable(Text) })),
      start_time: Nullable(
        Type.Integer({ description: "when dylive first saw the broadcast, by its own clock, ms UTC; the broadcast may have begun before" }),
      ),
      online: Count,
      total_viewers: Count,
      likes: Count,
      stats_time: Nullable(Type.Integer({ description: "of online and total_viewers, ms UTC" })),
    }),
  }),
);

/** The answer of `/douyin/liveroom/status`. */
const StatusAnswer = success(
  Type.Object({
    data: Type.Array(
      Type.Object({
        alive: Nullable(Type.Boolean()),
        room_id: Nullable(
          Type.Number({
            description:
              "of the broadcast, or of the last one, a bare integer of up to 19 digits: read it without rounding. Null when none is known",
          }),
        ),
        id: Type.String({ description: "as it was asked for" }),
        state: Type.String({ description: "what dylive knows of the room, or why nothing" }),
      }),
    ),
    extra: Type.Object({ now: Type.Integer() }),
    status_code: Type.Literal(0),
  }),
);

/** The answer of `/douyin/liveroom/audience` and `/douyin/liveroom/ranklist`. */
const RanksAnswer = success(
  Type.Object({
    data: Type.Object({
      ranks: Type.Array(Type.Object({ rank: Type.Integer(), score: Count, score_text: Nullable(Text), user: Person })),
      total: Count,
      time: Nullable(Type.Integer({ description: "when the platform said so, ms UTC; null: it has not said anything yet" })),
    }),
  }),
);

const Picture = Type.Object({ url_list: Type.Array(Text) });

/** The answer of `/douyin/liveroom/gifts`. */
const GiftsAnswer = success(
  Type.Object({
    data: Type.Object({
      gifts: Type.Array(
        Type.Object({
          id: Type.Number({ description: "an integer of up to 20 digits: read it without rounding" }),
          id_str: Text,
          name: Text,
          diamond_count: Nullable(Type.Integer(), "price of one unit in diamonds; null if unknown"),
          image: Picture,
          combo: Nullable(Type.Boolean()),
          type: Nullable(Type.Integer()),
        }),
      ),
      time: Nullable(Type.Integer({ description: "when the platform's list was read last, ms UTC; null: it was not yet" })),
    }),
    extra: Type.Object({ now: Type.Integer() }),
    status_code: Type.Literal(0),
  }),
);

/** Most gifts of an answer: as many as the catalogue holds. */
const MOST_GIFTS = 10_000;

/** Answers `GET /douyin/liveroom/gifts`: the catalogue of gifts, which is the same for all rooms, by the platform's names. */
async function giftsText({ store, clock }: ApiDeps): Promise<string> {
  const items = (await store.gifts.list({ limit: MOST_GIFTS })).map(({ id, name, diamonds, icon, combo, kind }) => {
    const rest = JSON.stringify({
      ...{ id_str: id, name: name ?? "", diamond_count: diamonds, image: { url_list: icon === null ? [] : [icon] }, combo, type: kind },
    });
    // The id is put into the text as it is: a JavaScript number would round a long one.
    return `{"id":${id},${rest.slice(1)}`;
  });
  const data = `{"data":{"gifts":[${items.join(",")}],"time":${await store.gifts.listedAt()}},"extra":{"now":${clock.now()}},"status_code":0}`;
  return `{"code":200,"data":${data},"msg":"success"}`;
}

const ROOM_ID_DIGITS = 19;

interface Status {
  /** Whether the room is on the air; null if unknown at the moment. */
  readonly alive: boolean | null;
  /** The room_id of the broadcast, digits; null when none is known. */
  readonly roomId: string | null;
  readonly id: string;
  readonly state: string;
}

/** Answers `GET /douyin/liveroom/status` for several rooms. One without a known status does not fail the others. */
async function statusText(deps: ApiDeps, call: HttpCall, token: TokenRow, asked: readonly string[]): Promise<string> {
  const statuses = await Promise.all(asked.map((id) => statusOf(deps, call, token, id)));
  if (call.ended !== null) throw new DyliveError("stopping", "the states of the rooms were not yet known");
  // The room_id is a bare integer of 19 digits, which no JavaScript number holds: its digits are put into the text as they are.
  const items = statuses.map(
    ({ alive, roomId, id, state }) => `{"alive":${alive},"room_id":${roomId},"id":${JSON.stringify(id)},"state":${JSON.stringify(state)}}`,
  );
  return `{"code":200,"data":{"data":[${items.join(",")}],"extra":{"now":${deps.clock.now()}},"status_code":0},"msg":"success"}`;
}

async function statusOf(deps: ApiDeps, call: HttpCall, token: TokenRow, id: string): Promise<Status> {
  try {
    const room = await requestedRoom(deps, call, token, id);
    const state = (deps.rooms.status(room.room) ?? room.status).state;
    const known = state !== "resolving" && state !== "blocked" && state !== "failed" && state !== "paused";
    const last = sessionOf(room) ?? room.status.broadcast.roomId ?? (await deps.store.sessions.list(room.room, 1))[0]?.sessionId;
    return { alive: known ? isAlive(room) : null, roomId: digits(last ?? null), id, state };
  } catch (error) {
    if (!(error instanceof DyliveError) || error.code === "internal") throw error;
    // Only a number of 19 digits is a broadcast's; a shorter one is a room's.
    return {
      alive: error.code === "no_account" ? false : null,
      roomId: id.length === ROOM_ID_DIGITS ? digits(id) : null,
      id,
      state: error.code,
    };
  }
}

/** Returns the broadcast that is meant: the one that was asked for, else the one that is collected; null when none is known. */
function sessionOf({ onlySession, status }: RequestedRoom): string | null {
  return onlySession ?? status.sessionId;
}

/** Whether the broadcast that was asked for is on the air. */
function isAlive({ onlySession, status }: RequestedRoom): boolean {
  if (onlySession !== null && status.sessionId !== null && status.sessionId !== onlySession) return false;
  return status.state === "live" || status.state === "connecting" || status.state === "stalled";
}

/** Writes an integer as JSON has it: without leading zeros. */
function digits(text: string | null): string | null {
  return text !== null && /^\d{1,19}$/.test(text) ? text.replace(/^0+(?=\d)/, "") : null;
}

/** Pages looked through for the newest event of a kind: anything further back is not the newest knowledge of anything. */
const PAGES_MAX = 5;

/** Finds the newest event of a type, of a broadcast or of any, that is worth something. */
async function newest<T extends EventType>(
  log: Log,
  room: RoomKey,
  type: T,
  sessionId: string | null,
  isWanted: (event: LiveEventOf<T>) => boolean,
): Promise<LiveEventOf<T> | null> {
  const where = { types: [type], tests: false as const, ...(sessionId !== null && { sessionId }) };
  let before = Number.MAX_SAFE_INTEGER;
  for (let page = 0; page < PAGES_MAX && before > 1; page++) {
    const { events, scanned } = await log.readRoomBefore(room, before, 20, where);
    const found = (events as readonly LiveEventOf<T>[]).findLast(isWanted);
    if (found !== undefined) return found;
    if (scanned >= before) break;
    before = scanned;
  }
  return null;
}

/** The platform's numbers for a broadcast. */
const LIVE = 2;
const ENDED = 4;

/** Answers `GET /douyin/liveroom/info`: what is known of the room, null for what is not. */
async function infoText(deps: ApiDeps, call: HttpCall, token: TokenRow, text: string): Promise<string> {
  const { store, rooms } = deps;
  const asked = await requestedRoom(deps, call, token, text);
  const { room } = asked;
  const sessionId = sessionOf(asked);
  const alive = isAlive(asked);
  const [row, session, stats, like] = await Promise.all([
    store.rooms.get(room),
    sessionId === null ? null : store.sessions.get(room, sessionId),
    newest(store.log, room, "stats", sessionId, ({ online, totalViewers }) => online !== null || totalViewers !== null),
    newest(store.log, room, "like", sessionId, ({ total }) => total !== null),
  ]);
  const { state } = rooms.status(room) ?? asked.status;
  const over = state === "ended" || state === "waiting" || session?.endedAt != null;
  const data = {
    room_id: sessionId,
    web_rid: row?.webRid ?? null,
    title: session?.title ?? row?.title ?? null,
    status: alive ? LIVE : over ? ENDED : null,
    alive: alive ? true : over ? false : null,
    state,
    owner: row?.anchor
      ? { uid: row.anchor.id, sec_uid: row.anchor.secUid, nickname: row.anchor.nickname, avatar: row.anchor.avatar }
      : null,
    start_time: session?.openedAt ?? null,
    online: stats?.online ?? null,
    total_viewers: stats?.totalViewers ?? null,
    likes: like?.total ?? null,
    stats_time: stats?.time ?? null,
  };
  return JSON.stringify({ code: 200, data: { data }, msg: "success" });
}

/** Registers the routes of the compatible interface (/douyin/…). */
export function compatibleRoutes(app: FastifyInstance, deps: ApiDeps): void {
  const chat = new ChatHandler(deps);
  const typed = app.withTypeProvider<TypeBoxTypeProvider>();
  const route = <Q extends TSchema>(name: string, querystring: Q, answer: TSchema, summary: string) =>
    compatibleRoute(app, `liveroom/${name}`, querystring, answer, summary);
  const { rooms } = deps.store;
  videoRoutes(app, deps);

  typed.route({
    ...route("chat", ChatQuerySchema, ChatAnswer, "New events of a room since this token's last call"),
    handler: async (request, reply) => {
      const token = tokenOf(request);
      await assertMayAsk(rooms, token, request.query.room_id);
      const text = await chat.answer(request, reply, request.query, token);
      if (text !== null) return text;
      reply.hijack();
      return undefined;
    },
  });
  const facts = (name: string, answer: TSchema, summary: string, give: typeof infoText) =>
    typed.route({
      ...route(name, RoomQuerySchema, answer, summary),
      handler: async (request, reply) => {
        const token = tokenOf(request);
        await assertMayAsk(rooms, token, request.query.room_id);
        const text = await give(deps, deps.calls.open(request, reply), token, request.query.room_id);
        return reply.type("application/json; charset=utf-8").send(text);
      },
    });
  facts("info", InfoAnswer, "What is known of a room", infoText);
  facts("audience", RanksAnswer, "Viewers of a room, ranked by contribution", audienceText);
  facts("ranklist", RanksAnswer, "The contributors of a room", rankListText);
  typed.route({
    ...route("gifts", Type.Partial(RoomQuerySchema), GiftsAnswer, "The gifts of the platform with their prices"),
    handler: async (request, reply) => {
      const { room_id: named } = request.query;
      if (named !== undefined) {
        const token = tokenOf(request);
        await assertMayAsk(rooms, token, named);
        await requestedRoom(deps, deps.calls.open(request, reply), token, named);
      }
      return reply.type("application/json; charset=utf-8").send(await giftsText(deps));
    },
  });
  typed.route({
    ...route("status", StatusQuerySchema, StatusAnswer, "Whether rooms are live"),
    handler: async (request, reply) => {
      const asked = [...new Set(request.query.room_id.split(","))];
      const token = tokenOf(request);
      for (const text of asked) await assertMayAsk(rooms, token, text);
      const text = await statusText(deps, deps.calls.open(request, reply), token, asked);
      return reply.type("application/json; charset=utf-8").send(text);
    },
  });
}

/** Answers `GET /douyin/liveroom/audience`: the viewers that the newest statistics name, else the newest rank, and how many there are. */
async function audienceText(deps: ApiDeps, call: HttpCall, token: TokenRow, text: string): Promise<string> {
  const asked = await requestedRoom(deps, call, token, text);
  const stats = await statsWithRanks(deps.store.log, asked);
  if (stats !== null) return ranksText(stats.ranks ?? [], stats.online, stats.time);
  const [rank, counted] = await Promise.all([
    rankOf(deps.store.log, asked),
    newest(deps.store.log, asked.room, "stats", sessionOf(asked), ({ online }) => online !== null),
  ]);
  return ranksText(rank?.entries ?? [], counted?.online ?? null, rank?.time ?? counted?.time ?? null);
}

/** Answers `GET /douyin/liveroom/ranklist`: the newest rank of contributors; the statistics name the first few where there is none. */
async function rankListText(deps: ApiDeps, call: HttpCall, token: TokenRow, text: string): Promise<string> {
  const asked = await requestedRoom(deps, call, token, text);
  const rank = await rankOf(deps.store.log, asked);
  if (rank !== null) return ranksText(rank.entries, null, rank.time);
  const stats = await statsWithRanks(deps.store.log, asked);
  return ranksText(stats?.ranks ?? [], null, stats?.time ?? null);
}

/** Finds the newest statistics that name viewers. */
function statsWithRanks(log: Log, asked: RequestedRoom): Promise<LiveEventOf<"stats"> | null> {
  return newest(log, asked.room, "stats", sessionOf(asked), ({ ranks }) => (ranks?.length ?? 0) > 0);
}

/** Finds the newest rank of a room's viewers. */
function rankOf(log: Log, asked: RequestedRoom): Promise<LiveEventOf<"rank"> | null> {
  const isOfViewers = ({ list, entries }: LiveEventOf<"rank">) => (list === "audience" || list === "room") && entries.length > 0;
  return newest(log, asked.room, "rank", sessionOf(asked), isOfViewers);
}

function ranksText(entries: readonly RankEntry[], total: number | null, time: number | null): string {
  const ranks = entries.map(({ rank, score, scoreText, user }) => ({ rank, score, score_text: scoreText, user: laterUser(user) }));
  return JSON.stringify({ code: 200, data: { data: { ranks, total, time } }, msg: "success" });
}
