// Guards: one server at a time has a data directory, and a killed one leaves it free.
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { dataDirOwner, lockDataDir } from "../../src/store/lock.js";
import { type Child, startChild } from "./child/spawn.js";
import { useDirectory } from "./directory.js";

const path = useDirectory();

async function firstLine({ lines }: Child): Promise<string | undefined> {
  for await (const line of lines) return line;
  return undefined;
}

describe("the lock of a data directory", () => {
  it("makes the directory, names the owner, and is given free", async () => {
    const dir = path("data/nested");
    const lock = await lockDataDir(dir);
    expect([dataDirOwner(dir), dataDirOwner(path("other"))]).toEqual([{ pid: process.pid, health: null }, null]);
    expect(JSON.parse(readFileSync(join(dir, "server.pid"), "utf8"))).toMatchObject({ pid: process.pid });
    await expect(lockDataDir(dir)).rejects.toThrow(`the server with pid ${process.pid} has the data directory ${dir}`);
    lock.release();
    lock.release();
    expect(existsSync(join(dir, "server.pid"))).toBe(false);
    expect(dataDirOwner(dir)).toBeNull();
    (await lockDataDir(dir)).release();
  });

  it("is refused to another process while the owner lives, and taken over when it was killed", async () => {
    const dir = path("data");
    const owner = await startChild("locker.ts", dir);
    expect(await firstLine(owner)).toBe("locked");
    const pid = owner.process.pid;
    await expect(lockDataDir(dir)).rejects.toThrow(
      expect.objectContaining({ code: "in_use", detail: expect.stringContaining(`pid ${pid} `) }),
    );
    const second = await startChild("locker.ts", dir);
    expect(await firstLine(second)).toMatch(new RegExp(`^in_use .*pid ${pid} `));
    await second.exited;
    owner.process.kill("SIGKILL");
    await owner.exited;
    const lock = await lockDataDir(dir);
    expect(JSON.parse(readFileSync(join(dir, "server.pid"), "utf8"))).toMatchObject({ pid: process.pid });
    lock.release();
  });

  it("goes to one of several that start at once", { tags: ["full"] }, async () => {
    const dir = path("race");
    const children = await Promise.all(Array.from({ length: 4 }, () => startChild("locker.ts", dir)));
    const lines = await Promise.all(children.map(firstLine));
    expect(lines.filter((line) => line === "locked")).toHaveLength(1);
    expect(lines.filter((line) => line?.startsWith("in_use"))).toHaveLength(3);
    for (const child of children) child.process.kill("SIGKILL");
    await Promise.all(children.map(({ exited }) => exited));
  });

  it("says so when the directory cannot be used", async () => {
    const file = path("file");
    writeFileSync(file, "");
    await expect(lockDataDir(file)).rejects.toThrow(expect.objectContaining({ code: "bad_config" }));
  });
});
