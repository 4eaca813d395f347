// Guards: /readyz says within seconds whether the store takes and answers writes.
import { describe, expect, it } from "vitest";
import { DyliveError } from "../../src/runtime/errors.js";
import type { Positions } from "../../src/store/sql/positions.js";
import type { Store } from "../../src/store/store.js";
import { until } from "../until.js";
import { serveApi } from "./api-server.js";

/** A store whose positions are written by `set`. */
const writing = (set: Positions["set"]) => ({
  replace: (store: Store) => ({
    ...store,
    positions: { ...store.positions, set },
  }),
});

describe("/readyz", () => {
  it("looks whether the store can be written, at most every second, and needs no token", async () => {
    let writes = 0;
    let failing = false;
    const { call, clock } = await serveApi(
      writing(async () => {
        writes++;
        if (failing) throw new Error("disk full");
        return true;
      }),
    );
    const ready = () => call("/readyz", { token: null });
    for (let n = 0; n < 3; n++) expect((await ready()).body).toEqual({ status: "ready" });
    expect(writes).toBe(1);
    failing = true;
    await clock.advance(999);
    expect((await ready()).status).toBe(200);
    await clock.advance(1);
    const refused = await ready();
    expect([refused.status, refused.at("error", "code")]).toEqual([503, "not_ready"]);
    expect(refused.text).not.toContain("disk full");
    expect((await call("/healthz", { token: null })).status).toBe(200);
    failing = false;
    await clock.advance(1_000);
    expect((await ready()).status).toBe(200);
  });

  it("is judged by what is appended: not ready from the first refusal of the store to the next append that it takes", async () => {
    let refusal: DyliveError | null = null;
    const { call, clock, appends } = await serveApi();
    const append = () => {
      appends.asked(clock.now());
      if (refusal === null) appends.took(clock.now());
      else appends.failed(refusal, clock.now());
    };
    const ready = async () => (await call("/readyz", { token: null })).status;
    append();
    expect(await ready()).toBe(200);
    refusal = new DyliveError("disk_full", "/var/lib/secret: no room");
    append();
    const refused = await call("/readyz", { token: null });
    expect([refused.status, refused.at("error", "code")]).toEqual([503, "not_ready"]);
    expect(refused.text).toContain("The disk is full");
    expect(refused.text).not.toContain("secret");
    // An event that the store would not take says nothing of the store.
    refusal = new DyliveError("bad_request", "no such value");
    append();
    expect(await ready()).toBe(503);
    refusal = null;
    append();
    expect(await ready()).toBe(200);
    refusal = new DyliveError("store_unreachable", "gone");
    append();
    expect(await ready()).toBe(503);
    // Nobody has anything to store any more: then a write of its own tells.
    await clock.advance(30_001);
    expect(await ready()).toBe(200);
    expect(appends.complaint(clock.now())).toBeNull();
  });

  it("is not ready two seconds after an append that has no answer, and ready with the first answer", async () => {
    const { call, clock, appends } = await serveApi();
    const ready = async () => {
      const { status, text } = await call("/readyz", { token: null });
      return status === 200 ? "ready" : text;
    };
    for (let n = 0; n < 2; n++) appends.asked(clock.now());
    await clock.advance(1_999);
    expect(await ready()).toBe("ready");
    await clock.advance(1);
    expect(await ready()).toContain("has not answered for 2 s");
    // One answer is enough: the store answers, the other append may just be larger.
    appends.took(clock.now());
    expect(await ready()).toBe("ready");
  });

  it("is not ready three seconds after the whole store hangs, asks it once, and is ready again when it answers", async () => {
    let hangs = false;
    const waiting: (() => void)[] = [];
    const { call, clock } = await serveApi(
      writing(() => (hangs ? new Promise<boolean>((resolve) => waiting.push(() => resolve(true))) : Promise.resolve(true))),
    );
    const ready = () => call("/readyz", { token: null });
    expect((await ready()).status).toBe(200);
    hangs = true;
    await clock.advance(1_000);
    const asked = ready();
    await until(() => clock.sleeping > 0);
    await clock.advance(2_000);
    const refused = await asked;
    expect([refused.status, refused.text]).toEqual([503, expect.stringContaining("the store does not answer")]);
    for (let n = 0; n < 3; n++) {
      await clock.advance(1_000);
      expect((await ready()).status).toBe(503);
    }
    expect(waiting).toHaveLength(1);
    hangs = false;
    waiting[0]?.();
    await until(async () => (await ready()).status === 200);
  });
});
