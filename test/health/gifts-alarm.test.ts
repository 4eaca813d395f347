// Guards: an alarm comes within a minute where gifts are kept from us, and never where all come.
import { afterAll, expect, it } from "vitest";
import { isGift, type Outgoing } from "../../simulator/outgoing.js";
import { makePerson } from "../../simulator/people.js";
import { PlannedFeed } from "../../simulator/planned-feed.js";
import { Random } from "../../simulator/random.js";
import type { RoomScenario } from "../../simulator/scenario.js";
import { loadSchema } from "../../simulator/schema.js";
import { type Mood, Moods } from "../../simulator/shares.js";
import type { NewEvent, User } from "../../src/events/event.js";
import { GiftsWatch } from "../../src/health/gifts-watch.js";
import { type Broadcast, Pipeline } from "../../src/ingest/pipeline.js";
import { Drift } from "../../src/platform/wire/drift.js";
import { openMemoryStore } from "../../src/store/memory/memory.js";
import { FakeClock } from "../clock.js";
import { gift, person, stats } from "../http/events.js";
import { measured } from "../long/measured.js";
import { casesOf, isWhole } from "../whole.js";

const schema = loadSchema();
const AT = 1_777_726_800_000;
const MINUTE = 60_000;
const scenario: RoomScenario = {
  ...{ webRid: "1", kind: "pk", state: "live", title: "", anchor: "a", clubName: "c", viewers: 60 },
  everySeconds: { chat: 4, gift: 4, rank: 15, viewers: 10 },
};
const broadcast: Broadcast = { sessionId: "1", webRid: "1", anchorId: null, source: "websocket" };

/** An account, as the platform's moods name it. */
const ACCOUNT = "0123456789abcdef";

/** Returns the scores that an event tells, by rank. */
function scoresOf(event: NewEvent): readonly (readonly [list: string, user: User, score: number | null])[] {
  if (event.type === "rank" && event.list === "audience") return event.entries.map(({ user, score }) => ["audience", user, score] as const);
  if (event.type === "stats") return (event.ranks ?? []).map(({ user, score }) => ["viewers", user, score] as const);
  return "user" in event && event.user?.roomDiamonds !== undefined ? [["own", event.user, event.user.roomDiamonds]] : [];
}

/**
 * Lets a room of the simulator go on for some minutes before the watch, second by second.
 * @param gives whether a gift that is sent at a time of the broadcast, ms, reaches us
 * @param isKept whether gifts that began at such a time are kept from us
 */
async function watched(
  seed: string,
  minutes: number,
  gives: (message: Outgoing, ms: number) => boolean,
  isKept: (ms: number) => boolean = () => false,
) {
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
  const received = new Map<string, number>();
  const begun = new Map<string, number>();
  /** Whether a score has risen by more than the gifts that came of that person meanwhile, by sums of our own. */
  const isUnexplained = (list: string, { id, masked }: User, score: number | null): boolean => {
    if (id === null || masked || score === null) return false;
    const rest = score - (received.get(id) ?? 0);
    const key = `${list}/${id}`;
    if (!begun.has(key)) begun.set(key, rest);
    return rest > (begun.get(key) ?? rest);
  };
  for (let at = AT; at <= AT + minutes * MINUTE; at += 1000) {
    const messages = feed
      .until(at)
      .filter((message) => !isGift(message.method) || gives(message, message.at - AT))
      .map(({ method, sendingId, payload }) => ({ method, msgId: sendingId, payload }));
    const { events } = await pipeline.store([{ receivedAt: at, response: { messages } }], broadcast);
    for (const event of events) {
      watch.see(event, at);
      if (event.type === "gift" && event.user.id !== null)
        received.set(event.user.id, (received.get(event.user.id) ?? 0) + (event.diamonds ?? 0));
      const risen = scoresOf(event).filter(([list, user, score]) => isUnexplained(list, user, score));
      // Rises whose gifts had begun before may have come in part: the first that none explains is one after all of those.
      if (isKept(at - 20_000 - AT) && risen.length > 0) firstRise ??= at;
    }
    watch.look(at);
    const told = watch.news;
    if (told === null) continue;
    watch.announced(told.kind);
    news.push({ kind: told.kind, at });
  }
  return { news, watch, firstRise };
}

it.each(
  casesOf(
    [0],
    Array.from({ length: 99 }, (_, i) => i + 1),
  ),
)("of a room whose gifts all come there is no alarm (seed %i)", async (seed) => {
  const { news, watch } = await watched(`quiet ${seed}`, isWhole() ? 10 : 3, () => true);
  expect(news).toEqual([]);
  expect([watch.state, watch.evidence.diamondsMissing]).toEqual(["flowing", 0]);
  expect(watch.evidence.diamondsWitnessed).toBeGreaterThan(0);
  quiet.push(`${seed}`);
});

it("of a room whose gifts are a sample there is one alarm at most, which does not come and go", { tags: ["full"] }, async () => {
  const random = new Random("sample a");
  const { news, watch } = await watched("sampled a", 14, () => random.chance(0.6));
  expect(news.length).toBeLessThanOrEqual(1);
  expect(watch.evidence.diamondsMissing).toBeGreaterThan(0);
});

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

it("of what was given an account's health counts what is known to have come or not, however early it is asked", () => {
  const watch = new GiftsWatch();
  const given = gift(100, { user: person({ id: "1" }) });
  const seen = () => {
    const { diamonds, diamondsWitnessed, diamondsMissing } = watch.takeSeen();
    return [diamonds, diamondsWitnessed, diamondsMissing];
  };
  watch.witness(given, AT);
  watch.receive(given, AT);
  expect(seen()).toEqual([100, 100, 0]);
  watch.witness(given, AT);
  watch.witness(given, AT + 1000);
  expect(seen()).toEqual([0, 0, 0]); // they may still come
  watch.look(AT + 30_000);
  expect(seen()).toEqual([0, 100, 100]);
  watch.receive(given, AT + 30_500);
  expect(seen()).toEqual([100, 100, 0]);
});

/** Seeds of rooms whose gifts stop: a few, and as many as of quiet ones. */
const STOPPED = casesOf(
  ["a", "b"],
  Array.from({ length: 98 }, (_, i) => `${i}`),
);
const delays: number[] = [];
const quiet: string[] = [];

it.each(STOPPED.map((seed, i): readonly [string, Mood] => [seed, i % 2 === 0 ? "first_gift" : { noneAfterMinutes: 4 }]))(
  "gifts that stop are told within a minute of the first rise that none explains, and their return once (seed %s, mood %o)",
  { tags: ["full"] },
  async (seed, mood) => {
    const [stop, go] = [4 * MINUTE, 9 * MINUTE];
    const moods = new Moods();
    if (typeof mood !== "string") moods.set(ACCOUNT, mood);
    moods.came(ACCOUNT, "7", AT);
    let phase = 0;
    const gives = (message: Outgoing, ms: number) => {
      if (phase === 0 && ms >= stop) moods.set(ACCOUNT, typeof mood === "string" ? mood : { noneAfterMinutes: 0 });
      if (phase <= 1 && ms >= go) moods.set(ACCOUNT, "all");
      phase = ms >= go ? 2 : ms >= stop ? 1 : 0;
      return moods.admits(ACCOUNT, "7", message, message.at, true);
    };
    const { news, watch, firstRise } = await watched(`mood ${seed}`, 18, gives, (ms) => ms >= stop && ms < go);
    expect(news.map(({ kind }) => kind)).toEqual(["gifts.suppressed", "gifts.flowing"]);
    expect(news[0]?.at).toBeGreaterThan(AT + stop);
    const delay = (news[0]?.at ?? Infinity) - (firstRise ?? 0);
    delays.push(delay);
    expect(delay).toBeLessThanOrEqual(MINUTE);
    expect(news[1]?.at).toBeGreaterThanOrEqual(AT + go);
    expect(watch.state).toBe("flowing");
  },
);

afterAll(() => {
  if (!isWhole() || delays.length < STOPPED.length) return;
  const sorted = delays.toSorted((a, b) => a - b).map((ms) => Math.round(ms / 1000));
  measured(
    "alarm of gifts: 100 rooms whose gifts stop (the first one only, or none), 100 quiet rooms of 10 minutes",
    `told ${sorted[sorted.length >> 1]} s (median), ${sorted.at(-1)} s (longest) of the clock after the first rise that no gift explains; ${quiet.length} quiet rooms: no false alarm`,
  );
});
