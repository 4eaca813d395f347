// Guards: Media is asked of the platform's media hosts alone, wherever an address or redirect leads, with a Referer and nothing of ours.
import type { LookupFunction } from "node:net";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { MediaHosts } from "../../../src/platform/access/media-hosts.js";
import { ProxyServer } from "../../../src/platform/access/proxy.js";
import { connectionFailure } from "../../../src/runtime/allowed-hosts.js";
import { MediaServer } from "../../works/media-server.js";
import { httpProxy, socksProxy } from "./proxies.js";

const SIGNAL = new AbortController().signal;
const FILM = "https://v3-web.douyinvod.com/film";
let server: MediaServer;
let hosts: MediaHosts;
beforeAll(async () => {
  server = await MediaServer.start();
  hosts = new MediaHosts({ upstream: server.url, proxy: null });
  server.gives("v3-web.douyinvod.com/end", Buffer.from("the film"));
});
afterEach(() => server.forget());
afterAll(async () => {
  await hosts.close();
  await server.close();
});

async function text(address: string): Promise<string> {
  return (await hosts.ask(address, 0, SIGNAL)).body.text();
}

describe("hosts of media", () => {
  it("are sent the Referer and nothing else of ours, also where a redirect set a cookie", async () => {
    server.redirects("v3-web.douyinvod.com/film", "/end");
    expect(await text(FILM)).toBe("the film");
    expect(server.asked.map(({ at, headers }) => [at, Object.keys(headers).sort(), headers.referer])).toEqual(
      ["film", "end"].map((path) => [`v3-web.douyinvod.com/${path}`, ["connection", "host", "referer"], "https://www.douyin.com/"]),
    );
  });

  it("are followed to other hosts of media, at most five times", async () => {
    server.redirects("v3-web.douyinvod.com/film", "https://www.douyin.com/aweme/v1/play/?video_id=1");
    server.redirects("www.douyin.com/aweme/v1/play/?video_id=1", `${server.url}/@p3-pc-sign.douyinpic.com/3`);
    server.redirects("p3-pc-sign.douyinpic.com/3", "//v5-dy-o-abtest.zjcdn.com/4");
    server.redirects("v5-dy-o-abtest.zjcdn.com/4", "https://sf5-hl-cdn-tos.douyinstatic.com/5");
    server.redirects("sf5-hl-cdn-tos.douyinstatic.com/5", "https://v3-web.douyinvod.com/end");
    expect(await text(FILM).catch(String)).toBe("the film");
    server.redirects("v3-web.douyinvod.com/more", FILM);
    expect(await text("https://v3-web.douyinvod.com/more").catch(String)).toBe("Error: more than 5 redirects");
  });

  it.each([
    "https://evil.example/film",
    "http://v3-web.douyinvod.com/film",
    "https://user:secret@v3-web.douyinvod.com/film",
    "http://169.254.169.254/latest/meta-data/",
    "https://",
  ])("are not left for %s, by an address or by a redirect", async (address) => {
    server.redirects("v3-web.douyinvod.com/film", address);
    expect(await text(FILM).catch(String)).toMatch(/^RefusedAddress: it leads to .*, which is no host of media$/);
    expect(server.asked).toHaveLength(1);
    expect(await text(address).catch(String)).toMatch(/^RefusedAddress/);
    expect(server.asked).toHaveLength(1);
    expect(await text(FILM).catch(String)).not.toContain("secret");
  });

  it("are not reached at a private address, whatever resolves to it", async () => {
    const asked: string[] = [];
    const lookup: LookupFunction = (host, options, done) => {
      asked.push(host);
      if (options.all)
        done(
          null,
          [["127.0.0.1", 4] as const, ["fd00::1", 6] as const].map(([address, family]) => ({ address, family })),
        );
      else done(null, "127.0.0.1", 4);
    };
    const real = new MediaHosts({ upstream: null, proxy: null }, lookup);
    const error = await real.ask(FILM, 0, SIGNAL).catch((cause: unknown) => cause);
    expect(connectionFailure(error)).toMatch(/^v3-web\.douyinvod\.com is at the private address 127\.0\.0\.1/);
    expect(asked).toEqual(["v3-web.douyinvod.com"]);
    await real.close();
  });

  it("are asked by the proxy alone where there is one, which resolves their names", async () => {
    const [web, socks] = [await httpProxy("me:secret"), await socksProxy("me", "secret", { deadEnd: true })];
    const standIn = new MediaHosts({ upstream: server.url, proxy: new ProxyServer(`http://me:secret@127.0.0.1:${web.port}`) });
    const reply = await standIn.ask("https://v3-web.douyinvod.com/end", 0, SIGNAL);
    expect([await reply.body.text(), web.asked]).toEqual(["the film", [new URL(server.url).host]]);
    const real = new MediaHosts({ upstream: null, proxy: new ProxyServer(`socks5://me:secret@127.0.0.1:${socks.port}`) });
    await expect(real.ask(FILM, 0, SIGNAL)).rejects.toThrow();
    expect(socks.asked).toEqual(["v3-web.douyinvod.com:443"]);
    await Promise.all([standIn.close(), real.close(), web.close(), socks.close()]);
  });
});
