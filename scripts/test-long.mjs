// `npm run test:long`: the tests of test/long in full size. Their figures go into the table of that name in docs/measured.md.
import { existsSync, readFileSync, rmSync } from "node:fs";
import { whenAndWhere, writeTable } from "./measured.mjs";
import { BUILT, build, install, ROOT, run } from "./prepare.mjs";

const figures = `${ROOT}.tmp/measured.jsonl`;

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
writeTable(
  "test:long",
  ["test", "figures", "when and where"],
  rows.map(({ what, figures: text }) => ({ first: what, others: () => [text, whenAndWhere()] })),
);
console.log(`${rows.length} figures are in docs/measured.md`);
