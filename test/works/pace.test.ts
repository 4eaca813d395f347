// Guards: Pages of works are opened seconds apart, and after many refusals not for minutes.
import { describe, expect, it } from "vitest";
import { Pace, type Visit } from "../../src/works/pace.js";
import { FakeClock } from "../clock.js";

const MINUTE_MS = 60_000;

function paced(random = 0) {
  const clock = new FakeClock();
  const pace = new Pace(clock, () => random);
  const wait = () => pace.nextAt - clock.now();
  const note = (visit: Visit, times = 1) => {
    for (let i = 0; i < times; i++) pace.note(visit);
  };
  return { clock, pace, wait, note };
}

describe("the pace", () => {
  it("lets the first visit begin at once", () => {
    expect(paced().wait()).toBeLessThanOrEqual(0);
  });

  it.each([
    [0, 5000, 25_000],
    [0.999_999, 8000, 43_000],
  ])("waits a few seconds after each visit, and rests after the tenth (random %d)", (random, between, rest) => {
    const { wait, note } = paced(random);
    for (let visit = 1; visit <= 20; visit++) {
      note("answered");
      expect(wait()).toBe(visit % 10 === 0 ? rest : between);
    }
  });

  it("pauses for five minutes once six of ten were refused, whichever they were", () => {
    const { clock, pace, wait, note } = paced();
    note("answered", 4);
    note("refused", 5);
    expect(pace.pausedUntil).toBeNull();
    note("refused");
    expect(pace.pausedUntil).toBe(clock.now() + 5 * MINUTE_MS);
    expect(wait()).toBe(5 * MINUTE_MS);
    expect(pace.last).toEqual({ visits: 10, refused: 6 });
  });

  it("judges by the last twenty alone", () => {
    const { pace, note } = paced();
    note("answered", 100);
    note("refused", 11);
    expect(pace.pausedUntil).toBeNull();
    note("refused");
    expect(pace.pausedUntil).not.toBeNull();
  });

  it("does not judge by fewer than ten, nor by what failed for reasons of our own", () => {
    const { pace, note } = paced();
    note("refused", 9);
    note("failed", 50);
    expect(pace.pausedUntil).toBeNull();
    expect(pace.last).toEqual({ visits: 9, refused: 9 });
  });

  it("probes once after the pause: refused, it pauses again; answered, it begins anew", async () => {
    const { clock, pace, wait, note } = paced();
    note("refused", 10);
    await clock.advance(5 * MINUTE_MS);
    expect(wait()).toBe(0);
    note("refused");
    expect(wait()).toBe(5 * MINUTE_MS);
    await clock.advance(5 * MINUTE_MS);
    note("failed");
    expect(pace.pausedUntil).toBe(clock.now());
    expect(wait()).toBe(5000);
    note("answered");
    expect(pace.pausedUntil).toBeNull();
    expect(pace.last).toEqual({ visits: 0, refused: 0 });
    note("refused", 9);
    expect(pace.pausedUntil).toBeNull();
  });
});
