// Guards: push tasks run for watched rooms alone, lost pushes are fetched once, and each kept message is confirmed once.
import { describe, expect, it, onTestFinished } from "vitest";
import { FakeClock } from "../../clock.js";
import { until } from "../../until.js";
import { APP, APP_SECRET, type Ingest, ROOM_ID, startIngest } from "./ingest.js";

const clock = new FakeClock();
async function ingest(options: Partial<Parameters<typeof startIngest>[0]> = {}): Promise<Ingest> {
  const made = await startIngest({ clock, ...options });
  onTestFinished(() => made.close());
  return made;
}
/** Moves the clock until something holds. */
const later = (holds: () => Promise<boolean> | boolean, stepMs = 1000) =>
  until(async () => {
    await clock.advance(stepMs);
    return holds();
  });
const aliasOf = (roomId: string) => ({ kind: "official" as const, value: `${APP}:${roomId}` });
async function watch({ store }: Ingest, watch: "on" | "off" | "paused", roomId = ROOM_ID): Promise<number> {
  const room = await store.rooms.ensure([aliasOf(roomId)]);
  await store.rooms.setWatch(room, watch);
  return room;
}
const ALL = ["live_comment", "live_fansclub", "live_gift", "live_like"];
const running = ({ platform }: Ingest) => [...platform.running(APP, ROOM_ID)].sort();
const gift = (n: number) => JSON.stringify([{ msg_id: `g${n}`, sec_openid: "_a", sec_gift_id: "g=", gift_num: 1, gift_value: 10 }]);
const calls = ({ platform }: Ingest, end: string) => platform.calls.filter(({ path }) => path.endsWith(end));

describe("push tasks", () => {
  it("run for rooms on the watch list, and are stopped when they are taken off it", { tags: ["full"] }, async () => {
    const made = await ingest();
    await clock.advance(10_000);
    expect(running(made)).toEqual([]);
    await watch(made, "on");
    await later(() => running(made).length === 4);
    expect(running(made)).toEqual(ALL);
    expect(calls(made, "/task/start")).toHaveLength(4);
    await later(() => calls(made, "/task/get").length >= 4, 10_000);
    expect(calls(made, "/task/start")).toHaveLength(4);
    await watch(made, "off");
    await later(() => running(made).length === 0);
  });

  it("of a room that was paused while no server ran are stopped by the next one, once", async () => {
    const first = await ingest();
    await watch(first, "on");
    await later(() => running(first).length === 4);
    await first.stop();
    expect(running(first)).toEqual(ALL);
    await watch(first, "paused");
    const second = await ingest({ store: first.store, platform: first.platform });
    await later(() => running(second).length === 0);
    await clock.advance(60_000);
    expect(calls(second, "/task/stop").filter(({ errNo }) => errNo === 0)).toHaveLength(4);
  });

  it("that the platform stopped are started again", async () => {
    const made = await ingest({ app: { secret: APP_SECRET } });
    await watch(made, "on");
    await later(() => running(made).length === 4);
    made.platform.stopTasks(APP, ROOM_ID);
    await later(() => running(made).length === 4, 20_000);
  });

  it("end with the broadcast: what was lost is fetched, the session ends, the room leaves the list", async () => {
    const held = { bytes: 0, maxBytes: 64_000_000 };
    const made = await ingest({ held });
    const room = await watch(made, "on");
    await later(() => running(made).length === 4);
    await made.platform.push(APP, ROOM_ID, "live_gift", gift(1));
    held.maxBytes = 0;
    for (const n of [2, 3]) expect(await made.platform.push(APP, ROOM_ID, "live_gift", gift(n))).toMatchObject({ status: 503 });
    made.platform.end(APP, ROOM_ID);
    await later(async () => (await made.store.rooms.get(room))?.watch === "off", 20_000);
    expect((await made.events()).map(({ id }) => id)).toEqual(["g1", "g2", "g3"]);
    expect(await made.store.sessions.list(room, 1)).toMatchObject([{ sessionId: ROOM_ID, endReason: "offline" }]);
    expect(made.official.tasks()).toEqual([]);
  });

  it("that are refused are tried again with growing pauses, and say why", async () => {
    const made = await ingest();
    await watch(made, "on", "404");
    await later(() => made.official.tasks().some(({ tasks }) => Object.values(tasks).some(({ problem }) => problem !== null)));
    const [status] = made.official.tasks();
    expect(status?.tasks["live_gift"]).toMatchObject({ state: "new", problem: expect.stringContaining("has not mounted the app") });
    const before = calls(made, "/task/start").length;
    for (let i = 0; i < 60; i++) await clock.advance(10_000);
    expect(calls(made, "/task/start").length - before).toBeLessThan(60);
    expect(made.platform.calls.filter(({ errNo }) => errNo === 40007)).toEqual([]);
  });
});

describe("calls", () => {
  it("are never more than the platform allows, however many rooms there are", { tags: ["full"] }, async () => {
    const made = await ingest();
    for (let n = 1; n <= 20; n++) {
      made.platform.mount(APP, String(n));
      await watch(made, "on", String(n));
    }
    await later(() => made.platform.running(APP, "20").length === 4);
    for (let n = 1; n <= 20; n++) await watch(made, "off", String(n));
    await later(() => made.platform.running(APP, "20").length === 0 && made.platform.running(APP, "1").length === 0);
    expect(made.platform.calls.filter(({ errNo }) => errNo !== 0)).toEqual([]);
  });
});

describe("pushes that failed", () => {
  it("are fetched page by page, each once, and a restart goes on where the last one came to", async () => {
    const first = await ingest();
    await watch(first, "on");
    await later(() => running(first).length === 4);
    first.platform.lose(
      APP,
      ROOM_ID,
      "live_gift",
      Array.from({ length: 250 }, (_, n) => gift(n)),
    );
    await later(async () => (await first.events()).length === 250, 5000);
    expect((await first.events()).map(({ id }) => id)).toEqual(Array.from({ length: 250 }, (_, n) => `g${n}`));
    await first.stop();
    const second = await ingest({ store: first.store, platform: first.platform });
    const before = calls(second, "/fail_data/get").length;
    first.platform.lose(
      APP,
      ROOM_ID,
      "live_gift",
      Array.from({ length: 50 }, (_, n) => gift(n + 250)),
    );
    await later(async () => (await second.events()).length === 300, 5000);
    await clock.advance(1000);
    // Page 3 is full with these, and page 4 does not exist yet.
    expect(
      second.platform.pagesAsked
        .slice(before)
        .filter(({ msgType }) => msgType === "live_gift")
        .map(({ page }) => page),
    ).toEqual([3, 4]);
    for (let i = 0; i < 3; i++) await clock.advance(20_000);
    expect(second.official.tasks()[0]?.tasks["live_gift"]).toMatchObject({ state: "running", problem: null });
  });

  it("are not passed over when they cannot be stored", async () => {
    const made = await ingest();
    await watch(made, "on");
    await later(() => running(made).length === 4);
    made.platform.lose(
      APP,
      ROOM_ID,
      "live_gift",
      Array.from({ length: 150 }, (_, n) => gift(n)),
    );
    made.outage = "down";
    await later(() => made.official.tasks().some(({ tasks }) => tasks["live_gift"]?.problem !== null), 5000);
    made.outage = "none";
    await later(async () => (await made.events()).length === 150, 5000);
  });
});

describe("confirmations", () => {
  it("are sent for every message that is kept, once, in batches, from where the last process came to", async () => {
    const first = await ingest();
    await watch(first, "on");
    await later(() => running(first).length === 4);
    for (const n of [1, 2, 2, 3]) await first.platform.push(APP, ROOM_ID, "live_gift", gift(n));
    await first.platform.push(APP, ROOM_ID, "live_comment", '[{"content":"without an id"}]');
    await later(() => first.platform.acks(APP, ROOM_ID).length >= 3);
    const at = clock.now();
    expect(first.platform.acks(APP, ROOM_ID)).toMatchObject([1, 2, 3].map((n) => ({ ackType: 1, msgId: `g${n}`, msgType: "live_gift" })));
    for (const ack of first.platform.acks(APP, ROOM_ID)) expect(ack.at).toBeLessThanOrEqual(at);
    await first.stop();
    const second = await ingest({ store: first.store, platform: first.platform });
    await second.platform.push(APP, ROOM_ID, "live_gift", gift(4));
    await later(() => second.platform.acks(APP, ROOM_ID).length > 3);
    await clock.advance(5000);
    expect(second.platform.acks(APP, ROOM_ID).map(({ msgId }) => msgId)).toEqual(["g1", "g2", "g3", "g4"]);
  });

  it("follow the rules that come with the launch token; what was handled is told by who handled it", async () => {
    const made = await ingest();
    const launched = await made.official.launch(`launch-${APP}-${ROOM_ID}`);
    expect(launched).toMatchObject({
      roomId: ROOM_ID,
      nickname: "主播",
      ackRules: [{ msgType: "live_gift", ackType: 1, batchMax: 50 }, {}],
    });
    await later(() => running(made).length === 4);
    for (let n = 0; n < 120; n++) await made.platform.push(APP, ROOM_ID, "live_gift", gift(n));
    await made.platform.push(APP, ROOM_ID, "live_like", '[{"msg_id":"l1","like_num":1}]');
    await later(() => made.platform.acks(APP, ROOM_ID).length >= 120);
    await clock.advance(5000);
    expect(made.platform.acks(APP, ROOM_ID).filter(({ msgType }) => msgType !== "live_gift")).toEqual([]);
    expect(new Set(made.platform.acks(APP, ROOM_ID).map(({ msgId }) => msgId)).size).toBe(120);
    await made.official.handled(ROOM_ID, [{ msgId: "g1", msgType: "live_gift", at: 1 }]);
    expect(made.platform.acks(APP, ROOM_ID).at(-1)).toEqual({ ackType: 2, msgId: "g1", msgType: "live_gift", at: 1 });
  });

  it("are tried again when the platform does not take them", async () => {
    const made = await ingest();
    await watch(made, "on");
    await later(() => running(made).length === 4);
    made.platform.refuseAcks = true;
    await made.platform.push(APP, ROOM_ID, "live_gift", gift(1));
    await later(() => calls(made, "/ack").length > 0);
    expect(made.platform.acks(APP, ROOM_ID)).toEqual([]);
    made.platform.refuseAcks = false;
    await later(() => made.platform.acks(APP, ROOM_ID).length === 1);
  });
});

describe("the access token", () => {
  const tokens = (made: Ingest) => calls(made, "/v2/token").length;

  it("is one for all calls, fetched again within the hour, before it expires", { tags: ["full"] }, async () => {
    const made = await ingest();
    await watch(made, "on");
    await later(() => running(made).length === 4);
    expect(tokens(made)).toBe(1);
    for (let i = 0; i < 70; i++) await clock.advance(60_000);
    expect(tokens(made)).toBe(2);
    expect(made.platform.calls.filter(({ errNo }) => errNo !== 0 && errNo !== null)).toEqual([]);
  });

  it("is fetched anew, once, when the platform does not take it", async () => {
    const made = await ingest();
    await watch(made, "on");
    await later(() => running(made).length === 4);
    made.platform.forgetTokens(APP);
    await later(() => tokens(made) === 2, 10_000);
    expect(made.official.tasks()[0]?.tasks["live_gift"]).toMatchObject({ state: "running" });
    expect(calls(made, "").filter(({ errNo }) => errNo === 40022).length).toBeGreaterThan(0);
  });

  it("and the secrets show in no line of the log, whatever fails", async () => {
    const made = await ingest({ app: { secret: "wr0ng-secret" } });
    await watch(made, "on");
    await later(() => made.lines.some((line) => line.includes("40017")));
    const good = await ingest();
    await watch(good, "on");
    await later(() => running(good).length === 4);
    good.platform.refuseAcks = true;
    await good.platform.push(APP, ROOM_ID, "live_gift", gift(1));
    await later(() => calls(good, "/ack").length > 0);
    good.platform.forgetTokens(APP);
    await clock.advance(60_000);
    await good.platform.close();
    for (let i = 0; i < 5; i++) await clock.advance(60_000);
    const text = [...made.lines, ...good.lines].join("\n");
    expect(text).toContain("unreachable");
    for (const secret of ["wr0ng-secret", APP_SECRET, "0801121", "c0mment", "g1ft"]) expect(text).not.toContain(secret);
  });
});
