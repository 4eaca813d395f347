// Guards: no text of strangers reaches files, other hosts or a page.
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { fileURLToPath } from "node:url";
import { pino } from "pino";
import { describe, expect, it, onTestFinished } from "vitest";
import { RoomManager } from "../../../src/cluster/room-manager.js";
import { startApi } from "../../../src/http/server.js";
import { createToken } from "../../../src/http/tokens.js";
import { systemClock } from "../../../src/runtime/clock.js";
import { openSqliteStore } from "../../../src/store/sqlite/store.js";
import { reachAt } from "../../platform/access/reach.js";
import { serveApi } from "../api-server.js";
import { chat } from "../events.js";
import { seeded } from "../samples.js";
import { raw, requests } from "./raw.js";

const webRoot = fileURLToPath(new URL("../../../web", import.meta.url));
const HTML = `</script><script>alert(1)</script><img src=x onerror=alert(2)>"'>\u2028&lt;`;

describe("what is reached through us", () => {
  it("files outside of the pages cannot be read", async () => {
    const { api } = await serveApi({ webRoot });
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
      onTestFinished(() => new Promise<void>((resolve) => server.close(() => resolve())));
    }
    const port = (canary.address() as AddressInfo).port;
    const store = openSqliteStore({ path: ":memory:" });
    const rooms = RoomManager.alone({
      ...reachAt(`http://127.0.0.1:${(upstream.address() as AddressInfo).port}`),
      store,
      clock: systemClock,
      pollMs: 60_000,
      maxOnDemandRooms: 50,
      onDemandIdleMs: 60_000,
      setAside: () => {},
      onError: () => {},
    });
    const logger = pino({ level: "silent" });
    const api = await startApi({ host: "127.0.0.1", port: 0, store, rooms, clock: systemClock, logger });
    onTestFinished(() => rooms.stop());
    onTestFinished(() => api.close());
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

  it("chat text is JSON wherever it goes, or a file to be kept, never a page", { tags: ["full"] }, async () => {
    const { call } = await seeded(HTML);
    let seen = 0;
    for (const { method, path, init } of [
      ...requests,
      { method: "GET", path: "/v1/rooms/98765/events?after=0&types=*&limit=2000", init: undefined },
    ]) {
      const answer = await call(path, { ...init, method });
      const type = answer.headers.get("content-type") ?? "";
      expect(answer.headers.get("x-content-type-options")).toBe("nosniff");
      if (answer.headers.get("content-disposition")?.startsWith("attachment;")) {
        expect([path, type]).toEqual([path, expect.not.stringMatching(/html|svg/)]);
        continue;
      }
      expect([
        path,
        /^(application\/json; charset=utf-8|application\/atom\+xml; charset=utf-8|text\/event-stream|text\/plain; version=0\.0\.4; charset=utf-8)$/.test(
          type,
        ),
      ]).toEqual([path, true]);
      if (answer.text.includes("<script>")) seen++;
      if (/^text\/plain|xml/.test(type)) expect(answer.text).not.toContain("<script>");
    }
    expect(seen).toBeGreaterThan(8);
    expect((await call("/v1/rooms/98765/events?types=chat")).at("events", 0, "text")).toBe(HTML);
  });

  it("what a caller sent is never given back as a page", async () => {
    const { api } = await serveApi({ webRoot });
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
    const { api, tell } = await serveApi({ webRoot });
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
      // Pictures come from the platform's own hosts; nothing comes from everywhere.
      expect(policy).not.toMatch(/unsafe|\*(?!\.[a-z]+\.com[ ;])|http:/);
      const text = await answer.text();
      expect(text).not.toMatch(/<script(?![^>]*\ssrc=)|\son\w+=|javascript:|alert\(1\)/i);
      for (const [, source] of text.matchAll(/(?:src|href)="([^"]*)"/g)) expect(source).not.toMatch(/^(https?:)?\/\//);
    }
  });

  it("other sites' pages may not read answers", async () => {
    const { call } = await serveApi();
    for (const path of ["/v1/rooms", "/openapi.json", "/healthz", "/douyin/liveroom/chat?room_id=1"]) {
      const answer = await call(path, { headers: { origin: "https://evil.example" } });
      for (const name of ["access-control-allow-origin", "access-control-allow-credentials"]) expect(answer.headers.get(name)).toBeNull();
      expect(
        (await call(path, { method: "OPTIONS", headers: { origin: "https://evil.example" } })).headers.get("access-control-allow-origin"),
      ).toBeNull();
    }
  });
});
