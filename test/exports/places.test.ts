import { expect, it } from "vitest";
import { LocalExports, partsOf } from "../../src/exports/export.js";
import { planExport } from "../../src/exports/plan.js";
import { ReadingTime } from "../../src/feed/reading-time.js";
import { openSqliteStore } from "../../src/store/sqlite/store.js";
import { FakeClock } from "../clock.js";
import { chats } from "../contracts/events.js";
import { claimed } from "../contracts/harness.js";

async function opened() {
  const store = openSqliteStore({ path: ":memory:" });
  const { room, append } = await claimed(store);
  await append(...chats(10));
  const plan = await planExport(store, room, { format: "jsonl" });
  const make = () => new LocalExports(store, new ReadingTime(new FakeClock()));
  return { plan, make };
}

it("an export that nobody begins to take gives its place back when its signal aborts, before or after it is opened", async () => {
  const { plan, make } = await opened();
  const exports = make();
  const stop = new AbortController();
  for (let n = 0; n < 4; n++) await partsOf(exports, plan, "t", stop.signal);
  await expect(partsOf(exports, plan, "t", stop.signal)).rejects.toMatchObject({ code: "in_use" });
  stop.abort();
  for (let n = 0; n < 8; n++) await partsOf(exports, plan, "t", stop.signal);
  let bytes = 0;
  for await (const part of await partsOf(exports, plan, "t", new AbortController().signal)) bytes += part.length;
  expect(bytes).toBeGreaterThan(0);
});

it("what asks for an export of a thread that has ended is given no other one of the next thread", async () => {
  const { plan, make } = await opened();
  const id = await make().open(plan, "t");
  const next = make();
  await next.open(plan, "u");
  await expect(next.next(id)).rejects.toMatchObject({ code: "internal" });
});
