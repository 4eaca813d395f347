import type { RoomState } from "../health/state.js";
import type { ErrorCode } from "../runtime/errors.js";
import { Watchdog } from "./watchdog.js";

/** An interval in which messages were missed; steady times, ms. */
export interface Gap {
  readonly from: number;
  readonly to: number;
  readonly reason: string;
}

/** Phases of collecting one room, by what is waited for. */
export const PHASES = {
  recalling: "reads what an earlier process left of the room",
  asking: "asks the platform what the room is",
  checking: "is not live; reads whether a broadcast of it is open",
  doubting: "is not live though a broadcast is open; waits for a second reading",
  confirming: "takes the second reading",
  identifying: "is live; takes an identity to connect with",
  opening: "opens the connection",
  open: "is connected",
  storing: "is connected; stores what came",
  leaving: "gives the connection up; stores what else came",
  verifying: "asks the page about the end that was announced",
  resting: "waits before it asks again",
  halted: "waits for the store",
  over: "collects no more",
} as const satisfies Record<string, string>;
export type Phase = keyof typeof PHASES;

/**
 * Why a connection is given up: the end was announced, a frame was damaged, no frame comes, people are not heard, or the page says that the
 * broadcast is over.
 */
type Leaving = "announced" | "damaged" | "dead" | "stalled" | "moved";

/** Events of a collection by type. `at` is a steady time, ms (`context.ts`). */
interface Events {
  recalled: object;
  /** The room is live and this collector's. */
  live: object;
  /** The room is not live and this collector's. */
  offline: object;
  /** The platform could not be asked, or said nothing. */
  unread: { readonly reason: string; readonly problem: ErrorCode };
  /** The room's number leads nowhere; its name may. */
  renamed: object;
  no_account: { readonly reason: string; readonly problem: ErrorCode };
  /** The room is another collector's. */
  not_ours: object;
  /** A manager of the room has paused it. */
  paused: { readonly reason: string };
  /** The broadcast that did not end, as far as one knows. */
  checked: { readonly sessionId: string | null };
  /** `another`: than the last connection's broadcast; `confirmed`: the platform itself lately said that it is live; `paceMs`: as a process before kept it. */
  identified: { readonly sessionId: string; readonly another: boolean; readonly confirmed: boolean; readonly paceMs: number | null };
  unidentified: { readonly reason: string; readonly problem: ErrorCode };
  /** Silence says something from `at` on. */
  opened: { readonly at: number };
  batch: object;
  /** A batch was taken: frames up to `at`, new messages of so many people; `messages`: there were any. */
  heard: { readonly at: number; readonly people: number; readonly messages: boolean };
  /** Consequences of a batch that was heard. */
  taken: { readonly announced: boolean; readonly damage: Gap | null };
  /** Time to look at the silence; `due` where a question that failed may be asked again. */
  tick: { readonly at: number; readonly due: boolean };
  answered: { readonly at: number; readonly says: "live" | "over" | "nothing" };
  /** The connection ended without an error, as one that is given up does. */
  ended: { readonly at: number; readonly reason: string };
  refused: { readonly at: number; readonly reason: string; readonly problem: ErrorCode };
  failed: { readonly at: number; readonly reason: string };
  rested: object;
  /** The collector is stopped, or another process has the room. */
  stop: object;
  store_down: { readonly reason: string; readonly problem: ErrorCode };
  broke: { readonly reason: string; readonly problem: ErrorCode };
}
export type CollectorEventType = keyof Events;
export type EventOf<T extends CollectorEventType> = Events[T] & { readonly type: T };
export type CollectorEvent = { readonly [T in CollectorEventType]: EventOf<T> }[CollectorEventType];

/** Something that is missed since the last frame, or since a steady time in ms. `silent`: it is over only when people are heard again. */
interface Miss {
  readonly since: "frame" | number;
  readonly reason: string;
  readonly silent: boolean;
}

/** A wait, whose length the driver computes: chance and settings are none of the machine's. */
type Wait =
  | { readonly for: "network" | "refusal"; readonly count: number }
  | { readonly for: "poll"; readonly slower: number }
  | { readonly for: "confirm" }
  | { readonly for: "store" };

/** An effect that the driver is to have. Those of the last line end with an event each. */
export type Effect =
  | { readonly type: "tell" | "show"; readonly state: RoomState; readonly reason: string; readonly problem: ErrorCode | null }
  | { readonly type: "question" | "giveUp" | "keep" | "forget" | "forgetHost" | "rest" | "reconnected" | "begin" }
  | { readonly type: "doubt"; readonly count: number }
  | { readonly type: "end"; readonly sessionId: string; readonly reason: "announced" | "offline" }
  | ({ readonly type: "miss" } & Miss)
  | { readonly type: "gap"; readonly gap: Gap }
  | { readonly type: "recall" | "ask" | "askAnew" | "check" | "identify" | "connect" }
  | ({ readonly type: "wait" } & Wait);

/** Facts that a collection remembers. */
export interface Memory {
  /** The room's state, as it was set last. */
  readonly shown: RoomState;
  /** Setbacks in a row: asking and identifying, connections that were lost, connections that were refused. */
  readonly failures: number;
  readonly losses: number;
  readonly refusals: number;
  /** Readings in a row that said not live. */
  readonly quietPolls: number;
  /** The broadcast that is connected to, or that may have ended. */
  readonly sessionId: string | null;
  /** Whether the platform itself said that the broadcast is live; what an earlier process left is connected to first and asked for after. */
  readonly confirmed: boolean;
  /** Questions without an answer whether it is; null while it is not in doubt. */
  readonly doubts: number | null;
  /** When the connection opened; null before. */
  readonly openedAt: number | null;
  /** Whether anything came through it. */
  readonly received: boolean;
  /** Whether it stood for long enough to count as a good one. */
  readonly steady: boolean;
  /** Question that the platform has not answered. */
  readonly question: "silence" | "doubt" | null;
  /** Watches the connections of one broadcast. */
  readonly watchdog: Watchdog;
  /** New connections that this silence has led to. */
  readonly stalls: number;
  /** Why the connection is given up; null while it is not. */
  readonly leaving: Leaving | null;
  /** When damage was last a reason to connect again, a steady time, ms. */
  readonly repairedAt: number;
  readonly damage: Gap | null;
  /** Gap that begins if the broadcast goes on although the connection was given up. */
  readonly left: Miss | null;
}

/** A collection: its phase, and what it remembers. */
export interface Collection {
  readonly phase: Phase;
  readonly memory: Memory;
}

/** No setback yet. */
export const CALM = { failures: 0, losses: 0, refusals: 0, quietPolls: 0 };

/** Collection of a room that nothing is known of yet. */
export const START: Collection = {
  phase: "recalling",
  memory: {
    ...{ ...CALM, shown: "resolving", sessionId: null, confirmed: true, doubts: null, watchdog: new Watchdog(), stalls: 0 },
    ...{ openedAt: null, received: false, steady: false, question: null },
    ...{ leaving: null, repairedAt: Number.NEGATIVE_INFINITY, damage: null, left: null },
  },
};

const SLOWEST_POLL = 4; // a room that has long been offline is looked at this many times less often

/** EffectPlan effect: its words for the documents, and the effect, which may turn out to be none. */
export interface EffectPlan {
  readonly words: string;
  readonly make: (memory: Memory, event: CollectorEvent) => Effect | null;
}

const fixed = (words: string, effect: Effect): EffectPlan => ({ words, make: () => effect });
const ask = fixed("ask", { type: "ask" });
const askAnew = fixed("ask", { type: "askAnew" });
const question = fixed("ask", { type: "question" });
const keep = fixed("keep the resume point", { type: "keep" });
const giveUp = fixed("close", { type: "giveUp" });
const gap: EffectPlan = {
  words: "store the gap of a damaged frame",
  make: (_, event) => (event.type === "taken" && event.damage !== null ? { type: "gap", gap: event.damage } : null),
};

/** Plans to go to a state. @param reason the event's, where it is null @param unless state in which nothing is done */
function tell(
  state: RoomState,
  reason: string | ((memory: Memory, event: CollectorEvent) => string) | null = null,
  unless: RoomState | null = null,
): EffectPlan {
  return {
    words: `**${state}**${unless === null ? "" : `, unless ${unless}`}`,
    make: (memory, event) => {
      if (memory.shown === unless) return null;
      if (typeof reason === "function") return { type: "tell", state, reason: reason(memory, event), problem: null };
      if (reason !== null) return { type: "tell", state, reason, problem: null };
      return { type: "tell", state, reason: "reason" in event ? event.reason : "", problem: "problem" in event ? event.problem : null };
    },
  };
}

/** Plans to note what is missed since the last frame, or since people were heard. @param reason the event's, where it is null */
function miss(since: "frame" | "people", reason: string | null = null): EffectPlan {
  return {
    words: since === "frame" ? "a gap since the last frame begins" : "a gap since people were last heard begins",
    make: ({ watchdog }, event) => ({
      type: "miss",
      since: since === "frame" || !("at" in event) ? "frame" : watchdog.silentSince(event.at),
      reason: reason ?? ("reason" in event ? event.reason : ""),
      silent: since === "people",
    }),
  };
}

/** Plans a wait that is longer after each setback of a row. */
function wait(row: "failures" | "losses" | "refusals", setback: "network" | "refusal" = "network"): EffectPlan {
  const words = setback === "refusal" ? "wait as after a refusal" : "wait";
  return { words, make: (memory) => ({ type: "wait", for: setback, count: memory[row] }) };
}
const noWait = fixed("", { type: "wait", for: "network", count: 0 });
const waitToConfirm = fixed("wait 10 s", { type: "wait", for: "confirm" });
const poll: readonly EffectPlan[] = [
  fixed("give the identity back", { type: "rest" }),
  {
    words: "wait for the next look",
    make: ({ quietPolls }) => ({ type: "wait", for: "poll", slower: Math.min(1 + (quietPolls - 1) / 10, SLOWEST_POLL) }),
  },
];
/** Plans to show a state that is not stored. */
function show(state: RoomState): EffectPlan {
  const { words, make } = tell(state);
  return {
    words,
    make: (memory, event) => {
      const effect = make(memory, event);
      return effect?.type === "tell" ? { ...effect, type: "show" } : effect;
    },
  };
}
/** Plans to end the broadcast that is over. */
function end(reason: "announced" | "offline"): EffectPlan {
  return { words: "end the broadcast", make: ({ sessionId }) => (sessionId === null ? null : { type: "end", sessionId, reason }) };
}
const waiting = tell("waiting", "the account is not live");

const reconnect: readonly EffectPlan[] = [keep, fixed("count a reconnect", { type: "reconnected" })];
const reconnectAsking: readonly EffectPlan[] = [...reconnect, fixed("forget the reading", { type: "forget" })];
const reconnectToTheSame: readonly EffectPlan[] = [
  ...reconnect,
  { words: "forget the reading, unless something came", make: ({ received }) => (received ? null : { type: "forget" }) },
];

/** Plans of effects, as the transitions name them; `fixed` plans any other that is always the same. */
export const plan = {
  ...{ fixed, tell, show, miss, wait, end },
  ...{ ask, askAnew, question, keep, giveUp, gap, noWait, waitToConfirm, poll, waiting, reconnectAsking, reconnectToTheSame },
};
