// Guards: the process alone that holds a position moves it.
import { expect, it, onTestFinished } from "vitest";
import { openPostgresStore } from "../../src/store/postgres/store.js";
import { dropDatabase, newDatabase } from "./database.js";

it("is moved by the process alone that holds it, where two hold it at once", async () => {
  const url = await newDatabase();
  const [a, b] = [await openPostgresStore({ url }), await openPostgresStore({ url })];
  onTestFinished(async () => {
    await Promise.all([a.close(), b.close()]);
    await dropDatabase(url);
  });
  const among = { prefix: "sub:a:", most: 20 };
  await Promise.all([a.positions.hold("sub:a:x", 7, "a", among), b.positions.hold("sub:a:x", 7, "b", among)]);
  const moved = [await a.positions.set("sub:a:x", 8, among, "a"), await b.positions.set("sub:a:x", 8, among, "b")];
  expect(moved.toSorted()).toEqual([false, true]);
});
