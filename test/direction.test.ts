// Guards: Imports go only in the design's direction, in no circle, and each type's name means one thing.
import { readdirSync, readFileSync } from "node:fs";
import { join, posix } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { type Reference, readSource } from "./source-text.js";

const ROOT = fileURLToPath(new URL("../", import.meta.url));

/**
 * Says what each part of src/ may import of ours, beside itself; a part is a folder, in `platform/` wire, messages, works and all the rest, in
 * `works/` model and all the rest. `types:` allows type-only imports. `index` is the library's entry, `simulator` the folder beside src/.
 */
const MAY: Record<string, string> = {
  told: "",
  runtime: "",
  i18n: "",
  events: "",
  "platform/wire": "",
  "platform/messages": "events platform/wire",
  "platform/works": "platform/messages platform/wire works/model",
  "works/model": "events",
  works: "platform platform/works works/model types:events store runtime",
  platform: "platform/wire platform/works types:works/model types:store runtime",
  sources: "platform platform/wire runtime",
  store: "types:events works/model runtime",
  health: "types:events types:store types:platform platform/wire runtime",
  ingest: "platform platform/wire platform/messages events sources store health runtime",
  collector: "platform platform/wire events sources ingest store health runtime",
  cluster: "platform platform/wire types:events types:sources ingest collector feed store health runtime",
  feed: "events store runtime",
  statistics: "types:events store runtime",
  retention: "types:events store runtime",
  erasure: "events types:works/model types:ingest statistics store runtime",
  exports: "events types:works/model types:statistics feed erasure store runtime",
  webhooks: "events feed store i18n runtime",
  compat: "events feed store types:health i18n runtime",
  jobs: "platform/wire sources ingest feed store health statistics retention erasure exports runtime",
  http: "platform works works/model types:platform/wire types:ingest events feed store health collector statistics erasure exports webhooks types:compat i18n runtime",
  app: "platform platform/wire works works/model events sources store health ingest collector cluster feed statistics retention erasure exports webhooks compat types:client jobs http types:i18n runtime",
  cli: "platform platform/wire platform/messages works works/model events sources store ingest collector cluster health statistics retention erasure exports webhooks http app simulator i18n runtime",
  client: "types:events",
  index: "platform platform/wire platform/messages events types:health app runtime",
  simulator: "platform/wire runtime",
};
/** Folders in a folder that are parts of their own. */
const APART = ["platform/wire", "platform/messages", "platform/works", "works/model"];
/** What is said, until it is known in which language: a part of its own, pure, so that all may say something. */
const SAID = "src/runtime/msg.ts";
const PURE = ["told", "events", "i18n", ...APART];
/** All that pure parts have from others: it computes, and reaches nothing. */
const COMPUTING = ["@marcbachmann/cel-js", "node:buffer", "node:crypto", "node:zlib", "typebox", "typebox/schema"];
const ENGINES = ["src/store/sqlite", "src/store/postgres", "src/store/move.ts", "src/store/open.ts", "better-sqlite3", "pg"];
const BROWSER = ["src/platform/browser", "playwright-core"];
/** Lists what folders of one part leave alone: files and folders of ours, and packages. */
const NOT: Record<string, readonly string[]> = {
  "src/store/sql": [...ENGINES, "src/store/memory"],
  "src/store/memory": [...ENGINES, "src/store/sql"],
  "src/store/sqlite": ["src/store/postgres", "src/store/memory", "src/store/move.ts", "pg"],
  "src/store/postgres": ["src/store/sqlite", "src/store/memory", "src/store/move.ts", "better-sqlite3"],
  "src/platform/links": BROWSER,
  "src/platform/pages": BROWSER,
};
/** Parts that the dashboard has too, beside types: so that it tells of no other rung than downloads choose, says the same words, takes the same name as typed, and reads errors and comes back as other clients do. */
const SHARED_WITH_WEB = ["src/works/model", "src/i18n", "src/client", "src/events/hidden.ts"];
/** Who may name the platform's hosts, paths, methods and cookies: what knows it or is made like it, interfaces of others, which have its names, and words. */
const KNOWING = ["src/platform", "src/compat", "src/http/compatible", "src/i18n", "simulator"];
/** Such a name, as the whole of a text or of a part of it between blanks; a sentence that people read may have one. */
const NAME_OF_PLATFORM =
  /^\S*((douyin|iesdouyin|amemv|snssdk|ixigua|douyin(vod|pic|static|cdn)|zjcdn|byte(img|dance)|pstatp|ecombdimg|toutiao)\.com|\/(webcast|aweme)\/|Webcast|a_bogus|msToken|ttwid|sid_guard|wss_push|internal_ext|frontierSign)\S*$/;
const HOUSE = ["src", "simulator"];
const AROUND = ["web", "bench", "scripts", "docs", "examples", "bin"];

const isCode = (name: string) => /\.([cm]?[jt]sx?|vue)$/.test(name);

/** Returns the paths of a folder's code, from the root. */
function files(folder: string): string[] {
  return readdirSync(join(ROOT, folder), { withFileTypes: true }).flatMap((entry) => {
    const path = `${folder}/${entry.name}`;
    if (entry.isDirectory()) return entry.name === "node_modules" ? [] : files(path);
    return isCode(entry.name) ? [path] : [];
  });
}

/** Returns the part of the house that a file belongs to; of what is outside of it, the folder. */
function partOf(path: string): string {
  const [top = "", first = "", second = ""] = path.split("/");
  if (path === SAID) return "told";
  if (top !== "src") return top;
  return APART.includes(`${first}/${second}`) ? `${first}/${second}` : first.replace(/\.[cm]?[jt]s$/, "");
}

const isIn = (path: string, folder: string) => `${path}/`.startsWith(`${folder}/`);

/** Returns the path of ours that is referred to, or the package as it is named. */
function targetOf(file: string, { to }: Reference): string {
  if (!to.startsWith(".")) return to;
  return posix.join(posix.dirname(file), to, ".").replace(/\.([cm]?)js$/, ".$1ts");
}

function isWrong(file: string, reference: Reference): boolean {
  const target = targetOf(file, reference);
  const isOurs = reference.to.startsWith(".");
  if (isOurs && isIn(target, "test")) return true;
  if (isIn(file, "web") && isOurs && !isIn(target, "web"))
    return isIn(target, "src")
      ? !reference.typeOnly && !SHARED_WITH_WEB.some((part) => isIn(target, part))
      : [...HOUSE, ...AROUND].includes(partOf(target));
  if (!HOUSE.some((folder) => isIn(file, folder))) return false;
  if (Object.entries(NOT).some(([folder, others]) => isIn(file, folder) && others.some((other) => isIn(target, other)))) return true;
  const from = partOf(file);
  // By its own name, an absolute path or an address, a file of ours would be met as a stranger.
  if (!isOurs)
    return /^(dylive(\/|$)|[#/]|file:|data:|(node:)?process$)/.test(target) || (PURE.includes(from) && !COMPUTING.includes(target));
  const part = partOf(target);
  const may = MAY[from]?.split(" ") ?? [];
  const isAbove = target === "." || isIn(file, target);
  return !isAbove && target !== SAID && part !== from && !may.includes(part) && !(reference.typeOnly && may.includes(`types:${part}`));
}

/** Returns what a file does against the rules, each in a word or as the file that it refers to. */
function faultsOf(file: string, { references, isComputed, readsEnvironment, impure, texts }: ReturnType<typeof readSource>): string[] {
  const from = partOf(file);
  const isHouse = HOUSE.some((folder) => isIn(file, folder));
  const faults = references.filter((reference) => isWrong(file, reference)).map(({ to }) => to);
  if (isHouse && isComputed && from !== "runtime") faults.push("computed import"); // runtime/ loads packages for all
  if (isHouse && readsEnvironment) faults.push("environment");
  if (PURE.includes(from)) faults.push(...impure);
  if (isHouse && !KNOWING.some((folder) => isIn(file, folder))) faults.push(...texts.filter((text) => NAME_OF_PLATFORM.test(text)));
  return faults;
}

const house = HOUSE.flatMap(files);
const all = new Map([...house, ...AROUND.flatMap(files)].map((file) => [file, readSource(file, readFileSync(join(ROOT, file), "utf8"))]));

/** Returns the groups of files that refer to each other in a circle, types counted too: each group in one line. */
function circles(sources: ReadonlyMap<string, { readonly references: readonly Reference[] }>): string[] {
  const next = new Map([...sources].map(([file, { references }]) => [file, references.map((reference) => targetOf(file, reference))]));
  const reaches = (file: string): Set<string> => {
    const seen = new Set<string>();
    const ahead = [file];
    for (let at = ahead.pop(); at !== undefined; at = ahead.pop())
      for (const target of next.get(at) ?? [])
        if (!seen.has(target) && next.has(target)) {
          seen.add(target);
          ahead.push(target);
        }
    return seen;
  };
  const reached = new Map([...sources.keys()].map((file) => [file, reaches(file)]));
  const inOne = (file: string) => [...(reached.get(file) ?? [])].filter((other) => reached.get(other)?.has(file) === true);
  const groups = [...reached.keys()].filter((file) => reached.get(file)?.has(file)).map((file) => inOne(file).sort());
  return [...new Set(groups.map((group) => group.join(" ↔ ")))];
}

describe("imports", () => {
  it("are found at all", () => {
    expect([...all.values()].flatMap(({ references }) => references).length).toBeGreaterThan(1_000);
  });

  it("go only in the design's direction, and only config.ts reads the environment", () => {
    const wrong = [...all].flatMap(([file, source]) => faultsOf(file, source).map((fault) => `${file}: ${fault}`));
    expect(wrong).toEqual(["src/app/config.ts: environment"]);
  });

  it("go in no circle", () => {
    expect(circles(new Map([...all].filter(([file]) => house.includes(file))))).toEqual([]);
  });

  it("every folder has a rule", () => {
    expect([...new Set(house.map(partOf))].filter((folder) => !(folder in MAY))).toEqual([]);
  });
});

/** A file, what it says, and what is wrong with that. */
const SNIPPETS: readonly (readonly [file: string, text: string, ...faults: string[]])[] = [
  ["src/http/a.ts", 'import { a } from "../feed/a.js"; export * from "../store/a.js"; import b from "fastify";'],
  ["src/feed/a.ts", 'import { a } from "../http/a.js";', "../http/a.js"],
  ["src/feed/a.ts", 'void import("../http/a.js");', "../http/a.js"],
  ["src/feed/a.ts", 'type A = import("../http/a.js").A;', "../http/a.js"],
  ["src/feed/a.ts", 'createRequire(import.meta.url)("../http/a.js");', "../http/a.js"],
  ["src/feed/a.ts", 'new URL("../http/a.js", import.meta.url);', "../http/a.js"],
  ["src/platform/a.ts", 'new URL("messages/a.js", import.meta.url);', "./messages/a.js"],
  ["src/feed/a.ts", `void import(\`../http/\${name}.js\`);`, "../http/", "computed import"],
  ["src/feed/a.ts", "loadPackage(name);", "computed import"],
  [
    "src/store/a.ts",
    'import type { A } from "../events/a.js"; export type { B } from "../events/a.js"; type C = import("../events/a.js").C;',
  ],
  ["src/store/a.ts", 'import { a } from "../events/a.js";', "../events/a.js"],
  ["src/store/a.ts", 'import { type A } from "../events/a.js";', "../events/a.js"], // the module is loaded all the same
  ["src/feed/a.ts", 'import { a } from "dylive";', "dylive"],
  ["src/feed/a.ts", 'import { a } from "../../bench/a.js";', "../../bench/a.js"],
  ["simulator/a.ts", 'import { a } from "../src/platform/a.js";', "../src/platform/a.js"],
  ["web/src/a.vue", '<script setup lang="ts">import type { A } from "../../src/events/a.js";</script>'],
  ["web/src/a.vue", '<script setup lang="ts">import { a } from "../../src/events/a.js";</script>', "../../src/events/a.js"],
  ["web/src/a.ts", 'import { a } from "../../src/events/a.js";', "../../src/events/a.js"],
  ["web/src/a.ts", 'import { WorkReader } from "../../src/works/reader.js";', "../../src/works/reader.js"],
  ["bench/store/a.ts", 'new URL("../../test/a.js", import.meta.url);', "../../test/a.js"],
  ["examples/a.mjs", 'import { a } from "dylive"; process.env.A;'],
  ["src/events/a.ts", 'import { createHash } from "node:crypto"; Date.UTC(2016, 0); new Date(time); a.fetch(); const b = { process: 1 };'],
  ...["node:worker_threads", "dns", "os", "undici", "better-sqlite3", "node:fs/promises"].map(
    (name) => ["src/events/a.ts", `import a from "${name}";`, name] as const,
  ),
  ...["fetch", "setTimeout", "setInterval", "setImmediate", "performance", "console", "crypto", "globalThis"].map(
    (name) => ["src/platform/wire/a.ts", `const a = ${name};`, name] as const,
  ),
  ["src/works/model/a.ts", "Date.now();", "Date"],
  ["src/works/model/a.ts", "Math.random();", "Math.random"],
  ["src/feed/a.ts", "process.pid; process.on(a); a.process(b); Date.now();"],
  ["src/feed/a.ts", "process.env.A;", "environment"],
  ["src/feed/a.ts", "globalThis.process.env;", "environment"],
  ["src/feed/a.ts", 'import { env } from "node:process";', "node:process"],
  ...["live.douyin.com", "https://p3.douyinpic.com/a", "/webcast/im/fetch/?", "WebcastChatMessage", "ttwid"].map(
    (name) => ["src/feed/a.ts", `const a = "${name}";`, name] as const,
  ),
  ["src/feed/a.ts", `const a = \`https://\${host}.douyin.com/\${path}\`, b = /^Webcast/;`, "https://….douyin.com/…", "/^Webcast/"],
  ["src/feed/a.ts", `told\`Open https://live.douyin.com/\${a} first\`; const b = "/douyin/"; // "live.douyin.com"`],
  ...["src/platform/links/a.ts", "src/compat/a.ts", "simulator/a.ts"].map((file) => [file, 'const a = "live.douyin.com";'] as const),
  ["src/store/sql/a.ts", 'import a from "pg";', "pg"],
  ["src/store/postgres/a.ts", 'import { a } from "../sqlite/a.js";', "../sqlite/a.js"],
  ["src/platform/links/a.ts", 'import { a } from "../browser/a.js";', "../browser/a.js"],
  ["src/platform/pages/a.ts", 'loadPackage("playwright-core/index.js");', "playwright-core/index.js"],
];

describe("names", () => {
  /** Names of types that are declared in several files, but for those that are generated: they are the platform's. */
  function ambiguous(sources: ReadonlyMap<string, { readonly types: readonly string[] }>): string[] {
    const homes = new Map<string, string[]>();
    for (const [file, { types }] of sources)
      if (!file.includes("/gen/")) for (const name of types) homes.set(name, [...(homes.get(name) ?? []), file]);
    return [...homes].filter(([, at]) => at.length > 1).map(([name, at]) => `${name}: ${at.join(", ")}`);
  }

  it("mean one class, interface or exported type each", () => {
    expect(ambiguous(new Map([...all].filter(([file]) => house.includes(file))))).toEqual([]);
  });
});

describe("the rules", () => {
  it.each(SNIPPETS)("%s: %s", (file, text, ...faults) => {
    expect(faultsOf(file, readSource(file, text))).toEqual(faults);
  });

  it("see a circle through a type", () => {
    const texts = {
      "src/feed/a.ts": 'type B = import("./b.mjs").B;',
      "src/feed/b.mts": 'import type { A } from "./a.js";',
      "src/feed/c.ts": 'import "./a.js";',
    };
    expect(circles(new Map(Object.entries(texts).map(([file, text]) => [file, readSource(file, text)])))).toEqual([
      "src/feed/a.ts ↔ src/feed/b.mts",
    ]);
  });
});

it("every test file says first which promise it guards", () => {
  const files = readdirSync(join(ROOT, "test"), { recursive: true, encoding: "utf8" }).filter((name) => name.endsWith(".test.ts"));
  expect(files.filter((name) => !/^\/\/ Guards: \S.*\.\n/.test(readFileSync(join(ROOT, "test", name), "utf8")))).toEqual([]);
});
