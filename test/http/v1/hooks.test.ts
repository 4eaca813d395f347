// Guards: webhooks are made and changed within the token's rooms, and their secrets are shown once.
import { Webhook } from "standardwebhooks";
import { describe, expect, it } from "vitest";
import type { HookRow } from "../../../src/store/sql/hooks.js";
import { serveApi } from "../api-server.js";
import { chat } from "../events.js";

const URL = "https://receiver.example/a";

describe("/v1/hooks", () => {
  it("makes a webhook whose secret is shown once, lists it, changes it and removes it", async () => {
    const { call, lines, tell, tokens, store } = await serveApi();
    const token = tokens.manage;
    const room = await tell("98765", chat("1"), chat("2"));
    const json = { url: URL, name: "看板", types: ["gift", "room.live"], filter: "diamonds >= 100", rooms: ["98765"], maxEvents: 20 };
    const made = await call("/v1/hooks", { method: "POST", token, json });
    const id = String(made.at("about", "id"));
    const secret = String(made.at("secret"));
    expect([made.status, made.headers.get("location")]).toEqual([201, `/v1/hooks/${id}`]);
    expect(secret).toMatch(/^whsec_[A-Za-z0-9+/]{43}=$/);
    expect(() => new Webhook(secret)).not.toThrow();
    expect(made.at("about")).toMatchObject({
      ...json,
      rooms: [String(room)],
      allowPrivate: false,
      state: "active",
      backlog: 0,
      behind: [],
    });
    await tell("98765", chat("3"));
    const listed = await call("/v1/hooks", { token });
    expect(listed.at("hooks", 0)).toMatchObject({ id, backlog: 1, behind: [] });
    const changed = await call(`/v1/hooks/${id}`, { method: "PATCH", token, json: { filter: null, name: "b", rooms: [] } });
    expect(changed.body).toMatchObject({ filter: null, name: "b", rooms: [], types: json.types, maxEvents: 20 });
    expect((await call(`/v1/hooks/${id}/pause`, { method: "POST", token })).body).toMatchObject({
      state: "paused",
      paused: { reason: "asked" },
    });
    expect((await call(`/v1/hooks/${id}/resume`, { method: "POST", token })).body).toMatchObject({ state: "active", paused: null });
    const rotated = await call(`/v1/hooks/${id}/rotate`, { method: "POST", token });
    expect(rotated.at("secret")).not.toBe(secret);
    expect(rotated.at("about", "oldSecretUntil")).toEqual(expect.any(Number));
    expect((await call(`/v1/hooks/${id}/replay`, { method: "POST", token, json: { room: "98765", seq: 1 } })).body).toMatchObject({
      backlog: 3,
      behind: [{ room: String(room), seq: 0, head: 3, waiting: null }],
    });
    const test = await call(`/v1/hooks/${id}/test`, { method: "POST", token });
    expect(test.body).toMatchObject({ delivered: false, attempt: 0, error: "this process sends nothing" });
    expect((await call(`/v1/hooks/${id}/deliveries`, { token })).at("tries", 0)).toEqual(test.body);
    for (const text of [listed.text, changed.text, lines.join("")]) {
      expect(text).not.toContain(secret);
      expect(text).not.toContain(String(rotated.at("secret")));
    }
    expect((await call(`/v1/hooks/${id}`, { method: "DELETE", token })).status).toBe(200);
    expect((await call(`/v1/hooks/${id}`, { token })).status).toBe(404);
    expect(await store.hooks.list()).toEqual([]);
  });

  it("makes one that tells people: the service is known by its address, and what lets others send there is never shown", async () => {
    const { call, tokens, store, lines } = await serveApi();
    const token = tokens.manage;
    const url = "https://oapi.dingtalk.com/robot/send?access_token=hidden1";
    const made = await call("/v1/hooks", { method: "POST", token, json: { url, channel: { secret: "SEChidden2" } } });
    const id = String(made.at("about", "id"));
    const about = { url: "https://oapi.dingtalk.com/robot/…?…", channel: { kind: "dingtalk", to: null, language: "zh", hasSecret: true } };
    expect([made.status, made.at("about")]).toEqual([
      201,
      expect.objectContaining({ maxEvents: 50, url: about.url, types: expect.arrayContaining(["room.live", "disk.low"]) }),
    ]);
    const changed = await call(`/v1/hooks/${id}`, { method: "PATCH", token, json: { name: "钉", channel: { language: "en" } } });
    expect(changed.at("channel")).toMatchObject({ ...about.channel, language: "en" });
    expect((await store.hooks.get(id))?.channel?.secret).toBe("SEChidden2");
    const listed = await call("/v1/hooks", { token });
    for (const text of [made.text, changed.text, listed.text, lines.join("")]) expect(text).not.toMatch(/hidden[12]/);
    const moved = { url: "https://open.feishu.cn/open-apis/bot/v2/hook/x" };
    expect((await call(`/v1/hooks/${id}`, { method: "PATCH", token, json: moved })).status).toBe(400);
    const told = await call(`/v1/hooks/${id}`, { method: "PATCH", token, json: { ...moved, channel: {} } });
    expect(told.at("channel")).toMatchObject({ kind: "feishu", hasSecret: false });
    expect((await call("/v1/hooks", { method: "POST", token, json: { url } })).text).toMatch(/dingtalk takes texts/);
  });

  it("sends tests no faster than an address takes them, and six a minute for a token", async () => {
    const { call, tokens, token, clock } = await serveApi();
    const made = await Promise.all(
      [0, 1, 2, 3].map((n) => call("/v1/hooks", { method: "POST", token: tokens.manage, json: { url: `${URL}${n}` } })),
    );
    const ids = made.map((one) => String(one.at("about", "id")));
    const test = async (n: number, by: string) => {
      const reply = await call(`/v1/hooks/${ids[n]}/test`, { method: "POST", token: by });
      return reply.status === 200 ? 200 : [reply.status, reply.at("error", "code"), reply.headers.get("retry-after")];
    };
    expect([await test(0, tokens.manage), await test(0, tokens.manage), await test(0, await token({ scope: "manage" }))]).toEqual([
      200,
      ...Array(2).fill([429, "rate_limited", "1"]),
    ]);
    await clock.advance(1_000);
    expect([await test(0, tokens.manage), await test(1, tokens.manage), await test(2, tokens.manage)]).toEqual([200, 200, 200]);
    expect([await test(3, tokens.manage), await test(3, tokens.manage)]).toEqual([200, [429, "rate_limited", "9"]]);
    expect(await test(3, await token({ scope: "manage" }))).toEqual([429, "rate_limited", "1"]);
    await clock.advance(9_000);
    expect(await test(3, tokens.manage)).toBe(200);
  });

  it.each([
    [{ url: "ftp://a.example/" }, "https:// or http://"],
    [{ url: "https://user:pass@a.example/" }, "no user and password"],
    [{ url: "http://127.0.0.1:9/" }, "private address"],
    [{ url: "http://169.254.169.254/latest/meta-data/" }, "private address"],
    [{ url: URL, name: "a\u001b[31m" }, "printable"],
    [{ url: URL, types: ["chats"] }, 'no type "chats"'],
    [{ url: URL, filter: "diamonds >" }, "filter"],
    [{ url: URL, rooms: ["nobody"] }, "no room is known"],
  ])("refuses %j", async (json, words) => {
    const { call, store } = await serveApi();
    const refused = await call("/v1/hooks", { method: "POST", json });
    expect([400, 404]).toContain(refused.status);
    expect(refused.at("error", "message")).toContain(words);
    expect(await store.hooks.list()).toEqual([]);
  });

  it("lets admins alone allow private addresses, and say where such a hook leads", async () => {
    const { call, tokens } = await serveApi();
    const json = { url: "http://127.0.0.1:9/", allowPrivate: true };
    const refused = await call("/v1/hooks", { method: "POST", token: tokens.manage, json });
    expect([refused.status, refused.at("error", "message")]).toEqual([403, expect.stringContaining("scope admin")]);
    const made = await call("/v1/hooks", { method: "POST", json });
    expect(made.status).toBe(201);
    const path = `/v1/hooks/${String(made.at("about", "id"))}`;
    for (const change of [{ url: "http://10.0.0.1/" }, { allowPrivate: true }, { channel: { kind: "http", template: '{"run":"{text}"}' } }])
      expect((await call(path, { method: "PATCH", token: tokens.manage, json: change })).status).toBe(403);
    expect((await call(path, { method: "PATCH", token: tokens.manage, json: { name: "b" } })).status).toBe(200);
    // Without the permission its address is judged again.
    expect((await call(path, { method: "PATCH", token: tokens.manage, json: { allowPrivate: false } })).status).toBe(400);
    expect((await call(path, { method: "PATCH", token: tokens.manage, json: { allowPrivate: false, url: URL } })).status).toBe(200);
  });

  it("shows a token that is limited to rooms the hooks that are sent no others", async () => {
    const { call, token, tell } = await serveApi();
    await tell("1", chat("1"));
    await tell("2", chat("1"));
    const limited = await token({ scope: "manage", rooms: ["1"] });
    const all = await call("/v1/hooks", { method: "POST", json: { url: URL } });
    const others = await call("/v1/hooks", { method: "POST", json: { url: URL, rooms: ["1", "2"] } });
    const refused = async (json: object) => (await call("/v1/hooks", { method: "POST", token: limited, json })).status;
    for (const json of [{ url: URL }, { url: URL, rooms: ["1"], types: ["account.lapsed"] }]) expect(await refused(json)).toBe(403);
    // Of rooms that it may not see it learns nothing, not even that they are there.
    for (const room of ["2", "0", "404"]) expect(await refused({ url: URL, rooms: [room] })).toBe(404);
    const own = await call("/v1/hooks", { method: "POST", token: limited, json: { url: URL, rooms: ["1"] } });
    expect(own.status).toBe(201);
    const listed = await call("/v1/hooks", { token: limited });
    expect((listed.at("hooks") as HookRow[]).map(({ id }) => id)).toEqual([own.at("about", "id")]);
    for (const hook of [all, others]) {
      const path = `/v1/hooks/${String(hook.at("about", "id"))}`;
      for (const method of ["GET", "DELETE"]) expect((await call(path, { method, token: limited })).status).toBe(404);
      for (const part of ["pause", "test", "rotate"])
        expect((await call(`${path}/${part}`, { method: "POST", token: limited })).status).toBe(404);
    }
    const path = `/v1/hooks/${String(own.at("about", "id"))}`;
    for (const json of [{ rooms: [] }, { types: ["system"] }])
      expect((await call(path, { method: "PATCH", token: limited, json })).status).toBe(403);
    expect((await call(path, { method: "PATCH", token: limited, json: { rooms: ["2"] } })).status).toBe(404);
  });
});

describe("/metrics", () => {
  it("shows the webhooks: how many in which state, their backlog, and their requests since the start", async () => {
    const { call, metrics } = await serveApi();
    const figures = { id: "a", state: "failing", backlog: 7, delivered: 3, failed: 2 } as const;
    metrics.watch({ hooks: async () => [figures, { ...figures, id: "b", state: "paused", backlog: 0 }] });
    await call("/metrics");
    metrics.watch({ hooks: async () => [{ ...figures, delivered: 5 }] });
    const { text } = await call("/metrics");
    for (const line of [
      'dylive_hooks{state="active"} 0',
      'dylive_hooks{state="failing"} 1',
      'dylive_hooks{state="paused"} 0',
      'dylive_hook_backlog_events{hook="a"} 7',
      'dylive_hook_requests_total{hook="a",outcome="delivered"} 5',
      'dylive_hook_requests_total{hook="a",outcome="failed"} 2',
    ])
      expect(text.split("\n")).toContain(line);
    expect(text).not.toContain('hook="b"');
  });
});
