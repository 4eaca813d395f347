// Guards: an erasure removes a person from raw recordings, and no newer decoder brings them back.
import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import protobuf from "protobufjs";
import { describe, expect, it } from "vitest";
import { corpus } from "../../simulator/index.js";
import { eraseUser } from "../../src/erasure/erase.js";
import { type Erasure, eraseEverywhere, remainingTraces } from "../../src/erasure/everywhere.js";
import { namedIn, peopleIn } from "../../src/erasure/identity.js";
import type { User } from "../../src/events/event.js";
import { type Broadcast, Pipeline } from "../../src/ingest/pipeline.js";
import { redecode } from "../../src/ingest/redecode.js";
import type { Received } from "../../src/platform/access/read.js";
import { readFrame } from "../../src/platform/access/read.js";
import { normalise } from "../../src/platform/messages/normalise.js";
import { Drift } from "../../src/platform/wire/drift.js";
import { eraseAllRaw } from "../../src/sources/raw/erase-all.js";
import { rawFiles } from "../../src/sources/raw/files.js";
import { packLeft, RawRecorder } from "../../src/sources/raw/recorder.js";
import { catchUp } from "../../src/statistics/reader.js";
import { openSqliteStore } from "../../src/store/sqlite/store.js";
import type { Store } from "../../src/store/store.js";
import { FakeClock } from "../clock.js";
import { readAll } from "../contracts/harness.js";
import { schema } from "../platform/wire/schema.js";
import { plainWords } from "../statistics/plain-words.js";
import { useDirectory } from "../store/directory.js";

const directory = useDirectory();
const T0 = 1_777_726_800_000;
const made = corpus({ seed: "erase-raw", frames: 40 });
const received: Received[] = made.frames.map((frame, i) => readFrame(frame, T0 + i * 500, new Drift()).received);
const broadcast: Broadcast = { sessionId: made.roomId, webRid: "98765", anchorId: null, source: "websocket" };
const signal = new AbortController().signal;
const PushFrame = schema.lookupType("dylive.wire.PushFrame");

/** A room collected and recorded by a decoder that knew no likes and no gifts. */
async function collected(data: string) {
  mkdirSync(data);
  const store = openSqliteStore({ path: join(data, "dylive.sqlite") });
  const folder = join(data, "raw");
  const room = await store.rooms.ensure([{ kind: "web_rid", value: "98765" }]);
  const clock = new FakeClock(T0);
  const raw = new RawRecorder({ folder, clock, byDefault: true, maxBytes: 20_000, onError: fail });
  const parts = {
    log: store.log,
    rooms: store.rooms,
    room,
    clock,
    drift: new Drift(),
    setAside: (_: unknown, error: unknown) => fail(error),
  };
  const older: typeof normalise = (envelope, context) => (/Like|Gift/.test(envelope.method) ? null : normalise(envelope, context));
  const pipeline = await Pipeline.open({ ...parts, decode: older });
  for (let at = 0; at < received.length; at += 4) {
    raw.take(room, received.slice(at, at + 4), broadcast);
    await pipeline.store(received.slice(at, at + 4), broadcast);
  }
  await catchUp(store, plainWords);
  // A redecode leaves a server its turn, of which there is none here.
  const unhurried = { now: () => clock.now(), every: clock.every.bind(clock), sleep: async () => {} };
  const again = async () =>
    redecode({
      store,
      room,
      files: await rawFiles(folder, room),
      clock: unhurried,
      drift: new Drift(),
      erased: async () => null,
      signal,
      setAside: parts.setAside,
    });
  const events = async () => (await readAll(store.log, room)).events;
  return { store, folder, room, clock, raw, again, events };
}

/** Whom the room saw most of, in messages of every kind. @param rank 1 for whom after that */
async function someone(events: Awaited<ReturnType<Awaited<ReturnType<typeof collected>>["events"]>>, rank = 0): Promise<User> {
  const seen = new Map<string, { user: User; count: number }>();
  for (const event of events)
    for (const user of peopleIn(event)) {
      if (user.id === null || user.isAnchor) continue;
      const one = seen.get(user.id) ?? { user, count: 0 };
      seen.set(user.id, { user: one.user, count: one.count + 1 });
    }
  const most = [...seen.values()].sort((a, b) => b.count - a.count)[rank]?.user;
  if (most === undefined) throw new Error("nobody");
  return most;
}

const erase = (store: Store, folder: string, user: string): Promise<Erasure> =>
  eraseEverywhere(user, {
    log: () => eraseUser(store, { user, keep: false }),
    recordings: (identity) => eraseAllRaw(folder, { named: namedIn(identity), signal }),
    files: async () => [],
    filesElsewhere: async () => 0,
  });

/** A number as protobuf writes it, by an independent hand. */
const numberOf = (id: string) =>
  Buffer.from(
    protobuf.Writer.create()
      .uint64(id as unknown as number)
      .finish(),
  );

/** Every byte that is kept, unpacked as far as it goes: files, recordings, frames, the responses in them. */
function everyByte(folder: string): Map<string, Buffer> {
  const found = new Map<string, Buffer>();
  for (const name of readdirSync(folder)) {
    const path = join(folder, name);
    if (statSync(path).isDirectory()) for (const [key, bytes] of everyByte(path)) found.set(key, bytes);
    else found.set(path, unpacked(readFileSync(path)));
  }
  return found;
}
function unpacked(file: Buffer): Buffer {
  if (file[0] !== 0x1f) return file;
  const bytes = gunzipSync(file);
  const parts = [bytes];
  let at = 16 + bytes.readUInt32LE(8);
  while (at < bytes.length) {
    const length = bytes.readUInt32LE(at);
    const frame = PushFrame.decode(bytes.subarray(at + 17, at + 8 + length)) as unknown as { payload: Uint8Array };
    if (frame.payload.length > 0) parts.push(gunzipSync(frame.payload));
    at += 8 + length;
  }
  return Buffer.concat(parts);
}
const holding = (data: string, { id, secUid, nickname }: User) => {
  const marks = [id ?? "", secUid ?? "", nickname ?? ""].filter((mark) => mark !== "").map((mark) => Buffer.from(mark));
  return [...everyByte(data)]
    .filter(([, bytes]) => [...marks, numberOf(id ?? "0")].some((mark) => bytes.includes(mark)))
    .map(([path]) => path);
};

describe("erase-user", () => {
  it("leaves no byte of a person in raw recordings either, nor lets a newer decoder bring them back", { tags: ["full"] }, async () => {
    const data = directory("data");
    const { store, folder, raw, again, events } = await collected(data);
    await raw.close();
    await packLeft(folder, new FakeClock());
    const person = await someone(await events());
    const before = holding(data, person);
    expect(before.filter((path) => path.endsWith(".dyrec.gz")).length).toBeGreaterThan(1);
    const frames = async () => {
      let count = 0;
      for (const bytes of (await rawFiles(folder)).map(({ path }) => gunzipSync(readFileSync(path))))
        for (let at = 16 + bytes.readUInt32LE(8); at < bytes.length; at += 8 + bytes.readUInt32LE(at)) count++;
      return count;
    };
    expect(await frames()).toBe(40);
    const done = await erase(store, folder, person.id ?? "");
    expect(done.recordings).toMatchObject({ frames: 0, open: [], failed: [] });
    expect(done.recordings.messages).toBeGreaterThan(done.recordings.files);
    expect(done.erased).toBeGreaterThan(0);
    expect(await frames()).toBe(40);
    expect(readdirSync(join(folder, "1")).every((name) => name.endsWith(".dyrec.gz"))).toBe(true);

    const told = await again();
    expect(told.appended).toBeGreaterThan(30);
    expect(JSON.stringify(await events())).not.toContain(person.id);
    await catchUp(store, plainWords);
    await store.close();
    expect(holding(data, person)).toEqual([]);
  });

  it("finds whom only the recordings know, leaves others' files alone, and says what it cannot reach", async () => {
    const data = directory("data");
    const { store, folder, raw, events } = await collected(data);
    const person = await someone(await events());
    await raw.rotate();
    const about = { sessionId: made.roomId, webRid: "98765", source: "websocket" };
    raw.take(7, received.slice(0, 4), about);
    raw.take(8, [{ ...(received[0] as Received), raw: Buffer.from([0x3a, 2, 0x68, 0x62]) }], about);
    await raw.leave(8);
    await raw.packed();
    writeFileSync(join(folder, "8", "20260502T130000000Z-1.dyrec.gz"), "no gzip at all");
    const [untouched] = await rawFiles(folder, 8).then((files) => files.filter(({ bytes }) => bytes > 20));
    await store.log.remove(1, 1, 100_000, "retention");
    const other = readFileSync(untouched?.path ?? "");
    const done = await erase(store, folder, person.id ?? "");
    expect(done).toMatchObject({ erased: 0, identity: { ids: [person.id] } });
    expect(done.recordings.messages).toBeGreaterThan(1);
    expect(readFileSync(untouched?.path ?? "")).toEqual(other);
    const [open] = (await rawFiles(folder, 7)).filter((file) => file.open);
    const left = remainingTraces(data, done, false).map(String);
    expect(left).toContain(`${open?.path}, which is being written to: erase them again when it is closed`);
    expect(left).toContainEqual(expect.stringMatching(/20260502T130000000Z-1\.dyrec\.gz \(incorrect header check\)/));
    await raw.close();
    await store.close();
  });
});

function fail(error: unknown): never {
  throw error instanceof Error ? error : new Error(String(error));
}
