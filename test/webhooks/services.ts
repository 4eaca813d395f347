import { createHmac } from "node:crypto";
import { createServer, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import { onTestFinished } from "vitest";
import type { Clock } from "../../src/runtime/clock.js";
import type { HookChannel } from "../../src/store/sql/hooks.js";

/** All but e-mail, which is no HTTP. */
export type Kind = Exclude<HookChannel["kind"], "email">;

/** Request as a service sees it. */
interface Asked {
  readonly url: URL;
  readonly headers: IncomingMessage["headers"];
  readonly raw: string;
  readonly body: Record<string, unknown>;
  readonly now: number;
}

/** Answer of a service: what it shows to people, or why it refuses. */
type Answer =
  | { readonly shown: string; readonly says: object | string; readonly id?: string }
  | { readonly status?: number; readonly refuses: object | string };

export const KEYS = { dingtalk: "SECdingtalk", feishu: "feishu-key", ntfy: "tk_ntfy", http: "own-token" };
const HOUR_MS = 3_600_000;

const hmac = (key: string, text: string) => createHmac("sha256", key).update(text).digest("base64");
const field = (body: unknown, ...path: string[]) =>
  path.reduce<unknown>((part, name) => (part as Record<string, unknown> | undefined)?.[name], body);
const textOf = (body: unknown, ...path: string[]) => String(field(body, ...path) ?? "");

/** The services as they judge a message, each by its own documents: what the real one refuses is refused here. */
const SERVICES: Readonly<Record<Kind, (asked: Asked) => Answer>> = {
  dingtalk: ({ url, body, now }) => {
    const [at, sign] = [url.searchParams.get("timestamp") ?? "", url.searchParams.get("sign")];
    if (url.searchParams.get("access_token") !== "t") return { refuses: { errcode: 300005, errmsg: "token is not exist" } };
    if (Math.abs(Number(at) - now) > HOUR_MS) return { refuses: { errcode: 310000, errmsg: "invalid timestamp" } };
    if (sign !== hmac(KEYS.dingtalk, `${at}\n${KEYS.dingtalk}`)) return { refuses: { errcode: 310000, errmsg: "sign not match" } };
    if (body["msgtype"] !== "text") return { refuses: { errcode: 40035, errmsg: "缺少参数 json" } };
    const shown = textOf(body, "text", "content");
    if (shown.includes("违禁")) return { refuses: { errcode: 430102, errmsg: "inappropriate text" } };
    return { shown, says: { errcode: 0, errmsg: "ok" } };
  },
  feishu: ({ body, now }) => {
    const at = textOf(body, "timestamp");
    const right = body["sign"] === createHmac("sha256", `${at}\n${KEYS.feishu}`).digest("base64");
    if (!right || Math.abs(Number(at) * 1000 - now) > HOUR_MS)
      return { refuses: { code: 19021, msg: "sign match fail or timestamp is not within one hour from current time" } };
    return { shown: textOf(body, "content", "text"), says: { StatusCode: 0, StatusMessage: "success", code: 0, data: {}, msg: "success" } };
  },
  wecom: ({ url, body }) => {
    if (url.searchParams.get("key") !== "k") return { refuses: { errcode: 93000, errmsg: "invalid webhook url" } };
    const shown = textOf(body, "text", "content");
    if (Buffer.byteLength(shown) > 2048) return { refuses: { errcode: 40058, errmsg: "text exceed 2048" } };
    return { shown, says: { errcode: 0, errmsg: "ok" } };
  },
  serverchan: ({ url, body }) => {
    if (!url.pathname.endsWith("/SCT1.send")) return { status: 400, refuses: { code: 40001, message: "错误的Key" } };
    if (textOf(body, "title") === "" || textOf(body, "title").length > 32)
      return { status: 400, refuses: { code: 40004, message: "title" } };
    return { shown: `${textOf(body, "title")}\n${textOf(body, "desp")}`, says: { code: 0, message: "", data: {} } };
  },
  bark: ({ url, body }) => {
    if (!url.pathname.endsWith("/bark/push") || body["device_key"] !== "DEVICE")
      return { status: 400, refuses: { code: 400, message: "failed to get device token" } };
    return { shown: `${textOf(body, "title")}\n${textOf(body, "body")}`, says: { code: 200, message: "success" } };
  },
  ntfy: ({ url, headers, body }) => {
    if (headers.authorization !== `Bearer ${KEYS.ntfy}`) return { status: 403, refuses: { code: 40301, http: 403, error: "forbidden" } };
    if (!/\/ntfy\/$/.test(url.pathname) || body["topic"] !== "alarms")
      return { status: 404, refuses: { code: 40401, error: "page not found" } };
    const id = textOf(body, "sequence_id");
    if (!/^[-_A-Za-z0-9]{1,64}$/.test(id)) return { status: 400, refuses: { code: 40049, error: "sequence ID invalid" } };
    return { id, shown: `${textOf(body, "title")}\n${textOf(body, "message")}`, says: { id: "x", event: "message" } };
  },
  telegram: ({ url, body }) => {
    if (!url.pathname.endsWith("/botT/sendMessage"))
      return { status: 401, refuses: { ok: false, error_code: 401, description: "Unauthorized" } };
    if (body["chat_id"] !== "-100")
      return { status: 400, refuses: { ok: false, error_code: 400, description: "Bad Request: chat not found" } };
    if (body["parse_mode"] !== undefined) return { status: 400, refuses: { ok: false, description: "can't parse entities" } };
    // Says again what it was sent, with all that is not ASCII written as its code.
    const about = { message_id: 1, from: { id: 7_000_000_001, is_bot: true, first_name: "dylive", username: "dylive_alarm_bot" } };
    const chat = { id: -100, title: "直播提醒", type: "supergroup" };
    const answer = JSON.stringify({ ok: true, result: { ...about, chat, date: 1_777_000_000, text: textOf(body, "text") } });
    const says = answer.replace(/[^\0-\x7f]/g, (sign) => `\\u${sign.charCodeAt(0).toString(16).padStart(4, "0")}`);
    return { shown: textOf(body, "text"), says };
  },
  discord: ({ body }) => {
    const shown = textOf(body, "content");
    if (shown.includes("违禁")) return { status: 400, refuses: { code: 240000, message: "blocked by harmful content" } };
    if (shown === "" || shown.length > 2000) return { status: 400, refuses: { code: 50006, message: "Cannot send an empty message" } };
    if (JSON.stringify(body["allowed_mentions"]) !== '{"parse":[]}') return { status: 500, refuses: "it would call everybody" };
    return { shown, says: "" };
  },
  slack: ({ body }) => (body["text"] === undefined ? { status: 400, refuses: "no_text" } : { shown: textOf(body, "text"), says: "ok" }),
  http: ({ raw, headers, url }) =>
    headers.authorization === `Bearer ${KEYS.http}`
      ? { shown: raw, says: "thanks", id: String(headers["webhook-id"]) }
      : { status: 401, refuses: `who are you, ${url} with ${headers.authorization}` },
};

/** Most messages a minute that a service takes; what comes above is refused as it refuses it. */
const MOST: Partial<Readonly<Record<Kind, readonly [number, Answer]>>> = {
  dingtalk: [20, { refuses: { errcode: 130101, errmsg: "send too fast, exceed 20 times per minute" } }],
  feishu: [100, { refuses: { code: 11232, msg: "frequency limited" } }],
  wecom: [20, { refuses: { errcode: 45009, errmsg: "api freq out of limit" } }],
  telegram: [20, { status: 429, refuses: { ok: false, description: "Too Many Requests", parameters: { retry_after: 40 } } }],
  discord: [30, { status: 429, refuses: { message: "You are being rate limited.", retry_after: 1.5 } }],
};

/** Paths under which each service stands on the one server, as their own addresses have them. */
const PATHS: Readonly<Record<Kind, string>> = {
  dingtalk: "/dingtalk/robot/send?access_token=t",
  feishu: "/feishu/open-apis/bot/v2/hook/h",
  wecom: "/wecom/cgi-bin/webhook/send?key=k",
  serverchan: "/serverchan/SCT1.send",
  bark: "/bark/DEVICE",
  ntfy: "/ntfy/alarms",
  telegram: "/telegram/botT",
  discord: "/discord/api/webhooks/1/T",
  slack: "/slack/services/T/B/X",
  http: "/http/own",
};

/** All the services, on one server of loopback. */
export class Services {
  /** Messages that people were shown, in order. */
  readonly shown: { readonly kind: Kind; readonly text: string; readonly at: number; readonly id: string | null }[] = [];
  /** What becomes of messages: they are shown and answered; shown, and their sender never hears of it; or they find nobody. */
  manner: "answer" | "withhold" | "away" = "answer";
  /** Messages that found nobody, by service. */
  readonly missed: Kind[] = [];
  readonly refused: { readonly kind: Kind; readonly says: unknown }[] = [];
  #origin = "";
  readonly #clock: Clock;

  private constructor(clock: Clock) {
    this.#clock = clock;
  }

  static async start(clock: Clock): Promise<Services> {
    const services = new Services(clock);
    const server = createServer((request, response) => {
      let raw = "";
      request.setEncoding("utf8").on("data", (part: string) => {
        raw += part;
      });
      request.on("end", () => {
        if (services.manner === "away") {
          services.missed.push(services.#kindOf(request));
          response.destroy();
          return;
        }
        const { status, text } = services.#judge(request, raw);
        if (services.manner === "answer") response.writeHead(status).end(text);
      });
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    services.#origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    onTestFinished(() => {
      server.closeAllConnections();
      server.close();
    });
    return services;
  }

  addressOf(kind: Kind): string {
    return this.#origin + PATHS[kind];
  }

  #kindOf({ url }: IncomingMessage): Kind {
    return url?.split("/")[1] as Kind;
  }

  #judge(request: IncomingMessage, raw: string): { status: number; text: string } {
    const url = new URL(request.url ?? "/", this.#origin);
    const kind = this.#kindOf(request);
    const now = this.#clock.now();
    const json = String(request.headers["content-type"]).startsWith("application/json");
    const body = (json ? JSON.parse(raw) : {}) as Record<string, unknown>;
    const [most = Number.POSITIVE_INFINITY, late = null] = MOST[kind] ?? [];
    const lately = this.shown.filter((one) => one.kind === kind && now - one.at < 60_000).length;
    const answer = late !== null && lately >= most ? late : SERVICES[kind]({ url, headers: request.headers, raw, body, now });
    if ("refuses" in answer) {
      this.refused.push({ kind, says: answer.refuses });
      return { status: answer.status ?? 200, text: typeof answer.refuses === "string" ? answer.refuses : JSON.stringify(answer.refuses) };
    }
    this.shown.push({ kind, text: answer.shown, at: now, id: answer.id ?? null });
    return { status: 200, text: typeof answer.says === "string" ? answer.says : JSON.stringify(answer.says) };
  }
}
