// Guards: A file's lock is held by one owner and ends with its process, even if that is killed.
import { chmodSync, existsSync, mkdirSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, describe, expect, it, vi } from "vitest";
import { FileLock } from "../../src/runtime/file-lock.js";
import { startChild } from "../store/child/spawn.js";
import { useDirectory } from "../store/directory.js";

const path = useDirectory();
afterEach(() => vi.unstubAllEnvs());

describe("the lock of a file", () => {
  it("is one's alone, in this process too, until it is released; its file is for its owner", () => {
    const file = path("own");
    const lock = FileLock.take(file);
    expect([lock?.isHeld, statSync(file).mode & 0o777, FileLock.take(file)]).toEqual([true, 0o600, null]);
    lock?.release();
    lock?.release();
    expect(lock?.isHeld).toBe(false);
    const next = FileLock.take(file);
    lock?.remove(); // no longer its own
    expect([existsSync(file), FileLock.take(file)]).toEqual([true, null]);
    next?.remove();
    expect([existsSync(file), next?.isHeld]).toEqual([false, false]);
  });

  it("ends with its process, killed as it may be, though a program that it started goes on", async () => {
    const file = path("killed");
    const owner = await startChild("file-locker.ts", file);
    const [first] = await linesOf(owner, 1);
    expect([first, FileLock.take(file)]).toEqual([expect.stringMatching(/^locked \d+$/), null]);
    const heir = Number(first?.split(" ")[1]);
    owner.process.kill("SIGKILL");
    await owner.exited;
    const lock = FileLock.take(file);
    expect(() => process.kill(heir, 0)).not.toThrow();
    process.kill(heir, "SIGKILL");
    expect(lock?.isHeld).toBe(true);
    lock?.release();
  });

  // Only Linux has a program for it.
  it.runIf(process.platform === "linux")(
    "says what is in the way where the system locks nothing, which is not as if another had it",
    () => {
      const programs = path("programs");
      mkdirSync(programs);
      vi.stubEnv("PATH", programs);
      expect(() => FileLock.take(path("x"))).toThrow(/x cannot be locked: the program flock is missing \(it is in util-linux\)/);
      const flock = join(programs, "flock");
      writeFileSync(flock, "#!/bin/sh\necho flock: 3: No locks available >&2\nexit 1\n");
      chmodSync(flock, 0o755);
      expect(() => FileLock.take(path("y"))).toThrow(/y cannot be locked: flock: 3: No locks available/);
      expect(() => FileLock.take(join(path("no-folder"), "z"))).toThrow(expect.objectContaining({ code: "ENOENT" }));
    },
  );
});

async function linesOf({ lines }: { readonly lines: AsyncIterable<string> }, count: number): Promise<readonly string[]> {
  const got: string[] = [];
  for await (const line of lines) if (got.push(line) === count) break;
  return got;
}
