// Guards: An overlay shows a combo as one alert that counts up, and flying texts never overlap.
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { NewEventOf } from "../../src/events/event.js";
import { DanmuLines, type LineRules } from "../../web/src/overlay/danmu-lines.js";
import { GiftAlerts } from "../../web/src/overlay/gift-alerts.js";
import { Lanes } from "../../web/src/overlay/lanes.js";
import { SoundChoice } from "../../web/src/overlay/sound-choice.js";
import { chat, gift } from "../http/events.js";

const given = (comboId: string, delta: number, comboTotal: number, more: Partial<NewEventOf<"gift">> = {}) => ({
  ...gift(delta, { comboId, comboTotal, ...more }),
  seq: 1,
});

describe("gift alerts", () => {
  it("are one for a combo, which counts up and stays from its last unit on", () => {
    const alerts = new GiftAlerts({ most: 3, stayMs: 6_000, min: 0 });
    alerts.take(given("a", 1, 1), 0);
    expect(alerts.at(0)).toMatchObject([{ key: "a", units: 1, diamonds: 1 }]);
    alerts.take(given("a", 9, 10), 5_000);
    expect(alerts.at(6_500)).toMatchObject([{ key: "a", units: 10, diamonds: 10 }]);
    // The end of a combo is seen, and makes it stay no longer.
    alerts.take(given("a", 0, 10, { settled: true }), 10_900);
    expect(alerts.at(10_999)).toMatchObject([{ key: "a", units: 10, settled: true }]);
    expect(alerts.at(11_000)).toEqual([]);
    alerts.take(given("a", 0, 10, { settled: true }), 11_001);
    expect(alerts.at(11_002)).toEqual([]);
  });

  it("wait for their turn, each shown for its full time, and go on counting while they wait", () => {
    const alerts = new GiftAlerts({ most: 1, stayMs: 1_000, min: 0 });
    alerts.take(given("a", 1, 1), 0);
    alerts.at(0);
    alerts.take(given("b", 1, 1), 100);
    alerts.take(given("b", 4, 5), 200);
    expect(alerts.at(999).map(({ key }) => key)).toEqual(["a"]);
    expect(alerts.at(1_000)).toMatchObject([{ key: "b", units: 5, until: 2_000 }]);
    expect(alerts.at(2_000)).toEqual([]);
  });

  it("are only those of enough worth; an unknown price is worth none", () => {
    const alerts = new GiftAlerts({ most: 9, stayMs: 1_000, min: 10 });
    alerts.take(given("a", 5, 5), 0);
    alerts.take(given("b", 5, 5, { unitDiamonds: null, diamonds: null }), 0);
    expect(alerts.at(0)).toEqual([]);
    alerts.take(given("a", 5, 10), 1);
    expect(alerts.at(1).map(({ key }) => key)).toEqual(["a"]);
  });
});

describe("lines of danmu", () => {
  const shown = (lines: DanmuLines, now: number) =>
    lines
      .at(now)
      .map(({ event }) => (event.type === "gift" ? `${event.comboId}×${event.comboTotal}${event.settled ? "!" : ""}` : event.type));
  const make = (more: Partial<LineRules> = {}) => new DanmuLines({ most: 3, stayMs: 0, min: 0, isShown: () => true, ...more });
  const said = (seq: number) => ({ ...chat("好"), seq });

  it("fold a combo into one, which counts up in its place and settles", () => {
    const lines = make();
    lines.take(given("a", 1, 1), 0);
    lines.take(said(2), 0);
    lines.take(given("a", 9, 10), 1);
    expect(shown(lines, 1)).toEqual(["a×10", "chat"]);
    const [{ key } = { key: "" }] = lines.at(1);
    lines.take(given("a", 0, 10, { settled: true }), 2);
    expect(shown(lines, 2)).toEqual(["a×10!", "chat"]);
    expect(lines.at(2)[0]?.key).toBe(key);
  });

  it("come with the message by which a combo is worth enough, though each of its messages is worth little", () => {
    const lines = make({ min: 100 });
    for (let total = 10; total <= 110; total += 10) {
      lines.take({ ...given("a", 10, total), seq: total }, 0);
      expect([total, shown(lines, 0)]).toEqual([total, total < 100 ? [] : [`a×${total}`]]);
    }
    lines.take(given("b", 500, 500, { unitDiamonds: null, diamonds: null }), 0);
    expect(lines.at(0)).toHaveLength(1);
  });
});

describe("sounds of gifts", () => {
  it("are one for a combo, and one more each time that it has become worth more by a step", () => {
    const choice = new SoundChoice();
    const heard = [10, 20, 99, 100, 500, 1_000, 9_000].map((diamonds, at) => choice.gift("a", diamonds, at * 1_000) !== null);
    expect(heard).toEqual([true, false, false, true, false, true, false]);
    const grand = choice.gift("b", 52_000, 60_000);
    expect(grand?.length).toBeGreaterThan(choice.gift("c", 1, 61_000)?.length ?? 99);
  });
});

describe("lanes of flying danmu", () => {
  it("never let one run into another, whatever their lengths and times", () => {
    const [across, flightMs] = [1_000, 9_000];
    fc.assert(
      fc.property(
        fc.array(fc.record({ width: fc.integer({ min: 1, max: 4_000 }), wait: fc.integer({ min: 0, max: 4_000 }) }), { maxLength: 40 }),
        (texts) => {
          const lanes = new Lanes(3, flightMs);
          const flights: { lane: number; width: number; from: number }[] = [];
          let now = 0;
          for (const { width, wait } of texts) {
            now += wait;
            const lane = lanes.take(width, across, now);
            if (lane >= 0) flights.push({ lane, width, from: now });
          }
          const left = ({ width, from }: { width: number; from: number }, time: number) =>
            across - ((time - from) / flightMs) * (across + width);
          for (const [at, before] of flights.entries())
            for (const after of flights.slice(at + 1).filter(({ lane }) => lane === before.lane))
              for (const time of [after.from, before.from + flightMs].filter((one) => one >= after.from && one <= before.from + flightMs))
                expect(left(after, time)).toBeGreaterThanOrEqual(left(before, time) + before.width - 0.001);
        },
      ),
    );
  });
});
