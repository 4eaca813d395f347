import { describe, expect, it } from "vitest";
import { type Open, useStore } from "./harness.js";

const DAY = 86_400_000;
const NOW = 20_000 * DAY + 5_000;
/** When the logins were saved. */
const LOGIN = NOW - 20 * DAY;
const seen = { gifts: 2, diamonds: 30, diamondsWitnessed: 50, diamondsMissing: 20, refusals: 1 };

/** Health of accounts: amounts of days, of which fourteen are kept. */
export function describeAccountDays(open: Open): void {
  describe("days of accounts", () => {
    const store = useStore(open);

    it("add up by account over fourteen days, and older ones are removed", async () => {
      const { accountDays } = store();
      expect(await accountDays.list(NOW)).toEqual([]);
      await accountDays.add("main", LOGIN, NOW - 14 * DAY, seen);
      for (const at of [NOW - 13 * DAY, NOW, NOW + 1]) await accountDays.add("main", LOGIN, at, seen);
      await accountDays.add("other", LOGIN, NOW, { ...seen, gifts: 0, refusals: 0 });
      expect(await accountDays.list(NOW)).toEqual([
        {
          ...{ account: "main", since: 19_987 * DAY, gifts: 6, diamonds: 90 },
          ...{ diamondsWitnessed: 150, diamondsMissing: 60, refusals: 3 },
        },
        { account: "other", since: 20_000 * DAY, ...seen, gifts: 0, refusals: 0 },
      ]);
      expect((await accountDays.list(NOW - DAY)).map(({ since }) => since)).toContain(19_987 * DAY); // the day before that is gone
      await accountDays.add("other", LOGIN, NOW + 20 * DAY, seen);
      expect(await accountDays.list(NOW + 20 * DAY)).toMatchObject([{ account: "other", gifts: 2 }]);
    });

    it("of a login that was forgotten do not come back, whatever is seen by it later; those of a new one are its own", async () => {
      const { accountDays } = store();
      await accountDays.add("main", LOGIN, NOW, seen);
      await Promise.all([accountDays.remove("main", NOW + 1), accountDays.add("main", LOGIN, NOW + 2, seen)]);
      await accountDays.add("main", LOGIN, NOW + 60_000, seen);
      expect(await accountDays.list(NOW)).toEqual([]);
      await accountDays.add("main", NOW + 5, NOW + 60_000, seen);
      await accountDays.add("main", LOGIN, NOW + 60_000, seen);
      expect(await accountDays.list(NOW)).toMatchObject([{ account: "main", gifts: 2 }]);
    });

    it("add up when two processes add at once", async () => {
      const { accountDays } = store();
      await Promise.all(Array.from({ length: 10 }, () => accountDays.add("main", LOGIN, NOW, seen)));
      expect(await accountDays.list(NOW)).toMatchObject([{ gifts: 20, diamondsMissing: 200 }]);
    });
  });
}
