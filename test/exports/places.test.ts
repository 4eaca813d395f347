// Guards: An export gives its place back when it ends, and fails when events are removed before it came to them.
import { expect, it } from "vitest";
import { exportPieces, LocalExports, partsOf } from "../../src/exports/export.js";
import { planExport } from "../../src/exports/plan.js";
import { openSqliteStore } from "../../src/store/sqlite/store.js";
import { chats } from "../contracts/events.js";
import { claimed } from "../contracts/harness.js";

async function opened() {
  const store = openSqliteStore({ path: ":memory:" });
  const { room, append } = await claimed(store);
  await append(...chats(10));
  const plan = await planExport(store, room, { format: "jsonl" });
  const make = () => new LocalExports(store);
  return { plan, make };
}

it("an export that nobody begins to take gives its place back when its signal aborts, before or after it is opened", async () => {
  const { plan, make } = await opened();
  const exports = make();
  const stop = new AbortController();
  for (let n = 0; n < 4; n++) await partsOf(exports, plan, stop.signal);
  await expect(partsOf(exports, plan, stop.signal)).rejects.toMatchObject({ code: "in_use" });
  stop.abort();
  for (let n = 0; n < 8; n++) await partsOf(exports, plan, stop.signal);
  let bytes = 0;
  for await (const part of await partsOf(exports, plan, new AbortController().signal)) bytes += part.length;
  expect(bytes).toBeGreaterThan(0);
});

it("what asks for an export of a thread that has ended is given no other one of the next thread", async () => {
  const { plan, make } = await opened();
  const id = await make().open(plan);
  const next = make();
  await next.open(plan);
  await expect(next.next(id)).rejects.toMatchObject({ code: "internal" });
});

it.each(["jsonl", "csv"] as const)(
  "an export as %s ends with an error when events are removed before it came to them, and with none when after",
  async (format) => {
    const store = openSqliteStore({ path: ":memory:" });
    const { room, append } = await claimed(store);
    await append(...chats(3000));
    for (const [from, to] of [
      [1, 10],
      [1500, 1600],
    ] as const)
      await store.log.remove(room, from, to, "retention");
    const { readRoom, lines } = store.log;
    const made = async (remove: readonly (readonly [from: number, to: number])[]) => {
      const left = [...remove];
      const then = async <T>(page: T): Promise<T> => {
        for (const range of left.splice(0)) await store.log.remove(room, ...range, "retention");
        return page;
      };
      // As if it went on beside the first page.
      const log = {
        readRoom: async (...ask: Parameters<typeof readRoom>) => then(await readRoom(...ask)),
        lines: async (...ask: Parameters<typeof lines>) => then(await lines(...ask)),
        removals: store.log.removals,
      };
      const plan = await planExport(store, room, { format, pseudonyms: "k" });
      const last = { ...plan, pseudonymKey: format === "jsonl" ? null : plan.pseudonymKey };
      let bytes = 0;
      for await (const piece of exportPieces({ log, comments: store.comments }, last, new AbortController().signal))
        bytes += piece.bytes.length;
      return bytes;
    };
    const whole = await made([]);
    expect(whole).toBeGreaterThan(1000);
    expect(await made([[11, 400]])).toBe(whole);
    await expect(
      made([
        [401, 1499],
        [1601, 1700],
      ]),
    ).rejects.toMatchObject({
      code: "in_use",
      detail: expect.stringMatching(/^events \d+ to 1499 were removed before/),
    });
    await expect(
      made([
        [2500, 2501],
        [2900, 3000],
      ]),
    ).rejects.toMatchObject({ detail: expect.stringContaining("events 2500 to 2501 were") });
    await store.close();
  },
);
