import { checkStore } from "../../src/store/check.js";
import type { Store } from "../../src/store/store.js";
import { cpuSeconds, peakMegabytes } from "../child.js";
import type { Msg } from "./after.js";

/** What `dylive check` does: seqs, combos, search index, and the statistics as far as they were counted. @throws when it finds anything */
export async function checked(store: Store): Promise<Msg> {
  const cpu = cpuSeconds();
  const began = performance.now();
  const findings = await checkStore(store);
  if (findings.length > 0) throw new Error(`the check found ${JSON.stringify(findings.slice(0, 3))}`);
  return {
    lines: [
      `check: nothing found in ${(cpuSeconds() - cpu).toFixed(0)} CPU seconds ` +
        `(${((performance.now() - began) / 1000).toFixed(0)} s by the wall clock), peak memory ${peakMegabytes()} MB`,
    ],
  };
}
