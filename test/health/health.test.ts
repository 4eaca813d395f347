// Guards: a room's health says what the platform sends and keeps back, and nothing that it cannot know.
import { describe, expect, it } from "vitest";
import { Watchdog } from "../../src/collector/watchdog.js";
import type { NewEvent, NewEventOf } from "../../src/events/event.js";
import { GiftsWatch } from "../../src/health/gifts-watch.js";
import { Audience, Coverage, RoomHealth } from "../../src/health/room-health.js";
import { SessionHealth } from "../../src/health/sessions.js";
import type { Sighting } from "../../src/health/sightings.js";
import { backoffMs } from "../../src/runtime/clock.js";
import { ON_THE_WAY, RateLimiter } from "../../src/runtime/rate-limiter.js";
import { FakeClock } from "../clock.js";
import { gift, person } from "../platform/messages/gift-event.js";

const base = {
  ...({ id: "1", room: 1, webRid: null, sessionId: null, method: "m", time: 1, receivedAt: 1, source: "websocket", revision: 0 } as const),
};
const rank = (score: number): NewEvent => ({
  ...base,
  type: "rank",
  list: "audience",
  entries: [{ rank: 1, score, scoreText: null, user: person("5") }],
  receiver: null,
  total: null,
});
const like = (count: number, total: number, masked = false): NewEvent => ({
  ...base,
  type: "like",
  count,
  total,
  user: { ...person("5"), masked },
});
const given = { ...gift({ id: "g", combo: "c", total: 1 }).event, delta: 1 };

/** Takes what nobody was told of yet. */
function taken(watch: GiftsWatch) {
  const { news } = watch;
  if (news !== null) watch.announced(news.kind);
  return news;
}

describe("gifts", () => {
  const MINUTE = 60_000;
  const from5 = (diamonds: number | null): NewEvent => ({ ...given, user: person("5"), diamonds });

  it("are suppressed when a rise stays unexplained for half a minute, and flowing again when gifts explain two and none is missing for four minutes", () => {
    const watch = new GiftsWatch();
    watch.see(rank(10), 0);
    watch.look(MINUTE);
    // What somebody had before proves nothing.
    expect(watch.state).toBe("unknown");
    watch.see(rank(110), MINUTE);
    watch.look(MINUTE + 29_000);
    expect([watch.state, taken(watch)]).toEqual(["unknown", null]);
    watch.look(MINUTE + 30_000);
    expect(watch.state).toBe("suppressed");
    const since = MINUTE + 30_000;
    expect(taken(watch)).toEqual({ kind: "gifts.suppressed", state: "suppressed", since, witnessed: 100, missing: 100 });
    expect(watch.evidence).toEqual({ since, diamondsWitnessed: 100, diamondsMissing: 100 });
    watch.see(from5(20), 2 * MINUTE);
    watch.see(rank(130), 2 * MINUTE + 1);
    expect([watch.state, taken(watch)]).toEqual(["suppressed", null]);
    watch.see(rank(150), 3 * MINUTE);
    watch.see(from5(20), 3 * MINUTE + 1);
    expect([watch.state, taken(watch)]).toEqual(["suppressed", null]);
    watch.see(from5(20), 5 * MINUTE);
    expect([watch.state, taken(watch)?.kind]).toEqual(["flowing", "gifts.flowing"]);
    watch.reset();
    expect([watch.state, watch.evidence.since]).toEqual(["unknown", null]);
  });

  it("are flowing by the first gift, partial when some do not come, and suppressed when none does any more", () => {
    const watch = new GiftsWatch();
    watch.see(rank(10), 0);
    watch.see(from5(5), 1);
    expect([watch.state, taken(watch)]).toEqual(["flowing", null]);
    watch.see(rank(110), 2);
    watch.see({ ...given, user: person("6"), diamonds: 900 }, 3);
    watch.look(MINUTE);
    expect([watch.state, watch.evidence.diamondsMissing, taken(watch)?.kind]).toEqual(["partial", 95, "gifts.suppressed"]);
    for (const n of [1, 2]) {
      watch.see(rank(110 + n), n * MINUTE);
      watch.look((n + 1) * MINUTE);
    }
    expect([watch.state, taken(watch)]).toEqual(["suppressed", null]);
  });

  it("that were told to be kept from us by an earlier process are so at once, and that is not told again until they flow", () => {
    const watch = new GiftsWatch();
    watch.recall("suppressed", { since: 5, diamondsWitnessed: 70, diamondsMissing: 60 }, "b1", MINUTE);
    expect(taken(watch)).toMatchObject({ kind: "gifts.suppressed", since: 5 }); // by its time the log knows it
    watch.begin("b1", MINUTE);
    expect([watch.state, watch.evidence]).toEqual(["suppressed", { since: 5, diamondsWitnessed: 70, diamondsMissing: 60 }]);
    watch.see(rank(10), MINUTE);
    watch.see(rank(110), 2 * MINUTE);
    watch.look(3 * MINUTE);
    expect(watch.news).toBeNull();
    watch.begin("b2", 4 * MINUTE);
    expect([watch.state, watch.evidence, watch.news]).toEqual(["suppressed", { since: 5, diamondsWitnessed: 0, diamondsMissing: 0 }, null]);
    watch.see(rank(10), 5 * MINUTE);
    for (const n of [1, 2, 3, 4]) {
      watch.see(from5(10), (8 + n) * MINUTE);
      watch.see(rank(10 + n * 10), (8 + n) * MINUTE + 1);
    }
    expect([watch.state, taken(watch)?.kind]).toEqual(["flowing", "gifts.flowing"]);
  });

  it("that others were sent are a witness for a session that was not", () => {
    const [one, other] = [new GiftsWatch(), new GiftsWatch()];
    for (const n of [1, 2]) {
      const at = n * MINUTE;
      one.receive({ ...given, user: person("5"), diamonds: 10 }, at);
      for (const watch of [one, other]) watch.witness(from5(10), at);
      for (const watch of [one, other]) watch.look(at + 30_000);
    }
    expect([one.state, other.state, other.evidence.diamondsMissing]).toEqual(["flowing", "suppressed", 20]);
    other.witness(from5(10), 3 * MINUTE);
    other.interrupted(); // connected only now
    other.look(4 * MINUTE);
    expect(other.evidence.diamondsMissing).toBe(20);
  });

  it("of masked people may be of those whom the ranks name, and explain no more than they are worth", () => {
    const masked = (diamonds: number | null): NewEvent => ({ ...given, user: { ...person("5"), id: null, masked: true }, diamonds });
    const watch = new GiftsWatch();
    watch.see(rank(10), 0);
    for (let minute = 1; minute <= 5; minute++) {
      watch.see(masked(100), minute * MINUTE);
      watch.see(rank(10 + 100 * minute), minute * MINUTE + 20_000);
      watch.look(minute * MINUTE + 55_000);
    }
    expect([watch.state, watch.evidence.diamondsMissing]).toEqual(["flowing", 0]);
    watch.see(masked(100), 6 * MINUTE);
    watch.see(rank(1010), 6 * MINUTE);
    watch.look(7 * MINUTE);
    expect([watch.state, watch.evidence.diamondsMissing]).toEqual(["partial", 400]);
    const late = new GiftsWatch();
    late.see(masked(500), 0);
    late.see(rank(10), 0);
    late.see(rank(110), 5 * MINUTE);
    late.look(6 * MINUTE);
    expect(late.evidence.diamondsMissing).toBe(100);
  });
});

describe("gifts of one session", () => {
  /**
   * A room of two sessions, to each of which people say something every two seconds; every five seconds one gives ten diamonds.
   * @param comesTo when the second session is brought what was sent at that second; null: never
   */
  async function watchedByTwo(seconds: number, comesTo: (second: number, isGift: boolean) => number | null) {
    const clock = new FakeClock(1_000_000);
    const health = new RoomHealth(clock);
    const [one, two] = ["guest", "guest:2"].map((name) => new SessionHealth(name, clock));
    if (one === undefined || two === undefined) throw new Error("no sessions");
    health.watchedBy([one, two]);
    for (const session of [one, two]) session.to("connected");
    const held: { at: number; sighting: Omit<Sighting, "by" | "at"> }[] = [];
    const told: string[] = [];
    for (let second = 1; second <= seconds; second++) {
      await clock.advance(1000);
      const id = `${second}`;
      const present: NewEventOf<"gift"> = { ...given, id, user: person("5"), diamonds: 10 };
      const sent: Omit<Sighting, "by" | "at">[] = [];
      if (second % 2 === 0) sent.push({ id: `chat ${id}`, type: "chat", isOld: false });
      if (second % 5 === 0) sent.push({ id, type: "gift", gift: present, isOld: false });
      for (const sighting of sent) {
        health.brought([{ ...sighting, by: 0, at: clock.now() }], sighting.gift === undefined ? [] : [present]);
        const at = comesTo(second, sighting.gift !== undefined);
        if (at !== null) held.push({ at, sighting });
      }
      // Each message is a batch of its own, and the room may be looked at between any two of them.
      for (const { sighting } of held.filter(({ at }) => at === second)) {
        health.brought([{ ...sighting, isOld: true, by: 1, at: clock.now() }], []);
        health.look();
      }
      health.look();
      const news = taken(two.gifts);
      if (news !== null) told.push(`${second} ${news.kind}`);
    }
    const { diamondsWitnessed, diamondsMissing } = two.takeSeen();
    return { told, state: two.gifts.state, diamondsWitnessed, diamondsMissing };
  }

  it.each([20, 48])("that its own network holds for %i s are not kept from it, and nothing is counted as missing", async (length) => {
    for (const from of [60, 63]) {
      const seen = await watchedByTwo(from + length + 120, (second) => (second < from ? second : Math.max(second, from + length)));
      expect(seen).toMatchObject({ told: [], state: "flowing", diamondsMissing: 0 });
      expect(seen.diamondsWitnessed).toBeGreaterThan(200);
    }
  });

  it("are kept from it where what people say comes, and told within a minute", async () => {
    const { told, state, diamondsMissing } = await watchedByTwo(240, (second, isGift) => (isGift && second > 60 ? null : second));
    expect([told.length, state]).toEqual([1, "suppressed"]);
    expect(Number(told[0]?.split(" ")[0])).toBeLessThan(120);
    expect(diamondsMissing).toBeGreaterThan(200);
  });
});

describe("sight", () => {
  it("gives the share of likes that reached us, and whether names are hidden", () => {
    const sight = new Coverage();
    sight.see(like(5, 100));
    expect([sight.likesSeen, sight.masked]).toEqual([null, null]);
    sight.see(like(10, 140));
    expect(sight.likesSeen).toBe(0.25);
    for (let i = 0; i < 20; i++) sight.see(like(0, 140, true));
    expect(sight.masked).toBe(true);
    sight.reset();
    expect([sight.likesSeen, sight.masked]).toEqual([null, null]);
  });
});

describe("audience", () => {
  it("keeps what the platform last said of a broadcast; a new one begins with its cover alone", () => {
    const audience = new Audience();
    const stats = (online: number | null, totalViewers: number | null): NewEvent => ({
      ...base,
      type: "stats",
      online,
      totalViewers,
      onlineText: null,
      totalText: null,
    });
    audience.read("7", "https://p3.douyinpic.com/cover");
    for (const event of [stats(812, 9_000), stats(null, 9_100), like(5, 140), like(5, 100)]) audience.see(event);
    expect(audience.reported).toEqual({
      roomId: "7",
      cover: "https://p3.douyinpic.com/cover",
      online: 812,
      totalViewers: 9_100,
      likes: 140,
    });
    audience.reset();
    expect(audience.reported).toEqual({
      roomId: "7",
      cover: "https://p3.douyinpic.com/cover",
      online: null,
      totalViewers: null,
      likes: null,
    });
    audience.read("7", null);
    expect(audience.reported.cover).toBeNull();
  });
});

describe("watchdog", () => {
  it("is dead after 35 s without a frame, silent after a time that is the room's own", () => {
    let dog = new Watchdog().opened(0);
    expect(dog.silence(34_999)).toBeNull();
    expect(dog.silence(35_000)).toBe("dead");
    for (let at = 0; at <= 60_000; at += 10_000) dog = dog.received(at, 0);
    expect(dog.silence(60_000)).toBe("silent");
    expect(dog.quiet(60_000).silence(60_000)).toBeNull();
  });

  it("asks about a busy room after half a minute, about a quiet one much later", () => {
    let [busy, quiet] = [new Watchdog(), new Watchdog()];
    for (let i = 0; i < 100; i++) busy = busy.received(i * 100, 1);
    for (let i = 0; i < 100; i++) quiet = quiet.received(i * 20_000, 1);
    expect(busy.limitMs).toBe(30_000);
    expect(quiet.limitMs).toBe(240_000);
  });
});

describe("budget", () => {
  it("lets a burst through and the rest at its rate, in order; an abort ends the wait", async () => {
    const clock = new FakeClock();
    const budget = new RateLimiter(clock, { perSecond: 10, burst: 3 });
    const done: number[] = [];
    const stop = new AbortController();
    for (let i = 0; i < 6; i++)
      void budget.turn(stop.signal).then(
        () => done.push(i),
        () => {},
      );
    await clock.advance(0);
    expect(done).toEqual([0, 1, 2]);
    await clock.advance(200);
    expect(done).toEqual([0, 1, 2, 3, 4]);
    stop.abort();
    await clock.advance(1000);
    expect(done).toEqual([0, 1, 2, 3, 4]);
    await expect(budget.turn(stop.signal)).rejects.toThrow();
  });

  it("lets who goes on with something in between those who begin, and loses no turn to those who gave up", async () => {
    const clock = new FakeClock();
    const budget = new RateLimiter(clock, { perSecond: 10, burst: 1 });
    const done: string[] = [];
    const [stop, gone] = [new AbortController(), new AbortController()];
    const ask = (name: string, line?: string, { signal } = stop) =>
      void budget.turn(signal, line).then(
        () => done.push(name),
        () => {},
      );
    for (const name of ["a", "b", "c", "d", "e"]) ask(name, undefined, name === "d" ? gone : stop);
    for (const name of ["B", "C"]) ask(name, ON_THE_WAY);
    gone.abort();
    await clock.advance(0);
    expect(done).toEqual(["a"]);
    await clock.advance(100);
    expect(done).toEqual(["a", "b"]);
    ask("D", ON_THE_WAY);
    await clock.advance(500);
    expect(done).toEqual(["a", "b", "B", "c", "C", "e", "D"]);
  });
});

describe("back-off", () => {
  it("grows to a bound, with chance, and is longer after a refusal", () => {
    const most = (setback: "network" | "refusal", n: number) => Math.max(...Array.from({ length: 300 }, () => backoffMs(setback, n)));
    const least = (setback: "network" | "refusal", n: number) => Math.min(...Array.from({ length: 300 }, () => backoffMs(setback, n)));
    expect(most("network", 1)).toBeLessThanOrEqual(1500);
    expect(most("network", 1000)).toBeLessThanOrEqual(60_000);
    expect(least("network", 1000)).toBeGreaterThanOrEqual(6000);
    expect(most("refusal", 1)).toBeLessThanOrEqual(30_000);
    expect(most("refusal", 1000)).toBeGreaterThan(300_000);
  });
});

it("gifts that were kept from a guest say nothing of the account that is logged in since", async () => {
  const clock = new FakeClock();
  const health = new RoomHealth(clock);
  health.watchedBy([new SessionHealth("default", clock)]);
  health.seenAs({ account: null, login: "guest" });
  for (const score of [1, 2, 3]) health.stored([rank(score)], 1);
  await clock.advance(30_000);
  health.look();
  expect(health.gifts.state).toBe("suppressed");
  health.seenAs({ account: "default", login: "logged_in" });
  expect(health.gifts.state).toBe("unknown");
});
