// Guards: Requests go to the platform's hosts or a stand-in's paths alone, are bounded, and end with their signal.
import { createServer, type RequestListener, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, describe, expect, it } from "vitest";
import { get, isPlatformHost, platformAt } from "../../../src/platform/access/platform.js";
import { DyliveError } from "../../../src/runtime/errors.js";

describe("platform addresses", () => {
  it("are the real hosts, or a stand-in's paths", () => {
    expect(platformAt(null).http("live.douyin.com", "/1")).toBe("https://live.douyin.com/1");
    expect(platformAt(null).socket("webcast100-ws-web-hl.douyin.com", "/p")).toBe("wss://webcast100-ws-web-hl.douyin.com/p");
    expect(platformAt("http://127.0.0.1:1/").http("v.douyin.com", "/x/")).toBe("http://127.0.0.1:1/@v.douyin.com/x/");
    expect(platformAt("http://127.0.0.1:1").socket("live.douyin.com", "/")).toBe("ws://127.0.0.1:1/@live.douyin.com/");
  });

  it("are never anybody else's", () => {
    for (const host of [
      "evil.com",
      "douyin.com.evil.com",
      "evildouyin.com",
      "douyin.com@evil.com",
      "live.douyin.com/../x",
      "127.0.0.1",
      "",
    ]) {
      expect(isPlatformHost(host)).toBe(false);
      expect(() => platformAt(null).http(host, "/")).toThrow(DyliveError);
    }
    expect(isPlatformHost("LIVE.Douyin.com")).toBe(true);
  });
});

describe("get", () => {
  let server: Server | undefined;
  afterEach(() => server?.close());
  const listen = async (handler: RequestListener) => {
    server = createServer(handler);
    await new Promise<void>((resolve) => server?.listen(0, "127.0.0.1", resolve));
    return `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
  };
  const never = new AbortController().signal;

  it("refuses a body without end", async () => {
    const url = await listen((_request, response) => {
      const more = () => {
        while (!response.destroyed && response.write(Buffer.alloc(1 << 20)));
        if (!response.destroyed) response.once("drain", more);
      };
      more();
    });
    await expect(get(url, {}, never)).rejects.toMatchObject({ code: "unreachable", detail: expect.stringContaining("larger than") });
  });

  it("ends with its signal", async () => {
    const url = await listen(() => {});
    const stop = new AbortController();
    const waiting = get(url, {}, stop.signal);
    setTimeout(() => stop.abort(new Error("enough")), 20);
    await expect(waiting).rejects.toThrow("enough");
  });
});
