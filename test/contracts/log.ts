import { describe, expect, it } from "vitest";
import { DyliveError } from "../../src/runtime/errors.js";
import { chat, chats, gift, userOf } from "./events.js";
import { claimed, type Open, readAll, useStore } from "./harness.js";

/** Appending: seqs, ids, claims, hostile content. */
export function describeLog(open: Open): void {
  describe("append", () => {
    const store = useStore(open);

    it("gives seqs from 1 and keeps what was appended", async () => {
      const { room, append } = await claimed(store());
      const events = [chat("7412345678901234567"), gift("7412345678901234568", "combo", 3, 3), chat("h:0123456789abcdef")];
      expect(await append(...events)).toEqual([1, 2, 3]);
      expect(await store().log.readRoom(room, 0, 10)).toMatchObject({
        events: events.map((event, index) => ({ ...event, seq: index + 1 })),
        scanned: 3,
        head: 3,
      });
    });

    it("keeps seqs contiguous under interleaved appends to several rooms", async () => {
      const rooms = await Promise.all(["a", "b", "c", "d"].map((name) => claimed(store(), name)));
      const stored = await Promise.all(
        Array.from({ length: 120 }, async (_, index) => {
          const target = rooms[index % rooms.length];
          const seqs = await target?.append(...chats(1 + (index % 7), `${index}:`));
          return { room: target?.room, seqs };
        }),
      );
      for (const { room } of rooms) {
        const seqs = stored.filter((one) => one.room === room).flatMap((one) => one.seqs ?? []);
        expect(seqs.toSorted((a, b) => Number(a) - Number(b))).toEqual(seqs.map((_, index) => index + 1));
        expect((await readAll(store().log, room)).events.map(({ seq }) => seq)).toEqual(seqs.map((_, index) => index + 1));
      }
    });

    it("does not keep the caller's objects", async () => {
      const { room, append } = await claimed(store());
      const event = chat("1", { text: "before" });
      const appended = append(event);
      event.text = "after";
      await appended;
      const { events } = await store().log.readRoom(room, 0, 1);
      expect(events[0]).toMatchObject({ text: "before" });
      expect(() => Object.assign(events[0] ?? {}, { text: "spoiled" })).toThrow(TypeError);
    });

    it("tells an observer of what was asked, stored and refused, in order, and of nothing else", async () => {
      const told: string[] = [];
      store().log.observe({
        asked: () => void told.push("asked"),
        stored: (events) => void told.push(events.map(({ id }) => id).join(" ")),
        failed: (error) => void told.push(error instanceof DyliveError ? error.code : "?"),
      });
      const [first, second] = [await claimed(store(), "1"), await claimed(store(), "2")];
      await first.append(chat("1"), chat("2"));
      await first.append(chat("2"), chat("3"));
      await first.append(chat("3"));
      const epoch = await store().rooms.claim(second.room);
      await store().log.append([
        { room: second.room, epoch: second.epoch, events: [chat("fenced")] },
        { room: first.room, epoch: first.epoch, events: [chat("4")] },
        { room: second.room, epoch, events: [chat("5")] },
      ]);
      const nameless = { ...chat("6"), id: "" };
      await store()
        .log.append([{ room: first.room, epoch: first.epoch, events: [nameless] }])
        .catch(() => {});
      expect(told).toEqual(["asked", "1 2", "asked", "3", "asked", "", "asked", "4 5", "asked", "bad_request"]);
    });
  });

  describe("event ids", () => {
    const store = useStore(open);

    it("are stored once per room, the first one wins", async () => {
      const { room, append } = await claimed(store());
      expect(await append(chat("1", { text: "first" }), chat("1", { text: "second" }), chat("2"))).toEqual([1, null, 2]);
      expect(await append(chat("2"), chat("3"))).toEqual([null, 3]);
      expect((await store().log.readRoom(room, 0, 1)).events[0]).toMatchObject({ text: "first" });
    });

    it("are stored once when calls race", async () => {
      const { append } = await claimed(store());
      const results = await Promise.all(Array.from({ length: 20 }, () => append(chat("same"))));
      expect(results.flat().filter((seq) => seq !== null)).toEqual([1]);
    });

    it("of two rooms have nothing to do with each other", async () => {
      const [one, two] = [await claimed(store(), "a"), await claimed(store(), "b")];
      expect(await one.append(chat("1"))).toEqual([1]);
      expect(await two.append(chat("1"))).toEqual([1]);
      expect(await store().log.known(two.room, ["1", "2"])).toEqual(new Set(["1"]));
    });

    it("are told apart to the last character", async () => {
      const ids = ["1", "01", "+1", "1.0", " 1", "1e0", "0", "00", "-1", "0x1", "9223372036854775807", "9223372036854775808"];
      ids.push("99999999999999999999999", "7412345678901234567", "7412345678901234568", "h:0123456789abcdef", "H:0123456789abcdef");
      ids.push("gap:1760000000000", "x\u0000", "x", "x\u0000y", "'; DROP TABLE events; --", "你好", "😀", "1 ");
      const { room, append } = await claimed(store());
      expect(await append(...ids.map((id) => chat(id)))).toEqual(ids.map((_, index) => index + 1));
      expect(await append(...ids.map((id) => chat(id)))).toEqual(ids.map(() => null));
      expect((await readAll(store().log, room)).events.map(({ id }) => id)).toEqual(ids);
      expect(await store().log.known(room, [...ids, "7412345678901234569", "001"])).toEqual(new Set(ids));
      const { events } = await store().log.readRoom(room, 0, 100);
      expect(await store().log.byId(room, [...ids, "001"])).toEqual(new Map(events.map((event) => [event.id, event])));
    });
  });

  describe("a claim", () => {
    const store = useStore(open);

    it("that is not the room's newest is fenced, and the other batches go on", async () => {
      const [one, two] = [await claimed(store(), "a"), await claimed(store(), "b")];
      await one.append(chat("1"));
      const epoch = await store().rooms.claim(one.room);
      expect(epoch).toBeGreaterThan(one.epoch);
      const batches = [
        { ...one, events: [chat("2")] },
        { ...two, events: [chat("3")] },
        { room: one.room, epoch, events: [chat("4")] },
        { room: one.room, epoch: epoch + 1, events: [chat("5")] },
      ];
      expect(await store().log.append(batches)).toEqual([
        { room: one.room, head: 1, fenced: true },
        { room: two.room, head: 1, stored: [1] },
        { room: one.room, head: 2, stored: [2] },
        { room: one.room, head: 2, fenced: true },
      ]);
    });

    it("is not needed for what no owner judges, which takes the room from nobody", async () => {
      const { room, epoch, append } = await claimed(store());
      await append(chat("1"));
      expect(await store().log.append([{ room, epoch: null, events: [chat("2"), chat("1")] }])).toEqual([
        { room, head: 2, stored: [2, null] },
      ]);
      expect(await store().log.append([{ room, epoch, events: [chat("3")] }])).toEqual([{ room, head: 3, stored: [3] }]);
      expect(await store().log.append([{ room: 999, epoch: null, events: [chat("1")] }])).toEqual([{ room: 999, head: 0, fenced: true }]);
    });
  });

  describe("hostile content", () => {
    const store = useStore(open);

    it("comes back as it went in", async () => {
      const texts = [
        "\u0000",
        "a\u0000b",
        `'"\\\``,
        "'; DROP TABLE events; --",
        "\u001b[2J",
        "😀👨‍👩‍👧‍👦𠮷",
        "\u2028\u2029",
        "</script>",
        "=1+1",
      ];
      const { room, append } = await claimed(store());
      await append(
        ...texts.map((text, index) =>
          chat(`${index}`, { text, segments: [{ text }], user: { ...userOf(text), nickname: text }, sessionId: text }),
        ),
      );
      const { events } = await readAll(store().log, room);
      expect(events.map((event) => event.type === "chat" && [event.text, event.user.nickname])).toEqual(texts.map((text) => [text, text]));
      for (const text of texts) {
        expect((await store().log.readRoom(room, 0, 100, { userId: text })).events).toHaveLength(1);
        expect((await store().log.readRoom(room, 0, 100, { sessionId: text })).events).toHaveLength(1);
      }
    });

    it("that cannot be stored rejects its own call only, and takes no seq", async () => {
      const { room, append } = await claimed(store());
      const bad = { ...chat("bad"), time: 1n } as unknown as ReturnType<typeof chat>;
      const noId = { ...chat("1"), id: undefined } as unknown as ReturnType<typeof chat>;
      const results = await Promise.allSettled([append(chat("1")), append(chat("2"), bad), append(noId), append(chat("3"))]);
      expect(results.map(({ status }) => status)).toEqual(["fulfilled", "rejected", "rejected", "fulfilled"]);
      for (const result of results) if (result.status === "rejected") expect(result.reason).toMatchObject({ code: "bad_request" });
      expect((await readAll(store().log, room)).events.map(({ seq, id }) => [seq, id])).toEqual([
        [1, "1"],
        [2, "3"],
      ]);
    });
  });
}
