// Guards: gifts without name and price have both by the platform's list, which is read once a day.
import { expect, it, onTestFinished } from "vitest";
import { type RoomScenario, startSimulator } from "../../simulator/index.js";
import { RoomManager } from "../../src/cluster/room-manager.js";
import { GiftListReader } from "../../src/collector/gift-list-reader.js";
import { redecode } from "../../src/ingest/redecode.js";
import { platformAt } from "../../src/platform/access/platform.js";
import { PlatformAccess, wayOf } from "../../src/platform/platform-access.js";
import { Drift } from "../../src/platform/wire/drift.js";
import { RateLimiter } from "../../src/runtime/rate-limiter.js";
import { rawFiles } from "../../src/sources/raw/files.js";
import { RawRecorder } from "../../src/sources/raw/recorder.js";
import { check } from "../../src/store/check.js";
import { openSqliteStore } from "../../src/store/sqlite/store.js";
import { FakeClock, fastClock } from "../clock.js";
import { readAll } from "../contracts/harness.js";
import { reachAt } from "../platform/access/reach.js";
import { useDirectory } from "../store/directory.js";
import { until } from "../until.js";
import { depsFor, running, SIGNAL } from "./running.js";

const directory = useDirectory();
const DAY_MS = 86_400_000;
const ROOM: RoomScenario = {
  ...{ webRid: "98765", kind: "talk", state: "live", title: "t", anchor: "a", clubName: "c", viewers: 10, bareGifts: ["3992", "2053"] },
  everySeconds: { gift: 1 },
};

it("a room whose messages tell neither name nor price of its gifts has both, by the list; those that came before it, when they are decoded again", {
  tags: ["full"],
}, async () => {
  const clock = fastClock(60);
  const store = openSqliteStore({ path: ":memory:", clock });
  const folder = directory("raw");
  const setAside = (_about: unknown, error: unknown) => {
    throw error;
  };
  const raw = new RawRecorder({ folder, clock, byDefault: true, onError: setAside });
  const refused: string[] = [];
  const giftList = new GiftListReader({ gifts: store.gifts, clock, onRefused: (reason) => refused.push(reason) });
  const simulator = await startSimulator({ rooms: [ROOM], clock });
  onTestFinished(() => simulator.close());
  const platform = platformAt(simulator.url);
  const letThrough = new AbortController();
  const get: typeof platform.get = async (host, path, headers, signal) => {
    // A connection that ends meanwhile, as it may on a slow machine, leaves it to the next.
    const held = AbortSignal.any([letThrough.signal, signal]);
    if (path.startsWith("/webcast/gift/list/") && !held.aborted) await new Promise((resolve) => held.addEventListener("abort", resolve));
    return platform.get(host, path, headers, signal);
  };
  const rooms = RoomManager.alone({ ...depsFor(simulator, store, clock), raw, giftList, platform: { ...platform, get } });
  await rooms.start();
  const { room } = await rooms.request("98765", 60_000, SIGNAL);
  const isBare = ({ gift }: { readonly gift: { readonly id: string } }) => gift.id === "3992" || gift.id === "2053";
  const given = async () =>
    (await readAll(store.log, room)).events.flatMap((event) => (event.type === "gift" && event.delta > 0 ? [event] : []));
  const bare = async () => (await given()).filter((event) => isBare(event) && event.kind === "gift");
  await until(async () => (await bare()).length > 2);
  expect((await bare()).map(({ gift, unitDiamonds }) => [gift.name, unitDiamonds, gift.filled])).toContainEqual([null, null, undefined]);
  letThrough.abort();
  await until(async () => (await store.gifts.listedAt()) !== null); // messages of other kinds may say it, too
  await until(async () => (await bare()).filter(({ gift }) => gift.filled !== undefined).length > 2);
  // A collector that is stopped in the middle of what it receives may go on storing it: it is waited for four seconds, which are no time by this clock.
  simulator.rooms.end("98765");
  await until(() => rooms.status(room)?.state === "waiting");
  await rooms.stop();
  await raw.close();
  const ids = (await given()).map(({ id, delta }) => [id, delta]);
  const again = async () =>
    redecode({
      store,
      room,
      files: await rawFiles(folder, room),
      clock,
      drift: new Drift(),
      erased: async () => null,
      signal: SIGNAL,
      setAside,
    });
  expect((await again()).replaced).toBeGreaterThan(0);
  expect(await again()).toMatchObject({ replaced: 0, regifted: 0, appended: 0 });
  const { combos } = simulator.truth("98765").sent;
  const all = (await readAll(store.log, room)).events.flatMap((event) => (event.type === "gift" ? [event] : []));
  expect(all.filter((event) => event.id.startsWith("settle:") && isBare(event)).length).toBeGreaterThan(0);
  for (const event of all) {
    const { gift, unitDiamonds, diamonds, delta } = event;
    const { giftName, unitDiamonds: price = -1 } = combos.find(({ giftId }) => giftId === gift.id) ?? {};
    // A gift in short tells its price and no name.
    const filled = isBare(event) ? ["name", "unitDiamonds"] : event.kind === "light" ? ["name"] : undefined;
    expect([gift.name, unitDiamonds, diamonds, gift.filled]).toEqual([giftName, price, delta * price, filled]);
  }
  expect((await given()).map(({ id, delta }) => [id, delta])).toEqual(ids);
  expect(await check(store.log)).toEqual([]);
  expect(refused).toEqual([]);
  expect((await store.gifts.known(["2053"])).get("2053")).toMatchObject({ name: "人气票", diamonds: 1, kind: 1, source: "list" });
  await store.close();
});

it("the list is read once a day for all processes of a store, and an hour after a refusal at the earliest", async () => {
  const now = await running({ rooms: [{ ...ROOM, everySeconds: {} }] }, {}, new FakeClock(DAY_MS * 20_000));
  const clock = new FakeClock(DAY_MS * 20_000);
  const store = openSqliteStore({ path: ":memory:", clock });
  onTestFinished(() => store.close());
  const refused: string[] = [];
  let asked = 0;
  const platform = platformAt(now.simulator.url);
  const get: typeof platform.get = (...given) => {
    asked++;
    return platform.get(...given);
  };
  const access = new PlatformAccess({ ...reachAt(now.simulator.url), platform: { ...platform, get } }, { ...wayOf(), apart: null });
  const requests = new RateLimiter(clock, { burst: 100, perSecond: 100 });
  const deps = { gifts: store.gifts, clock, onRefused: (reason: string) => refused.push(reason) };
  const [one, other] = [new GiftListReader(deps), new GiftListReader(deps)];
  const look = async (reader = one, signal = SIGNAL) => {
    await Promise.all([reader.look(access, requests, signal), reader.look(access, requests, signal)]);
    return asked;
  };
  now.simulator.rooms.captcha();
  expect([await look(), refused]).toEqual([1, ["gift/list answered HTTP 200 with 0 bytes"]]);
  now.simulator.rooms.captcha(false);
  await clock.advance(3_599_999);
  expect([await look(), await store.gifts.listedAt()]).toEqual([1, null]);
  await clock.advance(1);
  // A connection that ends meanwhile leaves it to the next.
  expect(await look(one, AbortSignal.abort())).toBe(1);
  expect([await look(), await store.gifts.listedAt()]).toEqual([2, clock.now()]);
  expect(await look(other)).toBe(2);
  await clock.advance(DAY_MS - 1);
  expect(await look(other)).toBe(2);
  await clock.advance(3_600_000);
  expect([await look(other), await look(one)]).toEqual([3, 3]);
  expect(refused).toHaveLength(1);
});

it("a list that a room's page asks for itself is learnt, once an hour, and spares us a request", async () => {
  const clock = new FakeClock(DAY_MS * 20_000);
  const store = openSqliteStore({ path: ":memory:", clock });
  onTestFinished(() => store.close());
  const refused: string[] = [];
  const reader = new GiftListReader({ gifts: store.gifts, clock, onRefused: (reason) => refused.push(reason) });
  const list = (name: string) => ({
    status: 200,
    body: Buffer.from(JSON.stringify({ data: { gifts: [{ id: 2053, name, diamond_count: 1 }] }, status_code: 0 })),
  });
  const name = async () => (await store.gifts.known(["2053"])).get("2053")?.name;
  await reader.heard({ status: 200, body: Buffer.alloc(0) });
  expect([await name(), await store.gifts.listedAt()]).toEqual([undefined, null]);
  await reader.heard(list("人气票"));
  expect([await name(), await store.gifts.listedAt()]).toEqual(["人气票", clock.now()]);
  await reader.heard(list("票"));
  expect(await name()).toBe("人气票");
  await clock.advance(3_600_000);
  await reader.heard(list("票"));
  expect(await name()).toBe("票");
  const get = () => Promise.reject(new Error("nobody is asked"));
  const access = new PlatformAccess(
    { ...reachAt("http://127.0.0.1:9"), platform: { ...platformAt("http://127.0.0.1:9"), get } },
    { ...wayOf(), apart: null },
  );
  await reader.look(access, new RateLimiter(clock, { burst: 9, perSecond: 9 }), SIGNAL);
  expect(refused).toEqual([]);
});

it("a list whose ids are deeper than the stack teaches nothing, and harms nobody", async () => {
  const store = openSqliteStore({ path: ":memory:" });
  const refused: string[] = [];
  const giftList = new GiftListReader({ gifts: store.gifts, clock: new FakeClock(), onRefused: (reason) => refused.push(reason) });
  const deep = `${"[".repeat(12_000)}${"]".repeat(12_000)}`;
  const body = (gifts: string) => Buffer.from(`{"data":{"gifts":[${gifts}]}}`);
  await giftList.heard({ status: 200, body: body(`{"id":${deep}}`) });
  expect([refused, await store.gifts.listedAt()]).toEqual([[], null]);
  await giftList.heard({ status: 200, body: body(`{"id":${deep}},{"id":463,"name":"小心心","diamond_count":1}`) });
  expect((await store.gifts.known(["463"])).get("463")?.name).toBe("小心心");
  await store.close();
});
