// Guards: the catalogue of gifts is listed with its prices, in both interfaces.
import { describe, expect, it } from "vitest";
import { serveApi } from "../api-server.js";

const heart = { id: "463", name: "小心心", diamonds: 1, icon: "https://p3.example/heart.png", kind: 1, combo: true };
const long = { id: "7691348205992268834", name: null, diamonds: null, icon: null, kind: null, combo: null };

describe("the catalogue of gifts over the API", () => {
  it("is listed by pages, each gift with its prices now and before, for every token that reads", async () => {
    const { store, call, token, tell } = await serveApi();
    expect((await call("/v1/gifts")).body).toEqual({ gifts: [], listedAt: null, next: null });
    await store.gifts.learn("list", 1_000, [heart, long]);
    await store.gifts.learn("message", 2_000, [{ ...heart, diamonds: 2 }]);
    const known = {
      ...{ ...heart, diamonds: 2, source: "message", firstSeenAt: 1_000, seenAt: 2_000, listedAt: 1_000 },
      prices: [
        { diamonds: 1, from: 1_000, until: 2_000, seenAt: 1_000, source: "list" },
        { diamonds: 2, from: 2_000, until: null, seenAt: 2_000, source: "message" },
      ],
    };
    await tell("98765");
    const limited = await token({ scope: "read", rooms: ["98765"] });
    const first = await call("/v1/gifts?limit=1", { token: limited });
    expect(first.body).toEqual({ gifts: [known], listedAt: 1_000, next: expect.any(String) });
    expect((await call(`/v1/gifts?limit=1&cursor=${first.at("next")}`)).body).toMatchObject({
      gifts: [{ id: long.id, prices: [] }],
      next: null,
    });
    expect((await call(`/v1/gifts?name=${encodeURIComponent("心心")}`)).body).toMatchObject({ gifts: [{ id: "463" }] });
    expect((await call("/v1/gifts/463")).body).toEqual(known);
    expect([(await call("/v1/gifts/464")).status, (await call("/v1/gifts/x")).status]).toEqual([404, 400]);
    expect((await call("/v1/gifts", { token: null })).status).toBe(401);
  });

  it("has the platform's names in the compatible interface, and long ids with all their digits", async () => {
    const { store, call, tokens, clock, token, tell } = await serveApi();
    await store.gifts.learn("list", 1_000, [heart, long]);
    const ask = (query: string, as = tokens.read) => call(`/douyin/liveroom/gifts?token=${as}${query}`, { token: null });
    const answer = await ask("");
    expect([answer.status, answer.text]).toEqual([
      200,
      `{"code":200,"data":{"data":{"gifts":[${[
        '{"id":463,"id_str":"463","name":"小心心","diamond_count":1,"image":{"url_list":["https://p3.example/heart.png"]},"combo":true,"type":1}',
        `{"id":${long.id},"id_str":"${long.id}","name":"","diamond_count":null,"image":{"url_list":[]},"combo":null,"type":null}`,
      ].join(",")}],"time":1000},"extra":{"now":${clock.now()}},"status_code":0},"msg":"success"}`,
    ]);
    await tell("98765");
    const limited = await token({ scope: "read", rooms: ["98765"] });
    expect((await ask("&room_id=98765", limited)).text).toBe(answer.text);
    expect((await ask("&room_id=1", limited)).body).toMatchObject({ code: 403, data: [] });
    expect((await ask("&room_id=nobody")).body).toMatchObject({ code: 404, data: [] });
  });
});
