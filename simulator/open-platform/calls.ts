import type { Clock } from "../../src/runtime/clock.js";
import { type Ask, json, type SimulatedReply } from "../reply.js";

/** An app as it is registered with the simulated Open Platform. */
export interface RegisteredApp {
  readonly appId: string;
  readonly secret: string;
  /** Data secret by type of message. */
  readonly dataSecrets: Readonly<Record<string, string>>;
  /** Address that its pushes go to. */
  readonly pushUrl: string;
}

/** Life of a token, two hours, in ms; the one before a new one goes on for five minutes. */
const TOKEN_MS = 7_200_000;
const OLD_TOKEN_MS = 300_000;
const CALLS_PER_S = 10;

/** The platform's knowledge of an app: who may call, and how often. */
export class AppAccess {
  readonly app: RegisteredApp;
  readonly #clock: Clock;
  readonly #tokens: { readonly text: string; expiresAt: number }[] = [];
  #calls: number[] = [];
  #made = 0;

  constructor(app: RegisteredApp, clock: Clock) {
    this.app = app;
    this.#clock = clock;
  }

  /** Makes a new token and shortens the one before. */
  makeToken(): { readonly text: string; readonly expiresInS: number } {
    const now = this.#clock.now();
    for (const token of this.#tokens) token.expiresAt = Math.min(token.expiresAt, now + OLD_TOKEN_MS);
    const text = `0801121${String(++this.#made).padStart(4, "0")}${this.app.appId}`;
    this.#tokens.push({ text, expiresAt: now + TOKEN_MS });
    if (this.#tokens.length > 10) this.#tokens.shift();
    return { text, expiresInS: TOKEN_MS / 1000 };
  }

  knows(token: string): boolean {
    return this.#tokens.some(({ text, expiresAt }) => text === token && this.#clock.now() < expiresAt);
  }

  /** Makes every token that was given out invalid. */
  forgetTokens(): void {
    this.#tokens.length = 0;
  }

  /** Whether one more call within this second is allowed. */
  admits(): boolean {
    const now = this.#clock.now();
    this.#calls = this.#calls.filter((at) => at > now - 1000);
    if (this.#calls.length >= CALLS_PER_S) return false;
    this.#calls.push(now);
    return true;
  }
}

/** A broadcast in which an anchor has mounted an app. */
export interface MountedBroadcast {
  readonly appId: string;
  readonly roomId: string;
  /** Launch token that the live companion gives the game. */
  readonly launchToken: string;
  live: boolean;
  /** Types whose task runs. */
  readonly running: Set<string>;
  /** Bodies that could not be pushed, by type; kept for gifts and fans club alone. */
  readonly failed: Map<string, string[]>;
  /** Messages that the app confirmed. */
  readonly acks: ConfirmedMessage[];
}

/** A message that the app has confirmed. */
export interface ConfirmedMessage {
  readonly ackType: number;
  readonly msgId: string;
  readonly msgType: string;
  readonly at: number;
}

/** Types whose failed pushes can be queried. */
const QUERYABLE: ReadonlySet<string> = new Set(["live_gift", "live_fansclub"]);
/** Number of items that are kept: the first ones. */
const KEPT = 100_000;

/** Keeps a body that was not taken, as long as there is room. */
export function keepFailed(broadcast: MountedBroadcast, msgType: string, body: string): void {
  if (!QUERYABLE.has(msgType)) return;
  const list = broadcast.failed.get(msgType) ?? [];
  broadcast.failed.set(msgType, list);
  if (list.length < KEPT) list.push(body);
}

/** State that the calls read and change. */
export interface Registry {
  readonly apps: ReadonlyMap<string, AppAccess>;
  readonly broadcasts: readonly MountedBroadcast[];
  /** Pages of failed data that were asked for, oldest first. */
  readonly pagesAsked: { readonly msgType: string; readonly page: number }[];
  /** Whether confirmations are answered with an error of the platform's own. */
  refuseAcks: boolean;
}

type Values = Readonly<Record<string, unknown>>;
type Known = { readonly access: AppAccess; readonly broadcast: MountedBroadcast; readonly msgType: string };

const ok = (data: object = {}) => json({ err_no: 0, err_msg: "ok", logid: "20261125000000", data });
const refuse = (errNo: number, text: string) => json({ err_no: errNo, err_msg: text, logid: "20261125000000", data: {} });

/** Answers the Open Platform's calls, refusing what it would refuse; null for an address that it does not have. */
export function answerCall(registry: Registry, ask: Ask): SimulatedReply | null {
  if (ask.path === "/api/apps/v2/token" && ask.method === "POST") return giveToken(registry, valuesOf(ask));
  if (ask.host !== "webcast.bytedance.com") return null;
  if (ask.path === "/api/webcastmate/info" && ask.method === "POST") return launched(registry, ask);
  const name = /^\/api\/live_data\/(task\/start|task\/stop|task\/get|task\/fail_data\/get|ack)$/.exec(ask.path)?.[1];
  if (name === undefined || ask.method !== (name.endsWith("get") ? "GET" : "POST")) return null;
  const values = valuesOf(ask);
  const access = callerOf(registry, ask.headers["access-token"]);
  if (access === null) return refuse(40022, "invalid access token");
  if (!access.admits()) return refuse(40007, "too frequent");
  return name === "ack" ? ack(registry, access, values) : task(registry, access, name, values);
}

function giveToken({ apps }: Registry, values: Values): SimulatedReply {
  const wrong = (errNo: number, text: string) => json({ err_no: errNo, err_tips: text, data: { access_token: "", expires_in: 0 } });
  const access = apps.get(String(values["appid"]));
  if (access === undefined) return wrong(40015, "bad appid");
  if (values["grant_type"] !== "client_credential") return wrong(40020, "bad grant_type");
  if (values["secret"] !== access.app.secret) return wrong(40017, "bad secret");
  const { text, expiresInS } = access.makeToken();
  return json({ err_no: 0, err_tips: "success", data: { access_token: text, expires_in: expiresInS } });
}

/** Answers with the room of a launch token; its id is a bare integer, as the platform sends it. */
function launched(registry: Registry, ask: Ask): SimulatedReply {
  const access = callerOf(registry, ask.headers["x-token"]);
  if (access === null) return json({ errcode: 40022, errmsg: "invalid access token" });
  const broadcast = registry.broadcasts.find(
    ({ appId, launchToken }) => appId === access.app.appId && launchToken === valuesOf(ask)["token"],
  );
  if (broadcast === undefined) return json({ errcode: 40001, errmsg: "token is not valid" });
  const info = {
    room_id: `@int:${broadcast.roomId}`,
    anchor_open_id: "_000anchor",
    avatar_url: "https://p3.douyinpic.com/a.jpeg",
    nick_name: "主播",
  };
  const cfg = [1, 2].map((type) => ({ ack_type: type, batch_interval: 1, batch_max_num: 50, msg_type: "live_gift" }));
  return json({ data: { ack_cfg: cfg, linker_info: { linker_id: 0, linker_status: 0, master_status: 0 }, info } });
}

function task(registry: Registry, access: AppAccess, name: string, values: Values): SimulatedReply {
  const { roomid, appid, msg_type: msgType } = values;
  if (typeof roomid !== "string" || roomid === "" || typeof appid !== "string" || typeof msgType !== "string" || msgType === "")
    return refuse(40023, "parameter is missing");
  if (appid !== access.app.appId) return refuse(40011, "appid error");
  const broadcast = registry.broadcasts.find((one) => one.appId === appid && one.roomId === roomid);
  if (broadcast === undefined) return name === "task/get" ? ok({ status: 1 }) : refuse(10004, "the game is not mounted");
  const known: Known = { access, broadcast, msgType };
  if (name === "task/get") return ok({ status: !broadcast.live ? 1 : broadcast.running.has(msgType) ? 3 : 2 });
  if (name === "task/fail_data/get") return failedPage(known, values, registry);
  return name === "task/start" ? startTask(known) : stopTask(known);
}

function startTask({ access, broadcast, msgType }: Known): SimulatedReply {
  // A type without a data secret is one that the app has no ability for.
  if (!broadcast.live || !(msgType in access.app.dataSecrets)) return refuse(5003019, "task preconditions are not met");
  broadcast.running.add(msgType);
  return ok({ task_id: "763535353" });
}

function stopTask({ broadcast, msgType }: Known): SimulatedReply {
  broadcast.running.delete(msgType);
  return ok();
}

function failedPage({ broadcast, msgType }: Known, values: Values, { pagesAsked }: Registry): SimulatedReply {
  const [page, size] = [Number(values["page_num"]), Number(values["page_size"])];
  pagesAsked.push({ msgType, page });
  if (pagesAsked.length > 10_000) pagesAsked.shift();
  const list = broadcast.failed.get(msgType) ?? [];
  if (!QUERYABLE.has(msgType) || !(page >= 1) || !(size >= 1 && size <= 100)) return refuse(10001, "bad page");
  if (page > 1 && (page - 1) * size > list.length) return refuse(10001, "no such page");
  const data_list = list.slice((page - 1) * size, page * size).map((payload) => ({ roomid: broadcast.roomId, msg_type: msgType, payload }));
  return ok({ page_num: page, total_count: list.length, data_list });
}

function ack({ broadcasts, refuseAcks }: Registry, access: AppAccess, values: Values): SimulatedReply {
  const { room_id: roomId, app_id: appId, ack_type: ackType, data } = values;
  const broadcast = broadcasts.find((one) => one.appId === appId && one.roomId === roomId);
  if (appId !== access.app.appId || broadcast === undefined || (ackType !== 1 && ackType !== 2))
    return refuse(40023, "parameter is missing");
  if (refuseAcks) return refuse(10001, "internal error");
  // It is a JSON text inside of the JSON.
  const list = typeof data === "string" ? objectsOf(data) : null;
  if (list === null) return refuse(40023, "data is no JSON text of an array");
  for (const { msg_id: msgId, msg_type: msgType, client_time: at } of list) {
    if (typeof msgId !== "string" || typeof msgType !== "string" || typeof at !== "number") return refuse(40023, "parameter is missing");
    broadcast.acks.push({ ackType, msgId, msgType, at });
  }
  return ok();
}

function callerOf({ apps }: Registry, token: unknown): AppAccess | null {
  return [...apps.values()].find((access) => typeof token === "string" && access.knows(token)) ?? null;
}

function valuesOf({ method, query, body }: Ask): Values {
  if (method === "GET") return Object.fromEntries(query);
  try {
    const value: unknown = JSON.parse(body.toString("utf8"));
    return typeof value === "object" && value !== null ? (value as Values) : {};
  } catch {
    return {};
  }
}

function objectsOf(text: string): readonly Values[] | null {
  try {
    const value: unknown = JSON.parse(text);
    return Array.isArray(value) ? (value as readonly Values[]) : null;
  } catch {
    return null;
  }
}
