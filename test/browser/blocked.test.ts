// Guards: A seat's browser loads no pictures, media, fonts or other hosts, and a lost page is replaced.
import { createServer } from "node:http";
import type { AddressInfo, Server } from "node:net";
import { afterAll, beforeAll, expect, it } from "vitest";
import { withTls } from "../../simulator/two-protocols.js";
import type { BrowserSession } from "../../src/platform/browser/session.js";
import { GUEST, NEVER, openSession } from "./rooms.js";

const PAGE = `<!DOCTYPE html><meta charset="utf-8"><title>a page that wants everything</title>
<style>@font-face { font-family: f; src: url(/font.woff2) } body { font-family: f }</style>
<img src="/picture.png"><video src="/stream.mp4" autoplay muted></video><audio src="/sound.mp3" preload="auto"></audio>
<img src="https://tracker.example/pixel.gif"><script src="https://evil.example/x.js"></script><script src="/good.js"></script>
<script src="https://lf-cdn.douyinstatic.com/cdn.js"></script><script src="http://lf-cdn.douyinstatic.com/mixed.js"></script>
<script>
  var socket = new WebSocket("wss://listener.example/"), own = new WebSocket("ws://127.0.0.1:" + OWN_PORT + "/");
  fetch("https://api.example/").catch(function () {});
  fetch("https://live.douyin.com.evil.example/").catch(function () {});
  var user_unique_id = "x", state = '"user_unique_id":"7600000000000000001"';
  window.byted_acrawler = { frontierSign: function (input) { if (input["X-MS-STUB"] === "leave") location.href = "/elsewhere"; return { "X-Bogus": document.title.length && "signed-" + input["X-MS-STUB"].slice(0, 9) }; } };
</script>中文`;

let server: Server;
let session: BrowserSession;
const asked: string[] = [];
const sockets: string[] = [];
beforeAll(async () => {
  const plain = createServer((request, response) => {
    asked.push(request.url ?? "");
    const isPage = request.url === "/@live.douyin.com/";
    if (request.url === "/@live.douyin.com/away") response.writeHead(302, { location: "https://verify.snssdk.com/captcha" });
    else response.setHeader("content-type", isPage ? "text/html" : "text/javascript");
    response.end(isPage ? PAGE.replace("OWN_PORT", `${port()}`) : "");
  });
  plain.on("upgrade", (request, socket) => {
    sockets.push(request.url ?? "");
    socket.destroy();
  });
  server = withTls(plain);
  const port = () => (server.address() as AddressInfo).port;
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  session = await openSession({ url: `http://127.0.0.1:${port()}` });
});
afterAll(async () => {
  await session.close();
  await new Promise((resolve) => server.close(resolve));
});

it("pictures, media, fonts and other hosts are not loaded, not even by WebSocket", async () => {
  const identity = await session.take(GUEST, NEVER);
  expect(identity.visitor.userUniqueId).toBe("7600000000000000001");
  expect(await identity.signer.sign("0123456789abcdef0123456789abcdef", NEVER)).toBe("signed-012345678");
  // The page's own script and that of its script host come after everything that is not to be loaded.
  await expect
    .poll(() => asked.sort(), { timeout: 5000 })
    .toEqual(["/@lf-cdn.douyinstatic.com/cdn.js", "/@live.douyin.com/", "/@live.douyin.com/good.js"]);
  await expect.poll(async () => Object.keys((await session.status()).refused), { timeout: 5000 }).toContain("listener.example");
  const { refused } = await session.status();
  expect(Object.keys(refused).every((host) => host.endsWith(".example") || host === "127.0.0.1")).toBe(true);
  expect(sockets).toEqual([]);
  identity.release();
});

it("a request of the page that fails leaves the page to those who sign by it; a page that has become another is replaced", async () => {
  const identity = await session.take(GUEST, NEVER);
  const visits = () => asked.filter((url) => url === "/@live.douyin.com/").length;
  const before = visits();
  await expect(identity.pageGet?.("/away", NEVER)).rejects.toMatchObject({ code: "unreachable" });
  expect(await identity.signer.sign("0123456789", NEVER)).toBe("signed-012345678");
  expect(visits()).toBe(before);
  await identity.signer.sign("leave", NEVER);
  await expect.poll(() => asked, { timeout: 5000 }).toContain("/@live.douyin.com/elsewhere");
  expect(await identity.signer.sign("0123456789", NEVER)).toBe("signed-012345678");
  expect(visits()).toBe(before + 1);
  identity.release();
});
