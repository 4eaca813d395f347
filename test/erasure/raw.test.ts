import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import protobuf from "protobufjs";
import { describe, expect, it } from "vitest";
import { corpus } from "../../simulator/index.js";
import { eraseUser } from "../../src/erasure/erase.js";
import { type Erasure, eraseEverywhere, unreached } from "../../src/erasure/everywhere.js";
import { namedIn, peopleIn, unknownPerson } from "../../src/erasure/identity.js";
import type { User } from "../../src/events/event.js";
import { type Broadcast, Pipeline } from "../../src/ingest/pipeline.js";
import { redecode } from "../../src/ingest/redecode.js";
import type { Received } from "../../src/platform/access/read.js";
import { readFrame } from "../../src/platform/access/read.js";
import { normalise } from "../../src/platform/messages/normalise.js";
import { Drift } from "../../src/platform/wire/drift.js";
import { RecordingReader } from "../../src/platform/wire/recording.js";
import { systemClock } from "../../src/runtime/clock.js";
import { eraseAllRaw } from "../../src/sources/raw/erase-all.js";
import { rawFiles, removeRaw, rewriteAlone } from "../../src/sources/raw/files.js";
import { closeRecordings, rotateMark } from "../../src/sources/raw/pack.js";
import { RawRecorder } from "../../src/sources/raw/recorder.js";
import { catchUp } from "../../src/statistics/reader.js";
import { openSqliteStore } from "../../src/store/sqlite/store.js";
import type { Store } from "../../src/store/store.js";
import { FakeClock } from "../clock.js";
import { readAll } from "../contracts/harness.js";
import { indexAll } from "../contracts/search.js";
import { schema } from "../platform/wire/schema.js";
import { plainWords } from "../statistics/plain-words.js";
import { useDirectory } from "../store/directory.js";
import { until } from "../until.js";

const directory = useDirectory();
const T0 = 1_777_726_800_000;
const made = corpus({ seed: "erase-raw", frames: 60 });
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
  await indexAll(store);
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
    recordings: (identity) => eraseAllRaw(folder, systemClock, { named: namedIn(identity), signal }),
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
  it("leaves no byte of a person in raw recordings either, nor lets a newer decoder bring them back", async () => {
    const data = directory("data");
    const { store, folder, raw, again, events } = await collected(data);
    await raw.close();
    await closeRecordings(folder, () => false, new FakeClock(), signal);
    const person = await someone(await events());
    const before = holding(data, person);
    expect(before.filter((path) => path.endsWith(".dyrec.gz")).length).toBeGreaterThan(1);
    const frames = async () => {
      let count = 0;
      for (const bytes of (await rawFiles(folder)).map(({ path }) => gunzipSync(readFileSync(path))))
        for (let at = 16 + bytes.readUInt32LE(8); at < bytes.length; at += 8 + bytes.readUInt32LE(at)) count++;
      return count;
    };
    expect(await frames()).toBe(60);
    const done = await erase(store, folder, person.id ?? "");
    expect(done.recordings).toMatchObject({ frames: 0, open: [], failed: [] });
    expect(done.recordings.messages).toBeGreaterThan(done.recordings.files);
    expect(done.erased).toBeGreaterThan(0);
    expect(await frames()).toBe(60);
    expect(readdirSync(join(folder, "1")).every((name) => name.endsWith(".dyrec.gz"))).toBe(true);

    const told = await again();
    expect(told.appended).toBeGreaterThan(50);
    expect(JSON.stringify(await events())).not.toContain(person.id);
    await catchUp(store, plainWords);
    await store.close();
    expect(holding(data, person)).toEqual([]);
  });

  it("of two at once, with a server that starts meanwhile, brings nobody back", async () => {
    const data = directory("data");
    const { store, folder, raw, events } = await collected(data);
    await raw.close();
    await closeRecordings(folder, () => false, new FakeClock(), signal);
    const people = [await someone(await events()), await someone(await events(), 1)];
    for (const one of people) expect(holding(folder, one).length).toBeGreaterThan(1);
    const servers: RawRecorder[] = [];
    const begin = () => servers.push(new RawRecorder({ folder, clock: systemClock, byDefault: true, onError: fail }));
    const done = await Promise.all(
      people.map(({ id }) =>
        eraseAllRaw(folder, systemClock, {
          named: namedIn(unknownPerson(id ?? "")),
          signal,
          onPart: () => void (servers.length < 3 && begin()),
        }),
      ),
    );
    for (const one of done) expect(one).toMatchObject({ open: [], failed: [] });
    for (const { id } of people) expect(holding(folder, { ...people[0], id, secUid: null, nickname: null } as User)).toEqual([]);
    for (const server of servers) await server.close();
    expect(readdirSync(folder)).toEqual(["1"]);
    await store.close();
  });

  it("brings back no recording that is removed while it is written again", async () => {
    const data = directory("data");
    const { store, folder, raw, events } = await collected(data);
    await raw.close();
    await closeRecordings(folder, () => false, new FakeClock(), signal);
    const person = await someone(await events());
    const files = (await rawFiles(folder)).filter(({ path }) => holding(folder, person).includes(path));
    expect(files.length).toBeGreaterThan(1);
    const removed: string[] = [];
    const onPart = async () => {
      for (const file of files.filter(({ path }) => existsSync(`${path}.part`) && !removed.includes(path))) {
        await removeRaw(file);
        removed.push(file.path);
      }
    };
    const done = await eraseAllRaw(folder, systemClock, { named: namedIn(unknownPerson(person.id ?? "")), signal, onPart });
    expect(removed.length).toBeGreaterThan(1);
    expect(done).toMatchObject({ open: [], failed: [] });
    expect(readdirSync(join(folder, "1")).filter((name) => removed.some((path) => path.includes(name.slice(0, 20))))).toEqual([]);
    await store.close();
  });

  it("waits for who rewrites recordings, and leaves to a server that began meanwhile what that one writes", async () => {
    const folder = join(directory("data"), "raw");
    const clock = new FakeClock();
    const about = { sessionId: made.roomId, webRid: "98765", source: "websocket" };
    let server: RawRecorder | null = null;
    let closing: Promise<void> = Promise.resolve();
    mkdirSync(folder, { recursive: true });
    await rewriteAlone(folder, clock, signal, async () => {
      closing = closeRecordings(folder, () => server !== null, clock, signal);
      server = new RawRecorder({ folder, clock, byDefault: true, onError: fail });
      server.take(7, received.slice(0, 4), about);
      await until(async () => (await rawFiles(folder, 7)).length === 1);
    });
    const begun = server as RawRecorder | null;
    let isClosed = false;
    void closing.finally(() => {
      isClosed = true;
    });
    // It asks the server for it, by its mark.
    await until(async () => {
      await clock.advance(100);
      return isClosed || existsSync(rotateMark(folder));
    });
    begun?.take(7, received.slice(4, 8), about);
    await until(async () => {
      await clock.advance(500);
      return isClosed;
    });
    await closing;
    await begun?.close();
    const files = await rawFiles(folder, 7);
    const records = files.flatMap(({ path }) =>
      new RecordingReader().push(path.endsWith(".gz") ? gunzipSync(readFileSync(path)) : readFileSync(path)),
    );
    expect(records).toHaveLength(8);
    expect(files.some(({ open }) => !open)).toBe(true);
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
    writeFileSync(join(data, "refused.jsonl"), "");
    mkdirSync(join(data, "official-spool"));
    mkdirSync(join(data, "spool", "log", "8"), { recursive: true });
    writeFileSync(join(data, "spool", "log", "8", "20260502T130000000Z-1.dyrec"), "");
    const [untouched] = await rawFiles(folder, 8).then((files) => files.filter(({ bytes }) => bytes > 20));
    await store.log.remove(1, 1, 100_000, "retention");
    const other = readFileSync(untouched?.path ?? "");
    const done = await erase(store, folder, person.id ?? "");
    expect(done).toMatchObject({ erased: 0, identity: { ids: [person.id] } });
    expect(done.recordings.messages).toBeGreaterThan(1);
    expect(readFileSync(untouched?.path ?? "")).toEqual(other);
    const [open] = (await rawFiles(folder, 7)).filter((file) => file.open);
    expect(unreached(data, done, false).map(String)).toEqual([
      "backups",
      "exports and recordings that were made before",
      expect.stringMatching(/^files beside recordings \(dylive sidecar\): once removed/),
      expect.any(String),
      join(data, "refused.jsonl"),
      `${join(data, "spool")}, until what waits there is stored without them`,
      `${open?.path}, which is being written to: erase them again when it is closed`,
      expect.stringMatching(/20260502T130000000Z-1\.dyrec\.gz \(incorrect header check\)/),
      "what they do from now on: it is collected again",
    ]);
    // A server closes what it writes to when it is asked to.
    const clock = new FakeClock();
    await raw.close();
    const server = new RawRecorder({ folder, clock, byDefault: true, onError: fail });
    server.take(7, received.slice(4, 8), about);
    let closed = false;
    const closing = closeRecordings(folder, () => true, clock, signal).then(() => {
      closed = true;
    });
    await until(async () => {
      await clock.advance(200);
      return closed;
    });
    await closing;
    expect((await rawFiles(folder, 7)).map((file) => file.open)).toEqual([false, false]);
    expect((await erase(store, folder, person.id ?? "")).recordings.messages).toBeGreaterThan(0);
    expect(holding(folder, { ...person, nickname: null, secUid: null }).filter((path) => !path.includes("T130000000Z"))).toEqual([]);
    await expect(erase(store, folder, "404040404040")).rejects.toMatchObject({ code: "not_found" });
    await server.close();
    await store.close();
  });
});

function fail(error: unknown): never {
  throw error instanceof Error ? error : new Error(String(error));
}
