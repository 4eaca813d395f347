// Guards: A server's doctor runs in a process of its own, bounded, and says why it refuses.
import { writeFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { examineBeside } from "../../src/app/admin.js";
import { useDirectory } from "../store/directory.js";

const file = useDirectory();
const NEVER = new AbortController().signal;

/** A program that stands in for the command line. */
function program(code: string): string {
  const path = file("program.mjs");
  writeFileSync(path, code);
  return path;
}

describe("the doctor in a process of its own", () => {
  it("is told the room and the settings, and its findings come back, also when something is broken", async () => {
    const fake = program(`
      console.log(JSON.stringify({ ok: false, verdict: "", findings: [{ layer: process.argv.slice(2).join(" "), state: "fail", detail: process.env.DYLIVE_PORT, todo: null }] }));
      process.exitCode = 1;`);
    const env = { DYLIVE_PORT: "123" };
    expect(await examineBeside({ program: fake, env }, "-x; rm", NEVER)).toEqual([
      { layer: "doctor --json --room=-x; rm", state: "fail", detail: "123", todo: null },
    ]);
    expect((await examineBeside({ program: fake, env }, null, NEVER))[0]?.layer).toBe("doctor --json");
  });

  it("says why it refuses", async () => {
    const fake = program(`console.error("dylive: This is not a room: x\\nmore"); process.exitCode = 2;`);
    await expect(examineBeside({ program: fake, env: {} }, "x", NEVER)).rejects.toMatchObject({
      code: "bad_request",
      detail: "dylive: This is not a room: x",
    });
    await expect(examineBeside({ program: program(""), env: {} }, null, NEVER)).rejects.toMatchObject({
      detail: "the doctor said nothing",
    });
  });

  it("keeps no more of an endless report than it can hold, and ends with who asked", async () => {
    const flood = program(`process.stdout.write("x".repeat(5_000_000));`);
    await expect(examineBeside({ program: flood, env: {} }, null, NEVER)).rejects.toMatchObject({ code: "bad_request" });
    const stop = new AbortController();
    const endless = examineBeside({ program: program("setInterval(() => {}, 1000);"), env: {} }, null, stop.signal);
    stop.abort();
    await expect(endless).rejects.toMatchObject({ name: "AbortError" });
  });
});
