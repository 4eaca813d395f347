/** Part of a sentence that is worked out: another sentence, or text from outside, which is the same in all languages. */
export type MsgPart = Msg | string | number;

/** Sentence that is said: one that has values, or the words of one that has none. */
export type MsgOrText = Msg | string;

/**
 * A sentence of ours with what it says of one case, until it is known in which language it is said: its words, and the values between them.
 * Written down, it is English.
 */
export class Msg {
  readonly words: readonly string[];
  readonly values: readonly MsgPart[];
  /** Whether its words are a sentence of ours that was written down with its values in it. */
  readonly isRecorded: boolean;

  constructor(words: readonly string[], values: readonly MsgPart[], isRecorded = false) {
    this.words = words;
    this.values = values;
    this.isRecorded = isRecorded;
  }

  toString(): string {
    return english(this);
  }

  toJSON(): string {
    return english(this);
  }
}

/** Makes a sentence: msg`the file ${path} is empty`. Its English words are the key of those in other languages. */
export function msg(words: readonly string[], ...values: readonly MsgPart[]): Msg {
  return new Msg(words, values);
}

/** Makes a sentence of words that have no values, for a place in another; also of one that came from another thread. */
export function msgOf(said: MsgOrText): Msg {
  if (typeof said === "string") return new Msg([said], []);
  return said instanceof Msg ? said : new Msg((said as Msg).words, (said as Msg).values, (said as Msg).isRecorded);
}

/** Makes a sentence of one that was written down in English, such as the reason that a collector reported: in other languages it is looked for in that. */
export function recorded(text: string): Msg {
  return new Msg([text], [], true);
}

/** Joins sentences, and texts from outside, by what stands between each two. */
export function joinMsgs(parts: readonly MsgPart[], between: string): Msg {
  if (parts.length === 0) return msgOf("");
  return new Msg(["", ...Array.from({ length: parts.length - 1 }, () => between), ""], parts);
}

/** Joins what may be chosen from, as "a, b or c"; null for nothing. */
export function either(choices: readonly MsgPart[]): Msg | null {
  const last = choices.at(-1);
  if (last === undefined) return null;
  return choices.length === 1 ? joinMsgs([last], "") : msg`${joinMsgs(choices.slice(0, -1), ", ")} or ${last}`;
}

/** Returns a sentence in English, as the source has it. */
export function english(said: MsgPart): string {
  if (typeof said !== "object") return String(said);
  return said.words.map((part, i) => part + (i < said.values.length ? english(said.values[i] ?? "") : "")).join("");
}
