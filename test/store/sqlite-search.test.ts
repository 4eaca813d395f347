// Guards: a frequent text is found in all rooms, newest first, each event once.
import { expect, it, onTestFinished } from "vitest";
import { openSqliteStore } from "../../src/store/sqlite/store.js";
import { chat } from "../contracts/events.js";
import { claimed } from "../contracts/harness.js";
import { findAnywhere, indexAll } from "../contracts/search.js";

const DAY_MS = 86_400_000;

it("what is frequent in all rooms is found by days and minutes, each event once, newest first, also behind an event of long ago", {
  tags: ["full"],
}, async () => {
  const store = openSqliteStore({ path: ":memory:" });
  onTestFinished(() => store.close());
  const start = 1_760_000_000_000;
  const count = 6_000;
  const rooms = await Promise.all(Array.from({ length: 20 }, (_, i) => claimed(store, `room ${i}`)));
  const all: { readonly id: string; readonly time: number; readonly room: number; readonly seq: number }[] = [];
  const given = rooms.map(({ room }) => ({ room, events: [] as ReturnType<typeof chat>[] }));
  for (let n = 0; n < count; n++) {
    const to = given[n % 20];
    // A day with half of them, of which a quarter come in one minute; the rest in ten days before; one of 1971, and some with the same time.
    const time = n === 0 ? DAY_MS * 400 : n % 2 === 0 ? start - (n % 4 === 0 ? (n % 59) * 1000 : n * 3_000) : start - DAY_MS - n * 50_000;
    if (to === undefined) continue;
    to.events.push(chat(`c${n}`, { text: n % 4000 === 1 ? "少见的字" : "常见的字", time }));
    all.push({ id: `c${n}`, time, room: to.room, seq: to.events.length });
  }
  for (const [i, { append }] of rooms.entries()) await append(...(given[i]?.events ?? []));
  await indexAll(store);
  const order = [...all].sort((a, b) => b.time - a.time || b.room - a.room || b.seq - a.seq).map(({ id }) => id);
  const isRare = (id: string) => Number(id.slice(1)) % 4000 === 1;
  const ids = async (...asked: Parameters<typeof findAnywhere> extends [unknown, ...infer R] ? R : never) =>
    (await findAnywhere(store, ...asked)).map(({ id }) => id);
  expect(await ids({ text: "常见" }, null, 900)).toEqual(order.filter((id) => !isRare(id)));
  expect(await ids({ text: "少见" }, null, 3)).toEqual(order.filter(isRare));
  const two = rooms.slice(3, 5).map(({ room }) => room);
  const some = all.filter(({ room }) => two.includes(room)).map(({ id }) => id);
  expect(await ids({ types: ["chat"] }, two, 500)).toEqual(order.filter((id) => some.includes(id)));
  const span = { from: start - 30_000, to: start - 10_000 };
  const within = all.filter(({ time }) => time >= span.from && time < span.to).map(({ id }) => id);
  expect(await ids({ types: ["chat"], ...span }, null, 100)).toEqual(order.filter((id) => within.includes(id)));
});
