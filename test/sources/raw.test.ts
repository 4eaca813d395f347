// Guards: Raw frames are kept byte for byte, survive a crash, and are never queued without bound.
import { appendFileSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import type { Received } from "../../src/platform/access/read.js";
import { Drift } from "../../src/platform/wire/drift.js";
import { rawFiles, rawName, removeRaw } from "../../src/sources/raw/files.js";
import { RawRecorder } from "../../src/sources/raw/recorder.js";
import { newReport, recordingSource } from "../../src/sources/recording.js";
import { FakeClock } from "../clock.js";
import { useDirectory } from "../store/directory.js";
import { until } from "../until.js";

const T0 = Date.parse("2026-11-25T10:00:00Z");
const DAY = 86_400_000;
const ABOUT = { sessionId: "7300000000000000019", webRid: "98765", source: "websocket" };
const directory = useDirectory();

const frame = (n: number, at = T0 + n): Received => ({
  receivedAt: at,
  raw: Buffer.from(`frame ${n} ${"x".repeat(100)}`),
  kind: "frame",
  response: null,
});

function recorder(folder: string, { clock = new FakeClock(T0), maxBytes = 10_000 } = {}) {
  const problems: unknown[] = [];
  const raw = new RawRecorder({
    folder,
    clock,
    byDefault: true,
    maxBytes,
    onError: (error, about) => problems.push([String(error), about]),
  });
  return { raw, clock, problems };
}

/** What a file holds, and what is torn of it. */
async function readAgain(path: string): Promise<{ readonly frames: string[]; readonly lost: number; readonly roomId: string | undefined }> {
  const report = newReport();
  const frames: string[] = [];
  const source = recordingSource({ path, speed: 0, clock: new FakeClock(), drift: new Drift(), report });
  for await (const batch of source.open(new AbortController().signal)) frames.push(...batch.map(({ raw }) => Buffer.from(raw).toString()));
  return { frames, lost: report.lostBytes, roomId: report.meta?.roomId };
}
const allFrames = async (folder: string) =>
  (await Promise.all((await rawFiles(folder)).map(({ path }) => readAgain(path)))).flatMap(({ frames }) => frames);
const texts = (count: number) => Array.from({ length: count }, (_, n) => Buffer.from(frame(n).raw).toString());

describe("raw frames", () => {
  it("are kept byte for byte, in files of one broadcast, one day and no more than a size, each compressed when it is closed", async () => {
    const folder = directory("raw");
    const { raw, problems } = recorder(folder);
    for (let n = 0; n < 300; n++) raw.take(7, [frame(n)], ABOUT);
    raw.take(7, [frame(300, T0 + DAY)], ABOUT);
    raw.take(7, [frame(301, T0 + DAY)], { ...ABOUT, sessionId: "7300000000000000020" });
    raw.take(8, [frame(302)], ABOUT);
    await raw.leave(7);
    await raw.packed();
    const files = await rawFiles(folder, 7);
    expect(files.length).toBeGreaterThan(5);
    expect(files.map(({ open }) => open)).toEqual(files.map(() => false));
    expect(files.every(({ path }) => gunzipSync(readFileSync(path)).length <= 10_000)).toBe(true);
    expect((await Promise.all(files.map(({ path }) => readAgain(path)))).flatMap(({ frames }) => frames)).toEqual(texts(302));
    expect(files.slice(-2).map(({ startedAt, sessionId }) => [startedAt, sessionId])).toEqual([
      [T0 + DAY, ABOUT.sessionId],
      [T0 + DAY, "7300000000000000020"],
    ]);
    expect((await rawFiles(folder)).filter(({ room, open }) => room === 8 && open)).toHaveLength(1);
    await removeRaw(files[0] ?? { path: "" });
    expect(await rawFiles(folder, 7)).toHaveLength(files.length - 1);
    await raw.close();
    expect(problems).toEqual([]);
  });

  it("are all in the files that a command asked for, also of a room that is being left", async () => {
    const folder = directory("leaving");
    const { raw, problems } = recorder(folder, { maxBytes: 1_000_000 });
    await raw.packed();
    for (let n = 0; n < 300; n++) raw.take(7, [frame(n)], ABOUT);
    const left = raw.leave(7);
    await raw.rotate();
    expect(await allFrames(folder)).toEqual(texts(300));
    await left;
    await raw.close();
    expect(problems).toEqual([]);
  });

  it("survive a crash in mid-write: what was torn is cut off, what was half packed is packed anew", async () => {
    const folder = directory("crash");
    const { raw } = recorder(folder, { maxBytes: 1_000_000 });
    for (let n = 0; n < 50; n++) raw.take(7, [frame(n)], ABOUT);
    await raw.close();
    const [file] = readdirSync(join(folder, "7"));
    if (file === undefined) throw new Error("no file");
    // As a killed process leaves it: not packed, with half a record at its end, beside what it was packing.
    const path = join(folder, "7", file.replace(/\.gz$/, ""));
    if (file.endsWith(".gz")) writeFileSync(path, gunzipSync(readFileSync(join(folder, "7", file))));
    await removeRaw({ path: `${path}.gz` });
    appendFileSync(path, readFileSync(path).subarray(-60));
    writeFileSync(`${path}.gz.part`, "half");
    writeFileSync(join(folder, "7", rawName(T0 + 1000, "1")), "no recording at all, and longer than a header has to be ".repeat(3));
    expect((await readAgain(path)).lost).toBe(60);
    const { raw: next, problems } = recorder(folder);
    await next.packed();
    expect(readdirSync(join(folder, "7"))).toEqual([`${file.replace(/\.gz$/, "")}.gz`]);
    expect(await readAgain(`${path}.gz`)).toEqual({ frames: texts(50), lost: 0, roomId: ABOUT.sessionId });
    expect(problems).toEqual([]);
    await next.close();
  });

  it("are lost, and that is told once a minute, where the disk takes nothing; and kept again when it does", async () => {
    const folder = directory("full");
    const { raw, clock, problems } = recorder(folder);
    await raw.packed(); // it has looked for what an earlier process left
    mkdirSync(folder);
    writeFileSync(join(folder, "7"), "a file where the folder should be");
    raw.take(7, [frame(0), frame(0)], ABOUT);
    await until(() => problems.length > 0);
    for (let n = 1; n < 10; n++) raw.take(7, [frame(n), frame(n)], ABOUT);
    expect(problems).toEqual([[expect.stringContaining("EEXIST"), { room: 7, framesLost: 2 }]]);
    await removeRaw({ path: join(folder, "7") });
    await clock.advance(60_001);
    raw.take(7, [frame(99)], ABOUT);
    await raw.close();
    expect(await allFrames(folder)).toEqual([Buffer.from(frame(99).raw).toString()]);
  });

  it("are not queued without bound", async () => {
    const { raw, problems } = recorder(directory("slow"), { maxBytes: 1_000_000_000 });
    const large = { ...frame(1), raw: Buffer.alloc(6 * 1024 * 1024) };
    for (let n = 0; n < 8; n++) raw.take(7, [large], ABOUT);
    expect(problems).toEqual([["Error: the disk is slower than the room", { room: 7, framesLost: 1 }]]);
    await raw.close();
  });
});
