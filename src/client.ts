// For programs that read a server of dylive, in browsers too: its events, typed, each once and in order.

import { ApiFailure, retryMs, sleepFor } from "./client/failure.js";
import {
  type EventPage,
  type EventSourceLike,
  type GoneRoom,
  polled,
  queryOf,
  type RemovedRange,
  readPage,
  type Server,
  type SocketLike,
  socketed,
  sourced,
  streamed,
  type Transport,
  type WantedEvents,
} from "./client/transports.js";
import type { EventType, LiveEventOf, UsualType } from "./events/event.js";

export { ApiFailure } from "./client/failure.js";
export type { EventPage, EventSourceLike, GoneRoom, RemovedRange, SocketLike } from "./client/transports.js";
export { verifyWebhook, type WebhookMessage } from "./client/webhook.js";

/** Options of {@link DyliveClient}. */
export interface ClientOptions {
  /** Address of the server, such as `http://127.0.0.1:8787`; a path in it is kept. */
  readonly url: string;
  /** Token of scope `read`. */
  readonly token: string;
  /** The global one by default. */
  readonly fetch?: typeof globalThis.fetch | undefined;
  /** The global one by default; Node 20 has none, and takes that of the package `ws`. */
  readonly WebSocket?: (new (url: string) => SocketLike) | undefined;
  /** Used by `by: "sse"` in place of `fetch`: where that gives an answer only when it is whole. */
  readonly EventSource?: (new (url: string) => EventSourceLike) | undefined;
  /** Time without a sign of the server after which a connection counts as lost, 45,000 ms by default: three of its heartbeats. */
  readonly silenceMs?: number | undefined;
  /** Waits between tries to connect; real time by default. */
  readonly sleep?: ((ms: number, signal: AbortSignal) => Promise<void>) | undefined;
}

/** Which events are asked for; all conditions must hold. */
interface EventChoice<T extends EventType> {
  /** All but `unknown`, `rank` and `stats` by default. The type of the events follows. */
  readonly types?: readonly T[] | undefined;
  /** Only events of the user with this id. */
  readonly user?: string | undefined;
  /** Only gifts worth at least so many diamonds. */
  readonly minDiamonds?: number | undefined;
  /** An expression of the filter language (docs/filters.md). */
  readonly filter?: string | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** Options of {@link DyliveClient.read}. */
export interface ReadOptions<T extends EventType = UsualType> extends EventChoice<T> {
  /** A cursor, or a seq: events after it, oldest first; `"0"` for the oldest kept. */
  readonly after?: string | undefined;
  /** A cursor, or a seq: the last events before it. */
  readonly before?: string | undefined;
  /** From 1 to 2,000; 500 by default. */
  readonly limit?: number | undefined;
  /** Seconds to wait for an event when there is none, from 0 to 60. */
  readonly wait?: number | undefined;
}

/** Options of {@link DyliveClient.follow}. */
export interface FollowOptions<T extends EventType = UsualType> extends EventChoice<T> {
  /** Cursor of an earlier stream, whatever it came by; `"0"` for the oldest kept. From now on by default. */
  readonly after?: string | undefined;
  /** A WebSocket by default, where there is one; else Server-Sent Events. `poll` takes one room. */
  readonly by?: "websocket" | "sse" | "poll" | undefined;
  /** Called with a range of seqs that the server no longer keeps: the stream goes on after it. */
  readonly onRemoved?: ((range: RemovedRange) => void) | undefined;
  /**
   * Called with a room that was deleted. The stream goes on with the others, and with a room that was added by the same name since, from its beginning.
   * Without any it ends with `not_found`.
   */
  readonly onGone?: ((room: GoneRoom) => void) | undefined;
  /** Called when a connection is open, and for each that was lost, with the ms until the next try. */
  readonly onState?:
    | ((state: { readonly open: true } | { readonly open: false; readonly failure: ApiFailure; readonly retryMs: number }) => void)
    | undefined;
}

/** Events of rooms as they come: none missing and none twice, whatever happens to the connection. */
export interface FollowedEvents<T extends EventType> extends AsyncIterable<LiveEventOf<T>> {
  /** Cursor after the event that the loop has now: keep it together with what was made of the event. Null before the first connection. */
  readonly cursor: string | null;
}

const SILENCE_MS = 45_000;
/** What an option takes, in words, and whether that is it. */
type Takes = readonly [words: string, is: (value: unknown) => boolean];
const TEXT: Takes = ["text", (value) => typeof value === "string" && value !== ""];
const CALL: Takes = ["a function", (value) => typeof value === "function"];
const whole = (least: number, most = Number.MAX_SAFE_INTEGER): Takes => [
  `a whole number from ${least} ${most === Number.MAX_SAFE_INTEGER ? "on" : `to ${most}`}`,
  (value) => Number.isInteger(value) && (value as number) >= least && (value as number) <= most,
];
const CLIENT_OPTIONS: Record<keyof ClientOptions, Takes | null> = {
  ...{ url: null, token: null, fetch: CALL, WebSocket: CALL, EventSource: CALL, sleep: CALL },
  silenceMs: whole(1, 2 ** 31 - 1), // the longest that a timer waits
};
const CHOICE: Record<keyof EventChoice<EventType>, Takes> = {
  types: ["a list of one type or more", (value) => Array.isArray(value) && value.length > 0 && value.every(TEXT[1])],
  ...{ user: TEXT, minDiamonds: whole(0), filter: TEXT },
  signal: ["an AbortSignal", (value) => value instanceof AbortSignal],
};
const READ_OPTIONS: Record<keyof ReadOptions, Takes> = { ...CHOICE, after: TEXT, before: TEXT, limit: whole(1, 2000), wait: whole(0, 60) };
const FOLLOW_OPTIONS: Record<keyof FollowOptions, Takes> = {
  ...{ ...CHOICE, after: TEXT, onRemoved: CALL, onGone: CALL, onState: CALL },
  by: ["websocket, sse or poll", (value) => ["websocket", "sse", "poll"].includes(value as string)],
};

/** Reads a server of dylive. */
export class DyliveClient {
  readonly #server: Server;
  readonly #sleep: NonNullable<ClientOptions["sleep"]>;

  /** @throws ApiFailure bad_request that names the option, bad_token where the token cannot be one */
  constructor(options: ClientOptions) {
    const { url, token, fetch, WebSocket, EventSource, silenceMs = SILENCE_MS, sleep = sleepFor } = options ?? {};
    assertOptions(options ?? {}, CLIENT_OPTIONS);
    assertAddress(url);
    assertToken(token);
    const own = globalThis as { readonly WebSocket?: new (url: string) => SocketLike };
    this.#server = {
      base: url.endsWith("/") ? url : `${url}/`,
      token,
      // A browser's fetch is called by its window.
      fetch: fetch ?? ((...of) => globalThis.fetch(...of)),
      WebSocket: WebSocket ?? own.WebSocket ?? null,
      EventSource: EventSource ?? null,
      silenceMs,
    };
    this.#sleep = sleep;
  }

  /**
   * Reads a page of a room's events: the newest, those after a place, or those before one.
   * @throws ApiFailure
   */
  async read<T extends EventType = UsualType>(room: string, options: ReadOptions<T> = {}): Promise<EventPage<LiveEventOf<T>>> {
    assertNames([room]);
    assertOptions(options, READ_OPTIONS);
    const { signal = new AbortController().signal, after, before, limit, wait, ...choice } = options;
    const place = Object.entries({ after, before, limit, wait }).flatMap(([name, value]) =>
      value === undefined ? [] : [[name, String(value)]],
    );
    const page = await readPage(this.#server, room, { ...queryOf(given(choice)), ...Object.fromEntries(place) }, signal);
    return page as EventPage<LiveEventOf<T>>;
  }

  /**
   * Follows rooms that the server knows, until the loop is left or the signal aborts. A lost connection is opened again where the loop had come
   * to; a loop that begins over the same object goes on there, too.
   * @param rooms one or more: a key, number, custom id or 19-digit room_id each
   * @throws ApiFailure bad_request at once where a name is no text, or an option is not what it takes
   * @throws ApiFailure from the loop, where another try would not help: bad_token, forbidden, not_found, bad_request, cursor_reset (with
   *   `oldest` and `newest`)
   * @example
   * for await (const event of client.follow("100000002", { types: ["gift"], after: saved })) console.log(event.gift.name);
   */
  follow<T extends EventType = UsualType>(rooms: string | readonly string[], options: FollowOptions<T> = {}): FollowedEvents<T> {
    const names = Array.isArray(rooms) ? rooms : [rooms];
    assertNames(names);
    assertOptions(options, FOLLOW_OPTIONS);
    if (options.by === "poll" && names.length > 1) throw wrong("rooms", `by poll follows one room, not ${names.length}`);
    return new Follower(this.#server, this.#sleep, names, options);
  }
}

class Follower<T extends EventType> implements FollowedEvents<T> {
  readonly #server: Server;
  readonly #sleep: NonNullable<ClientOptions["sleep"]>;
  readonly #rooms: readonly string[];
  readonly #options: FollowOptions<T>;
  #cursor: string | null;
  #isRead = false;

  constructor(server: Server, sleep: NonNullable<ClientOptions["sleep"]>, rooms: readonly string[], options: FollowOptions<T>) {
    this.#server = server;
    this.#sleep = sleep;
    this.#rooms = rooms;
    this.#options = options;
    this.#cursor = options.after ?? null;
  }

  get cursor(): string | null {
    return this.#cursor;
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<LiveEventOf<T>, void> {
    const { by, after: _, signal: until = new AbortController().signal, onRemoved, onGone, onState, ...choice } = this.#options;
    const transport = this.#transport();
    if (this.#isRead)
      throw new ApiFailure("bad_request", "A loop over these events runs already", { hint: "Call follow again.", retryable: false });
    this.#isRead = true;
    const stop = new AbortController();
    const signal = AbortSignal.any([until, stop.signal]);
    let wanted: WantedEvents = { ...given(choice), rooms: this.#rooms };
    const keys = new Map<string, number>();
    const reported = new Set<number>();
    const tellGone = (asked: string, room = keys.get(asked)) => {
      if (room === undefined || reported.has(room)) return;
      reported.add(room);
      onGone?.({ asked, room });
    };
    try {
      for (let attempt = 1; !signal.aborted; attempt++) {
        let failure: ApiFailure;
        let isLeft = false;
        try {
          let isOpen = false;
          for await (const { rooms, event, removed, gone, cursor } of transport(this.#server, wanted, this.cursor, signal)) {
            if (signal.aborted) return;
            if (!isOpen) onState?.({ open: true });
            [isOpen, attempt, this.#cursor] = [true, 0, cursor];
            if (rooms !== undefined) {
              for (const { asked, room } of rooms) {
                // What its name led to was deleted, and another room has it since.
                if ((keys.get(asked) ?? room) !== room) tellGone(asked);
                keys.set(asked, room);
              }
              // A room that was asked for by two names has one from here on.
              wanted = { ...wanted, rooms: rooms.map(({ asked }) => asked), resumed: true };
            }
            if (removed !== undefined) onRemoved?.(removed);
            if (gone !== undefined) {
              const { asked, room } = gone;
              tellGone(asked, room);
              // Its name may lead to a room that was added since: that is asked at once.
              isLeft = room !== undefined;
              if (isLeft) break;
              wanted = { ...wanted, rooms: wanted.rooms.filter((name) => name !== asked) };
              if (wanted.rooms.length === 0) throw deleted(asked);
            }
            if (event !== undefined) yield event as LiveEventOf<T>;
          }
          failure = new ApiFailure("offline", "The connection has ended");
        } catch (error) {
          if (signal.aborted && error instanceof ApiFailure) return;
          if (wanted.resumed === true && error instanceof ApiFailure && error.code === "not_found" && error.status > 0) {
            for (const asked of wanted.rooms) tellGone(asked);
            throw deleted(wanted.rooms.join());
          }
          if (!(error instanceof ApiFailure && error.retryable)) throw error;
          failure = error;
        }
        if (signal.aborted) return;
        if (isLeft) continue;
        const ms = Math.max(retryMs(attempt, Math.random()), failure.retryAfterMs ?? 0);
        onState?.({ open: false, failure, retryMs: ms });
        await this.#sleep(ms, signal).catch(() => {});
      }
    } finally {
      stop.abort();
      this.#isRead = false;
    }
  }

  #transport(): Transport {
    const { by = this.#server.WebSocket === null ? "sse" : "websocket" } = this.#options;
    if (by === "websocket") return socketed;
    if (by === "sse") return this.#server.EventSource === null ? streamed : sourced;
    return polled;
  }
}

function deleted(asked: string): ApiFailure {
  return new ApiFailure("not_found", `${JSON.stringify(asked)} was deleted while it was followed`, {
    hint: "A room that is added later begins anew: follow it again then.",
    status: 404,
    retryable: false,
  });
}

function wrong(field: string, words: string): ApiFailure {
  return new ApiFailure("bad_request", `The request is not valid: ${words}`, {
    field,
    hint: "Correct the named field.",
    status: 400,
    retryable: false,
  });
}

/** Refuses what JavaScript lets through. What is wrong is not repeated: there may be a password in it. */
function assertAddress(url: unknown): void {
  let address: URL | null = null;
  try {
    address = new URL(typeof url === "string" ? url : "");
  } catch {}
  if (address === null || !/^https?:$/.test(address.protocol))
    throw wrong("url", "url takes the address of a server, such as http://127.0.0.1:8787");
  if (address.username + address.password !== "")
    throw wrong("url", "url has a user name or a password before its host, which no request can carry");
}

/** Refuses what no header can carry, which would look like a server that does not answer. */
function assertToken(token: unknown): void {
  if (typeof token === "string" && /^[\x21-\x7e]+$/.test(token)) return;
  throw new ApiFailure("bad_token", "token takes the text of a token: visible characters of ASCII, without spaces and line breaks", {
    field: "token",
    hint: "`dylive token create --name NAME` makes one.",
    retryable: false,
  });
}

function assertNames(names: readonly unknown[]): void {
  if (names.length === 0) throw wrong("rooms", "rooms are one or more");
  if (!names.every(TEXT[1]))
    throw wrong("rooms", 'a room is named by a text, such as "100000002": a number has not digits enough for a room_id');
}

/** Refuses options that there are not, and what they do not take. */
function assertOptions(options: unknown, taken: Readonly<Record<string, Takes | null>>): void {
  if (typeof options !== "object" || options === null) throw wrong("options", "the options are no object");
  for (const [name, value] of Object.entries(options)) {
    if (!Object.hasOwn(taken, name)) throw wrong(name, `there is no option ${name}; there are ${Object.keys(taken).join(", ")}`);
    const takes = taken[name];
    if (value !== undefined && takes != null && !takes[1](value)) throw wrong(name, `${name} takes ${takes[0]}, not ${shownOf(value)}`);
  }
}

/** Says a value that was given: what holds others only by its kind. */
function shownOf(value: unknown): string {
  if (typeof value === "string") return JSON.stringify(value.slice(0, 80));
  if (Array.isArray(value)) return value.length === 0 ? "an empty list" : "such a list";
  return typeof value === "function" || (typeof value === "object" && value !== null)
    ? typeof value === "function"
      ? "a function"
      : "an object"
    : String(value);
}

/** Returns what is not undefined. */
function given<O extends object>(options: O): { [K in keyof O]: Exclude<O[K], undefined> } {
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined)) as {
    [K in keyof O]: Exclude<O[K], undefined>;
  };
}
