// Guards: a stream of events goes on after its cursor, in order and without a miss.
import { describe, expect, it } from "vitest";
import { SYSTEM_ROOM } from "../../../src/store/log.js";
import { chat, chats } from "../../contracts/events.js";
import { until } from "../../until.js";
import { serveLive } from "./live-server.js";
import { SseClient } from "./sse-client.js";

const stream = (server: { url: string }, query: Record<string, string | number>) =>
  `${server.url}/v1/events/stream?${new URLSearchParams(Object.entries(query).map(([name, value]): [string, string] => [name, String(value)]))}`;

describe("a stream of events", () => {
  it("begins at the head, says hello, and gives what comes in order with a cursor each", async () => {
    const server = await serveLive();
    const { room, append } = await server.room();
    await append(...chats(3, "old"));
    const client = await SseClient.open(stream(server, { rooms: "98765" }), server);
    expect(client.response.headers).toMatchObject({
      "content-type": "text/event-stream; charset=utf-8",
      "cache-control": "no-store",
      "x-accel-buffering": "no",
    });
    await until(() => client.named("hello").length === 1);
    expect(client.messages[0]?.data).toMatchObject({
      log: server.store.log.id,
      rooms: [{ room, asked: "98765", oldest: 1, head: 3 }],
    });
    await append(chat("a", { text: "line\nbreak\r\u2028 你好" }), chat("b"));
    await until(() => client.events.length === 2);
    expect(client.events.map(({ seq, type }) => [seq, type])).toEqual([
      [4, "chat"],
      [5, "chat"],
    ]);
    expect(client.events[0]?.text).toBe("line\nbreak\r\u2028 你好");
    expect(new Set(client.messages.map(({ id }) => id)).size).toBe(3);
    expect(client.named("chat").map(({ data }) => data)).toEqual((await server.store.log.readRoom(room, 3, 10)).events);
  });

  it("goes on after Last-Event-ID, which comes before after=", async () => {
    const server = await serveLive();
    const { append } = await server.room();
    await append(...chats(10));
    const all = await SseClient.open(stream(server, { rooms: "98765", after: 0 }), server);
    await until(() => all.events.length === 10);
    const lastId = all.messages.find(({ data }) => (data as { seq?: number }).seq === 7)?.id ?? "";
    const rest = await SseClient.open(stream(server, { rooms: "98765", after: 0 }), { ...server, lastId });
    await append(...chats(2, "new"));
    await until(() => rest.events.length === 5);
    expect(rest.events.map(({ seq }) => seq)).toEqual([8, 9, 10, 11, 12]);
    const byCursor = await SseClient.open(stream(server, { rooms: "98765", after: lastId }), server);
    await until(() => byCursor.events.length === 5);
    const bySeq = await SseClient.open(stream(server, { rooms: "98765", after: 11 }), server);
    await until(() => bySeq.events.length === 1);
  });

  it("carries several rooms, or all, under one cursor, in the order in which they were stored", async () => {
    const server = await serveLive();
    const [a, b, c] = [await server.room("1111111"), await server.room("2222222"), await server.room("3333333")];
    await a.append(...chats(3, "a"));
    await b.append(...chats(3, "b"));
    await c.append(...chats(3, "c"));
    const first = await SseClient.open(stream(server, { rooms: `web_rid:2222222,room:${a.room},1111111`, after: 0 }), server);
    await until(() => first.events.length === 6);
    await a.append(chat("a-live"));
    await b.append(chat("b-live"));
    await until(() => first.events.length === 8);
    // From every place in the stream, what follows is everything that had not been given.
    for (const [index, { id }] of first.messages.entries()) {
      if (index === 0) continue;
      const given = new Set(first.messages.slice(1, index + 1).map(({ data }) => key(data)));
      const rest = await SseClient.open(stream(server, { rooms: "1111111,2222222" }), { ...server, lastId: id });
      const left = first.events.map(key).filter((one) => !given.has(one));
      await until(() => rest.events.length >= left.length);
      expect(rest.events.map(key)).toEqual(left);
      rest.close();
    }
    const { id: cursor } = first.messages[3] ?? { id: "" };
    const more = await SseClient.open(stream(server, { rooms: "1111111,3333333", after: cursor }), server);
    await until(() => more.events.length === 4);
    expect(more.events.map(key)).toEqual(["c0", "c1", "c2", "a-live"]);
    const all = await SseClient.open(stream(server, { after: cursor }), server);
    await until(() => all.events.length === 8);
    expect(all.events.map(key)).toEqual(["b0", "b1", "b2", "c0", "c1", "c2", "a-live", "b-live"]);
    expect(all.messages[0]?.data).toMatchObject({ rooms: null });
    const later = await server.room("4444444");
    await later.append(chat("d-live"));
    await until(() => all.events.length === 9);
    await server.store.log.append([{ room: SYSTEM_ROOM, epoch: null, events: [chat("system")] }]);
    await later.append(chat("last"));
    await until(() => all.events.length === 10);
    expect(all.events.slice(-2).map(key)).toEqual(["d-live", "last"]);
  });

  it("tells a removed range, and goes on after it", async () => {
    const server = await serveLive();
    const { room, append } = await server.room();
    await append(...chats(10));
    await server.store.log.remove(room, 3, 6, "retention");
    const client = await SseClient.open(stream(server, { rooms: "98765", after: 1 }), server);
    await until(() => client.events.length === 5);
    expect(client.events.map(({ seq }) => seq)).toEqual([2, 7, 8, 9, 10]);
    expect(client.named("removed").map(({ data }) => data)).toEqual([{ room, from: 3, to: 6 }]);
    const again = await SseClient.open(stream(server, { rooms: "98765" }), { ...server, lastId: client.named("removed")[0]?.id ?? "" });
    await until(() => again.events.length === 4);
    expect(again.named("removed")).toEqual([]);
  });

  it("moves the place of a client past events that it is not shown, with a heartbeat", async () => {
    const server = await serveLive({ limits: { heartbeatMs: 30 } });
    const { append } = await server.room();
    const client = await SseClient.open(stream(server, { rooms: "98765", types: "gift" }), server);
    await until(() => client.parser.comments > 1);
    const before = client.parser.lastId;
    await append(...chats(5));
    await until(() => client.parser.lastId !== before);
    expect(client.events).toEqual([]);
    const rest = await SseClient.open(stream(server, { rooms: "98765" }), { ...server, lastId: client.parser.lastId });
    await append(chat("next"));
    await until(() => rest.events.length === 1);
    expect(rest.events[0]?.seq).toBe(6);
  });
});

describe("a cursor that is not of this log", () => {
  it("is refused in the address, with the valid ends", async () => {
    const server = await serveLive();
    const { append } = await server.room();
    await append(...chats(3));
    const other = await serveLive();
    await other.room();
    const foreign = await SseClient.open(stream(other, { rooms: "98765" }), other);
    await until(() => foreign.messages.length === 1);
    for (const after of [foreign.parser.lastId, "4"]) {
      const response = await fetch(stream(server, { rooms: "98765", after, token: server.token }));
      expect(response.status).toBe(409);
      const { error } = (await response.json()) as { error: { code: string; oldest: string; newest: string } };
      expect(error.code).toBe("cursor_reset");
      const oldest = await SseClient.open(stream(server, { rooms: "98765", after: error.oldest }), server);
      await until(() => oldest.events.length === 3);
      const newest = await SseClient.open(stream(server, { rooms: "98765", after: error.newest }), server);
      await until(() => newest.named("hello").length === 1);
      expect(newest.messages[0]?.data).toMatchObject({ cursor: error.newest });
    }
  });

  it("is told to a browser in the stream, since it never comes back after a refusal", async () => {
    const server = await serveLive();
    const { append } = await server.room();
    await append(...chats(3));
    const other = await serveLive();
    await other.room();
    const foreign = await SseClient.open(stream(other, { rooms: "98765" }), other);
    await until(() => foreign.messages.length === 1);
    const client = await SseClient.open(stream(server, { rooms: "98765" }), { ...server, lastId: foreign.parser.lastId });
    await append(chat("next"));
    await until(() => client.events.length === 1);
    const [reset, hello] = client.messages;
    expect(reset).toMatchObject({ event: "cursor_reset", data: { oldest: expect.any(String), newest: reset?.id } });
    expect(hello?.event).toBe("hello");
    expect(client.events[0]?.seq).toBe(4);
  });
});

function key(event: unknown): string {
  return (event as { id: string }).id;
}
