// Guards: A browser's HAR gives the events that a recording of the same bytes gives, and anything else is bad_file.
import { truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { type Simulator, startSimulator } from "../../simulator/index.js";
import type { LiveEvent } from "../../src/events/event.js";
import { loadFile } from "../../src/ingest/load-file.js";
import { Drift } from "../../src/platform/wire/drift.js";
import { systemClock } from "../../src/runtime/clock.js";
import { openCaptures } from "../../src/sources/capture.js";
import { Recorder } from "../../src/sources/recording.js";
import { openMemoryStore } from "../../src/store/memory/memory.js";
import type { RoomStore } from "../../src/store/store.js";
import { readAll } from "../contracts/harness.js";
import { connect, pushQuery } from "../simulator/client.js";
import { useFolders } from "../store/directory.js";
import { type HarParts, harOf } from "./har-file.js";

const SIGNAL = new AbortController().signal;
const AT = 1_790_000_000_000;
const folder = useFolders()();
let simulator: Simulator;
let one: HarParts;
let two: HarParts;
let store: RoomStore;

/** A room's first state and some frames, as a browser would have them. */
async function seen(webRid: string): Promise<HarParts> {
  const roomId = simulator.roomId(webRid) ?? "";
  const query = new URLSearchParams({ room_id: roomId, user_unique_id: "7612345678901234567" });
  const reply = await fetch(`${simulator.url}/webcast/im/fetch/?${query}`, { headers: { cookie: "ttwid=1%7Cabc" } });
  const first = { bytes: new Uint8Array(await reply.arrayBuffer()), at: AT };
  const client = await connect(simulator.url, roomId, { query: pushQuery(roomId) });
  await client.until(() => client.messages.length > 60);
  client.socket.terminate();
  return { roomId, webRid, first, frames: client.frames.map(({ bytes }, i) => ({ bytes, at: AT + 1000 + i * 100 })) };
}

beforeAll(async () => {
  simulator = await startSimulator({ rateFactor: 20 });
  [one, two] = await Promise.all([seen("100000001"), seen("100000002")]);
});
afterAll(async () => {
  await simulator.close();
});
afterEach(() => store?.close());

function write(name: string, har: unknown): string {
  const path = join(folder, name);
  writeFileSync(path, typeof har === "string" || har instanceof Uint8Array ? har : JSON.stringify(har));
  return path;
}

async function loaded(path: string): Promise<{ rooms: Awaited<ReturnType<typeof loadFile>>; events: readonly LiveEvent[][] }> {
  store = openMemoryStore({ maxEventsPerRoom: 100_000 });
  const rooms = await loadFile(path, { store, clock: systemClock, signal: SIGNAL });
  const events = await Promise.all(rooms.map(async ({ room }) => [...(await readAll(store.log, room)).events]));
  return { rooms, events };
}

describe("a HAR", () => {
  it("gives the events that a recording of the same bytes gives, at the browser's times", async () => {
    const recording = join(folder, "same.dyrec");
    const recorder = new Recorder(recording, { webRid: "100000001", roomId: one.roomId, title: "", startedAt: AT, source: "websocket" });
    if (one.first) recorder.write([{ receivedAt: one.first.at, raw: one.first.bytes, kind: "response", response: null }], AT);
    for (const { bytes, at } of one.frames) recorder.write([{ receivedAt: at, raw: bytes, kind: "frame", response: null }], AT);
    recorder.close();
    const expected = (await loaded(recording)).events;
    await store.close();
    const { rooms, events } = await loaded(write("one.har", harOf([one])));
    expect(events[0]?.length).toBeGreaterThan(30);
    expect(events).toEqual(expected);
    expect(rooms[0]?.capture).toMatchObject({ kind: "har", webRid: "100000001", roomId: one.roomId, report: { skipped: 0, lostBytes: 0 } });
    expect(rooms[0]?.capture.report.bytes).toBe(rooms[0]?.capture.size);
    expect(new Set(events[0]?.map(({ receivedAt }) => receivedAt))).toContain(AT);
    expect(await store.rooms.find({ kind: "web_rid", value: "100000001" })).toBe(rooms[0]?.room);
  });

  it("of two rooms goes into two, of one broadcast twice into one", async () => {
    const { rooms, events } = await loaded(write("two.har", harOf([one, two, one])));
    expect(rooms.map(({ capture }) => [capture.roomId, capture.webRid])).toEqual([
      [one.roomId, "100000001"],
      [two.roomId, "100000002"],
    ]);
    for (const [index, list] of events.entries()) {
      expect(new Set(list.map(({ id }) => id)).size).toBe(list.length);
      expect(new Set(list.map(({ sessionId }) => sessionId))).toEqual(new Set([[one, two][index]?.roomId]));
    }
  });

  it("takes the room's number from the only page or from web/enter; without one it is a room of its own", async () => {
    const { webRid: _, ...nameless } = one;
    const page = { request: { url: "https://live.douyin.com/100000001?x=1", headers: [] } };
    const enter = { request: { url: `https://live.douyin.com/webcast/room/web/enter/?web_rid=100000001&room_id_str=${one.roomId}` } };
    const other = { request: { url: "https://live.douyin.com/100000002", headers: [] } };
    const numbers = async (extra: unknown[]) =>
      (await openCaptures(write("n.har", harOf([nameless], extra)), systemClock, new Drift()))[0]?.webRid;
    expect(await numbers([page])).toBe("100000001");
    expect(await numbers([enter, other])).toBe("100000001");
    expect(await numbers([page, other])).toBeNull();
    expect(await numbers([])).toBeNull();
    expect(await numbers([{ request: { url: "https://evil.com/100000001" } }])).toBeNull();
    const { rooms } = await loaded(write("none.har", harOf([nameless])));
    expect(await store.rooms.find({ kind: "import", value: one.roomId })).toBe(rooms[0]?.room);
  });

  it("counts what is damaged and goes on", async () => {
    const har = harOf([one]) as { log: { entries: { _webSocketMessages?: Record<string, unknown>[] }[] } };
    const messages = har.log.entries.at(-1)?._webSocketMessages ?? [];
    messages.splice(2, 0, { type: "receive", time: 3, opcode: 2, data: "not base64 !" }, { type: "receive", opcode: 2, data: "OgJoYg==" });
    messages.splice(2, 0, { type: "receive", time: 3, opcode: 2, data: "AAAAAA==" }, { type: "receive", time: 3, opcode: 2, data: null });
    const { rooms, events } = await loaded(write("damaged.har", har));
    expect(events[0]?.length).toBeGreaterThan(30);
    expect(rooms[0]?.capture.report.skipped).toBe(3);
    expect(Object.keys(rooms[0]?.drift.toJSON().failures ?? {}).length).toBe(1);
  });

  it("that was made by hand cannot bring other hosts' sockets in", async () => {
    const evil = harOf([one]) as { log: { entries: { request: { url: string } }[] } };
    for (const entry of evil.log.entries) entry.request.url = entry.request.url.replace(/\/\/[^/]+/, "//evil.com");
    await expect(loaded(write("evil.har", evil))).rejects.toMatchObject({ code: "bad_file" });
  });
});

describe("what is no HAR is bad_file", () => {
  const cut = () => {
    const path = write("cut.har", harOf([one]));
    truncateSync(path, 20_000);
    return path;
  };
  it.each([
    ["cut off", cut, /cut off/],
    ["other JSON", () => write("a.json", { hello: [1, 2, { three: "four" }] }), /no log\.entries/],
    ["no live room", () => write("b.har", harOf([])), /log\.entries|developer tools/],
    ["Firefox, which leaves messages out", () => write("d.har", withoutMessages()), /Chrome/],
    ["damaged JSON", () => write("e.har", '{"log":{"entries":[{"request":{"url":"https://live.douyin.com/1"} "x"}]}}'), /not JSON/],
    ["nesting without end", () => write("i.har", `{"log":${"[".repeat(1_000_000)}`), /not JSON/],
  ])("%s", async (_what, make, message) => {
    await expect(openCaptures(make(), systemClock, new Drift())).rejects.toMatchObject({
      code: "bad_file",
      message: expect.stringMatching(message),
    });
  });

  function withoutMessages(): unknown {
    const har = harOf([{ roomId: "7300000000000000001", frames: [] }]) as { log: { entries: Record<string, unknown>[] } };
    for (const entry of har.log.entries) delete entry["_webSocketMessages"];
    return har;
  }

  it("any cut of a whole one", async () => {
    const whole = JSON.stringify(harOf([{ ...one, frames: one.frames.slice(0, 1) }]));
    for (let size = 1; size < whole.length; size += 1997)
      await expect(openCaptures(write("k.har", whole.slice(0, size)), systemClock, new Drift())).rejects.toMatchObject({
        code: "bad_file",
      });
  });
});
