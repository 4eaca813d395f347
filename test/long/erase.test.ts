import { expect, it } from "vitest";
import { checkStore } from "../../src/log/check-store.js";
import { integrityOf } from "../../src/log/sqlite/copy.js";
import { openSqliteStore } from "../../src/log/sqlite/store.js";
import { completeErasure } from "../../src/outputs/erase/complete.js";
import { useDirectory } from "../log/directory.js";
import { fillBusily, peopleOf } from "../outputs/erase/busy-store.js";
import { eraseAll, marksIn, uniqueMarks } from "../outputs/erase/erased-bytes.js";

const path = useDirectory();

it("the file has no byte of fifty people who were erased after busy hours of four rooms", async () => {
  const file = path("busy.db");
  const store = openSqliteStore({ path: file });
  await fillBusily(store, { rooms: 4, framesOfEach: 900 });
  const people = await peopleOf(store);
  const erased = [...people.slice(0, 25), ...people.slice(300, 325)];
  const marks = erased.flatMap(uniqueMarks);
  expect(marksIn(file, marks)).toEqual(marks);
  await completeErasure(store, await eraseAll(store, erased));
  expect(marksIn(file, marks)).toEqual([]);
  expect(await checkStore(store)).toEqual([]);
  await store.close();
  expect(integrityOf(file)).toEqual([]);
  expect(marksIn(file, marks)).toEqual([]);
});
