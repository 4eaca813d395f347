import { describe, expect, it } from "vitest";
import { HARMLESS, HOSTILE, KINDS, served } from "./clients.js";
import { example, ROOM, type Stage } from "./stage.js";

/** The client in Python. @param stage where it is tried; python3 must be in PATH */
export function pythonTests(stage: () => Stage): void {
  describe("the literal client in Python", () => {
    it("prints what comes, and says what is wrong, with the standard library alone", async () => {
      const python = (token: string) => stage().program("python3", [example("literal-client.py"), stage().base, token, ROOM]);
      const run = python(stage().token);
      for (const kind of KINDS) await run.printed(kind);
      const wrong = python("wrong");
      expect(await wrong.ended).toBe(1);
      expect(wrong.stderr()).toMatch(/^401 The token is not valid/);
    });

    it("keeps what strangers wrote from steering the terminal", async ({ onTestFinished }) => {
      const run = stage().program("python3", [example("literal-client.py"), await served(HOSTILE, onTestFinished), "t", ROOM]);
      await run.printed(/d$/m);
      expect(run.stdout().split("\n")[0]).toBe(HARMLESS);
    });
  });
}
