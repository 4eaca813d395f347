import { expect, it, onTestFinished } from "vitest";
import { openPostgresStore } from "../../src/store/postgres/store.js";
import { dropDatabase, newDatabase, runSql } from "./database.js";

it("positions that were moved least recently are forgotten, and no more, whatever the planner believes of the table", async () => {
  const url = await newDatabase();
  const store = await openPostgresStore({ url });
  onTestFinished(async () => {
    await store.close();
    await dropDatabase(url);
  });
  const room = await store.rooms.ensure([{ kind: "web_rid", value: "1" }]);
  const among = { prefix: "sub:a:", most: 20 };
  await store.positions.set("sub:a:0", room, 1, among);
  await runSql(url, "VACUUM ANALYZE positions"); // as autovacuum does: from now on it is thought to have one row
  for (let i = 1; i <= 20; i++) await store.positions.set(`sub:a:${i}`, room, 1, among);
  const [kept] = await runSql<{ n: string }>(url, "SELECT count(*) AS n FROM positions");
  expect(Number(kept?.n)).toBe(18); // one too many, and a tenth of the most
});
