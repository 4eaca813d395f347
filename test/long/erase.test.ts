// Guards: the file of a store has no byte of people who were erased.
import { expect, it } from "vitest";
import { completeErasure } from "../../src/erasure/erase.js";
import { checkStore } from "../../src/store/check.js";
import { integrityOf } from "../../src/store/sqlite/copy.js";
import { openSqliteStore } from "../../src/store/sqlite/store.js";
import { fillBusily, peopleOf } from "../erasure/busy-store.js";
import { eraseAll, marksIn, uniqueMarks } from "../erasure/erased-bytes.js";
import { useDirectory } from "../store/directory.js";

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
