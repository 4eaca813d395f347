// Makes garbage that lives for a while, as a busy server does, and tells how much memory the heap took at most, in MB.
import { boundGarbage } from "../../src/cli/commands/serve.js";

if (process.argv[2] === "bounded") boundGarbage();
const kept: unknown[] = [];
let most = 0;
for (let n = 0; n < 400_000; n++) {
  // Long enough to be taken for old.
  kept[n % 30_000] = { n, list: Array.from({ length: 60 }, (_, index) => n + index) };
  if (n % 10_000 === 0) most = Math.max(most, process.memoryUsage().heapUsed);
}
console.log(Math.round(most / 1_048_576));
