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
export function textsIn(file: string, code: string): readonly Sentence[] {
  const source = ts.createSourceFile(file, code, ts.ScriptTarget.ES2023, true);
  const found: Sentence[] = [];
  const visit = (node: ts.Node, within: readonly string[]): void => {
    const text = textOf(node);
    if (text !== null)
      found.push({ text, file, within, isTold: ts.isTaggedTemplateExpression(node.parent) && node.parent.tag.getText(source) === "told" });
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
