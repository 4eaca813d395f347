import { describe, expect, it } from "vitest";
import { Random } from "../../simulator/random.js";
import { Sightings, seenIn } from "../../src/health/sightings.js";
import { FakeClock } from "../clock.js";

const guests = (...names: string[]) => names.map((name) => ({ name, visitor: name }));
const TWO = guests("guest", "guest:2");
const THREE = guests("guest", "guest:2", "account:main");
const FIVE = guests("guest", "guest:2", "guest:3", "account:main", "browser");

/** So many chats over five minutes, of which each session is given a share by its own chance: its own, or the one of all. */
async function sampled(seed: number, sessions: typeof TWO, whole: number, share: number | readonly number[]) {
  const random = new Random(`${seed}`);
  const clock = new FakeClock(1_777_726_780_000);
  const sightings = new Sightings(sessions, clock);
  for (const by of sessions.keys()) sightings.stands(by, true);
  await clock.advance(10_000);
  for (let i = 0; i < whole; i++) {
    if (i % 100 === 0) await clock.advance(Math.floor(27_000_000 / whole));
    for (const by of sessions.keys())
      if (random.chance(typeof share === "number" ? share : (share[by] ?? 0)))
        sightings.see({ id: `${i}`, type: "chat", by, at: clock.now(), isOld: false });
  }
  return sightings;
}

describe("an estimate of the whole", () => {
  it.each([
    ["two", TWO, 2000, 0.6],
    ["three", THREE, 2000, 0.6],
    ["two, few", TWO, 60, 0.6],
    ["two, small", TWO, 500, 0.2],
    ["two nearly complete", TWO, 400, 0.99],
    ["two, one of them nearly complete,", TWO, 300, [0.98, 0.5]],
    ["two, one of them complete,", TWO, 300, [1, 0.6]],
    ["two very unlike", TWO, 1000, [0.9, 0.05]],
    ["two, hardly any", TWO, 15, 0.7],
    ["three nearly complete", THREE, 300, 0.95],
    ["five", FIVE, 1000, 0.6],
  ] as const)("by %s independent sessions holds the truth in at least 90 of 100 seeds", async (_name, sessions, whole, share) => {
    let [held, below, above, told, checked] = [0, 0, 0, 100, 0];
    for (let seed = 0; seed < 100; seed++) {
      const { chat } = (await sampled(seed, [...sessions], whole, share)).lately.types;
      if (chat.whole === null) {
        told--; // it says that it cannot tell
        continue;
      }
      expect(chat.whole.low).toBeGreaterThanOrEqual(chat.whole.received);
      expect(chat.whole.received).toBe(chat.received);
      if (chat.whole.independence === "checked") checked++;
      if (chat.whole.low <= whole && whole <= chat.whole.high) held++;
      else if (whole < chat.whole.low) below++;
      else above++;
    }
    expect(told).toBeGreaterThan(90);
    expect(held, `${below} too high, ${above} too low`).toBeGreaterThanOrEqual(0.9 * told);
    // Two can never show that they are independent, three or more nearly always do.
    if (sessions.length === 2) expect(checked).toBe(0);
    else expect(checked).toBeGreaterThan(0.9 * told);
  });

  /** So many chats, each of which comes to each session by a chance of its own. */
  function dependent(seed: string, sessions: typeof TWO, whole: number, chanceOf: (random: Random) => number) {
    const clock = new FakeClock(1_777_726_780_000);
    const sightings = new Sightings(sessions, clock);
    for (const by of sessions.keys()) sightings.stands(by, true);
    const random = new Random(seed);
    const at = clock.now() + 10_000;
    for (let i = 0; i < whole; i++) {
      const chance = chanceOf(random);
      for (const by of sessions.keys()) if (random.chance(chance)) sightings.see({ id: `${i}`, type: "chat", by, at, isOld: false });
    }
    return sightings.lately.types.chat;
  }

  it("is only assumed to be one of independent samples where sessions are sent the very same", () => {
    for (const sessions of [TWO, THREE, FIVE]) {
      const { whole, received } = dependent("same", sessions, 1000, (random) => (random.chance(0.6) ? 1 : 0));
      expect(whole).toMatchObject({ received, estimate: received, independence: "assumed" });
    }
  });

  it("is not made where three sessions are sent some messages rather than others, all three alike", () => {
    let found = 0;
    const important = (random: Random) => (random.chance(0.5) ? 0.9 : 0.3);
    for (let seed = 0; seed < 100; seed++) if (dependent(`${seed}`, THREE, 1000, important).wholeUnknown === "contradiction") found++;
    expect(found).toBeGreaterThan(95);
    for (let seed = 0; seed < 10; seed++) expect(dependent(`${seed}`, TWO, 1000, important).whole?.independence).toBe("assumed");
  });

  it("by three sessions, of which one after the other is away, holds the truth in at least 90 of 100 seeds", async () => {
    let held = 0;
    for (let seed = 0; seed < 100; seed++) {
      const random = new Random(`${seed}`);
      const clock = new FakeClock(1_777_726_780_000);
      const sightings = new Sightings(THREE, clock);
      const up = new Set(THREE.keys());
      let truth = 0;
      const slice = async (count: number) => {
        for (let i = 0; i < count; i++, truth++)
          for (const by of up) if (random.chance(0.6)) sightings.see({ id: `${truth}`, type: "chat", by, at: clock.now(), isOld: false });
        await clock.advance(10_000);
      };
      for (const by of up) sightings.stands(by, true);
      await clock.advance(10_000);
      for (const away of THREE.keys()) {
        await slice(30);
        sightings.stands(away, false);
        up.delete(away);
        await clock.advance(10_000);
        await slice(30);
        sightings.stands(away, true);
        up.add(away);
        await clock.advance(10_000);
      }
      const { whole } = sightings.lately.types.chat;
      if (whole !== null && whole.low <= truth && truth <= whole.high && whole.independence === "checked") held++;
    }
    expect(held).toBeGreaterThanOrEqual(90);
  });

  it("is not made of a session that receives nothing, and does not call its silence agreement", async () => {
    const { chat } = (await sampled(1, TWO, 100, [0.6, 0])).lately.types;
    expect(chat).toMatchObject({ shared: 0, whole: null, wholeUnknown: "nothing_shared" });
    const both = (await sampled(1, THREE, 100, [0.6, 0.6, 0])).lately.types.chat;
    expect(both.whole?.low).toBeLessThanOrEqual(100);
    expect(both.whole?.high).toBeGreaterThanOrEqual(100);
  });

  it("counts a connection that died without a word as away since it was last heard", async () => {
    const clock = new FakeClock(1_777_726_780_000);
    const sightings = new Sightings(TWO, clock);
    const see = (id: number, by: number) => sightings.see({ id: `${id}`, type: "chat", by, at: clock.now(), isOld: false });
    for (const by of TWO.keys()) sightings.stands(by, true);
    await clock.advance(10_000);
    for (let id = 0; id < 100; id++) for (const by of id % 2 === 0 ? [0] : [0, 1]) see(id, by);
    await clock.advance(10_000);
    const heardAt = clock.now();
    await clock.advance(40_000);
    for (let id = 100; id < 200; id++) see(id, 0);
    await clock.advance(10_000);
    sightings.stands(1, false, heardAt);
    expect(sightings.lately.types.chat).toMatchObject({ received: 200, shared: 50, whole: { received: 100, estimate: 100 } });
  });

  it("says why it is not made, and what time it is of", async () => {
    const clock = new FakeClock(1_777_726_780_000);
    const sightings = new Sightings(TWO, clock);
    const why = () => sightings.lately.types.chat.wholeUnknown;
    for (const by of TWO.keys()) sightings.stands(by, true);
    await clock.advance(4000);
    for (const by of TWO.keys()) sightings.see({ id: "1", type: "chat", by, at: clock.now(), isOld: false });
    expect([why(), sightings.lately.windowMs]).toEqual(["no_common_time", 4000]);
    await clock.advance(6000);
    for (const by of TWO.keys()) sightings.see({ id: "2", type: "chat", by, at: clock.now(), isOld: false });
    expect([why(), sightings.lately.windowMs]).toEqual([null, 10_000]);
    await clock.advance(900_000);
    expect(sightings.lately.windowMs).toBe(300_000);
    sightings.begin(sightings.counts);
    expect(sightings.lately.windowMs).toBe(0);
    expect(new Sightings(TWO.slice(1), clock).lately.types.chat.wholeUnknown).toBe("one_visitor");
  });

  it("counts nothing that the log had before, but who else brings what is counted", async () => {
    const clock = new FakeClock(1_777_726_780_000);
    const sightings = new Sightings(TWO, clock);
    const see = (id: string, by: number, isOld: boolean) => sightings.see({ id, type: "chat", by, at: clock.now(), isOld });
    see("of before", 0, true);
    see("new", 0, false);
    see("new", 1, true);
    expect(sightings.lately.types.chat).toMatchObject({
      received: 1,
      shared: 1,
      sessions: { guest: { alone: 0 }, "guest:2": { received: 1 } },
    });
  });

  it("is not made from two sessions of one account, nor from one session", async () => {
    const same = [
      { name: "account:main", visitor: "main" },
      { name: "account:main@browser", visitor: "main" },
    ];
    expect((await sampled(1, same, 1000, 0.6)).lately.types.chat).toMatchObject({ received: expect.any(Number), whole: null });
    const [one] = TWO;
    expect((await sampled(1, one === undefined ? [] : [one], 1000, 0.6)).lately.types.chat).toMatchObject({ shared: 0, whole: null });
  });

  it("is not made where three sessions contradict one another", () => {
    const clock = new FakeClock(1_777_726_780_000);
    const sightings = new Sightings(THREE, clock);
    for (const by of THREE.keys()) sightings.stands(by, true);
    const random = new Random("dependent");
    const at = clock.now() + 10_000;
    for (let i = 0; i < 1000; i++) {
      const given = random.chance(0.6);
      for (const by of [0, 1]) if (given) sightings.see({ id: `${i}`, type: "chat", by, at, isOld: false });
      if (random.chance(0.6)) sightings.see({ id: `${i}`, type: "chat", by: 2, at, isOld: false });
    }
    expect(sightings.lately.types.chat).toMatchObject({ received: expect.any(Number), whole: null, wholeUnknown: "contradiction" });
  });

  it("is of the time in which two were connected: one that was away says nothing of it", async () => {
    const clock = new FakeClock(1_777_726_780_000);
    const sightings = new Sightings(TWO, clock);
    let id = 0;
    const both = (n: number, by: readonly number[]) => {
      for (let i = 0; i < n; i++, id++)
        for (const one of by) sightings.see({ id: `${id}`, type: "chat", by: one, at: clock.now(), isOld: false });
    };
    sightings.stands(0, true);
    sightings.stands(1, true);
    await clock.advance(10_000);
    both(100, [0, 1]);
    await clock.advance(5000);
    sightings.stands(1, false);
    await clock.advance(5000);
    both(500, [0]);
    await clock.advance(10_000);
    sightings.stands(1, true);
    both(15, [0]);
    both(5, [1]);
    await clock.advance(10_000);
    both(100, [0, 1]);
    // The slice in which it fell had 100 of both; it is out, as is the one in which it came back.
    expect(sightings.lately.types.chat).toEqual({
      received: 720,
      shared: 200,
      sessions: { guest: { received: 715, alone: 515 }, "guest:2": { received: 205, alone: 5 } },
      whole: { received: 100, estimate: 100, low: 100, high: 100, independence: "assumed" },
      wholeUnknown: null,
    });
  });
});

it("of likes the platform's own count speaks, and no estimate: all sessions are sent the same batches", async () => {
  for (const sessions of [guests("guest"), TWO, THREE, FIVE]) {
    const clock = new FakeClock(1_777_726_780_000);
    const sightings = new Sightings(sessions, clock);
    for (const by of sessions.keys()) sightings.stands(by, true);
    await clock.advance(10_000);
    for (let i = 0; i < 56; i++)
      for (const by of sessions.keys()) sightings.see({ id: `${i}`, type: "like", by, at: clock.now(), isOld: false });
    const expected = { received: 56, whole: null, wholeUnknown: "platform_counts" };
    expect(sightings.lately.types.like).toMatchObject(expected);
    if (sessions.length > 1) expect(seenIn(sightings.counts ?? { sessions: [], counts: {} }).like).toMatchObject(expected);
  }
});

describe("what is kept of a broadcast", () => {
  it("goes on in another process, and is more than the last minutes", async () => {
    const clock = new FakeClock(1_777_726_780_000);
    const one = new Sightings(TWO, clock);
    const see = (to: Sightings, from: number, count: number) => {
      for (let i = from; i < from + count; i++)
        for (const by of i % 3 === 0 ? [0] : [0, 1]) to.see({ id: `${i}`, type: "chat", by, at: clock.now(), isOld: false });
    };
    expect(one.counts).toBeNull();
    one.stands(0, true);
    one.stands(1, true);
    await clock.advance(10_000);
    see(one, 0, 30);
    await clock.advance(600_000);
    see(one, 30, 30);
    expect(one.lately.types.chat.received).toBe(30);
    const kept = JSON.parse(JSON.stringify(one.counts));
    const two = new Sightings(TWO, clock);
    two.begin(kept);
    two.stands(0, true);
    two.stands(1, true);
    await clock.advance(10_000);
    see(two, 60, 30);
    const { chat } = seenIn(two.counts ?? { sessions: [], counts: {} });
    expect(chat).toMatchObject({ received: 90, shared: 60, sessions: { "guest:2": { received: 60, alone: 0 } }, whole: { received: 90 } });
    const three = new Sightings(guests("browser", "guest:2"), clock);
    three.begin(two.counts);
    three.stands(0, true);
    see(three, 90, 30);
    expect(seenIn(three.counts ?? kept).chat.sessions).toEqual({
      guest: { received: 90, alone: 30 },
      "guest:2": { received: 80, alone: 0 },
      browser: { received: 30, alone: 10 },
    });
    two.begin(null);
    expect(two.counts).toBeNull();
  });
});
