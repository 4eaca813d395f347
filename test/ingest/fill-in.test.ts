// Guards: a gift's missing name and price come from the catalogue, and the event says so.
import { describe, expect, it, onTestFinished } from "vitest";
import type { Draft, GiftEvent } from "../../src/events/combo.js";
import { filledAsBefore, GiftCatalogue } from "../../src/ingest/fill-in.js";
import { Pipeline } from "../../src/ingest/pipeline.js";
import type { normalise } from "../../src/platform/messages/normalise.js";
import { Drift } from "../../src/platform/wire/drift.js";
import type { DescribedGift } from "../../src/store/sql/gifts.js";
import { openSqliteStore } from "../../src/store/sqlite/store.js";
import { FakeClock } from "../clock.js";
import { gift } from "../platform/messages/gift-event.js";

const T = 1_777_726_800_000;
const ticket: DescribedGift = { id: "2053", name: "人气票", diamonds: 1, icon: "https://p3.example/ticket.png", kind: 1, combo: true };
const BARE = { name: null, icon: null, unit: null };

/** An event of a gift, as its message tells it. */
function told(id: string, change: Partial<GiftEvent["gift"]> & { unit?: number | null; at?: number } & Partial<GiftEvent> = {}): GiftEvent {
  const { unit = null, at = T, name = null, icon = null, ...rest } = change;
  const { event } = gift({ id, combo: `c.5.2053.g${id}.`, total: 3, unit, at });
  return { ...event, source: "websocket", gift: { id: "2053", name, icon }, ...rest };
}

function opened() {
  const store = openSqliteStore({ path: ":memory:" });
  onTestFinished(() => store.close());
  return store;
}

describe("what messages of gifts do not say", () => {
  it("is filled in by the catalogue, with the price at that time, and the event says what was", async () => {
    const { gifts } = opened();
    await gifts.learn("list", T, [ticket]);
    await gifts.learn("list", T + 1_000, [{ ...ticket, diamonds: 2 }]);
    const [early, late, whole] = [told("1", { at: T - 5 }), told("2", { at: T + 1_000 }), told("3", { name: "其他", unit: 7 })];
    await new GiftCatalogue(gifts).fill([early, late, whole]);
    expect([early, late]).toMatchObject([
      { unitDiamonds: 1, diamonds: 0, gift: { name: "人气票", icon: ticket.icon, filled: ["name", "icon", "unitDiamonds"] } },
      { unitDiamonds: 2 },
    ]);
    expect([whole.unitDiamonds, whole.gift]).toEqual([7, { id: "2053", name: "其他", icon: null }]);
  });

  it("stays unknown where nobody said it, and is looked up again each 5 s", async () => {
    const { gifts } = opened();
    const asked: (readonly string[])[] = [];
    const counting = {
      ...gifts,
      known: (ids: readonly string[]) => {
        asked.push(ids);
        return gifts.known(ids);
      },
    };
    const catalogue = new GiftCatalogue(counting);
    const events = [told("1"), told("2"), told("3", { at: T + 4_999 }), told("4", { at: T + 5_000 })];
    await catalogue.fill(events.slice(0, 2));
    await gifts.learn("list", T, [ticket]);
    await catalogue.fill(events.slice(2, 3));
    await catalogue.fill(events.slice(3));
    expect(events.map(({ unitDiamonds, gift: { name } }) => [name, unitDiamonds])).toEqual([
      ...[1, 2, 3].map(() => [null, null]),
      ["人气票", 1],
    ]);
    expect(asked).toEqual([["2053"], ["2053"]]);
  });

  it.each([
    ["a drawing, whose units are not its gift's", { kind: "doodle" }, { unitDiamonds: null, gift: { name: "人气票" } }],
    ["a push of the Open Platform, which names gifts otherwise", { source: "official" }, { unitDiamonds: null, gift: { name: null } }],
    ["a gift without a name of its own", { gift: { id: "0", ...BARE } }, { unitDiamonds: null, gift: { name: null } }],
    ["a free gift", { unitDiamonds: 0, diamonds: 0 }, { unitDiamonds: 0, gift: { name: "人气票", filled: ["name", "icon"] } }],
  ] as const)("is not made up for %s", async (_what, change, filled) => {
    const { gifts } = opened();
    await gifts.learn("list", T, [ticket]);
    const event = { ...told("1"), ...(change as object) };
    await new GiftCatalogue(gifts).fill([event]);
    expect(event).toMatchObject(filled);
  });

  it("is learnt from the messages that say it, once, and where they say something else", async () => {
    const { gifts } = opened();
    const taught: [number, readonly DescribedGift[]][] = [];
    const catalogue = new GiftCatalogue({
      known: gifts.known,
      learn: async (source, at, some) => {
        taught.push([at, some]);
        await gifts.learn(source, at, some);
      },
    });
    const say = async (...events: GiftEvent[]) => {
      await catalogue.fill(events);
      await catalogue.learn();
      return events;
    };
    await say(told("1", { name: "人气票", unit: 1 }), told("2", { name: "人气票", unit: 1 }));
    const [bare] = await say(told("3"));
    expect([bare?.gift.name, bare?.unitDiamonds]).toEqual(["人气票", 1]);
    // What was filled in is nobody's word.
    expect(taught).toMatchObject([[T, [{ id: "2053", name: "人气票", diamonds: 1 }]]]);
    await say(told("4", { name: "人气票", unit: 2, at: T + 59_999 }), told("5", { unit: 2, name: "票", at: T + 60_000 }));
    await say(
      told("6", { name: "票", unit: 2, at: T + 60_000 + 86_399_999 }),
      told("7", { name: "票", unit: 2, at: T + 60_000 + 86_400_000 }),
    );
    expect(taught.slice(1)).toMatchObject([
      [T + 60_000, [{ name: "票", diamonds: 2 }]],
      [T + 60_000 + 86_400_000, [{ name: "票", diamonds: 2 }]],
    ]);
    // A file may say what it likes, and an app names gifts otherwise.
    for (const source of ["import", "recording", "official"] as const) await say(told("8", { name: "x", unit: 9, at: T + 9e8, source }));
    expect((await gifts.known(["2053"])).get("2053")).toMatchObject({
      name: "票",
      source: "message",
      prices: [{ diamonds: 1 }, { diamonds: 2 }],
    });
  });

  it("is learnt later where the store takes nothing now, and holds no event up", async () => {
    const { gifts } = opened();
    let isAway = true;
    const learn: typeof gifts.learn = (...given) => (isAway ? Promise.reject(new Error("away")) : gifts.learn(...given));
    const catalogue = new GiftCatalogue({ known: gifts.known, learn });
    await catalogue.fill([told("1", { name: "人气票", unit: 1 })]);
    await catalogue.learn();
    isAway = false;
    await catalogue.fill([told("2", { at: T + 1 })]); // nobody says it again
    await catalogue.learn();
    expect((await gifts.known(["2053"])).get("2053")).toMatchObject({ diamonds: 1, firstSeenAt: T });
  });
});

describe("the catalogue of a process", () => {
  it("is shared by its rooms: a price that one room's message says is known in the others, and written once", async () => {
    const { gifts } = opened();
    const calls = { known: 0, learn: 0 };
    const catalogue = new GiftCatalogue({
      known: (ids) => {
        calls.known++;
        return gifts.known(ids);
      },
      learn: (...given) => {
        calls.learn++;
        return gifts.learn(...given);
      },
    });
    const priced = (id: string, room: number) => told(id, { name: "人气票", unit: 1, room });
    await catalogue.fill([priced("1", 1)]);
    const elsewhere = told("2", { room: 2 });
    await Promise.all([catalogue.fill([elsewhere]), catalogue.learn()]);
    await catalogue.fill([priced("3", 3)]);
    await catalogue.learn();
    expect([elsewhere.unitDiamonds, elsewhere.gift.name]).toEqual([1, "人气票"]);
    expect(calls).toEqual({ known: 1, learn: 1 });
  });

  it("finds a price that another process learnt before it is said to be unknown", async () => {
    const { gifts } = opened();
    const catalogue = new GiftCatalogue(gifts);
    await catalogue.fill([told("1", { name: "人气票" })]);
    await gifts.learn("message", T, [ticket]);
    const later = told("2", { at: T + 5_000 });
    await catalogue.fill([later]);
    expect(later.unitDiamonds).toBe(1);
  });
});

describe("a gift that is decoded again", () => {
  const stored = {
    ...told("1", { name: "人气票", unit: 3, gift: { id: "2053", name: "人气票", icon: null, filled: ["name", "unitDiamonds"] } }),
    seq: 1,
  };

  it("keeps what was filled in, and goes by its message where that tells it now", () => {
    expect(filledAsBefore(told("1"), stored)).toMatchObject({ unitDiamonds: 3, gift: stored.gift });
    const own = filledAsBefore(told("1", { name: "票", unit: 4 }), stored);
    expect(own).toMatchObject({ unitDiamonds: 4, gift: { id: "2053", name: "票", icon: null } });
    expect(own).not.toHaveProperty("gift.filled");
  });

  it("keeps nothing that an older decoder misread, and nothing of another gift", () => {
    const misread = { ...stored, gift: { id: "2053", name: "人气票", icon: null } };
    const another = { ...stored, gift: { ...stored.gift, id: "463" } };
    for (const before of [misread, another])
      expect(filledAsBefore(told("1"), before)).toMatchObject({ unitDiamonds: null, gift: { id: "2053", name: null } });
  });
});

describe("the ledger with prices that are filled in", () => {
  it("counts each unit once, at the price that was known when it came, and keeps ids", async () => {
    const store = opened();
    const room = await store.rooms.ensure([{ kind: "web_rid", value: "1" }]);
    const clock = new FakeClock(T);
    let drafts: Draft[] = [];
    const decode = (() => drafts.shift() ?? null) as unknown as typeof normalise;
    const setAside = (_event: unknown, error: unknown) => {
      throw error;
    };
    const { log, rooms, gifts } = store;
    const pipeline = await Pipeline.open({
      log,
      rooms,
      gifts: new GiftCatalogue(gifts),
      room,
      clock,
      drift: new Drift(),
      decode,
      setAside,
    });
    const say = async (total: number, at: number, end = false) => {
      const draft = gift({ id: `m${at}`, combo: "c.5.2053.g1.", total, end, unit: null, at: T + at });
      Object.assign(draft.event, { room, source: "websocket", gift: { id: "2053", name: null, icon: null } });
      drafts = [draft];
      const messages = [{ method: "WebcastGiftMessage", payload: new Uint8Array(), msgId: "0" }] as never;
      return pipeline.store([{ receivedAt: T + at, response: { messages }, by: 1 }], {
        ...{ sessionId: "7000000000000000001", webRid: "1", anchorId: null, source: "websocket" },
      });
    };
    await say(2, 0);
    await gifts.learn("list", T + 10, [{ ...ticket, diamonds: 5 }]);
    // Each session's own share of it has the price, too.
    expect((await say(6, 60_000)).sightings).toMatchObject([{ by: 1, gift: { delta: 4, unitDiamonds: 5, diamonds: 20 } }]);
    await say(6, 61_000);
    await say(7, 62_000, true);
    const events = (await log.readRoom(room, 0, 100)).events.filter((event) => event.type === "gift");
    expect(events.map(({ id, delta, comboTotal, unitDiamonds, diamonds }) => [id, delta, comboTotal, unitDiamonds, diamonds])).toEqual([
      ["m0", 2, 2, null, null],
      ["m60000", 4, 6, 5, 20],
      ["m62000", 1, 7, 5, 5],
    ]);
  });
});
