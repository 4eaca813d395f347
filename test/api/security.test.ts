import { once } from "node:events";
import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { connect } from "node:net";
import { fileURLToPath } from "node:url";
import { pino } from "pino";
import { afterEach, describe, expect, it } from "vitest";
import { createToken } from "../../src/api/auth.js";
import { type Api, startApi } from "../../src/api/server.js";
import { systemClock } from "../../src/clock.js";
import { openMemoryStore } from "../../src/log/memory.js";
import { openSqliteStore } from "../../src/log/sqlite/store.js";
import { Supervisor } from "../../src/rooms/supervisor.js";
import { platformAt } from "../../src/sources/platform.js";
import { noSigner } from "../../src/sources/signer.js";
import { useDirectory } from "../log/directory.js";
import { chat } from "./events.js";
import { manage } from "./managed.js";
import { SAMPLES, seeded } from "./samples.js";

const webRoot = fileURLToPath(new URL("../../web", import.meta.url));
const HTML = `</script><script>alert(1)</script><img src=x onerror=alert(2)>"'>\u2028&lt;`;
const file = useDirectory();
const closing: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

/** Sends bytes, and gives what comes until the other side closes. */
function raw(api: Api, text: string): Promise<string> {
  return new Promise((resolve) => {
    let received = "";
    const socket = connect(api.port, "127.0.0.1", () => socket.write(text));
    socket.setEncoding("utf8").on("data", (chunk: string) => {
      received += chunk;
    });
    socket.on("error", () => {});
    socket.on("close", () => resolve(received));
  });
}

const requests = Object.entries(SAMPLES).flatMap(([key, samples]) =>
  samples.map(([path, , init]) => ({ method: key.split(" ")[0] ?? "GET", path, init })),
);

describe("tokens", () => {
  it("without a token nothing is answered but health and the documentation", async () => {
    const { call, manager } = await seeded();
    for (const { method, path, init } of requests) {
      const { status } = await call(path, { ...init, method, token: null });
      expect([method, path, status]).toEqual([method, path, /^\/(healthz|readyz)$/.test(path) ? 200 : 401]);
    }
    expect(manager.asked).toEqual([]);
  });

  it("a token of a lower scope does nothing, and is refused before its body is looked at", async () => {
    const { call, store, tokens } = await manage();
    const before = (await store.tokens.list()).length;
    for (const [method, path] of [
      ["POST", "/v1/rooms"],
      ["DELETE", "/v1/rooms/1"],
      ["POST", "/v1/tokens"],
      ["GET", "/v1/tokens"],
      ["DELETE", "/v1/tokens/1"],
    ] as const) {
      const refused = await call(path, {
        method,
        token: tokens.read,
        ...(method === "POST" && { body: "{", headers: { "content-type": "application/json" } }),
      });
      expect([path, refused.status, refused.at("error", "code")]).toEqual([path, 403, "forbidden"]);
    }
    expect((await call("/v1/tokens", { token: tokens.manage })).status).toBe(403);
    expect((await store.tokens.list()).length).toBe(before);
    expect(await store.rooms.list()).toEqual([]);
  });

  it("a token in the address is taken by the document's family and live streams alone", async () => {
    const { call, tokens } = await manage();
    for (const path of ["/v1/rooms", "/v1/tokens", "/metrics"]) {
      const refused = await call(`${path}?token=${tokens.admin}`, { token: null });
      expect([path, refused.status, refused.at("error", "code")]).toEqual([path, 401, "no_token"]);
      expect(refused.at("error", "message")).toContain("Authorization: Bearer");
    }
    expect((await call(`/douyin/liveroom/chat?room_id=1&token=${tokens.read}`, { token: null })).status).toBe(200);
  });

  it("a token never shows in a log line or an error", async () => {
    const { call, tokens, lines, api } = await manage();
    const { admin } = tokens;
    const answers = [
      await call(`/v1/rooms/${admin}`),
      await call(`/v1/nothing?token=${admin}`),
      await call("/v1/tokens", { method: "POST", json: { name: "a", token: admin, x: 1 } }),
      await call(`/v1/rooms?token=${admin}&limit=x`),
    ];
    await raw(api, `GET /v1/rooms HTTP/1.1\r\nhost: x\r\nauthorization: Bearer ${admin}\r\nbad header\r\n\r\n`);
    const path = `/v1/rooms/${admin}`;
    // Whoever puts it into the path has shown it to everybody on the way: our log does not keep it from its reader.
    const all = lines.filter((line) => !line.includes(path)).join("");
    expect(all).not.toContain(admin);
    expect(
      answers
        .slice(1)
        .map(({ text }) => text)
        .join(""),
    ).not.toContain(admin);
  });
});

describe("requests", () => {
  it("a huge body is refused without being read to its end", async () => {
    const { call, api, tokens } = await manage();
    const refused = await call("/v1/rooms", { method: "POST", json: { room: "x".repeat(70_000) } });
    expect([refused.status, refused.at("error", "code")]).toEqual([413, "bad_request"]);
    const head = `POST /v1/rooms HTTP/1.1\r\nhost: x\r\nauthorization: Bearer ${tokens.admin}\r\ncontent-type: application/json\r\n`;
    expect(await raw(api, `${head}content-length: 99999999999\r\n\r\n{`)).toMatch(/^HTTP\/1\.1 413 /);
    const chunk = `10000\r\n${"x".repeat(0x10000)}\r\n`;
    expect(await raw(api, `${head}transfer-encoding: chunked\r\n\r\n${chunk}${chunk}`)).toMatch(/^HTTP\/1\.1 413 /);
  });

  it("a long address or header is refused", async () => {
    const { call, api } = await manage();
    expect((await call(`/v1/rooms?name=${"x".repeat(9_000)}`)).status).toBe(414);
    expect(await raw(api, `GET /v1/rooms HTTP/1.1\r\nhost: x\r\nx: ${"y".repeat(20_000)}\r\n\r\n`)).toMatch(/^HTTP\/1\.1 431 /);
  });

  it("a body that is deep, poisoned or not JSON is refused", async () => {
    const { call, store } = await manage();
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
    const { call, api, lines, tokens } = await manage();
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
    closing.push(() => store.close());
    const { call, tell } = await manage({ replace: ({ log: _log, ...rest }) => ({ ...store, tokens: rest.tokens }) });
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
    const { call, tell } = await manage();
    await tell("11", chat("a"));
    for (const query of ["limit=1&limit=2", "types=chat&types=gift", "filter=true&filter=false", "after=0&after=1"])
      expect([query, (await call(`/v1/rooms/11/events?${query}`)).status]).toEqual([query, 400]);
  });

  it("a client that sends slowly is cut, and others are served meanwhile", async () => {
    const { api, call } = await manage({ requestMs: 300 });
    const sockets = Array.from({ length: 50 }, () => connect(api.port, "127.0.0.1"));
    const ended = sockets.map((socket) => new Promise((resolve) => socket.on("error", () => {}).on("close", resolve)));
    const drip = setInterval(() => {
      for (const socket of sockets) if (socket.writable) socket.write("x");
    }, 50);
    for (const socket of sockets) socket.write("GET /healthz HTTP/1.1\r\nx: ");
    const began = Date.now();
    expect((await call("/healthz")).status).toBe(200);
    await Promise.all(ended);
    clearInterval(drip);
    expect(Date.now() - began).toBeLessThan(5_000);
    expect((await call("/healthz")).status).toBe(200);
  });

  it("a hostile filter is refused at once", async () => {
    const { call, tell } = await manage();
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

describe("what is reached through us", () => {
  it("files outside of the pages cannot be read", async () => {
    const { api } = await manage({ webRoot });
    const ways = ["..", "%2e%2e", "..%2f..", "..%5c..", "....//", "%252e%252e", ".%00./", "\\..\\.."];
    for (const base of ["/", "/docs/static/", "/docs/", "/assets/"])
      for (const way of ways)
        for (const target of ["package.json", "etc/passwd"]) {
          const path = `${base}${way}/${way}/${way}/${target}`;
          const answer = await raw(api, `GET ${path} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n`);
          expect([path, /^HTTP\/1\.1 [34]\d\d /.test(answer)]).toEqual([path, true]);
          expect(answer).not.toMatch(/devDependencies|root:x:/);
        }
    for (const path of ["/.git/config", "/.env", "/docs/static/../../package.json", "//etc/passwd"])
      expect((await raw(api, `GET ${path} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n`)).slice(0, 12)).toMatch(/HTTP\/1\.1 4/);
  });

  it("no text makes us ask anybody but the platform", async () => {
    const asked: string[] = [];
    const listener = (name: string) =>
      createServer((request, response) => {
        asked.push(`${name} ${request.url}`);
        response.writeHead(404).end();
      });
    const [upstream, canary] = [listener("platform"), listener("canary")];
    for (const server of [upstream, canary]) {
      await once(server.listen(0, "127.0.0.1"), "listening");
      closing.push(() => new Promise((resolve) => server.close(resolve)));
    }
    const port = (canary.address() as AddressInfo).port;
    const store = openMemoryStore({ maxEventsPerRoom: 10 });
    const rooms = new Supervisor({
      store,
      clock: systemClock,
      platform: platformAt(`http://127.0.0.1:${(upstream.address() as AddressInfo).port}`),
      signer: noSigner,
      userAgent: "test",
      pollMs: 60_000,
      maxOnDemandRooms: 50,
      onDemandIdleMs: 60_000,
      setAside: () => {},
    });
    const logger = pino({ level: "silent" });
    const api = await startApi({ host: "127.0.0.1", port: 0, store, rooms, clock: systemClock, logger });
    closing.push(
      () => rooms.stop(),
      () => api.close(),
    );
    const { token } = await createToken(store.tokens, { name: "a", scope: "admin", now: Date.now() });
    const texts = [
      `http://127.0.0.1:${port}/`,
      `http://localhost:${port}/live.douyin.com/1`,
      `http://live.douyin.com:${port}/1`,
      `http://live.douyin.com@127.0.0.1:${port}/1`,
      `http://127.0.0.1:${port}/?https://live.douyin.com/`,
      `//127.0.0.1:${port}/1`,
      "http://169.254.169.254/latest/meta-data/",
      "http://[::1]/",
      "file:///etc/passwd",
      "gopher://live.douyin.com/1",
      "https://live.douyin.com.evil.example/1",
      "https://evil.example/live.douyin.com/1",
      "../../../@127.0.0.1/x",
      `x@127.0.0.1:${port}`,
    ];
    for (const room of texts) {
      const added = await fetch(`${api.url}/v1/rooms`, {
        method: "POST",
        headers: { authorization: `Bearer ${token}`, "content-type": "application/json" },
        body: JSON.stringify({ room }),
      });
      expect([room, added.status]).toEqual([room, 400]);
      const polled = await fetch(`${api.url}/douyin/liveroom/chat?token=${token}&room_id=${encodeURIComponent(room)}`);
      expect([room, polled.status]).toEqual([room, 400]);
    }
    expect(asked).toEqual([]);
    await fetch(`${api.url}/douyin/liveroom/chat?token=${token}&room_id=12345`);
    expect(asked.length).toBeGreaterThan(0);
    expect(asked.filter((one) => !/^platform \/@[a-z0-9-]+(\.[a-z0-9-]+)*\.(douyin|amemv|iesdouyin)\.com\//.test(one))).toEqual([]);
  }, 30_000);

  it("chat text is JSON wherever it goes, never a page", async () => {
    const { call } = await seeded(HTML);
    let seen = 0;
    for (const { method, path, init } of [
      ...requests,
      { method: "GET", path: "/v1/rooms/98765/events?after=0&types=*&limit=2000", init: undefined },
    ]) {
      const answer = await call(path, { ...init, method });
      const type = answer.headers.get("content-type") ?? "";
      expect([path, /^(application\/json; charset=utf-8|text\/plain; version=0\.0\.4; charset=utf-8)$/.test(type)]).toEqual([path, true]);
      expect(answer.headers.get("x-content-type-options")).toBe("nosniff");
      if (answer.text.includes("<script>")) seen++;
      if (type.startsWith("text/plain")) expect(answer.text).not.toContain("<script>");
    }
    expect(seen).toBeGreaterThan(8);
    expect((await call("/v1/rooms/98765/events?types=chat")).at("events", 0, "text")).toBe(HTML);
  });

  it("what a caller sent is never given back as a page", async () => {
    const { api } = await manage({ webRoot });
    const evil = "<script>alert(1)</script>";
    for (const path of [
      `/${evil}`,
      `/docs/${evil}`,
      `/v1/${evil}`,
      `/douyin/liveroom/chat?room_id=${evil}`,
      `/?${evil}`,
      `/docs?${evil}`,
      `/docs/?${evil}`,
    ]) {
      const answer = await fetch(api.url + path);
      const type = answer.headers.get("content-type") ?? "";
      const text = await answer.text();
      expect([path, type.startsWith("application/json") || !/alert\(1\)/.test(text)]).toEqual([path, true]);
    }
  });

  it("pages run their own scripts alone, cannot be framed, and hold nothing that strangers wrote", async () => {
    const { api, tell } = await manage({ webRoot });
    await tell("11", chat(HTML));
    for (const path of ["/", "/docs", "/docs/"]) {
      const answer = await fetch(api.url + path);
      const policy = answer.headers.get("content-security-policy") ?? "";
      expect(answer.headers.get("content-type")).toMatch(/^text\/html/);
      for (const part of [
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "connect-src 'self'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
      ])
        expect(policy).toContain(part);
      expect(policy).not.toMatch(/unsafe|\*|http:/);
      const text = await answer.text();
      expect(text).not.toMatch(/<script(?![^>]*\ssrc=)|\son\w+=|javascript:|alert\(1\)/i);
      for (const [, source] of text.matchAll(/(?:src|href)="([^"]*)"/g)) expect(source).not.toMatch(/^(https?:)?\/\//);
    }
  });

  it("other sites' pages may not read answers", async () => {
    const { call } = await manage();
    for (const path of ["/v1/rooms", "/openapi.json", "/healthz", "/douyin/liveroom/chat?room_id=1"]) {
      const answer = await call(path, { headers: { origin: "https://evil.example" } });
      for (const name of ["access-control-allow-origin", "access-control-allow-credentials"]) expect(answer.headers.get(name)).toBeNull();
      expect(
        (await call(path, { method: "OPTIONS", headers: { origin: "https://evil.example" } })).headers.get("access-control-allow-origin"),
      ).toBeNull();
    }
  });
});

describe("docs/security.md", () => {
  const doc = readFileSync(new URL("../../docs/security.md", import.meta.url), "utf8");
  const rows = [...doc.matchAll(/^\|[^|\n]+\|[^|\n]+\|\s*`(test\/[\w/.-]+)`: (.+?)\s*\|$/gm)].map(([, path, name]) => ({
    path: path ?? "",
    name: name ?? "",
  }));

  it("names tests that exist, and every one of these", () => {
    expect(rows.length).toBeGreaterThan(20);
    const missing = rows.filter(({ path, name }) => !readFileSync(new URL(`../../${path}`, import.meta.url), "utf8").includes(`"${name}"`));
    expect(missing).toEqual([]);
    const here = [...readFileSync(new URL(import.meta.url), "utf8").matchAll(/^ {2}it\("([^"]+)"/gm)].map(([, name]) => name ?? "");
    const shown = new Set(rows.filter(({ path }) => path === "test/api/security.test.ts").map(({ name }) => name));
    expect(here.filter((name) => !shown.has(name) && !name.startsWith("names tests"))).toEqual([]);
  });
});
