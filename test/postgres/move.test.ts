// Guards: a store that moves from SQLite to PostgreSQL answers everything as before, or is no store.
import { join } from "node:path";
import fc from "fast-check";
import { afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { NewEvent } from "../../src/events/event.js";
import { decodeCursor, encodeCursor, placeOf } from "../../src/feed/cursor.js";
import { catchUp } from "../../src/statistics/reader.js";
import { checkStore } from "../../src/store/check.js";
import type { Where } from "../../src/store/log.js";
import { moveStore, SqliteSource } from "../../src/store/move.js";
import { openPostgresStore } from "../../src/store/postgres/store.js";
import { RETAINED } from "../../src/store/sql/retention.js";
import { openSqliteStore } from "../../src/store/sqlite/store.js";
import type { Store } from "../../src/store/store.js";
import { chat, erased, gift } from "../contracts/events.js";
import { claimed, readAll } from "../contracts/harness.js";
import { findAll } from "../contracts/search.js";
import { everything } from "../contracts/statistics.js";
import { streams } from "../contracts/statistics-streams.js";
import { plainWords } from "../statistics/plain-words.js";
import { useFolders } from "../store/directory.js";
import { commentOf, runOf } from "../works/comment.js";
import { downloadOf } from "../works/kept-download.js";
import { listRunOf, workOf } from "../works/work.js";
import { dropDatabase, newDatabase } from "./database.js";

const SIGNAL = new AbortController().signal;
const AUTHOR = { id: "1", secUid: "MS4w", displayId: null, shortId: null };
const TOKEN = { id: "t", name: "n", scope: "read", hash: "h", rooms: [], perMinute: null, createdAt: 1, expiresAt: null } as const;
const SESSIONS = ["s1", "s2", ""];
const dir = useFolders()();
const path = join(dir, "dylive.sqlite");
let url: string;

/** Ids of every form, of several days; one is as an integer at the edge of 64 bits. */
function idOf(n: number): string {
  const second = BigInt(1_760_000_000 + n * 37);
  if (n % 11 === 0) return `h:${n.toString(16).padStart(16, "0")}`;
  if (n % 13 === 0) return `gap:${1_760_000_000_000 + n}`;
  if (n % 1999 === 0) return (9_223_372_036_854_775_000n + BigInt(n % 800)).toString();
  return ((second << 32n) + BigInt(n)).toString();
}

/** A store with everything in it that a store can have. */
async function seed(count: number): Promise<void> {
  const store = openSqliteStore({ path });
  const made = fc
    .sample(streams, { seed: 7, numRuns: Math.ceil(count / 10) })
    .flat()
    .slice(0, count);
  for (const [at, name] of ["98765", "anchor-二", "30003"].entries()) {
    const { room, append } = await claimed(store, name);
    if (at === 1) await store.rooms.claim(room);
    if (at === 1) continue; // a room without events, claimed twice
    const events = made.map((event, n): NewEvent => ({ ...event, id: idOf(n) }));
    for (let from = 0; from < events.length; from += 1000) await append(...events.slice(from, from + 1000));
    await append(gift("settle:x", "x", 0, 5, true), chat("nul", { text: "a\u0000b 你好" }));
    // Together more than a number of JavaScript holds.
    for (const diamonds of [Number.MAX_SAFE_INTEGER, 2])
      await append({ ...gift(`dear${diamonds}`, `dear${diamonds}`, 1, 1), sessionId: "s1", unitDiamonds: diamonds, diamonds });
    await catchUp(store, plainWords);
    const { events: kept } = await readAll(store.log, room, 500, 3);
    const [one, two] = kept;
    if (one === undefined || two === undefined) throw new Error("too few");
    await store.log.replace(room, [
      { ...erased(one), seq: one.seq },
      { ...two, revision: 0 },
    ]);
    await store.log.remove(room, 1, 40, "retention");
    await store.log.remove(room, 300, 310, "retention");
    await store.retention.setHorizon(room, 1_760_000_000_000 + room);
    await store.retention.setLimits(room, "events", { maxAgeMs: 5_000_000, maxBytes: null });
    await store.sessions.open(room, "s1", 5, "标题");
    await store.sessions.open(room, "s2", 9);
    await store.sessions.end(room, "s2", 11, "announced");
    for (const reader of ["token:a:", "sub:b:名", "hook:h1"]) await store.positions.set(reader, 50 + at);
    await store.rooms.setFacts(room, { webRid: name, title: "间", anchor: { id: "1", secUid: null, nickname: "主播", avatar: null } });
    await store.rooms.setWatch(room, at === 0 ? "on" : "paused");
    await store.rooms.setSettings(room, { proxy: "http://u:p@h:1", record: true });
    await catchUp(store, plainWords);
  }
  const token = { name: "看", scope: "read", rooms: ["98765"], perMinute: 5, expiresAt: null, lastUsedAt: 9 } as const;
  await store.tokens.add({ ...token, id: "t1", hash: "aa", createdAt: 1, revokedAt: null });
  await store.tokens.add({ ...token, id: "t2", hash: "bb", createdAt: 2, revokedAt: 3 });
  const asked = { types: [], filter: null, rooms: [], maxEvents: 5, allowPrivate: false, old: null, replays: 1, paused: null };
  const hook = {
    ...{ ...asked, id: "h1", name: "n", url: "https://e.com", secret: "whsec_A", createdAt: 1, revision: 0, failing: null, last: null },
    channel: { kind: "telegram", secret: null, to: "-100", language: "zh", template: null },
  } as const;
  await store.works.keep(workOf("7560000000000000001", { text: "雨后 👨‍👩‍👧" }), '{"a":"原样"}');
  const heart = { id: "463", name: "小心心 💖", diamonds: 1, icon: null, kind: 1, combo: true };
  await store.gifts.learn("list", 1, [heart, { ...heart, id: "7691348205992268834", name: null, diamonds: null, combo: null }]);
  await store.gifts.learn("message", 2, [{ ...heart, diamonds: 2, combo: false }]);
  const comments = await store.commentRuns.begin(runOf("7560000000000000001"));
  await store.comments.put(comments, [commentOf("7560000000000000001", "1", { text: "雨后 👨‍👩‍👧" })]);
  await store.listRuns.begin(listRunOf("MS4w雨后"));
  const download = downloadOf("d1", "7560000000000000001", { askedBy: "雨后" });
  await store.downloads.tell(await store.downloads.begin(download, "disk"), download, { ...AUTHOR, nickname: "雨后" }, 7);
  await store.hooks.add({ ...hook, deliveredAt: null }, 60);
  const batch = { id: "b", room: 1, from: 61, to: 62, events: 2, createdAt: 7, tries: 0, body: '{"a":"\\u0000"}' };
  await store.hooks.fix("h1", 0, batch);
  const answered = { delivered: false, status: 500, error: "no", answer: "x" };
  await store.hooks.tried(
    { ...hook, deliveredAt: null },
    { id: "b", at: 3, ms: 1, room: 1, from: 61, to: 62, events: 2, bytes: 9, attempt: 1, ...answered },
  );
  await store.secrets.pseudonymKey();
  await store.erasures.note({ at: 5, pseudonym: "p00", keep: true, marks: ["a", "b"] });
  await store.close();
}

/** Everything that a store answers. */
async function told(store: Store) {
  const rooms = await store.rooms.list();
  const wheres: readonly Where[] = [{}, { types: ["gift"] }, { sessionId: "s1" }, { userId: "7" }, { minDiamonds: 20 }];
  const of = async (room: number) => ({
    aliases: await store.rooms.aliases(room),
    logs: await Promise.all(
      wheres.map(async (where) => ({
        newest: await store.log.readRoomBefore(room, Number.MAX_SAFE_INTEGER, 50, where),
        page: (await store.log.readRoom(room, 40, 200, where)).events,
      })),
    ),
    log: await readAll(store.log, room, 0, 5000),
    combos: await store.log.combos(room, ["s1.7.0", "s1.8.1", "x", "none"]),
    known: await store.log.known(room, [idOf(1), idOf(700), "none"]),
    sessions: await store.sessions.list(room, 10),
    statistics: await everything(store, room, SESSIONS),
    limits: await store.retention.limits(room),
    horizon: await store.retention.horizon(room),
    positions: await Promise.all(["token:a:", "sub:b:名", "hook:h1", "none"].map((reader) => store.positions.get(reader))),
  });
  return {
    rooms,
    heads: await store.log.heads(),
    of: await Promise.all([{ room: 0 }, ...rooms].map(({ room }) => of(room))),
    tokens: await store.tokens.list(),
    hooks: await store.hooks.list(),
    works: [await store.works.list({ limit: 9 }), await store.works.get("7560000000000000001")],
    gifts: [await store.gifts.list({ limit: 9 }), await store.gifts.listedAt()],
    lists: await store.listRuns.walk(0, 9),
    comments: [await store.comments.walk(null, 9), await store.commentRuns.last("7560000000000000001")],
    downloads: await store.downloads.list({ limit: 9 }),
    progress: await store.hooks.progress("h1"),
    batch: await store.hooks.batch("h1", 0, 1),
    tries: await store.hooks.tries("h1", 9),
    key: await store.secrets.pseudonymKey(),
    erasures: await store.erasures.list(),
    found: await findAll(store, { text: "b c" }, [1, 3], 50),
    retained: RETAINED.length,
  };
}

beforeAll(() => seed(1_500));
beforeEach(async () => {
  url = await newDatabase();
});
afterEach(() => dropDatabase(url));

describe("a store that moves from SQLite to PostgreSQL", () => {
  it("answers everything as before; cursors, tokens and epochs go on", { timeout: 120_000 }, async () => {
    const shown: number[] = [];
    const moved = await moveStore({ from: path, to: url, signal: SIGNAL, onProgress: (done) => shown.push(done) });
    expect(moved.rooms).toBe(3);
    expect(moved.events).toBeGreaterThan(2_800);
    expect(shown.at(-1)).toBe(moved.events);
    const [before, after] = [openSqliteStore({ path }), await openPostgresStore({ url })];
    try {
      expect(after.log.id).toBe(before.log.id);
      for (const store of [before, after]) await catchUp(store, plainWords);
      const [old, now] = [await told(before), await told(after)];
      expect(old.found.length).toBeGreaterThan(10);
      expect(old.of[1]?.statistics.parts[0]?.people[0]?.length).toBeGreaterThan(2);
      expect(now).toEqual(old);
      expect(await after.retention.size(1)).toBe(await before.retention.size(1));
      expect(await checkStore(after)).toEqual(await checkStore(before));

      const cursor = encodeCursor(before.log.id, 77);
      expect(decodeCursor(cursor)).toMatchObject({ logId: after.log.id });
      const ends = (await after.log.heads([1])).get(1) ?? { oldest: 0, head: 0 };
      expect(await placeOf(cursor, after.log, 1)).toEqual(await placeOf(cursor, before.log, 1));
      // Whoever had the room goes on by its epoch; a stored id is known; new rooms and rows get numbers of their own.
      expect(await after.rooms.claim(2)).toBe(3);
      const epoch = await after.rooms.claim(1);
      const events = [chat(idOf(700)), chat("new")];
      expect(await after.log.append([{ room: 1, epoch, events }])).toEqual([
        { room: 1, head: ends.head + 1, stored: [null, ends.head + 1] },
      ]);
      expect(await after.rooms.ensure([{ kind: "web_rid", value: "4" }])).toBe(4);
      expect((await after.sessions.open(1, "s3", 20)).sessionId).toBe("s3");
      expect((await after.sessions.list(1, 9)).map(({ sessionId }) => sessionId)).toEqual(["s3", "s2", "s1"]);
      await catchUp(after, plainWords);
      expect((await checkStore(after)).filter(({ kind }) => kind === "statistics")).toEqual([]);
    } finally {
      await before.close();
      await after.close();
    }
  });

  it("that is broken off is no store, and is not gone on with", { timeout: 120_000 }, async () => {
    const stop = new AbortController();
    const half = (done: number) => {
      if (done >= 1_000) stop.abort(new Error("pulled"));
    };
    await expect(moveStore({ from: path, to: url, signal: stop.signal, onProgress: half })).rejects.toThrow("pulled");
    await expect(openPostgresStore({ url })).rejects.toMatchObject({ code: "bad_config", detail: expect.stringContaining("not finished") });
    await expect(moveStore({ from: path, to: url, signal: SIGNAL })).rejects.toMatchObject({
      code: "bad_request",
      detail: expect.stringContaining("copy that was not finished"),
    });
  });

  it("takes no database that holds something, and no store that is none", async () => {
    const store = await openPostgresStore({ url });
    await store.tokens.add({ ...TOKEN, revokedAt: null, lastUsedAt: null });
    await store.close();
    await expect(moveStore({ from: path, to: url, signal: SIGNAL })).rejects.toMatchObject({
      code: "bad_request",
      detail: "the database holds 1 tokens already: give an empty one",
    });
    expect(() => new SqliteSource(join(dir, "none"))).toThrow("there is no store");
  });
});
