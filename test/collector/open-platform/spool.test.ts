// Guards: a push that was answered is on disk until the store has it, once and in order.
import { appendFile, readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { PushSpool } from "../../../src/collector/open-platform/spool.js";
import { useDirectory } from "../../store/directory.js";

const folder = useDirectory();
async function opened(...at: Parameters<typeof PushSpool.open>): Promise<PushSpool> {
  const spool = await PushSpool.open(...at);
  onTestFinished(() => spool.close());
  return spool;
}
async function drained(spool: PushSpool): Promise<string[]> {
  const lines: string[] = [];
  await spool.drain(async (chunk) => void lines.push(...chunk));
  return lines;
}

describe("spool", () => {
  it("gives lines out in order, once, and leaves no file", async () => {
    const path = folder("spool");
    const spool = await opened(path);
    expect(spool.waiting).toBe(0);
    const all = Array.from({ length: 1000 }, (_, i) => `line ${i} 你好`);
    await Promise.all(all.map((line) => spool.put(line)));
    expect(spool.waiting).toBe(1000);
    expect(await drained(spool)).toEqual(all);
    expect(spool.waiting).toBe(0);
    expect(await readdir(path)).toEqual([]);
    expect(await drained(spool)).toEqual([]);
  });

  it("takes lines while it is drained; they come after", async () => {
    const spool = await opened(folder("spool"));
    await spool.put("1");
    const seen: string[] = [];
    await spool.drain(async (lines) => {
      seen.push(...lines);
      await spool.put("2");
    });
    expect(seen).toEqual(["1"]);
    expect(spool.waiting).toBe(1);
    expect(await drained(spool)).toEqual(["2"]);
  });

  it("does not wait for a file that somebody has removed, and has its room again", async () => {
    const path = folder("spool");
    const first = await PushSpool.open(path);
    await first.put("a line of 20 bytes.");
    await first.close();
    const spool = await opened(path, 30);
    await rm(join(path, "00000001.jsonl"));
    await spool.put("2");
    await expect(spool.put("a line of 20 bytes.")).rejects.toMatchObject({ code: "not_ready" });
    expect(await drained(spool)).toEqual(["2"]);
    expect(spool.waiting).toBe(0);
    await spool.put("a line of 20 bytes.");
    expect(await drained(spool)).toEqual(["a line of 20 bytes."]);
  });

  it("keeps what was not taken, and does not give twice what was", async () => {
    const spool = await opened(folder("spool"));
    const all = Array.from({ length: 500 }, (_, i) => String(i));
    await Promise.all(all.map((line) => spool.put(line)));
    const taken: string[] = [];
    let chunks = 0;
    const take = async (lines: readonly string[]) => {
      if (++chunks === 2) throw new Error("the store is down");
      taken.push(...lines);
    };
    await expect(spool.drain(take)).rejects.toThrow("the store is down");
    expect(spool.waiting).toBe(500 - taken.length);
    await spool.drain(take);
    expect(taken).toEqual(all);
  });

  it("is found by the next process, but for a line that was never accepted", async () => {
    const path = folder("spool");
    const first = await opened(path);
    await first.put("1");
    await first.close();
    const [name] = await readdir(path);
    await appendFile(join(path, name ?? ""), '{"half');
    const second = await opened(path);
    expect(second.waiting).toBe(1);
    await second.put("2");
    expect(await drained(second)).toEqual(["1", "2"]);
  });

  it("is bounded, and says when the disk fails", async () => {
    const path = folder("spool");
    const spool = await opened(path, 20);
    await spool.put("0123456789");
    await expect(spool.put("0123456789")).rejects.toMatchObject({ code: "not_ready" });
    expect(await drained(spool)).toEqual(["0123456789"]);
    await spool.put("0123456789");
    const broken = await opened("/dev/null/spool");
    await expect(broken.put("1")).rejects.toMatchObject({ code: "not_ready" });
    expect(broken.waiting).toBe(0);
  });
});

it("a spool that is filled and drained at the same time gives every line once", async () => {
  const spool = await opened(folder("spool"));
  const given: string[] = [];
  let producing = true;
  const produce = async (name: string) => {
    for (let i = 0; i < 200; i++) {
      await spool.put(`${name}-${i}`);
      if (i % 3 === 0) await new Promise((resolve) => setImmediate(resolve));
    }
  };
  const drain = async () => {
    while (producing || spool.waiting > 0) {
      await spool.drain(async (lines) => void given.push(...lines));
      await Promise.resolve();
    }
  };
  const draining = drain();
  await Promise.all(["a", "b", "c", "d"].map(produce));
  producing = false;
  await draining;
  expect(given).toHaveLength(800);
  expect(new Set(given).size).toBe(800);
  for (const name of ["a", "b", "c", "d"])
    expect(given.filter((line) => line.startsWith(name))).toEqual(Array.from({ length: 200 }, (_, i) => `${name}-${i}`));
  expect(spool.waiting).toBe(0);
});
