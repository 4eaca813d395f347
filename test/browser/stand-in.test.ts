// Guards: A browser trusts no impostor of the platform, neither in a seat nor in the login window.
import { createServer as createPlain, type Server } from "node:http";
import { createServer } from "node:https";
import { type AddressInfo, connect } from "node:net";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { selfSigned } from "../../simulator/certificate.js";
import { ProxyServer } from "../../src/platform/access/proxy.js";
import { loginInWindow } from "../../src/platform/browser/login-window.js";
import { BrowserSession } from "../../src/platform/browser/session.js";
import { systemClock } from "../../src/runtime/clock.js";
import { testBrowser } from "./chromium.js";
import { GUEST, NEVER } from "./rooms.js";

const port = (server: Server) => (server.address() as AddressInfo).port;
const listening = (server: Server) => new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));

/** Somebody in the middle who says to be the platform, with a certificate that nobody vouches for, and what was asked of them. */
let impostor: Server;
const asked: (string | undefined)[] = [];
/** A proxy by which every host is the impostor. */
let proxy: Server;
beforeAll(async () => {
  impostor = createServer(selfSigned("live.douyin.com", Date.now()), ({ url }, reply) => {
    asked.push(url);
    reply.end("<!DOCTYPE html><title>an impostor</title>");
  });
  await listening(impostor);
  proxy = createPlain();
  proxy.on("connect", (_request, socket) => {
    const far = connect(port(impostor), "127.0.0.1");
    for (const end of [socket, far]) end.on("error", () => [socket, far].forEach((each) => void each.destroy()));
    socket.write("HTTP/1.1 200 Connection established\r\n\r\n");
    socket.pipe(far).pipe(socket);
  });
  await listening(proxy);
});
afterAll(async () => {
  for (const server of [proxy, impostor]) {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  }
});

describe("the platform itself, without a stand-in", () => {
  const REFUSED = { code: "unreachable", detail: expect.stringContaining("live.douyin.com: ERR_CERT_AUTHORITY_INVALID") };
  const way = () => new ProxyServer(`http://127.0.0.1:${port(proxy)}`);

  it("is not believed without a certificate that somebody vouches for, neither by a seat nor by the login window", async () => {
    const choose = () => ({ program: testBrowser(), headless: true });
    const session = new BrowserSession({ choose, clock: systemClock, upstream: null, profile: null });
    await expect(session.take({ ...GUEST, proxy: way() }, NEVER)).rejects.toMatchObject(REFUSED);
    await session.close();
    const window = { program: testBrowser(), headless: true, clock: systemClock, upstream: null, proxy: way(), cookies: [] };
    await expect(loginInWindow(window, NEVER)).rejects.toMatchObject(REFUSED);
    expect(asked).toEqual([]);
  });
});
