import { ours, type Part } from "../i18n/strangers.js";

export type Lang = "zh" | "en";

const UNITS: Readonly<Record<Lang, readonly (readonly [from: number, unit: string])[]>> = {
  zh: [
    [1e8, "亿"],
    [1e4, "万"],
  ],
  en: [
    [1e9, "B"],
    [1e6, "M"],
    [1e4, "K"],
  ],
};

/** A count in few characters: 9999, 1.2万, 3.4亿; in English 9,999, 12.3K. Cut, never rounded up: 9.99万 is not yet 10万. */
export function shortCount(count: number, lang: Lang): Part {
  for (const [from, unit] of UNITS[lang]) {
    if (count < from) continue;
    const of = unit === "K" ? 1_000 : from;
    const tenths = Math.floor((count / of) * 10) / 10;
    return ours(`${tenths >= 100 ? Math.floor(tenths) : tenths}${unit}`);
  }
  return ours(lang === "zh" ? String(count) : count.toLocaleString("en"));
}

/** A count in few characters; a dash where it is not known. */
export function countOrDash(count: number | null, lang: Lang): string {
  return count === null ? "–" : shortCount(count, lang);
}

/** An amount that the API gives as digits where a number could not hold it exactly: near enough to be shown. */
export function amountOf(amount: number | string): number {
  return Number(amount);
}

/** Diamonds of gifts; null where units were given and the price of none of them is known. */
export function diamondsOf({
  diamonds,
  unpricedUnits,
}: {
  readonly diamonds: number | string;
  readonly unpricedUnits: number;
}): number | null {
  const amount = amountOf(diamonds);
  return amount === 0 && unpricedUnits > 0 ? null : amount;
}

/** A share of 0 to 1 as percent: 0% only where there is nothing, 100% only where it is all. */
export function percent(share: number): Part {
  const whole = share * 100;
  if (whole > 0 && whole < 1) return ours("<1%");
  return ours(whole < 100 && whole >= 99.5 ? ">99%" : `${Math.round(whole)}%`);
}
