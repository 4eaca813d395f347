import { DyliveError } from "../runtime/errors.js";
import { msg } from "../runtime/msg.js";
import {
  CALM,
  type Collection,
  type CollectorEvent,
  type CollectorEventType,
  type Effect,
  type EffectPlan,
  type EventOf,
  type Memory,
  type Phase,
  plan,
} from "./machine.js";
import { Watchdog } from "./watchdog.js";

/** Time that a connection must stand to count as a good one, in ms: the next loss is a new matter. */
export const STEADY_MS = 10_000;
/** Shortest time between two connects because of damage, in ms. */
const REPAIR_MS = 60_000;

/** Transition by an event: the first whose condition holds counts. */
interface Transition<T extends CollectorEventType> {
  readonly when?: readonly [words: string, holds: (memory: Memory, event: EventOf<T>) => boolean];
  readonly to: Phase;
  /** Changes of memory, made before the effects. */
  readonly notes?: (memory: Memory, event: EventOf<T>) => Partial<Memory>;
  readonly does?: readonly EffectPlan[];
}
type Transitions = { readonly [T in CollectorEventType]?: readonly Transition<T>[] };

type End = "ended" | "refused" | "failed";

const wasSteady = ({ openedAt }: Memory, { at }: EventOf<End>) => openedAt !== null && at - openedAt >= STEADY_MS;
/** One that breaks again at once must not be opened again and again at once. */
const lossesAfter = ({ losses }: Memory, steady: boolean) => (steady ? 1 : losses + 1);
const lost = (memory: Memory, event: EventOf<End>) => ({ losses: lossesAfter(memory, wasSteady(memory, event)), refusals: 0 });

const LOST = [
  {
    when: ["never opened", ({ openedAt }) => openedAt === null],
    to: "resting",
    notes: lost,
    does: [plan.miss("frame"), plan.tell("connecting"), ...plan.reconnectToTheSame, plan.wait("losses")],
  },
  {
    to: "resting",
    notes: lost,
    does: [plan.miss("frame"), plan.tell("connecting", null, "stalled"), ...plan.reconnectToTheSame, plan.wait("losses")],
  },
] as const satisfies readonly Transition<End>[];
/** Unexpected ends of a connection. */
const UNWANTED = {
  ended: LOST,
  failed: LOST,
  refused: [
    {
      // Where an earlier process left the room may be out of date, which says nothing of us: the page is asked at once.
      when: ["an earlier process's, never opened", ({ confirmed, openedAt }) => !confirmed && openedAt === null],
      to: "resting",
      notes: lost,
      does: [plan.miss("frame"), ...plan.reconnectAsking, plan.noWait],
    },
    {
      to: "resting",
      notes: (memory, event) => ({ ...lost(memory, event), refusals: memory.refusals + 1 }),
      does: [
        ...[plan.miss("frame"), plan.fixed("forget the push host", { type: "forgetHost" }), plan.tell("blocked")],
        ...[...plan.reconnectAsking, plan.wait("refusals", "refusal")],
      ],
    },
  ],
} as const satisfies Transitions;
const received = () => ({ received: true });
function hear({ watchdog, stalls }: Memory, { at, people, messages }: EventOf<"heard">): Partial<Memory> {
  return { watchdog: watchdog.received(at, people, messages), stalls: people > 0 ? 0 : stalls };
}
const LIVE: EffectPlan = {
  words: "**live**, where people are heard",
  make: (memory, event) =>
    event.type === "heard" && event.people > 0 ? plan.tell("live", "interactive messages are coming in", "live").make(memory, event) : null,
};

const ANNOUNCED: Transition<"taken"> = {
  when: ["the end is announced", (_, { announced }) => announced],
  to: "leaving",
  notes: () => ({ leaving: "announced" }),
  does: [plan.gap, plan.giveUp],
};
/** A new connection brings what the platform still has; in a fast room it would cost more than it brings. */
const DAMAGED: Transition<"taken"> = {
  when: [
    "a frame was damaged, in a slow room",
    ({ watchdog, repairedAt, leaving }, { damage }) =>
      damage !== null && watchdog.slow && damage.to - repairedAt >= REPAIR_MS && leaving !== "announced",
  ],
  to: "leaving",
  notes: (_, { damage }) => ({ leaving: "damaged", damage, repairedAt: damage?.to ?? 0 }),
  does: [plan.gap, plan.giveUp],
};

/** Ends of a connection that was given up since the end was announced, or a frame was damaged, however it ended. */
const ENDS_IN_ANY_WAY: readonly Transition<End>[] = [
  {
    when: ["the end is announced", ({ leaving }) => leaving === "announced"],
    to: "verifying",
    notes: (memory, event) => ({
      steady: wasSteady(memory, event),
      left: { since: "frame", reason: "the end of the broadcast was announced, but its page says live", silent: false },
    }),
    does: [plan.keep, plan.askAnew],
  },
  {
    when: ["a frame was damaged", ({ leaving }) => leaving === "damaged"],
    to: "resting",
    notes: lost,
    does: [
      {
        words: "a gap since the last frame begins",
        make: ({ damage }) => damage && { type: "miss", since: "frame", reason: damage.reason, silent: false },
      },
      plan.tell("connecting", ({ damage }) => `${damage?.reason}: reconnecting for what the platform still has of it`),
      ...[...plan.reconnectToTheSame, plan.wait("losses")],
    ],
  },
];
/** Ends of a connection that was given up for another reason, and did not fail before. */
const ENDS_AS_GIVEN_UP: readonly Transition<End>[] = [
  {
    when: ["no frame came", ({ leaving }) => leaving === "dead"],
    to: "resting",
    notes: lost,
    does: [
      plan.miss("frame", "the connection was open but silent: not even heartbeats were answered"),
      ...[...plan.reconnectAsking, plan.wait("losses")],
    ],
  },
  {
    when: ["people were not heard", ({ leaving }) => leaving === "stalled"],
    to: "resting",
    notes: lost,
    does: [plan.miss("people", "the connection was open but silent"), ...plan.reconnectAsking, plan.noWait],
  },
  {
    to: "resting",
    notes: (memory, event) => ({
      ...lost(memory, event),
      left: { since: memory.watchdog.silentSince(event.at), reason: "the platform said that the broadcast was over", silent: false },
    }),
    does: [...plan.reconnectAsking, plan.noWait],
  },
];

/** A question without an answer is asked again later and later. */
const DOUBT: EffectPlan = {
  words: "ask later again, while in doubt",
  make: ({ doubts }) => (doubts === null ? null : { type: "doubt", count: doubts }),
};
function answered({ doubts }: Memory, { says }: EventOf<"answered">): Partial<Memory> {
  return { question: null, doubts: doubts === null || says === "live" ? null : doubts + 1 };
}
const MOVED: Transition<"answered"> = {
  when: ["the page says that the broadcast is over", (_, { says }) => says === "over"],
  to: "leaving",
  notes: (memory, event) => ({ ...answered(memory, event), leaving: "moved" }),
  does: [plan.giveUp],
};
/** Whether the silence that was asked about goes on. */
const isSilent = ({ question, watchdog }: Memory, { at }: EventOf<"answered">) => question === "silence" && watchdog.silence(at) !== null;
const silentFor = ({ watchdog }: Memory, event: CollectorEvent) =>
  `no interactive message came for ${Math.round(("at" in event ? event.at - watchdog.silentSince(event.at) : 0) / 1000)} s`;

const connecting = ({ doubts }: Memory, { sessionId, confirmed }: EventOf<"identified">) => ({
  ...{ failures: 0, sessionId, confirmed, doubts: confirmed ? null : (doubts ?? 0) },
  ...{ openedAt: null, received: false, steady: false, question: null, damage: null, leaving: null },
});
const CONNECT: readonly EffectPlan[] = [
  plan.tell("connecting", "opening the connection", "stalled"),
  plan.fixed("connect", { type: "connect" }),
];

const BLOCKED: Transition<"unidentified">["when"] = ["the platform refuses", (_, { problem }) => problem === "blocked"];
const failed = ({ failures }: Memory) => ({ failures: failures + 1 });
/** The page does not say that a broadcast whose end was announced is over: it goes on. */
const goesOn = (memory: Memory) => ({ losses: lossesAfter(memory, memory.steady), refusals: 0 });
const GO_ON: readonly EffectPlan[] = [...plan.reconnectAsking.slice(1), plan.wait("losses")];

/** A room that is not this collector's to collect. */
const NOT_ENTERED: Transitions = { not_ours: [{ to: "over" }], paused: [{ to: "over", does: [plan.show("paused")] }] };

/** Transitions that are the same in every phase but the last. */
export const ANYWHERE: Transitions = {
  stop: [{ to: "over" }],
  store_down: [{ to: "halted", does: [plan.show("failed"), plan.fixed("wait 5 s", { type: "wait", for: "store" })] }],
  broke: [{ to: "over", does: [plan.show("failed")] }],
};

/** Transitions of each phase. An event that has none there, and none {@link ANYWHERE}, cannot come. */
export const TRANSITIONS: Readonly<Record<Phase, Transitions>> = {
  recalling: {
    recalled: [{ to: "asking", does: [plan.ask] }],
    unidentified: [
      { when: BLOCKED, to: "asking", does: [plan.tell("blocked"), plan.ask] },
      { to: "asking", does: [plan.tell("failed"), plan.ask] },
    ],
    ...NOT_ENTERED,
  },
  asking: {
    live: [{ to: "identifying", notes: () => ({ quietPolls: 0 }), does: [plan.fixed("take an identity", { type: "identify" })] }],
    offline: [
      {
        to: "checking",
        notes: ({ quietPolls }) => ({ failures: 0, quietPolls: quietPolls + 1 }),
        does: [plan.fixed("look for an open broadcast", { type: "check" })],
      },
    ],
    unread: [{ to: "resting", notes: failed, does: [plan.tell("failed"), plan.wait("failures")] }],
    renamed: [{ to: "asking", does: [plan.ask] }],
    no_account: [{ to: "over", does: [plan.tell("failed")] }],
    ...NOT_ENTERED,
  },
  checking: {
    checked: [
      {
        when: ["a broadcast is open", (_, { sessionId }) => sessionId !== null],
        to: "doubting",
        notes: (_, { sessionId }) => ({ sessionId }),
        does: [plan.waitToConfirm],
      },
      { to: "resting", does: [plan.waiting, ...plan.poll] },
    ],
  },
  doubting: { rested: [{ to: "confirming", does: [plan.askAnew] }] },
  confirming: {
    live: [{ to: "asking", does: [plan.ask] }],
    no_account: [{ to: "resting", does: plan.poll }],
    unread: [{ to: "resting", does: [plan.tell("failed"), ...plan.poll] }],
    offline: [
      {
        to: "resting",
        does: [
          plan.end("offline"),
          plan.tell("ended", "two readings ten seconds apart say that the broadcast is over"),
          ...[plan.waiting, ...plan.poll],
        ],
      },
    ],
  },
  identifying: {
    identified: [
      {
        when: ["another broadcast", (_, { another }) => another],
        to: "opening",
        notes: (memory, event) => ({ ...connecting(memory, event), watchdog: Watchdog.ofBroadcast(event.paceMs), stalls: 0, left: null }),
        does: [plan.fixed("begin the broadcast", { type: "begin" }), ...CONNECT],
      },
      {
        to: "opening",
        notes: connecting,
        does: [
          { words: "begin the gap that was left open", make: ({ left }) => (left === null ? null : { type: "miss", ...left }) },
          ...CONNECT,
        ],
      },
    ],
    unidentified: [
      {
        when: BLOCKED,
        to: "resting",
        notes: failed,
        does: [plan.tell("blocked"), plan.wait("failures", "refusal")],
      },
      { to: "resting", notes: failed, does: [plan.tell("failed"), plan.wait("failures")] },
    ],
  },
  opening: {
    ...UNWANTED,
    opened: [{ to: "open", notes: ({ watchdog }, { at }) => ({ openedAt: at, watchdog: watchdog.opened(at), left: null }) }],
    tick: [{ to: "opening" }],
  },
  open: {
    ...UNWANTED,
    batch: [{ to: "storing", notes: received }],
    tick: [
      // Also while a question waits for its answer, which may take minutes where many rooms ask.
      {
        when: ["no frame for 35 s", ({ watchdog }, { at }) => watchdog.silence(at) === "dead"],
        to: "leaving",
        notes: () => ({ leaving: "dead" }),
        does: [plan.keep, plan.giveUp],
      },
      { when: ["the last question is not answered", ({ question }) => question !== null], to: "open" },
      {
        when: ["people are not heard for too long", ({ watchdog }, { at }) => watchdog.silence(at) !== null],
        to: "open",
        notes: () => ({ question: "silence" }),
        does: [plan.keep, plan.question],
      },
      {
        when: ["in doubt whether the room is live", ({ doubts }, { due }) => doubts !== null && due],
        to: "open",
        notes: () => ({ question: "doubt" }),
        does: [plan.keep, plan.question],
      },
      { to: "open", does: [plan.keep] },
    ],
    answered: [
      MOVED,
      {
        when: ["live, and people are still not heard", (memory, event) => event.says === "live" && isSilent(memory, event)],
        to: "leaving",
        notes: (memory, event) => ({
          ...answered(memory, event),
          leaving: "stalled",
          watchdog: memory.watchdog.quiet(event.at),
          stalls: memory.stalls + 1,
        }),
        does: [
          plan.tell("stalled", (memory, event) =>
            memory.stalls > 1
              ? "no interactive message comes, also after reconnecting: the room may be quiet"
              : `${silentFor(memory, event)} although the room's page says live: reconnecting`,
          ),
          plan.giveUp,
        ],
      },
      {
        when: ["nothing, and people are still not heard", isSilent],
        to: "open",
        notes: (memory, event) => ({ ...answered(memory, event), watchdog: memory.watchdog.quiet(event.at) }),
        does: [
          DOUBT,
          plan.tell("stalled", (memory, event) => `${silentFor(memory, event)}, and the platform did not say whether the room is live`),
        ],
      },
      { to: "open", notes: answered, does: [DOUBT] },
    ],
  },
  storing: {
    ...UNWANTED,
    heard: [{ to: "storing", notes: hear, does: [LIVE] }],
    taken: [ANNOUNCED, DAMAGED, { to: "open", does: [plan.gap] }],
    // What is being stored may be people's, and what the store holds back is no silence of the platform's.
    tick: [{ to: "storing" }],
    answered: [MOVED, { to: "storing", notes: answered, does: [DOUBT] }],
  },
  leaving: {
    batch: [{ to: "leaving", notes: received }],
    heard: [{ to: "leaving", notes: hear, does: [LIVE] }],
    taken: [ANNOUNCED, DAMAGED, { to: "leaving", does: [plan.gap] }],
    tick: [{ to: "leaving" }],
    answered: [{ to: "leaving" }],
    ended: [...ENDS_IN_ANY_WAY, ...ENDS_AS_GIVEN_UP],
    failed: [...ENDS_IN_ANY_WAY, ...UNWANTED.failed],
    refused: [...ENDS_IN_ANY_WAY, ...UNWANTED.refused],
  },
  verifying: {
    offline: [
      {
        to: "asking",
        does: [
          plan.end("announced"),
          plan.tell("ended", "the platform announced the end of the broadcast, and its page confirms it"),
          plan.ask,
        ],
      },
    ],
    live: [{ to: "resting", notes: goesOn, does: GO_ON }],
    no_account: [{ to: "resting", notes: goesOn, does: GO_ON }],
    unread: [{ to: "resting", notes: goesOn, does: [plan.tell("failed"), ...GO_ON] }],
  },
  resting: { rested: [{ to: "asking", does: [plan.ask] }] },
  halted: { rested: [{ to: "recalling", notes: () => CALM, does: [plan.fixed("read the room's row", { type: "recall" })] }] },
  over: {},
};

/** Returns the transitions by an event in a phase, of which the first that holds counts; none where the event cannot come. */
export function transitionsBy(phase: Phase, type: CollectorEventType): readonly Transition<CollectorEventType>[] {
  return (TRANSITIONS[phase][type] ?? (phase === "over" ? undefined : ANYWHERE[type]) ?? []) as readonly Transition<CollectorEventType>[];
}

/** Takes an event. @returns the collection after it, and what is to be done, in order @throws DyliveError internal where it cannot come */
export function step(
  { phase, memory }: Collection,
  event: CollectorEvent,
): { readonly machine: Collection; readonly effects: readonly Effect[] } {
  const found = transitionsBy(phase, event.type).find(({ when }) => when?.[1](memory, event) ?? true);
  if (found === undefined) throw new DyliveError("internal", msg`a collector that is ${phase} got ${event.type}`);
  // Thousands of rooms have an event every few seconds by which nothing changes: nothing is copied for those.
  const noted = found.notes === undefined ? memory : { ...memory, ...found.notes(memory, event) };
  const effects = found.does === undefined ? [] : found.does.map(({ make }) => make(noted, event)).filter((effect) => effect !== null);
  const shown = effects.reduce((state, effect) => ("state" in effect ? effect.state : state), memory.shown);
  return { machine: { phase: found.to, memory: noted.shown === shown ? noted : { ...noted, shown } }, effects };
}
