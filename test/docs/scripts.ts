import { execFile } from "node:child_process";
import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { pathToFileURL } from "node:url";
import { promisify } from "node:util";
import { type Block, ROOT } from "./markdown.js";

/** The `ts` and `js` blocks of all pages as files: checked for their types, and ready to be run. */
export interface Scripts {
  /** The JavaScript of a block. */
  file(block: Block): string;
  /** Module that is imported first; see {@link PREAMBLE}. */
  readonly preamble: string;
}

/** The package, whose `connect` asks the simulator where the document asks the platform. */
const PACKAGE = `
import { connect as real } from ${JSON.stringify(`${ROOT}dist/src/index.js`)};
export * from ${JSON.stringify(`${ROOT}dist/src/index.js`)};
export const connect = (link, options = {}) => real(link, { upstream: process.env.DYLIVE_UPSTREAM, ...options });
`;
/** The same of a connection in the style of TikTok-Live-Connector. */
const TIKTOK = `
import { WebcastPushConnection as Real } from ${JSON.stringify(`${ROOT}dist/src/app/tiktok.js`)};
export class WebcastPushConnection extends Real {
  constructor(room, options = {}) {
    super(room, { upstream: process.env.DYLIVE_UPSTREAM, ...options });
  }
}
`;
/** Browsers have EventSource, and Node 20 has not; pages of the server's own address leave it out. */
const PREAMBLE = `
import { EventSource } from ${JSON.stringify(pathToFileURL(`${ROOT}node_modules/undici/index.js`).href)};
globalThis.EventSource = class extends EventSource {
  constructor(address) {
    super(new URL(address, process.env.DYLIVE_BASE));
  }
};
`;

/** Writes the blocks, and checks their types with the compiler's strictest settings. @param mine see Reader */
export async function prepare(blocks: readonly Block[], folder: string, mine: (text: string) => string): Promise<Scripts> {
  const at = join(folder, "scripts");
  const modules = join(at, "node_modules");
  mkdirSync(join(modules, "dylive"), { recursive: true });
  writeFileSync(join(modules, "dylive/index.js"), PACKAGE);
  writeFileSync(join(modules, "dylive/index.d.ts"), `export * from ${JSON.stringify(`${ROOT}dist/src/index.js`)};\n`);
  const { exports } = JSON.parse(readFileSync(`${ROOT}package.json`, "utf8")) as { exports: Readonly<Record<string, { default: string }>> };
  for (const [entry, { default: file }] of Object.entries(exports).filter(([name]) => /^\.\/[\w/]+$/.test(name)))
    for (const ending of ["js", "d.ts"]) {
      mkdirSync(dirname(join(modules, "dylive", entry)), { recursive: true });
      writeFileSync(join(modules, "dylive", `${entry}.${ending}`), `export * from ${JSON.stringify(join(ROOT, file))};\n`);
    }
  writeFileSync(join(modules, "dylive/compat/tiktok.js"), TIKTOK);
  const entries = Object.keys(exports).map((entry) => {
    const file = entry === "." ? "./index" : entry;
    return [entry, { types: `${file}.d.ts`, default: `${file}.js` }];
  });
  writeFileSync(
    join(modules, "dylive/package.json"),
    JSON.stringify({ name: "dylive", type: "module", exports: Object.fromEntries(entries) }),
  );
  for (const name of ["standardwebhooks", "@types", "typebox", "undici"]) symlinkSync(`${ROOT}node_modules/${name}`, join(modules, name));
  writeFileSync(join(at, "package.json"), '{"type":"module"}');
  const preamble = join(at, "preamble.js");
  writeFileSync(preamble, PREAMBLE);
  const names = new Map(blocks.map((block, index) => [block.at, `block-${index}.${block.language}`]));
  for (const block of blocks) writeFileSync(join(at, names.get(block.at) ?? ""), `${mine(block.text)}\nexport {};\n`);
  const strict = { strict: true, noUncheckedIndexedAccess: true, exactOptionalPropertyTypes: true, skipLibCheck: true };
  const target = { module: "NodeNext", target: "ES2022", lib: ["ES2023", "DOM", "DOM.Iterable"], types: ["node"] };
  const compilerOptions = { ...strict, ...target, allowJs: true, checkJs: true, noImplicitAny: false, outDir: "out", rootDir: "." };
  writeFileSync(join(at, "tsconfig.json"), JSON.stringify({ compilerOptions, files: [...names.values()] }));
  const tsc = `${ROOT}node_modules/typescript7/bin/tsc`;
  await promisify(execFile)(process.execPath, [tsc, "-p", at]).catch((error: { stdout: string }) => {
    const told = [...names].reduce((text, [place, name]) => text.replaceAll(name, `${name} (${place})`), error.stdout);
    throw new Error(`the types of a document's program are wrong:\n${told}`);
  });
  return { preamble, file: ({ at: place }) => join(at, "out", (names.get(place) ?? "").replace(/\.ts$/, ".js")) };
}
