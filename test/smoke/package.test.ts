// Guards: each entry of the package is imported by its name, and the library reads a room.
import { execFile } from "node:child_process";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { expect, it } from "vitest";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));

/** Runs a program in the checkout, where the package's own name leads to what is built. */
async function run(source: string): Promise<string> {
  const { stdout } = await promisify(execFile)(process.execPath, ["--input-type=module", "--eval", source], { cwd: ROOT });
  return stdout.trim();
}

it("imports every entry that package.json names", async () => {
  const { exports: entries } = JSON.parse(readFileSync(`${ROOT}package.json`, "utf8")) as { exports: Readonly<Record<string, unknown>> };
  const names = Object.keys(entries).flatMap((name) => (name.endsWith(".json") ? [] : [`dylive${name.slice(1)}`]));
  const source = `for (const name of ${JSON.stringify(names)}) if (Object.keys(await import(name)).length === 0) throw new Error(name);
    console.log("all");`;
  expect(await run(source)).toBe("all");
});

it("reads a simulated room in a loop", async () => {
  const source = `import { connect } from "dylive";
    import { startSimulator } from "dylive/simulator";
    const simulator = await startSimulator();
    for await (const { type } of connect("100000002", { upstream: simulator.url, types: ["chat"] })) { console.log(type); break; }
    await simulator.close();`;
  expect(await run(source)).toBe("chat");
});
