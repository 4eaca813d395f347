import { EVENT_TYPES, type EventType, type LiveEvent, type LiveEventOf, USUAL_TYPES } from "../events/event.js";
import type { Predicate } from "../events/filter.js";
import { noSuch } from "../events/misspelt.js";
import { isTest } from "../events/test-event.js";
import { readFilter } from "../feed/read-queue.js";
import { yieldToEventLoop } from "../runtime/clock.js";
import { FieldError } from "../runtime/errors.js";
import { type Log, type RoomKey, SYSTEM_ROOM } from "../store/log.js";
import type { HookSettings } from "../store/sql/hooks.js";
import type { StoredEvent } from "../store/stored-event.js";

const ALL = "*";

/** Names that stand for some events of a type. `room.live` is the first time that a broadcast is seen live, not each reconnection. */
export const HOOK_NAMES = [
  "room.live",
  "room.ended",
  "gifts.suppressed",
  "gifts.flowing",
  "session.lost",
  "session.silent",
  "session.receives",
  "account.lapsed",
  "hook.paused",
  "disk.low",
  "work.published",
] as const;
type HookName = (typeof HOOK_NAMES)[number];
const TYPE_OF: Readonly<Record<HookName, EventType>> = {
  "room.live": "state",
  "room.ended": "state",
  "gifts.suppressed": "system",
  "gifts.flowing": "system",
  "session.lost": "system",
  "session.silent": "system",
  "session.receives": "system",
  "account.lapsed": "system",
  "hook.paused": "system",
  "disk.low": "system",
  "work.published": "work",
};
/** Types of the system's room. */
const OF_SYSTEM: ReadonlySet<string> = new Set<EventType>(["system", "work"]);
/** Names of what stands in a room's log, too, which is where a hook finds it. */
const OF_ROOMS = /^(?:gifts|session)\./;

/** Selection of the events that a hook is to be sent. */
export interface HookSelection {
  /** Event types that the hook needs; the store leaves out the others by itself. */
  readonly types: readonly EventType[];
  /** The hook's own expression, which the event must fulfil, too. @throws BadFilter */
  readonly expression: Predicate | null;
  /** Whether an event is wanted by its type and name; `first` when it is if it is the first of its broadcast that says so. */
  wants(row: StoredEvent): boolean | "first";
  /** Rooms whose events it is sent; null for all. */
  readonly rooms: ReadonlySet<RoomKey> | null;
  covers(room: RoomKey): boolean;
}

/**
 * Reads what a hook is to be sent; its expression when that is first asked for.
 * @throws DyliveError bad_request that names the field
 */
export function hookSelection({ types: asked, filter, rooms }: Pick<HookSettings, "types" | "filter" | "rooms">): HookSelection {
  const types = new Set(asked.length === 0 ? USUAL_TYPES : asked.includes(ALL) ? EVENT_TYPES : asked.filter(isType));
  const names = new Set(asked.filter(isName));
  for (const one of asked) if (one !== ALL && !isType(one) && !isName(one)) throw unknownName(one);
  let expression: Predicate | null = null;
  const needed = new Set([...types, ...[...names].map((name) => TYPE_OF[name])]);
  const system = asked.some((one) => OF_SYSTEM.has(isName(one) ? TYPE_OF[one] : one) && !OF_ROOMS.test(one));
  const covered = rooms.length === 0 ? null : new Set(system ? [...rooms, SYSTEM_ROOM] : rooms);

  const wants = (row: StoredEvent): boolean | "first" => {
    if (types.has(row.type)) return true;
    if (row.type === "work") return names.has("work.published");
    if (row.type !== "system" && row.type !== "state") return false;
    const { event } = row;
    // News of a room's gifts and sessions stand in its log and in the system's: a hook gets the room's.
    if (event.type === "system")
      return isName(event.kind) && names.has(event.kind) && (event.room !== SYSTEM_ROOM || !OF_ROOMS.test(event.kind));
    if (event.type !== "state") return false;
    return saysLive(event) ? names.has("room.live") && "first" : event.to === "ended" && names.has("room.ended");
  };
  return {
    types: [...needed].sort(),
    // Read when it is first needed: a list of hooks asks for the rooms alone.
    get expression() {
      if (filter !== null) expression ??= readFilter(filter);
      return expression;
    },
    wants,
    rooms: covered,
    covers: (room) => covered === null || covered.has(room),
  };
}

function isType(name: string): name is EventType {
  return (EVENT_TYPES as readonly string[]).includes(name);
}

function isName(name: string): name is HookName {
  return (HOOK_NAMES as readonly string[]).includes(name);
}

function unknownName(name: string): FieldError {
  return new FieldError("types", noSuch("type", name, [...EVENT_TYPES, ...HOOK_NAMES, "*"]));
}

/** Whether an event says that its room is live: a broadcast begins only with the first of them. */
export function saysLive(event: LiveEvent): boolean {
  return event.type === "state" && event.to === "live";
}

/**
 * Whether an event says what people know by the state that the log has before it: the same state, as after a restart of dylive, or
 * that a room whose broadcast has ended is not live. A test says nothing of the room, so it is always news. What says that a room is live is
 * another matter: {@link FirstLive}.
 */
export async function saysStateAgain(log: Log, event: LiveEvent): Promise<boolean> {
  if (event.type !== "state" || saysLive(event) || isTest(event)) return false;
  for await (const before of statesBefore(log, event.room, event.seq)) {
    if (before.to === event.to) return event.to !== "ended" || before.sessionId === event.sessionId;
    return before.to === "ended" && event.to === "waiting";
  }
  return false;
}

/** Reads the states of a room before a seq, the newest first, without tests; 40,000 at most, far more than one broadcast has. */
async function* statesBefore(log: Log, room: RoomKey, seq: number): AsyncGenerator<LiveEventOf<"state">> {
  for (let before = seq, pages = 0; before > 1 && pages < 200; pages++) {
    const page = await log.readRoomBefore(room, before, 200, { types: ["state"], tests: false });
    yield* page.events.filter((one): one is LiveEventOf<"state"> => one.type === "state").reverse();
    if (page.scanned >= before) return;
    before = page.scanned;
    await yieldToEventLoop();
  }
}

/**
 * Finds which of a room's `state` events is the first of its broadcast that says `live`: after a stall, a reconnection or a restart of
 * dylive the room becomes live again, but no broadcast has begun. The answer is a function of the log.
 */
export class FirstLive {
  readonly #log: Log;
  /** The seq of the first one, by room and broadcast. */
  readonly #known = new Map<string, number>();

  constructor(log: Log) {
    this.#log = log;
  }

  async is(event: LiveEvent): Promise<boolean> {
    if (event.sessionId === null) return true;
    const key = `${event.room}/${event.sessionId}`;
    const known = this.#known.get(key);
    if (known !== undefined) return known === event.seq;
    const first = await this.#firstOf(event.room, event.sessionId, event.seq);
    if (this.#known.size >= 1_000) this.#known.clear();
    this.#known.set(key, first);
    return first === event.seq;
  }

  /** Looks back from a seq, through the broadcast to the one before it. */
  async #firstOf(room: RoomKey, sessionId: string, seq: number): Promise<number> {
    let first = seq;
    for await (const one of statesBefore(this.#log, room, seq)) {
      if (one.sessionId !== null && one.sessionId !== sessionId) return first;
      if (one.sessionId === sessionId && saysLive(one)) first = one.seq;
    }
    return first;
  }
}
