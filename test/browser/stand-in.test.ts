import { createServer as createPlain, type Server } from "node:http";
import { createServer } from "node:https";
import { type AddressInfo, connect } from "node:net";
import { chromium, type Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Simulator, startSimulator } from "../../simulator/index.js";
import { ProxyServer } from "../../src/platform/access/proxy.js";
import { openEgressProxy, pageHosts, selfSigned } from "../../src/platform/browser/egress-proxy.js";
import { loginInWindow } from "../../src/platform/browser/login-window.js";
import { BrowserSession } from "../../src/platform/browser/session.js";
import { systemClock } from "../../src/runtime/clock.js";
import { TEST_ARGUMENTS, testBrowser } from "./chromium.js";
import { GUEST, liveRooms, NEVER } from "./rooms.js";

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

describe("a stand-in's page", () => {
  let simulator: Simulator;
  beforeAll(async () => {
    simulator = await startSimulator({ rooms: liveRooms(1) });
  });
  afterAll(() => simulator.close());

  it("is the platform's to itself: origin, secure cookies, no mixed content; and nobody else in its browser believes more than before", async () => {
    const egress = await openEgressProxy({ allows: pageHosts(), upstream: simulator.url, proxy: null });
    const browser = await chromium.launch({ executablePath: testBrowser(), args: [...TEST_ARGUMENTS] });
    try {
      const page = await (await browser.newContext(egress.contextOptions)).newPage();
      await page.goto("https://live.douyin.com/300000001");
      await page.waitForFunction("window.byted_acrawler"); // it has loaded itself again, with the cookie of the first challenge
      expect(await page.evaluate("[location.origin, isSecureContext]")).toEqual(["https://live.douyin.com", true]);
      await page.evaluate("document.cookie = 'mine=1; Secure; SameSite=None; Domain=.douyin.com'");
      const kept = await page.context().cookies("https://webcast100-ws-web-hl.douyin.com/");
      expect(kept).toEqual(expect.arrayContaining([expect.objectContaining({ name: "mine", secure: true, domain: ".douyin.com" })]));
      expect(kept.map(({ name }) => name)).toEqual(expect.arrayContaining(["ttwid", "__ac_nonce"]));
      expect(await page.evaluate(socketTo, "ws://webcast100-ws-web-hl.douyin.com/")).toBe("SecurityError");

      const others = await (await browser.newContext({ proxy: { server: `http://127.0.0.1:${port(proxy)}` } })).newPage();
      expect(await visited(others, "https://live.douyin.com/")).toContain("ERR_CERT_AUTHORITY_INVALID");
      // The gate's own certificate, too, is taken by its context alone.
      const { proxy: way } = egress.contextOptions;
      const curious = await (await browser.newContext({ proxy: way })).newPage();
      expect(await visited(curious, "https://live.douyin.com/")).toContain("ERR_CERT_AUTHORITY_INVALID");
      expect(asked).toEqual([]);
    } finally {
      await browser.close();
      await egress.close();
    }
  });
});

/** The error of a visit, "" when there is none. */
async function visited(page: Page, url: string): Promise<string> {
  return page.goto(url).then(
    () => "",
    (error: Error) => error.message,
  );
}

/** Runs inside the page: the name of the error with which a WebSocket is refused. */
function socketTo(url: string): string {
  try {
    new (globalThis as unknown as { WebSocket: new (url: string) => unknown }).WebSocket(url);
    return "";
  } catch (error) {
    return (error as Error).name;
  }
}
