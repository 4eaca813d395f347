import type { RoomState } from "../health/state.js";
import type { CollectorEvent, Effect, Memory } from "./machine.js";

const SLOWEST_POLL = 4; // a room that has long been offline is looked at this many times less often

/** Planned effect: its words for the documents, and the effect, which may turn out to be none. */
export interface Planned {
  readonly words: string;
  readonly make: (memory: Memory, event: CollectorEvent) => Effect | null;
}

export const plan = (words: string, effect: Effect): Planned => ({ words, make: () => effect });
export const ASK = plan("ask", { type: "ask" });
export const ASK_ANEW = plan("ask", { type: "askAnew" });
export const QUESTION = plan("ask", { type: "question" });
export const KEEP = plan("keep the resume point", { type: "keep" });
export const GIVE_UP = plan("close", { type: "giveUp" });
export const GAP: Planned = {
  words: "tell the gap of a damaged frame",
  make: (_, event) => (event.type === "taken" && event.damage !== null ? { type: "gap", gap: event.damage } : null),
};

/** Plans to tell a state. @param reason the event's, where it is null @param unless state in which nothing is told */
export function tell(
  state: RoomState,
  reason: string | ((memory: Memory, event: CollectorEvent) => string) | null = null,
  unless: RoomState | null = null,
): Planned {
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
export function miss(since: "frame" | "people", reason: string | null = null): Planned {
  return {
    words: since === "frame" ? "a gap since the last frame begins" : "a gap since people were last heard begins",
    make: ({ watchdog }, event) => ({
      type: "miss",
      since: since === "frame" ? since : watchdog.lastInteractiveAt,
      reason: reason ?? ("reason" in event ? event.reason : ""),
      silent: since === "people",
    }),
  };
}

/** Plans a wait that is longer after each setback of a row. */
export function wait(row: "failures" | "losses" | "refusals", setback: "network" | "refusal" = "network"): Planned {
  const words = setback === "refusal" ? "wait as after a refusal" : "wait";
  return { words, make: (memory) => ({ type: "wait", for: setback, count: memory[row] }) };
}
export const NO_WAIT = plan("", { type: "wait", for: "network", count: 0 });
export const WAIT_TO_CONFIRM = plan("wait 10 s", { type: "wait", for: "confirm" });
export const POLL: readonly Planned[] = [
  plan("give the identity back", { type: "rest" }),
  {
    words: "wait for the next look",
    make: ({ quietPolls }) => ({ type: "wait", for: "poll", slower: Math.min(1 + (quietPolls - 1) / 10, SLOWEST_POLL) }),
  },
];
/** Plans to show a state that the log is not told. */
export function show(state: RoomState): Planned {
  const { words, make } = tell(state);
  return {
    words,
    make: (memory, event) => {
      const told = make(memory, event);
      return told?.type === "tell" ? { ...told, type: "show" } : told;
    },
  };
}
/** Plans to end the broadcast that is over. */
export function end(reason: "announced" | "offline"): Planned {
  return { words: "end the broadcast", make: ({ sessionId }) => (sessionId === null ? null : { type: "end", sessionId, reason }) };
}
export const WAITING = tell("waiting", "the account is not live");

const RECONNECT: readonly Planned[] = [KEEP, plan("count a reconnect", { type: "reconnected" })];
export const RECONNECT_ASKING: readonly Planned[] = [...RECONNECT, plan("forget the reading", { type: "forget" })];
export const RECONNECT_TO_THE_SAME: readonly Planned[] = [
  ...RECONNECT,
  { words: "forget the reading, unless something came", make: ({ received }) => (received ? null : { type: "forget" }) },
];
