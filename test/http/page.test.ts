import { mkdirSync, writeFileSync } from "node:fs";
import { connect } from "node:net";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { beforeAll, describe, expect, it } from "vitest";
import { useFolders } from "../store/directory.js";
import { serveApi } from "./api-server.js";
import { serveChat } from "./compatible/chat-server.js";

const PAGE = "<!doctype html><head></head>";
const outside = useFolders()();
const webRoot = join(outside, "web");
beforeAll(() => {
  mkdirSync(join(webRoot, "assets"), { recursive: true });
  writeFileSync(join(outside, "package.json"), "secret");
  writeFileSync(join(webRoot, "index.html"), PAGE);
  writeFileSync(join(webRoot, "overlay.html"), PAGE);
  writeFileSync(join(webRoot, "overlay.html.gz"), gzipSync(PAGE));
  writeFileSync(join(webRoot, "assets/index-a1.js"), "script");
  writeFileSync(join(webRoot, "assets/index-a1.js.gz"), gzipSync("script"));
});

describe("the page", () => {
  it("is served with a policy that lets nothing in but its own files and the platform's images", async () => {
    const { api } = await serveApi({ webRoot });
    for (const [path, type, text] of [
      ["/", "text/html", PAGE],
      ["/assets/index-a1.js", "/javascript", "script"],
    ] as const) {
      const response = await fetch(api.url + path);
      expect([response.status, await response.text()]).toEqual([200, text]);
      expect(response.headers.get("content-type")).toContain(type);
      const policy = response.headers.get("content-security-policy") ?? "";
      for (const part of ["default-src 'none'", "script-src 'self';", "style-src 'self';", "connect-src 'self';", "frame-ancestors 'none'"])
        expect(policy).toContain(part);
      expect(policy).toMatch(/img-src 'self' data: https:\/\/\*\.douyinpic\.com/);
      expect(policy).not.toMatch(/unsafe|https:[ ;]/);
      expect(response.headers.get("x-content-type-options")).toBe("nosniff");
      expect(response.headers.get("referrer-policy")).toBe("no-referrer");
    }
  });

  it("gives the pictures of a stand-in for the platform itself, names them to the page, and loads none of the real one", async () => {
    const asked: string[] = [];
    const picture = async (address: string) => {
      asked.push(address);
      const type = address.includes("page") ? "text/html" : "image/svg+xml";
      return { status: address.includes("none") ? 404 : 200, headers: { "content-type": type }, body: Buffer.from("<svg/>") };
    };
    const { api } = await serveApi({ webRoot, picture });
    for (const path of ["/", "/overlay.html"]) {
      const page = await fetch(api.url + path, { headers: { "accept-encoding": "gzip" } });
      expect(page.headers.get("content-encoding")).toBeNull();
      expect(await page.text()).toBe('<!doctype html><head><meta name="dylive-pictures" content="/@" /></head>');
      expect(page.headers.get("content-security-policy")).toContain("img-src 'self' data:;");
    }
    const found = await fetch(`${api.url}/@p3.douyinpic.com/aweme/a%20b.jpeg?from=1`);
    expect([found.status, found.headers.get("content-type"), await found.text()]).toEqual([200, "image/svg+xml", "<svg/>"]);
    // It is of strangers, and an SVG may hold scripts.
    expect(found.headers.get("content-security-policy")).toBe("default-src 'none'; style-src 'unsafe-inline'; sandbox");
    for (const other of [
      "p3.douyinpic.com/none",
      "p3.douyinpic.com/page",
      "live.douyin.com/1",
      "evil.com/.douyinpic.com",
      "douyinpic.com/a",
    ])
      expect([other, (await fetch(`${api.url}/@${other}`)).status]).toEqual([other, 404]);
    expect(asked).toEqual(["p3.douyinpic.com/aweme/a%20b.jpeg?from=1", "p3.douyinpic.com/none", "p3.douyinpic.com/page"]);
    const { api: real } = await serveApi({ webRoot });
    expect((await fetch(`${real.url}/@p3.douyinpic.com/aweme/a.jpeg`)).status).toBe(404);
    expect(await (await fetch(real.url)).text()).not.toContain("meta");
  });

  it("may be framed by itself alone, and only the overlay; that one takes styles that OBS puts in, and no script", async () => {
    const { api } = await serveApi({ webRoot });
    for (const encoding of ["gzip", "identity"]) {
      const overlay = await fetch(`${api.url}/overlay.html`, { headers: { "accept-encoding": encoding } });
      expect(overlay.headers.get("content-encoding")).toBe(encoding === "gzip" ? "gzip" : null);
      const policy = overlay.headers.get("content-security-policy") ?? "";
      for (const part of ["default-src 'none'", "script-src 'self';", "style-src 'self' 'unsafe-inline';", "frame-ancestors 'self'"])
        expect(policy).toContain(part);
    }
    expect((await fetch(api.url)).headers.get("content-security-policy")).toContain("frame-src 'self';");
  });

  it("is compressed where the build compressed it, and kept by browsers where its name changes with its content", async () => {
    const { api } = await serveApi({ webRoot });
    const packed = await fetch(`${api.url}/assets/index-a1.js`, { headers: { "accept-encoding": "gzip" } });
    expect([packed.headers.get("content-encoding"), await packed.text()]).toEqual(["gzip", "script"]);
    expect(packed.headers.get("content-type")).toContain("/javascript");
    expect(packed.headers.get("cache-control")).toContain("immutable");
    const plain = await fetch(`${api.url}/assets/index-a1.js`, { headers: { "accept-encoding": "identity" } });
    expect([plain.headers.get("content-encoding"), await plain.text()]).toEqual([null, "script"]);
    expect((await fetch(`${api.url}/`)).headers.get("cache-control")).toBe("no-cache");
  });

  it("sends a browser from a page's address without # to the one with it, and to no other host", async () => {
    const { api } = await serveApi({ webRoot });
    const led = async (path: string, accept = "text/html,*/*;q=0.8") => {
      const { status, headers } = await fetch(api.url + path, { headers: { accept }, redirect: "manual" });
      return [status, headers.get("location")];
    };
    expect(await led("/rooms/1/sessions/2")).toEqual([302, "/#/rooms/1/sessions/2"]);
    expect(await led("/works")).toEqual([302, "/#/works"]);
    expect(await led("/rooms//evil.example/%0d%0ax")).toEqual([302, "/#/rooms//evil.example/%0D%0Ax"]);
    expect(await led("/rooms/1", "*/*")).toEqual([404, null]);
    for (const path of ["/roomsx", "/some/page", "/overlay.html/x"]) expect(await led(path)).toEqual([404, null]);
  });

  it("does not get in the way of the API's answers, and gives no other file", async () => {
    const { api, get } = await serveChat({ webRoot });
    expect((await get()).status).toBe(200);
    for (const path of ["/none.js", "/douyin/liveroom/none", "/.git/config"]) {
      const response = await fetch(api.url + path);
      expect([path, response.status, ((await response.json()) as { code: number }).code]).toEqual([path, 404, 404]);
    }
    for (const path of ["/../package.json", "/..%2fpackage.json", "/%2e%2e/package.json", "/..\\package.json"]) {
      const received = await new Promise<string>((resolve) => {
        let text = "";
        const socket = connect(api.port, "127.0.0.1", () => socket.write(`GET ${path} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n`));
        socket.on("data", (chunk) => {
          text += chunk.toString();
        });
        socket.on("close", () => resolve(text));
      });
      expect([path, received.slice(9, 10)]).toEqual([path, "4"]);
      expect(received).not.toContain("secret");
    }
  });
});
