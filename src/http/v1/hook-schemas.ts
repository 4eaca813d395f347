import { Type } from "typebox";
import { Nullable } from "../../events/field.js";
import { EXPRESSION_MAX_CHARS } from "../../events/filter.js";
import { HOOK_CHANNELS, HOOK_PAUSES } from "../../store/sql/hooks.js";
import { HOOK_LIMITS, HOOK_STATES } from "../../webhooks/webhook-service.js";
import { TextOf, Time } from "./fields.js";
import { exactly } from "./route.js";

const Status = Nullable(Type.Integer(), "HTTP status; null when there was no answer, and of e-mail");
const Wrong = Nullable(Type.String(), "what was wrong, in words");
const MessageId = Type.String({ description: "the webhook-id" });
const RoomId = Type.String({ description: "the room's id here" });

/** Rooms that an answer lists of a hook: those that are furthest behind. */
export const ROOMS_SHOWN = 100;

/** A hook, without its secret. */
const HookSchema = Type.Object(
  {
    id: Type.String(),
    name: Type.String(),
    url: Type.String({ description: "its address; of one with a channel without what lets others send to it" }),
    channel: Nullable(
      Type.Object(
        {
          kind: Type.Enum([...HOOK_CHANNELS]),
          to: Nullable(Type.String()),
          language: Type.Enum(["zh", "en"]),
          template: Nullable(Type.String()),
          hasSecret: Type.Boolean({ description: "whether a secret of the service is kept; it is never shown" }),
        },
        { description: "service that brings a text to people; null for a program, which is sent events" },
      ),
    ),
    types: Type.Array(Type.String(), { description: "event types and names; all but unknown, rank and stats when empty" }),
    filter: Nullable(Type.String()),
    rooms: Type.Array(RoomId, { description: "all rooms when empty, also those that come later" }),
    maxEvents: Type.Integer({ description: "events of one request at most" }),
    allowPrivate: Type.Boolean({ description: "may reach private addresses" }),
    createdAt: Time,
    oldSecretUntil: Nullable(Type.Integer(), "until then the secret before the last rotation signs too"),
    state: Type.Enum([...HOOK_STATES], { description: "failing: the last try did not arrive, and it is tried again" }),
    paused: Nullable(
      Type.Object({
        at: Time,
        reason: Type.Enum([...HOOK_PAUSES], { description: "asked; gone: it answered 410; failing: it failed for days" }),
      }),
    ),
    failingSince: Nullable(Time),
    lastTry: Nullable(Type.Object({ at: Time, status: Status, error: Wrong })),
    deliveredAt: Nullable(Type.Integer(), "when something was last delivered"),
    backlog: Type.Integer({ description: "events of the log that it has not come to, of whichever rooms and types" }),
    behindRooms: Type.Integer({ description: "rooms with something under way" }),
    behind: Type.Array(
      Type.Object({
        room: RoomId,
        seq: Type.Integer({ description: "everything up to here is delivered or was left out" }),
        head: Type.Integer({ description: "the room's newest seq" }),
        backlog: Type.Integer(),
        waiting: Nullable(
          Type.Object(
            { id: MessageId, from: Type.Integer(), to: Type.Integer(), events: Type.Integer(), since: Time, tries: Type.Integer() },
            { description: "what is tried and not yet delivered" },
          ),
        ),
      }),
      { description: `rooms with something under way, the furthest behind first; ${ROOMS_SHOWN} at most` },
    ),
  },
  { $id: "Hook", description: "a webhook, without its secret" },
);
const HookListSchema = Type.Object({ hooks: Type.Array(Type.Ref("Hook")) }, { $id: "HookList", description: "all webhooks" });
const NewHookSchema = Type.Object(
  { secret: Type.String({ description: "what signatures are checked with: it is shown this once" }), about: Type.Ref("Hook") },
  { $id: "NewHook", description: "a webhook with its new secret" },
);

/** A request that was sent. */
const HookTrySchema = Type.Object(
  {
    id: MessageId,
    at: Time,
    ms: Type.Integer({ description: "how long it took" }),
    room: RoomId,
    from: Type.Integer(),
    to: Type.Integer(),
    events: Type.Integer(),
    bytes: Type.Integer(),
    attempt: Type.Integer({ description: "from 1 for each message; 0 is a test" }),
    delivered: Type.Boolean(),
    status: Status,
    error: Wrong,
    answer: Nullable(Type.String(), "begin of an answer that was no success"),
  },
  { $id: "HookTry", description: "one request to a webhook's receiver, and what came of it" },
);
const HookTryListSchema = Type.Object(
  { tries: Type.Array(Type.Ref("HookTry"), { description: "newest first; the last 100 are kept" }) },
  { $id: "HookTryList", description: "the last requests of a webhook" },
);

/** Schemas that the routes of hooks refer to. */
export const HOOK_SCHEMAS = [HookSchema, HookListSchema, NewHookSchema, HookTrySchema, HookTryListSchema];

const Url = TextOf(HOOK_LIMITS.urlChars, "where events are sent: https:// or http://");
const RoomName = TextOf(200, "a room's id here, or one of its names; 0 is the system's");
const CHANNEL_SECRET =
  "what DingTalk and Feishu sign with, a token of ntfy or of your own service; it is not shown again, and kept where it is left out";
const settings = {
  name: Type.Optional(TextOf(64, "what it is for; the address's host by default")),
  types: Type.Optional(
    Type.Array(Type.String({ minLength: 1, maxLength: 40 }), {
      maxItems: HOOK_LIMITS.types,
      description:
        "event types, and room.live, room.ended, gifts.suppressed, gifts.flowing, session.lost, session.silent, session.receives, account.lapsed, hook.paused, disk.low, work.published; * for all types; all but unknown, rank and stats by default, and with a channel what goes on air, ends or fails",
    }),
  ),
  filter: Type.Optional(
    Nullable(Type.String({ minLength: 1, maxLength: EXPRESSION_MAX_CHARS }), "a filter expression, see docs/filters.md"),
  ),
  rooms: Type.Optional(
    Type.Array(RoomName, { maxItems: HOOK_LIMITS.rooms, description: "only these rooms; all by default, also those that come later" }),
  ),
  maxEvents: Type.Optional(
    Type.Integer({
      minimum: 1,
      maximum: HOOK_LIMITS.batchEvents,
      description: "events of one request at most; as many as are allowed by default",
    }),
  ),
  allowPrivate: Type.Optional(
    Type.Boolean({
      description: "whether it may reach private addresses: loopback, the local network, a cloud's metadata; admins alone set it",
    }),
  ),
};
const Channel = Nullable(
  exactly({
    kind: Type.Optional(Type.Enum([...HOOK_CHANNELS], { description: "by the address where it is left out, for the known services" })),
    secret: Type.Optional(Nullable(Type.String({ minLength: 1, maxLength: 200 }), CHANNEL_SECRET)),
    to: Type.Optional(Nullable(Type.String({ minLength: 1, maxLength: 200 }), "id of the chat, for Telegram")),
    language: Type.Optional(Type.Enum(["zh", "en"], { description: "of the text, zh by default" })),
    template: Type.Optional(
      Nullable(
        Type.String({ minLength: 1, maxLength: 4_000 }),
        "body for the kind http, with {title}, {text} and {all} in it; JSON where it is JSON",
      ),
    ),
  }),
  "service that brings a text to people, see docs/notify.md; null for a program, which is sent events as they are",
);
/** Hook that is asked for. */
export const NewHook = exactly({ url: Url, ...settings, channel: Type.Optional(Channel) });
/** Change of a hook that is asked for. */
export const HookChange = exactly({ url: Type.Optional(Url), ...settings, channel: Type.Optional(Channel) });
/** Place from which a hook is to send again. */
export const HookReplay = exactly({
  room: RoomName,
  seq: Type.Integer({ minimum: 1, description: "the first event that is to be sent; one beyond the newest passes over all" }),
});
