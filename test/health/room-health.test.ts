// Guards: the reason of a room's state names the store or the platform, whichever it is.
import { describe, expect, it } from "vitest";
import { RoomHealth } from "../../src/health/room-health.js";
import { SessionHealth } from "../../src/health/sessions.js";
import { withBackpressure } from "../../src/ingest/intake.js";
import { DyliveError } from "../../src/runtime/errors.js";
import { FakeClock } from "../clock.js";

const full = () => Promise.reject(new DyliveError("disk_full", "no room"));

describe("the reason of a room's state", () => {
  it("is the store's only as long as somebody waits for the store", async () => {
    const clock = new FakeClock();
    const health = new RoomHealth(clock);
    health.to("live", "interactive messages are coming in");
    const given = new AbortController();
    const waiting = withBackpressure(full, health, clock, given.signal).catch(() => "given up");
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

describe("a look at a room", () => {
  it("wakes those who wait for news only where there is some", async () => {
    const clock = new FakeClock();
    const health = new RoomHealth(clock);
    const session = new SessionHealth("default", clock);
    health.watchedBy([session]);
    session.to("connected");
    health.to("live", "interactive messages are coming in");
    const { standing } = health;
    let woken = 0;
    health.onChange(() => woken++);
    for (let second = 0; second < 80; second++) {
      await clock.advance(1000);
      expect(health.look()).toBeNull();
      session.received(clock.now(), 0); // an answer to a heartbeat
      expect(health.standing).toEqual(standing);
    }
    expect(woken).toBe(0);
    await clock.advance(20_000);
    expect([health.look(), health.state, woken]).toEqual(["live", "stalled", 1]);
    expect(health.standing).not.toEqual(standing);
  });
});
