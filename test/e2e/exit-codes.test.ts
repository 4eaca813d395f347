import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { corpus } from "../../simulator/index.js";
import { encodeHeader, encodeRecord } from "../../src/platform/wire/recording.js";
import { dylive, type Run, ran, scratch } from "./command.js";

const dir = scratch();
afterAll(() => dir.remove());

async function stopped(run: Run, when: RegExp, signal: NodeJS.Signals): Promise<number | string> {
  await run.printed(when);
  run.process.kill(signal);
  return run.ended;
}

describe("exit codes", () => {
  it("0 for what was asked, 2 for what is wrong, 1 for what failed", async () => {
    const nobody = "http://127.0.0.1:1";
    const codes = await Promise.all([
      ran(["--help"]),
      ran(["room", "--help"]),
      ran([]),
      ran(["room", "ad"]),
      ran(["export", "1", "--format", "word"]),
      ran(["resolve", "100000002", "--upstream", nobody], { DYLIVE_DATA: dir.path }),
      ran(["doctor", "--json", "--upstream", nobody], { DYLIVE_DATA: dir.path }),
    ]);
    expect(codes.map(({ code }) => code)).toEqual([0, 0, 2, 2, 2, 1, 1]);
    expect(codes[3]?.stderr).toContain("(see dylive room --help)");
  });

  it("0 when a command that runs until it is stopped was stopped", async () => {
    expect(await stopped(dylive(["simulate"]), /http/, "SIGINT")).toBe(0);
    expect(await stopped(dylive(["simulate"]), /http/, "SIGTERM")).toBe(0);
  });

  it("130 and 143 when a command was stopped before its end, and says nothing of it", async () => {
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
  const meta = { webRid: "1", roomId, title: "", startedAt: 1, source: "websocket" } as const;
  const at = (index: number) => (index === 0 ? 1 : 3_600_000);
  return Buffer.concat([
    encodeHeader(meta),
    ...frames.map((bytes, index) => encodeRecord({ kind: "frame", receivedAt: at(index), bytes })),
  ]);
}
