import { request } from "node:http";
import { afterAll, beforeAll, expect, it } from "vitest";
import { type Gate, openGate } from "../../../src/sources/browser/gate.js";
import { pageHosts } from "../../../src/sources/browser/hosts.js";
import { ProxyServer } from "../../../src/sources/proxy.js";
import { socksProxy, type TestProxy } from "../proxies.js";

let proxy: TestProxy;
let gate: Gate;
beforeAll(async () => {
  // It lets nobody through: the names that it is asked for are what counts.
  proxy = await socksProxy("me", "pass", { deadEnd: true });
  gate = await openGate({ allows: pageHosts(), upstream: null, proxy: new ProxyServer(`socks5://me:pass@127.0.0.1:${proxy.port}`) });
});
afterAll(() => Promise.all([gate.close(), proxy.close()]));

/** The status with which a browser is answered. */
function ask(method: string, path: string, { url } = gate, headers = {}): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    const { hostname, port } = new URL(url);
    const asking = request({ hostname, port, method, path, headers, agent: false });
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
  expect(await ask("CONNECT", "live.douyin.com:443")).toBe(502);
  expect(await ask("CONNECT", "webcast100-ws-web-hl.douyin.com:443")).toBe(502);
  expect(proxy.asked).toEqual(["live.douyin.com:443", "webcast100-ws-web-hl.douyin.com:443"]);
  expect(await ask("CONNECT", "live.douyin.com:80")).toBe(403);
  expect(await ask("GET", "http://live.douyin.com/")).toBe(403);
  expect(proxy.asked).toHaveLength(2);
});

it("refuses everybody else, and counts", async () => {
  for (const target of ["update.googleapis.com:443", "127.0.0.1:443", "[::1]:443", "douyin.com.evil.example:443"])
    expect(await ask("CONNECT", target)).toBe(403);
  expect(await ask("CONNECT", "update.googleapis.com:443")).toBe(403);
  expect(gate.refused.get("update.googleapis.com")).toBe(2);
  for (let i = 0; i < 200; i++) await ask("CONNECT", `host${i}.example:443`);
  expect(gate.refused.size).toBe(100);
});

it("refuses what is no address, and goes on", async () => {
  for (const target of ["live.douyin.com:https", "live.douyin.com:99999", "[live.douyin.com"])
    expect(await ask("CONNECT", target)).toBe(403);
  const standIn = await openGate({ allows: pageHosts(), upstream: "http://127.0.0.1:9", proxy: null });
  expect(await ask("GET", "http://live.douyin.com/", standIn, { host: "live.douyin.com:https" })).toBe(403);
  expect(await ask("GET", "http://live.douyin.com/", standIn)).toBe(502);
  await standIn.close();
});
