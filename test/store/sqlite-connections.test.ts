// Guards: the connections of the main thread and of the worker thread give seqs and positions of one SQLite file in one order.
import { expect, it } from "vitest";
import { check } from "../../src/store/check.js";
import { openSqliteStore } from "../../src/store/sqlite/store.js";
import { chat } from "../contracts/events.js";
import { claimed, readAll } from "../contracts/harness.js";
import { useDirectory } from "./directory.js";

const path = useDirectory();

it("give each event the next seq of its room and the next position, whichever connection appends", async () => {
  const file = path("shared.db");
  const [one, two] = [openSqliteStore({ path: file }), openSqliteStore({ path: file })];
  const { room, epoch } = await claimed(one);
  const append = (store: typeof one, id: number) => store.log.append([{ room, epoch, events: [chat(`${id}`), chat(`${id + 1}`)] }]);
  // Each call repeats the last event of the one before.
  const appended = [];
  for (let id = 1; id <= 20; id++) appended.push(...(await append(id % 2 === 0 ? one : two, id)));
  expect(appended.at(-1)).toEqual({ room, head: 21, stored: [null, 21] });
  await Promise.all(Array.from({ length: 200 }, (_, at) => append(at % 2 === 0 ? one : two, 100 + 2 * at)));
  const { events } = await readAll(one.log, room, 0, 1000);
  expect(events.map(({ seq }) => seq)).toEqual(Array.from({ length: 421 }, (_, index) => index + 1));
  expect(new Set(events.map(({ id }) => id)).size).toBe(421);
  expect(await two.log.head()).toBe(421);
  expect(await check(one.log)).toEqual([]);
  await Promise.all([one.close(), two.close()]);
});
