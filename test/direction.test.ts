import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import ts from "typescript";
import { describe, expect, it } from "vitest";

const SRC = fileURLToPath(new URL("../src/", import.meta.url));

/** What each folder may import of ours, beside itself. `types:` allows type-only imports. `.` is a file at the top of src/. */
const MAY: Record<string, readonly string[]> = {
  wire: [],
  events: ["wire"],
  sources: ["wire", "./durable-file", "./file-failure", "./clock", "./errors", "./load-package"],
  simulator: ["wire", "./clock", "./errors", "./listen-failure", "./package-path"],
  log: ["types:events", "./durable-file", "./clock", "./errors"],
  rooms: ["wire", "sources", "events", "log", "./durable-file", "./clock", "./errors"],
  outputs: [
    "wire",
    "events",
    "log",
    "rooms",
    "./reading-time",
    "./conversation",
    "./bucket",
    "./clock",
    "./errors",
    "./load-package",
    "./listen-failure",
  ],
  worker: ["wire", "sources", "log", "rooms", "outputs", "./reading-time", "./clock", "./errors"],
  api: ["events", "log", "rooms", "outputs", "./reading-time", "./conversation", "./bucket", "./clock", "./errors", "./listen-failure"],
  cli: [
    "wire",
    "events",
    "sources",
    "simulator",
    "log",
    "rooms",
    "outputs",
    "worker",
    "api",
    "./app",
    "./reach",
    "./store",
    "./config",
    "./setting-schema",
    "./limits",
    "./durable-file",
    "./clock",
    "./errors",
    "./file-failure",
    "./package-path",
  ],
  "./app": [
    "events",
    "sources",
    "log",
    "rooms",
    "outputs",
    "worker",
    "api",
    "./reach",
    "./store",
    "./operator",
    "./mend",
    "./collecting",
    "./upkeep",
    "types:./config",
    "./clock",
    "./errors",
    "./package-path",
  ],
  // What the API may tell of the settings: it knows none itself.
  "./operator": ["sources", "worker", "types:log", "types:api", "./config", "./shown-settings", "./package-path", "types:./clock"],
  // Parts of the composition root.
  "./collecting": ["log", "rooms", "types:./config"],
  "./upkeep": ["sources", "log", "rooms", "outputs", "types:worker", "./limits", "types:./config", "types:./clock"],
  "./store": ["log", "types:./config"],
  "./limits": ["types:log", "types:./config"],
  "./mend": ["sources", "rooms", "outputs", "worker", "types:api"],
  "./reach": ["sources", "types:rooms", "types:./config", "types:./clock"],
  // The library's own composition root: settings by hand, never from the environment.
  "./connect": ["wire", "events", "log", "rooms", "./reach", "./config", "./clock", "./errors"],
  "./conversation": [],
  "./reading-time": ["events", "./semaphore", "./clock", "./errors"],
  "./semaphore": [],
  "./bucket": ["types:./clock"],
  "./config": ["sources", "./setting-schema", "./setting-takes", "./errors"],
  "./setting-schema": [],
  "./setting-takes": [],
  "./shown-settings": ["./config", "./setting-schema"],
  "./index": ["wire", "events", "sources", "log", "rooms", "./connect", "./clock", "./errors"],
  "./durable-file": [],
  "./errors": [],
  "./listen-failure": ["./errors"],
  "./file-failure": ["./errors"],
  "./clock": ["./uptime"],
  "./uptime": [],
  "./load-package": [],
  "./package-path": [],
};
const NO_IO = /^(node:)?(net|http|https|http2|fs|fs\/promises|dgram|tls|child_process)$/;

interface Import {
  readonly file: string;
  readonly to: string;
  readonly typeOnly: boolean;
}

function files(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) =>
    entry.isDirectory() ? files(join(folder, entry.name)) : entry.name.endsWith(".ts") ? [join(folder, entry.name)] : [],
  );
}

function importsOf(file: string): Import[] {
  const source = ts.createSourceFile(file, readFileSync(file, "utf8"), ts.ScriptTarget.ES2023, true);
  const found: Import[] = [];
  const add = (specifier: ts.Expression | undefined, typeOnly: boolean) => {
    if (specifier && ts.isStringLiteralLike(specifier)) found.push({ file, to: specifier.text, typeOnly });
  };
  const visit = (node: ts.Node): void => {
    if (ts.isImportDeclaration(node)) {
      const clause = node.importClause;
      const named = clause?.namedBindings && ts.isNamedImports(clause.namedBindings) ? clause.namedBindings.elements : undefined;
      const allTypes =
        clause !== undefined && !clause.name && named !== undefined && named.length > 0 && named.every((element) => element.isTypeOnly);
      add(node.moduleSpecifier, clause?.phaseModifier === ts.SyntaxKind.TypeKeyword || allTypes);
    } else if (ts.isExportDeclaration(node)) add(node.moduleSpecifier, node.isTypeOnly);
    else if (ts.isCallExpression(node) && node.expression.kind === ts.SyntaxKind.ImportKeyword) add(node.arguments[0], false);
    ts.forEachChild(node, visit);
  };
  visit(source);
  return found;
}

/** The folder of a source file under src/, or `./name` for a file at its top. */
function place(path: string): string {
  const parts = relative(SRC, path).split("/");
  return parts.length === 1 ? `./${parts[0]?.replace(/\.[jt]s$/, "")}` : (parts[0] ?? "");
}

const all = files(SRC).flatMap(importsOf);

describe("imports", () => {
  it("are found at all", () => {
    expect(all.length).toBeGreaterThan(50);
  });

  it("go only in the design's direction", () => {
    const wrong = all.filter(({ file, to, typeOnly }) => {
      if (!to.startsWith(".")) return false;
      const from = place(file);
      const target = place(resolve(dirname(file), to));
      const may = MAY[from] ?? [];
      return target !== from && !may.includes(target) && !(typeOnly && may.includes(`types:${target}`));
    });
    expect(wrong.map(({ file, to }) => `${relative(SRC, file)} imports ${to}`)).toEqual([]);
  });

  it("every folder has a rule", () => {
    expect([...new Set(files(SRC).map(place))].filter((folder) => !(folder in MAY))).toEqual([]);
  });

  it("wire and events do no I/O", () => {
    const wrong = all.filter(({ file, to }) => ["wire", "events"].includes(place(file)) && NO_IO.test(to));
    expect(wrong.map(({ file, to }) => `${relative(SRC, file)} imports ${to}`)).toEqual([]);
  });

  it("only config.ts reads the environment", () => {
    const wrong = files(SRC).filter((file) => place(file) !== "./config" && /process\.env\b/.test(readFileSync(file, "utf8")));
    expect(wrong.map((file) => relative(SRC, file))).toEqual([]);
  });
});
