// Guards: what programs can name of the package changes only on purpose: api.txt.
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import ts from "typescript";
import { describe, expect, it } from "vitest";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));
const { exports } = JSON.parse(readFileSync(`${ROOT}package.json`, "utf8")) as {
  readonly exports: Readonly<Record<string, string | { readonly types: string }>>;
};
const entries = Object.entries(exports).flatMap(([name, to]) =>
  typeof to === "string" ? [] : [[name.replace(".", "dylive"), to.types] as const],
);

/** All that programs can name, and all that its types are made of, without comments: the names of each entry, then each declaration once. */
function report(): string {
  const program = ts.createProgram(
    entries.map(([, types]) => `${ROOT}${types}`),
    { module: ts.ModuleKind.NodeNext, target: ts.ScriptTarget.ES2023, types: ["node"], skipLibCheck: true },
  );
  const checker = program.getTypeChecker();
  const printer = ts.createPrinter({ removeComments: true });
  const declared = new Map<ts.Symbol, string>();

  const original = (symbol: ts.Symbol) => (symbol.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(symbol) : symbol);
  const namesOf = (exported: readonly ts.Symbol[]) =>
    exported
      .map(({ name }) => `  ${name}`)
      .toSorted()
      .join("\n");
  const isOurs = (file: ts.SourceFile) => file.fileName.startsWith(`${ROOT}dist/`);
  const declare = (symbol: ts.Symbol): void => {
    if (declared.has(symbol)) return;
    const [first, ...others] = symbol.declarations ?? [];
    if (first === undefined || !isOurs(first.getSourceFile())) return;
    if (ts.isSourceFile(first)) {
      // What is taken from a file as one thing: `import * as`.
      const exported = checker.getExportsOfModule(symbol);
      declared.set(symbol, `module ${first.fileName.slice(ROOT.length)}\n${namesOf(exported)}`);
      for (const one of exported) declare(original(one));
      return;
    }
    const statements = [first, ...others].map((one) => (ts.isVariableDeclaration(one) ? one.parent.parent : one));
    if (!statements.every(({ parent }) => ts.isSourceFile(parent))) return; // a part of what is declared already
    const texts = statements.map((one) => printer.printNode(ts.EmitHint.Unspecified, one, one.getSourceFile()));
    declared.set(symbol, texts.map((text) => text.replace(/^export (?:declare )?|^declare /, "")).join("\n"));
    const visit = (node: ts.Node): void => {
      const name = ts.isIdentifier(node) ? node : ts.isImportTypeNode(node) ? (node.qualifier ?? node.argument) : undefined;
      const named = name && checker.getSymbolAtLocation(name);
      if (named !== undefined) declare(original(named));
      ts.forEachChild(node, visit);
    };
    for (const one of statements) visit(one);
  };

  const names = entries.map(([name, types]) => {
    const module = checker.getSymbolAtLocation(program.getSourceFile(`${ROOT}${types}`) as ts.SourceFile);
    const exported = module === undefined ? [] : checker.getExportsOfModule(module);
    for (const symbol of exported) declare(original(symbol));
    return `${name}\n${namesOf(exported)}`;
  });
  const texts = [...declared].map(([{ name }, text]) => ({ name, text })).toSorted((a, b) => (a.name + a.text < b.name + b.text ? -1 : 1));
  // Sentences that are a type of their own, such as those of ERRORS: their words are for people.
  return `${[...names, ...texts.map(({ text }) => text.replace(/"(?:[^"\\]|\\.)*"/g, (one) => (one.split(" ").length > 2 ? '"…"' : one)))].join("\n\n")}\n`;
}

describe("what programs can name; after a change that is meant: vitest run --project e2e test/package/api.test.ts -u", () => {
  it("is as api.txt says, with every type that it is made of", async () => {
    const text = report();
    expect(entries.map(([name]) => name)).toEqual(expect.arrayContaining(["dylive", "dylive/client", "dylive/events", "dylive/simulator"]));
    for (const one of [/^function connect</m, /^class DyliveClient \{/m, /^type LiveEvent =/m, /^interface Simulator \{/m])
      expect(text).toMatch(one);
    await expect(text).toMatchFileSnapshot("api.txt");
  });
});
