// Guards: A file that is imported moves no room's names, leaves nothing behind when refused, and brings no erased person back.
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { crc32 } from "node:zlib";
import { expect, it } from "vitest";
import { corpus } from "../../simulator/index.js";
import { eraseUser } from "../../src/erasure/erase.js";
import { lateErasures } from "../../src/erasure/late.js";
import { loadFile } from "../../src/ingest/load-file.js";
import { encodeHeader, encodeRecord } from "../../src/platform/wire/recording.js";
import { systemClock } from "../../src/runtime/clock.js";
import { openMemoryStore } from "../../src/store/memory/memory.js";
import { openSqliteStore } from "../../src/store/sqlite/store.js";
import { readAll } from "../contracts/harness.js";
import { encode } from "../platform/messages/encode.js";
import { useDirectory } from "../store/directory.js";

const directory = useDirectory();
const SIGNAL = new AbortController().signal;

it("a frame, a Response and a payload whose messages name no room are read, into a room of none", async () => {
  const payload = encode("ChatMessage", { common: { method: "WebcastChatMessage", msgId: "7624523651580285990" }, content: "好" });
  const response = encode("Response", { messages: [{ method: "WebcastChatMessage", msgId: "7624523651580285991", payload }] });
  const files = {
    "frame.bin": encode("PushFrame", { payloadType: "msg", payload: response }),
    "response.bin": response,
    "ChatMessage.bin": payload,
  };
  const store = openMemoryStore({ maxEventsPerRoom: 100 });
  const kinds: string[] = [];
  for (const [name, bytes] of Object.entries(files)) {
    const path = join(directory(name), name);
    mkdirSync(dirname(path));
    writeFileSync(path, bytes);
    const [loaded] = await loadFile(path, { store, clock: systemClock, signal: SIGNAL });
    kinds.push(loaded?.capture.kind ?? "");
    const room = await store.rooms.find({ kind: "import", value: "0" });
    expect(loaded).toMatchObject({ room, messages: 1 });
    expect((await store.log.readRoom(room ?? 0, 0, 10)).events).toMatchObject([{ type: "chat", text: "好", sessionId: null }]);
  }
  // It is one message, whatever it came in.
  expect(kinds).toEqual(["frame", "response", "payload"]);
  await store.close();
});

const AT = 1_777_726_800_000;
const [FRAME = new Uint8Array()] = corpus({ frames: 1, start: AT }).frames;

function recording(path: string, webRid: string, roomId: string, receivedAt = AT): string {
  const meta = { webRid, roomId, title: "", startedAt: AT, source: "websocket" };
  const record = Buffer.from(encodeRecord({ kind: "frame", receivedAt: AT, bytes: FRAME }));
  record.writeDoubleLE(receivedAt, 9); // also what we would not write
  record.writeUInt32LE(crc32(record.subarray(8)), 4);
  writeFileSync(path, Buffer.concat([encodeHeader(meta), record]));
  return path;
}

it("what settles a combo of a file carries the file's time", async () => {
  const store = openMemoryStore({ maxEventsPerRoom: 1000 });
  const message = {
    common: { method: "WebcastGiftMessage", msgId: "7624523651580285991" },
    giftId: "1",
    groupId: "9",
    repeatCount: 2,
    user: { id: "5" },
  };
  const gift = encode("GiftMessage", { ...message, comboCount: 2, gift: { id: "1", type: 1, combo: true } });
  const response = encode("Response", {
    now: AT,
    messages: [{ method: "WebcastGiftMessage", msgId: "7624523651580285991", payload: gift }],
  });
  const path = directory("combo.bin");
  writeFileSync(path, response);
  const [loaded] = await loadFile(path, { store, clock: systemClock, signal: SIGNAL });
  const last = (await readAll(store.log, loaded?.room ?? 0)).events.at(-1);
  expect(last).toMatchObject({ type: "gift", delta: 0, settled: true, receivedAt: AT + 30_000 });
  await store.close();
});

it("a file moves no name from one room to another, and changes nothing of a room that is known", async () => {
  const store = openMemoryStore({ maxEventsPerRoom: 1000 });
  const broadcast = ["7600000000000000001", "7600000000000000002", "7600000000000000003"] as const;
  const ensured = (webRid: string, value: string) =>
    store.rooms.ensure(
      [
        { kind: "web_rid", value: webRid },
        { kind: "room_id", value },
      ],
      { webRid },
    );
  const [one, other] = [await ensured("11", broadcast[0]), await ensured("22", broadcast[1])];
  const options = { store, clock: systemClock, signal: SIGNAL };
  const path = directory("forged.dyrec");
  const rooms = async () => (await store.rooms.list()).map(({ room, webRid }) => [room, webRid]);
  const before = await rooms();
  await expect(loadFile(recording(path, "11", broadcast[1]), options)).rejects.toMatchObject({
    code: "bad_file",
    detail: expect.stringContaining("another room's"),
  });
  for (const name of ["../../x", "__proto__\0", "22 ", "\u001b[31m"])
    await expect(loadFile(recording(path, name, broadcast[2]), options)).rejects.toMatchObject({ code: "bad_file" });
  await expect(loadFile(recording(path, "11", "x"), options)).rejects.toMatchObject({ code: "bad_file" });
  // A name that nobody has beside a broadcast that is known: the broadcast's room, as it was.
  expect((await loadFile(recording(path, "33", broadcast[1]), options))[0]?.room).toBe(other);
  expect(await store.rooms.find({ kind: "web_rid", value: "33" })).toBeNull();
  expect((await loadFile(recording(path, "11", broadcast[2]), options))[0]?.room).toBe(one);
  expect(await rooms()).toEqual(before);
  expect(await Promise.all(broadcast.map((value) => store.rooms.find({ kind: "room_id", value })))).toEqual([one, other, one]);
  await store.close();
});

it("a file that is refused leaves nothing behind, whatever was good in it", async () => {
  const store = openMemoryStore({ maxEventsPerRoom: 1000 });
  const options = { store, clock: systemClock, signal: SIGNAL, readFirst: true };
  const wrong = recording(directory("late.dyrec"), "11", "1", 4_000_000_000_000);
  const good = readFileSync(recording(directory("good.dyrec"), "11", "1", 1_777_726_780_000));
  const header = encodeHeader({ webRid: "11", roomId: "1", title: "", startedAt: AT, source: "websocket" });
  const both = directory("both.dyrec");
  // The good one's frame first, then the other's.
  writeFileSync(both, Buffer.concat([good, readFileSync(wrong).subarray(header.length)]));
  for (const path of [wrong, both]) {
    await expect(loadFile(path, options)).rejects.toMatchObject({ code: "bad_file", detail: expect.stringContaining("yet to come") });
    expect(await store.rooms.list()).toEqual([]);
  }
  await loadFile(recording(directory("whole.dyrec"), "11", "1", 1_777_726_780_000), options);
  expect(await store.rooms.list()).toHaveLength(1);
  await store.close();
});

it("a file brings nobody back who was erased since it was recorded, by messages that gave no event neither", async () => {
  const made = corpus({ seed: "erase-raw", frames: 60, start: AT });
  const path = directory("erased.dyrec");
  const records = made.frames.map((bytes, n) => encodeRecord({ kind: "frame", receivedAt: AT + n * 500, bytes }));
  const header = encodeHeader({ webRid: "11", roomId: made.roomId, title: "", startedAt: AT, source: "websocket" });
  writeFileSync(path, Buffer.concat([header, ...records]));
  const store = openSqliteStore({ path: ":memory:" });
  const load = () => loadFile(path, { store, clock: systemClock, signal: SIGNAL, erased: lateErasures(store) });
  const [{ room = 0 } = {}] = await load();
  const before = (await readAll(store.log, room)).events;
  // A combo's later message with no new units: nobody but its giver's name tells that it was stored.
  const [giver] = before.flatMap((event) => (event.type === "gift" && event.comboTotal > 100 ? [event.user?.id ?? ""] : []));
  await eraseUser(store, { user: giver ?? "", keep: false });
  const erased = await readAll(store.log, room);
  expect(JSON.stringify(erased)).not.toContain(giver);
  await load();
  expect(await readAll(store.log, room)).toEqual(erased);
  await store.close();
});
