import { describe, expect, it } from "vitest";
import { openMemoryStore } from "../../../src/log/memory.js";
import { FakeClock } from "../../clock.js";
import { chat, gift } from "../../contracts/events.js";
import { until } from "../../until.js";
import { delivering, FakeReceiver } from "./delivering.js";
import { upTo } from "./receiver.js";

const HOUR = 3_600_000;
const DAY = 24 * HOUR;

async function faked(options: { readonly lookMs?: number; readonly maxEventsPerRoom?: number } = {}) {
  const clock = new FakeClock();
  const receiver = new FakeReceiver(clock);
  const store = openMemoryStore({ maxEventsPerRoom: options.maxEventsPerRoom ?? 100_000, clock });
  return { receiver, ...(await delivering({ clock, store, send: receiver.send, ...options })) };
}

describe("a hook", () => {
  it("is sent what comes after it was made, in batches of one room and a contiguous range, each event once and in order", async () => {
    const { receiver, hook, chats, clock, store } = await faked();
    const a = await chats("a", 5);
    const { id } = await hook({ maxEvents: 10 });
    for (let n = 0; n < 10; n++) {
      await chats("a", 3);
      await chats("b", 2);
      await clock.advance(50);
    }
    await clock.advance(1_000);
    const b = await chats("b", 0);
    expect(receiver.seqs(a)).toEqual(upTo(35).slice(5));
    expect(receiver.seqs(b)).toEqual(upTo(20));
    for (const room of [a, b]) {
      let at = room === a ? 5 : 0;
      for (const body of receiver.taken.filter((one) => one.room === room)) {
        expect(body.from).toBe(at + 1);
        expect(body.events.every(({ seq }) => seq >= body.from && seq <= body.to)).toBe(true);
        expect(body.events.length).toBeLessThanOrEqual(10);
        at = body.to;
      }
    }
    expect(receiver.sent[0]).toMatchObject({ id: `${id}_${a}_6-8_${store.log.id}` });
    expect(new Set(receiver.sent.map((one) => one.id)).size).toBe(receiver.sent.length);
  });

  it("waits for nobody when it is quiet, and puts together what comes while it is busy", async () => {
    const { receiver, hook, chats, clock } = await faked();
    await hook({});
    await chats("a", 1);
    await until(() => receiver.taken.length === 1);
    for (let n = 0; n < 9; n++) {
      await chats("a", 1);
      await clock.advance(10);
    }
    expect(receiver.sent).toHaveLength(1);
    await clock.advance(10);
    expect(receiver.taken.map(({ events }) => events.length)).toEqual([1, 9]);
  });

  it("moves on without a request where its filter leaves nothing, also for the next process", async () => {
    const { receiver, hook, chats, append, clock, store, desk, restart } = await faked();
    const { id } = await hook({ types: ["gift"], filter: "diamonds >= 100" });
    const room = await chats("a", 40);
    await append("a", gift("g1", "c1", 1, 1));
    await clock.advance(100);
    expect((await desk.view(id)).backlog).toBe(0);
    expect((await store.hooks.places(id)).get(room) ?? 0).toBe(0);
    await clock.advance(5_000);
    expect((await store.hooks.places(id)).get(room)).toBe(41);
    await append("a", gift("g2", "c2", 20, 20));
    await clock.advance(100);
    expect(receiver.taken).toMatchObject([{ from: 42, to: 42, events: [{ id: "g2" }] }]);
    await chats("a", 3);
    await clock.advance(100);
    await restart();
    expect((await store.hooks.places(id)).get(room)).toBe(45);
    expect(receiver.sent).toHaveLength(1);
  });

  it("is told of a range that is no longer kept", async () => {
    const { receiver, hook, chats, clock, desk } = await faked({ maxEventsPerRoom: 10 });
    const { id } = await hook({});
    receiver.answer = () => 500;
    const room = await chats("a", 4);
    await clock.advance(10);
    for (let n = 0; n < 6; n++) await chats("a", 5);
    receiver.answer = () => 204;
    await desk.resume(id);
    await clock.advance(1_000);
    expect(receiver.taken.map(({ from, to, removed }) => [from, to, removed])).toEqual([
      [1, 4, undefined],
      [5, 34, [[5, 24]]],
    ]);
    expect(receiver.seqs(room)).toEqual([...upTo(4), ...upTo(34).slice(24)]);
  });

  it("whose receiver is down for a day loses nothing, keeps the order, and is tried about twenty times", async () => {
    const { receiver, hook, chats, clock, desk } = await faked({ lookMs: HOUR });
    const { id } = await hook({ maxEvents: 7 });
    receiver.answer = () => 503;
    const room = await chats("a", 3);
    for (let hour = 0; hour < 24; hour++) {
      await chats("a", 5);
      await clock.advance(HOUR);
    }
    const tries = receiver.sent.length;
    expect(tries).toBeGreaterThan(12);
    expect(tries).toBeLessThan(120);
    const [first] = receiver.sent;
    for (const one of receiver.sent) expect([one.id, one.body]).toEqual([first?.id, first?.body]);
    expect(new Set(receiver.sent.map(({ headers }) => headers["webhook-timestamp"])).size).toBeGreaterThan(tries - 5);
    const failing = await desk.view(id);
    expect(failing).toMatchObject({ backlog: 123, row: { paused: null, last: { status: 503 } } });
    expect(failing.rooms[0]?.waiting).toMatchObject({ tries, from: 1, to: 3 });
    receiver.answer = () => 200;
    await clock.advance(2 * HOUR);
    expect(receiver.seqs(room)).toEqual(upTo(123));
    expect((await desk.view(id)).row).toMatchObject({ failing: null });
  });

  it("is paused after three days of failure, which the system's room is told once; it goes on where it was", async () => {
    const { receiver, hook, chats, clock, desk, news, store } = await faked({ lookMs: HOUR });
    const { id } = await hook({ name: "看板" });
    receiver.answer = () => 500;
    const room = await chats("a", 3);
    const since = clock.now();
    await clock.advance(3 * DAY - HOUR);
    expect((await desk.get(id)).paused).toBeNull();
    await clock.advance(4 * HOUR);
    const { paused, failing, last } = await desk.get(id);
    expect([paused?.reason, failing?.since, last?.error]).toEqual(["failing", since, "it answered HTTP 500"]);
    expect(news).toHaveLength(1);
    const tries = receiver.sent.length;
    await chats("a", 3);
    await clock.advance(DAY);
    expect(receiver.sent).toHaveLength(tries);
    const [told] = (await store.log.read(0, 0, 10)).events;
    expect(told).toMatchObject({
      type: "system",
      kind: "hook.paused",
      text: expect.stringContaining(`看板 (${id}) is paused: it has failed since`),
    });
    receiver.answer = () => 200;
    await desk.resume(id);
    await clock.advance(1_000);
    expect(receiver.seqs(room)).toEqual(upTo(6));
    expect(receiver.taken[0]).toMatchObject({ from: 1, to: 3 });
  });

  it("is not paused because dylive was off", async () => {
    const { receiver, hook, chats, clock, desk, runner, restart } = await faked({ lookMs: HOUR });
    const { id } = await hook({});
    receiver.answer = () => 500;
    await chats("a", 1);
    await clock.advance(HOUR);
    await runner.stop();
    await clock.advance(10 * DAY);
    await restart();
    await clock.advance(HOUR);
    expect(await desk.get(id)).toMatchObject({ paused: null, failing: { ms: expect.any(Number) } });
    await clock.advance(3 * DAY);
    expect((await desk.get(id)).paused?.reason).toBe("failing");
  });

  it("is paused at once by 410 Gone", async () => {
    const { receiver, hook, chats, clock, desk, news } = await faked({ lookMs: HOUR });
    const { id } = await hook({});
    receiver.answer = () => 410;
    await chats("a", 1);
    await chats("b", 1);
    await clock.advance(10);
    expect((await desk.get(id)).paused?.reason).toBe("gone");
    expect(news[0]?.text).toContain("410 Gone");
    const tries = receiver.sent.length;
    await clock.advance(DAY);
    expect([receiver.sent.length, tries <= 2]).toEqual([tries, true]);
  });

  it("leaves its receiver alone for as long as that asks", async () => {
    const { receiver, hook, chats, clock } = await faked();
    await hook({});
    receiver.answer = () => 429;
    receiver.putOffMs = 600_000;
    await chats("a", 1);
    await clock.advance(599_000);
    expect(receiver.sent).toHaveLength(1);
    await clock.advance(1_000);
    expect(receiver.sent).toHaveLength(2);
  });

  it("has one request of a room at a time, four in all, and rooms do not wait for one that fails", async () => {
    const { receiver, hook, chats, clock } = await faked();
    await hook({});
    const bad = await chats("bad", 0);
    let [now, most] = [0, 0];
    const open = new Set<number>();
    receiver.answer = async ({ body }) => {
      const { room } = JSON.parse(body) as { room: number };
      expect(open.has(room)).toBe(false);
      open.add(room);
      most = Math.max(most, ++now);
      await clock.sleep(10);
      now--;
      open.delete(room);
      return room === bad ? 500 : 200;
    };
    for (let n = 0; n < 5; n++) {
      for (const name of ["bad", ...upTo(12).map(String)]) await chats(name, 2);
      await clock.advance(200);
    }
    await clock.advance(1_000);
    expect(most).toBe(4);
    const rooms = new Set(receiver.taken.map(({ room }) => room));
    expect([rooms.size, rooms.has(bad)]).toEqual([12, false]);
    for (const room of rooms) expect(receiver.seqs(room)).toEqual(upTo(10));
  });

  it("that never answers holds up no other", async () => {
    const { receiver, hook, chats, clock } = await faked();
    await hook({ url: "https://slow.example/" });
    await hook({ url: "https://quick.example/" });
    receiver.answer = ({ url }) => (url.includes("slow") ? null : 200);
    for (const name of upTo(10).map(String)) await chats(name, 5);
    await clock.advance(1_000);
    expect(receiver.taken.length).toBe(10);
    expect(receiver.sent.filter(({ url }) => url.includes("slow"))).toHaveLength(4);
  });

  it("whose receiver is back after an outage is sent the other rooms at once", async () => {
    const { receiver, hook, chats, clock } = await faked({ lookMs: HOUR });
    await hook({});
    receiver.answer = () => 500;
    for (const name of upTo(20).map(String)) await chats(name, 1);
    await clock.advance(12 * HOUR);
    receiver.answer = () => 200;
    const before = receiver.sent.length;
    await until(async () => {
      await clock.advance(60_000);
      return receiver.sent.length > before;
    });
    await clock.advance(1_000);
    expect(new Set(receiver.taken.map(({ room }) => room)).size).toBe(20);
  });

  it("that is stopped in the middle is sent the same bytes again by the next process", async () => {
    const { receiver, hook, chats, clock, restart } = await faked();
    await hook({ maxEvents: 4 });
    receiver.answer = () => null;
    const room = await chats("a", 3);
    await clock.advance(10);
    await chats("a", 5);
    await restart();
    receiver.answer = () => 200;
    await clock.advance(10);
    await restart();
    await clock.advance(1_000);
    const [first, second] = receiver.sent;
    expect([second?.id, second?.body]).toEqual([first?.id, first?.body]);
    expect(receiver.taken[0]).toMatchObject({ from: 1, to: 3 });
    expect(receiver.seqs(room)).toEqual(upTo(8));
  });

  it("is sent events again from any place, under other ids, and passes over what somebody skips", async () => {
    const { receiver, hook, chats, clock, desk } = await faked();
    const { id } = await hook({ maxEvents: 5 });
    const room = await chats("a", 10);
    await clock.advance(1_000);
    for (const seq of [1, 4]) {
      await desk.replay(id, room, seq);
      await clock.advance(1_000);
    }
    expect(receiver.taken.map(({ from, to }) => [from, to])).toEqual([
      [1, 5],
      [6, 10],
      [1, 5],
      [6, 10],
      [4, 8],
      [9, 10],
    ]);
    expect(new Set(receiver.sent.map((one) => one.id)).size).toBe(6);
    receiver.answer = () => 500;
    await chats("a", 5);
    await clock.advance(1_000);
    receiver.answer = () => 200;
    await desk.replay(id, room, 15);
    await clock.advance(1_000);
    expect(receiver.taken.at(-1)).toMatchObject({ from: 15, to: 15 });
    await expect(desk.replay(id, room, 17)).rejects.toMatchObject({ code: "bad_request" });
    await expect(desk.replay(id, room, 0)).rejects.toMatchObject({ code: "bad_request" });
    await expect(desk.replay(id, 999, 1)).rejects.toMatchObject({ code: "bad_request" });
    await expect(desk.replay("none", room, 1)).rejects.toMatchObject({ code: "not_found" });
  });

  it("goes on through a store that fails for a while", async () => {
    const { receiver, hook, chats, clock, store, errors } = await faked();
    await hook({});
    const { fix, tried } = store.hooks;
    const down = () => Promise.reject(new Error("disk full"));
    Object.assign(store.hooks, { fix: down });
    const room = await chats("a", 2);
    await clock.advance(5_000);
    expect([receiver.sent.length, errors.length > 0]).toEqual([0, true]);
    Object.assign(store.hooks, { fix, tried: down });
    await clock.advance(5_000);
    Object.assign(store.hooks, { tried });
    await chats("a", 2);
    await clock.advance(5_000);
    expect(receiver.seqs(room)).toEqual(upTo(4));
    expect(receiver.sent[0]).toMatchObject({ id: receiver.sent[1]?.id, body: receiver.sent[1]?.body });
  });

  it("puts no more into a batch than 256 KiB, and a larger event alone", async () => {
    const { receiver, hook, append, clock } = await faked();
    await hook({});
    const long = (kib: number) => ({ text: "x".repeat(kib * 512) }); // the text is in its segments too
    const room = await append("a", chat("1", long(100)), chat("2", long(100)), chat("3", long(100)), chat("4", long(400)), chat("5"));
    await clock.advance(1_000);
    expect(receiver.taken.map(({ from, to, events }) => [from, to, events.length])).toEqual([
      [1, 2, 2],
      [3, 3, 1],
      [4, 4, 1],
      [5, 5, 1],
    ]);
    expect(receiver.seqs(room)).toEqual(upTo(5));
  });

  it("that was changed by another process is seen within seconds", async () => {
    const { receiver, hook, chats, clock, store } = await faked();
    const { id } = await hook({});
    await store.hooks.change(id, { url: "https://other.example/" });
    await clock.advance(2_000);
    await chats("a", 1);
    await clock.advance(10);
    expect(receiver.sent).toMatchObject([{ url: "https://other.example/" }]);
    await store.hooks.remove(id);
    await clock.advance(2_000);
    await chats("a", 1);
    await clock.advance(1_000);
    expect(receiver.sent).toHaveLength(1);
  });
});
