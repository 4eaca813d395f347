import { describe, expect, it } from "vitest";
import { eraseUser, findPerson } from "../../src/erasure/erase.js";
import { lateErasures } from "../../src/erasure/late.js";
import type { Claim, Draft } from "../../src/events/combo.js";
import type { NewEvent, User } from "../../src/events/event.js";
import { catchUp } from "../../src/statistics/reader.js";
import { checkStore } from "../../src/store/check.js";
import { FakeClock } from "../clock.js";
import { plainWords } from "../statistics/plain-words.js";
import { chat, gift, userOf } from "./events.js";
import { claimed, type Open, readAll, useStore } from "./harness.js";
import { findAll } from "./search.js";

const UID = "78901234567";
const SEC = "MS4wLjABAAAAsecret";
const ann: User = {
  ...userOf(UID),
  secUid: SEC,
  displayId: "ann_visible",
  shortId: "2072651305",
  nickname: "小安安",
  avatar: "https://p3.douyinpic.com/ann.jpeg",
};
const renamed: User = { ...ann, nickname: "安安改名" };
const bob: User = { ...userOf("55"), nickname: "小波" };
const CLAIM: Claim = { total: 2, end: false, single: false };
const SESSION = chat("").sessionId ?? "";
/** protobuf: field 1, varint 78901234567. */
const VARINT = Buffer.from([8, 0x87, 0x97, 0x85, 0xf7, 0xa5, 0x2]).toString("base64");

const base = (id: string, type: string) => {
  const { user: _user, text: _text, kind: _kind, segments: _segments, luckyBag: _luckyBag, ...rest } = chat(id);
  return { ...rest, type };
};
const combo = (giver: string, receiver: string) => `${SESSION}.${giver}.463.g1.${receiver}`;

/** One event of every way in which a person stands in a log. */
function events(): NewEvent[] {
  return [
    chat("c1", { user: ann, text: "我是小安安，大家好" }),
    chat("c2", { user: bob, text: "你好 小安安" }),
    chat("c3", { user: bob, text: "别人的话" }),
    { ...gift("g1", combo(UID, "0"), 2, 2), user: ann, traceId: `t-${UID}-1` },
    { ...gift(`settle:${combo(UID, "0")}`, combo(UID, "0"), 0, 2, true), user: ann },
    { ...gift("g2", combo("55", UID), 3, 3), user: bob, receiver: renamed },
    { ...base("f1", "follow"), user: renamed, followers: 9 },
    { ...base("m1", "moderation"), user: bob, action: "mute", operator: ann },
    { ...base("r1", "rank"), entries: [{ rank: 1, score: 9, scoreText: null, user: ann }] },
    {
      ...base("s1", "stats"),
      online: 5,
      totalViewers: 6,
      onlineText: null,
      totalText: null,
      ranks: [{ rank: 1, score: 9, scoreText: null, user: ann }],
    },
    { ...base("n1", "notice"), text: "欢迎 安安改名 加入" },
    { ...base("b1", "battle"), battleId: "1", phase: null, scores: [{ userId: UID, score: 3, rank: 1 }], text: null },
    { ...base("l1", "lottery"), action: null, lotteryId: "1", diamonds: 1, winners: ["55", UID], text: null },
    { ...base("k1", "linkmic"), action: null, code: null, channelId: null, users: [ann, bob], text: null },
    { ...base("f2", "fansclub"), user: bob, action: "join", text: "小波 与 小安安 成为守护" },
    { ...base("o1", "control"), action: "other", code: 9, tips: `${UID} 暂停了` },
    { ...base("p1", "product"), action: "type_1", products: [{ id: "1", title: "苹果", price: 1 }], text: "安安改名 正在去购买" },
    { ...base("b2", "battle"), battleId: "2", phase: "running", scores: [], text: "小安安 的PK" },
    { ...base("l2", "lottery"), action: "draw", lotteryId: "2", diamonds: 1, text: "恭喜 小安安 抽中" },
    { ...base("l3", "lottery"), action: "lottery", lotteryId: "3", diamonds: 1, text: "一部手机" },
    { ...base("k2", "linkmic"), action: "enter", code: null, channelId: "3", users: [bob], text: `${UID} 加入` },
    { ...base("u1", "unknown"), payload: VARINT, bytes: 7 },
    { ...base("u2", "unknown"), payload: Buffer.from(`..${SEC}..`).toString("base64"), bytes: 20 },
    { ...base("u3", "unknown"), payload: Buffer.from("小安安").toString("base64"), bytes: 9 },
    { ...base("u4", "unknown"), payload: Buffer.from("nobody").toString("base64"), bytes: 6 },
  ] as NewEvent[];
}

/** Taking one person out of a store. */
export function describeErase(open: Open): void {
  describe("erase-user", () => {
    const store = useStore(open);

    async function filled() {
      const made = await claimed(store());
      await made.append(...events());
      await catchUp(store(), plainWords);
      return made;
    }

    it.each(["2072651305", "安安改名"])("by %s: nothing of them is left but what another wrote", async (asked) => {
      const { room, append } = await filled();
      const report = await eraseUser(store(), { user: asked, keep: false });
      expect(report).toMatchObject({ erased: 4, dropped: 5, changed: 12, kept: 1, rooms: [room], anchorOf: [] });
      expect(report.identity).toMatchObject({ ids: [UID], secUids: [SEC], nicknames: ["安安改名", "小安安"] });
      await catchUp(store(), plainWords);
      const left = (await readAll(store().log, room)).events;
      const others = left.filter(({ id }) => id !== "c2");
      for (const mark of [UID, SEC, "ann_visible", "小安安", "安安改名", "ann.jpeg"])
        expect([mark, JSON.stringify(others).includes(mark)]).toEqual([mark, false]);
      const type = new Map(left.map((event) => [event.id, event.type]));
      expect(["c1", "g1", "f1", "r1", "n1", "u1", "u2", "u3"].map((id) => type.get(id))).toEqual(Array.from({ length: 8 }, () => "erased"));
      expect(["c2", "c3", "g2", "m1", "s1", "u4"].map((id) => type.get(id))).toEqual([
        "chat",
        "chat",
        "gift",
        "moderation",
        "stats",
        "unknown",
      ]);
      expect(left.find(({ id }) => id === "g2")).toMatchObject({ user: { id: "55" }, receiver: { id: null, masked: true }, diamonds: 30 });
      const ofPlatform = new Map(left.map((event) => [event.id, "text" in event ? event.text : undefined]));
      expect(["f2", "p1", "b2", "l2", "k2", "l3"].map((id) => ofPlatform.get(id))).toEqual([null, null, null, null, null, "一部手机"]);
      expect(left.find(({ id }) => id === "p1")).toMatchObject({ type: "product", action: "type_1", products: [{ title: "苹果" }] });
      expect(await findAll(store(), { userId: UID }, [room])).toEqual([]);
      expect((await findAll(store(), { text: "小安安" }, [room])).map(({ id }) => id)).toEqual(["c2"]);
      expect(await store().statistics.person(room, UID, 10)).toEqual([]);
      expect((await store().statistics.gifts(room, SESSION, { by: "receiver", limit: 9 })).map(({ receiverId }) => receiverId)).toEqual([
        "hidden",
      ]);
      expect(await checkStore(store())).toEqual([]);
      // Erased stays erased, whatever comes again.
      const again = await append(chat("c1", { user: ann }), { ...gift("g1", combo(UID, "0"), 2, 2), user: ann });
      expect(again).toEqual([null, null]);
      await expect(eraseUser(store(), { user: UID, keep: false })).rejects.toMatchObject({ code: "not_found" });
    });

    it("finds whom it would erase and how much, and changes nothing", async () => {
      const { room } = await filled();
      const before = (await readAll(store().log, room)).events;
      const works = { works: 0, comments: 0, watches: 0 };
      const identity = expect.objectContaining({ ids: [UID] });
      const found = { identity, erased: 4, dropped: 5, changed: 12, kept: 1, works };
      expect(await findPerson(store(), { user: "安安改名" })).toEqual(found);
      expect(await findPerson(store(), { user: "nobody" })).toBeNull();
      expect((await readAll(store().log, room)).events).toEqual(before);
      expect(await store().erasures.list()).toEqual([]);
      expect(await eraseUser(store(), { user: UID, keep: false })).toMatchObject({ erased: 4, dropped: 5, changed: 12, kept: 1 });
    });

    it("under a pseudonym: what they did stays theirs, and nobody can tell who they are", async () => {
      const { room, append } = await filled();
      const report = await eraseUser(store(), { user: UID, keep: true });
      const { pseudonym } = report;
      expect(pseudonym).toMatch(/^p[0-9a-f]{16}$/);
      expect(report).toMatchObject({ erased: 0, dropped: 5 });
      await catchUp(store(), plainWords);
      const left = (await readAll(store().log, room)).events;
      const others = left.filter(({ id }) => id !== "c2");
      for (const mark of [UID, SEC, "ann_visible", "小安安", "安安改名", "ann.jpeg"])
        expect([mark, JSON.stringify(others).includes(mark)]).toEqual([mark, false]);
      expect(left.find(({ id }) => id === "c1")).toMatchObject({
        type: "chat",
        text: `我是${pseudonym}，大家好`,
        user: { id: pseudonym, secUid: null },
      });
      expect(left.find(({ id }) => id === "g2")).toMatchObject({ receiver: { id: pseudonym } });
      expect((await findAll(store(), { userId: pseudonym }, [room])).map(({ id }) => id)).toEqual([
        "f1",
        `settle:${combo(pseudonym, "0")}.5`,
        "g1",
        "c1",
      ]);
      expect(await store().statistics.person(room, pseudonym, 10)).toMatchObject([
        { chats: 1, follows: 1, units: 2, diamonds: 20n, combos: 1, settled: 1 },
      ]);
      expect(await checkStore(store())).toEqual([]);
      await append(chat("c9", { user: ann }));
      expect((await eraseUser(store(), { user: UID, keep: true })).pseudonym).toBe(pseudonym);
    });

    it.each([false, true])("is true for what was received before it and is stored after (pseudonym: %s)", async (keep) => {
      const { append } = await claimed(store());
      await append(chat("before", { user: ann }), chat("renamed", { user: renamed }));
      const late = async () => {
        const without = await lateErasures(store())();
        const drafts = events().map((event) => ({ event, claim: event.type === "gift" ? CLAIM : null }) as Draft);
        return drafts.flatMap((draft) => (without === null ? draft.event : (without(draft)?.event ?? [])));
      };
      expect(await late()).toEqual(events());
      const { receivedAt } = chat("");
      const ask = { user: UID, keep };
      const { pseudonym } = await eraseUser(store(), { ...ask, clock: new FakeClock(receivedAt + 1000) });
      const left = await late();
      for (const mark of [UID, SEC, "ann_visible", "小安安", "安安改名", "ann.jpeg"])
        expect([mark, JSON.stringify(left.filter(({ id }) => id !== "c2")).includes(mark)]).toEqual([mark, false]);
      const others = ["c2", "c3", "g2", "m1", "s1", "b1", "l1", "k1", "f2", "o1", "p1", "b2", "l2", "l3", "k2"];
      expect(left.map(({ id }) => id)).toEqual(
        keep ? ["c1", ...others.slice(0, 2), "g1", expect.any(String), "g2", "f1", ...others.slice(3)] : others,
      );
      expect(left.find(({ id }) => id === "g2")).toMatchObject({ receiver: keep ? { id: pseudonym } : { id: null, masked: true } });
      // Who is erased and comes again is kept again; an hour is allowed for clocks that differ.
      await append(chat("again", { user: ann }));
      await eraseUser(store(), { ...ask, clock: new FakeClock(receivedAt - 3_600_001) });
      expect(await late()).toEqual(events());
      expect(await store().erasures.list()).toHaveLength(1);
      expect(JSON.stringify(await store().erasures.list())).not.toContain(UID);
    });

    it("leaves the statistics of events that are no longer kept without them", async () => {
      for (const keep of [false, true]) {
        const { room, append } = await claimed(store(), String(keep));
        await append(...events());
        await catchUp(store(), plainWords);
        await store().log.remove(room, 1, events().length, "retention");
        await append(chat("later", { user: ann, sessionId: "other" }));
        const before = await store().statistics.gifts(room, SESSION, { by: "gift", limit: 9 });
        const { pseudonym } = await eraseUser(store(), { user: UID, keep });
        await catchUp(store(), plainWords);
        expect(await store().statistics.person(room, UID, 10)).toEqual([]);
        const people = await store().statistics.person(room, pseudonym, 10);
        expect(people.map(({ units }) => units)).toEqual(keep ? [0, 2] : []);
        expect(await store().statistics.gifts(room, SESSION, { by: "gift", limit: 9 })).toEqual(before);
        const lines = await store().statistics.gifts(room, SESSION, { by: "line", limit: 9 });
        const named = keep ? { giver: pseudonym, receiver: pseudonym } : { giver: null, receiver: "hidden" };
        expect(lines).toMatchObject([
          { userId: "55", receiverId: named.receiver, units: 3 },
          { userId: named.giver, units: 2 },
        ]);
        await store().log.remove(room, events().length + 1, events().length + 1, "retention");
      }
    });

    it("asks whom of several people with one name is meant, and takes an id before a name", async () => {
      const { append, room } = await claimed(store());
      const [one, two] = [
        { ...userOf("1111"), nickname: "同名" },
        { ...userOf("2222"), nickname: "同名" },
      ];
      await append(chat("1", { user: one }), chat("2", { user: two }), chat("3", { user: { ...userOf("3333"), nickname: "1111" } }));
      await expect(eraseUser(store(), { user: "同名", keep: false })).rejects.toMatchObject({
        code: "bad_request",
        detail: expect.stringMatching(/2 people .*1111, 2222/),
      });
      await expect(eraseUser(store(), { user: "没有", keep: false })).rejects.toMatchObject({ code: "not_found" });
      await eraseUser(store(), { user: "1111", keep: false });
      expect((await readAll(store().log, room)).events.map(({ type }) => type)).toEqual(["erased", "chat", "chat"]);
    });

    it("of whom only a name is known: people with that name and nothing else, and none where a mask is meant that several have", async () => {
      const { append, room } = await claimed(store());
      const hidden = { ...userOf(null), nickname: "某人", masked: true };
      const masked = (webcastUid: string) => ({ ...hidden, nickname: "小***", webcastUid });
      await append(chat("1", { user: hidden }), chat("2", { user: { ...hidden, nickname: "别人" } }), chat("3", { user: hidden }));
      await append(chat("4", { user: masked("MS4wLjAAann") }), chat("5", { user: masked("MS4wLjAAbob") }));
      expect(await eraseUser(store(), { user: "某人", keep: false })).toMatchObject({ erased: 2 });
      expect((await readAll(store().log, room)).events.map(({ type }) => type)).toEqual(["erased", "chat", "erased", "chat", "chat"]);
      await expect(eraseUser(store(), { user: "小***", keep: false })).rejects.toMatchObject({
        code: "bad_request",
        detail: expect.stringContaining("MS4wLjAAann, MS4wLjAAbob"),
      });
    });

    it("also where a room masks them, by their id in live rooms; who has the same mask is another", async () => {
      const { append, room } = await claimed(store());
      const masked = (webcastUid: string) => ({ ...userOf(null), nickname: "小***", masked: true, webcastUid });
      const notice = { ...base("4", "notice"), text: "欢迎 小*** 加入" } as NewEvent;
      await append(
        chat("1", { user: { ...ann, webcastUid: "MS4wLjAAann" } }),
        chat("2", { user: masked("MS4wLjAAann") }),
        chat("3", { user: masked("MS4wLjAAbob") }),
        notice,
      );
      await eraseUser(store(), { user: UID, keep: false });
      const left = (await readAll(store().log, room)).events;
      expect(left.map(({ type }) => type)).toEqual(["erased", "erased", "chat", "notice"]);
      expect(JSON.stringify(left)).not.toContain("MS4wLjAAann");
    });
  });
}
