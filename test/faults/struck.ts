import { vi } from "vitest";
import type { BroadcastTruth, RoomControl, RoomScenario } from "../../simulator/index.js";
import type { LiveEvent, NewEventOf } from "../../src/events/event.js";
import type { RoomStatus } from "../../src/health/state.js";
import { DyliveError } from "../../src/runtime/errors.js";
import { type Running, SIGNAL, startRunning } from "../collector/running.js";
import { readRows } from "../contracts/harness.js";
import { idOf } from "../fact-id.js";
import { Lockstep } from "./lockstep.js";
import { measured } from "./measured.js";

export const RID = "100000002";
/** How long a room is live before something happens to it; no multiple of any interval, so that no two things fall on one instant. */
const CALM_MS = 20_350;
/** How long what comes after the recovery is watched. */
const AFTER_MS = 15_000;
/** Messages wait for the simulator's next step, and a gap is told in times of receipt. */
const SLACK_MS = 250;

/** A room of some twenty messages of people in a minute, with a rank. */
export const SCENARIO: RoomScenario = {
  webRid: RID,
  kind: "talk",
  state: "live",
  title: "故障演练",
  anchor: "稳住",
  clubName: "稳住",
  viewers: 80,
  everySeconds: { stats: 5, viewers: 10, rank: 8, adaptation: 4, chat: 3, join: 6, like: 8, gift: 12 },
};

/** What a user can see of the room. */
export interface Sight {
  /** Null while the room was never known. */
  readonly status: RoomStatus | null;
  /** The error that who asked for the room was given, or null. */
  readonly error: DyliveError | null;
  readonly sim: BroadcastTruth;
  readonly events: readonly LiveEvent[];
}

/** One fault, and what is to be seen of it. */
export interface Fault {
  readonly name: string;
  /** A room of its own; else the usual one. */
  readonly scenario?: Partial<RoomScenario>;
  /** Whether it is there before the room is asked for; else it strikes a room that is live. */
  readonly before?: boolean;
  /** How long the room is live before it strikes, ms; {@link CALM_MS}. */
  readonly calm?: number;
  readonly strike: (rooms: RoomControl) => void;
  /** When it took effect, ms UTC; else when it struck. */
  readonly since?: (sim: BroadcastTruth) => number | null | undefined;
  /** What the user is shown of it: true when it shows. */
  readonly shows: (sight: Sight) => boolean;
  /** In words; else the state with its reason. */
  readonly shown?: (sight: Sight) => string;
  /** It must show within so long, ms. */
  readonly within: number;
  /** How long it goes on after it shows, ms; 0. */
  readonly lasts?: number;
  readonly mend?: (rooms: RoomControl) => void;
  /** Whether it is over for the user; else when the room is live. */
  readonly over?: (sight: Sight) => boolean;
  /** Longest time from the mending to that, ms. */
  readonly recovers: number;
  /** What the gap says, or null when there is none to be. */
  readonly gap: RegExp | null;
  /** Whether messages that were sent are lost, and lie in a gap. */
  readonly loses?: boolean;
}

/** What was seen of one fault. */
export interface Outcome {
  /** In words. */
  readonly shown: string;
  readonly noticedMs: number;
  readonly recoveredMs: number;
  readonly gaps: readonly { readonly ms: number; readonly reason: string }[];
  /** Messages of people that were sent to us and are not stored. */
  readonly lost: number;
  /** Of those, how many lie outside all gaps. */
  readonly unexplained: number;
  /** Units of gifts that were sent to us and are not counted. */
  readonly unitsLost: number;
  readonly twice: number;
  readonly stored: number;
}

/** Lets one fault happen to a real collection over loopback, and sees what comes of it. */
export async function struck(fault: Fault): Promise<Outcome> {
  vi.spyOn(Math, "random").mockImplementation(seeded(fault.name));
  const clock = new Lockstep();
  const now = await startRunning({ clock, start: clock.now(), seed: 7, rooms: [{ ...SCENARIO, ...fault.scenario }] }, {}, clock);
  try {
    return await told(fault, now, clock);
  } finally {
    await now.stop();
    clock.stop();
    vi.restoreAllMocks();
  }
}

async function told(fault: Fault, now: Running, clock: Lockstep): Promise<Outcome> {
  const rooms = now.simulator.rooms;
  const broadcasts = new Set<string>();
  let error: DyliveError | null = null;
  const sight = async (): Promise<Sight> => {
    const room = await now.store.rooms.find({ kind: "web_rid", value: RID });
    const sim = now.simulator.truth(RID);
    broadcasts.add(sim.roomId);
    const rows = room === null ? [] : await readRows(now.store.log, room);
    // Parsed only for who looks inside: it is seen ten times a second.
    return {
      ...{ status: room === null ? null : now.rooms.status(room), error, sim },
      get events() {
        return rows.map(({ event }) => event);
      },
    };
  };
  const isLive = ({ status, sim }: Sight) => status?.state === "live" && status.sessionId === sim.roomId;
  const ask = () =>
    void now.rooms.request(RID, 60_000, SIGNAL).catch((thrown: unknown) => {
      if (!(thrown instanceof DyliveError)) throw thrown;
      error = thrown;
    });
  let struckAt = clock.now();
  if (fault.before) fault.strike(rooms);
  ask();
  if (!fault.before) {
    await clock.until(async () => isLive(await sight()), 30_000);
    await clock.go(fault.calm ?? CALM_MS);
    broadcasts.add(now.simulator.truth(RID).roomId);
    fault.strike(rooms);
    struckAt = clock.now();
  }
  await clock.until(async () => fault.shows(await sight()), fault.within + 60_000);
  const seen = await sight();
  const noticedMs = clock.now() - (fault.since?.(seen.sim) ?? struckAt);
  await clock.go(fault.lasts ?? 0);
  fault.mend?.(rooms);
  const recoveredMs = await clock.until(async () => (fault.over ?? isLive)(await sight()), fault.recovers + 60_000);
  await clock.go(AFTER_MS);
  // The last messages are on their way no more.
  rooms.stall(RID);
  await clock.go(1000);
  const { events } = await sight();
  const stored = new Set(events.map(({ id }) => id));
  const gaps = (events.filter(({ type }) => type === "gap") as NewEventOf<"gap">[]).map(measured);
  const truths = [...broadcasts].map((id) => now.simulator.truth(id).sent);
  const given = truths.flatMap(({ combos }) => combos).reduce((sum, { total }) => sum + total, 0);
  const counted = (events.filter(({ type }) => type === "gift") as NewEventOf<"gift">[]).reduce((sum, { delta }) => sum + delta, 0);
  const sent = truths.flatMap(({ interactive }) => interactive).filter(({ kind }) => kind !== "gift");
  const lost = sent.filter((fact) => !stored.has(idOf(fact)));
  const unexplained = lost.filter(({ msgId }) => {
    const at = Number(BigInt(msgId) >> 32n) * 1000;
    return !gaps.some(({ from, to }) => at >= from - 1000 - SLACK_MS && at <= to + SLACK_MS);
  });
  return {
    shown: fault.shown?.(seen) ?? stateOf(seen),
    noticedMs,
    recoveredMs,
    gaps: gaps.map(({ from, to, reason }) => ({ ms: to - from, reason })),
    lost: lost.length,
    unexplained: unexplained.length,
    unitsLost: given - counted,
    twice: events.length - stored.size,
    stored: sent.length - lost.length,
  };
}

function stateOf({ status, error }: Sight): string {
  const said = status?.evidence.reason ?? error?.detail ?? "";
  const plain = said.replace(/127\.0\.0\.1:\d+/g, "live.douyin.com").replace(/\d+ s\b/g, "N s");
  return `${status === null ? `error \`${error?.code}\`` : status.state}: ${plain}`;
}

/** Chance that is the same in every run. */
export function seeded(text: string): () => number {
  let state = [...text].reduce((sum, letter) => (sum * 31 + letter.charCodeAt(0)) >>> 0, 7);
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}
