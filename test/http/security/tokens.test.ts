// Guards: without a token that may do it, nothing is answered.
import { describe, expect, it } from "vitest";
import { serveApi } from "../api-server.js";
import { seeded } from "../samples.js";
import { raw, requests } from "./raw.js";

describe("tokens", () => {
  it("without a token nothing is answered but health and the documentation", { tags: ["full"] }, async () => {
    const { api, manager } = await seeded();
    for (const { method, path } of requests) {
      // As a page of a site asks whose name leads to this machine a moment later.
      const head = `${method} ${path} HTTP/1.1\r\nhost: evil.example:${api.port}\r\norigin: http://evil.example:${api.port}\r\ncontent-length: 0`;
      const answer = await raw(api, `${head}\r\nconnection: close\r\n\r\n`);
      const status = /^\/(healthz|readyz)$/.test(path) ? "200" : "401";
      expect([method, path, answer.slice(9, 12), /\r\nset-cookie:/i.test(answer)]).toEqual([method, path, status, false]);
    }
    expect(manager.asked).toEqual([]);
  });

  it("a token of a lower scope does nothing, and is refused before its body is looked at", async () => {
    const { call, store, tokens } = await serveApi();
    const before = (await store.tokens.list()).length;
    for (const [method, path] of [
      ["POST", "/v1/rooms"],
      ["DELETE", "/v1/rooms/1"],
      ["POST", "/v1/tokens"],
      ["GET", "/v1/tokens"],
      ["DELETE", "/v1/tokens/1"],
    ] as const) {
      const refused = await call(path, {
        method,
        token: tokens.read,
        ...(method === "POST" && { body: "{", headers: { "content-type": "application/json" } }),
      });
      expect([path, refused.status, refused.at("error", "code")]).toEqual([path, 403, "forbidden"]);
    }
    expect((await call("/v1/tokens", { token: tokens.manage })).status).toBe(403);
    expect((await store.tokens.list()).length).toBe(before);
    expect(await store.rooms.list()).toEqual([]);
  });

  it("a token in the address is taken where clients can send no header alone", async () => {
    const { call, tokens } = await serveApi();
    for (const path of ["/v1/rooms", "/v1/tokens", "/metrics"]) {
      const refused = await call(`${path}?token=${tokens.admin}`, { token: null });
      expect([path, refused.status, refused.at("error", "code")]).toEqual([path, 401, "no_token"]);
      expect(refused.at("error", "message")).toContain("Authorization: Bearer");
    }
    expect((await call(`/douyin/liveroom/chat?room_id=1&token=${tokens.read}`, { token: null })).status).toBe(200);
  });
});
