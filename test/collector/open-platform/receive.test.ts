// Guards: a genuine push is answered once it is kept and stored once, and a forged one leaves no trace.
import { describe, expect, it, onTestFinished } from "vitest";
import { signPush } from "../../../src/platform/open-platform/push.js";
import { FakeClock, fastClock } from "../../clock.js";
import { until } from "../../until.js";
import { APP, APP_SECRET, DATA_SECRETS, type Ingest, PATH, ROOM_ID, startIngest } from "./ingest.js";

/** Patience and retries run out only when this is moved. */
const clock = new FakeClock();
async function ingest(options: Partial<Parameters<typeof startIngest>[0]> = {}): Promise<Ingest> {
  const made = await startIngest({ clock, app: { secret: null }, ...options });
  onTestFinished(() => made.close());
  return made;
}

const body = (...ids: string[]) =>
  JSON.stringify(ids.map((id) => ({ msg_id: id, sec_openid: "_000a", content: `text ${id}`, timestamp: clock.now() })));
const ids = (events: readonly { id: string }[]) => events.map(({ id }) => id);
/** Moves the clock until something holds. */
const later = (holds: () => Promise<boolean> | boolean) =>
  until(async () => {
    await clock.advance(250);
    return holds();
  });
/** A push by hand, with headers to change. */
function send({ api }: Ingest, text: string, change: Record<string, string | undefined> = {}, path = PATH, now = clock.now()) {
  const head = { msgType: "live_comment", nonce: "n", roomId: ROOM_ID, timestamp: String(now) };
  const headers: Record<string, string | undefined> = {
    "content-type": "application/json",
    "x-msg-type": head.msgType,
    "x-nonce-str": head.nonce,
    "x-roomid": head.roomId,
    "x-timestamp": head.timestamp,
    "x-signature": signPush(head, Buffer.from(text), DATA_SECRETS.live_comment),
    ...change,
  };
  const given = Object.entries(headers).filter((entry): entry is [string, string] => entry[1] !== undefined);
  return fetch(`${api.url}/ingest/douyin-open/${path}`, { method: "POST", headers: given, body: text });
}

describe("pushes", () => {
  it("are answered when they are in the log of a room of their own", async () => {
    const made = await ingest();
    const web = await made.store.rooms.ensure([{ kind: "room_id", value: ROOM_ID }]);
    const pushed = await made.platform.push(APP, ROOM_ID, "live_comment", body("1", "2"), { untasked: true });
    expect(pushed).toMatchObject({ status: 200, delivered: true });
    expect(await made.events()).toMatchObject([
      { seq: 1, id: "1", type: "chat", source: "official", sessionId: ROOM_ID, text: "text 1" },
      { seq: 2, id: "2" },
    ]);
    const room = await made.store.rooms.find({ kind: "official", value: `${APP}:${ROOM_ID}` });
    expect(room).not.toBe(web);
    expect((await made.store.log.readRoom(web, 0, 10)).events).toEqual([]);
    expect(await made.store.sessions.list(room ?? 0, 10)).toMatchObject([{ sessionId: ROOM_ID, endedAt: null }]);
  });

  it("of a room that was deleted are stored in a new one", async () => {
    const made = await ingest({ clock: fastClock(2) });
    const push = (id: string) => made.platform.push(APP, ROOM_ID, "live_comment", body(id), { untasked: true });
    const room = () => made.store.rooms.find({ kind: "official", value: `${APP}:${ROOM_ID}` });
    await push("1");
    const before = (await room()) ?? 0;
    await made.store.deletions.ofRoom(before);
    expect(await push("2")).toMatchObject({ status: 200, delivered: true });
    const after = (await room()) ?? 0;
    expect(after).toBeGreaterThan(before);
    expect(ids((await made.store.log.readRoom(after, 0, 10)).events)).toEqual(["2"]);
  });

  it("that come again are answered and stored once, also in another body and after a restart", async () => {
    const first = await ingest();
    for (const text of [body("1", "2"), body("1", "2"), body("2", "3"), body("3")])
      expect((await first.platform.push(APP, ROOM_ID, "live_comment", text, { untasked: true })).status).toBe(200);
    expect(ids(await first.events())).toEqual(["1", "2", "3"]);
    await first.stop();
    const second = await ingest({ store: first.store, platform: first.platform });
    expect((await second.platform.push(APP, ROOM_ID, "live_comment", body("3", "4"), { untasked: true })).status).toBe(200);
    expect(ids(await second.events())).toEqual(["1", "2", "3", "4"]);
  });

  it("are taken with the old secret and the new one, each for its own type", async () => {
    const made = await ingest();
    const status = async (type: string, secret?: string) =>
      (await made.platform.push(APP, ROOM_ID, type, body(`${type}${secret}`), { untasked: true, ...(secret !== undefined && { secret }) }))
        .status;
    expect([await status("live_comment"), await status("live_comment", "new-c0mment"), await status("live_comment", "g1ft")]).toEqual([
      200, 200, 401,
    ]);
    expect([await status("live_enter_room", "0ther"), await status("live_gift", "0ther")]).toEqual([200, 401]);
  });

  it("that are forged are all answered alike, cost no look at the store and leave no trace in the log", async () => {
    const made = await ingest();
    made.outage = "down";
    const good = body("1");
    const answers = await Promise.all([
      send(made, good, { "x-signature": "AAAAAAAAAAAAAAAAAAAAAA==" }),
      send(made, good, { "x-signature": "%%%" }),
      send(made, good, { "x-signature": undefined }),
      send(made, good, { "x-roomid": "1" }),
      send(made, good, { "x-msg-type": "live_gift" }),
      send(made, good, { "x-msg-type": "LIVE" }),
      send(made, good, {}, "elsewhere"),
      send(made, good, {}, PATH, clock.now() - 3_600_000),
      send(made, `${good} `, {
        "x-signature": signPush({ msgType: "live_comment", nonce: "n", roomId: ROOM_ID, timestamp: "1" }, Buffer.from(good), "c0mment"),
      }),
      send(made, good, { "content-type": "text/plain", "x-signature": "AAAAAAAAAAAAAAAAAAAAAA==" }),
    ]);
    const texts = await Promise.all(answers.map((answer) => answer.text()));
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([401]));
    expect(new Set(texts).size).toBe(1);
    expect(made.lines.filter((line) => JSON.parse(line).level > 30)).toEqual([]);
    expect(made.official.receiver.counts).toEqual({ stored: 0, waiting: 0, refused: 0, lost: 0 });
    expect(await made.store.rooms.list()).toEqual([]);
  });

  it("are judged by their headers before the body is read, and bodies are bounded", async () => {
    const made = await ingest();
    const large = "x".repeat(1_048_577);
    expect((await send(made, large)).status).toBe(413);
    expect(await made.events()).toEqual([]);
    const whole = `[${JSON.stringify({ msg_id: "1", content: "y".repeat(1_000_000) })}]`;
    expect((await send(made, whole, { "content-type": "text/plain" })).status).toBe(200);
    expect(ids(await made.events())).toEqual(["1"]);
  });

  it("of unknown types and forms are kept, the address answers the console's look, and no token is asked for", async () => {
    const made = await ingest();
    const payload = '[{"msg_id":"9","room_id":7214015683695250235}]';
    expect((await made.platform.push(APP, ROOM_ID, "live_new", payload, { untasked: true, secret: "0ther" })).status).toBe(200);
    expect((await made.platform.push(APP, ROOM_ID, "live_comment", "{broken", { untasked: true })).status).toBe(200);
    expect((await made.platform.push(APP, ROOM_ID, "live_comment", "", { untasked: true })).status).toBe(200);
    expect(await made.events()).toMatchObject([
      { type: "unknown", method: "live_new", id: "9" },
      { type: "unknown", bytes: 7 },
      { type: "unknown", bytes: 0 },
    ]);
    expect(made.official.drift.toJSON()).toMatchObject({ methods: { live_new: 1 }, failures: { official_item: 2 } });
    for (const method of ["GET", "HEAD"]) expect((await fetch(`${made.api.url}/ingest/douyin-open/${PATH}`, { method })).status).toBe(200);
  });

  it("keep gifts exact: every unit counts once", async () => {
    const made = await ingest();
    const gift = (id: string, count: number, more = {}) => ({
      msg_id: id,
      sec_openid: "_a",
      sec_gift_id: "g=",
      gift_num: count,
      gift_value: count * 20,
      ...more,
    });
    const bodies = [[gift("1", 3), gift("2", 3)], [gift("2", 3), gift("3", 1, { test: true })], [gift("1", 3)]];
    for (const items of bodies) await made.platform.push(APP, ROOM_ID, "live_gift", JSON.stringify(items), { untasked: true });
    expect(await made.events()).toMatchObject([
      { id: "1", delta: 3, comboTotal: 3, settled: true, unitDiamonds: 2, diamonds: 6, valueFen: 60 },
      { id: "2", delta: 3, diamonds: 6 },
      { id: "3", delta: 1, test: true },
    ]);
  });
});

describe("while the store is out", () => {
  it.each(["down", "hung"] as const)(
    "(%s) pushes wait in memory, are answered in time, and are stored in order when it is back",
    async (outage) => {
      const held = { bytes: 0, maxBytes: 64_000_000 };
      const made = await ingest({ held });
      const push = (id: string) => made.platform.push(APP, ROOM_ID, "live_comment", body(id), { untasked: true });
      await push("1");
      made.outage = outage;
      for (const id of ["2", "3", "2"]) {
        let status: number | null = null;
        void push(id).then((pushed) => {
          status = pushed.status;
        });
        await later(() => status === 200);
      }
      expect(made.official.receiver.counts).toEqual({ stored: 1, waiting: 3, refused: 0, lost: 0 });
      expect(held.bytes).toBeGreaterThan(0);
      expect(ids(await made.events())).toEqual(["1"]);
      made.outage = "none";
      await later(() => made.official.receiver.counts.waiting === 0);
      expect(await push("4")).toMatchObject({ status: 200 });
      expect(ids(await made.events())).toEqual(["1", "2", "3", "4"]);
      expect(held.bytes).toBe(0);
    },
  );

  it("and the memory is full, no success is answered, and what the platform keeps is fetched later", { tags: ["full"] }, async () => {
    const held = { bytes: 0, maxBytes: 64_000_000 };
    const made = await ingest({ held, app: { secret: APP_SECRET } });
    const room = await made.store.rooms.ensure([{ kind: "official", value: `${APP}:${ROOM_ID}` }]);
    await made.store.rooms.setWatch(room, "on");
    await later(() => made.platform.running(APP, ROOM_ID).length === 4);
    made.outage = "down";
    held.maxBytes = 0;
    const gift = JSON.stringify([{ msg_id: "g1", sec_openid: "_a", sec_gift_id: "g=", gift_num: 2, gift_value: 20 }]);
    expect(await made.platform.push(APP, ROOM_ID, "live_gift", gift)).toMatchObject({ status: 503, delivered: false });
    expect(await made.platform.push(APP, ROOM_ID, "live_comment", body("c1"))).toMatchObject({ status: 503 });
    expect(made.platform.failed(APP, ROOM_ID, "live_gift")).toEqual([gift]);
    expect(made.official.receiver.counts).toMatchObject({ refused: 2 });
    made.outage = "none";
    await later(async () => (await made.events()).length > 0);
    expect(await made.events()).toMatchObject([{ id: "g1", type: "gift", delta: 2 }]);
  });

  it("and the server stops, what waits is counted as lost", async () => {
    const made = await ingest();
    made.outage = "down";
    expect(await made.platform.push(APP, ROOM_ID, "live_comment", body("1"), { untasked: true })).toMatchObject({ status: 200 });
    await made.stop();
    expect(made.official.receiver.counts).toMatchObject({ waiting: 0, lost: 1 });
    expect(made.aside).toEqual(["1 pushes"]);
  });
});
