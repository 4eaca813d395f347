import { expect, it } from "vitest";
import { makePerson } from "../../simulator/people.js";
import { PlannedFeed } from "../../simulator/planned-feed.js";
import { Random } from "../../simulator/random.js";
import type { RoomScenario } from "../../simulator/scenario.js";
import { loadSchema } from "../../simulator/schema.js";
import { GiftsWatch } from "../../src/health/gifts-watch.js";
import { type Broadcast, Pipeline } from "../../src/ingest/pipeline.js";
import { Drift } from "../../src/platform/wire/drift.js";
import { openMemoryStore } from "../../src/store/memory/memory.js";
import { FakeClock } from "../clock.js";
import { gift, person, stats } from "../http/events.js";
import { casesOf } from "../whole.js";

const schema = loadSchema();
const AT = 1_777_726_800_000;
const MINUTE = 60_000;
const scenario: RoomScenario = {
  ...{ webRid: "1", kind: "pk", state: "live", title: "", anchor: "a", clubName: "c", viewers: 60 },
  everySeconds: { chat: 4, gift: 4, rank: 15, viewers: 10 },
};
const broadcast: Broadcast = { sessionId: "1", webRid: "1", anchorId: null, source: "websocket" };
const isGift = (method: string) => /Gift/.test(method);

/** Lets a room of the simulator go on for some minutes before the watch, second by second. @param gives whether a gift of a time is sent */
async function watched(seed: string, minutes: number, gives: (ms: number) => boolean) {
  const random = new Random(seed);
  const anchor = makePerson(random.fork("anchor"), { anonymised: false, clubName: "c", anchorId: "0" });
  const feed = new PlannedFeed({ schema, scenario, random, roomId: "7", anchor, startMs: AT, rateFactor: 1 });
  const store = openMemoryStore({ maxEventsPerRoom: 100_000 });
  const clock = new FakeClock(AT);
  const room = await store.rooms.ensure([{ kind: "web_rid", value: "1" }]);
  const setAside = (_event: unknown, error: unknown) => {
    throw error;
  };
  const pipeline = await Pipeline.open({ log: store.log, rooms: store.rooms, room, clock, drift: new Drift(), setAside });
  const watch = new GiftsWatch();
  const news: { kind: string; at: number }[] = [];
  let firstRise: number | null = null;
  for (let at = AT; at <= AT + minutes * MINUTE; at += 1000) {
    const messages = feed
      .until(at)
      .filter((message) => !isGift(message.method) || gives(message.at - AT))
      .map(({ method, sendingId, payload }) => ({ method, msgId: sendingId, payload }));
    const { events } = await pipeline.store([{ receivedAt: at, response: { messages } }], broadcast);
    for (const event of events) {
      const before = watch.evidence.diamondsWitnessed;
      watch.see(event, at);
      // Rises whose gifts had begun before may have come in part: the first that none explains is one after all of those.
      if (!gives(at - 20_000 - AT) && watch.evidence.diamondsWitnessed > before) firstRise ??= at;
    }
    watch.look(at);
    const told = watch.news;
    if (told === null) continue;
    watch.told(told.kind);
    news.push({ kind: told.kind, at });
  }
  return { news, watch, firstRise };
}

it.each(
  casesOf(
    Array.from({ length: 10 }, (_, i) => i),
    Array.from({ length: 90 }, (_, i) => i + 10),
  ),
)("of a room whose gifts all come there is no alarm (seed %i)", async (seed) => {
  const { news, watch } = await watched(`quiet ${seed}`, 10, () => true);
  expect(news).toEqual([]);
  expect([watch.state, watch.evidence.diamondsMissing]).toEqual(["flowing", 0]);
  expect(watch.evidence.diamondsWitnessed).toBeGreaterThan(0);
});

it.each(["a", "b", "c"])(
  "of a room whose gifts are a sample there is one alarm at most, which does not come and go (seed %s)",
  async (seed) => {
    const random = new Random(`sample ${seed}`);
    const { news, watch } = await watched(`sampled ${seed}`, 14, () => random.chance(0.6));
    expect(news.length).toBeLessThanOrEqual(1);
    expect(watch.evidence.diamondsMissing).toBeGreaterThan(0);
  },
);

it("a single gift of little worth that did not come is no alarm", () => {
  const watch = new GiftsWatch();
  const givers = ["1", "2"].map((id) => person({ id }));
  const ranks = (scores: readonly number[]) =>
    stats({ ranks: givers.map((user, place) => ({ rank: place + 1, user, score: scores[place] ?? 0, scoreText: null })) });
  let at = AT;
  watch.see(ranks([0, 0]), at);
  for (let total = 100; total <= 1000; total += 100) {
    at += 10_000;
    watch.see(gift(100, { user: givers[0] ?? person() }), at);
    watch.see(ranks([total, total >= 500 ? 2 : 0]), at);
    watch.look(at);
  }
  expect([watch.state, watch.evidence.diamondsMissing, watch.news]).toEqual(["flowing", 2, null]);
});

it.each(["a", "b", "c"])(
  "gifts that stop are told within a minute of the first rise that none explains, and their return once (seed %s)",
  async (seed) => {
    const [stop, go] = [4 * MINUTE, 9 * MINUTE];
    const { news, watch, firstRise } = await watched(`mood ${seed}`, 18, (ms) => ms < stop || ms >= go);
    expect(news.map(({ kind }) => kind)).toEqual(["gifts.suppressed", "gifts.flowing"]);
    expect(news[0]?.at).toBeGreaterThan(AT + stop);
    expect((news[0]?.at ?? Infinity) - (firstRise ?? 0)).toBeLessThanOrEqual(MINUTE);
    expect(news[1]?.at).toBeGreaterThanOrEqual(AT + go);
    expect(watch.state).toBe("flowing");
  },
);
