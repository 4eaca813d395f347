// Guards: a flood of pushes with repeats, forgeries and an outage is stored once.
import { expect, it } from "vitest";
import { openSqliteStore } from "../../../src/store/sqlite/store.js";
import { useDirectory } from "../../store/directory.js";
import { flood } from "./flood.js";

const file = useDirectory();

it("300 pushes with repeats, forgeries and an outage of the database: everything is stored once", { tags: ["full"] }, async () => {
  const store = openSqliteStore({ path: file("dylive.sqlite") });
  try {
    const figures = await flood({ count: 300, store });
    expect(figures.answered + figures.forged).toBe(300);
    expect(figures.repeats).toBeGreaterThan(30);
    expect(figures.forged).toBe(60);
  } finally {
    await store.close();
  }
});
