import type { RoomState } from "../health/state.js";
import type { CollectorEvent, Effect, Memory } from "./machine.js";

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
  words: "tell the gap of a damaged frame",
  make: (_, event) => (event.type === "taken" && event.damage !== null ? { type: "gap", gap: event.damage } : null),
};

/** Plans to tell a state. @param reason the event's, where it is null @param unless state in which nothing is told */
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
      since: since === "frame" ? since : watchdog.lastInteractiveAt,
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
/** Plans to show a state that the log is not told. */
function show(state: RoomState): EffectPlan {
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
