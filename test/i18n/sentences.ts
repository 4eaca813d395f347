import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import ts from "typescript";

const SRC = fileURLToPath(new URL("../../src", import.meta.url));

/** A text that stands in the source, with `{}` in the place of what is worked out. */
export interface Sentence {
  readonly text: string;
  /** Path of its file within `src/`. */
  readonly file: string;
  /** Whether it keeps its values apart until its language is known. */
  readonly isTold: boolean;
  /** Names of the functions and classes that it is handed to, the nearest first. */
  readonly within: readonly string[];
}

/** Returns every text in the source, but for what the dictionary itself has and generated code. */
export function sentencesOf(): readonly Sentence[] {
  return readdirSync(SRC, { recursive: true, encoding: "utf8" })
    .map((name) => name.replaceAll("\\", "/"))
    .filter((name) => name.endsWith(".ts") && !name.startsWith("i18n/") && !name.includes("/gen/"))
    .flatMap((file) => textsIn(file, readFileSync(join(SRC, file), "utf8")));
}

/** Returns the texts of one file. */
function textsIn(file: string, code: string): readonly Sentence[] {
  const source = ts.createSourceFile(file, code, ts.ScriptTarget.ES2023, true);
  const found: Sentence[] = [];
  const visit = (node: ts.Node, within: readonly string[]): void => {
    const text = textOf(node);
    if (text !== null)
      found.push({ text, file, within, isTold: ts.isTaggedTemplateExpression(node.parent) && node.parent.tag.getText(source) === "msg" });
    const handed = ts.isCallExpression(node) || ts.isNewExpression(node) ? node : null;
    const name = handed?.expression.getText(source);
    ts.forEachChild(node, (child) => {
      const isArgument = handed?.arguments?.includes(child as ts.Expression) === true;
      visit(child, isArgument && name !== undefined ? [name, ...within] : within);
    });
  };
  visit(source, []);
  return found;
}

/** Joins what `+` joins, as the sentence that is told. */
function textOf(node: ts.Node): string | null {
  if (ts.isStringLiteral(node) || ts.isNoSubstitutionTemplateLiteral(node)) return node.text;
  if (!ts.isTemplateExpression(node)) return null;
  return node.head.text + node.templateSpans.map((span) => `{}${span.literal.text}`).join("");
}

/** Three words of English in a row; a command in backticks is what a shell takes. */
export const ENGLISH = /[A-Za-z]{2,} [a-z]{2,} [a-z]{2,}/;

/** Files whose sentences become the reason of a room's state, of a session's or of a gap, or the news of a system event. */
const OF_ROOMS =
  /^(?:collector\/(?:broadcasts|collector|connection|room-alarm|room-session|transitions)|health\/|ingest\/intake|sources\/websocket|cluster\/wanted-rooms-view|store\/health|retention\/disk-watch|webhooks\/runner|platform\/(?:access\/(?:platform|signer)|accounts\/login-store|pages\/(?:answer|enter|profile|reflow)|browser\/(?:browser-page\.|page\.|session|supervisor|visitor-context|find)|links\/resolve))/;
/** Words of the table of states, of faults that end in a 500 or in a refusal at once, and of what only a log is told. */
const NOT_SHOWN: readonly (RegExp | string)[] = [
  /^(?:no broadcast was|a room was not kept|a room has no session|the room has no session|a collector that is|a visitor context is|a page of ours)/,
  /was written by a version of dylive that|events of dylive's own wait|stands for no account|these cookies hold no login|an account's name has/,
];
const WITHIN_TABLE = /^(?:fixed|plan\.fixed|givenUp)$/;

/** Returns all that the source can say of a room: reasons of its state, of its sessions' and of gaps, and its news; with something in their places. */
export function reasonsOfRooms(): readonly Pick<Sentence, "text" | "file">[] {
  return sentencesOf()
    .filter(
      ({ text, file, within }) =>
        OF_ROOMS.test(file) &&
        ENGLISH.test(text) &&
        !NOT_SHOWN.some((one) => (typeof one === "string" ? text === one : one.test(text))) &&
        // Of the table of states only what is told; its other words are the document's.
        (file !== "collector/transitions.ts" ||
          within.some((name) => /^plan\.(?:tell|miss)$/.test(name)) ||
          text.startsWith("the end of the")) &&
        !WITHIN_TABLE.test(within[0] ?? ""),
    )
    .map(({ text, file }) => ({ text: text.replaceAll("{}", "7"), file }));
}
