// `npm run test:long`: the tests of test/long in full size. Their figures replace the section of that name in docs/measured.md.
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { cpus } from "node:os";
import { BUILT, build, install, ROOT, run } from "./prepare.mjs";

const figures = `${ROOT}.tmp/measured.jsonl`;
const document = `${ROOT}docs/measured.md`;

install();
build();
rmSync(figures, { force: true });
const status = run(process.execPath, ["node_modules/vitest/vitest.mjs", "run", "--project", "long", ...process.argv.slice(2)], {
  mayFail: true,
  env: BUILT,
});
if (status !== 0 || !existsSync(figures)) process.exit(status || 1);

const rows = readFileSync(figures, "utf8")
  .trim()
  .split("\n")
  .map((line) => JSON.parse(line));
const machine = `${cpus().length} × ${cpus()[0]?.model.trim()}, Node ${process.versions.node}`;
const known = existsSync(document) ? readFileSync(document, "utf8") : "# Measured\n";
const [begin, end] = ["<!-- test:long -->", "<!-- /test:long -->"];
const kept = known.includes(begin) ? (/<!-- test:long -->\n([\s\S]*?)<!-- \/test:long -->/.exec(known)?.[1] ?? "") : "";
const before = new Map(
  kept
    .split("\n")
    .filter((line) => line.startsWith("| ") && !line.startsWith("| test") && !line.startsWith("|---"))
    .map((line) => [line.split(" | ")[0].slice(2), line]),
);
for (const { what, figures: text } of rows)
  before.set(what, `| ${what} | ${text} | ${new Date().toISOString().slice(0, 10)}, ${machine} |`);
const section = `${begin}\n## \`npm run test:long\`\n\n| test | figures | when and where |\n|---|---|---|\n${[...before.values()].join("\n")}\n${end}`;
const next = known.includes(begin)
  ? known.replace(/<!-- test:long -->[\s\S]*<!-- \/test:long -->/, () => section)
  : `${known.trimEnd()}\n\n${section}\n`;
mkdirSync(`${ROOT}docs`, { recursive: true });
writeFileSync(document, next);
console.log(`${rows.length} figures are in docs/measured.md`);
