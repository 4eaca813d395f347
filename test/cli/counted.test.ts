// Guards: Commands count what was replaced before they show figures.
import { expect, it } from "vitest";
import { countAll, countedRoom } from "../../src/cli/commands/session.js";
import { openSqliteStore } from "../../src/store/sqlite/store.js";
import { chat } from "../contracts/events.js";
import { claimed } from "../contracts/harness.js";

it("commands count what was replaced before they show figures, of one room or of all", { tags: ["full"] }, async () => {
  const store = openSqliteStore({ path: ":memory:" });
  const { room, append } = await claimed(store);
  await append(chat("1", { sessionId: "1" }));
  const user = { ...chat("").user, id: "77" };
  const replace = (id: string, revision: number) =>
    store.log.replace(room, [{ ...chat("1", { sessionId: "1", user: { ...user, id }, revision }), room, seq: 1 }]);
  await countedRoom(store, `room:${room}`);
  await replace("77", 0);
  await countedRoom(store, `room:${room}`);
  const seen = async (id: string) => (await store.statistics.personRooms(id, null, 10)).length;
  expect([await seen("77"), await store.statistics.progress()]).toEqual([1, []]);
  await replace("78", 1);
  await countAll(store, "all");
  expect([await seen("77"), await seen("78")]).toEqual([0, 1]);
  await store.close();
});
