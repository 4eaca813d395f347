import fc from "fast-check";
import type { NewEvent, NewEventOf } from "../../src/events/event.js";
import { chat, gift, userOf } from "./events.js";

/** The broadcasts that the events are of; null is none. */
export const SESSIONS = ["s1", "s2", null] as const;
export const MINUTE = 60_000;
/** When the first minute begins. */
export const BEGIN = 29_333_333 * MINUTE;

const person = fc.constantFrom("7", "8", "9", null).chain((id) =>
  fc.record({ nickname: fc.constantFrom("甲", "乙", null), masked: fc.boolean() }).map(({ nickname, masked }) => ({
    ...userOf(id),
    nickname,
    // The platform gives masked people no id; one that did must not be merged either.
    masked: id === null || (masked && id === "9"),
  })),
);
const when = fc.integer({ min: 0, max: 3 * MINUTE }).map((ms) => BEGIN + ms);
const base = fc.record({ user: person, time: when, sessionId: fc.constantFrom(...SESSIONS) });

/** Random events of a room; ids are given by place. */
export const streams: fc.Arbitrary<readonly NewEvent[]> = fc
  .array(
    fc.oneof(
      fc.record({ b: base, text: fc.constantFrom("a", "b c", "[赞] a", "") }).map(({ b, text }) => chat("?", { ...b, text })),
      fc
        .record({
          b: base,
          combo: fc.integer({ min: 0, max: 3 }),
          delta: fc.integer({ min: 0, max: 9 }),
          settled: fc.boolean(),
          priced: fc.boolean(),
        })
        .map(({ b, combo, delta, settled, priced }): NewEventOf<"gift"> => {
          const receiver =
            combo === 0 ? null : combo === 3 ? { ...userOf(null), masked: true } : { ...userOf("20"), nickname: b.user.nickname };
          const name = `${b.sessionId}.${b.user.masked ? "?" : b.user.id}.${combo}`;
          const made = gift("?", name, delta, delta, settled);
          return {
            ...made,
            ...b,
            gift: { ...made.gift, id: String(combo % 2) },
            receiver,
            ...(priced ? {} : { unitDiamonds: null, diamonds: null }),
          };
        }),
      fc
        .record({ b: base, count: fc.integer({ min: 0, max: 50 }) })
        .map(({ b, count }): NewEvent => ({ ...chat("?", b), ...shape("like"), count, total: count * 3 }) as unknown as NewEvent),
      fc
        .record({ b: base, online: fc.option(fc.integer({ min: 0, max: 99 })) })
        .map(({ b, online }): NewEvent => ({ ...chat("?", b), ...shape("join"), memberCount: online, via: null }) as unknown as NewEvent),
    ),
    { minLength: 1, maxLength: 60, size: "max" },
  )
  .map((events) => events.map((event, place) => ({ ...event, id: `e${place}` })));

function shape(type: string) {
  return { type, text: undefined, kind: undefined, segments: undefined, luckyBag: undefined };
}
