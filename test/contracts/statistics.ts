import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { LiveEvent, NewEvent } from "../../src/events/event.js";
import { fold } from "../../src/statistics/fold.js";
import { advance, catchUp } from "../../src/statistics/reader.js";
import {
  BROADCAST_ORDERS,
  type FoundPeople,
  type FoundPerson,
  GIFT_GROUPS,
  type GiftSum,
  type Minute,
  PEOPLE_ORDERS,
  type PersonFigures,
  type PersonRoom,
  type PersonSession,
  type RankedBroadcast,
  type WhichBroadcasts,
  type WordCount,
} from "../../src/store/statistics.js";
import type { Store } from "../../src/store/store.js";
import { plainWords } from "../statistics/plain-words.js";
import { runsOf } from "../whole.js";
import { chat, erased, gift, userOf } from "./events.js";
import { claimed, type Open, readAll, replaceOne, useStore } from "./harness.js";
import { findAll } from "./search.js";
import { BEGIN, MINUTE, SESSIONS, streams } from "./statistics-streams.js";

/** Everything that can be read of a room's statistics. */
export async function everything({ statistics, log }: Store, room: number, sessionIds: readonly string[]) {
  const all = await statistics.sessions(room, sessionIds);
  const parts = await Promise.all(
    sessionIds.map(async (id) => ({
      minutes: await statistics.minutes(room, id, -1, 10_000),
      people: await Promise.all(PEOPLE_ORDERS.map((by) => statistics.people(room, id, by, 10_000))),
      gifts: await Promise.all(GIFT_GROUPS.map((by) => statistics.gifts(room, id, { by, limit: 10_000 }))),
      witnesses: await statistics.witnesses(room, id, 10_000),
      words: await statistics.words(room, id, "word", 10_000),
      emoji: await statistics.words(room, id, "emoji", 10_000),
    })),
  );
  const heads = await log.heads([room]);
  return { sessions: sessionIds.map((id) => all.get(id)), parts, head: heads.get(room)?.head };
}

/** Where a stream is cut into steps, or changed afterwards. */
const places = fc.array(fc.integer({ min: 0, max: 59 }), { maxLength: 6 });

const keyOf = (sessionId: string | null) => sessionId ?? "";
const KEYS = SESSIONS.map(keyOf);

/** Statistics: rows and cursor. */
export function describeStatistics(open: Open): void {
  describe("statistics", () => {
    const store = useStore(open);
    let rooms = 0;
    const fresh = () => claimed(store(), `stats-${rooms++}`);

    it("counted step by step are those that a new start counts, and what the events say", async () => {
      await fc.assert(
        fc.asyncProperty(streams, places, places, async (events, steps, changes) => {
          const { room, append } = await fresh();
          const cuts = [...steps, events.length].sort((a, b) => a - b);
          let from = 0;
          for (const cut of cuts) {
            await append(...events.slice(from, cut));
            from = Math.max(from, cut);
            await advance(store(), plainWords);
          }
          await catchUp(store(), plainWords);
          await expectAll(store(), room);
          for (const place of changes) {
            const kept = (await readAll(store().log, room)).events[place];
            if (kept === undefined) continue;
            await store().log.replace(room, [place % 2 === 0 ? { ...erased(kept), seq: kept.seq } : { ...kept, time: kept.time + MINUTE }]);
            if (place % 3 === 0) await advance(store(), plainWords);
          }
          await catchUp(store(), plainWords);
          const counted = await everything(store(), room, KEYS);
          for (const key of KEYS) await replaceOne(store(), room, key);
          await catchUp(store(), plainWords);
          expect(await everything(store(), room, KEYS)).toEqual(counted);
          await expectAll(store(), room);
          expect(await store().statistics.behind()).toBe(0);
        }),
        { numRuns: runsOf(10) },
      );
    });

    it("hold what the ranks say was given against the gifts that came, in any steps, and never among the gifts", async () => {
      const { room, append } = await fresh();
      const { user: _user, text: _text, kind: _kind, segments: _segments, luckyBag: _bag, ...base } = chat("1", { sessionId: "s1" });
      let ranks = 0;
      const rank = (list: "audience" | "room" | "guest", scores: Readonly<Record<string, number | null>>): NewEvent => ({
        ...{ ...base, id: `rank${ranks++}`, type: "rank", list, receiver: null, total: null },
        entries: Object.entries(scores).map(([id, score], i) => ({ rank: i + 1, score, scoreText: null, user: userOf(id) })),
      });
      const of = (id: string, user: string, diamonds: number | null): NewEvent => ({
        ...{ ...gift(id, id, 5, 5), sessionId: "s1", user: userOf(user) },
        ...{ unitDiamonds: diamonds === null ? null : diamonds / 5, diamonds },
      });
      const masked = { ...userOf("9"), masked: true };
      await append(
        // 1 gave 300 of which 100 came; 2 gave 50, and 80 came; 3 gave gifts of unknown price; 4 is seen once; 5 has no number at first.
        rank("audience", { "1": 1000, "2": 10, "3": 0, "4": 70, "5": null }),
        of("a", "1", 100),
        rank("audience", { "1": 1200, "2": 60, "3": 400, "5": 30 }),
        of("b", "2", 80),
        of("c", "3", null),
        chat("said", { sessionId: "s1", user: { ...userOf("6"), roomDiamonds: 20 } }),
        rank("audience", { "1": 1300 }),
        chat("said again", { sessionId: "s1", user: { ...userOf("6"), roomDiamonds: 520 } }),
        chat("masked", { sessionId: "s1", user: { ...masked, roomDiamonds: 1 } }),
        chat("masked again", { sessionId: "s1", user: { ...masked, roomDiamonds: 99 } }),
        rank("room", { "4": 1 }),
        rank("room", { "4": 9999 }),
        rank("guest", { "4": 5 }),
        rank("guest", { "4": 9999 }),
        // Msg again late: lower than before, which no score of a broadcast becomes.
        rank("audience", { "1": 1100 }),
      );
      await catchUp(store(), plainWords);
      const told = async () => {
        const session = (await store().statistics.sessions(room, ["s1"])).get("s1");
        const people = await store().statistics.witnesses(room, "s1", 10);
        return [session?.witness, people.map(({ userId, name, witnessed, received }) => [userId, name, witnessed, received])] as const;
      };
      const name = (id: string) => userOf(id).nickname;
      const people = [
        ["6", name("6"), 500, 0],
        ["1", name("1"), 300, 100],
        ["3", name("3"), 400, 400],
        ["2", name("2"), 50, 50],
      ];
      expect(await told()).toEqual([{ witnessed: 1250, received: 550 }, people]);
      expect((await store().statistics.sessions(room, ["s1"])).get("s1")?.totals.diamonds).toBe(180n);
      await replaceOne(store(), room, "s1");
      for (let steps = 0; steps < 20; steps++) await advance(store(), plainWords);
      await catchUp(store(), plainWords);
      expect(await told()).toEqual([{ witnessed: 1250, received: 550 }, people]);
      await store().statistics.forget("6", "p0");
      expect((await told())[1]).toEqual(people.slice(1));
    });

    it("are added once, whoever takes the step, and not at all where the broadcast was reset meanwhile", async () => {
      const { room, append } = await fresh();
      await append(chat("1", { sessionId: "s1" }), chat("2", { sessionId: "s1" }));
      const { statistics, log, derived } = store();
      await Promise.all([advance(store(), plainWords), advance(store(), plainWords)]);
      expect((await statistics.sessions(room, ["s1"])).get("s1")).toMatchObject({ totals: { types: { chat: 2 } }, chatters: 1, behind: 0 });
      await replaceOne(store(), room, "s1");
      await append(chat("3", { sessionId: "s1" }));
      expect((await statistics.sessions(room, ["s1"])).get("s1")).toMatchObject({ totals: { types: {} }, chatters: 0, behind: 3 });
      expect(await statistics.audience(room, "s1")).toBeNull();
      // Replaced again when its events were read to be counted, and before they are added.
      const [first] = (await readAll(log, room)).events;
      let replaced: Promise<unknown> | null = null;
      await derived.advance((rows) => {
        if (first !== undefined && rows.some(({ room: of, seq }) => of === room && seq === first.seq))
          replaced ??= log.replace(room, [first]);
        return fold(rows, plainWords);
      });
      expect(replaced).not.toBeNull();
      await replaced;
      await catchUp(store(), plainWords);
      expect((await statistics.sessions(room, ["s1"])).get("s1")).toMatchObject({
        totals: { types: { chat: 3 } },
        partial: false,
        behind: 0,
      });
    });

    it("are, as the search index is, of what the log says when they are committed, whatever was replaced since it was read", async () => {
      const { room, append } = await fresh();
      await append(chat("1", { sessionId: "s1", text: "原来的话" }), chat("2", { sessionId: "s1", text: "别的话" }));
      const { statistics, log, derived } = store();
      const [first] = (await readAll(log, room)).events;
      if (first === undefined) throw new Error("nothing is kept");
      let replaced: Promise<unknown> | null = null;
      await derived.advance((rows) => {
        replaced ??= log.replace(room, [{ ...chat("1", { sessionId: "s1", text: "后来的话" }), seq: 1, revision: first.revision }]);
        return fold(rows, plainWords);
      });
      await replaced;
      await catchUp(store(), plainWords);
      const found = async (text: string) => (await findAll(store(), { text }, [room])).map(({ id }) => id);
      expect([await found("原来"), await found("后来"), await found("的话")]).toEqual([[], ["1"], ["2", "1"]]);
      const words = (await statistics.words(room, "s1", "word", 10)).map(({ text }) => text);
      expect([words.includes("后来的话"), words.includes("原来的话")]).toEqual([true, false]);
      expect((await statistics.sessions(room, ["s1"])).get("s1")).toMatchObject({ totals: { types: { chat: 2 } }, behind: 0 });
      await expectAll(store(), room);
    });

    it("are behind from the moment in which events are replaced until those are counted again", async () => {
      const { room, append } = await fresh();
      const { statistics, log } = store();
      const behind = async () => {
        const all = await statistics.behind();
        const sessions = await statistics.sessions(room, ["s1", "s2"]);
        return [all, ...["s1", "s2"].map((id) => sessions.get(id)?.behind ?? null)];
      };
      await append(...["1", "2", "3"].map((id) => chat(id, { sessionId: "s1" })), chat("4", { sessionId: null }));
      await catchUp(store(), plainWords);
      expect(await behind()).toEqual([0, 0, null]);
      const [first] = (await readAll(log, room)).events;
      if (first === undefined) throw new Error("nothing is kept");
      await log.replace(room, [{ ...first, time: first.time + MINUTE }]);
      expect(await behind()).toEqual([3, 3, null]);
      await catchUp(store(), plainWords);
      expect(await behind()).toEqual([0, 0, null]);
      await expectAll(store(), room);
    });

    it("outlive the events, and say when events went before they were counted", async () => {
      const { room, append } = await fresh();
      const { statistics, log } = store();
      await append(chat("1", { sessionId: "s1" }), chat("2", { sessionId: "s1" }));
      await catchUp(store(), plainWords);
      await log.remove(room, 1, 2, "retention");
      await catchUp(store(), plainWords);
      expect((await statistics.sessions(room, ["s1"])).get("s1")).toMatchObject({ totals: { types: { chat: 2 } }, partial: false });
      await append(chat("3", { sessionId: "s1" }), chat("4", { sessionId: "s1" }), chat("5", { sessionId: "s2" }));
      await log.remove(room, 3, 3, "retention");
      await catchUp(store(), plainWords);
      expect((await statistics.sessions(room, ["s1"])).get("s1")).toMatchObject({ totals: { types: { chat: 3 } }, partial: true });
      await replaceOne(store(), room, "s1");
      await catchUp(store(), plainWords);
      expect((await statistics.sessions(room, ["s1"])).get("s1")).toMatchObject({
        totals: { types: { chat: 1 } },
        partial: true,
        behind: 0,
      });
    });

    it("go when they are old, and what comes later of such a broadcast is a part", async () => {
      const { room, append } = await fresh();
      const { statistics } = store();
      await append(chat("1", { sessionId: "s1", time: BEGIN }), chat("2", { sessionId: "s2", time: BEGIN + 9 * MINUTE }));
      await catchUp(store(), plainWords);
      while (await statistics.expire(room, BEGIN + MINUTE, BEGIN + 10 * MINUTE));
      expect([...(await statistics.sessions(room, ["s1", "s2"])).keys()]).toEqual(["s2"]);
      await append(chat("late", { sessionId: "s1" }));
      await catchUp(store(), plainWords);
      const all = await statistics.sessions(room, ["s1", "s2"]);
      expect(["s1", "s2"].map((one) => [all.get(one)?.partial, all.get(one)?.totals.types.chat])).toEqual([
        [true, 1],
        [false, 1],
      ]);
    });

    it("keep sums of diamonds exact beyond what a number holds", async () => {
      const { room, append } = await fresh();
      const most = 10_000_000 * 100_000_000;
      const dear = (id: string): NewEvent => ({
        ...gift(id, id, 10_000_000, 10_000_000),
        sessionId: "s1",
        unitDiamonds: 100_000_000,
        diamonds: most,
      });
      const more = ["s1", "s2"].map((sessionId) => ({ ...gift(sessionId, sessionId, 1, 1), sessionId }));
      await append(...Array.from({ length: 20 }, (_, place) => dear(`d${place}`)), ...more);
      await catchUp(store(), plainWords);
      const sum = 20n * BigInt(most) + 10n;
      const { sessions, parts } = await everything(store(), room, ["s1"]);
      expect(sessions[0]?.totals.diamonds).toBe(sum);
      expect(parts[0]?.people[0]?.map(({ diamonds }) => diamonds)).toEqual([sum]);
      expect(parts[0]?.gifts.map((rows) => rows.map(({ diamonds }) => diamonds))).toEqual([[sum], [sum], [sum], [sum]]);
      const giver = parts[0]?.people[0]?.[0]?.userId ?? "";
      expect((await store().statistics.personTotal(room, giver))?.diamonds).toBe(sum + 10n);
    });

    it("are read by pages that hold each row once", async () => {
      const { room, append } = await fresh();
      const events = Array.from({ length: 40 }, (_, place) => [
        {
          ...gift(`g${place}`, `c${place}`, 1 + (place % 3), 1 + (place % 3)),
          sessionId: "s1",
          user: userOf(String(place % 13)),
          gift: { id: String(place % 7), name: null, icon: null },
        },
        chat(`t${place}`, { sessionId: "s1", text: `w${place % 11} 好`, user: userOf(String(place % 13)), time: BEGIN + place * MINUTE }),
      ]).flat();
      await append(...events);
      await catchUp(store(), plainWords);
      const { statistics } = store();
      const { parts } = await everything(store(), room, ["s1"]);
      const [whole] = parts;
      for (const [index, by] of GIFT_GROUPS.entries())
        expect(
          await paged<GiftSum>((after) => statistics.gifts(room, "s1", { by, limit: 3, ...(after && { after: after.place }) })),
        ).toEqual(whole?.gifts[index]);
      for (const [index, by] of PEOPLE_ORDERS.entries())
        expect(
          await paged<PersonFigures>((after) => statistics.people(room, "s1", by, 3, after && [BigInt(after[by]), after.userId])),
        ).toEqual(whole?.people[index]);
      expect(await paged<WordCount>((after) => statistics.words(room, "s1", "word", 3, after))).toEqual(whole?.words);
      expect(whole?.words[0]).toEqual({ text: "好", count: 40 });
      expect(await paged<Minute>((after) => statistics.minutes(room, "s1", after?.minute ?? -1, 3))).toEqual(whole?.minutes);
      expect((await statistics.gifts(room, "s1", { by: "gift", userId: "5", limit: 100 })).reduce((sum, { units }) => sum + units, 0)).toBe(
        events.reduce((sum, event) => sum + (event.type === "gift" && event.user.id === "5" ? event.delta : 0), 0),
      );
    });

    it("tell who is new, who gives for the first time, their levels, and whose the value is", async () => {
      const { room, append } = await fresh();
      const who = (id: string, payLevel: number | null, club?: { level: number; lapsed?: true }) => ({
        ...userOf(id),
        payLevel,
        fansClub: club === undefined ? null : { name: "团", ...club },
      });
      const { statistics } = store();
      expect(await statistics.audience(room, "s1")).toBeNull();
      await append(
        // Of no broadcast: it makes none of them the second.
        chat("0", { sessionId: null, user: who("c", 5) }),
        chat("1", { sessionId: "s1", user: who("a", 5) }),
        chat("2", { sessionId: "s1", user: who("b", null, { level: 3 }) }),
        { ...gift("g1", "c1", 1, 1), sessionId: "s1", user: who("b", 11, { level: 4 }) },
        chat("3", { sessionId: "s2", user: who("a", 7) }),
        chat("4", { sessionId: "s2", user: who("a", 6) }),
        chat("5", { sessionId: "s2", user: who("c", 7, { level: 9, lapsed: true }) }),
        chat("6", { sessionId: "s2", user: { ...who("d", 60), id: null, masked: true } }),
        { ...gift("g2", "c2", 3, 3), sessionId: "s2", user: who("a", null) },
        { ...gift("g3", "c3", 1, 1), sessionId: "s2", user: who("b", null, { level: 4 }) },
      );
      await catchUp(store(), plainWords);
      expect(await statistics.audience(room, "s1")).toMatchObject({ people: 2, newcomers: null, gifters: 1, firstGifters: null });
      const second = await statistics.audience(room, "s2");
      expect(second).toMatchObject({
        ...{ people: 3, newcomers: 1, gifters: 2, firstGifters: 1 },
        levels: [{ level: 7, people: 2 }],
        clubLevels: [{ level: 4, people: 1 }],
      });
      const { diamonds = 0n, top } = second ?? {};
      expect(top).toEqual({ one: (diamonds * 3n) / 4n, ten: diamonds, hundred: diamonds });
      expect(diamonds).toBeGreaterThan(0n);
    });

    it("list the broadcasts of all rooms by any figure, both ways, page by page; what is unknown comes last", async () => {
      const [one, other] = [await fresh(), await fresh()];
      const { sessions, rooms, statistics } = store();
      const at = (minutes: number) => BEGIN + minutes * MINUTE;
      const given = (id: string, sessionId: string, diamonds: number, time: number): NewEvent => ({
        ...{ ...gift(id, id, 1, 1), sessionId, diamonds, unitDiamonds: diamonds, time },
      });
      await sessions.open(one.room, "a1", at(0), "早场 PK");
      await sessions.end(one.room, "a1", at(10), "offline");
      await sessions.open(one.room, "a2", at(100));
      await sessions.open(other.room, "b1", at(50), "早场");
      await sessions.end(other.room, "b1", at(50.5), "offline");
      // Nothing of it is counted.
      await sessions.open(other.room, "b2", at(200), "夜场");
      await rooms.setFacts(other.room, { anchor: { id: null, secUid: null, nickname: "Pk王", avatar: null } });
      await one.append(
        given("g1", "a1", 1_000, at(1)),
        chat("c1", { sessionId: "a1", time: at(2) }),
        given("g2", "a2", 600, at(101)),
        chat("c2", { sessionId: "a2", time: at(120) }),
        chat("c3", { sessionId: "a2", time: at(110) }),
      );
      // More than a column of a database holds.
      await other.append(...Array.from({ length: 3 }, (_, n) => given(`h${n}`, "b1", Number.MAX_SAFE_INTEGER, at(50))));
      await catchUp(store(), plainWords);
      const among = [one.room, other.room];
      const all = async (which: Partial<WhichBroadcasts> & Pick<WhichBroadcasts, "by">) => {
        const found = await paged<RankedBroadcast>((last) =>
          statistics.broadcasts({ among, ...which, ...(last && { after: last.place }) }, 3),
        );
        return found.map(({ session }) => session.sessionId);
      };
      expect(await all({ by: "openedAt" })).toEqual(["b2", "a2", "b1", "a1"]);
      // One that goes on lasts to its last event.
      expect(await all({ by: "length", ascending: true })).toEqual(["b1", "a1", "a2", "b2"]);
      expect(await all({ by: "diamonds" })).toEqual(["b1", "a1", "a2", "b2"]);
      expect(await all({ by: "diamondsPerMinute", ascending: true })).toEqual(["a2", "a1", "b1", "b2"]);
      expect(await all({ by: "chats" })).toEqual(["a2", "a1", "b1", "b2"]);
      for (const by of BROADCAST_ORDERS) expect([by, (await all({ by })).length]).toEqual([by, 4]);
      expect(await all({ by: "openedAt", from: at(50), to: at(200) })).toEqual(["a2", "b1"]);
      expect(await all({ by: "openedAt", among: [one.room] })).toEqual(["a2", "a1"]);
      // The title of one, the anchor of the others.
      expect(await all({ by: "openedAt", text: "pK" })).toEqual(["b2", "b1", "a1"]);
      expect(await all({ by: "openedAt", text: "%" })).toEqual([]);
      const [first] = await statistics.broadcasts({ by: "openedAt", among, text: "早场 pk" }, 1);
      expect(first?.session).toEqual(await sessions.get(one.room, "a1"));
    });

    it("find people by any name that a broadcast told, each once, page by page, in the rooms that are meant", async () => {
      const [one, other] = [await fresh(), await fresh()];
      const who = (id: string, nickname: string | null) => ({ ...userOf(id), nickname });
      let n = 0;
      const said = (sessionId: string, id: string, nickname: string | null, time: number) =>
        chat(`n${n++}`, { sessionId, user: who(id, nickname), time: BEGIN + time });
      await one.append(
        said("s1", "81", "小鱼", 1),
        said("s1", "82", "大ＦＩＳＨ小鱼干", 2),
        said("s1", "83", "别人", 3),
        said("s1", "84", null, 3),
        said("s2", "81", "小鱼儿", 4),
        said("s2", "85", "fish", 5),
        // Not called so any more: found by the older name.
        said("s2", "82", "改名", 6),
      );
      await other.append(said("s1", "81", "另一个", 9), said("s1", "86", "小鱼", 8), {
        ...gift("n", "n", 2, 2),
        ...{ sessionId: "s1", user: who("81", "另一个"), time: BEGIN + 7 },
      });
      await catchUp(store(), plainWords);
      const { statistics } = store();
      const both = [one.room, other.room];
      const find = async (text: string, among: readonly number[] | null = both, limit = 2) => {
        const people: FoundPerson[] = [];
        for (let after: FoundPeople["place"] | undefined; after !== null; ) {
          const page: FoundPeople = await statistics.named({ text, among, ...(after !== undefined && { after }) }, limit);
          expect(page.people.length).toBeLessThanOrEqual(limit);
          people.push(...page.people);
          after = page.place;
        }
        return people;
      };
      const ids = async (...asked: Parameters<typeof find>) => (await find(...asked)).map(({ userId }) => userId);
      expect(await find("小鱼")).toMatchObject([
        { userId: "86", name: "小鱼", foundAs: "小鱼", rooms: 1, sessions: 1, lastRoom: other.room },
        {
          ...{ userId: "81", name: "另一个", foundAs: "小鱼儿", rooms: 2, sessions: 3, lastRoom: other.room },
          ...{ chats: 3, units: 2, diamonds: 20n, firstAt: BEGIN + 1, lastAt: BEGIN + 9 },
        },
        { userId: "82", name: "改名", foundAs: "大ＦＩＳＨ小鱼干", rooms: 1, sessions: 2, chats: 2 },
      ]);
      expect(await ids("小鱼", [one.room])).toEqual(["81", "82"]);
      expect(await find("小鱼", [one.room], 1)).toMatchObject([{ name: "小鱼儿", rooms: 1, sessions: 2, chats: 2 }, { userId: "82" }]);
      expect(await ids("Ｆish")).toEqual(["85", "82"]);
      // By the id: first, and once.
      expect(await find("84")).toMatchObject([{ userId: "84", name: null, foundAs: null }]);
      expect([await ids("8"), await ids("小鱼", []), await ids("没有")]).toEqual([[], [], []]);
    });

    it("tell a person's rooms, the one of their last event first", async () => {
      const [one, other] = [await fresh(), await fresh()];
      const me = (nickname: string) => ({ ...userOf("77001"), nickname });
      await one.append(
        chat("1", { sessionId: "s1", user: me("甲"), time: BEGIN }),
        { ...gift("g", "c", 3, 3), sessionId: "s2", user: me("乙"), time: BEGIN + 5 },
        chat("2", { sessionId: "s2", time: BEGIN + 99 }),
      );
      await other.append(chat("3", { sessionId: "s1", user: me("丙"), time: BEGIN + 9 }));
      await catchUp(store(), plainWords);
      const { statistics } = store();
      const rows = await statistics.personRooms("77001", null, 9);
      expect(rows).toMatchObject([
        { room: other.room, userId: "77001", name: "丙", sessions: 1, chats: 1, units: 0, firstAt: BEGIN + 9, lastAt: BEGIN + 9 },
        { room: one.room, name: "乙", sessions: 2, chats: 1, units: 3, firstAt: BEGIN, lastAt: BEGIN + 5 },
      ]);
      expect(await paged<PersonRoom>((last) => statistics.personRooms("77001", null, 1, last))).toEqual(rows);
      expect(await statistics.personRooms("77001", [one.room], 9)).toEqual(rows.slice(1));
    });

    it("tell a person's broadcasts, newest first", async () => {
      const { room, append } = await fresh();
      await append(
        chat("1", { sessionId: "s1" }),
        chat("2", { sessionId: "s2", user: { ...userOf("1001"), nickname: "新" } }),
        chat("3", { sessionId: "s2" }),
      );
      await catchUp(store(), plainWords);
      const { statistics } = store();
      const rows = await statistics.person(room, "1001", 10);
      expect(rows.map(({ sessionId, chats, name }) => [sessionId, chats, name])).toEqual([
        ["s2", 2, "新"],
        ["s1", 1, null],
      ]);
      expect(await paged<PersonSession>((last) => statistics.person(room, "1001", 1, last?.place))).toEqual(rows);
      expect(await statistics.person(room, "1", 10)).toEqual([]);
      expect(await statistics.personTotal(room, "1")).toBeNull();
      const total = await statistics.personTotal(room, "1001");
      expect(total).toMatchObject({ userId: "1001", name: "新", nameSeq: 2, events: 3, chats: 3, units: 0, diamonds: 0n });
    });
  });
}

async function paged<T>(next: (after: T | undefined) => Promise<readonly T[]>): Promise<T[]> {
  const all: T[] = [];
  for (;;) {
    const page = await next(all.at(-1));
    if (page.length === 0) return all;
    all.push(...page);
  }
}

/** Everything that is counted is what the kept events say. */
async function expectAll(store: Store, room: number): Promise<void> {
  const counted = await everything(store, room, KEYS);
  const { events } = await readAll(store.log, room);
  for (const [index, sessionId] of SESSIONS.entries()) {
    const own = events.filter((event) => event.sessionId === sessionId);
    expectSums(own, counted, index);
  }
}

/** Sums made the plain way, straight from the events. */
function expectSums(events: readonly LiveEvent[], { sessions, parts }: Awaited<ReturnType<typeof everything>>, index: number): void {
  const gifts = events.flatMap((event) => (event.type === "gift" ? [event] : []));
  const total = <T>(list: readonly T[], of: (one: T) => number) => list.reduce((sum, one) => sum + of(one), 0);
  const known = (event: LiveEvent) => ("user" in event && event.user && !event.user.masked ? event.user.id : null);
  const found = sessions[index];
  if (events.length === 0) return;
  const units = total(gifts, ({ delta }) => delta);
  const diamonds = total(gifts, (one) => one.diamonds ?? 0);
  expect(found?.totals).toMatchObject({
    units,
    diamonds: BigInt(diamonds),
    unpricedUnits: total(gifts, (one) => (one.diamonds === null ? one.delta : 0)),
  });
  expect(total(Object.values(found?.totals.types ?? {}), (count) => count)).toBe(events.length);
  expect(found?.combos).toBe(new Set(gifts.map(({ comboId }) => comboId)).size);
  expect(found?.settled).toBe(new Set(gifts.filter(({ settled }) => settled).map(({ comboId }) => comboId)).size);
  expect(found?.chatters).toBe(new Set(events.flatMap((event) => (event.type === "chat" ? (known(event) ?? []) : []))).size);
  expect(found?.people).toBe(new Set(events.flatMap((event) => known(event) ?? [])).size);
  const part = parts[index];
  for (const [at, by] of GIFT_GROUPS.entries()) {
    const hidden = by === "user" ? gifts.filter((event) => known(event) === null) : [];
    expect(total(part?.gifts[at] ?? [], (row) => row.units)).toBe(units - total(hidden, ({ delta }) => delta));
    expect(total(part?.gifts[at] ?? [], (row) => Number(row.diamonds))).toBe(diamonds - total(hidden, (one) => one.diamonds ?? 0));
  }
  expect(total(part?.gifts[3] ?? [], (row) => row.combos)).toBe(found?.combos);
  expect(total(part?.people[4] ?? [], (row) => row.events)).toBe(events.filter((event) => known(event) !== null).length);
  expect(total(part?.minutes ?? [], ({ totals }) => total(Object.values(totals.types), (count) => count))).toBe(events.length);
  const firsts = new Map<number, number>();
  for (const { time, seq } of events.toReversed()) firsts.set(Math.floor(time / 60_000), seq);
  expect(new Map(part?.minutes.map(({ minute, firstSeq }) => [minute, firstSeq]))).toEqual(firsts);
}
