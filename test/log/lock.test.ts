import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { isDataDirLocked, lockDataDir } from "../../src/log/lock.js";
import { type Child, startChild } from "./child/spawn.js";
import { useDirectory } from "./directory.js";

const path = useDirectory();

async function firstLine({ lines }: Child): Promise<string | undefined> {
  for await (const line of lines) return line;
  return undefined;
}

describe("the lock of a data directory", () => {
  it("makes the directory, names the owner, and is given free", () => {
    const dir = path("data/nested");
    const lock = lockDataDir(dir);
    expect(JSON.parse(readFileSync(join(dir, "server.pid"), "utf8"))).toMatchObject({ pid: process.pid });
    expect([isDataDirLocked(dir), isDataDirLocked(path("other"))]).toEqual([true, false]);
    expect(() => lockDataDir(dir)).toThrow(`the server with pid ${process.pid} has the data directory ${dir}`);
    lock.release();
    lock.release();
    expect(existsSync(join(dir, "server.pid"))).toBe(false);
    expect(isDataDirLocked(dir)).toBe(false);
    lockDataDir(dir).release();
  });

  it("is refused to another process while the owner lives, and taken over when it was killed", async () => {
    const dir = path("data");
    const owner = startChild("locker.ts", dir);
    expect(await firstLine(owner)).toBe("locked");
    const pid = owner.process.pid;
    expect(() => lockDataDir(dir)).toThrow(expect.objectContaining({ code: "in_use", detail: expect.stringContaining(`pid ${pid} `) }));
    const second = startChild("locker.ts", dir);
    expect(await firstLine(second)).toMatch(new RegExp(`^in_use .*pid ${pid} `));
    await second.exited;
    owner.process.kill("SIGKILL");
    await owner.exited;
    const lock = lockDataDir(dir);
    expect(JSON.parse(readFileSync(join(dir, "server.pid"), "utf8"))).toMatchObject({ pid: process.pid });
    lock.release();
  });

  it("goes to one of several that start at once", async () => {
    const dir = path("race");
    const children = Array.from({ length: 4 }, () => startChild("locker.ts", dir));
    const lines = await Promise.all(children.map(firstLine));
    expect(lines.filter((line) => line === "locked")).toHaveLength(1);
    expect(lines.filter((line) => line?.startsWith("in_use"))).toHaveLength(3);
    for (const child of children) child.process.kill("SIGKILL");
    await Promise.all(children.map(({ exited }) => exited));
  });

  it("does not care what an earlier owner left, nor whether its pid lives again", () => {
    const dir = path("stale");
    lockDataDir(dir).release();
    for (const left of [JSON.stringify({ pid: process.ppid }), "{", "", "null"]) {
      writeFileSync(join(dir, "server.pid"), left);
      lockDataDir(dir).release();
    }
  });

  it("says another process while the owner has not written its name", () => {
    const dir = path("nameless");
    const lock = lockDataDir(dir);
    for (const name of ["", "null", '{"pid":"x"}']) {
      writeFileSync(join(dir, "server.pid"), name);
      expect(() => lockDataDir(dir)).toThrow("another process has the data directory");
    }
    lock.release();
  });

  it("says so when the directory cannot be used", () => {
    const file = path("file");
    writeFileSync(file, "");
    expect(() => lockDataDir(file)).toThrow(expect.objectContaining({ code: "bad_config" }));
  });
});
