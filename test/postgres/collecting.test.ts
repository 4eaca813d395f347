import { expect, it, onTestFinished } from "vitest";
import { startCollecting } from "../../src/app/collecting.js";
import type { Config } from "../../src/app/config.js";
import { systemClock } from "../../src/runtime/clock.js";
import { DyliveError } from "../../src/runtime/errors.js";
import { openPostgresStore } from "../../src/store/postgres/store.js";
import { reachAt } from "../platform/access/reach.js";
import { useDirectory } from "../store/directory.js";
import { dropDatabase, newDatabase, runSql } from "./database.js";

const file = useDirectory();

it("a start that the database breaks off leaves nothing behind that goes on: the process is no member, and collects nothing", async () => {
  const url = await newDatabase();
  onTestFinished(() => dropDatabase(url));
  const store = await openPostgresStore({ url });
  onTestFinished(() => store.close());
  const { leases, wantedRooms, spooled } = store.cluster;
  let asked = 0;
  const sweep = async (idleMs: number) => {
    if (asked++ === 0) throw new DyliveError("store_unreachable", "it went away");
    await wantedRooms.sweep(idleMs);
  };
  const failing = { ...store, cluster: { ...store.cluster, leases, spooled, wantedRooms: { ...wantedRooms, sweep } } };
  const settings = {
    role: "all",
    capacity: 10,
    maxOnDemandRooms: 10,
    onDemandIdleMs: 600_000,
    name: "here",
    data: file("data"),
    spoolMb: 10,
  } as const;
  const starting = startCollecting(settings as unknown as Config, {
    ...reachAt("http://127.0.0.1:1"),
    ...{ store: failing, erased: async () => null, clock: systemClock, pollMs: 5000, rates: { requestsPerS: 5, connectsPerS: 5 } },
    ...{ setAside: () => {}, onError: () => {} },
  });
  await expect(starting).rejects.toMatchObject({ code: "store_unreachable" });
  expect(await runSql(url, "SELECT name FROM members")).toEqual([]);
  expect(asked).toBe(1);
});
