// Guards: a command ends with 0 when it did what it was asked, 2 when the input is wrong and 1 when it failed, and says why in one sentence.
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { corpus } from "../../simulator/index.js";
import { encodeHeader, encodeRecord } from "../../src/platform/wire/recording.js";
import { dylive, type Run, ran, scratch } from "./command.js";

const dir = scratch();
afterAll(() => dir.remove());
const nowhere = ["--upstream", "http://127.0.0.1:1"];

describe("a command that is refused or fails", () => {
  mkdirSync(join(dir.path, "folder"));
  /** One for each place that the words come from. */
  it.each<[args: readonly string[], code: number, says: RegExp, env?: Readonly<Record<string, string>>]>([
    [["nonsense"], 2, /unknown command/],
    [["room", "ad"], 2, /\(see dylive room --help\)/],
    [["serve"], 2, /DYLIVE_PORT.*65,535/, { DYLIVE_PORT: "99999" }],
    [["room", "list"], 2, /no setting DYLIVE_PROT.*DYLIVE_PORT/, { DYLIVE_PROT: "1" }],
    [["room", "list"], 2, /DATABASE_URL does not take the value that it has\. It takes an address/, { DATABASE_URL: "my:pw@h" }],
    [["search", "x"], 2, /there is no store in \S+; `dylive serve` makes one, --data or DYLIVE_DATA names/],
    [["login", "--cookies", join(dir.path, "folder")], 2, /folder cannot be read: it is a folder\. Check its path/],
    [["watch", "https://evil.com/1"], 2, /evil\.com/],
    [["watch", "100000001", ...nowhere], 1, /The platform cannot be reached: .*ECONNREFUSED\. Check the network, the proxy/],
  ])("%j ends with %i and words, not with a stack trace", async (args, code, says, env) => {
    const { stderr, ...ended } = await ran(args, { DYLIVE_DATA: join(dir.path, "none"), ...env });
    expect(ended).toEqual({ code, stdout: "" });
    expect(stderr).toMatch(says);
    expect(stderr).not.toMatch(/\n\s+at |Node\.js v/);
  });
});

describe("a command that is stopped", () => {
  async function stopped(run: Run, when: RegExp, signal: NodeJS.Signals): Promise<number | string> {
    await run.printed(when);
    run.process.kill(signal);
    return run.ended;
  }

  it("ends with 0 where it runs until then, and where nobody reads it any longer", async () => {
    const simulator = dylive(["simulate", "--rate", "3"]);
    const [upstream] = await simulator.printed(/http:\S+/);
    const watch = dylive(["watch", "100000002", "--upstream", upstream]);
    await watch.printed(/\n/);
    watch.process.stdout?.destroy();
    expect([await watch.ended, watch.stderr()]).toEqual([0, expect.not.stringMatching(/\n\s+at /)]);
    expect(await stopped(simulator, /http/, "SIGTERM")).toBe(0);
  });

  it("ends with 130 or 143 where it had more to do, and says nothing of it", async () => {
    const file = join(dir.path, "hour.dyrec");
    writeFileSync(file, hourOfFrames());
    for (const [signal, code] of [["SIGINT", 130] as const, ["SIGTERM", 143] as const]) {
      const run = dylive(["replay", file, "--json"]);
      expect(await stopped(run, /\n/, signal)).toBe(code);
      expect(run.stderr()).not.toMatch(/\n\s+at /);
    }
  });
});

/** A recording that takes an hour to be shown: a frame, and others an hour later. */
function hourOfFrames(): Uint8Array {
  const { frames, roomId } = corpus({ frames: 3 });
  const header = encodeHeader({ webRid: "1", roomId, title: "", startedAt: 1, source: "websocket" });
  const records = frames.map((bytes, index) => encodeRecord({ kind: "frame", receivedAt: index === 0 ? 1 : 3_600_000, bytes }));
  return Buffer.concat([header, ...records]);
}
