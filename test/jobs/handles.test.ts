// Guards: What could not be loaded for want of file handles is loaded once there are some again.
import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { expect, it } from "vitest";
import { programOf } from "../store/child/spawn.js";

it("what could not be loaded for want of file handles is loaded when there are some again", { tags: ["full"] }, async () => {
  const program = await programOf(fileURLToPath(new URL("../store/child/handles.ts", import.meta.url)));
  const { stdout } = await promisify(execFile)("sh", ["-c", 'ulimit -n 400 && exec "$0" "$1"', process.execPath, program]);
  expect(stdout).toBe("words: failed, then done\nbrowser: failed, then done\n");
});
