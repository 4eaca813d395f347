// Guards: A hook is sent every event that it wants, in order, in bounded batches of one room, across restarts and replays.
import { describe, expect, it } from "vitest";
import { chat, gift } from "../contracts/events.js";
import { until } from "../until.js";
import { faked } from "./delivering.js";
import { upTo } from "./receiver.js";

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
    const { receiver, hook, chats, append, clock, store, webhooks, restart } = await faked();
    const { id } = await hook({ types: ["gift"], filter: "diamonds >= 100" });
    await chats("a", 40);
    await append("a", gift("g1", "c1", 1, 1));
    await clock.advance(100);
    expect((await webhooks.view(id)).backlog).toBe(0);
    expect(await store.hooks.progress(id)).toEqual({ pos: 0, rooms: new Map(), fixed: [] });
    await clock.advance(5_000);
    expect(await store.hooks.progress(id)).toEqual({ pos: await store.log.head(), rooms: new Map(), fixed: [] });
    await append("a", gift("g2", "c2", 20, 20));
    await clock.advance(100);
    expect(receiver.taken).toMatchObject([{ from: 42, to: 42, events: [{ id: "g2" }] }]);
    await chats("a", 3);
    await clock.advance(100);
    await restart();
    expect((await store.hooks.progress(id)).pos).toBe(await store.log.head());
    expect(receiver.sent).toHaveLength(1);
  });

  it("is told of a range that is no longer kept", async () => {
    const { receiver, hook, chats, clock, store, webhooks } = await faked();
    const { id } = await hook({});
    receiver.answer = () => 500;
    const room = await chats("a", 4);
    await clock.advance(10);
    for (let n = 0; n < 6; n++) await chats("a", 5);
    await store.log.remove(room, 1, 24, "retention");
    receiver.answer = () => 204;
    await webhooks.resume(id);
    await clock.advance(1_000);
    expect(receiver.taken.map(({ from, to, removed }) => [from, to, removed])).toEqual([
      [1, 4, undefined],
      [5, 34, [[5, 24]]],
    ]);
    expect(receiver.seqs(room)).toEqual([...upTo(4), ...upTo(34).slice(24)]);
  });

  it("that was paused is told of what went meanwhile in rooms that had nothing under way", async () => {
    const { receiver, hook, chats, clock, store, webhooks } = await faked();
    const { id } = await hook({});
    const [a, b] = [await chats("a", 2), await chats("b", 2)];
    await clock.advance(10_000);
    await webhooks.pause(id);
    for (const name of ["a", "b", "a"]) await chats(name, 4);
    await store.log.remove(a, 3, 8, "retention");
    expect((await webhooks.view(id)).backlog).toBe(12);
    await webhooks.resume(id);
    await clock.advance(1_000);
    const sent = receiver.taken.map(({ room, from, to, removed }) => [room, from, to, removed]);
    expect(sent.slice(0, 2)).toEqual([
      [a, 1, 2, undefined],
      [b, 1, 2, undefined],
    ]);
    expect(sent.slice(2)).toEqual(
      expect.arrayContaining([
        [a, 3, 10, [[3, 8]]],
        [b, 3, 6, undefined],
      ]),
    );
    expect(receiver.seqs(a)).toEqual([1, 2, 9, 10]);
  });

  it("is sent of rooms that it is given later what comes from then on, and of rooms that it loses nothing more", async () => {
    const { receiver, hook, chats, clock, webhooks } = await faked();
    const [a, b] = [await chats("a", 0), await chats("b", 3)];
    const { id } = await hook({ rooms: [a] });
    const more = async () => {
      for (const name of ["a", "b", "c"]) await chats(name, 2);
      await clock.advance(10_000);
    };
    await more();
    await webhooks.pause(id);
    await more();
    await webhooks.change(id, { rooms: [] });
    await webhooks.resume(id);
    await more();
    await webhooks.change(id, { rooms: [b] });
    await more();
    const c = await chats("c", 0);
    expect([a, b, c].map((room) => receiver.seqs(room))).toEqual([upTo(6), [8, 9, 10, 11], [5, 6]]);
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
    const { receiver, hook, chats, clock, webhooks } = await faked();
    const { id } = await hook({ maxEvents: 5 });
    const room = await chats("a", 10);
    await clock.advance(1_000);
    for (const seq of [1, 4]) {
      await webhooks.replay(id, room, seq);
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
    expect(receiver.taken.map(({ replay }) => replay)).toEqual([undefined, undefined, 1, 1, 2, 2]);
    receiver.answer = () => 500;
    await chats("a", 5);
    await clock.advance(1_000);
    receiver.answer = () => 200;
    await webhooks.replay(id, room, 15);
    await clock.advance(1_000);
    expect(receiver.taken.at(-1)).toMatchObject({ from: 15, to: 15 });
    await expect(webhooks.replay(id, room, 17)).rejects.toMatchObject({ code: "bad_request" });
    await expect(webhooks.replay(id, room, 0)).rejects.toMatchObject({ code: "bad_request" });
    await expect(webhooks.replay(id, 999, 1)).rejects.toMatchObject({ code: "bad_request" });
    await expect(webhooks.replay("none", room, 1)).rejects.toMatchObject({ code: "not_found" });
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
