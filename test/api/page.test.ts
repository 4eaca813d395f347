import { readFileSync } from "node:fs";
import { connect } from "node:net";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { serve } from "./served.js";

const webRoot = fileURLToPath(new URL("../../web", import.meta.url));
const file = (name: string) => readFileSync(new URL(`../../web/${name}`, import.meta.url), "utf8");

describe("the page", () => {
  it("is served with a policy that lets nothing in but its own files", async () => {
    const { api } = await serve({ webRoot });
    for (const [path, type, name] of [
      ["/", "text/html", "index.html"],
      ["/page.js", "/javascript", "page.js"],
      ["/page.css", "text/css", "page.css"],
    ] as const) {
      const response = await fetch(api.url + path);
      expect([response.status, await response.text()]).toEqual([200, file(name)]);
      expect(response.headers.get("content-type")).toContain(type);
      const policy = response.headers.get("content-security-policy") ?? "";
      for (const part of ["default-src 'none'", "script-src 'self'", "style-src 'self'", "connect-src 'self'", "frame-ancestors 'none'"])
        expect(policy).toContain(part);
      expect(response.headers.get("x-content-type-options")).toBe("nosniff");
      expect(response.headers.get("referrer-policy")).toBe("no-referrer");
    }
  });

  it("does not get in the way of the family's answers, and gives no other file", async () => {
    const { api, get } = await serve({ webRoot });
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
      expect(received).not.toContain("devDependencies");
    }
  });

  it("has nothing inline and never makes HTML of what strangers wrote", () => {
    expect(file("index.html")).not.toMatch(/<script(?![^>]*\ssrc=)|\son\w+=|<style|\sstyle=|javascript:/i);
    expect(file("page.js")).not.toMatch(/innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\b|new Function|DOMParser/);
  });
});
