// Guards: the collector's machine has a transition for each event of each phase, and always goes on.
import { describe, expect, it } from "vitest";
import {
  type CollectorEvent,
  type CollectorEventType,
  type Effect,
  type Memory,
  PHASES,
  type Phase,
  START,
} from "../../src/collector/machine.js";
import { step, TRANSITIONS, transitionsBy } from "../../src/collector/transitions.js";
import { Watchdog } from "../../src/collector/watchdog.js";
import type { RoomState } from "../../src/health/state.js";

const PHASE_NAMES = Object.keys(PHASES) as Phase[];
const NOW = 1_700_000_000_000;
const gap = { from: NOW - 900, to: NOW, reason: "a frame was damaged on its way" };

/** Events of each type, of every kind that a condition tells apart. */
const EVENTS: { readonly [T in CollectorEventType]: readonly Omit<CollectorEvent & { readonly type: T }, "type">[] } = {
  recalled: [{}],
  live: [{}],
  offline: [{}],
  unread: [{ reason: "said", problem: "unreachable" }],
  renamed: [{}],
  no_account: [{ reason: "said", problem: "no_account" }],
  not_ours: [{}],
  paused: [{ reason: "said" }],
  checked: [{ sessionId: null }, { sessionId: "7" }],
  identified: [true, false].flatMap((another) => [true, false].map((confirmed) => ({ sessionId: "8", another, confirmed, paceMs: null }))),
  unidentified: (["blocked", "unreachable"] as const).map((problem) => ({ reason: "said", problem })),
  opened: [{ at: NOW }],
  batch: [{}],
  heard: [0, 3].map((people) => ({ at: NOW, people, messages: true })),
  taken: [true, false].flatMap((announced) => [gap, null].map((damage) => ({ announced, damage }))),
  tick: [0, 36_000, 700_000].flatMap((later) => [true, false].map((due) => ({ at: NOW + later, due }))),
  answered: [0, 36_000, 700_000].flatMap((later) => (["live", "over", "nothing"] as const).map((says) => ({ at: NOW + later, says }))),
  ended: [{ at: NOW, reason: "said" }],
  refused: [{ at: NOW, reason: "said", problem: "blocked" }],
  failed: [{ at: NOW, reason: "said" }],
  rested: [{}],
  stop: [{}],
  store_down: [{ reason: "said", problem: "disk_full" }],
  broke: [{ reason: "said", problem: "internal" }],
};
const TYPES = Object.keys(EVENTS) as CollectorEventType[];

/** A room where people are heard each second until now. */
const paced = Array.from({ length: 10 }).reduce<Watchdog>((dog, _, i) => dog.received(NOW - 9000 + i * 1000, 1), new Watchdog());
/** What a collection may remember, of every kind that a condition tells apart. */
const MEMORIES: readonly Memory[] = (["resolving", "live", "stalled"] as RoomState[]).flatMap((shown) =>
  [null, "silence", "doubt"].flatMap((question) =>
    [null, 2].flatMap((doubts) =>
      [paced, paced.received(NOW + 699_000, 0), new Watchdog()].flatMap((watchdog) =>
        [null, NOW - 60_000].flatMap((openedAt) =>
          (["announced", "damaged", "dead", "stalled", "moved"] as const).map((leaving) => ({
            ...START.memory,
            ...{ shown, question: question as Memory["question"], doubts, watchdog, openedAt, leaving },
            ...{ confirmed: doubts === null, sessionId: "7", damage: gap },
          })),
        ),
      ),
    ),
  ),
);

/** Effects that end with an event. */
const ENDING: ReadonlySet<Effect["type"]> = new Set(["recall", "ask", "askAnew", "check", "identify", "connect", "wait"] as const);
/** Phases of a connection, in which its driver gives the events. */
const CONNECTED: ReadonlySet<Phase> = new Set(["opening", "open", "storing", "leaving"] as const);

/** What is wrong with one transition: the driver would stand still, or go on with two things. */
function wrongIn(phase: Phase, memory: Memory, event: CollectorEvent): string[] {
  const { machine, effects } = step({ phase, memory }, event);
  const ending = effects.map(({ type }) => ENDING.has(type));
  // While a connection goes on its driver gives the events; else the last effect does.
  const goesOn = CONNECTED.has(phase) && CONNECTED.has(machine.phase);
  return [
    ...(PHASE_NAMES.includes(machine.phase) ? [] : ["no phase"]),
    ...(ending.slice(0, -1).includes(true) ? ["goes on with two things"] : []),
    ...((ending.at(-1) ?? false) === (machine.phase !== "over" && !goesOn) ? [] : ["does not go on"]),
    ...effects.flatMap((effect) => ("reason" in effect && effect.reason === "" ? ["no reason"] : [])),
  ];
}

describe.each(PHASE_NAMES)("a collector that is %s", (phase) => {
  it("has a transition by each event whatever it remembers, or refuses the event", () => {
    for (const type of TYPES) {
      const transitions = transitionsBy(phase, type);
      const events = EVENTS[type].map((event) => ({ type, ...event }) as CollectorEvent);
      if (transitions.length === 0) {
        for (const event of events) expect(() => step({ phase, memory: START.memory }, event)).toThrow(`that is ${phase} got ${type}`);
        continue;
      }
      const all = MEMORIES.flatMap((memory) => events.map((event) => ({ memory, event })));
      expect(new Set(all.flatMap(({ memory, event }) => wrongIn(phase, memory, event))), type).toEqual(new Set());
      const taken = new Set(all.map(({ memory, event }) => transitions.find(({ when }) => when?.[1](memory, event) ?? true)));
      expect(taken.size, `every transition by ${type} is taken`).toBe(transitions.length);
      expect(transitions.at(-1)?.when, `the last by ${type} has no condition`).toBeUndefined();
    }
  });
});

describe("the machine", () => {
  it("reaches every phase, and can be stopped in each", () => {
    const reached = new Set<Phase>([START.phase]);
    for (const phase of reached) for (const type of TYPES) for (const { to } of transitionsBy(phase, type)) reached.add(to);
    expect([...reached].toSorted()).toEqual(PHASE_NAMES.toSorted());
    for (const phase of PHASE_NAMES.filter((name) => name !== "over"))
      expect(step({ phase, memory: START.memory }, { type: "stop" }).machine.phase).toBe("over");
    expect(TRANSITIONS.over).toEqual({});
  });

  it("waits longer after each setback in a row, and as little as first after a connection that stood", () => {
    const lose = (memory: Memory, at: number) => step({ phase: "open", memory }, { type: "failed", at, reason: "cut" });
    let memory: Memory = { ...START.memory, openedAt: NOW, received: true };
    const counts = [1000, 1000, 10_000, 1000].map((later) => {
      const { machine, effects } = lose(memory, NOW + later);
      memory = { ...machine.memory, openedAt: NOW };
      return effects.at(-1);
    });
    expect(counts).toEqual([1, 2, 1, 2].map((count) => ({ type: "wait", for: "network", count })));
  });

  it("judges no silence while something is stored, which may be what was missed", () => {
    const memory: Memory = { ...START.memory, question: "silence", watchdog: paced, shown: "live" };
    const answer = { type: "answered", at: NOW + 60_000, says: "live" } as const;
    expect(step({ phase: "open", memory }, answer).machine).toMatchObject({ phase: "leaving", memory: { leaving: "stalled" } });
    const { machine, effects } = step({ phase: "storing", memory }, answer);
    expect([machine.phase, machine.memory.shown, effects]).toEqual(["storing", "live", []]);
  });

  it("finds a connection dead also while a question about its silence waits for its answer", () => {
    const memory: Memory = { ...START.memory, question: "silence", watchdog: paced, shown: "live" };
    const tick = (at: number) => step({ phase: "open", memory }, { type: "tick", at, due: false }).machine;
    expect(tick(NOW + 1000).phase).toBe("open");
    expect(tick(NOW + 600_000)).toMatchObject({ phase: "leaving", memory: { leaving: "dead" } });
  });

  it("tells the gap of a damaged frame where the end is announced with it", () => {
    const memory: Memory = { ...START.memory, watchdog: paced };
    const { effects } = step({ phase: "storing", memory }, { type: "taken", announced: true, damage: gap });
    expect(effects.map(({ type }) => type)).toEqual(["gap", "giveUp"]);
  });
});
