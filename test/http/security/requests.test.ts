// Guards: hostile requests are refused without harm.
import { connect } from "node:net";
import { describe, expect, it, onTestFinished } from "vitest";
import { openSqliteStore } from "../../../src/store/sqlite/store.js";
import { useDirectory } from "../../store/directory.js";
import { serveApi } from "../api-server.js";
import { chat } from "../events.js";
import { raw } from "./raw.js";

const file = useDirectory();

describe("requests", () => {
  it("a huge body is refused without being read to its end", async () => {
    const { call, api, tokens } = await serveApi();
    const refused = await call("/v1/rooms", { method: "POST", json: { room: "x".repeat(70_000) } });
    expect([refused.status, refused.at("error", "code")]).toEqual([413, "bad_request"]);
    const head = `POST /v1/rooms HTTP/1.1\r\nhost: x\r\nauthorization: Bearer ${tokens.admin}\r\ncontent-type: application/json\r\n`;
    expect(await raw(api, `${head}content-length: 99999999999\r\n\r\n{`)).toMatch(/^HTTP\/1\.1 413 /);
    const chunk = `10000\r\n${"x".repeat(0x10000)}\r\n`;
    expect(await raw(api, `${head}transfer-encoding: chunked\r\n\r\n${chunk}${chunk}`)).toMatch(/^HTTP\/1\.1 413 /);
  });

  it("a long address or header is refused", async () => {
    const { call, api } = await serveApi();
    expect((await call(`/v1/rooms?name=${"x".repeat(9_000)}`)).status).toBe(414);
    expect(await raw(api, `GET /v1/rooms HTTP/1.1\r\nhost: x\r\nx: ${"y".repeat(20_000)}\r\n\r\n`)).toMatch(/^HTTP\/1\.1 431 /);
  });

  it("a body that is deep, poisoned or not JSON is refused", async () => {
    const { call, store } = await serveApi();
    const headers = { "content-type": "application/json" };
    const bodies = [
      `${'{"room":'.repeat(5_000)}1${"}".repeat(5_000)}`,
      '{"room":"1","__proto__":{"watch":false}}',
      '{"room":"1","constructor":{"prototype":{"x":1}}}',
      '{"room":{"toString":1}}',
      "[]",
      "null",
      '"1"',
      "\u0000",
      "",
    ];
    for (const body of bodies) {
      const refused = await call("/v1/rooms", { method: "POST", headers, body });
      expect([body.slice(0, 30), refused.status, refused.at("error", "code")]).toEqual([body.slice(0, 30), 400, "bad_request"]);
    }
    expect(await store.rooms.list()).toEqual([]);
    expect(({} as { x?: number }).x).toBeUndefined();
  });

  it("line breaks in any field do not make headers or log lines", async () => {
    const { call, api, lines, tokens } = await serveApi();
    const evil = "a%0d%0aset-cookie:%20x=1%0d%0a%0d%0a<html>";
    for (const path of [
      `/v1/rooms/${evil}`,
      `/v1/rooms?name=${evil}`,
      `/v1/rooms?cursor=${evil}`,
      `/v1/rooms/1/events?filter=${evil}`,
      `/douyin/liveroom/chat?room_id=${evil}`,
      `/douyin/liveroom/status?room_id=${evil}`,
      `/${evil}`,
    ]) {
      const answer = await raw(
        api,
        `GET ${path} HTTP/1.1\r\nhost: x\r\nauthorization: Bearer ${tokens.admin}\r\nconnection: close\r\n\r\n`,
      );
      const [head = ""] = answer.split("\r\n\r\n");
      expect(head).toMatch(/^HTTP\/1\.1 [24]\d\d /);
      expect(head.toLowerCase()).not.toContain("set-cookie");
    }
    const added = await call("/v1/rooms", { method: "POST", json: { room: "1\r\nset-cookie: x=1" } });
    expect(added.headers.get("set-cookie")).toBeNull();
    for (const line of lines) expect(line.trimEnd()).not.toContain("\n");
  });

  it("SQL in any field finds nothing and harms nothing", async () => {
    const store = openSqliteStore({ path: file("sql.db") });
    onTestFinished(() => store.close());
    const { call, tell } = await serveApi({ replace: ({ log: _log, ...rest }) => ({ ...store, tokens: rest.tokens }) });
    await tell("11", chat("a"));
    for (const sql of ["' OR 1=1 --", "'; DROP TABLE events; --", '" OR ""="', "1) UNION SELECT hash FROM tokens --", "%' --", "\u0000"]) {
      const text = encodeURIComponent(sql);
      for (const field of ["user", "session"]) expect((await call(`/v1/rooms/11/events?${field}=${text}`)).at("events")).toEqual([]);
      expect((await call(`/v1/rooms?name=${text}`)).at("rooms")).toEqual([]);
      for (const path of [`/v1/rooms/${text}`, `/v1/rooms/11/sessions/${text}`, `/v1/tokens/${text}`])
        expect([path, [400, 404].includes((await call(path)).status)]).toEqual([path, true]);
    }
    expect((await call("/v1/rooms/11/events")).at("events", 0)).toMatchObject({ text: "a" });
  });

  it("a field that is given twice is refused, not chosen from", async () => {
    const { call, tell } = await serveApi();
    await tell("11", chat("a"));
    for (const query of ["limit=1&limit=2", "types=chat&types=gift", "filter=true&filter=false", "after=0&after=1"])
      expect([query, (await call(`/v1/rooms/11/events?${query}`)).status]).toEqual([query, 400]);
  });

  it("a client that sends slowly is cut, and others are served meanwhile", async () => {
    const { api, call } = await serveApi({ requestMs: 300 });
    const sockets = Array.from({ length: 50 }, () => connect(api.port, "127.0.0.1"));
    const ended = sockets.map((socket) => new Promise((resolve) => socket.on("error", () => {}).on("close", resolve)));
    const drip = setInterval(() => {
      for (const socket of sockets) if (socket.writable) socket.write("x");
    }, 50);
    for (const socket of sockets) socket.write("GET /healthz HTTP/1.1\r\nx: ");
    expect((await call("/healthz")).status).toBe(200);
    await Promise.all(ended);
    clearInterval(drip);
    expect((await call("/healthz")).status).toBe(200);
  });

  it("a hostile filter is refused at once", async () => {
    const { call, tell } = await serveApi();
    await tell("11", chat("a".repeat(5_000)));
    const filters = [
      'text.matches("^(a+)+$")',
      `${"(".repeat(3_000)}true`,
      `[${"1,".repeat(900)}1].all(x,[1].all(y,x==y))`,
      `${"!".repeat(3_990)}true`,
    ];
    for (const filter of filters) {
      const began = performance.now();
      const { status } = await call(`/v1/rooms/11/events?${new URLSearchParams({ filter })}`);
      expect([filter.slice(0, 20), status]).toEqual([filter.slice(0, 20), expect.toBeOneOf([400, 414])]);
      expect(performance.now() - began).toBeLessThan(1_000);
    }
  });
});
