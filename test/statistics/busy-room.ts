import type { Fact } from "../../simulator/fact.js";
import { encodePlanned, type Outgoing, type Planned } from "../../simulator/outgoing.js";
import { makePerson } from "../../simulator/people.js";
import { PlannedFeed } from "../../simulator/planned-feed.js";
import { Random } from "../../simulator/random.js";
import type { RoomScenario, Stream } from "../../simulator/scenario.js";
import { loadSchema } from "../../simulator/schema.js";
import { type SentTruth, Truth } from "../../simulator/truth.js";
import { type IncomingFrame, Pipeline } from "../../src/ingest/pipeline.js";
import { Drift } from "../../src/platform/wire/drift.js";
import type { Store } from "../../src/store/store.js";

export const SESSION = "7634850000000000019";
const START = 1_777_726_800_000;
const HOUR = 3_600_000;
/** A burst of messages every ten minutes, two seconds long. */
const BURST_EVERY = 600_000;
const BURST_MS = 2000;
/** Seconds that are stored at once: each would cost a transaction. */
const BATCH_S = 10;

/** What a busy room is like: gifts 38 %, chat 31 %, likes 15 % of its events, 33 events a second. */
const STEADY: Partial<Record<Stream, number>> = {
  chat: 0.0995,
  like: 0.2,
  gift: 0.565,
  join: 0.228,
  follow: 2.5,
  share: 8,
  fansclub: 6,
  emoji: 5,
  stats: 5,
  viewers: 6,
  rank: 15,
};
const BURST: Partial<Record<Stream, number>> = { chat: 0.025, like: 0.05, join: 0.1 };

/** What the room was sent, in terms that need none of our decoders. */
export interface BusyTruth extends SentTruth {
  /** Of each fact, its platform second. */
  readonly secondOf: (fact: Fact) => number;
  readonly onlineMax: number;
  /** Messages of the busiest second. */
  readonly peak: number;
  /** The end of what was sent, ms UTC. */
  readonly end: number;
}

/**
 * Plays a busy room through the pipeline into a store, as fast as it goes: a function of the seed and the length.
 * @param onBatch told whenever something was stored
 */
export async function playBusyRoom(
  store: Store,
  { hours, seed = 1 }: { readonly hours: number; readonly seed?: number },
  onBatch?: (room: number) => Promise<void>,
): Promise<{ readonly room: number; readonly truth: BusyTruth }> {
  const schema = loadSchema();
  const random = new Random(`busy/${seed}`);
  const anchor = makePerson(random.fork("anchor"), { anonymised: false, clubName: "团", anchorId: "0" });
  const feed = (name: string, everySeconds: RoomScenario["everySeconds"], startMs: number) =>
    new PlannedFeed({
      schema,
      scenario: { ...BUSY, everySeconds },
      random: random.fork(name),
      roomId: SESSION,
      anchor,
      startMs,
      rateFactor: 1,
    });
  const steady = feed("steady", STEADY, START);
  const room = await store.rooms.ensure([{ kind: "web_rid", value: "900000002" }], { webRid: "900000002", title: "忙" });
  await store.sessions.open(room, SESSION, START, "忙");
  const clock = { now: START };
  const pipeline = await Pipeline.open({
    log: store.log,
    rooms: store.rooms,
    room,
    clock: { now: () => clock.now, sleep: () => Promise.resolve(), every: () => () => {} },
    drift: new Drift(),
    setAside: (event, error) => {
      throw new Error(`refused: ${event.id}`, { cause: error });
    },
  });
  const truth = new Truth(2_000_000);
  const end = START + hours * HOUR;
  let onlineMax = 0;
  let peak = 0;
  const waiting: IncomingFrame[] = [];
  let burst: PlannedFeed | null = null;
  for (let now = START + 1000; now <= end; now += 1000) {
    const into = (now - START) % BURST_EVERY;
    if (into === 0) burst = feed(`burst/${now}`, BURST, now - 1000);
    if (into > BURST_MS) burst = null;
    const plans: Planned[] = [...steady.plans(now), ...(burst?.plans(now) ?? [])];
    for (const { method, fields } of plans) onlineMax = Math.max(onlineMax, onlineIn(method, fields));
    const messages = plans.map((plan) => encodePlanned(schema, plan));
    for (const message of messages) truth.count(message);
    peak = Math.max(peak, messages.length);
    clock.now = now;
    waiting.push({ receivedAt: now, response: { messages: messages.map(envelopeOf) } });
    if (waiting.length < BATCH_S && now < end) continue;
    await pipeline.store(waiting.splice(0), { sessionId: SESSION, webRid: "900000002", anchorId: anchor.id, source: "recording" });
    await pipeline.settle();
    await onBatch?.(room);
  }
  clock.now = end + 60_000;
  await pipeline.settle();
  await store.sessions.end(room, SESSION, end, "announced");
  const secondOf = ({ msgId }: Fact) => Number(BigInt(msgId) >> 32n);
  return { room, truth: { ...truth.snapshot(), secondOf, onlineMax, peak, end } };
}

function envelopeOf({ method, sendingId, payload }: Outgoing) {
  return { method, msgId: sendingId, payload, msgType: "0", offset: "0", needWrdsStore: false };
}

/** People in the room as a message tells it; 0 where it tells nothing. */
function onlineIn(method: string, fields: Planned["fields"]): number {
  if (method === "WebcastMemberMessage") return Number(fields["member_count"] ?? 0);
  if (method === "WebcastRoomUserSeqMessage") return Number(fields["total"] ?? 0);
  if (method === "WebcastRoomStatsMessage") return Number(fields["display_value"] ?? 0);
  return 0;
}

const BUSY: RoomScenario = {
  webRid: "900000002",
  kind: "pk",
  state: "live",
  title: "忙",
  anchor: "忙主播",
  clubName: "团",
  viewers: 20_000,
  everySeconds: {},
};
