import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import ts from "typescript";
import { describe, expect, it } from "vitest";

const ROOT = fileURLToPath(new URL("../", import.meta.url));

/**
 * What each part of src/ may import of ours, beside itself; a part is a folder, in `platform/` wire, messages, works and all the rest, in
 * `works/` model and all the rest. `types:` allows type-only imports. `index` is the library's entry, `simulator` the folder beside src/.
 */
const MAY: Record<string, readonly string[]> = {
  runtime: [],
  events: [],
  "platform/wire": [],
  "platform/messages": ["events", "platform/wire"],
  "platform/works": ["platform/messages", "platform/wire", "works/model"],
  "works/model": ["events"],
  works: ["platform", "platform/works", "works/model", "store", "runtime"],
  platform: ["platform/wire", "platform/works", "types:works/model", "types:store", "runtime"],
  sources: ["platform", "platform/wire", "runtime"],
  store: ["types:events", "works/model", "runtime"],
  health: ["types:events", "types:store", "types:platform", "runtime"],
  ingest: ["platform", "platform/wire", "platform/messages", "events", "sources", "store", "health", "runtime"],
  collector: ["platform", "platform/wire", "events", "sources", "ingest", "store", "health", "runtime"],
  cluster: ["platform", "platform/wire", "types:events", "types:sources", "ingest", "collector", "feed", "store", "health", "runtime"],
  feed: ["events", "store", "runtime"],
  statistics: ["types:events", "store", "runtime"],
  retention: ["types:events", "store", "runtime"],
  erasure: ["events", "types:works/model", "types:ingest", "statistics", "store", "runtime"],
  exports: ["events", "feed", "erasure", "store", "runtime"],
  webhooks: ["events", "feed", "store", "runtime"],
  compat: ["events", "feed", "store", "types:health", "runtime"],
  jobs: ["platform/wire", "sources", "ingest", "feed", "store", "health", "statistics", "retention", "erasure", "exports", "runtime"],
  http: [
    "platform",
    "works",
    "works/model",
    "events",
    "feed",
    "store",
    "health",
    "collector",
    "statistics",
    "erasure",
    "exports",
    "webhooks",
    "types:compat",
    "runtime",
  ],
  app: [
    "platform",
    "platform/wire",
    "works",
    "types:works/model",
    "events",
    "sources",
    "store",
    "health",
    "ingest",
    "collector",
    "cluster",
    "feed",
    "statistics",
    "retention",
    "erasure",
    "webhooks",
    "compat",
    "jobs",
    "http",
    "runtime",
  ],
  cli: [
    "platform",
    "platform/wire",
    "platform/messages",
    "works",
    "works/model",
    "events",
    "sources",
    "store",
    "ingest",
    "collector",
    "cluster",
    "statistics",
    "retention",
    "erasure",
    "exports",
    "webhooks",
    "http",
    "app",
    "simulator",
    "runtime",
  ],
  index: ["platform", "platform/wire", "platform/messages", "works", "works/model", "events", "types:health", "app", "runtime"],
  simulator: ["platform/wire", "runtime"],
};
/** Folders in a folder that are parts of their own. */
const APART = ["platform/wire", "platform/messages", "platform/works", "works/model"];
const PURE = ["events", ...APART];
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

/** The part of the house that a source file belongs to. */
function partOf(path: string): string {
  const [top, first = "", second = ""] = relative(ROOT, path).split("/");
  if (top === "simulator") return top;
  if (APART.includes(`${first}/${second}`)) return `${first}/${second}`;
  return first.replace(/\.[jt]s$/, "");
}

const sources = ["src", "simulator"].flatMap((folder) => files(join(ROOT, folder)));
const all = sources.flatMap(importsOf);

/** Groups of files that import each other in a circle, types counted too: each group in one line. */
function circles(): string[] {
  const next = new Map(sources.map((file) => [file, new Set<string>()]));
  for (const { file, to } of all) if (to.startsWith(".")) next.get(file)?.add(resolve(dirname(file), to).replace(/\.js$/, ".ts"));
  const reaches = (file: string): Set<string> => {
    const seen = new Set<string>();
    const ahead = [file];
    for (let at = ahead.pop(); at !== undefined; at = ahead.pop())
      for (const target of next.get(at) ?? [])
        if (!seen.has(target)) {
          seen.add(target);
          ahead.push(target);
        }
    return seen;
  };
  const reached = new Map(sources.map((file) => [file, reaches(file)]));
  const inOne = (file: string) => [...(reached.get(file) ?? [])].filter((other) => reached.get(other)?.has(file) === true);
  const groups = sources.filter((file) => reached.get(file)?.has(file)).map((file) => inOne(file).sort());
  return [...new Set(groups.map((group) => group.map((file) => relative(ROOT, file)).join(" ↔ ")))];
}

describe("imports", () => {
  it("are found at all", () => {
    expect(all.length).toBeGreaterThan(1_000);
  });

  it("go only in the design's direction", () => {
    const wrong = all.filter(({ file, to, typeOnly }) => {
      if (!to.startsWith(".")) return false;
      const from = partOf(file);
      const target = partOf(resolve(dirname(file), to));
      const may = MAY[from] ?? [];
      return target !== from && !may.includes(target) && !(typeOnly && may.includes(`types:${target}`));
    });
    expect(wrong.map(({ file, to }) => `${relative(ROOT, file)} imports ${to}`)).toEqual([]);
  });

  it("go in no circle", () => {
    expect(circles()).toEqual([]);
  });

  it("lead from nothing into the tests", () => {
    const rest = ["web", "bench", "scripts", "docs"].flatMap((folder) =>
      readdirSync(join(ROOT, folder), { recursive: true, encoding: "utf8" }).map((name) => join(ROOT, folder, name)),
    );
    const code = [...sources, ...rest].filter((file) => /\.(ts|vue|mjs)$/.test(file));
    const wrong = code.filter((file) => /(from|import)\b[\s(]*["'](\.\.\/)+test\//.test(readFileSync(file, "utf8")));
    expect(wrong.map((file) => relative(ROOT, file))).toEqual([]);
  });

  it("every folder has a rule", () => {
    expect([...new Set(sources.map(partOf))].filter((folder) => !(folder in MAY))).toEqual([]);
  });

  it("what is pure does no I/O", () => {
    const wrong = all.filter(({ file, to }) => PURE.includes(partOf(file)) && NO_IO.test(to));
    expect(wrong.map(({ file, to }) => `${relative(ROOT, file)} imports ${to}`)).toEqual([]);
  });

  it("only config.ts reads the environment", () => {
    const wrong = files(join(ROOT, "src")).filter((file) => /process\.env\b/.test(readFileSync(file, "utf8")));
    expect(wrong.map((file) => relative(ROOT, file))).toEqual(["src/app/config.ts"]);
  });
});
