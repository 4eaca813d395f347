import { OneRoom } from "../cluster/one-room.js";
import { type EventType, type LiveEventOf, USUAL_TYPES, type UsualType } from "../events/event.js";
import type { RoomStatus } from "../health/state.js";
import { replayFile } from "../ingest/replay.js";
import { ROOM_DOOR, readPaste } from "../platform/links/paste.js";
import { resolveText, type TextAnswer } from "../platform/links/resolve.js";
import { type ListedGift, readGiftList } from "../platform/pages/gift-list.js";
import { PlatformAccess, wayOf } from "../platform/platform-access.js";
import { Drift } from "../platform/wire/drift.js";
import { type Clock, systemClock } from "../runtime/clock.js";
import { DyliveError } from "../runtime/errors.js";
import { told, toldOf } from "../runtime/told.js";
import { type Config, loadConfig, readMachine } from "./config.js";
import { reachOf } from "./platform.js";

/** Options of reaching the platform: the same settings as the server has, by hand; their environment variables are not read. */
export type ReachOptions = Partial<
  Pick<Config, "upstream" | "signer" | "source" | "account" | "data" | "browser" | "cdp" | "proxy" | "userAgent" | "pollMs">
>;

/** Options of {@link connect}. */
export interface ConnectOptions<T extends EventType = UsualType> extends ReachOptions {
  /** Which events; all but `unknown`, `rank` and `stats` by default. The type of the events follows. */
  readonly types?: readonly T[] | undefined;
  /** Ends the iteration, quietly. */
  readonly signal?: AbortSignal | undefined;
  /** Events kept while the loop is busy, 10,000 by default; the oldest are dropped and told to `onLost`. */
  readonly maxQueuedEvents?: number | undefined;
  /** Told how many events were dropped because the loop did not take them in time. */
  readonly onLost?: ((count: number) => void) | undefined;
  /** The real time by default. */
  readonly clock?: Clock | undefined;
}

/** A room's events as they come; each loop over it collects the room again, from when it begins to when it is left. */
export interface RoomEvents<T extends EventType> extends AsyncIterable<LiveEventOf<T>> {
  /** Returns the status of the room, with the evidence; null while no loop over it collects the room. */
  status(): RoomStatus | null;
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
  const { types = USUAL_TYPES, signal, maxQueuedEvents = MAX_QUEUED_EVENTS, onLost, clock = systemClock, ...reach } = options;
  const config = settings(reach);
  let current: OneRoom | null = null;
  return {
    status: () => current?.status() ?? null,
    async *[Symbol.asyncIterator]() {
      const until = signal ?? new AbortController().signal;
      if (until.aborted) return;
      const deps = {
        reach: reachOf(config, readMachine(), clock),
        clock,
        pollMs: config.pollMs,
        maxEvents: maxQueuedEvents,
        readsGiftList: true,
        setAside: () => onLost?.(1),
      };
      let room: OneRoom | null = null;
      try {
        room = await OneRoom.open(link, deps, until);
        current = room;
        // Only events of these types are read.
        yield* room.events({ types }, until, onLost) as AsyncGenerator<LiveEventOf<T>, void>;
      } catch (error) {
        if (!until.aborted) throw error;
      } finally {
        if (current === room) current = null;
        await room?.close();
      }
    },
  };
}

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
  const { signal = new AbortController().signal, speed = 0, drift = new Drift(), clock = systemClock } = options;
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
  const { signal = new AbortController().signal, ...given } = options;
  const reach = reachOf(settings(given), readMachine(), systemClock);
  const access = new PlatformAccess(reach, wayOf());
  try {
    return await resolveText(text, { platform: access.platform, visitor: await access.asker(signal), inPage: access.inPage }, signal);
  } finally {
    access.leave();
    await reach.identities.close();
  }
}

/**
 * Asks the platform for its list of gifts: names, prices and pictures, as the room's page shows them; some 1,300. Nothing is kept.
 * @throws DyliveError blocked when the platform gives no list, with what it answered instead; unreachable, bad_config
 * @example
 * const prices = new Map((await gifts()).map(({ id, diamonds }) => [id, diamonds]));
 */
export async function gifts(options: ReachOptions & { readonly signal?: AbortSignal | undefined } = {}): Promise<readonly ListedGift[]> {
  const { signal = new AbortController().signal, ...given } = options;
  const reach = reachOf(settings(given), readMachine(), systemClock);
  const access = new PlatformAccess(reach, wayOf());
  try {
    const answer = await readGiftList(access, signal);
    if ("gifts" in answer) return answer.gifts;
    throw new DyliveError("blocked", told`the platform gave no list of gifts: ${toldOf(answer.reason)}`);
  } finally {
    access.leave();
    await reach.identities.close();
  }
}

/** Returns complete settings. */
function settings(given: ReachOptions): Config {
  return loadConfig(given, {});
}
