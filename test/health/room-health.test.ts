import { describe, expect, it } from "vitest";
import { RoomHealth } from "../../src/health/room-health.js";
import { heldBack } from "../../src/ingest/intake.js";
import { DyliveError } from "../../src/runtime/errors.js";
import { FakeClock } from "../clock.js";

const full = () => Promise.reject(new DyliveError("disk_full", "no room"));

describe("the reason of a room's state", () => {
  it("is the store's only as long as somebody waits for the store", async () => {
    const clock = new FakeClock();
    const health = new RoomHealth(clock);
    health.to("live", "interactive messages are coming in");
    const given = new AbortController();
    const waiting = heldBack(full, health, clock, given.signal).catch(() => "given up");
    await clock.advance(3000);
    expect(health.reason).toContain("the store takes nothing now");
    given.abort(new Error("the connection is over"));
    expect(await waiting).toBe("given up");
    expect(health.reason).toBe("interactive messages are coming in");
  });

  it("is the platform's where it is the platform that lets nothing come, whatever the store does", () => {
    const health = new RoomHealth(new FakeClock());
    health.to("live", "interactive messages are coming in");
    health.storeRefuses("the store takes nothing now");
    health.to("blocked", "HTTP 200 instead of opening", "blocked");
    expect(health).toMatchObject({ state: "blocked", reason: "HTTP 200 instead of opening" });
    health.storeTakes();
    expect(health.reason).toBe("HTTP 200 instead of opening");
    health.to("live", "interactive messages are coming in");
    health.storeRefuses("the store takes nothing now");
    health.storeTakes();
    expect(health.reason).toBe("the store takes what comes again");
  });
});
