import { english, joinMsgs, type Msg, type MsgOrText, msg, msgOf } from "../runtime/msg.js";
import { reasonInChinese } from "./reasons.js";
import { COMMANDS } from "./zh/commands.js";
import { DETAILS } from "./zh/details.js";
import { DOCTOR } from "./zh/doctor.js";
import { ERRORS_IN_CHINESE } from "./zh/errors.js";
import { OUTPUT } from "./zh/output.js";
import { SETTINGS } from "./zh/settings.js";
import { WORKS } from "./zh/works.js";

/** A language in which people are spoken to. */
export type Language = "zh" | "en";

/**
 * The Chinese of our sentences, by the English one that the source has; `{}` stands for what a sentence says of one case, `{1}`, `{2}` … where the Chinese
 * has it in another order. So the code says what it says where it says it, in one language, and nobody thinks up a key.
 */
const CHINESE: readonly Readonly<Record<string, string>>[] = [ERRORS_IN_CHINESE, DETAILS, COMMANDS, OUTPUT, SETTINGS, DOCTOR, WORKS];

/** Signs between sentences, which have no words. */
const SIGNS: Readonly<Record<string, string>> = { ": ": "：", "; ": "；", " (": "（", ")": "）", ". ": "。" };

/**
 * Returns a sentence of ours in a language; in English where the language has none for it. What it says of one case is said in that language too
 * where it is a sentence, and as it was given where it is a text.
 */
export function inLanguage(language: Language, said: MsgOrText): string {
  return language === "en" ? english(said) : chinesePieces(said).reduce(joined, NOTHING).text;
}

/** Piece of a sentence in Chinese: words of ours, or what somebody gave. */
interface Piece {
  readonly text: string;
  readonly ours: boolean;
}

const NOTHING: Piece = { text: "", ours: false };

function chinesePieces(said: MsgOrText): readonly Piece[] {
  const { words, values, isRecorded } = msgOf(said);
  if (isRecorded) return [{ text: reasonIn("zh", english(said)), ours: true }];
  const chinese = chineseOf(words.join("{}"));
  const places = chinese?.match(/\{\d?\}/g) ?? values.map(() => "{}");
  const parts = chinese?.split(/\{\d?\}/) ?? words.map((part) => SIGNS[part] ?? part);
  let next = 0;
  const valueIn = (place: string): readonly Piece[] => {
    const value = values[place === "{}" ? next++ : Number(place[1]) - 1] ?? "";
    return typeof value === "object" ? chinesePieces(value) : [{ text: String(value), ours: false }];
  };
  const pieces = parts.flatMap((text, i) => [{ text, ours: true }, ...(places[i] === undefined ? [] : valueIn(places[i]))]);
  return pieces.filter(({ text }) => text !== "");
}

/**
 * Joins two pieces. A blank sets off what is not Chinese, or what somebody gave: between Chinese words of ours there is none. Several of them are
 * between columns.
 */
function joined(before: Piece, { text, ours }: Piece): Piece {
  const [end, start] = [before.text.trimEnd(), text.trimStart()];
  const whole = before.text + text;
  const isOneBlank = whole.length === end.length + start.length + 1;
  const isChinese = before.ours && ours && CHINESE_END.test(end) && CHINESE_START.test(start);
  return { text: isOneBlank && isChinese ? end + start : whole, ours };
}

const CHINESE_END = /[\p{Script=Han}，。：；、（）「」？！]$/u;
const CHINESE_START = /^[\p{Script=Han}，。：；、（）「」？！]/u;

/** Returns the message of an error in a language: what was wrong, and what it was this time. */
export function messageIn(language: Language, message: string, detail: MsgOrText): string {
  return inLanguage(language, msg`${msgOf(message)}: ${msgOf(detail)}`);
}

function chineseOf(sentence: string, tables = CHINESE): string | null {
  for (const table of tables) if (Object.hasOwn(table, sentence)) return table[sentence] ?? null;
  return null;
}

/** Tables of what is written down, and told by other programs. */
const RECORDED = CHINESE.filter((table) => table !== OUTPUT);
/** Their sentences that have values, by what stands around these; those that say most first. */
const PATTERNS: readonly (readonly string[])[] = RECORDED.flatMap((table) => Object.keys(table))
  .map((text) => text.split("{}"))
  // Parts of sentences, such as "the {}" and "{} or {}", are in anything.
  .filter((words) => words.length > 1 && !/^[^a-z]*(?:(?:the|an?|or|and|of|to|in|no)[^a-z]*)*$/i.test(words.join(" ")))
  .sort((a, b) => b.join("").length - a.join("").length);
/** Longest text that is looked at for a sentence, in characters, and sentences that may stand within each other. */
const RECOGNISED_CHARS = 1_000;
const RECOGNISED_DEPTH = 3;

/**
 * Finds the sentence in a text that was written down in English, such as the reason that a room's state was kept with, or that another program
 * says. One that is none of ours stays as it is.
 */
export function recognised(text: string, depth = RECOGNISED_DEPTH): Msg {
  return text.length > RECOGNISED_CHARS ? msgOf(text) : (sentenceIn(text, depth) ?? msgOf(text));
}

/** Returns a reason or a piece of news that was written down in English, in a language; null stays null. */
export function reasonIn(language: Language, reason: string): string;
export function reasonIn(language: Language, reason: string | null): string | null;
export function reasonIn(language: Language, reason: string | null): string | null {
  if (language === "en" || reason === null) return reason;
  const words = reasonInChinese(reason);
  return words === reason ? inLanguage(language, recognised(reason)) : words;
}

/** Returns something with its reason, which was written down in English, in a language. */
export function reasoned<T extends { readonly reason: string | null }>(language: Language, one: T): T {
  return { ...one, reason: reasonIn(language, one.reason) };
}

function sentenceIn(text: string, depth: number): Msg | null {
  if (chineseOf(text, RECORDED) !== null) return msgOf(text);
  if (depth === 0) return null;
  for (const words of PATTERNS) {
    const values = valuesIn(text, words);
    if (values === null) continue;
    // What stands in quotes is a name that somebody gave.
    const isName = (i: number) => /['"]$/.test(words[i] ?? "");
    return msg(words, ...values.map((value, i) => (isName(i) ? value : (sentenceIn(value, depth - 1) ?? value))));
  }
  for (const sign of ["; ", ": "]) {
    const at = text.indexOf(sign);
    if (at < 0 || text.includes('"')) continue;
    const [first, second] = [text.slice(0, at), text.slice(at + sign.length)];
    const [one, other] = [sentenceIn(first, depth - 1), sentenceIn(second, depth - 1)];
    if (one !== null || other !== null) return joinMsgs([one ?? first, other ?? second], sign);
  }
  return null;
}

/** Returns what stands between the words; null where the text is not made of them. */
function valuesIn(text: string, words: readonly string[]): readonly string[] | null {
  const [first = "", ...rest] = words;
  if (!text.startsWith(first)) return null;
  const values: string[] = [];
  let from = first.length;
  for (const [i, part] of rest.entries()) {
    const at = i === rest.length - 1 ? text.length - part.length : text.indexOf(part, from);
    if (at < from || !text.startsWith(part, at)) return null;
    values.push(text.slice(from, at));
    from = at + part.length;
  }
  return values;
}

/** Longest part of `Accept-Language` that is read: browsers send some 100 characters, and each language that is named costs time. */
const ACCEPTED_MAX = 500;

/** Returns the language that a client asks for (`Accept-Language`): Chinese where it likes that better than English. */
export function acceptedLanguage(asked: string | undefined): Language {
  const header = asked?.slice(0, ACCEPTED_MAX);
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
