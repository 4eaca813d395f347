import type { EventType, LiveEvent } from "../events/event.js";
import { ApiFailure, failureOf } from "./failure.js";

/** A range of seqs, both ends included, that the server no longer keeps. */
export interface RemovedRange {
  readonly room: number;
  readonly from: number;
  readonly to: number;
}

/** A room that was deleted while it was followed. */
export interface GoneRoom {
  /** Name that it was followed by. */
  readonly asked: string;
  /** Its key. */
  readonly room: number;
}

/** Part of a browser's WebSocket that is needed. */
export interface SocketLike {
  // Their events have more than is needed, each place its own.
  onmessage: ((message: never) => void) | null;
  onclose: ((close: never) => void) | null;
  onerror: ((error: never) => void) | null;
  send(text: string): void;
  close(): void;
}

/** Part of a browser's EventSource that is needed. */
export interface EventSourceLike {
  onerror: ((error: never) => void) | null;
  addEventListener(type: string, listener: (message: { readonly data: string; readonly lastEventId: string }) => void): void;
  close(): void;
}

/** One step of a stream: an event, a range or a room that is gone, or how far it has come without either. */
interface StreamStep {
  /** The rooms that there are, each by one of the names that were asked for. */
  readonly rooms?: readonly GoneRoom[];
  readonly event?: LiveEvent;
  readonly removed?: RemovedRange;
  /** Of one that was gone before this connection the server knows no key. */
  readonly gone?: Pick<GoneRoom, "asked"> & Partial<GoneRoom>;
  /** Cursor after this step. */
  readonly cursor: string;
}

/** Server, and the ways to it. */
export interface Server {
  /** Address of the API, with a slash at its end. */
  readonly base: string;
  readonly token: string;
  readonly fetch: typeof globalThis.fetch;
  readonly WebSocket: (new (url: string) => SocketLike) | null;
  readonly EventSource: (new (url: string) => EventSourceLike) | null;
  /** Time without a sign of the server after which a connection counts as lost, in ms. */
  readonly silenceMs: number;
}

/** Events that are asked for, as the query of the API. */
export interface WantedEvents {
  readonly rooms: readonly string[];
  readonly types?: readonly string[];
  readonly user?: string;
  readonly minDiamonds?: number;
  readonly filter?: string;
  /** They were followed before: what has gone since is reported, not refused. */
  readonly resumed?: boolean;
}

/** One connection: steps from `after` on (null: from now on) until it is lost. @throws ApiFailure with why it ended */
export type Transport = (
  server: Server,
  wanted: WantedEvents,
  after: string | null,
  signal: AbortSignal,
) => AsyncGenerator<StreamStep, void>;

/** Seconds for which a poll waits for an event: the longest that the server takes. */
const WAIT_S = 60;
/** Events of a page. */
const PAGE = 500;
/** Events that wait for a loop that is busy; with more the socket is closed, and opened again where the loop has come to. */
const WAITING_MAX = 10_000;

/** Calls the API. @throws ApiFailure */
async function callApi(
  server: Server,
  path: string,
  query: Readonly<Record<string, string>>,
  signal: AbortSignal,
  method: "GET" | "HEAD" = "GET",
): Promise<Response> {
  const url = new URL(path, server.base);
  for (const [name, value] of Object.entries(query)) url.searchParams.set(name, value);
  let response: Response;
  try {
    const headers = { authorization: `Bearer ${server.token}` };
    response = await server.fetch(url.href, { headers, signal, method });
  } catch (error) {
    throw lost(String(error));
  }
  if (response.ok) return response;
  const body: unknown = await response.json().catch(() => null);
  throw failureOf(body, response.status, response.headers.get("retry-after"));
}

/** A page of a room's events. */
export interface EventPage<E extends LiveEvent = LiveEvent> {
  /** Key of the room. */
  readonly room: number;
  readonly events: readonly E[];
  /** Cursor after each of them, where they were asked for. */
  readonly cursors?: readonly string[];
  /** Cursor after the last of them. */
  readonly next: string;
  /** Cursor before the first of them. */
  readonly previous: string;
  /** There is more in the direction that was asked for. */
  readonly more: boolean;
  readonly removed: readonly (readonly [from: number, to: number])[];
}

/** Reads a page. @throws ApiFailure */
export async function readPage(
  server: Server,
  room: string,
  query: Readonly<Record<string, string>>,
  signal: AbortSignal,
): Promise<EventPage> {
  const response = await callApi(server, `v1/rooms/${encodeURIComponent(room)}/events`, query, signal);
  return (await response.json().catch((error: unknown) => {
    throw lost(String(error));
  })) as EventPage;
}

/** Asks again and again for what came; each request waits for an event. */
export const polled: Transport = async function* (server, { rooms, resumed: _, ...wanted }, after, signal) {
  const [room = ""] = rooms;
  const query = queryOf(wanted);
  let cursor = after ?? (await readPage(server, room, { ...query, limit: "1" }, signal)).next;
  for (yield { cursor }; ; ) {
    const watch = new SilenceWatch(WAIT_S * 1000 + server.silenceMs, signal);
    const wait = { after: cursor, wait: String(WAIT_S), limit: String(PAGE), cursors: "true" };
    const page = await readPage(server, room, { ...query, ...wait }, watch.signal).finally(() => watch.end());
    for (const [from, to] of page.removed) yield { removed: { room: page.room, from, to }, cursor };
    yield* eventSteps(page.events, page.cursors ?? []);
    cursor = page.next;
    yield { rooms: [{ asked: room, room: page.room }], cursor };
  }
};

function* eventSteps(events: readonly LiveEvent[], cursors: readonly string[]): Generator<StreamStep, void> {
  for (const [at, event] of events.entries()) yield { event, cursor: cursors[at] ?? "" };
}

/** Reads Server-Sent Events by `fetch`, which sends the token in a header and tells why it is refused. */
export const streamed: Transport = async function* (server, wanted, after, signal) {
  const watch = new SilenceWatch(server.silenceMs, signal);
  try {
    const response = await callApi(server, "v1/events/stream", queryOf(wanted, after), watch.signal);
    if (response.body === null) throw lost("the answer has no body");
    for await (const message of messagesOf(response.body, watch)) yield* stepsOf(message, after);
  } finally {
    watch.end();
  }
};

/** Reads Server-Sent Events by an `EventSource` that was given: for places whose `fetch` gives answers only when they are whole. */
export const sourced: Transport = async function* (server, wanted, after, signal) {
  if (server.EventSource === null) throw new ApiFailure("bad_request", "There is no EventSource here", { retryable: false });
  const source = new server.EventSource(addressOf(server, "v1/events/stream", queryOf(wanted, after)));
  const inbox = new Inbox<SseMessage>(() => source.close());
  const watch = new SilenceWatch(null, signal);
  for (const event of Object.keys({ ...TYPES, ...NOTICES }))
    source.addEventListener(event, ({ data, lastEventId }) => inbox.push({ event, data, id: lastEventId }));
  // It would come back by itself, but at a place of its own.
  source.onerror = () => inbox.end();
  watch.signal.addEventListener("abort", () => inbox.end(), { once: true });
  let isOpen = false;
  try {
    for await (const message of inbox) {
      isOpen = true;
      yield* stepsOf(message, after);
    }
    if (!isOpen && !signal.aborted) await assertTaken(server, wanted, after, signal);
  } finally {
    watch.end();
    source.close();
  }
};

/** Takes the events of a WebSocket. */
export const socketed: Transport = async function* (server, wanted, after, signal) {
  if (server.WebSocket === null)
    throw new ApiFailure("bad_request", "There is no WebSocket here", {
      hint: 'Give `WebSocket` (the package ws has one for Node 20), or `by: "sse"`.',
      retryable: false,
    });
  const socket = new server.WebSocket(addressOf(server, "v1/ws", {}).replace(/^http/, "ws"));
  const watch = new SilenceWatch(server.silenceMs, signal);
  const inbox = new Inbox<SocketMessage>(() => socket.close());
  socket.onmessage = ({ data }: { readonly data: unknown }) => {
    watch.heard();
    const message = JSON.parse(String(data)) as SocketMessage;
    inbox.push(message, message.events?.length ?? 1);
  };
  socket.onclose = () => inbox.end();
  socket.onerror = () => inbox.end();
  watch.signal.addEventListener("abort", () => inbox.end(), { once: true });
  // A browser does not show the server's pings: these are answered by messages.
  const asking = setInterval(() => isOpen && socket.send('{"op":"ping"}'), server.silenceMs / PINGS);
  let isOpen = false;
  let cursor = after ?? "";
  try {
    for await (const message of inbox) {
      const { type, rooms, events, cursors, reason } = message;
      if (type === "hello") {
        isOpen = true;
        socket.send(JSON.stringify({ op: "subscribe", ...wanted, ...(after !== null && { after }) }));
        continue;
      }
      if (type === "error") throw failureOf({ error: message }, 400);
      cursor = message.cursor ?? cursors?.at(-1) ?? cursor;
      if (events !== undefined) yield* eventSteps(events, cursors ?? []);
      else if (type === "subscribed") yield { rooms: rooms ?? [], cursor };
      else if (type === "removed") yield { removed: rangeOf(message), cursor };
      else if (type === "gone") yield { gone: message as unknown as GoneRoom, cursor };
      else if (type === "position") yield { cursor };
      else if (type in NOTICES) throw endedBy(type, reason);
    }
    if (!isOpen && !signal.aborted) await assertTaken(server, wanted, after, signal);
  } finally {
    clearInterval(asking);
    watch.end();
    socket.close();
  }
};

const PINGS = 3;

interface SocketMessage {
  readonly type: string;
  readonly cursor?: string;
  readonly events?: readonly LiveEvent[];
  readonly cursors?: readonly string[];
  readonly rooms?: readonly GoneRoom[] | null;
  readonly reason?: unknown;
}

function rangeOf(message: unknown): RemovedRange {
  const { room, from, to } = message as RemovedRange;
  return { room, from, to };
}

interface SseMessage {
  readonly event: string;
  readonly data: string;
  readonly id: string;
}

/** Names of what the stream says beside events; where it ends with it, the code of why, and null where it may be opened again. */
const NOTICES: Readonly<Record<string, string | null>> = {
  ...{ hello: null, removed: null, gone: null, cursor_reset: "cursor_reset" },
  ...{ slow: null, stopping: null, failed: null, revoked: "bad_token" },
};
const TYPES: Readonly<Record<EventType, true>> = {
  ...{ chat: true, gift: true, like: true, join: true, follow: true, share: true, leave: true, moderation: true, fansclub: true },
  ...{ stats: true, rank: true, control: true, notice: true, pin: true, product: true, battle: true, linkmic: true, lottery: true },
  ...{ state: true, gap: true, system: true, work: true, erased: true, unknown: true },
};

/** @param after where the stream was asked to begin: before its `hello` messages have no place of their own */
function* stepsOf({ event, data, id }: SseMessage, after: string | null): Generator<StreamStep, void> {
  const cursor = id || (after ?? "");
  if (event === "") yield { cursor };
  else if (event === "hello") yield { rooms: (JSON.parse(data) as { readonly rooms: readonly GoneRoom[] | null }).rooms ?? [], cursor };
  else if (event === "removed") yield { removed: JSON.parse(data) as RemovedRange, cursor };
  else if (event === "gone") yield { gone: JSON.parse(data) as GoneRoom, cursor };
  else if (event in NOTICES) throw endedBy(event, (JSON.parse(data) as { readonly reason?: unknown }).reason);
  else yield { event: JSON.parse(data) as LiveEvent, cursor };
}

/** Returns what the server said last before it ended a stream. */
function endedBy(event: string, reason: unknown): ApiFailure {
  const code = NOTICES[event] ?? null;
  const words = `The server ended the stream: ${String(reason)}`;
  if (code === null) return lost(words);
  const hint =
    code === "bad_token"
      ? "The token was revoked: `dylive token create --name NAME` makes one."
      : "Ask for less: docs/filters.md has the bounds.";
  return new ApiFailure(code, words, { hint, status: code === "bad_token" ? 401 : 429, retryable: false });
}

function lost(words: string): ApiFailure {
  return new ApiFailure("offline", words, { hint: "Check the address, and that the server runs." });
}

/** Asks why a stream was refused, which a browser does not say. @throws ApiFailure when it was */
async function assertTaken(server: Server, wanted: WantedEvents, after: string | null, signal: AbortSignal): Promise<void> {
  const query = queryOf(wanted, after);
  // An answer to HEAD ends at once and says no words, one that refuses does both.
  await callApi(server, "v1/events/stream", query, signal, "HEAD").catch(async () => {
    const answer = await callApi(server, "v1/events/stream", query, signal);
    await answer.body?.cancel(); // taken after all, and not wanted
  });
}

export function queryOf(
  { rooms, types, minDiamonds, resumed, ...texts }: Partial<WantedEvents>,
  after: string | null = null,
): Readonly<Record<string, string>> {
  const given = {
    ...texts,
    rooms: rooms?.join(","),
    types: types?.join(","),
    minDiamonds: minDiamonds?.toString(),
    resumed: resumed?.toString(),
    after: after ?? undefined,
  };
  return Object.fromEntries(Object.entries(given).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])));
}

/** An address with the token in it, where no header can be sent. */
function addressOf(server: Server, path: string, query: Readonly<Record<string, string>>): string {
  const url = new URL(path, server.base);
  for (const [name, value] of Object.entries({ ...query, token: server.token })) url.searchParams.set(name, value);
  return url.href;
}

/** Parses Server-Sent Events. Messages without data move the place alone. */
async function* messagesOf(body: ReadableStream<Uint8Array>, watch: SilenceWatch): AsyncGenerator<SseMessage, void> {
  const reader = body.getReader();
  const decoder = new TextDecoder();
  let rest = "";
  let message = { event: "", data: "", id: "" };
  try {
    for (;;) {
      const { done, value } = await reader.read().catch((error: unknown) => {
        throw lost(String(error));
      });
      if (done) return;
      watch.heard();
      const lines = (rest + decoder.decode(value, { stream: true })).split(/\r?\n/);
      rest = lines.pop() ?? "";
      for (const line of lines) {
        const [, field, text = ""] = /^(\w+): ?(.*)$/s.exec(line) ?? [];
        if (field === "event" || field === "id") message = { ...message, [field]: text };
        else if (field === "data") message = { ...message, data: message.data + text };
        else if (line === "") {
          if (message.id !== "" || message.event !== "") yield message;
          message = { event: "", data: "", id: message.id };
        }
      }
    }
  } finally {
    await reader.cancel().catch(() => {});
  }
}

/** Ends a connection of which nothing is heard for too long; null: where that cannot be known. */
class SilenceWatch {
  readonly #silence = new AbortController();
  readonly #letGo: () => void;
  readonly #ms: number | null;
  #timer: ReturnType<typeof setTimeout> | undefined;
  /** Aborts when the connection is to end. */
  readonly signal: AbortSignal;

  constructor(ms: number | null, signal: AbortSignal) {
    this.#ms = ms;
    this.signal = this.#silence.signal;
    // Not by AbortSignal.any, which leaves something on the other signal for each connection (Node 20).
    const pass = () => this.#silence.abort(signal.reason);
    if (signal.aborted) pass();
    else signal.addEventListener("abort", pass, { once: true });
    this.#letGo = () => signal.removeEventListener("abort", pass);
    this.heard();
  }

  heard(): void {
    clearTimeout(this.#timer);
    if (this.#ms !== null) this.#timer = setTimeout(() => this.#silence.abort(new Error(`nothing was heard for ${this.#ms} ms`)), this.#ms);
  }

  /** Ends the connection, too. */
  end(): void {
    clearTimeout(this.#timer);
    this.#letGo();
    this.#silence.abort();
  }
}

/** Messages that came and were not taken yet, in order; bounded. */
class Inbox<M> implements AsyncIterable<M> {
  readonly #messages: M[] = [];
  readonly #onFull: () => void;
  #count = 0;
  #isOver = false;
  #wake: () => void = () => {};

  constructor(onFull: () => void) {
    this.#onFull = onFull;
  }

  push(message: M, count = 1): void {
    if (this.#isOver) return;
    this.#messages.push(message);
    this.#count += count;
    if (this.#count > WAITING_MAX) {
      this.#isOver = true;
      this.#onFull();
    }
    this.#wake();
  }

  /** Nothing comes any more; what is here is still given. */
  end(): void {
    this.#isOver = true;
    this.#wake();
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<M, void> {
    for (;;) {
      const messages = this.#messages.splice(0);
      this.#count = 0;
      for (const message of messages) yield message;
      if (this.#messages.length > 0) continue;
      if (this.#isOver) return;
      await new Promise<void>((resolve) => (this.#wake = resolve));
    }
  }
}
