import ts from "typescript";

/** A thing that a file refers to: a file or folder of ours by a relative path, or a package by its name. */
export interface Reference {
  readonly to: string;
  /** Whether nothing is loaded for it. */
  readonly typeOnly: boolean;
}

/** A file as the rules of test/direction.test.ts see it. */
interface SourceText {
  /** Each import in any form, and each other text that is a relative path. */
  readonly references: readonly Reference[];
  /** Whether a module's name is made when the program runs. */
  readonly isComputed: boolean;
  readonly readsEnvironment: boolean;
  /** Names that reach clocks, chance or the outside world. */
  readonly impure: readonly string[];
  /** Each text in the code, a template as one with `…` for its values, a regular expression by its source; comments are none. */
  readonly texts: readonly string[];
  /** Names of the file's classes and interfaces, and of the other types that it exports. */
  readonly types: readonly string[];
}

const LOADER = /^(import|require|loadPackage|createRequire\(.*\))(\.resolve)?$/s;
const OUTSIDE =
  /^(fetch|WebSocket|EventSource|XMLHttpRequest|set(Timeout|Interval|Immediate)|queueMicrotask|performance|process|console|crypto|global(This)?|random(UUID|Bytes|Int)|Date)$/;

const isText = (node: ts.Node | undefined): node is ts.StringLiteralLike => node !== undefined && ts.isStringLiteralLike(node);

/** Reads a file of TypeScript, JavaScript or Vue by its text. */
export function readSource(file: string, text: string): SourceText {
  const isVue = file.endsWith(".vue");
  const code = isVue ? [...text.matchAll(/<script[^>]*>(.*?)<\/script>/gs)].map(([, script]) => script).join("\n") : text;
  const source = ts.createSourceFile(isVue ? `${file}.ts` : file, code, ts.ScriptTarget.ES2023, true);
  const references: Reference[] = [];
  const impure: string[] = [];
  const texts: string[] = [];
  let isComputed = false;
  let readsEnvironment = false;
  const visit = (node: ts.Node): void => {
    if (isText(node) || ts.isTemplateHead(node)) {
      const reference = referenceBy(node, source);
      if (reference) references.push(reference);
    } else if (ts.isCallExpression(node) && LOADER.test(node.expression.getText(source))) isComputed ||= !isText(node.arguments[0]);
    else if (ts.isIdentifier(node) && isUse(node)) {
      if (node.text === "process") readsEnvironment ||= !isMember(node.parent, node, /^(?!env$)/);
      if (OUTSIDE.test(node.text) && !isPureDate(node)) impure.push(node.text);
      if (node.text === "Math" && isMember(node.parent, node, /^random$/)) impure.push("Math.random");
    } else if (ts.isPropertyAccessExpression(node)) readsEnvironment ||= /^global(This)?\??\.process$/.test(node.getText(source));
    if (isText(node) || ts.isRegularExpressionLiteral(node)) texts.push(node.text);
    else if (ts.isTemplateExpression(node))
      texts.push([node.head, ...node.templateSpans.map(({ literal }) => literal)].map(({ text: part }) => part).join("…"));
    ts.forEachChild(node, visit);
  };
  visit(source);
  return { references, isComputed, readsEnvironment, impure, texts, types: source.statements.flatMap(typesBy) };
}

function referenceBy(node: ts.StringLiteralLike | ts.TemplateHead, source: ts.SourceFile): Reference | undefined {
  const { parent } = node;
  const to = node.text;
  if (ts.isImportDeclaration(parent)) return { to, typeOnly: parent.importClause?.phaseModifier === ts.SyntaxKind.TypeKeyword };
  if (ts.isExportDeclaration(parent)) return { to, typeOnly: parent.isTypeOnly };
  if (ts.isExternalModuleReference(parent)) return { to, typeOnly: parent.parent.isTypeOnly };
  if (ts.isLiteralTypeNode(parent) && ts.isImportTypeNode(parent.parent)) return { to, typeOnly: true };
  if (ts.isCallExpression(parent) && LOADER.test(parent.expression.getText(source))) return { to, typeOnly: false };
  const isBeside = ts.isNewExpression(parent) && parent.arguments?.[1]?.getText(source) === "import.meta.url";
  if (isBeside && !to.startsWith(".")) return { to: `./${to}`, typeOnly: false };
  return /^\.\.?\//.test(to) ? { to, typeOnly: false } : undefined;
}

/** Tells whether a name stands for what it names, and not for a member, a key or a declaration. */
function isUse(node: ts.Identifier): boolean {
  const parent = node.parent as ts.Node & { readonly name?: ts.Node; readonly propertyName?: ts.Node };
  return ts.isShorthandPropertyAssignment(parent) || (parent.name !== node && parent.propertyName !== node);
}

function isMember(parent: ts.Node, node: ts.Identifier, name: RegExp): boolean {
  return ts.isPropertyAccessExpression(parent) && parent.expression === node && name.test(parent.name.text);
}

/** Tells whether a use of `Date` is of a time that is given. */
function isPureDate(node: ts.Identifier): boolean {
  const { parent } = node;
  if (node.text !== "Date") return false;
  return (
    isMember(parent, node, /^(UTC|parse)$/) ||
    (ts.isNewExpression(parent) && (parent.arguments?.length ?? 0) > 0) ||
    ts.isTypeReferenceNode(parent)
  );
}

function typesBy(statement: ts.Statement): string[] {
  if (ts.isClassDeclaration(statement) || ts.isInterfaceDeclaration(statement)) return statement.name ? [statement.name.text] : [];
  const isExported = ts.isTypeAliasDeclaration(statement) && statement.modifiers?.some(({ kind }) => kind === ts.SyntaxKind.ExportKeyword);
  return isExported ? [statement.name.text] : [];
}
