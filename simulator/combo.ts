import type { Gift } from "./catalogue.js";
import { GIFTS } from "./catalogue.js";
import type { Random } from "./random.js";

/** One update of a combo on its way: when, with which counters. */
export interface ComboStep {
  /** ms after the first click */
  readonly offsetMs: number;
  readonly clicks: number;
  readonly end: boolean;
  /** The step whose message is sent again byte for byte, in an envelope of its own, or null. */
  readonly again: number | null;
  /** Carried by a BindingGiftMessage, beside the counted messages of the same trace. */
  readonly wrapped: boolean;
}

/** A combo as it will be told, faults included. */
export interface Combo {
  readonly gift: Gift;
  readonly unitsPerClick: number;
  readonly clicks: number;
  readonly steps: readonly ComboStep[];
}

/** Chooses a gift by its weight. */
export function chooseGift(random: Random): Gift {
  let left = random.int(
    1,
    GIFTS.reduce((sum, gift) => sum + gift.weight, 0),
  );
  for (const gift of GIFTS) {
    left -= gift.weight;
    if (left <= 0) return gift;
  }
  return random.pick(GIFTS);
}

/**
 * Plans a combo with the faults of real ones: updates skipped, swapped, doubled (same msg_id or a new one), ends missing or doubled.
 * The update with the full total is always among those told, so the true total is also the largest one told.
 */
export function planCombo(random: Random, gift: Gift, mayWrap: boolean): Combo {
  const unitsPerClick = random.pick(gift.groups);
  const clicks = gift.combo ? Math.max(1, Math.round(30 * random.unit() ** 3)) : 1;
  const told: { offsetMs: number; clicks: number }[] = [];
  let offsetMs = 0;
  for (let click = 1; click <= clicks; click++) {
    if (click === clicks || click === 1 || !random.chance(0.25)) told.push({ offsetMs, clicks: click });
    offsetMs += random.int(120, 500);
  }
  for (let i = 1; i + 1 < told.length; i++) {
    const here = told[i];
    const next = told[i + 1];
    if (here === undefined || next === undefined || !random.chance(0.12)) continue;
    [here.clicks, next.clicks] = [next.clicks, here.clicks];
    i++;
  }
  const steps: ComboStep[] = [];
  for (const { offsetMs: at, clicks: count } of told) {
    steps.push({ offsetMs: at, clicks: count, end: false, again: null, wrapped: false });
    const again = steps.length - 1;
    if (random.chance(0.06)) steps.push({ offsetMs: at + random.int(40, 700), clicks: count, end: false, again, wrapped: false });
    else if (random.chance(0.04))
      steps.push({ offsetMs: at + random.int(40, 700), clicks: count, end: false, again: null, wrapped: false });
  }
  const lastAt = told.at(-1)?.offsetMs ?? 0;
  if (mayWrap && random.chance(0.12)) {
    steps.push({ offsetMs: lastAt + 30, clicks, end: false, again: null, wrapped: true });
  }
  const fate = random.unit();
  const ends = fate < 0.12 ? 0 : fate < 0.2 ? 2 : 1;
  for (let end = 0; end < ends; end++) {
    steps.push({ offsetMs: lastAt + 2500 + end * random.int(100, 900), clicks, end: true, again: null, wrapped: false });
  }
  return { gift, unitsPerClick, clicks, steps };
}
