// Guards: /metrics counts events, rooms, calls and the store as they are, and docs/grafana.json shows every metric.
import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { Metrics } from "../../src/http/metrics.js";
import { DyliveError } from "../../src/runtime/errors.js";
import { FakeClock } from "../clock.js";
import { until } from "../until.js";
import { type ApiServer, serveApi } from "./api-server.js";
import { chat, gift, join } from "./events.js";

async function scrape(server: ApiServer): Promise<string> {
  const reply = await server.call("/metrics", { token: server.tokens.read });
  expect([reply.status, reply.headers.get("content-type")]).toEqual([200, "text/plain; version=0.0.4; charset=utf-8"]);
  return reply.text;
}

/** The value of a sample, such as `dylive_rooms{state="live"}`; null where there is none. */
const value = (text: string, sample: string) => {
  const line = text.split("\n").find((one) => one.startsWith(`${sample} `));
  return line === undefined ? null : Number(line.slice(sample.length + 1));
};

describe("/metrics", () => {
  it("and /healthz say how full the memory is of what waits to be stored", async () => {
    const held = { bytes: 0, maxBytes: 64_000_000 };
    const server = await serveApi({ held });
    held.bytes = 1234;
    const text = await scrape(server);
    expect([value(text, "dylive_buffer_bytes"), value(text, "dylive_buffer_max_bytes")]).toEqual([1234, 64_000_000]);
    const { body } = await server.call("/healthz", { token: null });
    expect(body).toEqual({ status: "ok", buffer: { bytes: 1234, maxBytes: 64_000_000 } });
  });

  it("is shown to who was let in a moment ago while the store cannot be asked, and to nobody else", async () => {
    let away = false;
    const server = await serveApi({
      replace: (store) => {
        const { find } = store.tokens;
        store.tokens.find = (hash) =>
          away ? Promise.reject(new DyliveError("store_unreachable", "it is away")) : find.call(store.tokens, hash);
        return store;
      },
    });
    const status = async (token: string) => (await server.call("/metrics", { token })).status;
    const limited = await server.token({ scope: "read", rooms: ["11"] });
    expect([await status(server.tokens.read), await status(limited)]).toEqual([200, 403]);
    away = true;
    expect([await status(server.tokens.read), await status(limited), await status(server.tokens.manage)]).toEqual([200, 403, 503]);
    expect((await server.call("/v1/rooms", { token: server.tokens.read })).status).toBe(503);
    await server.clock.advance(900_000);
    expect(await status(server.tokens.read)).toBe(503);
    away = false;
    expect(await status(server.tokens.read)).toBe(200);
  });

  it("counts events by type as they are stored, once each, and their lag behind the platform", async () => {
    const server = await serveApi();
    const { clock, tell } = server;
    const now = clock.now();
    const twice = chat("1", { time: now - 400 });
    await tell("11", twice, chat("2", { time: now - 4_000 }), gift(1, { time: now - 20, timeEstimated: true }));
    await tell("12", join({ source: "recording", time: 5 }));
    await tell("11", twice);
    const gap = {
      id: "gap:1",
      webRid: null,
      sessionId: null,
      method: "dylive",
      time: now,
      receivedAt: now,
      source: "system",
      revision: 0,
    } as const;
    await tell("11", { ...gap, room: 1, type: "gap", from: now - 7_000, to: now, reason: "stalled" });
    // What somebody tried out did not happen.
    expect((await server.call("/v1/rooms/11/test-events", { method: "POST", json: { type: "chat" } })).status).toBe(201);
    const text = await scrape(server);
    expect(value(text, 'dylive_events_total{type="chat"}')).toBe(2);
    expect(value(text, 'dylive_events_total{type="gift"}')).toBe(1);
    expect(value(text, 'dylive_events_total{type="join"}')).toBe(1);
    expect(value(text, "dylive_event_lag_seconds_count")).toBe(2);
    expect(value(text, 'dylive_event_lag_seconds_bucket{le="0.5"}')).toBe(1);
    expect(value(text, 'dylive_event_lag_seconds_bucket{le="5"}')).toBe(2);
    expect([value(text, "dylive_gaps_total"), value(text, "dylive_gap_seconds_total")]).toEqual([1, 7]);
  });

  it("counts rooms by state, and goes on counting reconnects and drops when a room's collection begins anew", async () => {
    const server = await serveApi();
    const { manager } = server;
    for (const room of ["11", "12", "13"]) await manager.add(room);
    manager.say(1, "live", null, { reconnects: 2, drops: { too_old: 5 } });
    manager.say(2, "stalled", null, { reconnects: 1 });
    manager.states.delete(3);
    const first = await scrape(server);
    expect(["live", "stalled", "none", "ended"].map((state) => value(first, `dylive_rooms{state="${state}"}`))).toEqual([1, 1, 1, 0]);
    expect(value(first, "dylive_reconnects_total")).toBe(3);
    manager.say(1, "live", null, { reconnects: 1, drops: { too_old: 7, refused: 1 } });
    const second = await scrape(server);
    expect(value(second, "dylive_reconnects_total")).toBe(4);
    expect(value(second, 'dylive_dropped_messages_total{reason="too_old"}')).toBe(7);
    expect(value(second, 'dylive_dropped_messages_total{reason="refused"}')).toBe(1);
  });

  it("counts readers that wait, and answers by route, whatever addresses are made up", async () => {
    const server = await serveApi();
    const { call, clock, tell } = server;
    await tell("11", chat("a"));
    const waiting = call("/v1/rooms/11/events?after=1&wait=60");
    await until(() => clock.sleeping > 0);
    for (const path of ["/zzz/1", "/v1/zzz", "/v1/rooms/99"]) await call(path);
    const text = await scrape(server);
    expect(value(text, 'dylive_readers{kind="poll"}')).toBe(1);
    expect(value(text, 'dylive_http_requests_total{route="/v1/rooms/:room",method="GET",status="404"}')).toBe(1);
    expect(value(text, 'dylive_http_requests_total{route="/v1/*",method="GET",status="404"}')).toBe(1);
    expect(value(text, 'dylive_http_requests_total{route="none",method="GET",status="404"}')).toBe(1);
    expect(text).not.toContain("zzz");
    await tell("11", chat("b"));
    await waiting;
    await until(() => true);
    expect(value(await scrape(server), 'dylive_readers{kind="poll"}')).toBe(0);
  });
});

describe("the event loop", () => {
  it("is shown by the longest time in each second for which it was held, and remembered for ten minutes", async () => {
    const clock = new FakeClock();
    const metrics = new Metrics(clock);
    for (const ms of [3, 60, 300]) metrics.heldLoop(ms);
    const text = await metrics.text([]);
    expect([0.01, 0.1, 0.5].map((le) => value(text, `dylive_event_loop_held_seconds_bucket{le="${le}"}`))).toEqual([1, 2, 3]);
    await clock.advance(599_000);
    metrics.heldLoop(20);
    expect(metrics.longestHoldMs).toBe(300);
    await clock.advance(2_000);
    expect(metrics.longestHoldMs).toBe(20);
  });
});

describe("a store in a server of its own", () => {
  it("is told of: how long it has been missed, and its connections", async () => {
    let away: { since: number; reason: string } | null = null;
    const connections = { used: 3, idle: 2, waiting: 7 };
    const server = await serveApi({ replace: (store) => ({ ...store, server: () => ({ away, connections }) }) });
    await server.tell("11", chat("a"));
    const health = async () => (await server.call("/healthz", { token: null })).body;
    expect(await health()).toEqual({ status: "ok", database: "ok" });
    const first = await scrape(server);
    expect(value(first, "dylive_database_away_seconds")).toBe(0);
    expect(value(first, 'dylive_database_connections{state="waiting"}')).toBe(7);
    expect(value(first, "dylive_append_seconds_count")).toBe(1);
    away = { since: server.clock.now() - 2500, reason: "connect ECONNREFUSED 10.1.2.3:5432" };
    expect(await health()).toEqual({ status: "ok", database: "away" });
    expect(value(await scrape(server), "dylive_database_away_seconds")).toBe(2.5);
  });
});

describe("docs/grafana.json", () => {
  const text = readFileSync(new URL("../../docs/grafana.json", import.meta.url), "utf8");
  const base = (name: string) => name.replace(/_(bucket|sum|count)$/, "");

  it("shows metrics that exist, and every one of dylive's own", async () => {
    const server = await serveApi({ processMetrics: true });
    const known = new Set([...(await scrape(server)).matchAll(/^# TYPE (\S+)/gm)].map(([, name]) => name ?? ""));
    const expressions = [...text.matchAll(/"expr": "((?:[^"\\]|\\.)*)"/g)].map(([, expr]) => expr ?? "");
    const shown = new Set(expressions.flatMap((expr) => expr.match(/\b(?:dylive|process|nodejs)_\w+/g) ?? []).map(base));
    expect(expressions.length).toBeGreaterThan(8);
    expect([...shown].filter((name) => !known.has(name))).toEqual([]);
    expect([...known].filter((name) => name.startsWith("dylive_") && !shown.has(name))).toEqual([]);
  });
});
