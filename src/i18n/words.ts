import { COMMANDS } from "./zh/commands.js";
import { DETAILS } from "./zh/details.js";
import { DOCTOR } from "./zh/doctor.js";
import { ERRORS_IN_CHINESE } from "./zh/errors.js";
import { SETTINGS } from "./zh/settings.js";
import { WORKS } from "./zh/works.js";

/** A language in which people are spoken to. */
export type Language = "zh" | "en";

/**
 * The Chinese of our sentences, by the English one that the source has; `{}` stands for what a sentence says of one case, `{1}`, `{2}` … where the Chinese
 * has it in another order. So the code says what it says where it says it, in one language, and nobody looks up a key.
 */
const CHINESE: readonly Readonly<Record<string, string>>[] = [ERRORS_IN_CHINESE, DETAILS, COMMANDS, SETTINGS, DOCTOR, WORKS];

/** A text as JSON quotes it, and those that sentences of ours have. */
const QUOTED = /"(?:[^"\\]|\\.)*"/g;
const OUR_QUOTES: ReadonlySet<string> = new Set(CHINESE.flatMap((table) => Object.keys(table).flatMap((text) => text.match(QUOTED) ?? [])));

/** Longest text that is looked up, in characters. */
const MAX_CHARS = 4_000;

/**
 * Returns a sentence of ours in a language; as it is where the language has none for it. What stands in a sentence's places is looked up too: a
 * reason is a sentence of its own.
 * @param sentence English, as the source has it
 */
export function inLanguage(language: Language, sentence: string): string {
  if (language === "en" || sentence.length > MAX_CHARS) return sentence;
  // What somebody gave is said in quotes, and stays as they gave it.
  const given: string[] = [];
  const bare = sentence.replace(QUOTED, (text) => (OUR_QUOTES.has(text) ? text : `\ue000${given.push(text) - 1}\ue001`));
  return chinese(bare).replace(/\ue000(\d+)\ue001/g, (place, at: string) => given[Number(at)] ?? place);
}

/** Returns the message of an error in a language: what was wrong, and what it was this time. */
export function messageIn(language: Language, message: string, detail: string): string {
  return language === "en" ? `${message}: ${detail}` : `${chinese(message)}：${inLanguage(language, detail)}`;
}

function chinese(sentence: string): string {
  return said(sentence) ?? joined(sentence) ?? sentence;
}

/** Returns a sentence that a table has. */
function said(sentence: string): string | null {
  for (const table of CHINESE) if (Object.hasOwn(table, sentence)) return table[sentence] ?? null;
  let best: {
    readonly words: string;
    readonly parts: readonly string[];
    readonly values: readonly string[];
    readonly weight: number;
  } | null = null;
  for (const table of CHINESE)
    for (const [pattern, words] of Object.entries(table)) {
      const parts = pattern.split("{}");
      const weight = pattern.length - 2 * (parts.length - 1);
      // The one that says most of it.
      if (parts.length === 1 || (best !== null && best.weight >= weight)) continue;
      const values = valuesIn(sentence, parts);
      // Of sentences that are joined none says the next one too.
      if (values !== null && !values.some((text) => text.includes("; ") && said(text) === null)) best = { words, parts, values, weight };
    }
  if (best === null) return null;
  const { parts } = best;
  // What stands in quotes is a name that somebody gave or is to give, and so is what must be something.
  const isName = (i: number) => parts[i]?.endsWith("'") === true || parts[i + 1]?.startsWith(" must be ") === true;
  const values = best.values.map((value, i) => (isName(i) ? value : chinese(value)));
  let next = 0;
  return best.words.replace(/\{(\d?)\}/g, (_place, number: string) => values[number === "" ? next++ : Number(number) - 1] ?? "");
}

/** Returns sentences that are joined, each by itself; null for one that is alone. */
function joined(sentence: string): string | null {
  const colon = sentence.indexOf(": ");
  const rest = colon < 0 ? null : said(sentence.slice(colon + 2));
  if (rest !== null) return `${chinese(sentence.slice(0, colon))}：${rest}`;
  const stop = sentence.indexOf("; ");
  if (stop >= 0) return `${chinese(sentence.slice(0, stop))}；${chinese(sentence.slice(stop + 2))}`;
  return colon < 0 ? null : `${chinese(sentence.slice(0, colon))}：${chinese(sentence.slice(colon + 2))}`;
}

/** Returns what stands between the parts; null where the sentence is not made of them. */
function valuesIn(sentence: string, parts: readonly string[]): readonly string[] | null {
  const [first = "", ...rest] = parts;
  if (!sentence.startsWith(first)) return null;
  const values: string[] = [];
  let from = first.length;
  for (const [i, part] of rest.entries()) {
    const isLast = i === rest.length - 1;
    const at = isLast ? sentence.length - part.length : sentence.indexOf(part, from);
    if (at < from || !sentence.startsWith(part, at)) return null;
    values.push(sentence.slice(from, at));
    from = at + part.length;
  }
  return values;
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
  const first = /(?:^|,)\s*(zh|en)\b/i.exec(header ?? "")?.[1]?.toLowerCase();
  return zh > en || (zh > 0 && zh === en && first === "zh") ? "zh" : "en";
}
