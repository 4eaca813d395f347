import { inject } from "light-my-request";
import type { Language } from "../i18n/words.js";
import { DyliveError } from "../runtime/errors.js";
import { msg } from "../runtime/msg.js";
import { SCOPES, type Scope, type TokenRow } from "../store/sql/tokens.js";
import type { Authenticator } from "./authentication.js";

/** Request of a tool to the API. */
interface ApiRequest {
  readonly method: "GET" | "POST";
  /** Path and query. */
  readonly url: string;
  readonly body?: unknown;
}

/** Asks the API, as the client that a server of the Model Context Protocol is for. Rejects once the signal aborts. */
export type AskApi = (request: ApiRequest, signal: AbortSignal) => Promise<{ readonly status: number; readonly text: string }>;

/** Fields of a request to the API; a tool's are its arguments. */
export type ToolArguments = Readonly<Record<string, unknown>>;
/** Answer of the API, as JSON. */
export type ToolAnswer = Readonly<Record<string, unknown>>;

/** The broadcast that is meant where none is named. */
export const LATEST = "latest";

/** Refusal of the API, in its own words. */
export class ApiRefusal extends Error {
  readonly hint: string;

  constructor(message: string, hint: string) {
    super(message);
    this.hint = hint;
  }
}

/** The API as a tool asks it. */
export class AskedApi {
  readonly #ask: AskApi;
  readonly #signal: AbortSignal;

  constructor(ask: AskApi, signal: AbortSignal) {
    this.#ask = ask;
    this.#signal = signal;
  }

  /** Returns the scope of the client's token. @throws ApiRefusal */
  async scope(): Promise<Scope> {
    const { scope } = await this.get("/token", {});
    return SCOPES.find((one) => one === scope) ?? "read";
  }

  /**
   * Asks a route of `/v1`.
   * @param given fields of its path, and of its query
   * @param names how the route calls fields that the tool calls otherwise
   * @throws ApiRefusal
   */
  get(route: string, given: ToolArguments, names: Readonly<Record<string, string>> = {}): Promise<ToolAnswer> {
    const rest = new Map(Object.entries(given));
    const path = route.replace(/:(\w+)/g, (_place, name: string) => {
      const value = String(rest.get(name) ?? LATEST);
      rest.delete(name);
      return encodeURIComponent(value);
    });
    const query = new URLSearchParams();
    for (const [name, value] of rest) query.set(names[name] ?? name, Array.isArray(value) ? value.join(",") : String(value));
    return this.#answer({ method: "GET", url: `/v1${path}?${query}` });
  }

  /** Asks a route of `/v1` that takes a body. @throws ApiRefusal */
  post(route: string, body: ToolArguments): Promise<ToolAnswer> {
    return this.#answer({ method: "POST", url: `/v1${route}`, body });
  }

  async #answer(request: ApiRequest): Promise<ToolAnswer> {
    const { status, text } = await this.#ask(request, this.#signal);
    const answer = jsonOf(text);
    if (status < 300 && answer !== null) return answer;
    const { code: _code, message, hint, requestId: _requestId, ...details } = (answer?.["error"] ?? {}) as ToolAnswer;
    if (message === undefined) throw new DyliveError("not_ready", msg`the answer is none of dylive's: HTTP ${status}`);
    const facts = Object.keys(details).length === 0 ? "" : ` ${JSON.stringify(details)}`;
    throw new ApiRefusal(String(message), `${hint}${facts}`);
  }
}

function jsonOf(text: string): ToolAnswer | null {
  try {
    return JSON.parse(text) as ToolAnswer;
  } catch {
    return null;
  }
}

/**
 * Makes what asks the API within its own process: requests that are part of one that was let in.
 * @param answer handles a request as the server does
 */
export function askWithin(
  answer: Parameters<typeof inject>[0],
  letIn: Authenticator["isPart"],
): (by: TokenRow, language: Language) => AskApi {
  return (by, language) =>
    async ({ method, url, body }, signal) => {
      signal.throwIfAborted();
      const headers = {
        "accept-language": language,
        ...(body !== undefined && { "content-type": "application/json" }),
      };
      const payload = body === undefined ? {} : { payload: JSON.stringify(body) };
      const { statusCode, payload: text } = await inject(
        (request, response) => {
          letIn(request, by);
          answer(request, response);
        },
        { method, url, headers, signal, ...payload },
      );
      return { status: statusCode, text };
    };
}
