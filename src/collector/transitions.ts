import { DyliveError } from "../runtime/errors.js";
import {
  ASK,
  ASK_ANEW,
  end,
  GAP,
  GIVE_UP,
  KEEP,
  miss,
  NO_WAIT,
  type Planned,
  POLL,
  plan,
  QUESTION,
  RECONNECT_ASKING,
  RECONNECT_TO_THE_SAME,
  show,
  tell,
  WAIT_TO_CONFIRM,
  WAITING,
  wait,
} from "./effects.js";
import { CALM, type CollectorEvent, type Effect, type EventOf, type EventType, type Machine, type Memory, type Phase } from "./machine.js";
import { Watchdog } from "./watchdog.js";

/** Time that a connection must stand to count as a good one, in ms: the next loss is a new matter. */
const STEADY_MS = 10_000;
/** Shortest time between two connects because of damage, in ms. */
const REPAIR_MS = 60_000;

/** Transition by an event: the first whose condition holds counts. */
interface Transition<T extends EventType> {
  readonly when?: readonly [words: string, holds: (memory: Memory, event: EventOf<T>) => boolean];
  readonly to: Phase;
  /** Changes of memory, made before the effects. */
  readonly notes?: (memory: Memory, event: EventOf<T>) => Partial<Memory>;
  readonly does?: readonly Planned[];
}
type Transitions = { readonly [T in EventType]?: readonly Transition<T>[] };

/** What a reading that says nothing leads to. */
const unread = (notes: (memory: Memory) => Partial<Memory>, does: readonly Planned[]): readonly Transition<"unread">[] => [
  {
    when: ["the platform said nothing", (_, { unknown }) => unknown],
    to: "resting",
    notes,
    does: [tell("failed", null, "stalled"), ...does],
  },
  { to: "resting", notes, does: [tell("failed"), ...does] },
];

type End = "ended" | "refused" | "failed";

const wasSteady = ({ openedAt }: Memory, { at }: EventOf<End>) => openedAt !== null && at - openedAt >= STEADY_MS;
/** One that breaks again at once must not be opened again and again at once. */
const lossesAfter = ({ losses }: Memory, steady: boolean) => (steady ? 1 : losses + 1);
const lost = (memory: Memory, event: EventOf<End>) => ({ losses: lossesAfter(memory, wasSteady(memory, event)), refusals: 0 });

const CLOSED = "the platform said that the connection is over";
/** Ends of a connection that nobody wanted. */
const UNWANTED = {
  failed: [
    {
      to: "resting",
      notes: lost,
      does: [miss("frame"), tell("connecting", null, "stalled"), ...RECONNECT_TO_THE_SAME, wait("losses")],
    },
  ],
  refused: [
    {
      // Where an earlier process left the room may be out of date, which says nothing of us: the page is asked at once.
      when: ["an earlier process's, never opened", ({ confirmed, openedAt }) => !confirmed && openedAt === null],
      to: "resting",
      notes: lost,
      does: [miss("frame"), ...RECONNECT_ASKING, NO_WAIT],
    },
    {
      to: "resting",
      notes: (memory, event) => ({ ...lost(memory, event), refusals: memory.refusals + 1 }),
      does: [
        ...[miss("frame"), plan("forget the push host", { type: "forgetHost" }), tell("blocked")],
        ...[...RECONNECT_ASKING, wait("refusals", "refusal")],
      ],
    },
  ],
  ended: [
    {
      to: "resting",
      notes: lost,
      does: [miss("frame", CLOSED), tell("connecting", CLOSED, "stalled"), ...RECONNECT_TO_THE_SAME, wait("losses")],
    },
  ],
} as const satisfies Transitions;

/** What becomes of a connection that fails before it is given up in order. */
const INTERRUPTED = { failed: UNWANTED.failed, refused: UNWANTED.refused };

const received = () => ({ received: true });
function hear({ watchdog, stalls }: Memory, { at, people }: EventOf<"heard">): Partial<Memory> {
  return { watchdog: watchdog.received(at, people), stalls: people > 0 ? 0 : stalls };
}
const LIVE: Planned = {
  words: "**live**, where people are heard",
  make: (memory, event) =>
    event.type === "heard" && event.people > 0 ? tell("live", "interactive messages are coming in", "live").make(memory, event) : null,
};

const ANNOUNCED: Transition<"taken"> = {
  when: ["the end is announced", (_, { announced }) => announced],
  to: "announced",
  does: [GAP, GIVE_UP],
};
/** A new connection brings what the platform still has; in a fast room it would cost more than it brings. */
const DAMAGED: Transition<"taken"> = {
  when: [
    "a frame was damaged, in a slow room",
    ({ watchdog, repairedAt }, { damage }) => damage !== null && watchdog.slow && damage.to - repairedAt >= REPAIR_MS,
  ],
  to: "damaged",
  notes: (_, { damage }) => ({ damage, repairedAt: damage?.to ?? 0 }),
  does: [GIVE_UP],
};

/** Transitions of a connection that is given up: what else came is stored first, and may say more. */
function givenUp(phase: Phase, taken: readonly Transition<"taken">[], end: Transition<End>) {
  return {
    batch: [{ to: phase, notes: received }],
    heard: [{ to: phase, notes: hear, does: [LIVE] }],
    taken: [...taken, { to: phase, does: [GAP] }],
    tick: [{ to: phase }],
    answered: [{ to: phase }],
    ended: [end],
    failed: [end],
    refused: [end],
  } satisfies Transitions;
}

/** A question in vain is asked again later and later. */
const DOUBT: Planned = {
  words: "ask later again, while in doubt",
  make: ({ doubts }) => (doubts === null ? null : { type: "doubt", count: doubts }),
};
function answered({ doubts }: Memory, { says }: EventOf<"answered">): Partial<Memory> {
  return { question: null, doubts: doubts === null || says === "live" ? null : doubts + 1 };
}
const MOVED: Transition<"answered"> = {
  when: ["the page says that the broadcast is over", (_, { says }) => says === "over"],
  to: "moved",
  notes: answered,
  does: [GIVE_UP],
};
/** Whether the silence that was asked about goes on. */
const isSilent = ({ question, watchdog }: Memory, { at }: EventOf<"answered">) => question === "silence" && watchdog.silence(at) !== null;
const silentFor = ({ watchdog }: Memory, event: CollectorEvent) =>
  `nobody was heard for ${Math.round(("at" in event ? event.at - watchdog.lastInteractiveAt : 0) / 1000)} s`;

const connecting = ({ doubts }: Memory, { sessionId, confirmed }: EventOf<"identified">) => ({
  ...{ failures: 0, sessionId, confirmed, doubts: confirmed ? null : (doubts ?? 0) },
  ...{ openedAt: null, received: false, steady: false, question: null, damage: null },
});
const CONNECT: readonly Planned[] = [tell("connecting", "opening the connection", "stalled"), plan("connect", { type: "connect" })];

const BLOCKED: Transition<"unidentified">["when"] = ["the platform refuses", (_, { problem }) => problem === "blocked"];
const failed = ({ failures }: Memory) => ({ failures: failures + 1 });
/** The page does not say that a broadcast whose end was announced is over: it goes on. */
const goesOn = (memory: Memory) => ({ losses: lossesAfter(memory, memory.steady), refusals: 0 });
const GO_ON: readonly Planned[] = [...RECONNECT_ASKING.slice(1), wait("losses")];

/** Transitions that are the same in every phase but the last. */
export const ANYWHERE: Transitions = {
  stop: [{ to: "over" }],
  store_down: [{ to: "halted", does: [show("failed"), plan("wait 5 s", { type: "wait", for: "store" })] }],
  broke: [{ to: "over", does: [show("failed")] }],
};

/** Transitions of each phase. An event that has none there, and none {@link ANYWHERE}, cannot come. */
export const TRANSITIONS: Readonly<Record<Phase, Transitions>> = {
  recalling: {
    recalled: [{ to: "asking", does: [ASK] }],
    unidentified: [
      { when: BLOCKED, to: "asking", does: [tell("blocked"), ASK] },
      { to: "asking", does: [tell("failed"), ASK] },
    ],
  },
  asking: {
    live: [{ to: "identifying", notes: () => ({ quietPolls: 0 }), does: [plan("take an identity", { type: "identify" })] }],
    offline: [
      {
        to: "checking",
        notes: ({ quietPolls }) => ({ failures: 0, quietPolls: quietPolls + 1 }),
        does: [plan("look for an open broadcast", { type: "check" })],
      },
    ],
    unread: unread(failed, [wait("failures")]),
    renamed: [{ to: "asking", does: [ASK] }],
    no_account: [{ to: "over", does: [tell("failed")] }],
    not_ours: [{ to: "over" }],
    paused: [{ to: "over", does: [show("paused")] }],
  },
  checking: {
    checked: [
      {
        when: ["a broadcast is open", (_, { sessionId }) => sessionId !== null],
        to: "doubting",
        notes: (_, { sessionId }) => ({ sessionId }),
        does: [WAIT_TO_CONFIRM],
      },
      { to: "resting", does: [WAITING, ...POLL] },
    ],
  },
  doubting: { rested: [{ to: "confirming", does: [ASK_ANEW] }] },
  confirming: {
    live: [{ to: "resting", does: POLL }],
    no_account: [{ to: "resting", does: POLL }],
    unread: unread(() => ({}), POLL),
    offline: [
      {
        to: "resting",
        does: [end("offline"), tell("ended", "two readings ten seconds apart say that the broadcast is over"), ...[WAITING, ...POLL]],
      },
    ],
  },
  identifying: {
    identified: [
      {
        when: ["another broadcast", (_, { another }) => another],
        to: "opening",
        notes: (memory, event) => ({ ...connecting(memory, event), watchdog: new Watchdog(), stalls: 0, left: null }),
        does: [plan("begin the broadcast", { type: "begin" }), ...CONNECT],
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
        does: [tell("blocked"), wait("failures", "refusal")],
      },
      { to: "resting", notes: failed, does: [tell("failed"), wait("failures")] },
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
      { when: ["the last question is not answered", ({ question }) => question !== null], to: "open" },
      { when: ["no frame for 35 s", ({ watchdog }, { at }) => watchdog.silence(at) === "dead"], to: "dead", does: [KEEP, GIVE_UP] },
      {
        when: ["nobody is heard for too long", ({ watchdog }, { at }) => watchdog.silence(at) !== null],
        to: "open",
        notes: () => ({ question: "silence" }),
        does: [KEEP, QUESTION],
      },
      {
        when: ["in doubt whether the room is live", ({ doubts }, { due }) => doubts !== null && due],
        to: "open",
        notes: () => ({ question: "doubt" }),
        does: [KEEP, QUESTION],
      },
      { to: "open", does: [KEEP] },
    ],
    answered: [
      MOVED,
      {
        when: ["live, and still nobody is heard", (memory, event) => event.says === "live" && isSilent(memory, event)],
        to: "stalled",
        notes: (memory, event) => ({ ...answered(memory, event), watchdog: memory.watchdog.quiet(), stalls: memory.stalls + 1 }),
        does: [
          tell("stalled", (memory, event) =>
            memory.stalls > 1
              ? "nobody is heard, also after connecting anew: the room may be quiet"
              : `${silentFor(memory, event)} although the room's page says live: connecting anew`,
          ),
          GIVE_UP,
        ],
      },
      {
        when: ["nothing, and still nobody is heard", isSilent],
        to: "open",
        notes: (memory, event) => ({ ...answered(memory, event), watchdog: memory.watchdog.quiet() }),
        does: [
          DOUBT,
          tell("stalled", (memory, event) => `${silentFor(memory, event)}, and the platform did not say whether the room is live`),
        ],
      },
      { to: "open", notes: answered, does: [DOUBT] },
    ],
  },
  storing: {
    ...UNWANTED,
    heard: [{ to: "storing", notes: hear, does: [LIVE] }],
    taken: [ANNOUNCED, DAMAGED, { to: "open", does: [GAP] }],
    // What is being stored may be people's, and what the store holds back is no silence of the platform's.
    tick: [{ to: "storing" }],
    answered: [MOVED, { to: "storing", notes: answered, does: [DOUBT] }],
  },
  announced: givenUp("announced", [], {
    to: "verifying",
    notes: (memory, event) => ({
      steady: wasSteady(memory, event),
      left: { since: "frame", reason: "the end of the broadcast was announced, but its page says live", silent: false },
    }),
    does: [KEEP, ASK_ANEW],
  }),
  damaged: givenUp("damaged", [ANNOUNCED], {
    to: "resting",
    notes: lost,
    does: [
      { words: "the gap of the damaged frame begins", make: ({ damage }) => damage && { type: "reopen", gap: damage } },
      tell("connecting", ({ damage }) => `${damage?.reason}: connecting anew for what the platform still has of it`),
      ...[...RECONNECT_TO_THE_SAME, wait("losses")],
    ],
  }),
  dead: {
    ...givenUp("dead", [ANNOUNCED, DAMAGED], {
      to: "resting",
      notes: lost,
      does: [miss("frame", "the connection was open but silent: not even heartbeats were answered"), ...RECONNECT_ASKING, wait("losses")],
    }),
    ...INTERRUPTED,
  },
  stalled: {
    ...givenUp("stalled", [ANNOUNCED, DAMAGED], {
      to: "resting",
      notes: lost,
      does: [miss("people", "the connection was open but silent"), ...RECONNECT_ASKING, NO_WAIT],
    }),
    ...INTERRUPTED,
  },
  moved: {
    ...givenUp("moved", [ANNOUNCED, DAMAGED], {
      to: "resting",
      notes: (memory, event) => ({
        ...lost(memory, event),
        left: { since: memory.watchdog.lastInteractiveAt, reason: "the platform said that the broadcast was over", silent: false },
      }),
      does: [...RECONNECT_ASKING, NO_WAIT],
    }),
    ...INTERRUPTED,
  },
  verifying: {
    offline: [
      {
        to: "asking",
        does: [end("announced"), tell("ended", "the platform announced the end of the broadcast, and its page confirms it"), ASK],
      },
    ],
    live: [{ to: "resting", notes: goesOn, does: GO_ON }],
    no_account: [{ to: "resting", notes: goesOn, does: GO_ON }],
    unread: unread(goesOn, GO_ON),
  },
  resting: { rested: [{ to: "asking", does: [ASK] }] },
  halted: { rested: [{ to: "recalling", notes: () => CALM, does: [plan("read the room's row", { type: "recall" })] }] },
  over: {},
};

/** Returns the transitions by an event in a phase, of which the first that holds counts; none where the event cannot come. */
export function transitionsBy(phase: Phase, type: EventType): readonly Transition<EventType>[] {
  return (TRANSITIONS[phase][type] ?? (phase === "over" ? undefined : ANYWHERE[type]) ?? []) as readonly Transition<EventType>[];
}

/** Takes an event. @returns the collection after it, and what is to be done, in order @throws DyliveError internal where it cannot come */
export function step(
  { phase, memory }: Machine,
  event: CollectorEvent,
): { readonly machine: Machine; readonly effects: readonly Effect[] } {
  const found = transitionsBy(phase, event.type).find(({ when }) => when?.[1](memory, event) ?? true);
  if (found === undefined) throw new DyliveError("internal", `a collector that is ${phase} got ${event.type}`);
  const noted = { ...memory, ...found.notes?.(memory, event) };
  const effects = (found.does ?? []).map(({ make }) => make(noted, event)).filter((effect) => effect !== null);
  const shown = effects.reduce((state, effect) => ("state" in effect ? effect.state : state), memory.shown);
  return { machine: { phase: found.to, memory: { ...noted, shown } }, effects };
}
