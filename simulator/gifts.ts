import { image } from "./people.js";
import type { Random } from "./random.js";
import { type Ask, emptyReply, json, type SimulatedReply } from "./reply.js";
import type { SchemaFields } from "./schema.js";

/** A gift of the panel. */
export interface Gift {
  readonly id: string;
  readonly name: string;
  /** diamonds for one unit */
  readonly diamonds: number;
  /** Whether clicks on it add up to a combo. */
  readonly combo: boolean;
  /** Units that one click may give. */
  readonly groups: readonly number[];
  /** Weight of the gift: how often it is given, against the others. */
  readonly weight: number;
  readonly picture: string;
}

/** The gift panel. Ids and prices are of the platform's kind; apart from 小心心 (463, in the captures) they are made up. */
export const GIFTS: readonly Gift[] = [
  {
    id: "463",
    name: "小心心",
    diamonds: 1,
    combo: true,
    groups: [1, 1, 1, 10, 66],
    weight: 40,
    picture: "7ef47758a435313180e6b78b056dda4e",
  },
  { id: "3992", name: "玫瑰", diamonds: 1, combo: true, groups: [1, 1, 10], weight: 20, picture: "4960c39f645d524beda5d50dc372510e" },
  { id: "2053", name: "人气票", diamonds: 1, combo: true, groups: [1, 10, 66], weight: 14, picture: "6402b1f1cf1a4ad8b6a5d0e7c4fa3d11" },
  { id: "3243", name: "大啤酒", diamonds: 2, combo: true, groups: [1], weight: 8, picture: "a24b3cc863742fd4bc3de0f53dac4487" },
  { id: "4021", name: "棒棒糖", diamonds: 9, combo: true, groups: [1], weight: 8, picture: "0c6b3ae0a1f54d05b6d8b5b4b9e7cf21" },
  { id: "164", name: "墨镜", diamonds: 99, combo: true, groups: [1], weight: 4, picture: "08af67ab13a8053269bf539fd27f3873" },
  { id: "3447", name: "跑车", diamonds: 1200, combo: false, groups: [1], weight: 2, picture: "d6db4e8cb6d3d6a3b6b0a4c0e7e1f902" },
  { id: "2306", name: "嘉年华", diamonds: 30000, combo: false, groups: [1], weight: 1, picture: "f21c5d0e4b7a4f0fb7e0aa62d9b3c644" },
];

/** Returns the gift of the panel that has an id. */
export function giftOf(id: string): Gift | undefined {
  return GIFTS.find((gift) => gift.id === id);
}

/**
 * Answers `GET live.douyin.com/webcast/gift/list/` with the panel, for those who are not logged in and have no cookie too (seen in October 2026).
 * Callers that are suspected are given nothing, and those who do not say by which app they ask are refused.
 */
export function giftList(platform: { readonly captcha: boolean; now(): number }, ask: Ask): SimulatedReply {
  if (platform.captcha) return emptyReply();
  const extra = { now: platform.now() };
  if (!/^\d+$/.test(ask.query.get("aid") ?? "")) return json({ data: { message: "Request params error" }, extra, status_code: 10011 });
  const picture = (file: string) => ({
    uri: `webcast/${file}.png`,
    url_list: [3, 11, 26].map((n) => `https://p${n}-webcast.douyinpic.com/img/webcast/${file}.png~tplv-obj.png`),
  });
  const gifts = GIFTS.map(({ id, name, diamonds, combo, picture: file }) => ({
    ...{ id: `@int:${id}`, name, diamond_count: diamonds, describe: `送出${name}`, combo, type: 1 },
    ...{ image: picture(file), icon: picture(file), is_displayed_on_panel: true, for_linkmic: true, for_fansclub: false },
  }));
  return json({ data: { gifts, gifts_info: {}, pages: [] }, extra, status_code: 0 });
}

/** Returns a gift as GiftMessage describes it. @param isBare whether name and price are missing, as in messages of popularity tickets */
export function giftStruct(gift: Gift, isBare = false): SchemaFields {
  const file = `webcast/${gift.picture}.png`;
  const picture = image(`-webcast.douyinpic.com/img/${file}~tplv-obj.png`, file, 1, { avg_color: "#FADCDC" });
  return {
    image: picture,
    ...(isBare ? {} : { describe: `送出${gift.name}`, diamond_count: gift.diamonds, name: gift.name }),
    id: gift.id,
    combo: gift.combo,
    type: 1,
    is_displayed_on_panel: true,
    icon: picture,
  };
}

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
