import { expect, it } from "vitest";
import { openSqliteStore } from "../../../src/store/sqlite/store.js";
import { useDirectory } from "../../store/directory.js";
import { flood } from "./flood.js";

const file = useDirectory();

it("1,000 pushes with repeats, forgeries and an outage of the database: everything is stored once", async () => {
  const store = openSqliteStore({ path: file("dylive.sqlite") });
  try {
    const figures = await flood({ count: 1000, store, spool: file("spool") });
    expect(figures.answered + figures.forged).toBe(1000);
    expect(figures.repeats).toBeGreaterThan(100);
    expect(figures.forged).toBe(200);
    expect(figures.spooled).toBeGreaterThan(0);
  } finally {
    await store.close();
  }
});
