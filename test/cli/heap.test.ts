// Guards: Garbage does not pile up in a server's heap.
import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { expect, it } from "vitest";
import { programOf } from "../store/child/spawn.js";

/** MB that the heap of a process takes at most which makes garbage for a while. */
async function mostMb(how: "bounded" | "as it is"): Promise<number> {
  const program = await programOf(fileURLToPath(new URL("heap-child.ts", import.meta.url)));
  const args = ["--max-old-space-size=4096", program, how];
  return Number((await promisify(execFile)(process.execPath, args)).stdout);
}

it("garbage does not pile up in a server's heap", { tags: ["full"] }, async () => {
  const [bounded, usual] = await Promise.all([mostMb("bounded"), mostMb("as it is")]);
  expect(bounded).toBeLessThan(usual * 0.8);
});
