// Guards: Frames are counted by what they take in memory once they are inflated, and read one at a time where that is much.
import { writeFileSync } from "node:fs";
import { gzipSync } from "node:zlib";
import { expect, it } from "vitest";
import { encodeMsgFrame, encodePushResponse, pushTexts } from "../../../simulator/frame.js";
import { corpus } from "../../../simulator/index.js";
import { loadSchema } from "../../../simulator/schema.js";
import { heldBytes, type Received, ReceiveQueue, readFrame } from "../../../src/platform/access/read.js";
import { Drift } from "../../../src/platform/wire/drift.js";
import { encodeHeader, encodeRecord } from "../../../src/platform/wire/recording.js";
import { openCaptures } from "../../../src/sources/capture.js";
import { FakeClock } from "../../clock.js";
import { harOf } from "../../sources/har-file.js";
import { useDirectory } from "../../store/directory.js";

const file = useDirectory();
const AT = 1_777_726_780_000;
const ROOM_ID = "7300000000000000019";
const MB = 1024 * 1024;
const BOMBS = 4;
const HEADER = encodeHeader({ webRid: "98765", roomId: ROOM_ID, title: "", startedAt: AT, source: "websocket" });

/** Some 5 KB that inflate to 4 MiB, the most that is read: all of them fit into what is read of a file at once. */
const bomb = (() => {
  const schema = loadSchema();
  const texts = pushTexts(AT, AT, "1", ROOM_ID);
  const message = { method: "WebcastNobodyKnowsMessage", payload: new Uint8Array(4 * MB - 200), sendingId: "1" };
  const response = encodePushResponse(schema, [message as unknown as Parameters<typeof encodePushResponse>[1][number]], texts);
  return encodeMsgFrame(schema, { seqId: 1, logId: "1", serverTime: AT }, gzipSync(response), texts, true);
})();
const recordingOf = (frames: readonly Uint8Array[]) =>
  Buffer.concat([HEADER, ...frames.map((bytes, n) => encodeRecord({ kind: "frame", receivedAt: AT + n, bytes }))]);
const bombs = Array.from({ length: BOMBS }, () => bomb);

async function sizesOf(batches: AsyncIterable<readonly Received[]> | readonly (readonly Received[])[]): Promise<number[]> {
  const sizes: number[] = [];
  for await (const batch of batches) sizes.push(batch.reduce((sum, one) => sum + heldBytes(one), 0) / MB);
  return sizes;
}

async function sizesIn(name: string, content: string | Buffer): Promise<number[]> {
  const path = file(name);
  writeFileSync(path, content);
  const [capture] = await openCaptures(path, new FakeClock(), new Drift());
  return sizesOf(capture?.batches(new AbortController().signal) ?? []);
}

it.each<[of: string, sizes: () => Promise<number[]>]>([
  ["a recording", () => sizesIn("bombs.dyrec", recordingOf(bombs))],
  [
    "a HAR file",
    () => sizesIn("bombs.har", JSON.stringify(harOf([{ roomId: ROOM_ID, frames: bombs.map((bytes, n) => ({ bytes, at: AT + n })) }]))),
  ],
])("frames of %s that inflate a thousand times are read one at a time", async (_of, read) => {
  const sizes = await read();
  expect(sizes).toHaveLength(BOMBS);
  expect(Math.max(...sizes)).toBeLessThan(5);
});

it("frames as they come from real rooms are still many at a time", async () => {
  expect((await sizesIn("real.dyrec", recordingOf(corpus({ frames: 200 }).frames))).length).toBeLessThan(5);
});

it("what waits for the store is counted by what it takes in memory, not by what came", () => {
  const log: string[] = [];
  const queue = new ReceiveQueue({ pause: () => log.push("pause"), resume: () => log.push("resume") });
  for (let n = 0; n < 15; n++) queue.push(readFrame(bomb, AT, new Drift()).received);
  expect(log).toEqual([]);
  for (let n = 0; n < 3; n++) queue.push(readFrame(bomb, AT, new Drift()).received);
  expect(log).toEqual(["pause"]);
});
