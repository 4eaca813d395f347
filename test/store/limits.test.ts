// Guards: one call of a store looks at a bounded number of rows and says where to go on, and what may grow without end is kept up to a limit.

import { expect, it, onTestFinished } from "vitest";
import { fold } from "../../src/statistics/fold.js";
import { catchUp } from "../../src/statistics/reader.js";
import { checkStore } from "../../src/store/check.js";
import { openSqliteStore } from "../../src/store/sqlite/store.js";
import { WORDS_KEPT, WORDS_MAX } from "../../src/store/statistics.js";
import { chat, chats, gift } from "../contracts/events.js";
import { claimed } from "../contracts/harness.js";
import { findAll } from "../contracts/search.js";
import { plainWords } from "../statistics/plain-words.js";
import { commentOf } from "../works/comment.js";

function opened() {
  const store = openSqliteStore({ path: ":memory:" });
  onTestFinished(() => store.close());
  return store;
}

it("a page of a condition that few events fulfil ends after so many events", { tags: ["full"], timeout: 60_000 }, async () => {
  const { log, rooms } = opened();
  const { room, append } = await claimed({ log, rooms });
  await append(...chats(25_000), gift("last", "combo", 1, 1));
  const first = await log.readRoom(room, 0, 10, { types: ["gift"] });
  expect(first.events).toEqual([]);
  expect(first.scanned).toBeLessThan(25_000);
  const rest = await log.readRoom(room, first.scanned, 10, { types: ["gift"] });
  expect(rest.scanned).toBeGreaterThan(first.scanned);
  const back = await log.readRoomBefore(room, 25_001, 10, { types: ["gift"] });
  expect([back.events.length, back.scanned > 1]).toEqual([0, true]);
});

it("a search for a text that few events have ends after so many events, and finds them where it goes on", {
  tags: ["full"],
  timeout: 60_000,
}, async () => {
  const store = opened();
  const { room, append } = await claimed(store);
  await append(...Array.from({ length: 12_000 }, (_, n) => chat(`n${n}`, { text: n === 100 ? "的好主" : "好主的好" })));
  await catchUp(store, plainWords);
  const first = await store.search.find({ text: "的好主", rooms: new Set([room]) }, Number.MAX_SAFE_INTEGER, 10);
  expect(first.events).toEqual([]);
  expect(first.before).toBeLessThan(12_000);
  expect((await findAll(store, { text: "的好主" }, [room])).map(({ id }) => id)).toEqual(["n100"]);
});

it("a search in comments ends after so many, and goes on", { tags: ["full"], timeout: 60_000 }, async () => {
  const { comments } = opened();
  const work = "7560000000000000001";
  const all = Array.from({ length: 5_200 }, (_, n) => commentOf(work, String(n), { time: n, text: n === 3 ? "here" : "x" }));
  await comments.put(1, all);
  const first = await comments.find({ text: "here", limit: 9 });
  expect(first).toEqual({ comments: [], next: { time: 200, workId: work, id: "200" } });
  const next = await comments.find({ text: "here", limit: 9, ...(first.next && { after: first.next }) });
  expect(next).toMatchObject({ comments: [{ id: "3" }], next: null });
});

it("of the words of a broadcast the frequent ones are kept", { tags: ["full"], timeout: 60_000 }, async () => {
  const store = opened();
  const { room, append } = await claimed(store);
  const word = (n: number) => `w${String(n).padStart(6, "0")}`;
  const say = async (id: string, words: readonly number[]) => {
    // So many events of a room after which its words are looked at.
    await append(...Array.from({ length: 500 }, (_, n) => chat(`${id}.${n}`, { sessionId: "s1" })));
    await store.derived.advance((rows) => {
      const deltas = fold(rows, plainWords);
      for (const { words: counted } of deltas) {
        counted.clear();
        for (const n of words) counted.set(word(n), 1);
      }
      return deltas;
    });
  };
  const kept = () => store.statistics.words(room, "s1", "word", WORDS_MAX + 1);
  await say("1", [...Array(WORDS_MAX).keys()]);
  expect(await kept()).toHaveLength(WORDS_MAX);
  await say("2", [WORDS_MAX - 1]);
  await say("3", [WORDS_MAX]);
  expect(await kept()).toHaveLength(WORDS_KEPT);
  expect((await kept())[0]).toEqual({ text: word(WORDS_MAX - 1), count: 2 });
});

it("a step takes in events of so many rooms, and leaves the others to the next", { tags: ["full"] }, async () => {
  const store = opened();
  const batches = [];
  for (let n = 0; n < 700; n++) {
    const room = await store.rooms.ensure([{ kind: "web_rid", value: `7${n}` }]);
    batches.push({ room, epoch: await store.rooms.claim(room), events: [chat("a", { sessionId: "s1" }), chat("b", { sessionId: "s1" })] });
  }
  await store.log.append(batches);
  let [steps, counted] = [0, 0];
  const step = () =>
    store.derived.advance((rows) => {
      counted += rows.length;
      return fold(rows, plainWords);
    });
  for (let more = true; more; steps++) more = await step();
  expect([steps, counted]).toEqual([2, 1400]);
  for (const { room } of batches)
    expect((await store.statistics.sessions(room, ["s1"])).get("s1")).toMatchObject({ totals: { types: { chat: 2 } }, behind: 0 });
  expect([await store.search.behind(), await checkStore(store)]).toEqual([0, []]);
});

it("of the positions of one owner those that were moved least recently are forgotten, of others none", async () => {
  const { positions } = opened();
  const among = { prefix: "sub:a:", most: 20 };
  await positions.set("sub:b:x", 1);
  for (let i = 0; i < 20; i++) await positions.set(`sub:a:${i}`, i, among);
  await positions.set("sub:a:0", 100, among);
  await positions.set("sub:a:new", 200, among);
  const kept = await Promise.all(Array.from({ length: 20 }, (_, i) => positions.get(`sub:a:${i}`)));
  expect(kept.map((seq) => seq !== null)).toEqual([true, ...Array(3).fill(false), ...Array(16).fill(true)]);
  expect([kept[0], await positions.get("sub:a:new"), await positions.get("sub:b:x")]).toEqual([100, 200, 1]);
});

it("of gifts and their prices the first gifts and the last prices are kept", { tags: ["full"], timeout: 60_000 }, async () => {
  const { gifts } = opened();
  const heart = { id: "463", name: "小心心", diamonds: 1, icon: null, kind: 1, combo: true };
  for (let at = 1; at <= 103; at++) await gifts.learn("message", at * 1_000, [{ ...heart, diamonds: at }]);
  const prices = (await gifts.known(["463"])).get("463")?.prices ?? [];
  expect([prices.length, prices[0]?.diamonds, prices.at(-1)?.diamonds]).toEqual([100, 4, 103]);
  const many = Array.from({ length: 10_001 }, (_, at) => ({ ...heart, id: `${at + 1_000}` }));
  await gifts.learn("list", 1_000, many);
  expect([...(await gifts.known(["10998", "10999"])).keys()]).toEqual(["10998"]);
});

it("no more than 500 authors are watched", async () => {
  const { authorWatches } = opened();
  await Promise.all(Array.from({ length: 500 }, (_, at) => authorWatches.add(`MS4w${at}`, at)));
  await expect(authorWatches.add("MS4wOther", 1)).rejects.toMatchObject({ code: "too_many_watches" });
  expect(await authorWatches.add("MS4w7", 1)).toMatchObject({ isNew: false });
});
