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

/** An amount that the API gives as digits where a number could not hold it exactly: near enough to be shown. */
export function amountOf(amount: number | string): number {
  return Number(amount);
}

/** A share of 0 to 1 as percent, without pretending to more than it is. */
export function percent(share: number): Part {
  const whole = share * 100;
  return ours(`${whole > 0 && whole < 1 ? "<1" : Math.round(whole)}%`);
}
