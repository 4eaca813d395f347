// Writes the selective decoders in src/platform/wire/gen/ from proto/*.proto.
//
//   node scripts/gen.mjs           write
//   node scripts/gen.mjs --check   exit 1 and name the files that differ from what would be written
//
// A field's comment may start with annotations:
//   [number]      a 64-bit integer as a JS number (counts and millisecond times: exact to 2^53); without it, decimal text
//   [first:name]  of a repeated string only the first that is not empty, under this name
//   [name]        a string of few distinct values (methods, clubs, gifts): the last ones are remembered, so most make no new string
//   [if:x=a|b]    a string that matters only while field x, a text or an id, has one of these values; else it is not read
//   [lazy]        a submessage as the place where it lies, or null; decoded when somebody wants it
//   [needed]      a submessage that makes the event what it is: where it does not decode, neither does its message; any other is left out
//   [skip]        for encoders only (the simulator), never read
// `reserved` numbers are known to the platform's schema and not read: skipped without counting drift.
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { emitDecoders, emitFile, emitIndex } from "./gen/emit.mjs";
import { loadModel } from "./gen/model.mjs";

const root = fileURLToPath(new URL("..", import.meta.url));
const target = `${root}src/platform/wire/gen/`;

const files = loadModel(`${root}proto/`);
const wanted = new Map(files.map((file) => [`${file.name}.ts`, emitFile(file)]));
wanted.set("index.ts", emitIndex(files));
wanted.set("decoders.ts", emitDecoders(files));

const present = existsSync(target) ? readdirSync(target) : [];
const stale = present.filter((name) => !wanted.has(name));
const differing = [...wanted]
  .filter(([name, text]) => !present.includes(name) || readFileSync(target + name, "utf8") !== text)
  .map(([name]) => name);

if (process.argv.includes("--check")) {
  for (const name of [...differing, ...stale]) console.error(`src/platform/wire/gen/${name} is not what proto/ gives: run \`npm run gen\``);
  process.exitCode = differing.length + stale.length > 0 ? 1 : 0;
} else {
  mkdirSync(target, { recursive: true });
  for (const name of differing) writeFileSync(target + name, wanted.get(name));
  for (const name of stale) rmSync(target + name);
  console.log(`${wanted.size} files, ${differing.length} written, ${stale.length} removed`);
}
