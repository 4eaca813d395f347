import { Type } from "typebox";
import { Nullable } from "../../events/field.js";
import { HOOK_PAUSES, type HookBatchHead, type HookTry } from "../../store/sql/hooks.js";
import { HOOK_STATES, type HookView, hookState } from "../../webhooks/webhook-service.js";
import { Time } from "./fields.js";

const Status = Type.Union([Type.Integer(), Type.Null()], { description: "HTTP status; null when there was no answer" });
const Wrong = Type.Union([Type.String(), Type.Null()], { description: "what was wrong, in words" });
const MessageId = Type.String({ description: "the webhook-id" });
const RoomId = Type.String({ description: "the room's id here" });

/** Rooms that an answer lists of a hook: those that are furthest behind. */
const ROOMS_SHOWN = 100;

/** A hook, without its secret. */
const HookSchema = Type.Object(
  {
    id: Type.String(),
    name: Type.String(),
    url: Type.String(),
    types: Type.Array(Type.String(), { description: "event types and names; all but unknown, rank and stats when empty" }),
    filter: Nullable(Type.String()),
    rooms: Type.Array(RoomId, { description: "all rooms when empty, also those that come later" }),
    maxEvents: Type.Integer({ description: "events of one request at most" }),
    allowPrivate: Type.Boolean({ description: "may reach private addresses" }),
    createdAt: Time,
    oldSecretUntil: Type.Union([Type.Integer(), Type.Null()], { description: "until then the secret before the last rotation signs too" }),
    state: Type.Enum([...HOOK_STATES], { description: "failing: the last try did not arrive, and it is tried again" }),
    paused: Nullable(
      Type.Object({
        at: Time,
        reason: Type.Enum([...HOOK_PAUSES], { description: "asked; gone: it answered 410; failing: it failed for days" }),
      }),
    ),
    failingSince: Nullable(Time),
    lastTry: Nullable(Type.Object({ at: Time, status: Status, error: Wrong })),
    deliveredAt: Type.Union([Type.Integer(), Type.Null()], { description: "when something was last delivered" }),
    backlog: Type.Integer({ description: "events of all its rooms that it has not come to; its filter may leave some out" }),
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
      { description: `rooms in which there is something to deliver, the furthest behind first; ${ROOMS_SHOWN} at most` },
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
    answer: Type.Union([Type.String(), Type.Null()], { description: "begin of an answer that was no success" }),
  },
  { $id: "HookTry", description: "one request to a webhook's receiver, and what came of it" },
);
const HookTryListSchema = Type.Object(
  { tries: Type.Array(Type.Ref("HookTry"), { description: "newest first; the last 100 are kept" }) },
  { $id: "HookTryList", description: "the last requests of a webhook" },
);

/** Schemas that the routes of hooks refer to. */
export const HOOK_SCHEMAS = [HookSchema, HookListSchema, NewHookSchema, HookTrySchema, HookTryListSchema];

/** Returns a hook as v1 shows it. */
export function hookAnswer({ row, backlog, rooms }: HookView) {
  const { secret: _secret, old, revision: _revision, replays: _replays, failing, last, ...shown } = row;
  return {
    ...shown,
    rooms: row.rooms.map(String),
    oldSecretUntil: old?.until ?? null,
    state: hookState(row),
    failingSince: failing?.since ?? null,
    lastTry: last,
    backlog,
    behind: rooms
      .slice(0, ROOMS_SHOWN)
      .map(({ room, waiting, ...place }) => ({ room: String(room), ...place, waiting: waitingAnswer(waiting) })),
  };
}

/** Returns a request as v1 shows it. */
export function hookTryAnswer({ room, ...outcome }: HookTry) {
  return { ...outcome, room: String(room) };
}

function waitingAnswer(waiting: HookBatchHead | null) {
  if (waiting === null) return null;
  const { id, from, to, events, createdAt, tries } = waiting;
  return { id, from, to, events, since: createdAt, tries };
}
