// Guards: README.md does what it says on a machine that has Node, npm, git and curl alone.
import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { expect, it } from "vitest";
import { measured } from "./measured.js";

const SCRIPT = fileURLToPath(new URL("../../scripts/front-door.mjs", import.meta.url));

it("README.md does what it says, in an empty folder with an empty HOME: npm test included", async () => {
  const began = Date.now();
  const { stdout } = await promisify(execFile)(process.execPath, [SCRIPT], { maxBuffer: 1 << 26 }).catch(
    (error: { stdout: string }) => error,
  );
  const lines = stdout.trim().split("\n");
  expect(lines.at(-1), stdout).toBe("README.md does what it says");
  const done = lines.filter((line) => line.startsWith("ok "));
  expect(done.join("\n")).toMatch(/npm start.*\n[\s\S]*npm test/);
  measured(
    "the front door: README.md line by line from an empty HOME",
    `${done.length} lines in ${((Date.now() - began) / 60_000).toFixed(1)} min`,
  );
});
