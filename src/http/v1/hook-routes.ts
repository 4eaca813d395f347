import type { TypeBoxTypeProvider } from "@fastify/type-provider-typebox";
import type { FastifyInstance, FastifyRequest } from "fastify";
import { type Static, Type } from "typebox";
import { Nullable } from "../../events/field.js";
import { EXPRESSION_MAX_CHARS } from "../../events/filter.js";
import { type Language, reasonIn } from "../../i18n/words.js";
import { DyliveError, RateLimited } from "../../runtime/errors.js";
import { RateLimiter } from "../../runtime/rate-limiter.js";
import { told } from "../../runtime/told.js";
import { type RoomKey, SYSTEM_ROOM } from "../../store/log.js";
import {
  HOOK_CHANNELS,
  HOOK_PAUSES,
  type HookBatchHead,
  type HookChannel,
  type HookRow,
  type HookSettings,
  type HookTry,
  TRIES_KEPT,
} from "../../store/sql/hooks.js";
import type { TokenRow } from "../../store/sql/tokens.js";
import { channelOf, shownAddress } from "../../webhooks/channels.js";
import { hookSelection } from "../../webhooks/selection.js";
import { HOOK_LIMITS, HOOK_STATES, type HookView, hookState, unknownHook } from "../../webhooks/webhook-service.js";
import type { ApiDeps } from "../api-deps.js";
import { isLimited, maySee, tokenOf } from "../authentication.js";
import { languageAsked } from "../failure.js";
import { visibleRoom } from "../streams/named-room.js";
import { addSchemas, exactly, Time } from "./fields.js";

const Status = Type.Union([Type.Integer(), Type.Null()], { description: "HTTP status; null when there was no answer, and of e-mail" });
const Wrong = Type.Union([Type.String(), Type.Null()], { description: "what was wrong, in words" });
const MessageId = Type.String({ description: "the webhook-id" });
const RoomId = Type.String({ description: "the room's id here" });

/** Tests that a token may send at once, and then one every ten seconds. */
const TESTS = { burst: 6, perSecond: 0.1 };

/** Rooms that an answer lists of a hook: those that are furthest behind. */
const ROOMS_SHOWN = 100;

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
const HOOK_SCHEMAS = [HookSchema, HookListSchema, NewHookSchema, HookTrySchema, HookTryListSchema];

/** Returns a hook as v1 shows it. */
function hookAnswer({ row, backlog, rooms }: HookView, language: Language) {
  const { secret: _secret, old, revision: _revision, replays: _replays, failing, last, channel, ...shown } = row;
  return {
    ...shown,
    url: shownAddress(row),
    channel: channel === null ? null : channelAnswer(channel),
    rooms: row.rooms.map(String),
    oldSecretUntil: old?.until ?? null,
    state: hookState(row),
    failingSince: failing?.since ?? null,
    lastTry: last === null ? null : { ...last, error: reasonIn(language, last.error) },
    backlog,
    behind: rooms
      .slice(0, ROOMS_SHOWN)
      .map(({ room, waiting, ...place }) => ({ room: String(room), ...place, waiting: waitingAnswer(waiting) })),
  };
}

/** Returns a request as v1 shows it. */
function hookTryAnswer({ room, ...outcome }: HookTry, language: Language) {
  return { ...outcome, room: String(room), error: reasonIn(language, outcome.error) };
}

function channelAnswer({ secret, ...shown }: HookChannel) {
  return { ...shown, hasSecret: secret !== null };
}

function waitingAnswer(waiting: HookBatchHead | null) {
  if (waiting === null) return null;
  const { id, from, to, events, createdAt, tries } = waiting;
  return { id, from, to, events, since: createdAt, tries };
}

const tags = ["hooks"];
const config = { scope: "manage" } as const;
const Url = Type.String({ minLength: 1, maxLength: HOOK_LIMITS.urlChars, description: "where events are sent: https:// or http://" });
const RoomName = Type.String({ minLength: 1, maxLength: 200, description: "a room's id here, or one of its names; 0 is the system's" });
const CHANNEL_SECRET =
  "what DingTalk and Feishu sign with, a token of ntfy or of your own service; it is not shown again, and kept where it is left out";
const settings = {
  name: Type.Optional(Type.String({ minLength: 1, maxLength: 64, description: "what it is for; the address's host by default" })),
  types: Type.Optional(
    Type.Array(Type.String({ minLength: 1, maxLength: 40 }), {
      maxItems: HOOK_LIMITS.types,
      description:
        "event types, and room.live, room.ended, gifts.suppressed, gifts.flowing, session.lost, session.silent, session.receives, account.lapsed, hook.paused, disk.low, work.published; * for all types; all but unknown, rank and stats by default, and with a channel what goes on air, ends or fails",
    }),
  ),
  filter: Type.Optional(
    Type.Union([Type.String({ minLength: 1, maxLength: EXPRESSION_MAX_CHARS }), Type.Null()], {
      description: "a filter expression, see docs/filters.md",
    }),
  ),
  rooms: Type.Optional(
    Type.Array(RoomName, { maxItems: HOOK_LIMITS.rooms, description: "only these rooms; all by default, also those that come later" }),
  ),
  maxEvents: Type.Optional(
    Type.Integer({
      minimum: 1,
      maximum: HOOK_LIMITS.batchEvents,
      description: `events of one request at most, from 1 to ${HOOK_LIMITS.batchEvents}, the default`,
    }),
  ),
  allowPrivate: Type.Optional(
    Type.Boolean({
      description: "whether it may reach private addresses: loopback, the local network, a cloud's metadata; admins alone set it",
    }),
  ),
};
const Channel = Type.Union(
  [
    exactly({
      kind: Type.Optional(Type.Enum([...HOOK_CHANNELS], { description: "by the address where it is left out, for the known services" })),
      secret: Type.Optional(Type.Union([Type.String({ minLength: 1, maxLength: 200 }), Type.Null()], { description: CHANNEL_SECRET })),
      to: Type.Optional(
        Type.Union([Type.String({ minLength: 1, maxLength: 200 }), Type.Null()], { description: "id of the chat, for Telegram" }),
      ),
      language: Type.Optional(Type.Enum(["zh", "en"], { description: "of the text, zh by default" })),
      template: Type.Optional(
        Type.Union([Type.String({ minLength: 1, maxLength: 4_000 }), Type.Null()], {
          description: "body for the kind http, with {title}, {text} and {all} in it; JSON where it is JSON",
        }),
      ),
    }),
    Type.Null(),
  ],
  { description: "service that brings a text to people, see docs/notify.md; null for a program, which is sent events as they are" },
);
const NewHook = exactly({ url: Url, ...settings, channel: Type.Optional(Channel) });
const Change = exactly({ url: Type.Optional(Url), ...settings, channel: Type.Optional(Channel) });
const Replay = exactly({
  room: RoomName,
  seq: Type.Integer({ minimum: 1, description: "the first event that is to be sent; one beyond the newest passes over all" }),
});
const HookParams = exactly({ hook: Type.String({ minLength: 1, maxLength: 64, description: "the hook's id" }) });
const TriesQuery = exactly({
  limit: Type.Integer({ minimum: 1, maximum: TRIES_KEPT, default: 20, description: `from 1 to ${TRIES_KEPT}` }),
});
type HookRequest = FastifyRequest<{ Params: Static<typeof HookParams> }>;

/** Registers the routes of webhooks: make, list, look at, change, pause, resume, replay, test, remove. */
export function hookRoutes(app: FastifyInstance, deps: ApiDeps): void {
  const { hooks, store, calls, clock, logger } = deps;
  const tests = new RateLimiter(clock, TESTS);
  addSchemas(app, ...HOOK_SCHEMAS);
  const typed = app.withTypeProvider<TypeBoxTypeProvider>();
  const Hook = Type.Ref("Hook");

  typed.get(
    "/hooks",
    { schema: { summary: "List webhooks, oldest first", tags, querystring: exactly({}), response: { 200: Type.Ref("HookList") } }, config },
    async (request) => {
      const token = tokenOf(request);
      const seen = [];
      for (const view of await hooks.list()) if (await mayManage(token, view.row)) seen.push(hookAnswer(view, languageAsked(request)));
      return { hooks: seen };
    },
  );

  typed.post(
    "/hooks",
    {
      schema: { summary: "Make a webhook; its secret is shown this once", tags, body: NewHook, response: { 201: Type.Ref("NewHook") } },
      config,
    },
    async (request, reply) => {
      const token = tokenOf(request);
      const wanted = { url: request.body.url, ...(await settingsOf(token, request.body, request.body.url)) };
      await assertMaySet(token, wanted, { types: [], filter: null, rooms: [], allowPrivate: false });
      const row = await hooks.add(wanted);
      logger.info({ hook: row.id, by: token.id }, "a webhook was made");
      const about = hookAnswer(await hooks.view(row.id), languageAsked(request));
      return reply.code(201).header("location", `/v1/hooks/${row.id}`).send({ secret: row.secret, about });
    },
  );

  typed.get(
    "/hooks/:hook",
    { schema: { summary: "A webhook, and how it is doing", tags, params: HookParams, response: { 200: Hook } }, config },
    async (request) => hookAnswer(await hooks.view((await hookOf(request)).id), languageAsked(request)),
  );

  typed.patch(
    "/hooks/:hook",
    { schema: { summary: "Change a webhook", tags, params: HookParams, body: Change, response: { 200: Hook } }, config },
    async (request) => {
      const row = await hookOf(request);
      const token = tokenOf(request);
      const change = {
        ...(request.body.url !== undefined && { url: request.body.url }),
        // What was told for one address stays with it.
        ...(await settingsOf(token, request.body, request.body.url ?? row.url, request.body.url === undefined ? row.channel : null)),
      };
      await assertMaySet(token, change, row);
      await hooks.change(row.id, change);
      logger.info({ hook: row.id, by: token.id }, "a webhook was changed");
      return hookAnswer(await hooks.view(row.id), languageAsked(request));
    },
  );

  typed.delete(
    "/hooks/:hook",
    { schema: { summary: "Remove a webhook", tags, params: HookParams, response: { 200: Hook } }, config },
    async (request) => {
      const view = await hooks.view((await hookOf(request)).id);
      await hooks.remove(view.row.id);
      logger.info({ hook: view.row.id, by: tokenOf(request).id }, "a webhook was removed");
      return hookAnswer(view, languageAsked(request));
    },
  );

  const act = (name: string, summary: string, work: (id: string) => Promise<unknown>) =>
    typed.post(
      `/hooks/:hook/${name}`,
      { schema: { summary, tags, params: HookParams, response: { 200: Hook } }, config },
      async (request) => {
        const { id } = await hookOf(request);
        await work(id);
        return hookAnswer(await hooks.view(id), languageAsked(request));
      },
    );
  act("pause", "Send nothing until it is resumed", (id) => hooks.pause(id));
  act("resume", "Go on where it was; an active one tries again at once", (id) => hooks.resume(id));

  typed.post(
    "/hooks/:hook/replay",
    {
      schema: { summary: "Send a room's events again from a seq on", tags, params: HookParams, body: Replay, response: { 200: Hook } },
      config,
    },
    async (request) => {
      const { id } = await hookOf(request);
      const { room } = await visibleRoom(store.rooms, tokenOf(request), request.body.room);
      await hooks.replay(id, room, request.body.seq);
      return hookAnswer(await hooks.view(id), languageAsked(request));
    },
  );

  typed.post(
    "/hooks/:hook/rotate",
    {
      schema: {
        summary: "Make a new secret, shown this once; the old one signs beside it for a day",
        tags,
        params: HookParams,
        response: { 200: Type.Ref("NewHook") },
      },
      config,
    },
    async (request) => {
      const { id } = await hookOf(request);
      const { secret } = await hooks.rotate(id);
      logger.info({ hook: id, by: tokenOf(request).id }, "a webhook has a new secret");
      return { secret, about: hookAnswer(await hooks.view(id), languageAsked(request)) };
    },
  );

  typed.post(
    "/hooks/:hook/test",
    {
      schema: {
        summary: "Send an empty message and say what came of it",
        description: "As often as the address may be sent messages, and six a minute for each token.",
        tags,
        params: HookParams,
        response: { 200: Type.Ref("HookTry") },
      },
      config,
    },
    async (request, reply) => {
      const { id } = await hookOf(request);
      const token = tokenOf(request);
      if (!tests.take(token.id))
        throw new RateLimited(
          (seconds) => told`a token may send six tests a minute; the next one in ${seconds} s`,
          ((1 - tests.left(token.id)) * 1000) / TESTS.perSecond,
        );
      const call = calls.open(request.raw, reply.raw, token);
      return hookTryAnswer(await hooks.test(id, call.signal), languageAsked(request));
    },
  );

  typed.get(
    "/hooks/:hook/deliveries",
    {
      schema: {
        summary: "The last requests of a webhook, newest first",
        tags,
        params: HookParams,
        querystring: TriesQuery,
        response: { 200: Type.Ref("HookTryList") },
      },
      config,
    },
    async (request) => {
      const { id } = await hookOf(request);
      return { tries: (await hooks.tries(id, request.query.limit)).map((outcome) => hookTryAnswer(outcome, languageAsked(request))) };
    },
  );

  /** Returns the hook of an address. One that the token may not manage is as if there were none. */
  async function hookOf(request: HookRequest): Promise<HookRow> {
    const { hook: id } = request.params;
    const row = await hooks.get(id);
    if (!(await mayManage(tokenOf(request), row))) throw unknownHook(id);
    return row;
  }

  /** Whether a token may manage a hook: one that is limited to rooms manages the hooks that are sent no others. */
  async function mayManage(token: TokenRow, settings: Pick<HookSettings, "types" | "filter" | "rooms">): Promise<boolean> {
    if (!isLimited(token)) return true;
    if (settings.rooms.length === 0 || hookSelection(settings).covers(SYSTEM_ROOM)) return false;
    for (const room of settings.rooms) if (!maySee(token, room, await store.rooms.aliases(room))) return false;
    return true;
  }

  async function assertMaySet(
    token: TokenRow,
    change: Partial<HookSettings>,
    before: Pick<HookSettings, "types" | "filter" | "rooms" | "allowPrivate">,
  ): Promise<void> {
    const after = { ...before, ...change };
    // Else a manager could point a hook that an admin trusted elsewhere.
    if (after.allowPrivate && (change.url !== undefined || change.allowPrivate !== undefined) && token.scope !== "admin")
      throw new DyliveError("forbidden", "allowPrivate: only a token of scope admin sets it, or the address of a hook that has it");
    if (!(await mayManage(token, after)))
      throw new DyliveError("forbidden", "the token is limited to rooms: name some of them in rooms, and no event of the system's");
  }

  async function settingsOf(
    token: TokenRow,
    body: Static<typeof Change>,
    url: string,
    before: HookChannel | null = null,
  ): Promise<Partial<HookSettings>> {
    const { url: _, rooms, channel, ...rest } = body;
    const given: Partial<HookSettings> = {
      ...(Object.fromEntries(Object.entries(rest).filter(([, value]) => value !== undefined)) as Partial<HookSettings>),
      ...(channel !== undefined && { channel: channel === null ? null : channelOf(channel, url, before) }),
    };
    if (rooms === undefined) return given;
    const keys = new Set<RoomKey>();
    for (const name of rooms) keys.add((await visibleRoom(store.rooms, token, name)).room);
    return { ...given, rooms: [...keys] };
  }
}
