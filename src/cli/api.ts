import { once } from "node:events";
import { Agent, type IncomingMessage, request } from "node:http";
import { connect } from "node:net";
import { type Config, languageOf } from "../app/config.js";
import { inLanguage, recognised } from "../i18n/words.js";
import { systemClock } from "../runtime/clock.js";
import { DyliveError, ERRORS, type ErrorCode, FieldError } from "../runtime/errors.js";
import { msgOf } from "../runtime/msg.js";
import { serverSocketOf } from "../store/lock.js";
import { say } from "./terminal.js";
import { existingStore } from "./with-store.js";

/** Time for which another command that has the data folder is waited for, in ms. */
const WAIT_MS = 5_000;
/** Pause between two looks at a task, in ms: the first come sooner. */
const LOOK_MS = 500;
const FIRST_LOOK_MS = 20;
/** Longest refusal that is read, in bytes. */
const REFUSAL_MAX_BYTES = 65_536;

/** Values of a query; what is undefined is left out. */
export type Query = Readonly<Record<string, string | number | boolean | readonly string[] | undefined>>;

/** What a request brings beside its path. */
interface RequestOptions {
  readonly query?: Query;
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
  readonly signal?: AbortSignal;
}

/** Long work as `/v1/tasks` shows it. */
interface ShownTask<R> {
  readonly id: string;
  readonly state: "running" | "done" | "failed" | "stopped";
  readonly progress: { readonly what: string; readonly count: number } | null;
  readonly result: R | null;
  readonly error: ShownError | null;
}

/** Refusal as the API shows it. */
export interface ShownError {
  readonly code: string;
  readonly message: string;
  readonly field?: string;
}

/** Makes a path of the API, its values encoded: path`/rooms/${room}/pause`. */
export function path(words: TemplateStringsArray, ...values: readonly (string | number)[]): string {
  return words.map((word, i) => word + (i < values.length ? encodeURIComponent(values[i] ?? "") : "")).join("");
}

/** The API of the server that has the data folder, or of this command itself. */
export class LocalApi {
  readonly #socket: string;
  /** Whether a running server is asked; otherwise this process. */
  readonly isServers: boolean;

  constructor(socket: string, isServers = true) {
    this.#socket = socket;
    this.isServers = isServers;
  }

  /** Makes what connects a client of another kind, such as one of WebSockets. */
  agent(): Agent {
    const agent = new Agent();
    return Object.assign(agent, { createConnection: () => connect(this.#socket) });
  }

  get<T>(route: string, query: Query = {}, signal?: AbortSignal): Promise<T> {
    return this.ask("GET", route, { query, ...(signal && { signal }) });
  }

  post<T>(route: string, body: unknown = undefined, signal?: AbortSignal): Promise<T> {
    return this.ask("POST", route, { body, ...(signal && { signal }) });
  }

  /** Returns the items of a list, page after page. @param name of the field that has them */
  async *items<T>(route: string, name: string, query: Query = {}): AsyncGenerator<T> {
    let cursor: string | null = null;
    do {
      const page: Readonly<Record<string, unknown>> = await this.get(route, { ...query, ...(cursor !== null && { cursor }) });
      yield* page[name] as readonly T[];
      cursor = page["next"] as string | null;
    } while (cursor !== null);
  }

  /** Returns the first items of a list, and whether there are more. @param pageMax most items of a page of it */
  async some<T>(
    route: string,
    name: string,
    query: Query,
    limit: number,
    pageMax = 1_000,
  ): Promise<{ readonly items: readonly T[]; readonly more: boolean }> {
    const items: T[] = [];
    for await (const item of this.items<T>(route, name, { ...query, limit: Math.min(limit + 1, pageMax) })) {
      if (items.length === limit) return { items, more: true };
      items.push(item);
    }
    return { items, more: false };
  }

  /** Asks a route of `/v1` and returns its JSON. @throws DyliveError as the server refuses it */
  async ask<T>(method: string, route: string, asked: RequestOptions = {}): Promise<T> {
    return JSON.parse(await textOf(await this.open(method, route, asked))) as T;
  }

  /** Asks a route of `/v1` and returns its answer as soon as it begins. @throws DyliveError as the server refuses it */
  async open(method: string, route: string, asked: RequestOptions = {}): Promise<IncomingMessage> {
    const answer = await this.send(method, `/v1${route}${queryOf(asked.query ?? {})}`, asked);
    if ((answer.statusCode ?? 0) < 300) return answer;
    throw refusalOf(await textOf(answer), answer.statusCode ?? 0);
  }

  /** Sends a request as it is, and returns the answer as it begins, a refusal too. */
  async send(method: string, url: string, { body, headers = {}, signal }: RequestOptions): Promise<IncomingMessage> {
    const json = body === undefined ? null : JSON.stringify(body);
    const sent = request({
      ...{ socketPath: this.#socket, method, path: url },
      headers: {
        "accept-language": languageOf(),
        ...(json !== null && { "content-type": "application/json", "content-length": Buffer.byteLength(json) }),
        ...headers,
      },
      ...(signal && { signal }),
    });
    sent.end(json);
    try {
      const [answer] = (await once(sent, "response")) as [IncomingMessage];
      return answer;
    } catch (error) {
      signal?.throwIfAborted();
      throw new DyliveError("stopping", "the process that has the data folder ended before it answered", error);
    }
  }

  /** Begins a task, once no other is under way. @throws DyliveError as the server refuses it */
  async begin<R>(route: string, body: unknown): Promise<ShownTask<R>> {
    for (let isLast = false; ; ) {
      try {
        return await this.post(route, body);
      } catch (error) {
        if (isLast || !(error instanceof DyliveError && error.code === "in_use")) throw error;
        const { tasks } = await this.get<{ readonly tasks: readonly ShownTask<unknown>[] }>("/tasks");
        // Where none is running the one in the way has just ended, or something else is in use.
        isLast = !tasks.some(({ state }) => state === "running");
        if (!isLast) await systemClock.sleep(LOOK_MS);
      }
    }
  }

  /**
   * Waits for the end of a task.
   * @param signal stops the task
   * @returns what came of it; null when it was stopped
   * @throws DyliveError why it failed
   */
  async follow<R>(begun: ShownTask<R>, onProgress: (what: string, count: number) => void, signal: AbortSignal): Promise<R | null> {
    let task = begun;
    let pauseMs = FIRST_LOOK_MS;
    while (task.state === "running") {
      await systemClock.sleep(pauseMs, signal).catch(() => {});
      pauseMs = Math.min(LOOK_MS, pauseMs * 2);
      task = await this.ask(signal.aborted ? "DELETE" : "GET", path`/tasks/${task.id}`);
      if (task.progress !== null) onProgress(task.progress.what, task.progress.count);
    }
    if (task.error !== null) throw errorOf(task.error);
    return task.result;
  }
}

/** An API that is open for a command. */
interface OpenApi {
  readonly api: LocalApi;
  close(): Promise<void>;
}

/** Gives a command the API of what is kept, as {@link openApi} does, for as long as it uses it. */
export async function withApi<T>(config: Config, use: (api: LocalApi) => Promise<T>, { makes = false } = {}): Promise<T> {
  const { api, close } = await openApi(config, makes);
  try {
    return await use(api);
  } finally {
    await close();
  }
}

/** Returns what gives several uses at once one API, which is open as long as there is one: see {@link withApi}. */
export function sharedApi(config: Config): <T>(use: (api: LocalApi) => Promise<T>) => Promise<T> {
  let opening: Promise<OpenApi> | null = null;
  let uses = 0;
  return async (use) => {
    uses++;
    opening ??= openApi(config, false);
    const opened = opening;
    try {
      return await use((await opened).api);
    } finally {
      if (--uses === 0) {
        opening = null;
        await opened.then(
          ({ close }) => close(),
          () => {},
        );
      }
    }
  };
}

/**
 * Opens the API of what is kept: that of the server that has the data folder, else this command's own, which has the folder until it is closed.
 * @param makes whether a store is made where there is none
 * @throws DyliveError bad_config where nothing is kept yet; in_use while another process has the data folder and answers nothing
 */
async function openApi(config: Config, makes: boolean): Promise<OpenApi> {
  if (config.databaseUrl === null && !makes) existingStore(config);
  const end = Date.now() + WAIT_MS;
  for (;;) {
    const socket = serverSocketOf(config.data, config.databaseUrl);
    if (socket !== null && (await answers(socket))) return { api: new LocalApi(socket), close: async () => {} };
    // Loaded where no server runs alone: it is most of a server.
    const { startLocal } = await import("../app/local.js");
    try {
      const local = await startLocal(config, Math.max(0, end - Date.now()), (sentence) => say(recognised(sentence)));
      return { api: new LocalApi(local.socket, false), close: () => local.close() };
    } catch (error) {
      // One that has just begun says where it is asked a moment later.
      if (!(error instanceof DyliveError && error.code === "in_use") || Date.now() >= end) throw error;
      await systemClock.sleep(FIRST_LOOK_MS);
    }
  }
}

async function answers(socket: string): Promise<boolean> {
  const connection = connect(socket);
  try {
    await once(connection, "connect");
    return true;
  } catch {
    return false; // a server that was killed left its address
  } finally {
    connection.destroy();
  }
}

function queryOf(query: Query): string {
  const given = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) if (value !== undefined) given.set(name, String(value));
  return given.size === 0 ? "" : `?${given}`;
}

/** Reads an answer to its end. */
export async function textOf(answer: IncomingMessage): Promise<string> {
  let text = "";
  const most = (answer.statusCode ?? 0) < 300 ? Number.POSITIVE_INFINITY : REFUSAL_MAX_BYTES;
  for await (const part of answer.setEncoding("utf8")) if (text.length < most) text += String(part);
  return text;
}

function refusalOf(text: string, status: number): DyliveError {
  try {
    return errorOf((JSON.parse(text) as { readonly error: ShownError }).error);
  } catch {
    return new DyliveError("internal", `HTTP ${status}`);
  }
}

/** Makes the error that a server's refusal is: its message begins with the words of the code, in the language of commands. */
export function errorOf({ code, message, field }: ShownError): DyliveError {
  const known = Object.hasOwn(ERRORS, code) ? (code as ErrorCode) : "internal";
  const title = inLanguage(languageOf(), msgOf(ERRORS[known].message));
  const detail = withoutStart(withoutStart(message, title), /^[:：] ?/);
  return field === undefined
    ? new DyliveError(known, detail)
    : new FieldError(field, withoutStart(withoutStart(detail, field), /^[:：]? */));
}

function withoutStart(text: string, start: string | RegExp): string {
  if (typeof start === "string") return text.startsWith(start) ? text.slice(start.length) : text;
  return text.replace(start, "");
}
