import { english, type Msg, type MsgOrText, msg, msgOf } from "../runtime/msg.js";

/**
 * The Chinese of our sentences, by the English one that the source has; `{}` stands for what a sentence says of one case, `{1}`, `{2}` … where the Chinese
 * has it in another order. So the code says what it says where it says it, in one language, and there are no keys.
 */
type Table = Readonly<Record<string, string>>;

/** Signs between sentences, which have no words. */
const SIGNS: Table = { ": ": "：", "; ": "；", " (": "（", ")": "）", ". ": "。" };
/** What stands between two sentences, and behind the second. */
const JOINTS = [
  ["; ", ""],
  [": ", ""],
  [" (", ")"],
] as const;
const CHINESE_END = /[\p{Script=Han}，。：；、（）「」？！]$/u;
const CHINESE_START = /^[\p{Script=Han}，。：；、（）「」？！]/u;

/** Piece of a sentence in Chinese: words of ours, or a text that was given. */
interface Piece {
  readonly text: string;
  readonly ours: boolean;
}

/** Says sentences in Chinese by tables, and recognises those of them that were written down in English. */
export class Chinese {
  readonly #tables: readonly Table[];
  /** Those of them whose sentences are written down, or said by other programs. */
  readonly #recorded: readonly Table[];
  /** Their sentences that have values, by what stands around these; those that say most first. */
  readonly #patterns: readonly (readonly string[])[];

  /** @param spoken tables of what is said at once and never recognised */
  constructor(recorded: readonly Table[], spoken: readonly Table[] = []) {
    this.#tables = [...recorded, ...spoken];
    this.#recorded = recorded;
    this.#patterns = recorded
      .flatMap((table) => Object.keys(table))
      .map((text) => text.split("{}"))
      // Parts of sentences, such as "the {}" and "{} or {}", are in anything.
      .filter((words) => words.length > 1 && !/^[^a-z]*(?:(?:the|an?|or|and|of|to|in|no)[^a-z]*)*$/i.test(words.join(" ")))
      .sort((a, b) => b.join("").length - a.join("").length);
  }

  /** Returns a sentence in Chinese; in English where no table has it. */
  say(said: MsgOrText): string {
    return this.#pieces(said).reduce(joined, { text: "", ours: false }).text;
  }

  /** Finds the sentence in a text. A stranger's long one is not looked through, and one that is none of ours stays as it is. */
  recognised(text: string): Msg {
    return (text.length > 1_000 ? null : this.#sentenceIn(text, 5)) ?? msgOf(text);
  }

  #pieces(said: MsgOrText): readonly Piece[] {
    const { words, values, isRecorded } = msgOf(said);
    if (isRecorded) return this.#pieces(this.recognised(english(said)));
    const chinese = chineseOf(words.join("{}"), this.#tables);
    const places = chinese?.match(/\{\d?\}/g) ?? values.map(() => "{}");
    const parts = chinese?.split(/\{\d?\}/) ?? words.map((part) => SIGNS[part] ?? part);
    let next = 0;
    const valueIn = (place: string): readonly Piece[] => {
      const value = values[place === "{}" ? next++ : Number(place[1]) - 1] ?? "";
      return typeof value === "object" ? this.#pieces(value) : [{ text: String(value), ours: false }];
    };
    const pieces = parts.flatMap((text, i) => [{ text, ours: true }, ...(places[i] === undefined ? [] : valueIn(places[i]))]);
    return pieces.filter(({ text }) => text !== "");
  }

  /** @param depth of sentences that may stand within each other */
  #sentenceIn(text: string, depth: number): Msg | null {
    if (chineseOf(text, this.#recorded) !== null) return msgOf(text);
    if (depth === 0) return null;
    for (const words of this.#patterns) {
      const values = valuesIn(text, words);
      if (values === null) continue;
      // What stands in quotes is a name that was given.
      const isName = (i: number) => /['"]$/.test(words[i] ?? "");
      return msg(words, ...values.map((value, i) => (isName(i) ? value : (this.#sentenceIn(value, depth - 1) ?? value))));
    }
    const joint = JOINTS.find(([sign, end]) => text.includes(sign) && text.endsWith(end));
    if (joint === undefined || text.includes('"')) return null;
    const [sign, end] = joint;
    const at = text.indexOf(sign);
    const [first, second] = [text.slice(0, at), text.slice(at + sign.length, text.length - end.length)];
    const [one, other] = [this.#sentenceIn(first, depth - 1), this.#sentenceIn(second, depth - 1)];
    return one === null && other === null ? null : msg(["", sign, end], one ?? first, other ?? second);
  }
}

function chineseOf(sentence: string, tables: readonly Table[]): string | null {
  for (const table of tables) if (Object.hasOwn(table, sentence)) return table[sentence] ?? null;
  return null;
}

/**
 * Joins two pieces. A blank sets off what is not Chinese, or a text that was given: between Chinese words of ours there is none. Several of them are
 * between columns.
 */
function joined(before: Piece, { text, ours }: Piece): Piece {
  const [end, start] = [before.text.trimEnd(), text.trimStart()];
  const whole = before.text + text;
  const isOneBlank = whole.length === end.length + start.length + 1;
  const isChinese = before.ours && ours && CHINESE_END.test(end) && CHINESE_START.test(start);
  return { text: isOneBlank && isChinese ? end + start : whole, ours };
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
