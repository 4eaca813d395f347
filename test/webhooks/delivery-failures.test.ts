// Guards: A hook whose receiver or store fails loses no event, sends none in two messages, and is paused with a word when it fails for days.
import { describe, expect, it } from "vitest";
import { yieldToEventLoop } from "../../src/runtime/clock.js";
import { gift } from "../contracts/events.js";
import { until } from "../until.js";
import { faked } from "./delivering.js";
import { upTo } from "./receiver.js";

const HOUR = 3_600_000;
const DAY = 24 * HOUR;

describe("a hook that meets trouble", () => {
  it("whose receiver is down for a day loses nothing, keeps the order, and is tried about twenty times", async () => {
    const { receiver, hook, chats, clock, webhooks } = await faked({ lookMs: HOUR });
    const { id } = await hook({ maxEvents: 7 });
    receiver.answer = () => 503;
    const room = await chats("a", 3);
    await until(() => receiver.sent.length > 0);
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
    const failing = await webhooks.view(id);
    expect(failing).toMatchObject({ backlog: 123, row: { paused: null, last: { status: 503 } } });
    expect(failing.rooms[0]?.waiting).toMatchObject({ tries, from: 1, to: 3 });
    receiver.answer = () => 200;
    await clock.advance(2 * HOUR);
    expect(receiver.seqs(room)).toEqual(upTo(123));
    expect((await webhooks.view(id)).row).toMatchObject({ failing: null });
  });

  it("is paused after three days of failure, which the system's room is told once; it goes on where it was", async () => {
    const { receiver, hook, chats, clock, webhooks, news, store } = await faked({ lookMs: HOUR });
    const { id } = await hook({ name: "看板" });
    receiver.answer = () => 500;
    const room = await chats("a", 3);
    const since = clock.now();
    await clock.advance(3 * DAY - HOUR);
    expect((await webhooks.get(id)).paused).toBeNull();
    await clock.advance(4 * HOUR);
    const { paused, failing, last } = await webhooks.get(id);
    expect([paused?.reason, failing?.since, last?.error]).toEqual(["failing", since, "it answered HTTP 500"]);
    expect(news).toHaveLength(1);
    const tries = receiver.sent.length;
    await chats("a", 3);
    await clock.advance(DAY);
    expect(receiver.sent).toHaveLength(tries);
    const [told] = (await store.log.readRoom(0, 0, 10)).events;
    expect(told).toMatchObject({
      type: "system",
      kind: "hook.paused",
      text: expect.stringContaining(`看板 (${id}) is paused: it has failed since`),
    });
    receiver.answer = () => 200;
    await webhooks.resume(id);
    await clock.advance(1_000);
    expect(receiver.seqs(room)).toEqual(upTo(6));
    expect(receiver.taken[0]).toMatchObject({ from: 1, to: 3 });
  });

  it("is paused at once by 410 Gone", async () => {
    const { receiver, hook, chats, clock, webhooks, news } = await faked({ lookMs: HOUR });
    const { id } = await hook({});
    receiver.answer = () => 410;
    await chats("a", 1);
    await chats("b", 1);
    await clock.advance(10);
    expect((await webhooks.get(id)).paused?.reason).toBe("gone");
    expect(news[0]?.text).toContain("410 Gone");
    const tries = receiver.sent.length;
    await clock.advance(DAY);
    expect([receiver.sent.length, tries <= 2]).toEqual([tries, true]);
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

  it("keeps a place of its own for the room that fails alone, and none once that has caught up", async () => {
    const { receiver, hook, chats, clock, store, webhooks } = await faked();
    const { id } = await hook({});
    const bad = await chats("bad", 0);
    receiver.answer = ({ body }) => ((JSON.parse(body) as { room: number }).room === bad ? 500 : 200);
    for (let n = 0; n < 10; n++) {
      for (const name of ["bad", ...upTo(5).map(String)]) await chats(name, 2);
      await clock.advance(1_000);
    }
    const { pos, rooms, fixed } = await store.hooks.progress(id);
    expect([pos, [...rooms], fixed.map(({ room, from, to }) => [room, from, to])]).toEqual([pos, [[bad, 0]], [[bad, 1, 2]]]);
    expect((await webhooks.view(id)).rooms).toMatchObject([{ room: bad, seq: 0, head: 20, backlog: 20 }]);
    receiver.answer = () => 200;
    await webhooks.resume(id);
    await clock.advance(10_000);
    expect(receiver.seqs(bad)).toEqual(upTo(20));
    expect(await store.hooks.progress(id)).toEqual({ pos: await store.log.head(), rooms: new Map(), fixed: [] });
    expect((await webhooks.view(id)).backlog).toBe(0);
  });

  it.each([1, 2, 3])("is cut and begun again at any moment, and sends each event in one message, in order: %i", async (seed) => {
    const { receiver, hook, chats, append, clock, store, restart } = await faked();
    let state = seed;
    const random = () => {
      state = (state * 16_807) % 2_147_483_647;
      return state / 2_147_483_647;
    };
    const { id } = await hook({ types: ["chat"], maxEvents: 5 });
    const { move } = store.hooks;
    receiver.answer = async () => {
      await clock.sleep(Math.floor(random() * 300));
      return [200, 200, 200, 503, null][Math.floor(random() * 5)] ?? null;
    };
    const rooms = new Map<number, number[]>();
    for (let n = 0; n < 40; n++) {
      const name = String(Math.floor(random() * 6));
      const [from, room] = [await chats(name, Math.ceil(random() ** 4 * 120)), await append(name, gift(`g${n}`, `c${n}`, 1, 1))];
      expect(from).toBe(room);
      rooms.set(room, []);
      await clock.advance(Math.floor(random() * 400));
      // As where it is killed: what it would have kept last is not kept.
      Object.assign(store.hooks, { move: random() < 0.5 ? async () => true : move });
      if (random() < 0.3) await Promise.all([restart(), clock.advance(300)]);
      if (random() < 0.5) for (let turns = random() * 40; turns > 0; turns--) await yieldToEventLoop();
      if (random() < 0.3) await Promise.all([restart(), clock.advance(300)]);
    }
    Object.assign(store.hooks, { move });
    receiver.answer = () => 200;
    await Promise.all([restart(), clock.advance(300)]);
    await clock.advance(60_000);
    const messages = new Map(receiver.sent.flatMap(({ id, body, answered }) => (answered === 200 ? [[id, body] as const] : [])));
    for (const { id, body } of receiver.sent) expect(messages.get(id)).toBe(body);
    for (const body of messages.values()) {
      const { room, events } = JSON.parse(body) as { room: number; events: { seq: number }[] };
      rooms.get(room)?.push(...events.map(({ seq }) => seq));
    }
    for (const [room, seqs] of rooms) {
      const all = (await store.log.readRoom(room, 0, 9_000, { types: ["chat"] })).events.map(({ seq }) => seq);
      expect(seqs).toEqual(all);
    }
    expect(await store.hooks.progress(id)).toEqual({ pos: await store.log.head(), rooms: new Map(), fixed: [] });
  });

  it("does not send again what it delivered further than the position that was kept", async () => {
    const { receiver, hook, chats, clock, store, restart } = await faked();
    const { id } = await hook({});
    const { move } = store.hooks;
    Object.assign(store.hooks, { move: async () => true });
    const room = await chats("a", 3);
    await clock.advance(1_000);
    const { read } = store.log;
    let open = () => {};
    const gate = new Promise<void>((resolve) => {
      open = resolve;
    });
    Object.assign(store.log, { read: (...asked: Parameters<typeof read>) => gate.then(() => read.apply(store.log, asked)) });
    await restart();
    Object.assign(store.hooks, { move });
    await clock.advance(6_000);
    expect(await store.hooks.progress(id)).toEqual({ pos: 0, rooms: new Map([[room, 3]]), fixed: [] });
    open();
    await clock.advance(6_000);
    expect(receiver.sent).toHaveLength(1);
    expect(await store.hooks.progress(id)).toEqual({ pos: await store.log.head(), rooms: new Map(), fixed: [] });
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

  it("goes on through a store that fails for a while, and sends nothing again that was taken meanwhile", async () => {
    const { receiver, hook, chats, clock, store, errors } = await faked();
    await hook({});
    const { fix, tried } = store.hooks;
    const down = () => Promise.reject(new Error("disk full"));
    Object.assign(store.hooks, { fix: down });
    const room = await chats("a", 2);
    await clock.advance(5_000);
    expect([receiver.sent.length, errors.length > 0]).toEqual([0, true]);
    Object.assign(store.hooks, { fix, tried: down });
    await clock.advance(HOUR);
    expect(receiver.seqs(room)).toEqual(upTo(2));
    Object.assign(store.hooks, { tried });
    await chats("a", 2);
    await clock.advance(60_000);
    expect(receiver.seqs(room)).toEqual(upTo(4));
    const messages = receiver.sent.map(({ id }) => id);
    expect(messages).toEqual([...new Set(messages)]);
    // One try a half minute at most, once the store has failed for a while.
    expect(errors.length).toBeLessThan(1_500);
  });

  it.each(["is lost", "is kept and not answered"])("sends no event in two messages when what came of one %s", async (how) => {
    const { receiver, hook, chats, clock, store } = await faked();
    const { id } = await hook({});
    const { tried } = store.hooks;
    let times = 0;
    const failing: typeof tried = async (...outcome) => {
      if (++times > 1) return tried(...outcome);
      if (how !== "is lost") await tried(...outcome);
      throw new Error("the connection ended");
    };
    Object.assign(store.hooks, { tried: failing });
    await chats("a", 2);
    await clock.advance(500);
    expect(receiver.sent).toHaveLength(1);
    await chats("a", 2);
    await clock.advance(5_000);
    const messages = new Map(receiver.taken.map((message, at) => [receiver.sent[at]?.id, message]));
    expect([...messages.values()].flatMap(({ events }) => events.map(({ seq }) => seq))).toEqual(upTo(4));
    expect([...messages.values()].map(({ from, to }) => [from, to])).toEqual([
      [1, 2],
      [3, 4],
    ]);
    expect(await store.hooks.progress(id)).toEqual({ pos: await store.log.head(), rooms: new Map(), fixed: [] });
  });
});
