import { Type } from "typebox";
import { OneRoom } from "../cluster/one-room.js";
import { EVENT_TYPES, type EventType, type LiveEventOf, USUAL_TYPES, type UsualType } from "../events/event.js";
import { noSuch } from "../events/misspelt.js";
import type { RoomStatus } from "../health/state.js";
import { replayFile } from "../ingest/replay.js";
import { ROOM_DOOR, readPaste } from "../platform/links/paste.js";
import { resolveText, type TextAnswer } from "../platform/links/resolve.js";
import { type ListedGift, readGiftList } from "../platform/pages/gift-list.js";
import { PlatformAccess, wayOf } from "../platform/platform-access.js";
import { Drift } from "../platform/wire/drift.js";
import { type Clock, type FollowingController, linkedController, systemClock, untilAborted } from "../runtime/clock.js";
import { DyliveError } from "../runtime/errors.js";
import { shownOf } from "../runtime/mistake.js";
import { msg, msgOf } from "../runtime/msg.js";
import { type Config, readMachine, settingsOf } from "./config.js";
import { reachOf, withReach } from "./platform.js";
import { callOption, hasMethods, optionOf, WAITING } from "./setting-schema.js";

const REACH = ["upstream", "signer", "source", "account", "data", "browser", "cdp", "proxy", "userAgent", "pollMs"] as const;
const TYPES = Type.Array(Type.Unknown(), {
  minItems: 1,
  ...{ takes: "a list of one type or more", example: '["chat", "gift"]', description: "which events" },
});
/** Options of a connection beside them. */
const OWN = {
  signal: WAITING.signal,
  maxQueuedEvents: Type.Integer({ minimum: 1, maximum: 10_000_000, description: "events kept while the loop is busy" }),
  onLost: callOption("called with the number of events that were dropped"),
  clock: WAITING.clock,
};
/** Options that one door to a room has beside these. */
const BESIDE = {
  types: TYPES,
  client: optionOf("a DyliveClient", (value) => hasMethods(value, "follow"), "client of the server that collects the room"),
};
/** Options of reaching the platform: the same settings as the server has, by hand; their environment variables are not read. */
export type ReachOptions = Partial<Pick<Config, (typeof REACH)[number]>>;

/** Options of {@link connect}. */
export interface ConnectOptions<T extends EventType = UsualType> extends ReachOptions {
  /** Which events; all but `unknown`, `rank` and `stats` by default. The type of the events follows. */
  readonly types?: readonly T[] | undefined;
  /** Ends the iteration, quietly. */
  readonly signal?: AbortSignal | undefined;
  /**
   * Events of the room, of every type, kept while the loop is busy, 10,000 by default.
   * Beyond that the oldest are dropped, and `onLost` is called.
   */
  readonly maxQueuedEvents?: number | undefined;
  /** Called with how many events of the room, of any type, were dropped because the loop did not take them in time. */
  readonly onLost?: ((count: number) => void) | undefined;
  /** The real time by default. */
  readonly clock?: Clock | undefined;
}

/**
 * A room's events as they come. The room is collected while a loop or a listener is there: all of them share one connection, and each is given
 * what comes from when it begins.
 */
export interface RoomEvents<T extends EventType> extends AsyncIterable<LiveEventOf<T>> {
  /**
   * Calls back for each event of a type, beside loops, until the returned function is called. `error` gets what a loop would throw;
   * without a listener for it, that ends the process as any unhandled rejection. What a listener throws itself is an uncaught
   * exception of the program, and an unhandled rejection where it is async, as with an EventEmitter; other listeners are called all the same.
   * @throws DyliveError bad_config for a type that was not asked for, or a listener that is no function
   */
  on<K extends T>(type: K, listener: (event: LiveEventOf<K>) => void): () => void;
  on(type: "error", listener: (error: unknown) => void): () => void;
  /** Returns the status of the room, with the evidence; null while it is not collected. */
  status(): RoomStatus | null;
  /** Ends all loops and listeners, quietly, and closes the connection: `await using room = connect(link)`. */
  [Symbol.asyncDispose](): Promise<void>;
}

const MAX_QUEUED_EVENTS = 10_000;

/**
 * Collects a live room, without a server: `for await (const event of connect(link, { types, signal }))`. It waits for a room that is not
 * live, connects again when it must, and goes on from broadcast to broadcast, until the loop is left or the signal aborts. Names and prices of
 * gifts that messages do not tell come from the platform's list, which is read once a day. Nothing is kept.
 * @param link a link, share text, room number or id
 * @throws DyliveError bad_room, bad_config at once; from the loop no_account, room_unknown, unreachable, and what keeps the room from being
 *   met
 */
export function connect<T extends EventType = UsualType>(link: string, options: ConnectOptions<T> = {}): RoomEvents<T> {
  readPaste(link, ROOM_DOOR);
  const config = connectionOf(options, "types");
  const { types = USUAL_TYPES, signal, maxQueuedEvents = MAX_QUEUED_EVENTS, onLost: lost, clock = systemClock } = options;
  assertTypes(types, EVENT_TYPES);
  const onLost = (count: number) => callBack(lost, count);
  const open = (until: AbortSignal) =>
    OneRoom.open(
      link,
      {
        reach: reachOf(config, readMachine(), clock),
        clock,
        pollMs: config.pollMs,
        maxEvents: maxQueuedEvents,
        readsGiftList: true,
        setAside: () => onLost(1),
      },
      until,
    );
  return new SharedRoom<T>(open, { types, onLost }, signal);
}

/** Reads the options of a connection, which has one more. @throws DyliveError bad_config that names what is wrong */
export function connectionOf(options: object, more: keyof typeof BESIDE): Config {
  return settingsOf(options, REACH, { [more]: BESIDE[more], ...OWN });
}

/**
 * Calls back. What that throws is the program's own uncaught exception, as where an emitter calls: it reaches neither the room nor others who
 * listen.
 */
function callBack<T>(call: ((value: T) => void) | undefined, value: T): void {
  try {
    call?.(value);
  } catch (error) {
    queueMicrotask(() => {
      throw error;
    });
  }
}

/** A room that is being opened, or is. */
interface OpenedRoom {
  readonly room: Promise<OneRoom>;
  readonly stop: AbortController;
  readers: number;
}

/** One room for all who read it: opened for the first, closed after the last. */
class SharedRoom<T extends EventType> implements RoomEvents<T> {
  readonly #open: (until: AbortSignal) => Promise<OneRoom>;
  readonly #wanted: { readonly types: readonly EventType[]; readonly onLost: (count: number) => void };
  readonly #end = new AbortController();
  readonly #until: AbortSignal;
  readonly #listeners = new Map<string, Set<(value: never) => void>>();
  /** Ends the calls of listeners; null without listeners, and after a failure. */
  #listening: FollowingController | null = null;
  #current: OpenedRoom | null = null;
  #met: OneRoom | null = null;
  /** Resolves when the last room is closed. */
  #closed: Promise<void> = Promise.resolve();

  constructor(
    open: (until: AbortSignal) => Promise<OneRoom>,
    wanted: { readonly types: readonly EventType[]; readonly onLost: (count: number) => void },
    signal: AbortSignal | undefined,
  ) {
    this.#open = open;
    this.#wanted = wanted;
    this.#until = signal === undefined ? this.#end.signal : AbortSignal.any([signal, this.#end.signal]);
  }

  status(): RoomStatus | null {
    return this.#met?.status() ?? null;
  }

  [Symbol.asyncIterator](): AsyncGenerator<LiveEventOf<T>, void> {
    return this.#events(this.#until);
  }

  on(type: T | "error", listener: (value: never) => void): () => void {
    if (type !== "error") assertTypes([type], this.#wanted.types);
    if (typeof listener !== "function")
      throw new DyliveError("bad_config", msg`on(${JSON.stringify(type)}, …) takes a function, not ${shownOf(listener)}`);
    // One who is added twice is called twice, as any emitter does.
    const call = (value: never) => listener(value);
    const others = this.#listeners.get(type) ?? new Set();
    this.#listeners.set(type, others.add(call));
    if (type !== "error" && this.#listening === null) void this.#tell();
    return () => {
      if (!others.delete(call) || type === "error" || this.#listened() > 0) return;
      this.#listening?.abort();
      this.#listening = null;
    };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#end.abort();
    // A loop that is busy with an event learns of it when it asks for the next.
    await (this.#current === null ? this.#closed : this.#leave(this.#current));
  }

  /** Counts those who listen for events. */
  #listened(): number {
    return [...this.#listeners].reduce((sum, [type, { size }]) => (type === "error" ? sum : sum + size), 0);
  }

  async #tell(): Promise<void> {
    const listening = linkedController(this.#until);
    this.#listening = listening;
    try {
      for await (const event of this.#events(listening.signal))
        for (const call of this.#listeners.get(event.type) ?? []) callBack(call, event as never);
    } catch (error) {
      // Before the calls: a listener that is added then begins anew.
      if (this.#listening === listening) this.#listening = null;
      const listeners = this.#listeners.get("error") ?? new Set();
      if (listeners.size === 0) throw error;
      for (const call of listeners) callBack(call, error as never);
    } finally {
      listening.release();
    }
  }

  async *#events(until: AbortSignal): AsyncGenerator<LiveEventOf<T>, void> {
    if (until.aborted) return;
    const isFirst = this.#current === null;
    this.#current ??= this.#begin();
    const current = this.#current;
    current.readers++;
    try {
      // Who comes while it is opened is given all, as the first is.
      const after = isFirst || this.#met === null ? 0 : await this.#met.head();
      const room = await untilAborted(current.room, until);
      const { types, onLost } = this.#wanted;
      // Only events of these types are read.
      yield* room.events({ types }, until, { after, onLost }) as AsyncGenerator<LiveEventOf<T>, void>;
    } catch (error) {
      if (!until.aborted) throw DyliveError.forProgram(error);
    } finally {
      if (--current.readers === 0) await this.#leave(current);
    }
  }

  #begin(): OpenedRoom {
    const stop = new AbortController();
    const room = this.#closed.then(() => this.#open(stop.signal));
    room.then(
      (met) => {
        if (!stop.signal.aborted) this.#met = met;
      },
      () => {},
    );
    return { room, stop, readers: 0 };
  }

  /** Closes a room without readers; the next reader opens it anew. */
  #leave(current: OpenedRoom): Promise<void> {
    if (this.#current !== current) return this.#closed;
    const { room, stop } = current;
    this.#current = null;
    this.#met = null;
    stop.abort();
    this.#closed = room.then(
      (met) => met.close(),
      () => {},
    );
    return this.#closed;
  }
}

/** Refuses types that are none of these, which JavaScript lets through. @throws DyliveError bad_config */
function assertTypes(types: readonly string[], known: readonly string[]): void {
  const unknown = types.find((type) => !known.includes(type));
  if (unknown !== undefined) throw new DyliveError("bad_config", noSuch("type", String(unknown), known));
}

const REPLAYING = {
  types: TYPES,
  speed: optionOf("a number, 0 or more", (value) => Number.isFinite(value) && Number(value) >= 0, "times as fast as it was"),
  drift: optionOf("a Drift", (value) => value instanceof Drift, "counts what is not known"),
  ...WAITING,
};
/** Options of {@link replay}. */
export interface ReplayFileOptions<T extends EventType = UsualType> {
  /** Which events; all but `unknown`, `rank` and `stats` by default. */
  readonly types?: readonly T[] | undefined;
  readonly signal?: AbortSignal | undefined;
  /** Times as fast as it was; 0, the default, is as fast as it goes. */
  readonly speed?: number | undefined;
  /** Counts what dylive does not know in the bytes. */
  readonly drift?: Drift | undefined;
  readonly clock?: Clock | undefined;
}

/**
 * Yields the events of a file: a recording of `dylive record`, a HAR of a browser, or a captured frame.
 * @throws DyliveError bad_file, from the loop
 */
export async function* replay<T extends EventType = UsualType>(
  path: string,
  options: ReplayFileOptions<T> = {},
): AsyncGenerator<LiveEventOf<T>, void> {
  settingsOf(options, [], REPLAYING);
  const { signal = new AbortController().signal, speed = 0, drift = new Drift(), clock = systemClock } = options;
  assertTypes(options.types ?? USUAL_TYPES, EVENT_TYPES);
  const types: ReadonlySet<EventType> = new Set<EventType>(options.types ?? USUAL_TYPES);
  const setAside = (error: unknown) => {
    throw error;
  };
  for await (const event of replayFile(path, { clock, speed, drift, signal, setAside }))
    if (types.has(event.type)) yield event as LiveEventOf<T>;
}

/**
 * Asks the platform what a text names: an id, a link, a short link, or the app's share text around one.
 * @throws DyliveError bad_room when it names no room; unreachable, with the step that failed; bad_config
 */
export async function resolve(
  text: string,
  options: ReachOptions & { readonly signal?: AbortSignal | undefined } = {},
): Promise<TextAnswer> {
  return withAccess(options, async (access, signal) =>
    resolveText(text, { platform: access.platform, visitor: await access.asker(signal), inPage: access.inPage }, signal),
  );
}

/**
 * Asks the platform for its list of gifts: names, prices and pictures, as the room's page shows them; some 1,300. Nothing is kept.
 * @throws DyliveError blocked when the platform gives no list, with what it answered instead; unreachable, bad_config
 * @example
 * const prices = new Map((await gifts()).map(({ id, diamonds }) => [id, diamonds]));
 */
export async function gifts(options: ReachOptions & { readonly signal?: AbortSignal | undefined } = {}): Promise<readonly ListedGift[]> {
  return withAccess(options, async (access, signal) => {
    const answer = await readGiftList(access, signal);
    if ("gifts" in answer) return answer.gifts;
    throw new DyliveError("blocked", msg`the platform gave no list of gifts: ${msgOf(answer.reason)}`);
  });
}

/** Asks the platform something beside rooms. */
function withAccess<T>(
  options: ReachOptions & { readonly signal?: AbortSignal | undefined },
  ask: (access: PlatformAccess, signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const config = settingsOf(options, REACH, { signal: WAITING.signal });
  const { signal = new AbortController().signal } = options;
  return withReach(config, systemClock, async (reach) => {
    const access = new PlatformAccess(reach, wayOf());
    return ask(access, signal).finally(() => access.leave());
  });
}
