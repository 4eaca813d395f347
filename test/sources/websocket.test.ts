// Guards: Large frames are read in order, all before the end, and connections share one bound of memory.
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { gzipSync } from "node:zlib";
import { expect, it, onTestFinished } from "vitest";
import { WebSocketServer } from "ws";
import type { Received } from "../../src/platform/access/read.js";
import { Drift } from "../../src/platform/wire/drift.js";
import { systemClock } from "../../src/runtime/clock.js";
import { websocketSource } from "../../src/sources/websocket.js";
import { encode } from "../platform/messages/encode.js";
import { until } from "../until.js";

/** A frame whose Response inflates to that many bytes, in one message or in a field that nobody knows. */
function frameOf(logId: number, bytes: number, isMessage: boolean, payload = Buffer.alloc(bytes)): Uint8Array {
  const response = isMessage
    ? encode("Response", { messages: [{ method: "WebcastX", payload }], cursor: String(logId) })
    : Buffer.concat([Buffer.from([0x9a, 0x06]), varint(bytes), payload]);
  return encode("PushFrame", {
    ...{ logId: String(logId), payloadType: "msg", payload: gzipSync(response) },
    headers: [
      { key: "compress_type", value: "gzip" },
      { key: "im-cursor", value: String(logId) },
    ],
  });
}

function varint(value: number): Buffer {
  const out: number[] = [];
  let rest = value;
  for (; rest > 127; rest = Math.floor(rest / 128)) out.push((rest % 128) | 128);
  return Buffer.from([...out, rest]);
}

const FRAMES = 8;
it.each([
  ["megabytes of strange fields", 2_000_000, false],
  ["more than a frame may", 5_000_000, true],
  ["little", 100, true],
])("frames of one chunk that each hold %s are read in order, all before the end", async (_what, bytes, isMessage) => {
  const server = new WebSocketServer({ host: "127.0.0.1", port: 0 });
  onTestFinished(() => void server.close());
  await once(server, "listening");
  server.on("connection", (client, { socket }) => {
    // In one write, which comes as one chunk: each frame has some KB.
    socket.cork();
    for (let i = 1; i <= FRAMES; i++) client.send(frameOf(i, bytes, isMessage));
    socket.uncork();
    client.close(1000);
  });
  const received: Received[] = [];
  const source = websocketSource({
    ...{ connectUrl: async () => `ws://127.0.0.1:${(server.address() as AddressInfo).port}/`, headers: {}, clock: systemClock },
    ...{ drift: new Drift() },
  });
  const reading = (async () => {
    for await (const batch of source.open(new AbortController().signal)) received.push(...batch);
  })();
  await expect(reading).rejects.toMatchObject({ code: "unreachable", detail: expect.stringContaining("1000") });
  expect(received).toHaveLength(FRAMES);
  expect(received.map(({ damaged }) => damaged === true)).toEqual(received.map(() => bytes > 4 * 1024 * 1024));
  const cursors = received.flatMap(({ resume }) => resume?.cursor ?? []);
  expect(cursors).toEqual(bytes > 4 * 1024 * 1024 ? [] : received.map((_, i) => String(i + 1)));
});

it("connections that share a bound are held back when what waits in all is above it, and none keeps another from going on", {
  tags: ["full"],
}, async () => {
  const [frames, BYTES] = [60, 2_000_000];
  // Made before a handshake is under way, which is given 10 s; large on the wire, too: a chunk holds one at most.
  const sent = Array.from({ length: frames }, (_, i) => frameOf(i + 1, BYTES, true, randomBytes(BYTES)));
  const server = new WebSocketServer({ host: "127.0.0.1", port: 0 });
  onTestFinished(() => void server.close());
  await once(server, "listening");
  server.on("connection", (client) => {
    for (const frame of sent) client.send(frame);
  });
  const held = { bytes: 0, maxBytes: 64 * 1024 * 1024 };
  const stop = new AbortController();
  const connect = () => {
    const connectUrl = async () => `ws://127.0.0.1:${(server.address() as AddressInfo).port}/`;
    return websocketSource({ connectUrl, headers: {}, clock: systemClock, drift: new Drift(), held })
      .open(stop.signal)
      [Symbol.asyncIterator]();
  };
  const slow = connect();
  let ofSlow = (await slow.next()).value.length;
  await until(() => held.bytes > 64 * 1024 * 1024);
  const quick = connect();
  let most = 0;
  for (let ofQuick = 0; ofQuick < frames; ) {
    ofQuick += (await quick.next()).value.length;
    most = Math.max(most, held.bytes);
  }
  expect(ofSlow).toBeLessThan(frames);
  // In each, frames are under way when the bound is met.
  expect(most).toBeLessThan(80 * 1024 * 1024);
  while (ofSlow < frames) ofSlow += (await slow.next()).value.length;
  expect(ofSlow).toBe(frames);
  stop.abort();
  for (const one of [slow, quick]) expect((await one.next()).done).toBe(true);
  expect(held.bytes).toBe(0);
});
