import { describe, expect, it } from "vitest";
import { Watchdog } from "../../src/collector/watchdog.js";
import type { NewEvent } from "../../src/events/event.js";
import { Audience, Coverage, GiftsWatch } from "../../src/health/audience.js";
import { RoomHealth } from "../../src/health/room-health.js";
import { backoffMs } from "../../src/runtime/clock.js";
import { RateLimiter } from "../../src/runtime/rate-limiter.js";
import { FakeClock } from "../clock.js";
import { gift, person } from "../platform/messages/gift-event.js";

const base = {
  id: "1",
  room: 1,
  webRid: null,
  sessionId: null,
  method: "m",
  time: 1,
  receivedAt: 1,
  source: "websocket",
  revision: 0,
} as const;
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

describe("gifts", () => {
  it("are unknown, suppressed when scores rise twice without any, flowing when one comes", () => {
    const watch = new GiftsWatch();
    for (const [score, state] of [
      [10, "unknown"],
      [10, "unknown"],
      [12, "unknown"],
      [15, "suppressed"],
    ] as const) {
      watch.see(rank(score));
      expect(watch.state).toBe(state);
    }
    watch.see(given);
    expect(watch.state).toBe("flowing");
    watch.see(rank(20));
    expect(watch.state).toBe("flowing");
    watch.reset();
    expect(watch.state).toBe("unknown");
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
    audience.read("https://p3.douyinpic.com/cover");
    for (const event of [stats(812, 9_000), stats(null, 9_100), like(5, 140), like(5, 100)]) audience.see(event);
    expect(audience.told).toEqual({ cover: "https://p3.douyinpic.com/cover", online: 812, totalViewers: 9_100, likes: 140 });
    audience.reset();
    expect(audience.told).toEqual({ cover: "https://p3.douyinpic.com/cover", online: null, totalViewers: null, likes: null });
    audience.read(null);
    expect(audience.told.cover).toBeNull();
  });
});

describe("watchdog", () => {
  it("is dead after 35 s without a frame, silent after a time that is the room's own", () => {
    let dog = new Watchdog().opened(0);
    expect(dog.silence(34_999)).toBeNull();
    expect(dog.silence(35_000)).toBe("dead");
    for (let at = 0; at <= 60_000; at += 10_000) dog = dog.received(at, 0);
    expect(dog.silence(60_000)).toBe("silent");
    expect(dog.quiet().silence(60_000)).toBeNull();
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

it("gifts that were kept from a guest say nothing of the account that is logged in since", () => {
  const health = new RoomHealth(new FakeClock());
  health.seenAs({ account: null, login: "guest" });
  for (const score of [1, 2, 3]) health.stored([rank(score)], 1);
  expect(health.gifts.state).toBe("suppressed");
  health.seenAs({ account: "default", login: "logged_in" });
  expect(health.gifts.state).toBe("unknown");
});
