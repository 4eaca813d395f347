// Guards: Importing the library loads by each entry no more than its users need, and does nothing but name things.
import { readFileSync } from "node:fs";
import { dirname, relative, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import ts from "typescript";
import { describe, expect, it } from "vitest";

const SRC = fileURLToPath(new URL("../../src/", import.meta.url));

const parsed = new Map<string, ts.SourceFile>();
function parse(file: string): ts.SourceFile {
  const source = parsed.get(file) ?? ts.createSourceFile(file, readFileSync(file, "utf8"), ts.ScriptTarget.ES2023, true);
  parsed.set(file, source);
  return source;
}

/** What a source file loads when it is imported: all but types, and `import()`, which loads when it is called. */
function loadedBy(file: string): string[] {
  return parse(file).statements.flatMap((statement) => {
    if (!(ts.isImportDeclaration(statement) || ts.isExportDeclaration(statement))) return [];
    const { moduleSpecifier } = statement;
    if (moduleSpecifier === undefined || !ts.isStringLiteral(moduleSpecifier)) return [];
    const typeOnly = ts.isExportDeclaration(statement)
      ? statement.isTypeOnly || onlyTypes(statement.exportClause)
      : statement.importClause?.phaseModifier === ts.SyntaxKind.TypeKeyword || onlyTypes(statement.importClause?.namedBindings);
    return typeOnly ? [] : [moduleSpecifier.text];
  });
}

function onlyTypes(names: ts.NamedImportBindings | ts.NamedExportBindings | undefined): boolean {
  if (names === undefined || !(ts.isNamedImports(names) || ts.isNamedExports(names))) return false;
  return names.elements.length > 0 && names.elements.every(({ isTypeOnly }) => isTypeOnly);
}

/** Everything that is loaded with a file of src/: our files, packages by name, and what Node itself has. */
function graphOf(entry: string): Readonly<Record<"files" | "packages" | "builtIn", ReadonlySet<string>>> {
  const builtIn = new Set<string>();
  const files = new Set<string>();
  const packages = new Set<string>();
  const visit = (file: string): void => {
    if (files.has(file)) return;
    files.add(file);
    for (const to of loadedBy(file)) {
      if (to.startsWith(".")) visit(resolve(dirname(file), to.replace(/\.js$/, ".ts")));
      else if (to.startsWith("node:")) builtIn.add(to);
      else packages.add(/^(@[^/]+\/)?[^/]+/.exec(to)?.[0] ?? to);
    }
  };
  visit(resolve(SRC, entry));
  return { files: new Set([...files].map((file) => relative(SRC, file))), packages, builtIn };
}

/** What a file does when it is loaded, beside naming what it has: statements and imports for their effect, and what changes something there was. */
function doneBy(file: string): readonly string[] {
  const done: string[] = [];
  const visit = (node: ts.Node): void => {
    if (ts.isFunctionLike(node) || ts.isTypeNode(node)) return; // run later, or never
    const changes =
      ts.isAwaitExpression(node) ||
      ts.isDeleteExpression(node) ||
      ts.isClassStaticBlockDeclaration(node) ||
      (ts.isBinaryExpression(node) && isAssignment(node.operatorToken.kind)) ||
      (ts.isCallExpression(node) && /(?:\.(?:set|add|push|on|once|assign|definePropert\w+)|^set\w+)$/.test(node.expression.getText()));
    if (changes) done.push(`${relative(SRC, file)}: ${node.getText()}`);
    ts.forEachChild(node, visit);
  };
  for (const statement of parse(file).statements) {
    const forEffect = ts.isImportDeclaration(statement)
      ? statement.importClause === undefined
      : !(ts.isExportDeclaration(statement) || ts.isVariableStatement(statement) || NAMES.has(statement.kind));
    if (forEffect) done.push(`${relative(SRC, file)}: ${statement.getText()}`);
    else visit(statement);
  }
  return done;
}
const isAssignment = (kind: ts.SyntaxKind) => kind >= ts.SyntaxKind.FirstAssignment && kind <= ts.SyntaxKind.LastAssignment;
const NAMES: ReadonlySet<ts.SyntaxKind> = new Set([
  ts.SyntaxKind.FunctionDeclaration,
  ts.SyntaxKind.ClassDeclaration,
  ts.SyntaxKind.InterfaceDeclaration,
  ts.SyntaxKind.TypeAliasDeclaration,
]);

describe("importing the library", { tags: ["full"] }, () => {
  it("loads by each entry what its users need: at most so many files of ours, and these packages", () => {
    const server = /^(cli|erasure|exports|http|jobs|retention|statistics|webhooks)\/|^\.\.|^app\/app|^store\/open|sqlite|postgres/;
    const { packages: ofServer } = graphOf("app/app.ts");
    expect([ofServer.has("fastify"), ofServer.has("@modelcontextprotocol/server")]).toEqual([true, false]);
    const room = /^(cluster|collector|feed|health|ingest|sources)\//;
    const loads = (entry: string, atMost: number, never: RegExp) => {
      const { files, packages } = graphOf(entry);
      expect([entry, files.size <= atMost, files.size], `${entry} loads ${files.size} files`).toEqual([entry, true, files.size]);
      expect([entry, [...files].filter((file) => server.test(file) || never.test(file))]).toEqual([entry, []]);
      return [...packages].sort();
    };
    const nothing = /^$/;
    expect(loads("index.ts", 160, /^works\/download|^compat\//)).toEqual(["@marcbachmann/cel-js", "socks", "typebox", "undici", "ws"]);
    expect(loads("app/works.ts", 85, room)).toEqual(["socks", "typebox", "undici"]);
    // What reaches the platform is loaded when somebody connects without a server.
    expect(loads("app/tiktok.ts", 6, /^(platform|sources|works|store|cluster)\//)).toEqual([]);
    expect(loads("events.ts", 14, nothing)).toEqual(["@marcbachmann/cel-js", "typebox"]);
    expect(loads("client.ts", 6, nothing)).toEqual([]);
  });

  it("loads of dylive/events pure files alone, and two packages that are pure, too; of dylive/client its own files", () => {
    const { files, packages, builtIn } = graphOf("events.ts");
    expect([...files].filter((file) => !/^events(\/|\.ts$)|^runtime\/msg\.ts$/.test(file))).toEqual([]);
    expect([...packages].sort()).toEqual(["@marcbachmann/cel-js", "typebox"]);
    expect([...builtIn]).toEqual([]);
    const client = graphOf("client.ts");
    expect([...client.files].filter((file) => !/^client(\/|\.ts$)/.test(file))).toEqual([]);
    expect([...client.packages, ...client.builtIn]).toEqual([]);
    expect(graphOf("events/ledger.ts").builtIn).toContain("node:crypto");
  });

  it("does nothing but name things, in each entry: package.json tells bundlers so", () => {
    const { exports, sideEffects } = JSON.parse(readFileSync(resolve(SRC, "../package.json"), "utf8")) as {
      readonly exports: Readonly<Record<string, string | { readonly default: string }>>;
      readonly sideEffects: readonly string[];
    };
    const entries = Object.values(exports).flatMap((to) => (typeof to === "string" ? [] : [to.default]));
    expect(entries.length).toBeGreaterThan(3);
    const files = new Set(
      entries.flatMap((to) => [...graphOf(to.replace(/^\.\/dist\/(.*)\.js$/, "../$1.ts")).files].map((file) => resolve(SRC, file))),
    );
    expect(files.size).toBeGreaterThan(150);
    expect([...files].flatMap(doneBy)).toEqual([]);
    // The command does.
    expect(sideEffects).toEqual(["./bin/dylive.mjs", "./dist/bin/*.js"]);
    expect(doneBy(resolve(SRC, "cli/main.ts")).length).toBeGreaterThan(1);
  });

  it("loads what npm may leave out when it is wanted: to ask a server, or PostgreSQL, needs no SQLite", () => {
    for (const entry of ["store/sqlite/store.ts", "cli/commands/mcp.ts", "cli/commands/tail.ts", "cli/commands/doctor.ts"])
      expect([entry, graphOf(entry).packages.has("better-sqlite3")]).toEqual([entry, false]);
    for (const command of ["room", "token", "hook", "session", "stats", "search", "erase", "settings", "import"]) {
      const { packages } = graphOf(`cli/commands/${command}.ts`);
      expect([command, packages.has("better-sqlite3"), packages.has("fastify")]).toEqual([command, false, false]);
    }
    expect(graphOf("store/sqlite/store.ts").files.has("store/sqlite/driver.ts")).toBe(true);
    expect([...graphOf("runtime/file-lock.ts").packages]).toEqual([]);
  });
});
