// Guards: the statistics of broadcasts, people and rooms are paged as they were counted.
import { SaxesParser } from "saxes";
import { describe, expect, it } from "vitest";
import type { NewEvent } from "../../../src/events/event.js";
import { catchUp } from "../../../src/statistics/reader.js";
import { replaceOne } from "../../contracts/harness.js";
import { plainWords } from "../../statistics/plain-words.js";
import { type ApiServer, serveApi } from "../api-server.js";
import { chat, gift, stats } from "../events.js";

const SESSION = "7300000000000000019";
const MINUTE = 60_000;
const T0 = 29_333_333 * MINUTE;
const PATH = `/v1/rooms/11/sessions/${SESSION}`;

/** A room with a broadcast in which ten people chat and give. */
async function busy(): Promise<ApiServer> {
  const made = await serveApi();
  const person = (n: number) => ({ ...chat("").user, id: String(100 + n), nickname: `人${n}` });
  const events = Array.from({ length: 10 }, (_, n): NewEvent[] => [
    chat(`你好 w${n % 3}`, { id: `c${n}`, sessionId: SESSION, user: person(n), time: T0 + n * MINUTE }),
    gift(n + 1, {
      id: `g${n}`,
      comboId: `k${n}`,
      comboTotal: n + 1,
      settled: n > 4,
      sessionId: SESSION,
      user: person(n),
      unitDiamonds: 10,
      diamonds: 10 * (n + 1),
      time: T0,
    }),
  ]).flat();
  const hidden = { ...person(99), id: null, masked: true };
  const room = await made.tell(
    "11",
    ...events,
    gift(5, { id: "h", comboId: "h", comboTotal: 5, sessionId: SESSION, user: hidden, unitDiamonds: null, diamonds: null, time: T0 }),
    stats({ id: "s", sessionId: SESSION, online: 321, time: T0 }),
  );
  await made.store.sessions.open(room, SESSION, T0, "标题");
  await made.store.rooms.setFacts(room, { anchor: { id: "42", secUid: null, nickname: "主播", avatar: null } });
  await catchUp(made.store, plainWords);
  return made;
}

async function pages(server: ApiServer, path: string, list: string): Promise<unknown[]> {
  const all: unknown[] = [];
  for (let cursor = ""; ; ) {
    const reply = await server.call(`${path}limit=3${cursor}`, { token: server.tokens.read });
    expect([path, reply.status]).toEqual([path, 200]);
    all.push(...(reply.at(list) as unknown[]));
    if (reply.at("next") === null) return all;
    cursor = `&cursor=${reply.at("next")}`;
  }
}

describe("statistics of a broadcast", () => {
  it("are shown with it", async () => {
    const { call, tell, store } = await busy();
    const totals = {
      messages: { chat: 10, gift: 11, stats: 1 },
      people: 10,
      chatters: 10,
      gifters: 10,
      gifts: { combos: 11, settled: 5, units: 60, diamonds: 550, unpricedUnits: 5 },
      hidden: { events: 1, chats: 0, units: 5, diamonds: 0 },
      peak: { online: 321, minute: T0, eventsInMinute: 13 },
      gaps: { count: 0, totalMs: 0 },
      covered: 1,
      partial: false,
      behind: 0,
    };
    const shown = await call(PATH);
    expect(shown.body).toMatchObject({ id: SESSION, room: "1", anchor: { id: "42" }, title: "标题", openedAt: T0, endedAt: null, totals });
    expect((await call("/v1/rooms/11/sessions")).at("sessions", 0)).toEqual(shown.body);
    expect((await call("/v1/rooms/11/sessions/latest")).body).toEqual(shown.body);
    // Ten people gave 10, 20 … 100; hidden ones are in nothing of it.
    const audience = { people: 10, newcomers: null, gifters: 10, diamonds: 550, topShare: { one: 0.1818, ten: 1, hundred: 1 }, behind: 0 };
    expect((await call(`${PATH}/audience`)).body).toMatchObject(audience);
    const room = await tell("11", chat("新", { id: "new", sessionId: SESSION }));
    expect((await call(PATH)).at("totals", "behind")).toBe(1);
    await replaceOne(store, room, SESSION);
    // Counted again, from the beginning: until then nothing is known.
    expect((await call(PATH)).at("totals")).toBeNull();
    expect((await call(`${PATH}/audience`)).body).toMatchObject({ people: null, behind: 23 });
  });

  it("come by pages that hold each row once, the most first", async () => {
    const made = await busy();
    const gifts = (by: string) => pages(made, `${PATH}/gifts?by=${by}&`, "gifts");
    expect(await gifts("gift")).toMatchObject([
      { gift: { id: "463", name: "小心心" }, user: null, receiver: null, units: 60, diamonds: 550 },
    ]);
    expect((await gifts("user")).map((row) => (row as { user: { id: string } }).user.id)).toEqual(
      [109, 108, 107, 106, 105, 104, 103, 102, 101, 100].map(String),
    );
    const top = await pages(made, `${PATH}/top?by=units&`, "people");
    expect(top.slice(0, 2)).toMatchObject([{ id: "109", nickname: "人9", units: 10, diamonds: 100, chats: 1, settled: 1 }, { id: "108" }]);
    expect(await pages(made, `${PATH}/top?by=chats&`, "people")).toHaveLength(10);
    expect(await pages(made, `${PATH}/top?by=likes&`, "people")).toEqual([]);
    expect(await pages(made, `${PATH}/words?`, "words")).toEqual([
      { text: "你好", count: 10 },
      { text: "w0", count: 4 },
      { text: "w1", count: 3 },
      { text: "w2", count: 3 },
    ]);
    const minutes = await pages(made, `${PATH}/stats?`, "minutes");
    expect(minutes).toHaveLength(10);
    expect(minutes[0]).toMatchObject({ time: T0, messages: { chat: 1, gift: 11, stats: 1 }, units: 60, diamonds: 550, online: 321 });
    expect(minutes[9]).toMatchObject({ time: T0 + 9 * MINUTE, messages: { chat: 1 }, units: 0, online: null });
  });

  it("are one summary, whose parts are what their own routes answer", async () => {
    const { call, tell, store, tokens } = await busy();
    const base = { id: "gap:1", room: 1, webRid: null, sessionId: SESSION, method: "dylive", source: "system", revision: 0 } as const;
    const gap: NewEvent = { ...base, time: T0, receivedAt: T0, type: "gap", from: T0 - 7_000, to: T0, reason: "stalled" };
    await tell("11", gap, { ...gap, id: "gap:2" }, { ...gap, id: "gap:3", sessionId: "2" });
    const parts = async (minutes: string) => ({
      session: (await call(PATH)).body,
      minutes: (await call(`${PATH}/stats?limit=1000${minutes}`)).body,
      gaps: (await call(`/v1/rooms/11/events?types=gap&session=${SESSION}`)).at("events"),
      gifters: (await call(`${PATH}/top?by=diamonds&limit=10`)).body,
      chatters: (await call(`${PATH}/top?by=chats&limit=10`)).body,
      gifts: (await call(`${PATH}/gifts?by=gift&limit=20`)).body,
      words: (await call(`${PATH}/words?kind=word&limit=60`)).body,
    });
    const { body, at } = await call("/v1/rooms/11/summary", { token: tokens.read });
    expect(body).toEqual(await parts(""));
    expect([at("gaps", 1, "id"), at("words", "words", 0, "text"), at("minutes", "behind")]).toEqual(["gap:2", "你好", 3]);
    const next = (await call(`${PATH}/stats?limit=4`)).at("next");
    await catchUp(store, plainWords);
    expect((await call(`/v1/rooms/11/summary?session=${SESSION}&minutes=${next}`)).body).toEqual(await parts(`&cursor=${next}`));
    const nothing = { session: null, minutes: null, gaps: null, gifters: null, chatters: null, gifts: null, words: null };
    expect((await call("/v1/rooms/11/summary?session=2")).body).toEqual(nothing);
    await tell("12", chat("a"));
    expect((await call("/v1/rooms/12/summary")).body).toEqual(nothing);
  });

  it("refuse cursors of other lists", async () => {
    const { call } = await busy();
    const next = (await call(`${PATH}/top?limit=1`)).at("next");
    for (const path of ["/top?by=chats&", "/gifts?", "/words?", "/stats?"])
      expect([path, (await call(`${PATH}${path}cursor=${next}`)).at("error", "code")]).toEqual([path, "bad_request"]);
  });
});

describe("highlights of a broadcast", () => {
  /** A room whose broadcast has one burst of chats. */
  async function withBurst(): Promise<ApiServer> {
    const made = await serveApi();
    const events = Array.from({ length: 40 }, (_, n): NewEvent[] =>
      Array.from({ length: n === 20 ? 80 : 4 }, (_, i) =>
        chat(n === 20 ? "绝杀" : "你好", { id: `c${n}.${i}`, sessionId: SESSION, time: T0 + n * MINUTE + 7000 + i * 100 }),
      ),
    ).flat();
    const room = await made.tell("11", ...events);
    await made.store.sessions.open(room, SESSION, T0, "标题\n二");
    await catchUp(made.store, plainWords);
    return made;
  }
  const at = T0 + 20 * MINUTE + 7000;

  it("are told with their words, and what was usual", async () => {
    const { call, tokens } = await withBurst();
    const reply = await call(`${PATH}/highlights`, { token: tokens.read });
    expect(reply.body).toMatchObject({
      highlights: [{ at, exact: true, peaks: [{ kind: "chat", value: 80, usual: 4 }], words: [{ text: "绝杀", count: 80 }] }],
      behind: 0,
    });
  });

  it("are files for tables, video sites and editing programs, in the language that is asked for", async () => {
    const { call, tokens } = await withBurst();
    const file = async (query: string, language = "en") => {
      const reply = await call(`${PATH}/highlights?${query}`, { token: tokens.read, headers: { "accept-language": language } });
      expect([query, reply.status]).toEqual([query, 200]);
      return reply.text;
    };
    const title = "80 chats in a minute (usually 4) · 绝杀";
    expect(await file("format=chapters")).toBe(`00:00:00 标题 二\n00:20:07 ${title}\n`);
    expect(await file("format=chapters&offset=-30", "zh")).toBe("00:00:00 标题 二\n00:19:37 一分钟 80 条弹幕（平时 4） · 绝杀\n");
    expect(await file("format=edl&fps=25&offset=3600.04")).toBe(
      `TITLE: 标题 二\nFCM: NON-DROP FRAME\n\n001  001      V     C        01:20:07:01 01:20:07:02 01:20:07:01 01:20:07:02\n |C:ResolveColorBlue |M:${title} |D:1\n\n`,
    );
  });
});

describe("a person across rooms", () => {
  it("is told room by room, of those that the token may see", async () => {
    const made = await serveApi();
    const me = { ...chat("").user, id: "7", nickname: "我" };
    await made.tell("11", chat("1", { id: "a", user: { ...me, nickname: "旧名" }, sessionId: SESSION, time: T0 }));
    await made.tell(
      "12",
      chat("2", { id: "b", user: { ...me, nickname: "新名" }, time: T0 + 1 }),
      chat("3", { id: "c", user: me, time: T0 + 2 }),
    );
    await catchUp(made.store, plainWords);
    const { call, tokens } = made;
    const all = await call("/v1/users/7", { token: tokens.read });
    expect(all.body).toMatchObject({
      nickname: "我",
      rooms: [
        { sessions: 1, chats: 2, firstAt: T0 + 1 },
        { sessions: 1, chats: 1, firstAt: T0 },
      ],
      next: null,
    });
    const first = await call("/v1/users/7?limit=1", { token: tokens.read });
    const second = await call(`/v1/users/7?limit=1&cursor=${first.at("next")}`, { token: tokens.read });
    expect(second.at("rooms")).toEqual((all.at("rooms") as unknown[]).slice(1));
    expect([first.at("nickname"), second.at("nickname")]).toEqual(["我", "我"]);
    const limited = await made.token({ rooms: ["web_rid:11"] });
    expect((await call("/v1/users/7", { token: limited })).at("rooms")).toMatchObject([{ chats: 1 }]);
    expect((await call("/v1/users/8", { token: limited })).status).toBe(404);
    expect((await call("/v1/rooms/12/users/7")).body).toMatchObject({ id: "7", total: { chats: 2 }, sessions: [{ chats: 2 }], next: null });
  });
});

describe("broadcasts of all rooms", () => {
  /** Two rooms with three broadcasts. */
  async function three(): Promise<ApiServer> {
    const made = await serveApi();
    const one = await made.tell(
      "11",
      gift(2, { id: "g1", sessionId: "1", comboId: "g1", unitDiamonds: 50, diamonds: 100, time: T0 + MINUTE }),
      chat("a", { id: "c1", sessionId: "1", time: T0 - 5 * MINUTE }),
      chat("b", { id: "c2", sessionId: "1", time: T0 + 30_000 }),
      stats({ id: "s1", sessionId: "1", online: 9, time: T0 + 2 * MINUTE }),
      gift(3, { id: "g3", sessionId: "1", comboId: "g3", unitDiamonds: null, diamonds: null, time: T0 + 3 * MINUTE }),
      chat("late", { id: "c3", sessionId: "1", time: T0 + 90 * MINUTE }),
      chat("c", { id: "c4", sessionId: "2", time: T0 + 100 * MINUTE }),
    );
    const other = await made.tell(
      "12",
      gift(1, { id: "g2", sessionId: "3", comboId: "g2", unitDiamonds: 900, diamonds: 900, time: T0 + 51 * MINUTE }),
    );
    await made.store.sessions.open(one, "1", T0, "早场");
    await made.store.sessions.end(one, "1", T0 + 4 * MINUTE, "offline");
    await made.store.sessions.open(one, "2", T0 + 100 * MINUTE, "夜场");
    await made.store.sessions.open(other, "3", T0 + 50 * MINUTE, "别家早场");
    await made.store.sessions.end(other, "3", T0 + 52 * MINUTE, "offline");
    await catchUp(made.store, plainWords);
    return made;
  }
  const idsOf = (reply: { readonly body: unknown }) => (reply.body as { sessions: { id: string }[] }).sessions.map(({ id }) => id);

  it("are listed by what is asked for, with the value of a minute, page by page, of the rooms that the token may see", async () => {
    const { call, tokens, token } = await three();
    const list = (query: string) => call(`/v1/sessions?${query}`, { token: tokens.read });
    expect(idsOf(await list(""))).toEqual(["2", "3", "1"]);
    const byValue = await list("by=diamondsPerMinute");
    expect(idsOf(byValue)).toEqual(["3", "1", "2"]);
    expect((byValue.at("sessions") as { totals: { diamondsPerMinute: number } }[]).map(({ totals }) => totals.diamondsPerMinute)).toEqual([
      450, 25, 0,
    ]);
    expect(byValue.at("sessions", 0)).toEqual((await call("/v1/rooms/12/sessions/3")).body);
    const first = await list("by=chats&order=asc&limit=2");
    expect(idsOf(first)).toEqual(["3", "2"]);
    expect(idsOf(await list(`by=chats&order=asc&limit=2&cursor=${first.at("next")}`))).toEqual(["1"]);
    expect(idsOf(await list(`q=${encodeURIComponent("早场")}&from=${T0 + 1}`))).toEqual(["3"]);
    expect(idsOf(await list(`room=11,12&to=${T0 + 100 * MINUTE}`))).toEqual(["3", "1"]);
    const limited = await token({ rooms: ["web_rid:11"] });
    expect(idsOf(await call("/v1/sessions", { token: limited }))).toEqual(["2", "1"]);
    expect((await call("/v1/sessions?room=12", { token: limited })).status).toBe(404);
  });

  it("are compared by minutes since each began: what lies outside counts at the ends, silence is zero, an end is nothing", async () => {
    const { call, tokens, token } = await three();
    const compare = (query: string) => call(`/v1/compare?sessions=${query}`, { token: tokens.read });
    const nothing = { chats: 0, joins: 0, units: 0, diamonds: 0, online: null };
    const whole = await compare("11/1,web_rid:12/latest");
    expect(whole.at("sessions", 0)).toEqual((await call("/v1/rooms/11/sessions/1")).body);
    expect(idsOf(whole)).toEqual(["1", "3"]);
    expect(whole.at("minutes")).toEqual([
      { minute: 0, values: [{ ...nothing, chats: 2 }, nothing] },
      {
        minute: 1,
        values: [
          { ...nothing, units: 2, diamonds: 100 },
          { ...nothing, units: 1, diamonds: 900 },
        ],
      },
      { minute: 2, values: [{ ...nothing, online: 9 }, nothing] },
      { minute: 3, values: [{ ...nothing, units: 3, diamonds: null }, null] },
      { minute: 4, values: [{ ...nothing, chats: 1 }, null] },
    ]);
    for (const [query, status] of [
      ["11/1,12/9", 404],
      ["11/1,99/1", 404],
    ] as const)
      expect([query, (await compare(query)).status]).toEqual([query, status]);
    const limited = await token({ rooms: ["web_rid:11"] });
    expect((await call("/v1/compare?sessions=11/1,12/3", { token: limited })).status).toBe(404);
  });
});

describe("the feed of a room's broadcasts", () => {
  const FEED = "/v1/rooms/11/broadcasts.atom";

  /** The elements of a feed. @throws when it is not well-formed */
  function elementsOf(text: string) {
    const parser = new SaxesParser({ xmlns: true });
    const elements: { name: string; uri: string; text: string }[] = [];
    parser.on("error", (error) => {
      throw error;
    });
    parser.on("opentag", ({ name, uri }) => elements.push({ name, uri, text: "" }));
    parser.on("text", (part) => {
      const last = elements.at(-1);
      if (last !== undefined) last.text += part.trim();
    });
    parser.write(text).close();
    return elements;
  }

  it("has the newest first, for programs that can send no header, and is sent again when it has changed", async () => {
    const { call, store, tokens } = await busy();
    const address = `${FEED}?token=${tokens.read}`;
    const reply = await call(address, { token: null });
    expect([reply.status, reply.headers.get("content-type")]).toEqual([200, "application/atom+xml; charset=utf-8"]);
    const elements = elementsOf(reply.text);
    expect(elements.every(({ uri }) => uri === "http://www.w3.org/2005/Atom")).toBe(true);
    expect(elements.filter(({ name }) => name === "title").map(({ text }) => text)).toEqual(["主播", "标题"]);
    expect(elements.find(({ name }) => name === "summary")?.text).toMatch(
      /^on the air since 2025-\S+Z · 550 diamonds, 10 chats, 10 people$/,
    );
    const of = (name: string) => elements.filter((element) => element.name === name);
    expect(of("published").map(({ text }) => text)).toEqual([new Date(T0).toISOString()]);
    expect(new Set(of("id").map(({ text }) => text)).size).toBe(2);
    expect(of("id").every(({ text }) => /^urn:uuid:[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/.test(text))).toBe(
      true,
    );
    expect(reply.text).not.toContain(tokens.read);
    const tag = reply.headers.get("etag") ?? "";
    const again = await call(address, { token: null, headers: { "if-none-match": `"other", W/${tag}` } });
    expect([again.status, again.text]).toEqual([304, ""]);
    await store.sessions.end(1, SESSION, T0 + MINUTE, "announced");
    const ended = await call(address, { token: null, headers: { "if-none-match": tag, "accept-language": "zh" } });
    expect(ended.status).toBe(200);
    const after = elementsOf(ended.text);
    expect(after.find(({ name }) => name === "summary")?.text).toMatch(/^\S+ 至 \S+ · 550 抖币，10 条弹幕，10 人$/);
    expect(after.filter(({ name }) => name === "id")).toEqual(of("id"));
    expect((await call(FEED, { token: null })).status).toBe(401);
  });

  it("stays well-formed whatever strangers call themselves and their broadcasts", async () => {
    const { call, store, tell } = await serveApi();
    const hostile = "]]></title><script>alert(1)</script>&x;\u0000\u001b[31m\uffff\"'<!--";
    const room = await tell("11");
    await store.rooms.setFacts(room, { anchor: { id: "42", secUid: null, nickname: hostile, avatar: null } });
    await store.sessions.open(room, SESSION, T0, hostile);
    await store.sessions.open(room, "7300000000000000020", Number.MAX_SAFE_INTEGER, "");
    const { text } = await call(FEED);
    const titles = elementsOf(text).filter(({ name }) => name === "title");
    expect(titles.map((title) => title.text)).toEqual(Array(3).fill(hostile.replace(/[\u0000\u001b\uffff]/g, "\ufffd")));
    expect(text).not.toMatch(/<script/);
  });
});
