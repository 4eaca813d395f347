// Guards: the statistics of a busy room are exactly what the simulator says it sent.
import { expect, it } from "vitest";
import { advance, catchUp } from "../../src/statistics/reader.js";
import { openVocabulary } from "../../src/statistics/words.js";
import { openSqliteStore } from "../../src/store/sqlite/store.js";
import { useDirectory } from "../store/directory.js";
import { playBusyRoom } from "./busy-room.js";
import { expectTruth } from "./truth.js";

const file = useDirectory();

it("of a busy room are what the simulator says it sent; in full in test/long", { tags: ["full"] }, async () => {
  const store = openSqliteStore({ path: file("dylive.sqlite") });
  const vocabulary = openVocabulary();
  const { room, truth } = await playBusyRoom(store, { hours: HOURS }, async () => {
    await advance(store, vocabulary);
  });
  await catchUp(store, vocabulary);
  expect(await expectTruth(store, room, truth, vocabulary)).toBeGreaterThan(100_000 * HOURS);
  await store.close();
});

const HOURS = 0.05;
