// Guards: a room's events are paged, chosen and waited for by cursor, none left out.
import { describe, expect, it } from "vitest";
import { encodeCursor } from "../../../src/feed/cursor.js";
import { until } from "../../until.js";
import { type ApiServer, type Reply, serveApi } from "../api-server.js";
import { chat, gift, like, person, stats } from "../events.js";

const texts = (reply: Reply) => (reply.at("events") as { text?: string; type: string }[]).map(({ text, type }) => text ?? type);
const url = (query: Record<string, string | number>) =>
  `/v1/rooms/11/events?${new URLSearchParams(Object.entries(query).map(([name, value]): [string, string] => [name, String(value)]))}`;

async function five(): Promise<ApiServer> {
  const server = await serveApi();
  await server.tell("11", ...["1", "2", "3", "4", "5"].map((text) => chat(text)));
  return server;
}

describe("events of a room", () => {
  it("are the newest, then what came after, then what was before", async () => {
    const { call, tell } = await five();
    const newest = await call(url({ limit: 2 }));
    expect([texts(newest), newest.at("more")]).toEqual([["4", "5"], false]);
    await tell("11", chat("6"));
    const next = await call(url({ after: String(newest.at("next")) }));
    expect([texts(next), next.at("more")]).toEqual([["6"], false]);
    const older = await call(url({ before: String(newest.at("previous")), limit: 2 }));
    expect([texts(older), older.at("more")]).toEqual([["2", "3"], true]);
    const oldest = await call(url({ before: String(older.at("previous")), limit: 2 }));
    expect([texts(oldest), oldest.at("more")]).toEqual([["1"], false]);
    expect(texts(await call(url({ after: String(oldest.at("next")) })))).toEqual(["2", "3", "4", "5", "6"]);
    expect(texts(await call(url({ before: String(next.at("previous")) })))).toEqual(["1", "2", "3", "4", "5"]);
  });

  it("come in answers that are bounded by their bytes, whatever the limit, and none is left out", { tags: ["full"] }, async () => {
    const { call, tell } = await serveApi();
    const large = (n: number) => chat(`${n} ${"弹".repeat(400_000)}`);
    for (let n = 0; n < 12; n += 4) await tell("11", ...[n, n + 1, n + 2, n + 3].map(large));
    const firsts = (reply: Reply) => texts(reply).map((text) => Number(text.split(" ")[0]));
    const gone: number[] = [];
    let answers = 0;
    for (let after = "0", more = true; more; answers++) {
      const reply = await call(url({ after, limit: 500 }));
      // A page's worth, and one page more.
      expect(reply.text.length).toBeLessThan(2 * 4 * 1024 * 1024 + 1_000_000);
      gone.push(...firsts(reply));
      after = String(reply.at("next"));
      more = reply.at("more") === true;
    }
    expect(gone).toEqual(Array.from({ length: 12 }, (_, n) => n));
    expect(answers).toBeGreaterThan(1);
    const newest = await call(url({ limit: 500 }));
    const older = await call(url({ before: String(newest.at("previous")), limit: 500 }));
    expect([...firsts(older), ...firsts(newest)]).toEqual(gone.slice(-firsts(older).length - firsts(newest).length));
    expect(firsts(newest).at(-1)).toBe(11);
  });

  it("are chosen by type, user, value, broadcast and filter", async () => {
    const { call, tell, store } = await serveApi();
    const room = await tell(
      "11",
      chat("a", { user: person({ id: "42", payLevel: 30 }) }),
      gift(3, { diamonds: 150, user: person({ id: "42" }) }),
      gift(1, { diamonds: 1 }),
      like(5, { sessionId: "7000000000000000002" }),
      stats(),
    );
    const types = async (query: Record<string, string | number>) => texts(await call(url({ after: 0, ...query })));
    expect(await types({})).toEqual(["a", "gift", "gift", "like"]);
    expect(await types({ types: "stats,like" })).toEqual(["like", "stats"]);
    expect(await types({ types: "*" })).toEqual(["a", "gift", "gift", "like", "stats"]);
    expect(await types({ user: "42" })).toEqual(["a", "gift"]);
    expect(await types({ minDiamonds: 100 })).toEqual(["gift"]);
    expect(await types({ session: "7000000000000000002" })).toEqual(["like"]);
    expect((await call(url({ session: "latest" }))).status).toBe(404);
    await store.sessions.open(room, "7000000000000000002", 1);
    expect(await types({ session: "latest" })).toEqual(["like"]);
    expect(await types({ filter: 'payLevel > 20 || (type == "gift" && diamonds < 10)' })).toEqual(["a", "gift"]);
    expect(await types({ filter: "diamonds > 0", user: "42" })).toEqual(["gift"]);
  });

  it("are waited for, and given the moment they come", async () => {
    const { call, tell, clock } = await five();
    const waiting = call(url({ after: 5, wait: 30, filter: 'text == "new"' }));
    await until(() => clock.sleeping > 0);
    await tell("11", chat("old"), chat("new"));
    const answer = await waiting;
    expect([texts(answer), answer.at("more")]).toEqual([["new"], false]);
    const nothing = call(url({ after: String(answer.at("next")), wait: 30 }));
    await until(() => clock.sleeping > 0);
    await clock.advance(30_000);
    expect((await nothing).body).toMatchObject({ events: [], next: answer.at("next"), more: false });
  });

  it("that are no longer kept are named", async () => {
    const { call, store } = await five();
    await store.log.remove(1, 1, 3, "retention");
    const answer = await call(url({ after: 0 }));
    expect([texts(answer), answer.at("removed")]).toEqual([["4", "5"], [[1, 3]]]);
    expect((await call(url({ before: 6 }))).at("removed")).toEqual([[1, 3]]);
  });

  it("end with one call's share of work, and go on by cursor", { tags: ["full"] }, async () => {
    const { call, tell } = await serveApi();
    for (let n = 0; n < 25; n++) await tell("11", ...Array.from({ length: 1_000 }, () => chat("x")));
    await tell("11", chat("needle"));
    const filter = 'text == "needle"';
    const first = await call(url({ after: 0, filter, limit: 2_000 }));
    expect(first.body).toMatchObject({ events: [], more: true });
    const second = await call(url({ after: String(first.at("next")), filter }));
    expect([texts(second), second.at("more")]).toEqual([["needle"], false]);
    const waited = await call(url({ after: 0, filter, wait: 60 }));
    expect(waited.body).toMatchObject({ events: [], more: true });
    const back = await call(url({ before: 25_002, filter: 'text == "none"' }));
    expect(back.body).toMatchObject({ events: [], more: true });
  });
});

describe("a cursor", () => {
  it("of another log or the future is refused with the valid ends", async () => {
    const { call, store } = await five();
    const { id: logId } = store.log;
    for (const after of [encodeCursor("another", 2), encodeCursor(logId, 6), "6"]) {
      const refused = await call(url({ after }));
      expect([refused.status, refused.at("error", "code")]).toEqual([409, "cursor_reset"]);
      expect(texts(await call(url({ after: String(refused.at("error", "oldest")) })))).toEqual(["1", "2", "3", "4", "5"]);
      expect(texts(await call(url({ after: String(refused.at("error", "newest")) })))).toEqual([]);
    }
    expect((await call(url({ before: 7 }))).status).toBe(409);
    expect((await call(url({ after: "nonsense" }))).at("error", "code")).toBe("bad_request");
  });
});

describe("what cannot be asked", () => {
  it.each([
    [{ before: 3, after: 1 }, "before cannot"],
    [{ before: 3, wait: 1 }, "before cannot"],
    [{ types: "chats" }, 'no type "chats"'],
    [{ minDiamond: 5 }, 'no field "minDiamond"'],
    [{ after: "' OR 1=1" }, "after"],
  ])("%o", async (query, words) => {
    const { call } = await five();
    const refused = await call(url(query as Record<string, string | number>));
    expect([refused.status, refused.at("error", "code")]).toEqual([400, "bad_request"]);
    expect(refused.at("error", "message")).toContain(words);
  });

  it("a wrong filter is told with its place", async () => {
    const { call } = await five();
    const refused = await call(url({ filter: "true && diamond > 5" }));
    expect(refused.body).toMatchObject({
      error: { code: "bad_request", message: expect.stringContaining('no variable "diamond"'), position: 8 },
    });
  });
});
