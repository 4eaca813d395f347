import { expect, it } from "vitest";
import { roomsAmong } from "../../../src/http/streams/named-room.js";
import type { TokenRow } from "../../../src/store/sql/tokens.js";
import { openSqliteStore } from "../../../src/store/sqlite/store.js";

it("a list of rooms takes 200 names, and looks them up in several turns of the event loop", async () => {
  const store = openSqliteStore({ path: ":memory:" });
  const { rooms } = store;
  const all = { rooms: [] } as unknown as TokenRow;
  const names: string[] = [];
  for (let i = 0; i < 201; i++) {
    names.push(String(100_000_000 + i));
    await rooms.ensure([{ kind: "web_rid", value: names[i] ?? "" }]);
  }
  await expect(roomsAmong(rooms, all, names.join(","))).rejects.toThrow(/names of 200 rooms, not of 201/);
  let [turns, isOver] = [0, false];
  const turn = () => {
    turns++;
    if (!isOver) setImmediate(turn);
  };
  setImmediate(turn);
  // The same name again is no other room.
  expect(await roomsAmong(rooms, all, [...names.slice(1), ...names.slice(1, 50)].join(", "))).toHaveLength(200);
  isOver = true;
  expect(turns).toBeGreaterThanOrEqual(9);
  await expect(roomsAmong(rooms, all, "100000001,nobody")).rejects.toThrow(/nobody/);
  await store.close();
});
