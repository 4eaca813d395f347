// Guards: Media addresses are https of the platform's media hosts alone, each once, in the order to try them, with the time of their end.
import { describe, expect, it } from "vitest";
import { addressesOf, expiryOf, isMediaHost } from "../../../src/platform/works/media-address.js";

const CDN = "https://v3-web.douyinvod.com/0123456789abcdef0123456789abcdef/6ab13af0/video/tos/cn/x/?a=6383";
const PLAY = "https://www.douyin.com/aweme/v1/play/?video_id=v0";

describe("hosts of media", () => {
  it("are those of the platform's CDN and its own that leads there, and nobody else's", () => {
    for (const host of [
      "V26-WEB.douyinvod.com",
      "v5-dy-o.zjcdn.com",
      "p3-pc.douyinpic.com",
      "sf5-hl-cdn.douyinstatic.com",
      "www.douyin.com",
    ])
      expect(isMediaHost(host)).toBe(true);
    const film = "v3-web.douyinvod.com";
    const hosts = ["", "evil.com", "douyinvod.com.evil.com", "evildouyinvod.com", "live.douyin.com", "x.qtaeixd.com", "127.0.0.1", "[::1]"];
    for (const host of [...hosts, `${film}.`, `${film}:444`, `a@${film}`]) expect(isMediaHost(host)).toBe(false);
  });
});

describe("addresses", () => {
  it("are read of every form in which the platform lists them, each once, those that lead elsewhere last", () => {
    const second = CDN.replace("v3-", "v26-");
    const bound = `${CDN}&tk=webid&expire=1790000000`;
    expect(addressesOf({ url_list: [PLAY, CDN, CDN, second] })).toEqual([CDN, second, PLAY]);
    const dash = PLAY.replace("/play/", "/play/dash/");
    expect(addressesOf({ urlList: [bound, dash, CDN] })).toEqual([CDN, bound, dash]);
    expect(addressesOf([{ src: CDN.slice("https:".length) }, { src: second }], PLAY)).toEqual([CDN, second, PLAY]);
    expect(addressesOf({ url_list: { main_url: CDN, backup_url: "", fallback_url: second } })).toEqual([CDN, second]);
    expect(addressesOf({ urlList: { mainUrl: CDN } }, [second], second)).toEqual([CDN, second]);
  });

  it("are https, of hosts of media, without names, passwords and ports, and of the platform's own host the film alone", () => {
    expect(
      addressesOf([
        CDN.replace("https", "http"),
        "javascript:alert(1)",
        "https://evil.com/v",
        "https://www.douyin.com/video/1",
        "https://www.douyin.com/aweme/v1/play/../../logout",
        "https://www.douyin.com/aweme/v1/play/dash/../../logout",
        CDN.replace("https://", "https://a:b@"),
        CDN.replace(".com/", ".com:8443/"),
        "//evil.com/v",
        "///v3-web.douyinvod.com@evil.com/",
        "https://",
        `${CDN}${"x".repeat(5_000)}`,
        5,
        null,
        { src: { src: CDN } },
      ]),
    ).toEqual([]);
    expect([addressesOf(undefined), addressesOf({}), addressesOf({ url_list: 5 }), addressesOf([[CDN]])]).toEqual([[], [], [], []]);
  });

  it("are not more than a few", () => {
    expect(addressesOf(Array.from({ length: 10_000 }, (_, i) => `${CDN}&i=${i}`))).toHaveLength(16);
  });

  it("tell when the first of them ends, by path or query", () => {
    const ends = (...addresses: string[]) => expiryOf(addresses);
    expect(ends(CDN)).toBe(0x6ab13af0 * 1000);
    expect(ends("https://p3.douyinpic.com/a.webp?a=1&x-expires=1790000000&x-signature=b")).toBe(1_790_000_000_000);
    expect(ends("https://v3-web-prime.douyinvod.com/v?expire=1790000001&policy=4")).toBe(1_790_000_001_000);
    expect(ends(PLAY, "https://p3.douyinpic.com/a?x-expires=1790000000", CDN)).toBe(0x6ab13af0 * 1000);
    expect([ends(), ends(PLAY), ends("https://p3.douyinpic.com/a?x-expires=9&y=1")]).toEqual([null, null, null]);
  });
});
