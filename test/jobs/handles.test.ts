import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { expect, it } from "vitest";

const child = (name: string) => fileURLToPath(new URL(`../store/child/${name}`, import.meta.url));

it("what could not be loaded for want of file handles is loaded when there are some again", async () => {
  const command = `ulimit -n 400 && exec "$0" --import "$1" "$2"`;
  const { stdout } = await promisify(execFile)("sh", ["-c", command, process.execPath, child("register.mjs"), child("handles.ts")]);
  expect(stdout).toBe("words: failed, then done\nbrowser: failed, then done\n");
});
