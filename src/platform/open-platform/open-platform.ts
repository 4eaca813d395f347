import { DyliveError } from "../../runtime/errors.js";
import type { AccessToken } from "./access-token.js";
import { ask, ERR, OfficialRefusal, objectOf, textOf } from "./ask.js";

/** State of a push task (facts/official-push.md A2): `none` is also what an ended broadcast and an app that was unmounted have. */
type TaskState = "none" | "stopped" | "running";

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
    return status === 3 ? "running" : status === 2 ? "stopped" : "none";
  }

  /**
   * Returns a page of pushes that the platform could not deliver: bodies as they would have been pushed, oldest first.
   * @param page from 1; nobody but us keeps how far we came
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
    if (roomId === null || !/^\d{1,20}$/.test(roomId)) throw new DyliveError("official_refused", "the launch token's room was not told");
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
      if (again || errNo !== ERR.badToken) throw new OfficialRefusal(errNo, `${method} ${path} was not done`);
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
