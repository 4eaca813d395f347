// Guards: the dashboard's files are served with a strict policy, compressed, and nothing else is served.
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { beforeAll, describe, expect, it } from "vitest";
import { useFolders } from "../store/directory.js";
import { serveApi } from "./api-server.js";

const PAGE = "<!doctype html><head></head>";
const outside = useFolders()();
const webRoot = join(outside, "web");
beforeAll(() => {
  mkdirSync(join(webRoot, "assets"), { recursive: true });
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
      expect(policy).toMatch(/img-src 'self' data: https:\/\/\*\.douyinpic\.com/);
      expect(response.headers.get("x-content-type-options")).toBe("nosniff");
      expect(response.headers.get("referrer-policy")).toBe("no-referrer");
    }
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
});
