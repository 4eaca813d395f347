// Guards: one server at a time has a data directory, and a killed one leaves it free.
import { existsSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { dataDirOwner, lockDataDir } from "../../src/store/lock.js";
import { openSqliteStore } from "../../src/store/sqlite/store.js";
import { FakeClock } from "../clock.js";
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

  it("is not given free by removing its file: the owner takes the new one, and a second server waits for that", async () => {
    const dir = path("removed");
    const clock = new FakeClock();
    const lost: string[] = [];
    const lock = await lockDataDir(dir, { clock, onLost: ({ code }) => lost.push(code) });
    rmSync(join(dir, "server.lock"));
    const second = lockDataDir(dir, { clock }).catch((error: unknown) => error);
    await clock.advance(1000);
    expect(dataDirOwner(dir)?.pid).toBe(process.pid);
    await clock.advance(4000);
    expect(await second).toMatchObject({ code: "in_use", detail: expect.stringContaining(`pid ${process.pid} `) });
    rmSync(join(dir, "server.lock"));
    await clock.advance(1000);
    expect(dataDirOwner(dir)?.pid).toBe(process.pid);
    expect(statSync(join(dir, "server.lock")).mode & 0o777).toBe(0o600);
    lock.release();
    expect(dataDirOwner(dir)).toBeNull();
    expect(lost).toEqual([]);
    const next = lockDataDir(dir, { clock });
    (await next).release();
  });

  it("is there at once in a directory that only commands have used", async () => {
    const dir = path("used");
    mkdirSync(dir);
    await openSqliteStore({ path: join(dir, "dylive.sqlite") }).close();
    expect(statSync(join(dir, "server.lock")).mode & 0o777).toBe(0o600);
    // This clock stands still: nothing is waited for.
    const lock = await lockDataDir(dir, { clock: new FakeClock() });
    lock.release();
  });

  it("says so when the directory cannot be used", async () => {
    const file = path("file");
    writeFileSync(file, "");
    await expect(lockDataDir(file)).rejects.toThrow(expect.objectContaining({ code: "bad_config" }));
  });
});
