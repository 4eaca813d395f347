// Guards: A receiver can check the signature of each request, and a request that it does not take is sent again byte for byte.
import { describe, expect, it } from "vitest";
import { systemClock } from "../../src/runtime/clock.js";
import type { RoomKey } from "../../src/store/log.js";
import type { HookRow } from "../../src/store/sql/hooks.js";
import { FakeClock, fastClock } from "../clock.js";
import { until } from "../until.js";
import { delivering } from "./delivering.js";
import { answering, halfABody, type Manner, Receiver, upTo, verify } from "./receiver.js";

/** Back-offs of seconds take milliseconds. */
const quick = () => delivering({ clock: fastClock(200) });

describe("a receiver", () => {
  it("can check who sent it, with the library that there is for it, also while a secret is changed", async () => {
    const { webhooks, hook, chats, runner, store } = await delivering({ clock: systemClock });
    // A delivery that begins before the runner has seen the change is signed as before it.
    const rotate = async (id: string) => {
      const row = await webhooks.rotate(id);
      await until(() => runner.placesOf(row) !== null);
      return row;
    };
    // A message whose answer has not yet been read when a change cuts it off comes again.
    const settled = ({ id }: HookRow, room: RoomKey, seq: number) =>
      until(async () => (await store.hooks.progress(id)).rooms.get(room) === seq);
    const receiver = await Receiver.start();
    const first = await hook({ url: receiver.url });
    const room = await chats("a", 3);
    const [one] = await until(() => receiver.taken.length === 1 && receiver.taken);
    expect(one?.headers["content-type"]).toBe("application/json; charset=utf-8");
    if (one === undefined) return;
    expect(verify(first.secret, one)).toEqual(one.body);
    expect(() => verify(first.secret, { ...one, text: one.text.replace("你好", "再见") })).toThrow("signature");
    expect(() => verify(first.secret, { ...one, headers: { ...one.headers, "webhook-id": "other" } })).toThrow("signature");
    expect(() => verify(`whsec_${Buffer.alloc(32).toString("base64")}`, one)).toThrow("signature");
    await settled(first, room, 3);
    const second = await rotate(first.id);
    expect(second.secret).not.toBe(first.secret);
    await chats("a", 1);
    const two = await until(() => receiver.taken[1]);
    expect(verify(first.secret, two)).toEqual(two.body);
    expect(verify(second.secret, two)).toEqual(two.body);
    await settled(second, room, 4);
    const third = await rotate(first.id);
    await chats("a", 1);
    const three = await until(() => receiver.taken[2]);
    expect(verify(third.secret, three)).toEqual(verify(second.secret, three));
    expect(() => verify(first.secret, three)).toThrow("signature");
    const test = await webhooks.test(first.id, new AbortController().signal);
    expect(test).toMatchObject({ delivered: true, status: 204, attempt: 0 });
    expect(verify(third.secret, receiver.arrivals[3] as typeof three)).toMatchObject({ hook: first.id, test: true, events: [] });
  });

  it("is shown no old secret after a day", async () => {
    const clock = new FakeClock();
    const { webhooks, hook, chats } = await delivering({ clock, lookMs: 3_600_000 });
    const receiver = await Receiver.start();
    const { id } = await hook({ url: receiver.url });
    await webhooks.rotate(id);
    const signatures = async () => {
      const before = receiver.arrivals.length;
      await chats("a", 1);
      await until(async () => {
        await clock.advance(100);
        return receiver.arrivals.length > before;
      });
      return String(receiver.arrivals.at(-1)?.headers["webhook-signature"]).split(" ");
    };
    expect(await signatures()).toEqual([expect.stringMatching(/^v1,[\w+/]{43}=$/), expect.stringMatching(/^v1,/)]);
    await clock.advance(24 * 3_600_000);
    expect(await signatures()).toHaveLength(1);
  });

  const cut: Manner = (response) => response.destroy();
  const never: Manner = () => {};
  const drip: Manner = (response) => {
    response.writeHead(200);
    response.write("x");
  };
  it.each([
    ["answers 500", answering(500, {}, "内部错误 \u001b[31m"), "it answered HTTP 500"],
    ["answers 404", answering(404), "it answered HTTP 404"],
    ["redirects", answering(302, { location: "http://10.0.0.1/" }), "redirects are not followed"],
    ["answers with half a body", halfABody, "broke off"],
    ["hangs up", cut, "broke off"],
    ["never answers", never, "no whole answer within 20 s"],
    ["never comes to an end", drip, "no whole answer within 20 s"],
  ])("that %s is sent the same again until it takes it, and the rest in order", async (_name, manner, words) => {
    const { webhooks, hook, chats } = await quick();
    const receiver = await Receiver.start();
    receiver.manner = manner;
    const { id } = await hook({ url: receiver.url, maxEvents: 4 });
    const room = await chats("a", 10);
    await until(() => receiver.arrivals.length >= 3);
    await until(async () => (await webhooks.tries(id, 50)).some(({ delivered, error }) => !delivered && error?.includes(words)));
    const [first] = receiver.arrivals;
    for (const one of receiver.arrivals) expect([one.id, one.text]).toEqual([first?.id, first?.text]);
    receiver.manner = answering(200, {}, "ok");
    await webhooks.resume(id);
    await until(() => receiver.seqs(room).length === 10);
    expect(receiver.seqs(room)).toEqual(upTo(10));
    expect(receiver.taken[0]).toMatchObject({ id: first?.id, text: first?.text });
  });

  it("of which answers are long is read no further than 64 KiB", async () => {
    const { hook, chats } = await delivering({ clock: systemClock });
    const receiver = await Receiver.start();
    let sent = 0;
    receiver.manner = (response, arrival) => {
      arrival.status = 200;
      response.writeHead(200);
      const more = () => {
        if (response.destroyed) return;
        sent += 65_536;
        response.write("x".repeat(65_536), more);
      };
      more();
    };
    await hook({ url: receiver.url });
    const room = await chats("a", 2);
    await until(() => receiver.seqs(room).length === 2);
    await chats("a", 1);
    await until(() => receiver.seqs(room).length === 3);
    expect(sent).toBeLessThan(50_000_000);
  });
});
