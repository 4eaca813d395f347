import { expect, it } from "vitest";
import { openSqliteStore } from "../../src/store/sqlite/store.js";
import { useDirectory } from "../store/directory.js";
import { flow } from "./flow.js";

const file = useDirectory();

it("100 events a second reach one hook, in order, in few requests", async () => {
  const { requests, events } = await flow({ store: openSqliteStore({ path: file("dylive.sqlite") }), perSecond: 100, seconds: 2 });
  expect(events).toBe(200);
  expect(requests).toBeLessThan(40);
});
