import { describe, expect, it } from "vitest";
import { FilterTime } from "../../../src/api/live/filter-time.js";
import { FakeClock } from "../../clock.js";
import { chats } from "../../contracts/events.js";
import { until } from "../../until.js";
import { serveLive } from "./live-server.js";
import { SseClient } from "./sse-client.js";
import { WsClient } from "./ws-client.js";

function busy(ms: number): void {
  for (const end = performance.now() + ms; performance.now() < end; );
}

describe("the time of filters", () => {
  it("is counted by token, comes back with time, and makes readers of the past wait", async () => {
    const clock = new FakeClock();
    const time = new FilterTime(clock, { filterBurstMs: 20, filterMsPerSecond: 100 });
    time.spend("a", () => busy(25));
    expect(time.left("a")).toBeLessThanOrEqual(-5);
    expect(time.left("b")).toBe(20);
    let calm = false;
    void time.calm("a", new AbortController().signal).then(() => {
      calm = true;
    });
    await clock.advance(100);
    expect(calm).toBe(false);
    await clock.advance(1_500);
    expect(calm).toBe(true);
    expect(time.left("a")).toBe(20);
  });

  it("ends streams of a token whose filters take too much; others go on", async () => {
    const server = await serveLive({ limits: { filterBurstMs: 5, filterMsPerSecond: 0.01 } });
    const { room, append } = await server.room();
    const other = await server.makeToken();
    const words = Array.from({ length: 100 }, (_, index) => `"w${index}"`).join(",");
    const filter = `[${words}].exists(w, text.contains(w))`;
    const url = `${server.url}/v1/events/stream?rooms=${room}`;
    const costly = await SseClient.open(`${url}&filter=${encodeURIComponent(filter)}`, server);
    const ws = await WsClient.open(server.url, server.token);
    ws.send({ op: "subscribe", rooms: [room], filter });
    const plain = await SseClient.open(url, server);
    const light = await SseClient.open(`${url}&filter=${encodeURIComponent('type == "chat"')}`, other);
    await until(() => ws.typed("subscribed").length === 1 && [costly, plain, light].every(({ messages }) => messages.length === 1));
    for (let i = 0; !costly.ended || ws.closed === null; i++) {
      await append(...chats(50, `${i}-`));
      await new Promise((resolve) => setTimeout(resolve, 20));
      if (i > 500) throw new Error("it was never too much");
    }
    expect(costly.messages.at(-1)?.event).toBe("costly");
    expect(ws.closed).toEqual({ code: 1008, reason: "costly" });
    const { length } = plain.events;
    await append(...chats(1, "last"));
    await until(() => plain.events.length > length);
    expect(plain.ended).toBe(false);
  });
});
