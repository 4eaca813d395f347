// Guards: broadcasts beside each other have each event in one minute.
import fc from "fast-check";
import { expect, it } from "vitest";
import { comparedMinutes } from "../../src/statistics/comparison.js";
import type { Session } from "../../src/store/rooms.js";
import { emptyTotals, type Minute, type SessionStatistics } from "../../src/store/statistics.js";
import { runsOf } from "../whole.js";

const MINUTE = 60_000;
const START = 29_000_000;

/** A broadcast, and the minutes of its events, counted from its beginning: some lie outside of it. */
interface Broadcast {
  readonly length: number;
  readonly isOver: boolean;
  readonly chats: ReadonlyMap<number, number>;
}

const broadcasts = fc.record({
  length: fc.constantFrom(0, 1, 7, 1_003),
  isOver: fc.boolean(),
  chats: fc
    .array(fc.tuple(fc.integer({ min: -1_500, max: 4_000 }), fc.integer({ min: 1, max: 9 })), { maxLength: 40 })
    // Also more in a row than are read at once.
    .chain((some) =>
      fc.constantFrom(0, 1_500).map((dense) => new Map([...Array.from({ length: dense }, (_, n) => [n - 200, 1] as const), ...some])),
    ),
});

function statisticsOf(all: readonly Broadcast[]): Parameters<typeof comparedMinutes>[0] {
  const minutes = all.map(({ chats }) =>
    [...chats]
      .sort(([a], [b]) => a - b)
      .map(
        ([at, chat]): Minute => ({
          minute: START + at,
          firstSeq: 1,
          totals: { ...emptyTotals(), types: { chat }, diamonds: BigInt(chat) },
        }),
      ),
  );
  return {
    sessions: async (_room, [id = ""]) => {
      const { length = 0 } = all[Number(id)] ?? {};
      return new Map([
        [id, { totals: { ...emptyTotals(), types: { chat: 1 }, lastAt: (START + length) * MINUTE + 59_000 } } as SessionStatistics],
      ]);
    },
    minutes: async (_room, id, after, limit) => (minutes[Number(id)] ?? []).filter(({ minute }) => minute > after).slice(0, limit),
  };
}

const sessionOf = ({ length, isOver }: Broadcast, at: number): Session => ({
  ...{ room: 1, sessionId: String(at), title: null, endReason: null, openedAt: START * MINUTE + 20_000 },
  endedAt: isOver ? (START + length) * MINUTE + 10_000 : null,
});

it("broadcasts beside each other have each event in one minute, whatever the pages are", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(broadcasts, { minLength: 2, maxLength: 3 }), fc.constantFrom(1_000, 1_500, 3_000), async (all, limit) => {
      const expected = Array.from({ length: Math.max(...all.map(({ length }) => length)) + 1 }, (_, minute) =>
        all.map(({ length, chats }) => {
          if (minute > length) return null;
          const inIt = [...chats].filter(([at]) => Math.min(length, Math.max(0, at)) === minute);
          return inIt.reduce((sum, [, chat]) => sum + chat, 0);
        }),
      );
      const told: (number | null)[][] = [];
      for (let more = true; more; ) {
        const page = await comparedMinutes(statisticsOf(all), all.map(sessionOf), told.length, limit);
        expect(page.minutes.map(({ minute }) => minute)).toEqual(page.minutes.map((_, at) => told.length + at));
        told.push(...page.minutes.map(({ totals }) => totals.map((one) => (one === null ? null : (one.types.chat ?? 0)))));
        ({ more } = page);
      }
      expect(told).toEqual(expected);
    }),
    { numRuns: runsOf(25) },
  );
});
