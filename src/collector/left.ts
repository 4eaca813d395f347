import { EVENT_TYPES, type EventType, type LiveEvent, type LiveEventOf } from "../events/event.js";
import type { Log, RoomKey } from "../store/log.js";
import type { Ahead, Missing, Noted, Resume, Session } from "../store/rooms.js";
import type { Store } from "../store/store.js";
import { AGREE_MS } from "./clock-offsets.js";

/** Condition in which a room was left by the process that collected it before. */
export interface Left {
  /** Broadcast that it received, until when, to some seconds, and what it was missing; null where it never said. */
  readonly resume: Resume | null;
  /** Until when what is stored was received, or told as a gap, by the broadcast; of the newest. */
  readonly received: ReadonlyMap<string, Noted>;
  /** The broadcasts that were begun last, of which one may have begun here. */
  readonly sessions: readonly Session[];
}

/** Reads how a room was left. @param recalled where its last connection was left, if that is known */
export async function readLeft(
  store: Pick<Store, "log" | "rooms" | "sessions">,
  room: RoomKey,
  recalled: Resume | null = null,
): Promise<Left> {
  const resume = recalled ?? (await store.rooms.get(room))?.resume ?? null;
  const received = await receivedUntil(store, room, resume);
  const sessions = await store.sessions.list(room, 2);
  const gap = resume?.missing === undefined ? null : await toldGap(store, room, resume.roomId, resume.missing);
  if (resume === null || gap === null) return { resume, received, sessions };
  const { missing, ...rest } = resume;
  const until = received.get(resume.roomId);
  // What ended it may have been known already, and nothing of it stored.
  if ((until?.at ?? 0) < gap.to) received.set(resume.roomId, { at: gap.to, ahead: until?.ahead ?? resume.ahead });
  // Nor may what came to one session before another was given its position.
  return { resume: { ...rest, savedAt: Math.min(rest.savedAt, gap.to) }, received, sessions };
}

/**
 * Returns the gap of a broadcast by which was told what is kept as missing, if it was: a process may have been killed before it kept that
 * nothing is missing any more. Where the clock was set meanwhile it is not recognised, and told again, and so are several gaps that may be none.
 */
async function toldGap(
  { log }: Pick<Store, "log">,
  room: RoomKey,
  sessionId: string,
  { since, reason, longerThanMs }: Missing,
): Promise<LiveEventOf<"gap"> | null> {
  if (longerThanMs !== undefined) return null;
  const { events } = await log.readRoomBefore(room, Number.MAX_SAFE_INTEGER, LOOK, { types: ["gap"], tests: false });
  const gaps = events.filter((event) => event.type === "gap");
  // Whichever of them counted: what is latest as it was noted need not be when it is read.
  const isTold = (gap: LiveEventOf<"gap">) =>
    gap.sessionId === sessionId && gap.reason === reason && since.some(({ at }) => at === gap.from);
  return gaps.find(isTold) ?? null;
}

/** Number of newest events that are looked at: those of our own, which prove nothing, are few. */
const LOOK = 50;

/** Returns the newest events of these types that are no tests, up to {@link LOOK}; none only where there are none. */
export async function newest(log: Pick<Log, "readRoomBefore">, room: RoomKey, types: readonly EventType[]): Promise<readonly LiveEvent[]> {
  for (let before = Number.MAX_SAFE_INTEGER; ; ) {
    const { events, scanned } = await log.readRoomBefore(room, before, LOOK, { types, tests: false });
    if (events.length > 0 || scanned <= 1 || scanned >= before) return events;
    before = scanned;
  }
}

/** Whether events of a type tell when something of the platform came: our own do not, nor does what is left of one that was erased. */
const TELLS_RECEIPT: Readonly<Record<EventType, boolean>> = {
  ...{ chat: true, gift: true, like: true, join: true, follow: true, share: true, leave: true, moderation: true, fansclub: true },
  ...{ stats: true, rank: true, control: true, notice: true, pin: true, product: true, battle: true },
  ...{ linkmic: true, lottery: true, unknown: true },
  ...{ state: false, gap: false, system: false, work: false, erased: false },
};
const TYPES = EVENT_TYPES.filter((type) => TELLS_RECEIPT[type]);

/** Number of newest events that tell how far their receiver's clock was ahead of the platform's: enough to outvote a wrong one. */
const VOTES = 15;
/** Number of newest events of which one bears out what was kept of that. */
const WITNESSES = 3;

/**
 * Returns until when what is stored of a room was received, by the broadcast: the receipt of the last event of each, among the newest.
 * @param resume as it was kept last
 */
async function receivedUntil({ log }: Pick<Store, "log">, room: RoomKey, resume: Resume | null): Promise<Map<string, Noted>> {
  const until = new Map<string, Noted>();
  const all = (await newest(log, room, TYPES)).filter(isReceived);
  for (const sessionId of new Set(all.map((event) => event.sessionId))) {
    if (sessionId === null) continue;
    const received = all.filter((event) => event.sessionId === sessionId);
    const kept = resume?.roomId === sessionId ? resume.ahead : {};
    until.set(sessionId, { at: Math.max(...received.map(({ receivedAt }) => receivedAt)), ahead: aheadIn(received, kept) });
  }
  return until;
}

/**
 * Returns by how much the clock that gave events their times of receipt was ahead of the platform's.
 * @param received in order
 * @param kept lead of who noted it, which knows no delay as it is long for what is sent again after an outage: of a clock that agrees with theirs
 */
function aheadIn(received: readonly LiveEvent[], kept: Ahead): Ahead {
  const timed = received.filter(({ timeEstimated }) => timeEstimated !== true).slice(-VOTES);
  const votes = timed.map(({ receivedAt, time }) => receivedAt - time);
  const { platform } = kept;
  if (platform !== undefined && votes.slice(-WITNESSES).some((vote) => Math.abs(vote - platform) <= AGREE_MS)) return kept;
  const ahead = votes.sort((a, b) => a - b)[votes.length >> 1];
  return ahead === undefined ? {} : { platform: ahead };
}

/** Whether an event came with a frame to a process that collected; a combo is settled by the clock, and a file says what it likes. */
function isReceived({ id, source }: LiveEvent): boolean {
  return source !== "system" && source !== "import" && !id.startsWith("settle:");
}
