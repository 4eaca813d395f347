// `npm run bench -- <name> [--quick]`: compiles the bench and what it uses of src/, generates the code of the libraries that dylive is
// measured against, and runs the bench. `decode --check` looks only whether all sides give the same, as .ci/run does. What a run
// without --quick claims goes into the table of docs/measured.md. All else is put into .tmp/bench/. Without a name: lists the benches.
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { whenAndWhere, writeTable } from "./measured.mjs";
import { build, install, ROOT, run, TSC } from "./prepare.mjs";

const BENCHES = {
  decode: "inflated frames to events, messages per CPU second, against protobufjs, ts-proto and protobuf-es",
  fanout: "the log to 1,000 readers, deliveries per CPU second, against ws.send(string) at the same batching",
  store:
    "what an event costs in few and in many rooms; ten million messages: append of whole pipelines, size, search, statistics, export, check, against protobufjs + a plain table of JSON texts",
  postgres: "appends to PostgreSQL per second against plain inserts, how soon others read them, and what more rooms cost",
  works: "a work's detail reply and page state to a Work, per CPU second, against JSON.parse of the same texts",
  worst: "how long the worst that the platform or a client can send keeps everything else waiting, in CPU time, against inflating 4 MiB",
  scale: "100,000 rooms in a cluster, simulated from what a frame and a room were measured to cost: collectors, a death, an outage",
  wide: "one process with 10,000 rooms on real sockets, and 2,000 rooms in which people talk: memory, CPU, answers, restart (Linux)",
  pipeline: "socket to rows in SQLite on one core, messages per CPU second, against ws + gunzip + protobufjs + a transaction per frame",
};
/** Benches that measure libraries of protobuf, whose code is generated. */
const USES_LIBRARIES = new Set(["decode", "pipeline", "store"]);
const TMP = ".tmp/bench";
const [name, ...options] = process.argv.slice(2);

if (name === undefined || !Object.hasOwn(BENCHES, name)) {
  console.log("npm run bench -- <name> [--quick]\n");
  for (const [bench, what] of Object.entries(BENCHES)) console.log(`  ${bench.padEnd(10)}${what}`);
  process.exit(name === undefined ? 0 : 1);
}

install();
mkdirSync(`${ROOT}${TMP}`, { recursive: true });
if (name === "wide" && !existsSync(`${ROOT}dist/web`)) build(); // its server gives out the dashboard
if (USES_LIBRARIES.has(name) && (isOlder(`${TMP}/gen/done`, "proto") || isOlder(`${TMP}/gen/done`, "package-lock.json"))) generate();
compile();
const claims = `${TMP}/claims.jsonl`;
rmSync(`${ROOT}${claims}`, { force: true });
// A bench that misses what it must keep fails, and that is a figure, too.
const status = run(process.execPath, [`${TMP}/build/bench/${name}/main.js`, `--claims=${claims}`, ...options], { mayFail: true });
// What was measured in a hurry, or with a profiler at it, is for whoever asked, not for the table.
const isForTable = !options.some((option) => option === "--quick" || option.startsWith("--profiles="));
if (isForTable && existsSync(`${ROOT}${claims}`)) keepClaims();
process.exit(status);

/** Puts what the run claims into the table of docs/measured.md, beside the figure that stood there before. */
function keepClaims() {
  const made = readFileSync(`${ROOT}${claims}`, "utf8").trim().split("\n");
  writeTable(
    "claims",
    ["claim", "figure", "run before", "asked", "against", "command", "when and where"],
    made.map((line) => {
      const { what, figure, rival, asked } = JSON.parse(line);
      const judged = asked === null ? "" : `${asked.text}: ${asked.met ? "met" : "**missed**"}`;
      const command = `\`npm run bench -- ${[name, ...options].join(" ")}\``;
      return { first: what, others: (before) => [figure, before?.[1] ?? "", judged, rival ?? "", command, whenAndWhere()] };
    }),
  );
  console.log(`${made.length} claims are in docs/measured.md`);
}

/** protobufjs by pbjs; ts-proto and protobuf-es as plugins of buf, which needs no protoc and no network. */
function generate() {
  const out = `${TMP}/gen`;
  rmSync(`${ROOT}${out}`, { recursive: true, force: true });
  mkdirSync(`${ROOT}${out}`, { recursive: true });
  const protos = readdirSync(`${ROOT}proto`).map((file) => `proto/${file}`);
  const only = ["--no-create", "--no-verify", "--no-convert", "--no-delimited", "--no-comments"];
  const pbjs = ["node_modules/protobufjs-cli/bin/pbjs", "-t", "static-module", "-w", "esm", "--force-long", ...only];
  run(process.execPath, [...pbjs, "-o", `${out}/protobufjs.js`, ...protos]);
  const tsProto = ["importSuffix=.js", "outputJsonMethods=false", "outputPartialMethods=false", "outputEncodeMethods=decode-only"];
  const plugin = (bin, folder, opt) => ({ local: `node_modules/.bin/${bin}`, out: `${out}/${folder}`, opt });
  const plugins = [
    plugin("protoc-gen-ts_proto", "ts-proto-string", ["forceLong=string", ...tsProto]),
    plugin("protoc-gen-ts_proto", "ts-proto-bigint", ["forceLong=bigint", ...tsProto]),
    plugin("protoc-gen-es", "protobuf-es", ["target=js", "import_extension=js"]),
  ];
  run(process.execPath, [
    "node_modules/@bufbuild/buf/bin/buf",
    "generate",
    "proto",
    "--template",
    JSON.stringify({ version: "v2", plugins }),
  ]);
  // ts-proto writes TypeScript only; its code is compiled as its users compile it.
  const options = { target: "ES2023", module: "NodeNext", moduleResolution: "NodeNext", types: ["node"], skipLibCheck: true };
  writeFileSync(
    `${ROOT}${out}/tsconfig.json`,
    JSON.stringify({ compilerOptions: options, include: ["ts-proto-string", "ts-proto-bigint"] }),
  );
  tsc(`${out}/tsconfig.json`);
  writeFileSync(`${ROOT}${out}/done`, "");
}

function compile() {
  const options = { noEmit: false, rootDir: ROOT, outDir: "build", incremental: true, tsBuildInfoFile: "build/info" };
  const config = { extends: "../../tsconfig.json", compilerOptions: options, include: [`../../bench/${name}`, "../../src/jobs/thread.ts"] }; // the thread is started by its address
  writeFileSync(`${ROOT}${TMP}/tsconfig.json`, JSON.stringify(config));
  tsc(`${TMP}/tsconfig.json`);
}

function tsc(project) {
  run(process.execPath, [TSC, "-p", project]);
}

/** Whether a file is missing or older than a file, or than the files of a folder. */
function isOlder(path, source) {
  if (!existsSync(`${ROOT}${path}`)) return true;
  const made = statSync(`${ROOT}${path}`).mtimeMs;
  const files = statSync(`${ROOT}${source}`).isDirectory() ? readdirSync(`${ROOT}${source}`).map((file) => `${source}/${file}`) : [source];
  return files.some((file) => statSync(`${ROOT}${file}`).mtimeMs > made);
}
