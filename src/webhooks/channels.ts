import { createHash, createHmac } from "node:crypto";
import { FieldError } from "../runtime/errors.js";
import { msg } from "../runtime/msg.js";
import { HOOK_CHANNELS, type HookChannel, type HookSettings } from "../store/sql/hooks.js";
import type { AlarmText } from "./alarm-text.js";

type ChannelKind = HookChannel["kind"];

/** A message as a channel wants it. */
interface ChannelRequest {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** Refusal that a service writes into its answer, whatever the HTTP status. */
export interface ChannelRefusal {
  readonly error: string;
  /** Time for which it asks to be left alone, in ms. */
  readonly putOffMs: number | null;
}

/** A kind of channel. */
interface Channel {
  /** Hosts of the service, by which an address tells its kind; servers of one's own need the kind. */
  readonly hosts?: RegExp;
  /** Form of its address, as errors say it, and what it must have on the service's own hosts. */
  readonly address: string;
  readonly key?: RegExp;
  /** Least time between two messages, in ms: what the service allows in the long run. */
  readonly everyMs: number;
  /** Longest text, in bytes unless it has a measure of its own. */
  readonly longest: number;
  readonly measure?: (text: string) => number;
  /** Whether it takes a secret. */
  readonly signs?: true;
  /** Whether it needs the id of a chat to send to. */
  readonly needsTo?: true;
  /** Takes out of a text what the service would read as more than text: mentions of everyone, links, pictures. */
  readonly plain?: (text: string) => string;
  readonly request: (channel: HookChannel, address: URL, text: AlarmText, now: number, id: string) => ChannelRequest;
  /** Returns the refusal that an answer holds, where the HTTP status alone does not tell; null for success. */
  readonly refusal?: (answer: string) => ChannelRefusal | null;
}

const JSON_TYPE = { "content-type": "application/json; charset=utf-8" };
const bytes = (text: string) => Buffer.byteLength(text);
const chars = (text: string) => text.length;

/** Escapes the marks of Markdown, which would make a link or a picture of what viewers wrote. */
function withoutMarkdown(text: string): string {
  return text.replace(/[\\`*_{}[\]()<>#+!|~-]/g, "\\$&");
}

/** Returns a request with a body of JSON. */
function posted(url: URL, body: object, headers: Readonly<Record<string, string>> = {}): ChannelRequest {
  return { url: url.href, headers: { ...JSON_TYPE, ...headers }, body: JSON.stringify(body) };
}

/** Returns title and lines as one text. */
function whole({ title, lines }: AlarmText): string {
  return [title, ...lines].join("\n");
}

/** Reads the refusal out of `{code, message}` by the names that a service has for them. @param limited codes that say "too often" */
function codeIn(code: string, message: string, limited: readonly number[], putOffMs: number, fine = 0) {
  return (answer: string): ChannelRefusal | null => {
    const said = jsonOf(answer);
    const value = said?.[code];
    if (value === fine) return null;
    if (said === null || value === undefined) return { error: `it answered ${quoted(answer)}`, putOffMs: null };
    const late = limited.includes(Number(value)) ? putOffMs : null;
    return { error: `it refused the message: ${code} ${String(value)}, ${quoted(String(said[message] ?? ""))}`, putOffMs: late };
  };
}

function jsonOf(text: string): Record<string, unknown> | null {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null ? (value as Record<string, unknown>) : null;
  } catch {
    return null;
  }
}

function quoted(text: string): string {
  return JSON.stringify(text.slice(0, 160));
}

/** Reads Telegram's refusal, which says for how many seconds it wants to be left alone. */
function telegramRefusal(answer: string): ChannelRefusal | null {
  const said = jsonOf(answer);
  if (said?.["ok"] === true) return null;
  const { retry_after: seconds } = (said?.["parameters"] ?? {}) as { retry_after?: unknown };
  return {
    error: `it refused the message: ${quoted(String(said?.["description"] ?? answer))}`,
    putOffMs: typeof seconds === "number" && seconds > 0 ? seconds * 1000 : null,
  };
}

/**
 * The channels, by the services' own documents as of 2026-11:
 * - DingTalk: sign = base64(HMAC-SHA256(secret, "ms\nsecret")) in the address; 20 messages a minute, then none for ten.
 * - Feishu: sign = base64(HMAC-SHA256("s\nsecret", "")) in the body; 100 a minute; `<at …>` in a text calls people.
 * - WeCom: 20 a minute, 2,048 bytes.
 * - ntfy: what has the `sequence_id` of an earlier message takes its place in the apps (server 2.16 and newer), 1 to 64 of `-_A-Za-z0-9`.
 * - None of the others can tell a message that comes again.
 */
const CHANNELS: Readonly<Record<ChannelKind, Channel>> = {
  dingtalk: {
    hosts: /^oapi\.dingtalk\.com$/,
    address: "https://oapi.dingtalk.com/robot/send?access_token=…",
    key: /\/robot\/send\?(?:.*&)?access_token=[^&]+/,
    everyMs: 3_100,
    longest: 18_000,
    signs: true,
    request: ({ secret }, address, text, now) => {
      const url = new URL(address);
      if (secret !== null) {
        url.searchParams.set("timestamp", String(now));
        url.searchParams.set("sign", createHmac("sha256", secret).update(`${now}\n${secret}`).digest("base64"));
      }
      return posted(url, { msgtype: "text", text: { content: whole(text) } });
    },
    refusal: codeIn("errcode", "errmsg", [130101, 410100], 600_000),
  },
  feishu: {
    hosts: /^open\.(?:feishu\.cn|larksuite\.com)$/,
    address: "https://open.feishu.cn/open-apis/bot/v2/hook/…",
    key: /\/bot\/v2\/hook\/[^/?]+/,
    everyMs: 700,
    longest: 18_000,
    signs: true,
    plain: (text) => text.replace(/</g, "＜"),
    request: ({ secret }, address, text, now) => {
      const timestamp = String(Math.floor(now / 1000));
      const sign = secret === null ? {} : { timestamp, sign: createHmac("sha256", `${timestamp}\n${secret}`).update("").digest("base64") };
      return posted(address, { ...sign, msg_type: "text", content: { text: whole(text) } });
    },
    refusal: codeIn("code", "msg", [11232], 60_000),
  },
  wecom: {
    hosts: /^qyapi\.weixin\.qq\.com$/,
    address: "https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key=…",
    key: /\/webhook\/send\?(?:.*&)?key=[^&]+/,
    everyMs: 3_100,
    longest: 2_000,
    request: (_channel, address, text) => posted(address, { msgtype: "text", text: { content: whole(text) } }),
    refusal: codeIn("errcode", "errmsg", [45009], 60_000),
  },
  serverchan: {
    hosts: /^(?:sctapi\.ftqq\.com|\d+\.push\.ft07\.com)$/,
    address: "https://sctapi.ftqq.com/KEY.send",
    key: /\/[^/?]+\.send/,
    everyMs: 2_000,
    longest: 16_000,
    plain: withoutMarkdown,
    // A title of its own, of 32 characters at most; the text below is Markdown, where one line break is none.
    request: (_channel, address, { title, lines }) => {
      const all = title.length > 32 && lines.length === 0 ? [title] : lines;
      return posted(address, { title: cut(title, 32, chars), desp: all.join("\n\n") });
    },
    refusal: codeIn("code", "message", [], 0),
  },
  bark: {
    hosts: /^api\.day\.app$/,
    address: "https://api.day.app/KEY",
    key: /\/\/[^/]+\/[^/?]+\/?$/,
    everyMs: 1_000,
    longest: 3_000,
    request: (_channel, address, { title, lines }) => {
      const [, key = ""] = /\/([^/]+)\/?$/.exec(address.pathname) ?? [];
      const body = { device_key: decoded(key), title, body: lines.join("\n"), group: "dylive" };
      return posted(new URL("push", new URL(`${address.pathname.replace(/[^/]+\/?$/, "")}`, address)), body);
    },
    refusal: codeIn("code", "message", [], 0, 200),
  },
  ntfy: {
    hosts: /^ntfy\.sh$/,
    address: "https://ntfy.sh/TOPIC",
    key: /\/\/[^/]+\/[^/?]+\/?$/,
    everyMs: 5_000,
    longest: 3_800,
    signs: true,
    request: ({ secret }, address, { title, lines }, _now, id) => {
      const [, topic = ""] = /\/([^/]+)\/?$/.exec(address.pathname) ?? [];
      const sequence = createHash("sha256").update(id).digest("hex").slice(0, 32);
      const text = lines.length === 0 ? title : lines.join("\n");
      const message = { topic: decoded(topic), sequence_id: sequence, title, message: text };
      const root = new URL(address.pathname.replace(/[^/]+\/?$/, ""), address);
      return posted(root, message, secret === null ? {} : { authorization: `Bearer ${secret}` });
    },
  },
  telegram: {
    hosts: /^api\.telegram\.org$/,
    address: "https://api.telegram.org/botTOKEN",
    key: /\/bot[^/?]+/,
    everyMs: 3_100,
    longest: 4_000,
    measure: chars,
    needsTo: true,
    request: ({ to }, address, text) => {
      const url = new URL(address);
      url.pathname = `${url.pathname.replace(/\/(?:sendMessage)?$/, "")}/sendMessage`;
      return posted(url, { chat_id: to, text: whole(text), link_preview_options: { is_disabled: true } });
    },
    refusal: telegramRefusal,
  },
  discord: {
    hosts: /^(?:(?:ptb|canary)\.)?discord(?:app)?\.com$/,
    address: "https://discord.com/api/webhooks/ID/TOKEN",
    key: /\/api\/webhooks\/\d+\/[^/?]+/,
    everyMs: 2_100,
    longest: 1_900,
    measure: chars,
    plain: withoutMarkdown,
    // No one is called, and no preview of a link is made (flag 4).
    request: (_channel, address, text) => posted(address, { content: whole(text), allowed_mentions: { parse: [] }, flags: 4 }),
  },
  slack: {
    hosts: /^hooks\.slack(?:-gov)?\.com$/,
    address: "https://hooks.slack.com/services/…",
    key: /\/services\/[^/]+\/[^/]+\/[^/?]+/,
    everyMs: 1_100,
    longest: 3_900,
    measure: chars,
    plain: (text) => text.replace(/&/g, "&amp;").replace(/</g, "&lt;").replace(/>/g, "&gt;"),
    request: (_channel, address, text) => posted(address, { text: whole(text), mrkdwn: false, unfurl_links: false, unfurl_media: false }),
  },
  email: {
    address: "mailto:me@example.com",
    everyMs: 10_000,
    longest: 100_000,
    // By the operator's own server, see mail.ts; a line break in a subject would be another header.
    request: (_channel, address, { title, lines }, _now, id) => ({
      url: address.href,
      headers: { subject: title.replace(/\s+/g, " "), id },
      body: lines.length === 0 ? title : lines.join("\n"),
    }),
  },
  http: {
    address: "https://…",
    everyMs: 1_000,
    longest: 16_000,
    signs: true,
    request: ({ template, secret }, address, text, _now, id) => {
      const [body, isJson] = filled(template ?? DEFAULT_TEMPLATE, text);
      const type = isJson ? JSON_TYPE : { "content-type": "text/plain; charset=utf-8" };
      const headers = { ...type, "webhook-id": id, ...(secret !== null && { authorization: `Bearer ${secret}` }) };
      return { url: address.href, headers, body };
    },
  },
};

/** Body of the kind `http` by default. */
const DEFAULT_TEMPLATE = '{"title":"{title}","text":"{text}"}';

/** Returns a template with the text in its places, and whether it is JSON: there what is filled in is written as JSON has it. */
function filled(template: string, text: AlarmText): [string, boolean] {
  const isJson = jsonOf(template) !== null;
  const written = (value: string) => (isJson ? JSON.stringify(value).slice(1, -1) : value);
  const values: Readonly<Record<string, string>> = { title: text.title, text: text.lines.join("\n"), all: whole(text) };
  return [template.replace(/\{(title|text|all)\}/g, (_place, name: string) => written(values[name] ?? "")), isJson];
}

/**
 * Returns a channel as it is asked for; what is left out is as before, or by default.
 * @param url address, which tells the kind of a known service
 * @throws FieldError when nothing tells the kind
 */
export function channelOf(
  wanted: { [K in keyof HookChannel]?: HookChannel[K] | undefined },
  url: string,
  before: HookChannel | null = null,
): HookChannel {
  const kind = wanted.kind ?? kindOf(url) ?? before?.kind;
  if (kind === undefined)
    throw new FieldError("channel.kind", msg`the address is of no service that is known: say one of ${HOOK_CHANNELS.join(", ")}`);
  const { secret = null, to = null, language = "zh", template = null } = before?.kind === kind ? before : {};
  return {
    kind,
    secret: wanted.secret === undefined ? secret : wanted.secret,
    to: wanted.to === undefined ? to : wanted.to,
    language: wanted.language ?? language,
    template: wanted.template === undefined ? template : wanted.template,
  };
}

/** Returns the kind that an address of a known service has; null for any other. */
export function kindOf(address: string): ChannelKind | null {
  if (!URL.canParse(address)) return null;
  const { hostname, protocol } = new URL(address);
  if (protocol === "mailto:") return "email";
  return HOOK_CHANNELS.find((kind) => CHANNELS[kind].hosts?.test(hostname)) ?? null;
}

/** Returns the least time between two messages of a channel, in ms. */
export function pauseOf({ kind }: HookChannel): number {
  return CHANNELS[kind].everyMs;
}

/**
 * Returns the request that brings a text to a channel: what people of the room wrote is text in it and nothing else, and what is longer than
 * the service takes is cut, with how many lines are left out.
 * @param now ms UTC, which some sign
 * @param id of the message, by which those that can know one that comes again
 */
export function channelRequest(channel: HookChannel, address: string, text: AlarmText, now: number, id: string): ChannelRequest {
  const { plain = (text: string) => text, longest, measure = bytes, request } = CHANNELS[channel.kind];
  const short = cut(text.title, 200, chars);
  const title = plain(short);
  const lines: string[] = [];
  let size = measure(title);
  // A title that is cut stands whole below it: the end of an alarm is what to do.
  const all = short === text.title ? text.lines : [text.title, ...text.lines];
  for (const [i, line] of all.entries()) {
    const one = plain(cut(line, 500, chars));
    size += measure(one) + 2;
    if (size > longest - 60) {
      lines.push(text.more(all.length - i));
      break;
    }
    lines.push(one);
  }
  return request(channel, new URL(address), { ...text, title, lines }, now, id);
}

/** Returns the refusal in a service's answer; null where it has taken the message, or where the HTTP status alone tells. */
export function refusalIn({ kind }: HookChannel, answer: string): ChannelRefusal | null {
  return CHANNELS[kind].refusal?.(answer) ?? null;
}

/** Returns a hook's address; of one with a channel without what lets others send to it: the path's last part and the values of its query. */
export function shownAddress({ url: address, channel }: Pick<HookSettings, "url" | "channel">): string {
  const url = new URL(address);
  if (channel === null || url.protocol === "mailto:") return address;
  const path = url.pathname.replace(/[^/]+\/?$/, "…").replace(/\/bot[^/]+/, "/bot…");
  return `${url.protocol}//${url.host}${path}${url.search === "" ? "" : "?…"}`;
}

/** Returns what a service answered without what lets others send: a redirect or a refusal may say again what it was sent. */
export function withoutKeys<A extends { readonly error: string | null; readonly answer: string | null }>(
  channel: HookChannel | null,
  address: string,
  answered: A,
): A {
  if (channel === null) return answered;
  const { pathname, searchParams, protocol } = new URL(address);
  // Short ones are words, such as send.
  const parts = protocol === "mailto:" ? [] : [...pathname.split("/"), ...searchParams.values(), channel.secret ?? ""];
  const keys = parts.flatMap((part) => [part, decoded(part)]).filter((part) => part.length > 5);
  const bare = (text: string | null) =>
    keys.reduce((rest, key) => rest?.replaceAll(key, "…") ?? null, text?.replace(/([?&][\w-]+=)[^&\s"]+/g, "$1…") ?? null);
  return { ...answered, error: bare(answered.error), answer: bare(answered.answer) };
}

/** Returns a part of an address as it is meant; itself where a % in it is only a sign. */
export function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}

/** Refuses settings that a channel cannot have. @throws FieldError */
export function checkChannel({ kind, secret, to, template }: HookChannel, url: string): void {
  const { signs = false, needsTo = false, address, hosts, key } = CHANNELS[kind];
  if (secret !== null && /[^\x21-\x7e]/.test(secret)) throw new FieldError("channel.secret", "letters, digits and signs without spaces");
  if (hosts?.test(URL.canParse(url) ? new URL(url).hostname : "") === true && key?.test(url) === false)
    throw new FieldError("url", msg`the address of ${kind} has the form ${address}`);
  if (!signs && secret !== null) throw new FieldError("channel.secret", msg`${kind} has none: its key is in the address (${address})`);
  if (needsTo && to === null) throw new FieldError("channel.to", msg`${kind} needs to know whom to send to: the id of the chat`);
  if (!needsTo && to !== null) throw new FieldError("channel.to", msg`${kind} has none: its address says whom it reaches (${address})`);
  if (template !== null && kind !== "http") throw new FieldError("channel.template", "only the kind http has a template");
  if (template !== null && !/\{(?:title|text|all)\}/.test(template))
    throw new FieldError("channel.template", "it must hold {text}, {title} or {all}, which stands for both");
}

/** Cuts a text to a measure, between characters, with an ellipsis. */
function cut(text: string, longest: number, measure: (text: string) => number): string {
  if (measure(text) <= longest) return text;
  let kept = "";
  for (const sign of text) {
    if (measure(kept + sign) > longest - 1) break;
    kept += sign;
  }
  return `${kept}…`;
}
