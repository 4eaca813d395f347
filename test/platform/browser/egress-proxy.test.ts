// Guards: A browser reaches by TLS the hosts that its pages need, by the operator's proxy or the stand-in, and nothing else.
import { once } from "node:events";
import { createServer, type IncomingMessage, request } from "node:http";
import type { AddressInfo, Server, Socket } from "node:net";
import { connect as connectTls, type TLSSocket } from "node:tls";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { withTls } from "../../../simulator/two-protocols.js";
import { ProxyServer } from "../../../src/platform/access/proxy.js";
import { type EgressProxy, openEgressProxy, pageHosts } from "../../../src/platform/browser/egress-proxy.js";
import { socksProxy, type TestProxy } from "../access/proxies.js";

let proxy: TestProxy;
let egress: EgressProxy;
beforeAll(async () => {
  // It lets nobody through: the names that it is asked for are what counts.
  proxy = await socksProxy("me", "pass", { deadEnd: true });
  egress = await openEgressProxy({
    allows: pageHosts(),
    upstream: null,
    proxy: new ProxyServer(`socks5://me:pass@127.0.0.1:${proxy.port}`),
  });
});
afterAll(() => Promise.all([egress.close(), proxy.close()]));

/** The status with which a browser is answered. */
function ask(method: string, path: string, { contextOptions } = egress): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    const { hostname, port } = new URL(contextOptions.proxy.server);
    const asking = request({ hostname, port, method, path, agent: false });
    asking.once("connect", ({ statusCode }, socket) => {
      socket.destroy();
      resolve(statusCode);
    });
    asking.once("response", (reply) => resolve(reply.resume().statusCode));
    asking.once("error", reject);
    asking.end();
  });
}

it("lets a browser reach what its pages need, by the operator's proxy and its password, and by TLS only", async () => {
  const needed = ["live.douyin.com:443", "webcast100-ws-web-hl.douyin.com:443"];
  for (const target of needed) expect(await ask("CONNECT", target)).toBe(502);
  expect(proxy.asked).toEqual(needed);
  expect(await ask("CONNECT", "live.douyin.com:80")).toBe(403);
  expect(await ask("GET", "http://live.douyin.com/")).toBe(403);
  expect(proxy.asked).toHaveLength(2);
});

it("refuses everybody else, and counts", async () => {
  const update = "update.googleapis.com:443";
  for (const target of [update, "127.0.0.1:443", "[::1]:443", "douyin.com.evil.example:443", update])
    expect(await ask("CONNECT", target)).toBe(403);
  expect(egress.refused.get("update.googleapis.com")).toBe(2);
  for (let i = 0; i < 200; i++) await ask("CONNECT", `host${i}.example:443`);
  expect(egress.refused.size).toBe(100);
});

it("refuses what is no address, and goes on", async () => {
  for (const target of ["live.douyin.com:https", "live.douyin.com:99999", "[live.douyin.com"])
    expect(await ask("CONNECT", target)).toBe(403);
  expect(await ask("CONNECT", "live.douyin.com:443")).toBe(502);
  expect(egress.contextOptions.ignoreHTTPSErrors).toBe(false);
});

describe("before a stand-in", () => {
  let upstream: Server;
  let standIn: EgressProxy;
  const seen: { url: string | undefined; host: string | undefined }[] = [];
  beforeAll(async () => {
    const plain = createServer(({ url, headers: { host } }, reply) => {
      seen.push({ url, host });
      reply.end("the stand-in's");
    });
    plain.on("upgrade", ({ url, headers: { host } }, socket) => {
      seen.push({ url, host });
      socket.end("HTTP/1.1 101 Switching Protocols\r\nUpgrade: test\r\nConnection: Upgrade\r\n\r\nfirst bytes");
    });
    upstream = withTls(plain);
    await new Promise<void>((resolve) => upstream.listen(0, "127.0.0.1", resolve));
    standIn = await openEgressProxy({
      allows: pageHosts(),
      upstream: `http://127.0.0.1:${(upstream.address() as AddressInfo).port}`,
      proxy: null,
    });
  });
  afterAll(async () => {
    await standIn.close();
    await new Promise((resolve) => upstream.close(resolve));
  });

  async function secure(host: string): Promise<TLSSocket> {
    const { hostname, port } = new URL(standIn.contextOptions.proxy.server);
    const asking = request({ hostname, port, method: "CONNECT", path: `${host}:443`, agent: false });
    asking.end();
    const [reply, socket] = (await once(asking, "connect")) as [IncomingMessage, Socket];
    expect(reply.statusCode).toBe(200);
    const tls = connectTls({ socket, servername: host, rejectUnauthorized: false });
    await once(tls, "secureConnect");
    return tls;
  }
  /** Sends the lines of a request, and gives the whole answer. */
  async function say(tls: TLSSocket, ...lines: string[]): Promise<string> {
    tls.write(`${lines.join("\r\n")}\r\n\r\n`);
    let answer = "";
    for await (const chunk of tls) answer += chunk;
    return answer;
  }

  it("leads every host that is allowed there, by TLS and its WebSockets too", async () => {
    for (const host of ["live.douyin.com", "lf-cdn.douyinstatic.com"]) {
      expect(await say(await secure(host), "GET /a?b=1 HTTP/1.1", `Host: ${host}`, "Connection: close")).toContain("the stand-in's");
      expect(seen.pop()).toEqual({ url: `/@${host}/a?b=1`, host });
    }
    const host = "webcast100-ws-web-hl.douyin.com";
    const answer = say(await secure(host), "GET /push/v2/ HTTP/1.1", `Host: ${host}`, "Connection: Upgrade", "Upgrade: test");
    expect(await answer).toMatch(/^HTTP\/1.1 101 .*first bytes$/s);
    expect(seen.pop()).toEqual({ url: `/@${host}/push/v2/`, host });
  });

  it("knows no more ports and hosts than before the platform", async () => {
    expect(await ask("GET", "http://live.douyin.com/", standIn)).toBe(403);
    for (const target of ["live.douyin.com:80", "evil.example:443"]) expect(await ask("CONNECT", target, standIn)).toBe(403);
    expect(seen).toEqual([]);
  });

  it("has a certificate of its own, which its context alone is told to take", async () => {
    const tls = await secure("live.douyin.com");
    expect(tls.authorized).toBe(false);
    expect(standIn.contextOptions.ignoreHTTPSErrors).toBe(true);
    tls.destroy();
  });
});
