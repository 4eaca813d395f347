import { request } from "undici";
import { httpAgent } from "../../runtime/allowed-hosts.js";
import { type Clock, within } from "../../runtime/clock.js";
import { DyliveError } from "../../runtime/errors.js";
import { type Msg, type MsgPart, msg, msgOf } from "../../runtime/msg.js";
import { reasonOf } from "../access/platform.js";
import { parseExact } from "../wire/exact-json.js";

/** State of a push task (facts/official-push.md A2): `none` is also what an ended broadcast and an app that was unmounted have. */
type TaskState = "none" | "stopped" | "running";
/** States of a task by the platform's numbers (facts/official-push.md A2); any other answer says nothing of it. */
const TASK_STATES: Readonly<Record<number, TaskState>> = { 1: "none", 2: "stopped", 3: "running" };

/** One message to be confirmed. */
export interface Ack {
  readonly msgId: string;
  readonly msgType: string;
  /** ms UTC, when it was received or handled */
  readonly at: number;
}

/** Rule by which the platform wants one type of message confirmed. */
export interface AckRule {
  readonly msgType: string;
  readonly ackType: number;
  readonly batchMax: number;
}

/** The room that a launch token belongs to. */
export interface LaunchedRoom {
  readonly roomId: string;
  readonly anchorOpenId: string | null;
  readonly nickname: string | null;
  readonly avatar: string | null;
  readonly ackRules: readonly AckRule[];
}

/** The most that one page of failed pushes holds. */
export const FAILED_PAGE_SIZE = 100;

/** Dependencies of a client of the Open Platform. */
interface OpenPlatformDeps {
  readonly appId: string;
  readonly token: AccessToken;
  /** Base URL of webcast.bytedance.com, or of its stand-in. */
  readonly base: string;
  /** Resolves when one more call may be made: 10 a second for the whole app. */
  readonly turn: (signal: AbortSignal) => Promise<void>;
}

/** The Open Platform's calls for one app. All throw DyliveError unreachable or official_refused ({@link OfficialRefusal} with its number). */
export class OpenPlatform {
  readonly appId: string;
  readonly #deps: OpenPlatformDeps;

  constructor(deps: OpenPlatformDeps) {
    this.appId = deps.appId;
    this.#deps = deps;
  }

  /** Starts the push of one type of message; starting it again does no harm. */
  async start(roomId: string, msgType: string, signal: AbortSignal): Promise<void> {
    await this.#liveData("POST", "task/start", this.#task(roomId, msgType), signal);
  }

  /** Stops it; what was produced before is still pushed. */
  async stop(roomId: string, msgType: string, signal: AbortSignal): Promise<void> {
    await this.#liveData("POST", "task/stop", this.#task(roomId, msgType), signal);
  }

  async state(roomId: string, msgType: string, signal: AbortSignal): Promise<TaskState> {
    const data = await this.#liveData("GET", "task/get", this.#task(roomId, msgType), signal);
    const status = Number(data?.["status"]);
    const state = TASK_STATES[status];
    if (state === undefined)
      throw new DyliveError(
        "unreachable",
        msg`the Open Platform did not say how the task is (status ${String(data?.["status"]).slice(0, 20)})`,
      );
    return state;
  }

  /**
   * Returns a page of pushes that the platform could not deliver: bodies as they would have been pushed, oldest first.
   * @param page from 1; the platform does not keep how far we came
   */
  async failed(roomId: string, msgType: string, page: number, signal: AbortSignal): Promise<readonly string[]> {
    const query = { ...this.#task(roomId, msgType), page_num: String(page), page_size: String(FAILED_PAGE_SIZE) };
    const data = await this.#liveData("GET", "task/fail_data/get", query, signal);
    const list = Array.isArray(data?.["data_list"]) ? data["data_list"] : [];
    return list.slice(0, FAILED_PAGE_SIZE).flatMap((item) => textOf(objectOf(item)?.["payload"]) ?? []);
  }

  /** @param ackType 1 received, 2 handled */
  async ack(roomId: string, ackType: 1 | 2, acks: readonly Ack[], signal: AbortSignal): Promise<void> {
    const data = JSON.stringify(acks.map(({ msgId, msgType, at }) => ({ msg_id: msgId, msg_type: msgType, client_time: at })));
    await this.#liveData("POST", "ack", { room_id: roomId, app_id: this.appId, ack_type: ackType, data }, signal);
  }

  /** Returns the room of a launch token, which the live companion gives the game; valid for half an hour. */
  async launched(launchToken: string, signal: AbortSignal): Promise<LaunchedRoom> {
    const answer = await this.#call("x-token", "POST", "/api/webcastmate/info", { token: launchToken }, "errcode", signal);
    const data = objectOf(answer["data"]);
    const info = objectOf(data?.["info"]);
    const roomId = textOf(info?.["room_id"]);
    if (roomId === null || !/^\d{1,20}$/.test(roomId)) throw new DyliveError("official_refused", "the launch token names no room");
    const rules = Array.isArray(data?.["ack_cfg"]) ? data["ack_cfg"] : [];
    return {
      roomId,
      anchorOpenId: textOf(info?.["anchor_open_id"]),
      nickname: textOf(info?.["nick_name"]),
      avatar: textOf(info?.["avatar_url"]),
      ackRules: rules.flatMap((rule) => ackRule(objectOf(rule)) ?? []),
    };
  }

  #task(roomId: string, msgType: string) {
    return { roomid: roomId, appid: this.appId, msg_type: msgType };
  }

  async #liveData(method: "GET" | "POST", name: string, values: Readonly<Record<string, string | number>>, signal: AbortSignal) {
    return objectOf((await this.#call("access-token", method, `/api/live_data/${name}`, values, "err_no", signal))["data"]);
  }

  /** Makes one call; a token that is not taken is fetched again, once. */
  async #call(
    header: string,
    method: "GET" | "POST",
    path: string,
    values: Readonly<Record<string, string | number>>,
    errorField: "err_no" | "errcode",
    signal: AbortSignal,
  ): Promise<Readonly<Record<string, unknown>>> {
    const { token, base, turn } = this.#deps;
    const query =
      method === "GET"
        ? `?${new URLSearchParams(Object.entries(values).map(([name, value]): [string, string] => [name, String(value)]))}`
        : "";
    for (let again = false; ; again = true) {
      await turn(signal);
      const text = await token.get();
      signal.throwIfAborted();
      const body = method === "POST" ? { body: values } : {};
      const answer = await ask({ method, url: `${base}${path}${query}`, headers: { [header]: text }, ...body }, signal);
      const errNo = Number(answer[errorField] ?? answer["err_no"] ?? 0);
      if (errNo === 0) return answer;
      if (again || (errNo !== ERR.badToken && errNo !== ERR.invalidToken))
        throw new OfficialRefusal(errNo, msg`${method} ${path} was not done`);
      token.refused(text);
    }
  }
}

function ackRule(rule: Readonly<Record<string, unknown>> | null): AckRule | null {
  const msgType = textOf(rule?.["msg_type"]);
  const numbers = ["ack_type", "batch_max_num"].map((name) => Number(rule?.[name]));
  const [ackType = 0, batchMax = 0] = numbers;
  if (msgType === null || !(ackType === 1 || ackType === 2)) return null;
  return { msgType, ackType, batchMax: Math.max(1, batchMax || 1) };
}

/** An app of the Open Platform. */
interface AppCredentials {
  readonly appId: string;
  /** The app's secret; not a data secret. */
  readonly secret: string;
}

/** Token with the time when it is to be renewed. */
export interface HeldToken {
  readonly text: string;
  /** ms UTC */
  readonly refreshAt: number;
  readonly expiresAt: number;
}

/** Store through which processes that share an app share its token. */
export interface SharedToken {
  /**
   * Renews the token, one process at a time: `renewed` is given the shared token, and answers with that or with a new one, which is shared from then on.
   */
  renew(renewed: (known: HeldToken | null) => Promise<HeldToken>): Promise<HeldToken>;
}

/** Pause after a refresh that failed, in ms, while the token that we have is still good. */
const RETRY_MS = 60_000;

/**
 * The app's access token, valid for two hours and fetched again after one (facts/official-push.md A1). Fetching shortens the one before to five
 * minutes, so an app has one of these in a process, the processes share what is fetched, and every caller shares a fetch that is under way. The token shows nowhere:
 * no log, no error, no JSON.
 */
export class AccessToken {
  readonly #app: AppCredentials;
  readonly #url: string;
  readonly #clock: Clock;
  readonly #life: AbortSignal;
  readonly #shared: SharedToken | null;
  #held: HeldToken | null = null;
  /** Last token that the platform did not take. */
  #refused: string | null = null;
  #retryAt = 0;
  #fetching: Promise<string> | null = null;

  /** @param url where tokens are given out; @param life ends every fetch; @param shared shared with other processes, if there are any */
  constructor(app: AppCredentials, url: string, clock: Clock, life: AbortSignal, shared: SharedToken | null = null) {
    this.#app = app;
    this.#url = url;
    this.#clock = clock;
    this.#life = life;
    this.#shared = shared;
  }

  /** Returns a token that is valid now. @throws DyliveError unreachable, official_refused */
  async get(): Promise<string> {
    const held = this.#held;
    const now = this.#clock.now();
    const valid = held !== null && now < held.expiresAt;
    if (valid && (now < held.refreshAt || now < this.#retryAt)) return held.text;
    this.#fetching ??= this.#renew().finally(() => {
      this.#fetching = null;
    });
    try {
      return await this.#fetching;
    } catch (error) {
      if (!valid || this.#held !== held) throw error;
      this.#retryAt = now + RETRY_MS;
      return held.text;
    }
  }

  /** Says that the platform did not take this token: unless another was fetched since, the next call fetches one. */
  refused(text: string): void {
    if (this.#held?.text === text) this.#held = null;
    this.#refused = text;
  }

  async #renew(): Promise<string> {
    const isGood = ({ text, refreshAt }: HeldToken) => text !== this.#refused && this.#clock.now() < refreshAt;
    const renewed = async (known: HeldToken | null) => (known !== null && isGood(known) ? known : this.#fetch());
    const held = await (this.#shared?.renew(renewed) ?? this.#fetch());
    this.#held = held;
    return held.text;
  }

  async #fetch(): Promise<HeldToken> {
    const { appId, secret } = this.#app;
    const body = { appid: appId, secret, grant_type: "client_credential" };
    const asked = this.#clock.now();
    const answer = await ask({ method: "POST", url: this.#url, headers: {}, body }, this.#life);
    const errNo = Number(answer["err_no"] ?? -1);
    if (errNo !== 0) throw new OfficialRefusal(errNo, msg`no access token was given`);
    const data = objectOf(answer["data"]);
    const text = data?.["access_token"];
    const seconds = Number(data?.["expires_in"]);
    if (typeof text !== "string" || !/^[\x21-\x7e]{1,1024}$/.test(text) || !(seconds > 0 && seconds < 1e9))
      throw new DyliveError("official_refused", "the answer holds no access token");
    const ms = seconds * 1000;
    return { text, refreshAt: asked + ms / 2, expiresAt: asked + ms };
  }
}

/** Numbers of the Open Platform's errors (facts/official-push.md A1, A2) that call for something else than waiting. */
export const ERR = { badToken: 40022, invalidToken: 40004, badPage: 10001, notMounted: 10004, precondition: 5003019 } as const;

/** Meanings of the numbers, in words for the operator. The platform's own words are not shown: they may repeat what was sent. */
const MEANINGS: ReadonlyMap<number, string> = new Map([
  [-1, "it has an error of its own"],
  [10001, "it has an error of its own, or the page does not exist"],
  [10004, "the anchor has not mounted the app"],
  [40001, "a parameter is wrong"],
  [40002, "the app lacks this ability: apply for it in the console"],
  [40004, "the access token is not valid"],
  [40007, "too many calls"],
  [40011, "the app id is wrong"],
  [40015, "the app id is wrong: DYLIVE_OFFICIAL_APP"],
  [40017, "the app's secret is wrong: DYLIVE_OFFICIAL_SECRET"],
  [40018, "too many calls at once"],
  [40020, "it does not take this way of asking for a token"],
  [40022, "the access token is not valid"],
  [40023, "a parameter is missing"],
  [5003019, "the room is not live or not known, the app lacks the ability, or too much would be pushed"],
]);

/** Error of a call that the Open Platform answered with an error number. */
export class OfficialRefusal extends DyliveError {
  readonly errNo: number;

  /** @param doing what was not done, in a few words */
  constructor(errNo: number, doing: Msg) {
    super("official_refused", msg`${doing}: error ${errNo}, ${msgOf(MEANINGS.get(errNo) ?? "which is not known")}`);
    this.errNo = errNo;
  }
}

const TIMEOUT_MS = 10_000;
/** Largest answer, in bytes: a page of 100 failed pushes, each of some hundred KB at most. */
const MAX_BYTES = 16 * 1024 * 1024;

/** Request to the Open Platform. */
interface Question {
  readonly method: "GET" | "POST";
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  /** Body, sent as JSON. */
  readonly body?: object;
}

/** The answer's JSON object, ids of more than 15 digits as texts. Errors name the address alone: headers and body hold secrets. @throws DyliveError unreachable */
async function ask({ method, url, headers, body }: Question, signal: AbortSignal): Promise<Readonly<Record<string, unknown>>> {
  const { host, pathname } = new URL(url);
  const failed = (why: MsgPart) => new DyliveError("unreachable", msg`${method} ${host}${pathname} failed: ${why}`);
  try {
    const reply = await request(url, {
      method,
      headers: { ...headers, ...(body !== undefined && { "content-type": "application/json" }) },
      signal: within(signal, TIMEOUT_MS),
      dispatcher: httpAgent,
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
    const chunks: Buffer[] = [];
    let size = 0;
    for await (const chunk of reply.body) {
      size += (chunk as Buffer).length;
      if (size > MAX_BYTES) throw failed(msg`the answer is larger than ${MAX_BYTES} bytes`);
      chunks.push(chunk as Buffer);
    }
    const answer = read(Buffer.concat(chunks).toString("utf8"));
    if (answer === null) throw failed(msg`HTTP ${reply.statusCode} without a JSON object`);
    return answer;
  } catch (error) {
    signal.throwIfAborted();
    if (error instanceof DyliveError) throw error;
    throw failed(reasonOf(error));
  }
}

function read(text: string): Readonly<Record<string, unknown>> | null {
  try {
    return objectOf(parseExact(text));
  } catch {
    return null;
  }
}

/** Returns the value when it is an object, else null. */
function objectOf(value: unknown): Readonly<Record<string, unknown>> | null {
  return typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Readonly<Record<string, unknown>>) : null;
}

/** Returns a text or number as text; null when it is neither, or empty. */
function textOf(value: unknown): string | null {
  return typeof value === "number" ? String(value) : typeof value === "string" && value !== "" ? value : null;
}
