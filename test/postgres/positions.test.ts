// Guards: the process alone that holds a position moves it.
import { expect, it, onTestFinished } from "vitest";
import { openPostgresStore } from "../../src/store/postgres/store.js";
import { dropDatabase, newDatabase } from "./database.js";

it("is moved by the process alone that holds it, until another does", async () => {
  const url = await newDatabase();
  const [a, b] = [await openPostgresStore({ url }), await openPostgresStore({ url })];
  onTestFinished(async () => {
    await Promise.all([a.close(), b.close()]);
    await dropDatabase(url);
  });
  const rooms = [await a.rooms.ensure([{ kind: "web_rid", value: "1" }]), await a.rooms.ensure([{ kind: "web_rid", value: "2" }])];
  const among = { prefix: "sub:a:", most: 20 };
  const places = rooms.map((room) => [room, 7] as const);
  const [room = 0] = rooms;
  // Each at once, in another order: one of them holds both.
  await Promise.all([a.positions.hold("sub:a:x", places, "a", among), b.positions.hold("sub:a:x", [...places].reverse(), "b", among)]);
  const moved = async (by: string) => Promise.all(rooms.map((one) => a.positions.set("sub:a:x", one, 8, among, by)));
  expect([await moved("a"), await moved("b")].toSorted()).toEqual([
    [false, false],
    [true, true],
  ]);
  await a.positions.hold("sub:a:x", [[room, 3]], "a", among);
  expect(await b.positions.get("sub:a:x", room)).toBe(8);
  expect(await b.positions.set("sub:a:x", room, 9, among, "b")).toBe(false);
  expect(await a.positions.set("sub:a:x", room, 9, among, "a")).toBe(true);
  // One that was forgotten is made anew by who moves it.
  await a.positions.forget("sub:a:x");
  expect(await b.positions.set("sub:a:x", room, 5, among, "b")).toBe(true);
  expect(await a.positions.set("sub:a:x", room, 6, among, "a")).toBe(false);
  expect(await a.positions.get("sub:a:x", room)).toBe(5);
});
