import { english, type Msg, type MsgOrText, msg, msgOf, recorded } from "../runtime/msg.js";
import { Chinese } from "./chinese.js";
import { COMMANDS } from "./zh/commands.js";
import { DETAILS } from "./zh/details.js";
import { DOCTOR } from "./zh/doctor.js";
import { ERRORS_IN_CHINESE } from "./zh/errors.js";
import { OUTPUT } from "./zh/output.js";
import { REASONS } from "./zh/reasons.js";
import { SETTINGS } from "./zh/settings.js";
import { WORKS } from "./zh/works.js";

/** A language in which people are spoken to. */
export type Language = "zh" | "en";

const CHINESE = new Chinese([ERRORS_IN_CHINESE, DETAILS, REASONS, COMMANDS, SETTINGS, DOCTOR, WORKS], [OUTPUT]);

/**
 * Returns a sentence of ours in a language; in English where the language has none for it. What it says of one case is said in that language too
 * where it is a sentence, and as it was given where it is a text.
 */
export function inLanguage(language: Language, said: MsgOrText): string {
  return language === "en" ? english(said) : CHINESE.say(said);
}

/** Returns the message of an error in a language: what was wrong, and what it was this time. */
export function messageIn(language: Language, message: string, detail: MsgOrText): string {
  return inLanguage(language, msg`${msgOf(message)}: ${msgOf(detail)}`);
}

/** Finds the sentence in a text that was written down in English, or that another program says. One that is none of ours stays as it is. */
export function recognised(text: string): Msg {
  return CHINESE.recognised(text);
}

/** Returns a reason or a piece of news that was written down in English, in a language; null stays null. */
export function reasonIn(language: Language, reason: string): string;
export function reasonIn(language: Language, reason: string | null): string | null;
export function reasonIn(language: Language, reason: string | null): string | null {
  return reason === null ? null : inLanguage(language, recorded(reason));
}

/** Returns something with its reason, which was written down in English, in a language. */
export function reasoned<T extends { readonly reason: string | null }>(language: Language, one: T): T {
  return { ...one, reason: reasonIn(language, one.reason) };
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
