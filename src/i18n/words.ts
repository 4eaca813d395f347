import { COMMANDS } from "./zh/commands.js";
import { DOCTOR } from "./zh/doctor.js";
import { SETTINGS } from "./zh/settings.js";

/** A language in which people are spoken to. */
export type Language = "zh" | "en";

/** Sentences that are joined. The first of two that fit counts. */
const JOINED: Readonly<Record<string, string>> = { "{}; {}": "{}；{}", "{}: {}": "{}：{}" };

/**
 * What is said, by the English sentence that the source has; `{}` stands for what a sentence says of one case, `{1}`, `{2}` … where the Chinese
 * has it in another order. So the code says what it says where it says it, in one language, and nobody looks up a key.
 */
const CHINESE: readonly Readonly<Record<string, string>>[] = [JOINED, COMMANDS, SETTINGS, DOCTOR];

/** Longest text that is looked up, in characters. */
const MAX_CHARS = 4_000;

/**
 * Returns a sentence of ours in a language; as it is where the language has none for it. What stands in a sentence's places is looked up too: a
 * reason is a sentence of its own.
 * @param sentence English, as the source has it
 */
export function inLanguage(language: Language, sentence: string): string {
  return language === "en" || sentence.length > MAX_CHARS ? sentence : chinese(sentence);
}

function chinese(sentence: string): string {
  const whole = wholeOf(sentence);
  if (whole !== undefined) return whole;
  let best: { readonly words: string; readonly said: readonly string[]; readonly weight: number } | null = null;
  for (const table of CHINESE)
    for (const [pattern, words] of Object.entries(table)) {
      const parts = pattern.split("{}");
      const weight = pattern.length - 2 * (parts.length - 1);
      // The one that says most of it: `{}: {}` fits nearly everything.
      if (parts.length === 1 || (best !== null && best.weight >= weight)) continue;
      const said = saidIn(sentence, parts);
      // Of sentences that are joined none says the next one too.
      if (said !== null && (table === JOINED || !said.some((text) => text.includes("; ") && wholeOf(text) === undefined)))
        best = { words, said, weight };
    }
  if (best === null) return sentence;
  const said = best.said.map(chinese);
  let next = 0;
  return best.words.replace(/\{(\d?)\}/g, (_place, number: string) => said[number === "" ? next++ : Number(number) - 1] ?? "");
}

function wholeOf(sentence: string): string | undefined {
  return CHINESE.find((table) => Object.hasOwn(table, sentence))?.[sentence];
}

/** Returns what stands between the parts; null where the sentence is not made of them. */
function saidIn(sentence: string, parts: readonly string[]): readonly string[] | null {
  const [first = "", ...rest] = parts;
  if (!sentence.startsWith(first)) return null;
  const said: string[] = [];
  let from = first.length;
  for (const [i, part] of rest.entries()) {
    const isLast = i === rest.length - 1;
    const at = isLast ? sentence.length - part.length : sentence.indexOf(part, from);
    if (at < from || !sentence.startsWith(part, at)) return null;
    said.push(sentence.slice(from, at));
    from = at + part.length;
  }
  return said;
}

/** Returns the language that a client asks for (`Accept-Language`): Chinese where it likes that better than English. */
export function acceptedLanguage(header: string | undefined): Language {
  const rank = (language: Language) =>
    Math.max(
      0,
      ...(header ?? "").split(",").map((one) => {
        const [name = "", ...parameters] = one.trim().toLowerCase().split(";");
        const quality = parameters.map((text) => /^\s*q=([\d.]+)\s*$/.exec(text)?.[1]).find((text) => text !== undefined);
        return name.split("-", 1)[0] === language ? Number(quality ?? 1) : 0;
      }),
    );
  // Of equals the first that is named.
  const [zh, en] = [rank("zh"), rank("en")];
  return zh > en || (zh > 0 && zh === en && /^\s*zh/i.test(header ?? "")) ? "zh" : "en";
}
