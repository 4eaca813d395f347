import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { afterAll, describe, expect, it } from "vitest";
import { corpus } from "../../simulator/index.js";
import type { LiveEvent, LiveEventOf } from "../../src/events/event.js";
import { encodeHeader, encodeRecord } from "../../src/platform/wire/recording.js";
import { ran, scratch } from "./command.js";

const dir = scratch();
afterAll(() => dir.remove());

const AT = 1_777_726_780_000;
const file = join(dir.path, "room.dyrec");
const out = join(dir.path, "stripped.dyrec");

async function eventsOf(path: string): Promise<readonly LiveEvent[]> {
  const { code, stdout, stderr } = await ran(["decode", path]);
  expect(code, stderr).toBe(0);
  return stdout
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as LiveEvent);
}

describe("dylive strip", () => {
  it("writes a recording that gives the same events and the same gifts, of nobody", async () => {
    const { frames, roomId } = corpus({ frames: 60, start: AT });
    const meta = { webRid: "646454278948", roomId, title: "小美的直播间", startedAt: AT, source: "websocket" } as const;
    const records = frames.map((bytes, index) => encodeRecord({ kind: "frame", receivedAt: AT + index * 1000, bytes }));
    writeFileSync(file, Buffer.concat([encodeHeader(meta), ...records]));
    const run = await ran(["strip", file, "--out", out]);
    expect(run.code, run.stderr).toBe(0);
    expect(run.stderr).toContain("60 records without names, texts and ids of people");

    const [before, after] = [await eventsOf(file), await eventsOf(out)];
    expect(after.map(({ type, method, time }) => [type, method, time])).toEqual(
      before.map(({ type, method, time }) => [type, method, time]),
    );
    const gifts = (events: readonly LiveEvent[]) => events.filter((event): event is LiveEventOf<"gift"> => event.type === "gift");
    const sums = (events: readonly LiveEvent[]) =>
      gifts(events).map(({ delta, comboTotal, settled, diamonds }) => [delta, comboTotal, settled, diamonds]);
    expect(sums(before).length).toBeGreaterThan(20);
    expect(sums(after)).toEqual(sums(before));
    const people = new Set(before.flatMap((event) => ("user" in event && event.user ? [event.user.id, event.user.nickname] : [])));
    const kept = after.flatMap((event) => ("user" in event && event.user ? [event.user.id, event.user.nickname] : []));
    expect(kept.length).toBeGreaterThan(100);
    expect(kept.filter((one) => one !== null && people.has(one))).toEqual([]);
    const bytes = readFileSync(out);
    for (const told of ["646454278948", "小美", "douyinpic"]) expect(bytes.includes(told)).toBe(false);
  });

  it("takes one that a server has compressed, and no half of it", async () => {
    const packed = gzipSync(readFileSync(file));
    writeFileSync(`${file}.gz`, packed);
    const run = await ran(["strip", `${file}.gz`, "--out", join(dir.path, "packed.dyrec")]);
    expect(run).toMatchObject({ code: 0, stderr: expect.stringContaining("60 records without names, texts and ids of people") });
    writeFileSync(`${file}.gz`, packed.subarray(0, packed.length / 2));
    const half = await ran(["strip", `${file}.gz`, "--out", join(dir.path, "half.dyrec")]);
    expect(half).toMatchObject({ code: 2, stderr: expect.stringMatching(/not a whole recording/) });
    expect(existsSync(join(dir.path, "half.dyrec"))).toBe(false);
  });

  it("overwrites nothing, and takes recordings only", async () => {
    expect(await ran(["strip", file, "--out", out])).toMatchObject({
      code: 2,
      stderr: expect.stringMatching(/exists already: name another/),
    });
    writeFileSync(join(dir.path, "no.txt"), "hello, this is no recording at all, though it is long enough");
    expect(await ran(["strip", join(dir.path, "no.txt"), "--out", `${out}2`])).toMatchObject({
      code: 2,
      stderr: expect.stringMatching(/not a recording/),
    });
    expect(await ran(["strip", join(dir.path, "nowhere"), "--out", `${out}3`])).toMatchObject({
      code: 2,
      stderr: expect.stringMatching(/there is no such file/),
    });
    expect(readdirSync(dir.path).filter((name) => name.startsWith("stripped"))).toEqual(["stripped.dyrec"]);
  });
});
