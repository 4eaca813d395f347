// Guards: The command in a clone says what to do before the build, and runs what was built.
import { execFile } from "node:child_process";
import { copyFileSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { describe, expect, it } from "vitest";
import { useFolders } from "../store/directory.js";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));
const clone = useFolders()();

describe("the command in a clone", () => {
  it("is there before the build and says what to do, and runs what was built", async () => {
    const { bin } = JSON.parse(readFileSync(`${ROOT}package.json`, "utf8")) as { bin: { dylive: string } };
    const file = join(clone, bin.dylive);
    mkdirSync(join(clone, "bin"));
    copyFileSync(join(ROOT, bin.dylive), file);
    const run = () => promisify(execFile)(process.execPath, [file, "a", "b"]);
    await expect(run()).rejects.toMatchObject({ code: 1, stdout: "", stderr: expect.stringMatching(/not built yet: run npm start/) });
    mkdirSync(join(clone, "dist/bin"), { recursive: true });
    writeFileSync(join(clone, "package.json"), '{"type":"module"}');
    writeFileSync(join(clone, "dist/bin/dylive.js"), "console.log(process.argv.slice(2).join());");
    // A build was stopped halfway: what it writes last is not there.
    await expect(run()).rejects.toMatchObject({ code: 1, stderr: expect.stringMatching(/not built yet: run npm start/) });
    writeFileSync(join(clone, "dist/sbom.json"), "{}");
    expect((await run()).stdout).toBe("a,b\n");
  });
});
