import type { FastifyInstance, FastifyRequest } from "fastify";
import { type Static, Type } from "typebox";
import { type Language, reasonIn } from "../../i18n/words.js";
import { DyliveError, RateLimited } from "../../runtime/errors.js";
import { msg } from "../../runtime/msg.js";
import { RateLimiter } from "../../runtime/rate-limiter.js";
import { type RoomKey, SYSTEM_ROOM } from "../../store/log.js";
import { type HookBatchHead, type HookChannel, type HookRow, type HookSettings, type HookTry, TRIES_KEPT } from "../../store/sql/hooks.js";
import type { TokenRow } from "../../store/sql/tokens.js";
import { channelOf, shownAddress } from "../../webhooks/channels.js";
import { hookSelection } from "../../webhooks/selection.js";
import { type HookView, hookState, unknownHook } from "../../webhooks/webhook-service.js";
import type { ApiDeps } from "../api-deps.js";
import { isLimited, maySee, tokenOf } from "../authentication.js";
import { languageAsked } from "../failure.js";
import { visibleRoom } from "../streams/named-room.js";
import { TextOf } from "./fields.js";
import { HOOK_SCHEMAS, HookChange, HookReplay, NewHook, ROOMS_SHOWN } from "./hook-schemas.js";
import { addSchemas, exactly, routesOf } from "./route.js";

/** Tests that a token may send at once, and then one every ten seconds. */
const TESTS = { burst: 6, perSecond: 0.1 };

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
    behindRooms: rooms.length,
    behind: rooms
      .slice(0, ROOMS_SHOWN)
      .map(({ room, waiting, ...place }) => ({ room: String(room), ...place, waiting: waitingAnswer(waiting) })),
  };
}

/** A hook as v1 shows it. */
export type ShownHook = ReturnType<typeof hookAnswer>;

/** A request to a hook's receiver as v1 shows it. */
export type ShownHookTry = Omit<HookTry, "room"> & { readonly room: string };

/** Returns a request as v1 shows it. */
function hookTryAnswer({ room, ...outcome }: HookTry, language: Language): ShownHookTry {
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
const HookParams = exactly({ hook: TextOf(64, "the hook's id") });
const TriesQuery = exactly({
  limit: Type.Integer({ minimum: 1, maximum: TRIES_KEPT, default: 20, description: `from 1 to ${TRIES_KEPT}` }),
});
type HookRequest = FastifyRequest<{ Params: Static<typeof HookParams> }>;

/** Registers the routes of webhooks: make, list, look at, change, pause, resume, replay, test, remove. */
export function hookRoutes(app: FastifyInstance, deps: ApiDeps): void {
  const { hooks, store, calls, clock, logger } = deps;
  const tests = new RateLimiter(clock, TESTS);
  addSchemas(app, ...HOOK_SCHEMAS);
  const routes = routesOf(app, { tags: ["hooks"], scope: "manage" });

  routes.get("/hooks", { summary: "List webhooks, oldest first", answer: "HookList" }, async (request) => {
    const token = tokenOf(request);
    const seen = [];
    for (const view of await hooks.list()) if (await mayManage(token, view.row)) seen.push(hookAnswer(view, languageAsked(request)));
    return { hooks: seen };
  });

  routes.post(
    "/hooks",
    { summary: "Make a webhook; its secret is shown this once", body: NewHook, answer: { 201: "NewHook" } },
    async (request, reply) => {
      const token = tokenOf(request);
      const wanted = { url: request.body.url, ...(await settingsOf(token, request.body, request.body.url)) };
      await assertMaySet(token, wanted, { types: [], filter: null, rooms: [], allowPrivate: false });
      const row = await hooks.add(wanted);
      logger.info({ hook: row.id, by: token.id }, "a webhook was made");
      const about = hookAnswer(await hooks.view(row.id), languageAsked(request));
      return reply.header("location", `/v1/hooks/${row.id}`).send({ secret: row.secret, about });
    },
  );

  routes.get("/hooks/:hook", { summary: "A webhook, and how it is doing", params: HookParams, answer: "Hook" }, async (request) =>
    hookAnswer(await hooks.view((await hookOf(request)).id), languageAsked(request)),
  );

  routes.patch("/hooks/:hook", { summary: "Change a webhook", params: HookParams, body: HookChange, answer: "Hook" }, async (request) => {
    const row = await hookOf(request);
    const token = tokenOf(request);
    const change = {
      ...(request.body.url !== undefined && { url: request.body.url }),
      // What was kept for one address stays with it.
      ...(await settingsOf(token, request.body, request.body.url ?? row.url, request.body.url === undefined ? row.channel : null)),
    };
    await assertMaySet(token, change, row);
    await hooks.change(row.id, change);
    logger.info({ hook: row.id, by: token.id }, "a webhook was changed");
    return hookAnswer(await hooks.view(row.id), languageAsked(request));
  });

  routes.delete("/hooks/:hook", { summary: "Remove a webhook", params: HookParams, answer: "Hook" }, async (request) => {
    const view = await hooks.view((await hookOf(request)).id);
    await hooks.remove(view.row.id);
    logger.info({ hook: view.row.id, by: tokenOf(request).id }, "a webhook was removed");
    return hookAnswer(view, languageAsked(request));
  });

  const act = (name: string, summary: string, work: (id: string) => Promise<unknown>) =>
    routes.post(`/hooks/:hook/${name}`, { summary, params: HookParams, answer: "Hook" }, async (request) => {
      const { id } = await hookOf(request);
      await work(id);
      return hookAnswer(await hooks.view(id), languageAsked(request));
    });
  act("pause", "Send nothing until it is resumed", (id) => hooks.pause(id));
  act("resume", "Go on where it was; an active one tries again at once", (id) => hooks.resume(id));

  routes.post(
    "/hooks/:hook/replay",
    { summary: "Send a room's events again from a seq on", params: HookParams, body: HookReplay, answer: "Hook" },
    async (request) => {
      const { id } = await hookOf(request);
      const { room } = await visibleRoom(store.rooms, tokenOf(request), request.body.room);
      await hooks.replay(id, room, request.body.seq);
      return hookAnswer(await hooks.view(id), languageAsked(request));
    },
  );

  routes.post(
    "/hooks/:hook/rotate",
    { summary: "Make a new secret, shown this once; the old one signs beside it for a day", params: HookParams, answer: "NewHook" },
    async (request) => {
      const { id } = await hookOf(request);
      const { secret } = await hooks.rotate(id);
      logger.info({ hook: id, by: tokenOf(request).id }, "a webhook has a new secret");
      return { secret, about: hookAnswer(await hooks.view(id), languageAsked(request)) };
    },
  );

  routes.post(
    "/hooks/:hook/test",
    {
      summary: "Send an empty message and say what came of it",
      description: "As often as the address may be sent messages, and six a minute for each token.",
      params: HookParams,
      answer: "HookTry",
    },
    async (request, reply) => {
      const { id } = await hookOf(request);
      const token = tokenOf(request);
      if (!tests.take(token.id))
        throw new RateLimited(
          (seconds) => msg`a token may send six tests a minute; the next one in ${seconds} s`,
          ((1 - tests.left(token.id)) * 1000) / TESTS.perSecond,
        );
      const call = calls.open(request, reply);
      return hookTryAnswer(await hooks.test(id, call.signal), languageAsked(request));
    },
  );

  routes.get(
    "/hooks/:hook/deliveries",
    { summary: "The last requests of a webhook, newest first", params: HookParams, query: TriesQuery, answer: "HookTryList" },
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
    // Else a manager could point a hook that an admin trusted elsewhere, or choose what it sends there.
    const asksAdmin = change.url !== undefined || change.channel !== undefined || change.allowPrivate !== undefined;
    if (after.allowPrivate && asksAdmin && token.scope !== "admin")
      throw new DyliveError(
        "forbidden",
        "allowPrivate: only a token of scope admin sets it, or the address or channel of a hook that has it",
      );
    if (!(await mayManage(token, after)))
      throw new DyliveError("forbidden", "the token is limited to rooms: name some of them in rooms, and no event of the system's");
  }

  async function settingsOf(
    token: TokenRow,
    body: Static<typeof HookChange>,
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
