// Guards: a reader that takes nothing is cut at a bound, the others go on, and it resumes exactly.
import { describe, expect, it } from "vitest";
import { HeldClock } from "../../clock.js";
import { chats } from "../../contracts/events.js";
import { until } from "../../until.js";
import { serveLive } from "./live-server.js";
import { SseClient } from "./sse-client.js";
import { WsClient } from "./ws-client.js";

const MEBI = 1_048_576;
/** It does not pass by itself: the test's clock holds it. */
const GRACE_MS = 1_999;
/** Text that fills sockets soon. */
const FILL = "满".repeat(3_000);

describe("a slow reader", { tags: ["full"] }, () => {
  it("is told and cut at a bound, while the others go on; it resumes exactly", async () => {
    const maxQueuedBytes = MEBI;
    const clock = new HeldClock(GRACE_MS);
    const server = await serveLive({ clock, limits: { maxQueuedBytes, graceMs: GRACE_MS } });
    const { room, append } = await server.room();
    const url = `${server.url}/v1/events/stream?rooms=${room}`;
    const quick = { sse: await SseClient.open(url, server), ws: await WsClient.open(server.url, server.token) };
    const slow = {
      sse: await Promise.all([1, 2, 3].map(() => SseClient.open(url, server))),
      ws: await Promise.all([1, 2, 3].map(() => WsClient.open(server.url, server.token))),
    };
    for (const ws of [quick.ws, ...slow.ws]) ws.send({ op: "subscribe", rooms: [room] });
    await until(() => [quick.ws, ...slow.ws].every((ws) => ws.typed("subscribed").length === 1));
    await until(() => slow.sse.every((sse) => sse.named("hello").length === 1));
    for (const sse of slow.sse) sse.response.pause();
    for (const ws of slow.ws) ws.socket.pause();

    let count = 0;
    let peak = 0;
    while (server.live.counts().cutForSlowness < 6) {
      await append(...chats(20, `${count}-`).map((event) => ({ ...event, text: FILL })));
      count += 20;
      await until(() => quick.sse.events.length === count && quick.ws.events.length === count);
      peak = Math.max(peak, server.live.counts().queuedBytes);
      if (count > 20_000) throw new Error("nobody was cut");
    }
    // A batch may come on top of the bound.
    expect(peak).toBeLessThan(6 * (maxQueuedBytes + 20 * 10_000 + 10_000));
    await append(...chats(20, "after"));
    await until(() => quick.sse.events.length === count + 20 && quick.ws.events.length === count + 20);

    // One reads on within the grace and is told; those that do not are gone.
    const [first, ...rest] = slow.sse;
    first?.response.resume();
    slow.ws[0]?.socket.resume();
    await until(() => first?.ended && slow.ws[0]?.closed);
    clock.release();
    await until(() => server.live.counts().sse === 1 && server.live.counts().ws === 1);
    expect(first?.messages.at(-1)).toMatchObject({
      event: "slow",
      data: { reason: expect.stringMatching(/connect again with your last cursor/) },
    });
    expect(slow.ws[0]?.closed).toEqual({ code: 1013, reason: "slow" });
    expect(slow.ws[0]?.told.at(-1)).toMatchObject({ type: "slow" });
    for (const sse of rest) sse.response.resume();
    await until(() => slow.sse.every((sse) => sse.ended));

    for (const sse of slow.sse) {
      const again = await SseClient.open(url, { ...server, lastId: sse.parser.lastId });
      await until(() => sse.events.length + again.events.length >= count + 20);
      expect([...sse.events, ...again.events].map(({ seq }) => seq)).toEqual(quick.sse.events.map(({ seq }) => seq));
    }
    const told = slow.ws[0];
    const again = await WsClient.open(server.url, server.token);
    again.send({ op: "subscribe", rooms: [room], after: told?.cursors.at(-1) });
    await until(() => (told?.events.length ?? 0) + again.events.length >= count + 20);
    expect([...(told?.events ?? []), ...again.events].map(({ seq }) => seq)).toEqual(quick.ws.events.map(({ seq }) => seq));
  }, 60_000);

  it("that sends pings and takes no answers is cut at a bound", async () => {
    const clock = new HeldClock(GRACE_MS);
    const server = await serveLive({ clock, limits: { maxQueuedBytes: 65_536, graceMs: GRACE_MS, commandBurst: 1e9 } });
    const client = await WsClient.open(server.url, server.token);
    client.socket.pause();
    let peak = 0;
    // As many answers as the system's buffers take come on top.
    for (let sent = 0; server.live.counts().ws === 1; sent++) {
      if (sent > 2_000) throw new Error("it was never too much");
      for (let n = 0; n < 100; n++) client.socket.ping("x".repeat(125));
      await new Promise((resolve) => setImmediate(resolve));
      peak = Math.max(peak, server.live.counts().queuedBytes);
      if (server.live.counts().cutForSlowness === 1) clock.release();
    }
    expect(peak).toBeLessThan(65_536 + 1_000);
    expect(server.live.counts().cutForSlowness).toBe(1);
  }, 60_000);
});
