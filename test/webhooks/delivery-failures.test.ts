import { describe, expect, it, onTestFinished } from "vitest";
import type { Store } from "../../src/store/store.js";
import { until } from "../until.js";
import { delivering, faked } from "./delivering.js";
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
    const [told] = (await store.log.read(0, 0, 10)).events;
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

  it("is not paused because dylive was off", async () => {
    const { receiver, hook, chats, clock, webhooks, runner, restart } = await faked({ lookMs: HOUR });
    const { id } = await hook({});
    receiver.answer = () => 500;
    await chats("a", 1);
    await clock.advance(HOUR);
    await runner.stop();
    await clock.advance(10 * DAY);
    await restart();
    await clock.advance(HOUR);
    expect(await webhooks.get(id)).toMatchObject({ paused: null, failing: { ms: expect.any(Number) } });
    await clock.advance(3 * DAY);
    expect((await webhooks.get(id)).paused?.reason).toBe("failing");
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

  it("is stopped at once, also while a failure is being noted", async () => {
    const { receiver, hook, chats, runner, store } = await faked();
    const tried = store.hooks.tried.bind(store.hooks);
    let stopped: Promise<void> | null = null;
    Object.assign(store.hooks, {
      tried: (...noted: Parameters<typeof tried>) => {
        stopped = runner.stop();
        return tried(...noted);
      },
    });
    await hook({});
    receiver.answer = () => 503;
    await chats("a", 1);
    await until(() => stopped !== null);
    await stopped;
    expect(receiver.sent).toHaveLength(1);
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

  it("that is changed while the store cannot note what was taken sends that to nobody again", async () => {
    const { receiver, hook, chats, clock, store, webhooks } = await faked();
    const { id } = await hook({});
    const { tried } = store.hooks;
    Object.assign(store.hooks, { tried: () => Promise.reject(new Error("disk full")) });
    const room = await chats("a", 2);
    await clock.advance(HOUR);
    Object.assign(store.hooks, { tried });
    await webhooks.change(id, { name: "b" });
    await chats("a", 2);
    await clock.advance(60_000);
    const messages = receiver.sent.map((message) => message.id);
    expect([receiver.seqs(room), messages]).toEqual([upTo(4), [...new Set(messages)]]);
  });

  it.each(["is lost", "is kept and not answered"])("sends no event in two messages when what came of one %s", async (how) => {
    const { receiver, hook, chats, clock, store } = await faked();
    await hook({});
    const { tried } = store.hooks;
    let times = 0;
    const failing: typeof tried = async (...outcome) => {
      if (++times > 1) return tried(...outcome);
      if (how !== "is lost") await tried(...outcome);
      throw new Error("the connection ended");
    };
    Object.assign(store.hooks, { tried: failing });
    const room = await chats("a", 2);
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
    expect((await store.hooks.places((await store.hooks.list())[0]?.id ?? "")).get(room)).toBe(4);
  });

  it.each(["was not kept", "was kept and not answered"])(
    "and a process that stood still with a message that %s sends no event in two messages, and none twice",
    async (how) => {
      const { receiver, hook, chats, clock, store, runner } = await faked();
      await hook({});
      await runner.stop();
      const { fix } = store.hooks;
      const held = { isHeld: false, goOn: () => {} };
      const standing: typeof fix = async (...batch) => {
        const kept = how === "was kept and not answered" ? fix(...batch) : null;
        await new Promise<void>((resolve) => {
          Object.assign(held, { isHeld: true, goOn: resolve });
        });
        if (kept !== null) throw new Error("the connection ended");
        return fix(...batch);
      };
      const stood = Object.create(store, { hooks: { value: { ...store.hooks, fix: standing } }, close: { value: async () => {} } });
      await delivering({ clock, store: stood, send: receiver.send });
      onTestFinished(() => held.goOn());
      const room = await chats("a", 1);
      await clock.advance(2_500);
      await until(() => held.isHeld);
      // Another has its hooks by now, and goes on with them.
      await chats("a", 2);
      await delivering({ clock, store: Object.create(store, { close: { value: async () => {} } }), send: receiver.send });
      await clock.advance(2_500);
      await chats("a", 2);
      await clock.advance(2_500);
      expect(receiver.seqs(room)).toEqual(upTo(5));
      held.goOn();
      await clock.advance(5_000);
      await chats("a", 1);
      await clock.advance(5_000);
      const messages = new Map(receiver.taken.map((message, at) => [receiver.sent[at]?.id, message]));
      expect([...messages.values()].flatMap(({ events }) => events.map(({ seq }) => seq))).toEqual(upTo(6));
      expect((await store.hooks.places((await store.hooks.list())[0]?.id ?? "")).get(room)).toBe(6);
    },
  );

  it.each([200, 410])(
    "whose address is changed while a process stands still is sent there what the old one answered with %i",
    async (status) => {
      const { receiver, hook, chats, clock, store, runner } = await faked();
      const { id } = await hook({ url: "https://old.example/" });
      await runner.stop();
      const held = { sends: 0, goOn: () => {} };
      const standing: typeof receiver.send = async (...sent) => {
        held.sends++;
        await new Promise<void>((resolve) => {
          held.goOn = resolve;
        });
        return receiver.send(...sent);
      };
      const stale = Object.create(store, { close: { value: async () => {} } });
      await delivering({ clock, store: stale, send: standing, lookMs: HOUR });
      onTestFinished(() => held.goOn());
      receiver.answer = ({ url }) => (url.includes("old") ? status : 204);
      const room = await chats("a", 2);
      await until(async () => {
        await clock.advance(100);
        return held.sends === 1;
      });
      await store.hooks.change(id, { url: "https://new.example/" });
      held.goOn();
      await until(() => receiver.sent.length === 1);
      await clock.advance(1_000);
      await chats("a", 1);
      await clock.advance(1_000);
      // It sends nothing more there, and what it was told is not of the hook as it is.
      expect([held.sends, (await store.hooks.get(id))?.paused]).toEqual([1, null]);
      await delivering({ clock, store: Object.create(store, { close: { value: async () => {} } }), send: receiver.send });
      await clock.advance(5_000);
      const moved = receiver.sent.filter(({ url, answered }) => url.includes("new") && answered === 204);
      const seqs = moved.flatMap(({ body }) => (JSON.parse(body) as { events: { seq: number }[] }).events.map(({ seq }) => seq));
      expect(seqs).toEqual(upTo(3));
      expect((await store.hooks.places(id)).get(room)).toBe(3);
    },
  );

  it("of a channel, whose address is changed while its message waits for its turn, is sent nothing at the old one", async () => {
    const { receiver, chats, clock, store, webhooks } = await faked({ lookMs: HOUR });
    const old = "https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key=old";
    const channel = { kind: "wecom", secret: null, to: null, language: "en", template: null } as const;
    const { id } = await webhooks.add({ url: old, types: ["chat"], channel });
    await chats("a", 1);
    await until(async () => {
      await clock.advance(100);
      return receiver.sent.length === 1;
    });
    await clock.advance(200);
    await chats("a", 1);
    await clock.advance(1_000); // it takes 3.1 s until the address takes the next one
    expect(receiver.sent).toHaveLength(1);
    await store.hooks.change(id, { url: old.replace("old", "new") });
    await clock.advance(10_000);
    expect(receiver.sent).toHaveLength(1);
    await clock.advance(2 * HOUR);
    expect(receiver.sent.slice(1).map(({ url }) => url)).toEqual([old.replace("old", "new")]);
  });

  /** Deliveries over a store whose hooks do something of their own, beside those of `faked`, which have ended. */
  async function withHooks(own: (hooks: Store["hooks"]) => Partial<Store["hooks"]>) {
    const { runner, receiver, clock, store, chats } = await faked({ lookMs: HOUR });
    await runner.stop();
    const hooks = { value: { ...store.hooks, ...own(store.hooks) } };
    const { hook, errors } = await delivering({
      clock,
      store: Object.create(store, { hooks, close: { value: async () => {} } }),
      send: receiver.send,
    });
    return { receiver, clock, store, chats, hook, errors };
  }

  it("that could not be paused, since the store failed just then, is tried again", async () => {
    let failures = 0;
    const { receiver, clock, store, chats, hook, errors } = await withHooks(({ pause }) => ({
      pause: async (...of) => {
        if (failures++ === 0) throw new Error("the store is away");
        return pause(...of);
      },
    }));
    receiver.answer = () => 410;
    const { id } = await hook({});
    await chats("a", 1);
    await until(async () => {
      await clock.advance(100);
      return errors.length > 0;
    });
    await clock.advance(HOUR);
    expect((await store.hooks.get(id))?.paused).toMatchObject({ reason: "gone" });
  });

  it("that another process changes while it is being paused stays as it was changed", async () => {
    let change = async () => {};
    const { receiver, clock, store, chats, hook } = await withHooks(({ pause }) => ({
      pause: async (...of) => {
        await change();
        return pause(...of);
      },
    }));
    receiver.answer = ({ url }) => (url.includes("new") ? 204 : 410);
    const { id } = await hook({ url: "https://old.example/" });
    change = async () => void (await store.hooks.change(id, { url: "https://new.example/", failing: null }));
    const room = await chats("a", 1);
    await until(async () => {
      await clock.advance(1_000);
      return receiver.seqs(room).length === 1;
    });
    expect((await store.hooks.get(id))?.paused).toBeNull();
  });
});
