import { createHmac, randomBytes } from "node:crypto";
import type { Transporter } from "nodemailer";
import { Agent, type Dispatcher, request } from "undici";
import { connectionFailure } from "../runtime/allowed-hosts.js";
import { type Clock, linkedController } from "../runtime/clock.js";
import { DyliveError } from "../runtime/errors.js";
import type { HookSecrets, HookTry } from "../store/sql/hooks.js";
import { type ChannelRefusal, decoded } from "./channels.js";

/**
 * Longest time for a request, from its beginning to the end of the answer, and for each step with a mail server, in ms. A receiver that needs
 * longer should answer first and work then.
 */
const ANSWER_MS = 20_000;
/** Longest time that a receiver may put us off, in ms. */
const PUT_OFF_MAX_MS = 24 * 3_600_000;

/** A request to a receiver. */
interface OutgoingRequest {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  readonly allowPrivate: boolean;
  /** Reads a refusal out of an answer, where a service says it there and not by the HTTP status alone. */
  readonly refusal?: (answer: string) => ChannelRefusal | null;
}

/** Outcome of a request. */
export interface Answered extends Pick<HookTry, "delivered" | "status" | "error" | "answer"> {
  /** Time that the receiver asks to be left alone, in ms; null when it did not say. */
  readonly putOffMs: number | null;
  /** Whether the text may be what was refused: it came, and the refusal is neither of who sends nor of how much. False by default. */
  readonly textRefused?: boolean;
}

/** Sends one request. Never rejects: a failure is an answer too. */
export type Send = (outgoing: OutgoingRequest, signal: AbortSignal) => Promise<Answered>;

interface HttpSenderDeps {
  readonly clock: Clock;
  /** Connector for hooks that may reach public addresses only; the one below is for hooks that may reach all. */
  readonly guarded: NonNullable<Agent.Options["connect"]>;
  readonly open: NonNullable<Agent.Options["connect"]>;
}

/** Sends webhooks over HTTP. */
export class HttpSender {
  readonly #clock: Clock;
  /** Agent of its own, so that a connection to a private address is never used by a hook that may not make it. */
  readonly #guarded: Agent;
  readonly #open: Agent;

  constructor({ clock, guarded, open }: HttpSenderDeps) {
    this.#clock = clock;
    // Receivers often close idle connections after 5 s. Our own time runs by the clock; undici's would be two more.
    const options = { keepAliveTimeout: 4_000, headersTimeout: 0, bodyTimeout: 0, pipelining: 1 };
    this.#guarded = new Agent({ ...options, connect: guarded });
    this.#open = new Agent({ ...options, connect: open });
  }

  /** Cuts what is under way. */
  async close(): Promise<void> {
    await Promise.all([this.#guarded.destroy(), this.#open.destroy()]);
  }

  readonly send: Send = async ({ url, headers, body, allowPrivate, refusal }, signal) => {
    const limit = linkedController(signal);
    let late = false;
    this.#clock.sleep(ANSWER_MS, limit.signal).then(
      () => {
        late = true;
        limit.abort();
      },
      () => {},
    );
    try {
      const dispatcher = allowPrivate ? this.#open : this.#guarded;
      const response = await request(url, { method: "POST", headers, body, dispatcher, signal: limit.signal });
      const answer = await read(response.body);
      return judged(response, answer, refusal?.(answer) ?? null, this.#clock.now());
    } catch (error) {
      const words = late ? `no whole answer within ${ANSWER_MS / 1000} s` : signal.aborted ? "dylive stopped" : connectionFailure(error);
      return { delivered: false, status: null, error: words, answer: null, putOffMs: null };
    } finally {
      limit.release();
      limit.abort();
    }
  };
}

/** Reads an answer as far as the cap. @throws when it breaks off before */
async function read(body: Dispatcher.ResponseData["body"]): Promise<string> {
  const parts: Buffer[] = [];
  let bytes = 0;
  for await (const part of body as AsyncIterable<Buffer>) {
    parts.push(part);
    bytes += part.length;
    // Ends the connection, and this loop: the rest is not wanted. Telegram says again what it was sent, 24 KB at most.
    if (bytes >= 65_536) break;
  }
  return Buffer.concat(parts).toString("utf8").toWellFormed();
}

function judged({ statusCode, headers }: Dispatcher.ResponseData, whole: string, refusal: ChannelRefusal | null, now: number): Answered {
  const answer = whole.slice(0, 300);
  if (statusCode >= 200 && statusCode < 300) {
    if (refusal === null) return { delivered: true, status: statusCode, error: null, answer: null, putOffMs: null };
    const putOffMs = refusal.putOffMs === null ? null : Math.min(refusal.putOffMs, PUT_OFF_MAX_MS);
    return { delivered: false, status: statusCode, error: refusal.error, answer, putOffMs, textRefused: putOffMs === null };
  }
  const location = headers["location"] === undefined ? "elsewhere" : `to ${String(headers["location"]).slice(0, 200)}`;
  const error =
    statusCode >= 300 && statusCode < 400
      ? `it answered HTTP ${statusCode}, a redirect ${location}: redirects are not followed, give the hook its final address`
      : `it answered HTTP ${statusCode}`;
  const putOffMs = putOff(headers["retry-after"], now) ?? refusal?.putOffMs ?? null;
  return {
    delivered: false,
    status: statusCode,
    error,
    answer: answer === "" ? null : answer,
    putOffMs,
    textRefused: putOffMs === null && [400, 413, 422].includes(statusCode),
  };
}

/** Reads Retry-After: seconds, or a date. */
function putOff(header: string | string[] | undefined, now: number): number | null {
  const text = Array.isArray(header) ? header[0] : header;
  if (text === undefined) return null;
  const ms = /^\d{1,9}$/.test(text) ? Number(text) * 1000 : Date.parse(text) - now;
  return Number.isFinite(ms) && ms > 0 ? Math.min(ms, PUT_OFF_MAX_MS) : null;
}

/** Sends alarms as e-mail, by the operator's own server. */
export class MailSender {
  /** Loaded at once where there is a server: a library that could not be, for want of file handles, never can be in this process. */
  readonly #mail: { readonly server: URL; readonly transport: Promise<Transporter> } | null;

  /** @param server `smtps://USER:PASSWORD@HOST:PORT`, `smtp://` for STARTTLS where the server has it; `?from=` where the user is no address */
  constructor(server: string | null) {
    // The value has a password in it, which no error of Node's may quote.
    if (server !== null && !URL.canParse(server))
      throw new DyliveError("bad_config", "DYLIVE_SMTP is no address such as smtps://USER:PASSWORD@smtp.example.com:465");
    this.#mail = server === null ? null : { server: new URL(server), transport: transportOf(new URL(server)) };
    this.#mail?.transport.catch(() => {}); // each message says it
  }

  /** Sends a text to `mailto:` and addresses. Never rejects: a failure is an answer too. */
  readonly send: Send = async ({ url, headers, body }, signal) => {
    const failed = (error: string) => ({ delivered: false, status: null, error, answer: null, putOffMs: null });
    if (this.#mail === null) return failed("no server for e-mail is set: DYLIVE_SMTP");
    const { username, hostname, searchParams } = this.#mail.server;
    const user = decoded(username);
    const from = searchParams.get("from") ?? (user.includes("@") ? user : `dylive@${hostname}`);
    try {
      const to = decoded(url.slice("mailto:".length)).split(",");
      // One that comes again has the same, by which mail servers and programs know it.
      const messageId = `<${headers["id"]}@${from.replace(/^.*@|>.*$/g, "")}>`;
      const mail = { from, to, subject: headers["subject"], text: body, messageId, signal };
      // It is taken though some addresses are refused: then the others have it, and are not to have it again.
      const { rejected = [], rejectedErrors } = await (await this.#mail.transport).sendMail(mail);
      const error = rejected.length === 0 ? null : `it did not reach ${rejected.join(", ")}: ${saidIn(rejectedErrors?.[0]) ?? "refused"}`;
      return { delivered: true, status: null, error, answer: null, putOffMs: null };
    } catch (error) {
      const { code, responseCode = 0 } = error as { code?: string; responseCode?: number };
      const said = saidIn(error);
      if (said === null) return failed(connectionFailure(error));
      return { ...failed(`the mail server refused it: ${said}`), textRefused: code === "EMESSAGE" && responseCode >= 500 };
    }
  };

  async close(): Promise<void> {
    await this.#mail?.transport.then(
      (transport) => transport.close(),
      () => {},
    );
  }
}

/** Returns what the mail server said in an error; null where it said nothing. */
function saidIn(error: unknown): string | null {
  const { response } = (error ?? {}) as { response?: unknown };
  return typeof response === "string" ? response.slice(0, 160) : null;
}

async function transportOf({ protocol, hostname, port, username, password }: URL): Promise<Transporter> {
  const { createTransport } = await import("nodemailer");
  return createTransport({
    host: hostname.replace(/^\[|\]$/g, ""),
    secure: protocol === "smtps:",
    ...(port !== "" && { port: Number(port) }),
    ...(username !== "" && { auth: { user: decoded(username), pass: decoded(password) } }),
    ...{ connectionTimeout: ANSWER_MS, greetingTimeout: ANSWER_MS, socketTimeout: ANSWER_MS },
    // Nothing of what people wrote is read as a file or an address to fetch.
    ...{ disableFileAccess: true, disableUrlAccess: true },
  });
}

/** Prefix that marks a secret as Standard Webhooks does; the rest is base64. */
const PREFIX = "whsec_";

/** Makes a new secret: 32 random bytes. */
export function newSecret(): string {
  return PREFIX + randomBytes(32).toString("base64");
}

/** Returns the secrets after a rotation at `now` (ms). For a day, in which the receiver learns the new one, the one before signs beside it. */
export function rotated({ secret }: HookSecrets, now: number): HookSecrets {
  return { secret: newSecret(), old: { secret, until: now + 24 * 3_600_000 } };
}

/**
 * Returns the headers of Standard Webhooks (https://www.standardwebhooks.com): HMAC-SHA256 over id, time in seconds and body, by every
 * secret that is valid, newest first.
 * @param id `webhook-id`, without a full stop
 * @param now ms UTC
 */
export function signed({ secret, old }: HookSecrets, id: string, body: string, now: number): Readonly<Record<string, string>> {
  const timestamp = String(Math.floor(now / 1000));
  const secrets = [secret, ...(old !== null && now < old.until ? [old.secret] : [])];
  const signatures = secrets.map((one) => {
    const key = Buffer.from(one.slice(PREFIX.length), "base64");
    return `v1,${createHmac("sha256", key).update(`${id}.${timestamp}.${body}`, "utf8").digest("base64")}`;
  });
  return { "webhook-id": id, "webhook-timestamp": timestamp, "webhook-signature": signatures.join(" ") };
}
