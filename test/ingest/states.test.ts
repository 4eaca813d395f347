// Guards: a state is stored once for each version, and goods keep the title and price that were said.
import { expect, it } from "vitest";
import { type Broadcast, Pipeline } from "../../src/ingest/pipeline.js";
import { Drift } from "../../src/platform/wire/drift.js";
import { openMemoryStore } from "../../src/store/memory/memory.js";
import { FakeClock } from "../clock.js";
import { encode, envelope } from "../platform/messages/encode.js";
import { COMMON } from "../platform/messages/normalised.js";

const AT = 1_775_222_770_500;
const broadcast: Broadcast = { sessionId: "1", webRid: "1", anchorId: null, source: "websocket" };

async function opened() {
  const store = openMemoryStore({ maxEventsPerRoom: 1000 });
  const room = await store.rooms.ensure([{ kind: "web_rid", value: "1" }]);
  const setAside = (_event: unknown, error: unknown) => {
    throw error;
  };
  const open = () => Pipeline.open({ log: store.log, rooms: store.rooms, room, clock: new FakeClock(AT), drift: new Drift(), setAside });
  return { open, events: async () => (await store.log.readRoom(room, 0, 1000)).events };
}
const arrived = (...messages: readonly ReturnType<typeof envelope>[]) => [{ receivedAt: AT, response: { messages } }];
const lottery = (version: number, participants: number) =>
  envelope("RoomDataSyncMessage", {
    common: { ...COMMON, msgId: `${version}${participants}` },
    syncKey: "LotteryInfoSyncData",
    version,
    payload: encode("LotteryInfoSyncData", { lotteryId: "7", candidateTotalCount: participants }),
  });

it("a state is stored once for each version, and none that is older than one before, also after a restart", async () => {
  const { open, events } = await opened();
  const first = await open();
  const stored = await first.store(arrived(lottery(5, 50), lottery(5, 51), lottery(4, 40), lottery(6, 60)), broadcast);
  expect([stored.drops.get("duplicate"), stored.drops.get("stale")]).toEqual([1, 1]);
  const again = await (await open()).store(arrived(lottery(5, 52), lottery(6, 61), lottery(7, 70)), broadcast);
  expect([again.drops.get("duplicate"), again.drops.get("stale")]).toEqual([1, 1]);
  expect((await events()).map((event) => event.type === "lottery" && event.participants)).toEqual([50, 60, 70]);
});

it("goods that are explained have the title and price that a message before said, also after a restart; null where none did", async () => {
  const { open, events } = await opened();
  const goods = { promotionId: "31", updatedProductInfo: { title: "大米", price: 3980 } };
  const explain = (msgId: string) =>
    envelope("ProductChangeMessage", {
      common: { ...COMMON, msgId },
      updateProductInfo: [
        { promotionId: "31", index: 1, explainType: 2 },
        { promotionId: "32", index: 2 },
      ],
    });
  const pipeline = await open();
  await pipeline.store(
    arrived(explain("1"), envelope("LiveShoppingMessage", { common: { ...COMMON, msgId: "2" }, ...goods }), explain("3")),
    broadcast,
  );
  await (await open()).store(arrived(explain("4")), broadcast);
  const told = (await events()).map((event) => event.type === "product" && event.products.map(({ title, price }) => [title, price]));
  const unknown = [null, null];
  expect(told).toEqual([[unknown, unknown], [["大米", 3980]], [["大米", 3980], unknown], [["大米", 3980], unknown]]);
});
