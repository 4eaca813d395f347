import { Type } from "typebox";
import { ROOM_STATES, type RoomView } from "../../health/state.js";
import { summaryOf } from "../../statistics/summary.js";
import { ALIAS_KINDS, type RoomRow, WATCHES } from "../../store/rooms.js";
import type { Session } from "../../store/sessions.js";
import { SCOPES, type TokenRow } from "../../store/sql/tokens.js";
import type { SessionStatistics } from "../../store/statistics.js";
import { Next, Nullable, Time } from "./fields.js";

const Text = Nullable(Type.String());
const Anchor = Nullable(Type.Object({ id: Text, secUid: Text, nickname: Text, avatar: Text }));
const Ref = (name: string) => Type.Ref(name);
const literals = <T extends string>(values: readonly T[]) => Type.Enum([...values] as [T, ...T[]]);

const Evidence = Type.Object(
  {
    reason: Type.String({ description: "one sentence in plain words" }),
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
      { description: "the account that the room is watched as (null: as a guest), and whom the platform's page took us for" },
    ),
    gifts: Type.Enum(["flowing", "suppressed", "unknown"], {
      description: "whether gifts reach us; suppressed: contributors' scores rise while no gift comes",
    }),
    masked: Type.Union([Type.Boolean(), Type.Null()], { description: "the room hides who its people are" }),
    likesSeen: Type.Union([Type.Number(), Type.Null()], {
      description: "share of the room's likes that reached us: the platform samples them",
    }),
    gaps: Type.Object(
      { count: Type.Integer(), totalMs: Type.Integer(), unmeasured: Type.Integer() },
      { description: "intervals in which we know we received nothing; unmeasured of them, of unknown length, are not in totalMs" },
    ),
  },
  { description: "why the room is in its state: facts that were seen; more may be added" },
);
const Status = Type.Object(
  {
    state: literals(ROOM_STATES),
    sessionId: Nullable(Type.String({ description: "room_id of the broadcast that is or was collected last" })),
    broadcast: Type.Object(
      {
        cover: Type.Union([Type.String(), Type.Null()], { description: "URL of the cover; it expires" }),
        online: Type.Union([Type.Integer(), Type.Null()], { description: "people in the room" }),
        totalViewers: Type.Union([Type.Integer(), Type.Null()], { description: "people who came so far" }),
        likes: Type.Union([Type.Integer(), Type.Null()], { description: "the platform's own count of likes" }),
      },
      { description: "what the platform last said of the broadcast" },
    ),
    evidence: Evidence,
  },
  { description: "how the collection is doing" },
);

/** A room. */
export const RoomSchema = Type.Object(
  {
    id: Type.String({ description: "the room's key here; never changes" }),
    webRid: Text,
    title: Text,
    anchor: Anchor,
    aliases: Type.Array(Type.Object({ kind: literals(ALIAS_KINDS), value: Type.String() })),
    watch: literals(WATCHES),
    settings: Type.Object(
      { account: Text, proxy: Text, source: Nullable(Type.Enum(["websocket", "browser"])), record: Nullable(Type.Boolean()) },
      { description: "how it is collected; null follows the server's setting. A proxy is shown without its password" },
    ),
    createdAt: Time,
    status: Type.Union([Status, Type.Null()], { description: "null while nobody collects the room, unless it is paused" }),
  },
  { $id: "Room", description: "a room" },
);
export const RoomListSchema = Type.Object(
  { rooms: Type.Array(Ref("Room")), next: Next },
  { $id: "RoomList", description: "a page of rooms" },
);

/** A broadcast of a room. */
export const SessionSchema = Type.Object(
  {
    id: Type.String({ description: "room_id of the broadcast" }),
    room: Type.String({ description: "the room's key here" }),
    anchor: Anchor,
    title: Text,
    openedAt: Time,
    endedAt: Nullable(Time),
    endReason: Type.Union([Type.String(), Type.Null()], { description: "announced, offline or replaced; null while open" }),
    totals: Type.Union([Ref("Totals"), Type.Null()], { description: "null when nothing of it was counted yet" }),
  },
  { $id: "Session", description: "a broadcast of a room" },
);
export const SessionListSchema = Type.Object(
  { sessions: Type.Array(Ref("Session")), next: Next },
  { $id: "SessionList", description: "a page of broadcasts" },
);

/** Events of a room. */
export const EventListSchema = Type.Object(
  {
    events: Type.Array(Ref("LiveEvent"), { description: "in the order of the log, oldest first" }),
    next: Type.String({ description: "give it as after= to go on to newer events" }),
    previous: Type.String({ description: "give it as before= to go on to older events" }),
    more: Type.Boolean({ description: "there is more to look at in the direction that was asked for" }),
    removed: Type.Array(Type.Array(Type.Integer(), { minItems: 2, maxItems: 2 }), {
      description: "ranges of seq, both ends included, that were passed over because they are no longer kept",
    }),
  },
  { $id: "EventList", description: "events of a room, and where to go on" },
);

/** A token, without the token itself. */
export const TokenSchema = Type.Object(
  {
    id: Type.String(),
    name: Type.String(),
    scope: literals(SCOPES),
    rooms: Type.Array(Type.String(), { description: "the only rooms it may see; all when empty" }),
    perMinute: Nullable(Type.Integer({ description: "requests that it may make in a minute" })),
    createdAt: Time,
    expiresAt: Nullable(Time),
    revokedAt: Nullable(Time),
    lastUsedAt: Type.Union([Type.Integer(), Type.Null()], { description: "ms UTC, give or take a minute" }),
  },
  { $id: "Token", description: "a token, without the token itself" },
);
export const TokenListSchema = Type.Object({ tokens: Type.Array(Ref("Token")) }, { $id: "TokenList", description: "all tokens" });
export const NewTokenSchema = Type.Object(
  { token: Type.String({ description: "the token: it is shown this once" }), about: Ref("Token") },
  { $id: "NewToken", description: "a new token" },
);

/** The one form of errors. */
export const ErrorSchema = Type.Object(
  {
    error: Type.Object(
      {
        code: Type.String({ description: "stable" }),
        message: Type.String({ description: "what is wrong" }),
        hint: Type.String({ description: "what to do" }),
        requestId: Type.String({ description: "names the request in the server's log" }),
        oldest: Type.Optional(Type.String({ description: "cursor_reset: everything kept comes after this cursor" })),
        newest: Type.Optional(Type.String({ description: "cursor_reset: only what is new comes after this cursor" })),
        position: Type.Optional(Type.Integer({ description: "place of a mistake in the filter, in characters from 0" })),
        retryAfterS: Type.Optional(Type.Integer({ description: "rate_limited: seconds to wait" })),
      },
      { description: "details may be added" },
    ),
  },
  { $id: "Error", description: "refused: error.code says why, error.hint what to do" },
);

/** Returns a room as v1 shows it. */
export function roomAnswer({ row, aliases, status }: RoomView) {
  const { room, resume: _resume, ...facts } = row;
  const { room: _room, ...shown } = status ?? { room };
  return { id: String(room), ...facts, aliases, status: status === null ? null : shown };
}

/** Returns a broadcast as v1 shows it. */
export function sessionAnswer(session: Session, room: RoomRow | null, statistics: SessionStatistics | null) {
  const { sessionId, title, openedAt, endedAt, endReason } = session;
  const totals = statistics === null ? null : summaryOf(session, statistics);
  return { id: sessionId, room: String(session.room), anchor: room?.anchor ?? null, title, openedAt, endedAt, endReason, totals };
}

/** Returns a token as v1 shows it. */
export function tokenAnswer({ hash: _hash, ...row }: TokenRow) {
  return row;
}
