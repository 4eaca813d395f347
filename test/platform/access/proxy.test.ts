// Guards: A proxy carries requests and the push socket, alone, and its password is shown nowhere.
import { once } from "node:events";
import { createServer as createHttp } from "node:http";
import type { AddressInfo, Socket } from "node:net";
import { inspect } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Simulator, startSimulator } from "../../../simulator/index.js";
import { platformAt } from "../../../src/platform/access/platform.js";
import { ProxyServer } from "../../../src/platform/access/proxy.js";
import { httpSigner, pushHeaders, pushUrl } from "../../../src/platform/access/push.js";
import { Visitor } from "../../../src/platform/access/visitor.js";
import { Drift } from "../../../src/platform/wire/drift.js";
import { systemClock } from "../../../src/runtime/clock.js";
import { websocketSource } from "../../../src/sources/websocket.js";
import { httpProxy, socksProxy, type TestProxy } from "./proxies.js";

const PASSWORD = "s3cret:@/?";
const SIGNAL = new AbortController().signal;
let simulator: Simulator;
let web: TestProxy;
let socks: TestProxy;
beforeAll(async () => {
  simulator = await startSimulator();
  web = await httpProxy(`me:${PASSWORD}`);
  socks = await socksProxy("me", PASSWORD);
});
afterAll(() => Promise.all([web.close(), socks.close(), simulator.close()]));

const credentials = (password = PASSWORD) => `me:${encodeURIComponent(password)}`;
const at = (kind: string, password?: string) =>
  new ProxyServer(`${kind}://${credentials(password)}@127.0.0.1:${kind === "http" ? web.port : socks.port}`);

describe("a proxy's address", () => {
  it("is shown without its credentials, whoever prints it", () => {
    const proxy = at("http");
    for (const text of [proxy.name, JSON.stringify({ proxy }), inspect(proxy, { depth: 9, showHidden: true }), String(proxy)])
      expect(text).not.toMatch(/s3cret|\bme:/);
    expect(proxy.name).toBe(`http://127.0.0.1:${web.port}`);
  });

  it.each([
    ["http://h:80", "http://h:80"],
    ["http://h", "http://h:8080"],
    ["https://h", "https://h:443"],
    ["socks5://u:p@h", "socks5://h:1080"],
    ["socks4://[::1]:9", "socks4://[::1]:9"],
  ])("%s is %s", (url, name) => expect(new ProxyServer(url).name).toBe(name));

  it.each(["", "h:80", "ftp://me:s3cret@h", "http://", "javascript:alert(1)"])("%s is refused, and not repeated", (url) => {
    expect(() => new ProxyServer(url)).toThrow(expect.objectContaining({ code: "bad_config" }));
    expect(() => new ProxyServer(url)).not.toThrow(/s3cret/);
  });
});

describe.each(["http", "socks5"])("through %s", (kind) => {
  const asked = () => (kind === "http" ? web : socks).asked;

  it("requests and the push socket leave by it, and by nothing else", async () => {
    const before = asked().length;
    const platform = platformAt(simulator.url, at(kind));
    const visitor = new Visitor("Mozilla/5.0 (test)");
    visitor.learn((await platform.get("live.douyin.com", "/", {}, SIGNAL)).headers["set-cookie"]);
    visitor.userUniqueId = "7612345678901234567";
    const roomId = simulator.roomId("100000001") ?? "";
    const target = { platform, visitor, roomId, host: null, cursor: "", internalExt: "", attempt: 0 };
    const source = websocketSource({
      connectUrl: (signal) => pushUrl({ ...target, signer: httpSigner(`${simulator.url}/@signer/sign`) }, signal),
      headers: pushHeaders(visitor, "100000001"),
      clock: systemClock,
      drift: new Drift(),
      proxy: platform.proxy,
    });
    for await (const batch of source.open(SIGNAL)) {
      expect(batch.length).toBeGreaterThan(0);
      break;
    }
    expect(asked().slice(before)).toEqual([new URL(simulator.url).host, new URL(simulator.url).host]);
  });

  it("wrong credentials are the proxy's fault, and are told without them", async () => {
    const platform = platformAt(simulator.url, at(kind, "wrong-one"));
    const failed = await platform.get("live.douyin.com", "/", {}, SIGNAL).catch((error: unknown) => error);
    expect(failed).toMatchObject({ code: "unreachable", detail: expect.stringContaining("the proxy") });
    expect(inspect(failed, { depth: 9 })).not.toContain("wrong-one");
  });

  it("a proxy that is not there", async () => {
    const platform = platformAt(simulator.url, new ProxyServer(`${kind}://127.0.0.1:9`));
    await expect(platform.get("live.douyin.com", "/", {}, SIGNAL)).rejects.toMatchObject({
      code: "unreachable",
      detail: expect.stringContaining("ECONNREFUSED"),
    });
  });
});

describe("waiting for a proxy", () => {
  it("ends with its signal, and closes a connection whose TLS never comes about", async () => {
    const mute = createHttp().on("connect", () => {});
    await new Promise<void>((resolve) => mute.listen(0, "127.0.0.1", resolve));
    const stop = new AbortController();
    const proxy = new ProxyServer(`http://127.0.0.1:${(mute.address() as AddressInfo).port}`);
    const waiting = proxy.connectTls("live.douyin.com", 443, stop.signal);
    const [, socket] = (await once(mute, "connect")) as [unknown, Socket];
    socket.write("HTTP/1.1 200 Connection established\r\n\r\n");
    await once(socket, "data"); // the beginning of the handshake
    const unanswered = proxy.connect("live.douyin.com", 443, stop.signal);
    await once(mute, "connect");
    const ended = once(socket, "end");
    stop.abort(new Error("enough"));
    for (const one of [waiting, unanswered]) await expect(one).rejects.toThrow("enough");
    await ended;
    socket.destroy();
    mute.close();
  });
});
