import { reasons } from "./zh/reasons.js";
import { workReasons } from "./zh/work-reasons.js";
import { WORKS } from "./zh/works.js";

/** The table's sentences as patterns, but for those with so few words of their own that other texts have them too. */
const works = Object.entries(WORKS)
  .filter(([english]) => !english.includes("{}") || english.replaceAll(/\{\}|[^a-z]/gi, "").length >= 12)
  .map(([english, chinese]) => {
    const escaped = english.replaceAll(/[.*+?^$()|[\]\\]/g, "\\$&");
    const pattern = escaped.replaceAll("{} ", "(\\S+) ").replaceAll("{}", "(.*)");
    let place = 0;
    return [new RegExp(`^${pattern}$`), chinese.replaceAll("{}", () => `{${++place}}`)] as const;
  });
const ALL = [...reasons, ...workReasons, ...works];

/**
 * Returns a reason or a piece of news that was written down in English, in Chinese; as it is where the tables have none for it. Also where only what
 * stands before a colon is known (an error, then its case), or one of several reasons. The dashboard has this file too: it imports nothing but tables.
 */
export function reasonInChinese(reason: string): string {
  const whole = said(reason);
  if (whole !== null) return whole;
  const several = reason.split("; ");
  if (several.length > 1) return several.map(reasonInChinese).join("；");
  const [, before = "", detail = ""] = /^([^:]*): (.*)$/s.exec(reason) ?? [];
  const words = said(before);
  return words === null ? reason : `${words}：${reasonInChinese(detail)}`;
}

function said(text: string): string | null {
  for (const [pattern, words] of ALL) {
    const found = pattern.exec(text);
    if (found !== null)
      return words.replace(/\$(\d)|\{(\d)\}/g, (_, plain?: string, reason?: string) =>
        reason === undefined ? (found[Number(plain)] ?? "") : reasonInChinese(found[Number(reason)] ?? ""),
      );
  }
  return null;
}
