// Guards: each job has one process at a time, and members are listed as long as they live.
import { describe, expect, it } from "vitest";
import { postgresLeases } from "../../src/store/postgres/leases.js";
import { rounds, sizes, useProcesses } from "./process.js";

const { start, wantedOnly } = useProcesses();
const NOTHING = { rooms: [], released: [], jobs: [] };

describe("jobs", () => {
  it("have one process at a time, and another when that is gone", async () => {
    const [a, b] = [await start(), await start()];
    a.ready = ["retention"];
    b.ready = ["retention"];
    await Promise.all([a.beat(), b.beat()]);
    const [first, other] = a.jobs.length > 0 ? [a, b] : [b, a];
    expect([first.jobs, other.jobs]).toEqual([["retention"], []]);
    other.ready = ["retention", "hooks"];
    await rounds(2, other, first);
    expect([first.jobs, other.jobs]).toEqual([["retention"], ["hooks"]]);
    await first.die();
    await other.beat();
    expect([...other.jobs].sort()).toEqual(["hooks", "retention"]);
    await first.beat();
    expect(first.jobs).toEqual([]);
    await other.membership.leave();
    await first.beat();
    expect(first.jobs).toEqual(["retention"]);
  });
});

describe("the members of a cluster", () => {
  it("are shown with what they have", async () => {
    const a = await start();
    await wantedOnly(2);
    a.ready = ["hooks"];
    await rounds(1, a);
    const leases = postgresLeases(a.connection);
    const [row] = await leases.members();
    expect(row).toMatchObject({ id: a.membership.id, name: "p1", role: "all", capacity: 1000, rooms: 2, jobs: ["hooks"], connected: true });
    expect(row?.expiresAt).toBeGreaterThan(Date.now());
    await a.die();
    expect(await leases.members()).toMatchObject([{ connected: false, rooms: 2 }]);
  });

  it("are gone when they have left, also while a beat is under way", async () => {
    for (let i = 0; i < 4; i++) {
      const one = await start({ ttlMs: 0 }); // tells of itself with each beat
      await one.die();
      const beats = one.membership
        .beat(NOTHING)
        .catch(() => {})
        .then(() => one.membership.beat(NOTHING))
        .catch(() => {}); // of one that has left
      await new Promise((resolve) => setTimeout(resolve, i));
      await one.membership.leave();
      await beats;
      expect(await postgresLeases(one.connection).members()).toEqual([]);
    }
  });

  it("live on when their session is made anew, also while the server still believes in the old one", async () => {
    const [a, b] = [await start(), await start()];
    await wantedOnly(10);
    await rounds(1, a, b);
    await a.die();
    await a.beat().catch(() => {});
    await a.beat();
    await rounds(2, b, a);
    expect(sizes(a, b)).toEqual([5, 5]);
  });
});
