// Guards: search finds events and people page by page, within the token's rooms and a bound.
import { describe, expect, it } from "vitest";
import { catchUp } from "../../../src/statistics/reader.js";
import type { Store } from "../../../src/store/store.js";
import { plainWords } from "../../statistics/plain-words.js";
import { type ApiServer, serveApi } from "../api-server.js";
import { chat, gift } from "../events.js";

const SESSION = "7300000000000000019";

async function two(): Promise<ApiServer> {
  const made = await serveApi();
  const one = Array.from({ length: 5 }, (_, n) => chat(`你好呀 ${n}`, { id: `a${n}`, time: 1000 + 2 * n }));
  const other = Array.from({ length: 5 }, (_, n) => chat(`说你好 ${n}`, { id: `b${n}`, time: 1001 + 2 * n, sessionId: SESSION }));
  await made.tell("11", ...one, gift(3, { id: "g", diamonds: 3000 }));
  const room = await made.tell("22", ...other, chat("你好", { id: "old", sessionId: "1", time: 1 }));
  await made.store.rooms.ensure([
    { kind: "web_rid", value: "22" },
    { kind: "room_id", value: SESSION },
  ]);
  expect(room).toBe(2);
  await catchUp(made.store, plainWords);
  return made;
}

const idsOf = (events: unknown) => (events as { id: string }[]).map(({ id }) => id);

describe("GET /v1/search", () => {
  it("finds in all rooms, newest first, page by page", async () => {
    const { call, tokens } = await two();
    const found: string[] = [];
    for (let cursor = ""; ; ) {
      const reply = await call(`/v1/search?q=${encodeURIComponent("你好")}&from=1000&limit=3${cursor}`, { token: tokens.read });
      expect([reply.status, reply.at("behind")]).toEqual([200, 0]);
      found.push(...idsOf(reply.at("events")));
      if (reply.at("next") === null) break;
      cursor = `&cursor=${reply.at("next")}`;
    }
    expect(found).toEqual(["b4", "b3", "b2", "b1", "b0", "a4", "a3", "a2", "a1", "a0"]);
  });

  it("ends after a few looks with what it has, and goes on by its cursor", async () => {
    let looks = 0;
    const find: Store["search"]["find"] = async () => ({ events: [], before: 9 - ++looks, behind: 0 });
    const { call, tokens } = await serveApi({
      replace: (store) => ({ ...store, search: { ...store.search, find } as Store["search"] }),
    });
    const reply = await call("/v1/search?user=1", { token: tokens.read });
    expect([reply.status, looks, typeof reply.at("next")]).toEqual([200, 4, "string"]);
  });

  it("takes rooms, a user, types, times and worth together", async () => {
    const { call } = await two();
    const ids = async (query: string) => idsOf((await call(`/v1/search?${query}`)).at("events"));
    expect(await ids("minDiamonds=1000")).toEqual(["g"]);
    expect(await ids(`q=${encodeURIComponent("说你")}&room=11`)).toEqual([]);
    expect(await ids(`types=chat&room=22,11&from=1002&to=1005`)).toEqual(["b1", "a2", "a1"]);
    expect(await ids(`q=${encodeURIComponent("你好")}&room=${SESSION}`)).toEqual(["b4", "b3", "b2", "b1", "b0"]);
    expect(await ids("user=nobody")).toEqual([]);
  });

  it("shows a token its rooms only, whatever the cursor names", async () => {
    const { call, token } = await two();
    const limited = await token({ rooms: ["web_rid:22"] });
    const query = `/v1/search?q=${encodeURIComponent("你好")}&from=1000&limit=2`;
    expect(idsOf((await call(query, { token: limited })).at("events"))).toEqual(["b4", "b3"]);
    expect((await call(`${query}&room=11`, { token: limited })).status).toBe(404);
    const { next } = (await call(query)).body as { next: string };
    expect(idsOf((await call(`${query}&cursor=${next}`, { token: limited })).at("events"))).toEqual(["b2", "b1"]);
  });

  it.each([
    ["q=好", /2 to 100 characters, this one has 1/],
    ["from=1", /something to search for/],
    ["types=chat,gfit", /"gfit" \(did you mean gift\?\)/],
    ["q=xx&cursor=AAAA", /cursor/],
    [`q=xx&room=${Array.from({ length: 201 }, () => "11").join(",")}`, /200 rooms, not of 201/],
  ])("refuses %s in words", async (query, sentence) => {
    const { call } = await two();
    const reply = await call(`/v1/search?${query}`);
    expect([reply.status, reply.at("error", "code")]).toEqual([400, "bad_request"]);
    expect(reply.at("error", "message")).toMatch(sentence);
  });
});

describe("GET /v1/users", () => {
  async function people(): Promise<ApiServer> {
    const made = await serveApi();
    const said = (id: string, nickname: string, time: number) =>
      chat("a", { id: `${id}.${time}`, sessionId: SESSION, time, user: { ...chat("").user, id, nickname } });
    await made.tell("11", ...Array.from({ length: 5 }, (_, n) => said(`7${n}`, `小鱼 ${n}`, 1000 + n)), said("80", "阿梨", 1000));
    await made.tell("22", said("70", "鱼", 2000));
    await catchUp(made.store, plainWords);
    return made;
  }
  const peopleOf = (body: unknown) => (body as { people: { id: string }[] }).people.map(({ id }) => id);

  it("finds people by a part of their names or by their id, page by page, in the rooms that the token may see", async () => {
    const { call, tell, token, tokens } = await people();
    const find = (q: string, rest = "") => call(`/v1/users?q=${encodeURIComponent(q)}${rest}`, { token: tokens.read });
    const found: string[] = [];
    for (let cursor = ""; ; ) {
      const page = await find("小鱼", `&limit=2${cursor}`);
      found.push(...peopleOf(page.body));
      if (page.at("next") === null) break;
      cursor = `&cursor=${page.at("next")}`;
    }
    expect(found).toEqual(["70", "71", "72", "73", "74"]);
    expect((await find("小鱼 0")).body).toMatchObject({
      people: [
        { id: "70", nickname: "鱼", foundAs: "小鱼 0", rooms: 2, sessions: 2, lastRoom: "2", chats: 2, firstAt: 1000, lastAt: 2000 },
      ],
      next: null,
      behind: 0,
    });
    expect((await find("80")).body).toMatchObject({ people: [{ id: "80", nickname: "阿梨", foundAs: null }] });
    await tell("11", chat("new", { id: "new" }));
    expect((await find("谁也不是")).body).toEqual({ people: [], next: null, behind: 1 });
    const limited = await token({ rooms: ["web_rid:22"] });
    const seen = await call(`/v1/users?q=${encodeURIComponent("鱼")}`, { token: limited });
    expect(seen.body).toMatchObject({ people: [{ id: "70", nickname: "鱼", rooms: 1, chats: 1 }], behind: 1 });
    expect((await call("/v1/users?q=x&room=11", { token: limited })).status).toBe(404);
    for (const query of ["", "q=", "q=%20", "q=x&limit=101", "q=x&cursor=AAAA", "q=x&types=chat"])
      expect([query, (await call(`/v1/users?${query}`)).at("error", "code")]).toEqual([query, "bad_request"]);
  });
});
