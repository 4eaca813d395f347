// Guards: tokens are made, shown once, limited, expired and revoked.
import { describe, expect, it, vi } from "vitest";
import { roomStatus } from "../../health/status.js";
import { serveApi } from "../api-server.js";
import { chat } from "../events.js";

describe("/v1/tokens", () => {
  it("makes a token that is shown once, lists it and revokes it", async () => {
    const { call, lines, clock, store } = await serveApi();
    await store.rooms.ensure([{ kind: "web_rid", value: "98765" }]);
    const json = { name: "看板", scope: "read", rooms: ["98765"], perMinute: 120, expiresAt: clock.now() + 60_000 };
    const made = await call("/v1/tokens", { method: "POST", json });
    expect([made.status, made.headers.get("cache-control")]).toEqual([201, "no-store"]);
    const token = String(made.at("token"));
    expect(made.at("about")).toMatchObject({ ...json, createdAt: clock.now(), revokedAt: null, lastUsedAt: null });
    expect((await call("/v1/rooms", { token })).status).toBe(200);
    const listed = await call("/v1/tokens");
    expect(listed.at("tokens", 3)).toMatchObject({ name: "看板", lastUsedAt: clock.now() });
    for (const text of [listed.text, lines.join("")]) {
      expect(text).not.toContain(token);
      expect(text).not.toContain("hash");
    }
    const revoked = await call(`/v1/tokens/${String(made.at("about", "id"))}`, { method: "DELETE" });
    expect(revoked.body).toMatchObject({ name: "看板", revokedAt: clock.now() });
    expect((await call("/v1/rooms", { token })).at("error", "code")).toBe("bad_token");
    expect((await call(`/v1/tokens/${String(made.at("about", "id"))}`, { method: "DELETE" })).status).toBe(404);
  });

  it("tells each token what it may do itself, and nothing of others", async () => {
    const { call, store } = await serveApi();
    await store.rooms.ensure([{ kind: "web_rid", value: "98765" }]);
    const made = await call("/v1/tokens", { method: "POST", json: { name: "看板", scope: "manage", rooms: ["98765"] } });
    const own = await call("/v1/token", { token: String(made.at("token")) });
    expect([own.status, own.body]).toEqual([200, { ...(made.at("about") as object), lastUsedAt: null }]);
    expect(own.text).not.toContain("hash");
    expect((await call("/v1/token", { token: null })).status).toBe(401);
  });

  it.each([
    [{ name: "a\u001b[31m" }, "printable", "name"],
    [{ name: "a", expiresAt: 5 }, "in the future", "expiresAt"],
    [{ name: "a", expiresAt: 1e300 }, "in the future", "expiresAt"],
    [{ name: "a", scope: "admin", rooms: ["1"] }, "cannot be limited", "rooms"],
    [{ name: "a", rooms: ["a b"] }, "without spaces", "rooms"],
    [{ name: "a", id: "mine" }, 'no field "id"', undefined],
  ])("refuses %j", async (json, words, field) => {
    const { call, store } = await serveApi();
    const refused = await call("/v1/tokens", { method: "POST", json });
    expect([refused.status, refused.at("error", "code")]).toEqual([400, "bad_request"]);
    expect(refused.at("error", "message")).toContain(words);
    expect(refused.at("error", "field")).toBe(field);
    expect(await store.tokens.list()).toHaveLength(3);
  });
});

describe("a token", () => {
  it("stops being valid when it expires", async () => {
    const { call, token, clock } = await serveApi();
    const soon = await token({ expiresAt: clock.now() + 1_000 });
    expect((await call("/v1/rooms", { token: soon })).status).toBe(200);
    await clock.advance(1_000);
    const refused = await call("/v1/rooms", { token: soon });
    expect([refused.status, refused.at("error", "code")]).toEqual([401, "bad_token"]);
    expect(refused.at("error", "message")).toContain("expired");
  });

  it("may ask so often, and is told when it may again", async () => {
    const { call, token, clock } = await serveApi();
    const slow = await token({ perMinute: 3 });
    const other = await token({ perMinute: 3 });
    for (let n = 0; n < 3; n++) expect((await call("/v1/rooms", { token: slow })).status).toBe(200);
    const refused = await call("/v1/rooms", { token: slow });
    expect([refused.status, refused.headers.get("retry-after")]).toEqual([429, "20"]);
    expect(refused.body).toMatchObject({ error: { code: "rate_limited", retryAfterS: 20 } });
    const family = await call(`/douyin/liveroom/status?room_id=1&token=${slow}`, { token: null });
    expect([family.status, family.headers.get("retry-after"), family.at("code")]).toEqual([429, "20", 429]);
    expect((await call("/v1/rooms", { token: other })).status).toBe(200);
    await clock.advance(20_000);
    expect((await call("/v1/rooms", { token: slow })).status).toBe(200);
    expect((await call("/v1/rooms", { token: slow })).status).toBe(429);
    await clock.advance(600_000);
    for (let n = 0; n < 3; n++) expect((await call("/v1/rooms", { token: slow })).status).toBe(200);
    expect((await call("/v1/rooms", { token: slow })).status).toBe(429);
  });

  it("has its last use noted, once a minute at most", async () => {
    const { call, token, clock, store } = await serveApi();
    const touch = vi.spyOn(store.tokens, "touch");
    const used = await token();
    const first = clock.now();
    for (let n = 0; n < 5; n++) await call("/v1/rooms", { token: used });
    expect(touch).toHaveBeenCalledTimes(1);
    await clock.advance(59_999);
    await call("/v1/rooms", { token: used });
    expect((await store.tokens.list()).at(-1)?.lastUsedAt).toBe(first);
    await clock.advance(1);
    await call("/v1/rooms", { token: used });
    expect((await store.tokens.list()).at(-1)?.lastUsedAt).toBe(first + 60_000);
    expect(touch).toHaveBeenCalledTimes(2);
  });

  it("limited to rooms sees no others in the compatible interface either, and nothing is collected for it", async () => {
    const { call, token, manager } = await serveApi();
    const limited = await token({ rooms: ["98765"] });
    for (const name of ["chat", "info", "audience", "ranklist", "status"]) {
      const refused = await call(`/douyin/liveroom/${name}?room_id=1&token=${limited}`, { token: null });
      expect([name, refused.status, refused.at("code")]).toEqual([name, 403, 403]);
      expect((await call(`/douyin/liveroom/${name}?room_id=98765&token=${limited}`, { token: null })).status).toBe(200);
    }
    expect((await call(`/douyin/liveroom/status?room_id=98765,1&token=${limited}`, { token: null })).status).toBe(403);
    expect(new Set(manager.asked)).toEqual(new Set(["98765"]));
    expect((await call("/metrics", { token: limited })).status).toBe(403);
  });

  it("limited to a room sees no other whose number is that room's custom id, nor one that its name turns out to be", async () => {
    const { call, token, manager, store, tell } = await serveApi();
    const own = await tell("98765", chat("own"));
    await store.rooms.ensure([
      { kind: "web_rid", value: "98765" },
      { kind: "unique_id", value: "123" },
    ]);
    const other = await tell("123", chat("of others"));
    const limited = await token({ rooms: [`room:${own}`] });
    const ask = (name: string, id: string) => call(`/douyin/liveroom/${name}&room_id=${id}&token=${limited}`, { token: null });
    const names = ["chat?cursor=0", "info?", "audience?", "ranklist?", "gifts?"];
    for (const name of [...names, "status?"]) expect([name, (await ask(name, "123")).status]).toEqual([name, 403]);
    expect(manager.asked).toEqual([]);
    vi.spyOn(manager, "request").mockResolvedValue({ room: other, onlySession: null, status: roomStatus({ room: other, state: "live" }) });
    for (const name of names) expect([name, (await ask(name, "98765")).status]).toEqual([name, 403]);
    expect((await ask("status?", "98765")).at("data", "data")).toEqual([{ alive: null, room_id: null, id: "98765", state: "forbidden" }]);
  });
});
