// Guards: a client of generated types reads and writes the API.
import createClient from "openapi-fetch";
import { describe, expect, it } from "vitest";
import type { paths } from "../../web/src/api/gen/openapi.js";
import { serveApi } from "./api-server.js";
import { chat, gift } from "./events.js";

describe("a client of generated types", () => {
  it("adds a room, reads its events by kind, and makes a token", async () => {
    const { api, tokens, tell } = await serveApi();
    const client = createClient<paths>({ baseUrl: api.url, headers: { authorization: `Bearer ${tokens.admin}` } });

    const added = await client.POST("/v1/rooms", { body: { room: "98765" } });
    expect(added.data?.webRid).toBe("98765");
    await tell("98765", chat("你好"), gift(3, { unitDiamonds: 10, diamonds: 30 }));

    const events = await client.GET("/v1/rooms/{room}/events", {
      params: { path: { room: added.data?.id ?? "" }, query: { after: "0", limit: 10 } },
    });
    const told = events.data?.events.map((event) => {
      if (event.type === "chat") return event.text;
      // Only a gift has a delta: the kinds are told apart by `type`.
      return event.type === "gift" ? event.delta : null;
    });
    expect(told).toEqual(["你好", 3]);

    const refused = await client.GET("/v1/rooms/{room}", { params: { path: { room: "none" } } });
    expect(refused.error?.error.code).toBe("not_found");
    expect(refused.error?.error.hint).toMatch(/./);

    const made = await client.POST("/v1/tokens", { body: { name: "dashboard" } });
    expect(made.data?.token).toMatch(/^dyl_/);
    expect(made.data?.about.scope).toBe("read");
  });
});
