// Guards: one webhook keeps up with 1,000 events a second, each once and in order.
import { expect, it } from "vitest";
import { openSqliteStore } from "../../src/store/sqlite/store.js";
import { useDirectory } from "../store/directory.js";
import { flow } from "../webhooks/flow.js";
import { measured } from "./measured.js";

const file = useDirectory();

it("1,000 events a second reach one hook", async () => {
  const store = openSqliteStore({ path: file("dylive.sqlite") });
  const { events, requests, seconds, p50Ms, p99Ms, maxMs } = await flow({ store, perSecond: 1_000, seconds: 60 });
  expect(events).toBe(60_000);
  // The last event was appended at 60 s: a hook that could not keep up would need longer.
  expect(seconds).toBeLessThan(75);
  measured(
    "1,000 events a second to one webhook, receiver in the same process",
    `${events} events in ${requests} requests in ${seconds.toFixed(1)} s, 0 lost, 0 twice, in order; from append to arrival p50 ${p50Ms} ms, p99 ${p99Ms} ms, longest ${maxMs} ms`,
  );
});
