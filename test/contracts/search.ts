import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { LiveEvent } from "../../src/events/event.js";
import { catchUp } from "../../src/statistics/reader.js";
import type { RoomKey } from "../../src/store/log.js";
import type { SearchAsk } from "../../src/store/search.js";
import type { Store } from "../../src/store/store.js";
import { plainWords } from "../statistics/plain-words.js";
import { runsOf } from "../whole.js";
import { chat, erased, gift, userOf } from "./events.js";
import { claimed, type Open, readAll, useStore } from "./harness.js";

const T0 = 1_760_000_000_000;
const NEWEST = Number.MAX_SAFE_INTEGER;

/** Everything that is found in some rooms, or in all, page by page. */
export async function findAll({ search }: Store, ask: SearchAsk, rooms: readonly RoomKey[] | null = null, limit = 7) {
  const events: LiveEvent[] = [];
  for (let before: number | null = NEWEST; before !== null; ) {
    const page = await search.find({ ...ask, ...(rooms !== null && { rooms: new Set(rooms) }) }, before, limit);
    expect(page.events.length).toBeLessThanOrEqual(limit);
    events.push(...page.events);
    ({ before } = page);
  }
  return events;
}

const signs = fc.array(fc.constantFrom("好", "的", "主", "播", "A", "a", "Ａ", "😂", "。", " ", "[", "1", "\u{20000}"), { maxLength: 9 });
const someone = fc.constantFrom("7", "8", null, "ou_1.x");
const events = fc.array(
  fc.oneof(
    fc.record({ text: signs, by: someone, ms: fc.nat(5000) }).map(({ text, by, ms }) => {
      return chat("?", { text: text.join(""), user: userOf(by), time: T0 + ms });
    }),
    fc
      .record({ worth: fc.option(fc.constantFrom(0, 1, 9, 10, 1023, 1024, 30_000)), by: someone, ms: fc.nat(5000) })
      .map(({ worth, by, ms }) => {
        return { ...gift("?", "k", 1, 1), user: userOf(by), diamonds: worth, time: T0 + ms };
      }),
  ),
  { minLength: 1, maxLength: 60 },
);
const optional = <T>(values: fc.Arbitrary<T>) => fc.option(values, { nil: undefined });
const asks = fc.record({
  text: optional(signs.map((text) => text.join("").trim()).filter((text) => [...text.normalize("NFKC").replace(/\s+/g, " ")].length >= 2)),
  types: optional(fc.constantFrom(["chat"] as const, ["gift"] as const, ["chat", "gift"] as const, ["like"] as const, [])),
  userId: optional(fc.constantFrom("7", "ou_1.x", "9")),
  from: optional(fc.nat(5000).map((ms) => T0 + ms)),
  to: optional(fc.nat(5000).map((ms) => T0 + ms)),
  minDiamonds: optional(fc.constantFrom(0, 1, 10, 1000, 1024, 1025)),
});

/** As the interface says, without an index. */
function expected(all: readonly LiveEvent[], { text, types, userId, from, to, minDiamonds }: SearchAsk): number[] {
  const fold = (one: string) => one.normalize("NFKC").toLowerCase().replace(/\s+/g, " ").trim();
  const fits = (event: LiveEvent) =>
    (text === undefined || (event.type === "chat" && fold(event.text).includes(fold(text)))) &&
    (types === undefined || types.includes(event.type)) &&
    (userId === undefined || ("user" in event && event.user?.id === userId)) &&
    (from === undefined || event.time >= from) &&
    (to === undefined || event.time < to) &&
    (minDiamonds === undefined || (event.type === "gift" && event.diamonds !== null && event.diamonds >= minDiamonds));
  return all
    .filter(fits)
    .map(({ seq }) => seq)
    .reverse();
}

/** Finding events by their text, user, type, time and worth. */
export function describeSearch(open: Open): void {
  describe("search", () => {
    const store = useStore(open);
    let rooms = 0;
    const fresh = () => claimed(store(), `search-${rooms++}`);

    it("finds what a look at every event would, whatever was replaced and removed before or after", async () => {
      await fc.assert(
        fc.asyncProperty(
          events,
          fc.array(asks, { minLength: 5, maxLength: 5 }),
          fc.array(fc.nat(60), { maxLength: 8 }),
          async (given, wanted, places) => {
            const { room, append } = await fresh();
            const all = given.map((event, place) => ({ ...event, id: `e${place}` }));
            const cut = places[0] ?? 0;
            await append(...all.slice(0, cut));
            await catchUp(store(), plainWords);
            await append(...all.slice(cut));
            for (const [turn, place] of places.entries()) {
              const event = all[place];
              if (event === undefined) continue;
              const change =
                turn % 3 === 0 ? erased(event) : turn % 3 === 1 ? { ...chat(event.id, { text: "好的A" }), time: T0 + 9 } : null;
              if (change === null) await store().log.remove(room, place, place + 2, "retention");
              else {
                const revision = (await store().log.byId(room, [event.id])).get(event.id)?.revision ?? 0;
                await store().log.replace(room, [{ ...change, seq: place + 1, revision }]);
              }
              if (turn % 2 === 0) await catchUp(store(), plainWords);
            }
            await catchUp(store(), plainWords);
            const kept = (await readAll(store().log, room)).events;
            for (const ask of wanted) {
              const { text, types, userId, minDiamonds } = ask;
              if (text === undefined && types === undefined && userId === undefined && minDiamonds === undefined) continue;
              const defined = Object.fromEntries(Object.entries(ask).filter(([, value]) => value !== undefined));
              const seqs = expected(kept, defined);
              expect((await findAll(store(), defined, [room])).map(({ seq }) => seq)).toEqual(seqs);
            }
          },
        ),
        { numRuns: runsOf(20) },
      );
    });

    it("finds in all rooms together, the one that was stored last first, but in the system's and in those that were deleted", async () => {
      const word = "独一无二";
      const made = [await fresh(), await fresh(), await fresh()];
      for (const ms of [1, 2, 3])
        for (const [n, { append }] of made.entries()) await append(chat(`w${n}${ms}`, { text: word, time: T0 + 10 * ms }));
      await store().log.append([
        { room: 0, epoch: null, events: [chat("w", { text: word, time: T0 })].map((event) => ({ ...event, room: 0 })) },
      ]);
      await catchUp(store(), plainWords);
      const ids = async (among: readonly RoomKey[] | null, limit = 2) =>
        (await findAll(store(), { text: word }, among, limit)).map(({ id }) => id);
      expect(await ids(null)).toEqual(["w23", "w13", "w03", "w22", "w12", "w02", "w21", "w11", "w01"]);
      expect(await ids([made[0]?.room ?? 0, made[2]?.room ?? 0], 50)).toEqual(["w23", "w03", "w22", "w02", "w21", "w01"]);
      expect(await ids([])).toEqual([]);
      const page = await store().search.find({ text: word }, NEWEST, 2);
      await made[0]?.append(chat("w04", { text: word }));
      await catchUp(store(), plainWords);
      const rest = await store().search.find({ text: word }, page.before ?? 0, 1);
      expect([rest.behind, rest.events.map(({ id }) => id)]).toEqual([0, ["w03"]]);
      await store().deletions.ofRoom(made[1]?.room ?? 0);
      expect(await ids(null)).toEqual(["w04", "w23", "w03", "w22", "w02", "w21", "w01"]);
    });

    it("finds within hours, days and years", async () => {
      const { room, append } = await fresh();
      const times = Array.from({ length: 40 }, (_, n) => T0 - Math.round(1.5 ** n) * 60_000);
      await append(...times.map((time, n) => chat(`t${n}`, { text: "时间", time })));
      await catchUp(store(), plainWords);
      const [last = 0] = times.slice(-1);
      for (const [from, to] of [
        [T0 - 7_200_000, T0],
        [T0 - 20 * 86_400_000, T0 - 3_600_000],
        [last, T0 - 86_400_000],
        [last + 1, undefined],
        [undefined, T0 - 86_400_000],
      ] as const) {
        const ask = { text: "时间", ...(from !== undefined && { from }), ...(to !== undefined && { to }) };
        const all = times.flatMap((time, n) => ((from ?? time) <= time && time < (to ?? time + 1) ? [`t${n}`] : []));
        expect((await findAll(store(), ask, [room])).map(({ id }) => id)).toEqual(all.reverse());
      }
    });

    it("refuses what is no search, in words", async () => {
      await expect(store().search.find({ from: 1 }, NEWEST, 1)).rejects.toMatchObject({
        code: "bad_request",
        detail: expect.stringMatching(/something/),
      });
      for (const text of ["", "好", " 好 ", "好".repeat(101)])
        await expect(store().search.find({ text }, NEWEST, 1)).rejects.toMatchObject({
          code: "bad_request",
          detail: expect.stringMatching(/2 to 100 characters/),
        });
    });

    it("takes text that means something to the engine for text", async () => {
      const { room, append } = await fresh();
      const hostile = ['" OR 1', "a AND b", "x* NOT y", "NEAR(a b)", "col:umn", "'); DROP TABLE events; --", "\u0000\ufeff"];
      await append(...hostile.map((text, n) => chat(`h${n}`, { text })));
      await catchUp(store(), plainWords);
      for (const [n, text] of hostile.slice(0, 6).entries())
        expect((await findAll(store(), { text }, [room])).map(({ id }) => id)).toEqual([`h${n}`]);
    });

    it("a rewrite ends, and finds the same after", async () => {
      const { room, append } = await fresh();
      for (let part = 0; part < 3; part++) {
        await append(...Array.from({ length: 50 }, (_, n) => chat(`p${part}-${n}`, { text: `第${n}个人` })));
        await catchUp(store(), plainWords);
      }
      const before = await findAll(store(), { text: "个人" }, [room], 500);
      let steps = 0;
      for (let more = await store().search.purge(true); more; more = await store().search.purge(false)) expect(++steps).toBeLessThan(1000);
      expect(await findAll(store(), { text: "个人" }, [room], 500)).toEqual(before);
    });
  });
}
