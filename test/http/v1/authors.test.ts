// Guards: what watched authors publish comes by stream and webhook, once, and nothing of who was erased.
import { describe, expect, it } from "vitest";
import { until } from "../../until.js";
import { delivering, FakeReceiver } from "../../webhooks/delivering.js";
import { workOf } from "../../works/work.js";
import { serveApi } from "../api-server.js";
import { SseClient } from "../streams/sse-client.js";

const SEC = "MS4wLjABAAAAabcdefghijklmnopqrstuvwxyz0123456789-_ABCDEF";
const OLD = workOf("7600000000000000001", { time: 1_000, text: "old" });
const NEW = workOf("7600000000000000002", { time: 2_000, text: "雨后的山路" });

describe("authors who are watched over the API", () => {
  it("are looked at, and what they publish comes by stream and by webhook, once", async () => {
    const server = await serveApi();
    const { call, clock, workReader, authors, api, tokens, store } = server;
    const receiver = new FakeReceiver(clock);
    const { hook } = await delivering({ clock, store, send: receiver.send, lookMs: 2_000 });
    await hook({ types: ["work.published"], filter: 'text.contains("山")' });
    const sse = await SseClient.open(`${api.url}/v1/events/stream?rooms=0&after=0`, { token: tokens.read });
    workReader.published.set(SEC, [OLD]);
    const added = await call("/v1/authors", { method: "POST", json: { link: `看看 https://www.douyin.com/user/${SEC}?from=x` } });
    expect([added.status, added.body]).toMatchObject([201, { secUid: SEC, author: null, look: null, nextAt: clock.now(), published: 0 }]);
    const stop = authors.start();
    await until(async () => (await call(`/v1/authors/${SEC}`)).at("look") !== null);
    workReader.published.set(SEC, [NEW, OLD]);
    const soon = await call(`/v1/authors/${SEC}/look`, { method: "POST" });
    expect([soon.status, soon.at("nextAt")]).toEqual([202, clock.now()]);
    await until(async () => {
      await clock.advance(2_000);
      return receiver.taken.length > 0;
    });
    await stop();
    await until(() => sse.events.length > 0);
    const event = { type: "work", room: 0, time: 2_000, workId: NEW.id, url: NEW.url, text: NEW.text, user: { nickname: "nick" } };
    expect(sse.events).toMatchObject([event]);
    expect(receiver.taken).toMatchObject([{ room: 0, events: [event] }]);
    expect((await call(`/v1/works/${NEW.id}`)).body).toMatchObject({ id: NEW.id, text: NEW.text });
    expect((await call("/v1/authors")).body).toMatchObject({
      authors: [{ secUid: SEC, author: { nickname: "nick" }, look: { outcome: "ok" }, newest: { id: NEW.id, time: 2_000 }, published: 1 }],
    });
    const metrics = await call("/metrics", { token: tokens.read });
    expect(metrics.text).toContain('dylive_author_watches{outcome="ok"} 1\n');
    expect(metrics.text).toContain('dylive_events_total{type="work"} 1\n');
    expect((await call(`/v1/authors/${SEC}`, { method: "DELETE" })).body).toMatchObject({ secUid: SEC, published: 1 });
    expect((await call("/v1/authors")).body).toEqual({ authors: [] });
    expect((await call("/v1/rooms/0/events?after=0")).body).toMatchObject({ events: [event] });
  });
});
