import { ours, type Part } from "../i18n/strangers.js";
import type { Lang } from "./number.js";

const LOCALES: Readonly<Record<Lang, string>> = { zh: "zh-CN", en: "en-GB" };

const made = new Map<string, Intl.DateTimeFormat>();

/** A time for machines; undefined where no calendar has it: a store may hold any number. */
export function isoTime(ms: number): string | undefined {
  return isDate(ms) ? new Date(ms).toISOString() : undefined;
}

function isDate(ms: number): boolean {
  return !Number.isNaN(new Date(ms).getTime());
}

/** Time of day in the viewer's zone (`zone` is for tests). */
export function clockTime(ms: number, lang: Lang, zone?: string): Part {
  return format(lang, "clock", zone, { hour: "2-digit", minute: "2-digit", second: "2-digit", hour12: false }, ms);
}

/** Hours and minutes in the viewer's zone. */
export function minuteTime(ms: number, lang: Lang, zone?: string): Part {
  return format(lang, "minute", zone, { hour: "2-digit", minute: "2-digit", hour12: false }, ms);
}

/** Day and time in the viewer's zone. */
export function dayTime(ms: number, lang: Lang, zone?: string): Part {
  return format(
    lang,
    "day",
    zone,
    {
      year: "numeric",
      month: "2-digit",
      day: "2-digit",
      hour: "2-digit",
      minute: "2-digit",
      hour12: false,
    },
    ms,
  );
}

function format(lang: Lang, name: string, zone: string | undefined, options: Intl.DateTimeFormatOptions, ms: number): Part {
  if (!isDate(ms)) return ours("–");
  const key = `${lang} ${name} ${zone ?? ""}`;
  let one = made.get(key);
  if (one === undefined) {
    one = new Intl.DateTimeFormat(LOCALES[lang], zone === undefined ? options : { ...options, timeZone: zone });
    made.set(key, one);
  }
  return ours(one.format(ms));
}

const WORDS: Readonly<Record<Lang, readonly [second: string, minute: string, hour: string, day: string]>> = {
  zh: [" 秒", " 分", " 小时", " 天"],
  en: [" s", " min", " h", " d"],
};

/** A length of time in its two largest units: 35 秒, 3 分 20 秒, 2 小时 5 分. */
export function duration(ms: number, lang: Lang): Part {
  const [second, minute, hour, day] = WORDS[lang];
  const seconds = Math.max(0, Math.round(ms / 1_000));
  if (seconds < 60) return ours(`${seconds}${second}`);
  if (seconds < 3_600) return pair(Math.floor(seconds / 60), minute, seconds % 60, second);
  // From the rounded seconds, as above: 59 min 59.6 s are an hour, not no hours and 59 min.
  const minutes = Math.floor(seconds / 60);
  if (minutes < 1_440) return pair(Math.floor(minutes / 60), hour, minutes % 60, minute);
  return pair(Math.floor(minutes / 1_440), day, Math.floor((minutes % 1_440) / 60), hour);
}

function pair(large: number, largeUnit: string, small: number, smallUnit: string): Part {
  return ours(small === 0 ? `${large}${largeUnit}` : `${large}${largeUnit} ${small}${smallUnit}`);
}
