import { describe, expect, it } from "vitest";
import { type DescribedGift, priceAt } from "../../src/store/sql/gifts.js";
import { type Open, useStore } from "./harness.js";

const heart: DescribedGift = { id: "463", name: "小心心", diamonds: 1, icon: "https://p3.example/heart.png", kind: 1, combo: true };
const unsaid = { name: null, diamonds: null, icon: null, kind: null, combo: null };

/** The catalogue of gifts. */
export function describeGifts(open: Open): void {
  describe("the catalogue of gifts", () => {
    const store = useStore(open);

    it("keeps what was said of a gift, by whom and when", async () => {
      const { gifts } = store();
      expect([await gifts.list({ limit: 10 }), await gifts.listedAt()]).toEqual([[], null]);
      await gifts.learn("message", 1_000, [{ ...heart, icon: null, combo: null }]);
      await gifts.learn("list", 2_000, [heart, { ...heart, name: "twice: the last one counts", kind: 7 }]);
      const known = {
        ...{ ...heart, name: "twice: the last one counts", kind: 7, source: "list", firstSeenAt: 1_000, seenAt: 2_000, listedAt: 2_000 },
        prices: [{ diamonds: 1, from: 1_000, until: null, seenAt: 2_000, source: "message" }],
      };
      expect(await gifts.list({ limit: 10 })).toEqual([known]);
      // What is not said, or was said earlier, takes nothing away.
      await gifts.learn("message", 3_000, [{ ...heart, ...unsaid }]);
      await gifts.learn("message", 500, [{ ...heart, name: "older", kind: 3 }]);
      expect(await gifts.known(["463", "464"])).toEqual(
        new Map([["463", { ...known, source: "message", firstSeenAt: 500, seenAt: 3_000 }]]),
      );
      expect(await gifts.listedAt()).toBe(2_000);
    });

    it("keeps every price with the time from which to which it was seen", async () => {
      const { gifts } = store();
      const at = async (time: number, diamonds: number | null, source: "list" | "message" = "list") =>
        gifts.learn(source, time, [{ ...heart, diamonds }]);
      await at(1_000, 1);
      await at(2_000, 1);
      await at(3_000, 2, "message");
      await at(4_000, null);
      await at(2_500, 9); // it came late: what is newer is known
      await at(5_000, 1);
      await at(5_000, 8); // at the same time something else was said
      const [known] = await gifts.list({ limit: 1 });
      const prices = [
        { diamonds: 1, from: 1_000, until: 3_000, seenAt: 2_000, source: "list" },
        { diamonds: 2, from: 3_000, until: 5_000, seenAt: 3_000, source: "message" },
        { diamonds: 1, from: 5_000, until: null, seenAt: 5_000, source: "list" },
      ];
      expect(known).toMatchObject({ diamonds: 1, prices });
      expect([0, 999, 1_000, 2_999, 3_000, 4_999, 5_000, 9e15].map((time) => priceAt({ prices: known?.prices ?? [] }, time))).toEqual([
        1, 1, 1, 1, 2, 2, 1, 1,
      ]);
      expect(priceAt({ prices: [] }, 1)).toBeNull();
    });

    it("lists gifts by their number, page by page, and by a part of their names", async () => {
      const { gifts } = store();
      const ids = ["99", "100", "7691348205992268834", "5"];
      await gifts.learn(
        "list",
        1_000,
        ids.map((id) => ({ ...heart, id, name: id === "5" ? null : `100%_礼物'${id}` })),
      );
      const page = async (after?: string) => (await gifts.list({ limit: 2, ...(after !== undefined && { after }) })).map(({ id }) => id);
      expect([await page(), await page("99"), await page("7691348205992268834")]).toEqual([
        ["5", "99"],
        ["100", "7691348205992268834"],
        [],
      ]);
      const named = async (name: string) => (await gifts.list({ limit: 9, name })).map(({ id }) => id);
      expect([await named("物'9"), await named("%_"), await named("_物")]).toEqual([["99"], ["99", "100", "7691348205992268834"], []]);
      expect(await gifts.list({ limit: 9, name: "x", after: "99" })).toEqual([]);
    });

    it("is the same whoever learns at the same time", async () => {
      const { gifts } = store();
      const some = Array.from({ length: 60 }, (_, at) => ({ ...heart, id: `${at + 1}` }));
      await Promise.all([
        gifts.learn("list", 1_000, some),
        gifts.learn("list", 1_000, [...some].reverse()),
        ...[2, 2, 2, 2].map((diamonds) => gifts.learn("message", 2_000, [{ ...heart, diamonds }])),
      ]);
      expect(await gifts.list({ limit: 1_000 })).toHaveLength(61);
      const prices = (await gifts.known(["463"])).get("463")?.prices;
      // A price that was seen later is known when the older one comes.
      expect(prices?.map(({ diamonds, until }) => [diamonds, until]).at(-1)).toEqual([2, null]);
      expect(prices?.filter(({ until }) => until === null)).toHaveLength(1);
    });
  });
}
