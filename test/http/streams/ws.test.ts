// Guards: a WebSocket subscription begins at its place, keeps what is acked, and refuses hostile commands.
import { describe, expect, it } from "vitest";
import { encodeCursor } from "../../../src/feed/cursor.js";
import { chat, chats, gift } from "../../contracts/events.js";
import { until } from "../../until.js";
import { serveLive } from "./live-server.js";
import { WsClient } from "./ws-client.js";

describe("a WebSocket", () => {
  it("says hello, subscribes from a seq, and sends events that came together in one message, with a cursor each", async () => {
    const server = await serveLive();
    const { room, append } = await server.room();
    await append(...chats(5));
    const client = await WsClient.open(server.url, server.token);
    client.send({ op: "subscribe", ref: "first", rooms: ["98765"], after: 2 });
    await until(() => client.events.length === 3);
    expect(client.told[0]).toMatchObject({ type: "hello", log: server.store.log.id, heartbeatMs: 15_000 });
    expect(client.told[1]).toEqual({
      type: "subscribed",
      ref: "first",
      cursor: encodeCursor(server.store.log.id, 2),
      rooms: [{ room, asked: "98765", oldest: 1, head: 5 }],
    });
    await append(...chats(500, "more"));
    await until(() => client.events.length === 503);
    expect(client.events.map(({ seq }) => seq)).toEqual(Array.from({ length: 503 }, (_, index) => index + 3));
    expect(client.events).toEqual((await server.store.log.readRoom(room, 2, 1000)).events);
    expect(client.batches.length).toBeLessThan(20);
    expect(client.cursors).toEqual(client.events.map(({ seq }) => encodeCursor(server.store.log.id, seq)));
  });

  it("follows what the last subscription names, from where the connection has come to, or from a cursor", async () => {
    const server = await serveLive();
    const [a, b] = [await server.room("1111111"), await server.room("2222222")];
    await a.append(chat("a1"), gift("a2", "c", 1, 1));
    const client = await WsClient.open(server.url, server.token);
    client.send({ op: "subscribe", rooms: ["1111111", b.room], after: 0, filter: 'text == "yes"' });
    await until(() => client.typed("subscribed").length === 1);
    await b.append(chat("b1", { text: "yes" }), chat("b2", { text: "no" }));
    await until(() => client.events.length === 1);
    // What it was not shown before is not shown now: it goes on where it was.
    client.send({ op: "subscribe", rooms: [a.room] });
    await until(() => client.typed("subscribed").length === 2);
    await b.append(chat("b3", { text: "yes" }));
    await a.append(gift("a3", "c", 1, 2));
    await until(() => client.events.length === 2);
    expect(client.events.map(({ room, seq }) => [room, seq])).toEqual([
      [1, 1],
      [1, 3],
    ]);
    client.send({ op: "subscribe", types: ["gift"], after: 0 });
    await until(() => client.events.length === 4);
    expect(client.typed("subscribed")[2]).toMatchObject({ rooms: null });
    expect(client.events.slice(2).map(({ type, seq }) => [type, seq])).toEqual([
      ["gift", 2],
      ["gift", 3],
    ]);
    await until(() => server.live.quota.size === 1);
  });

  it("follows a room that is named twice as a whole where one name is the room's, and takes no two broadcasts of it", async () => {
    const server = await serveLive();
    const { room, append } = await server.room();
    const [one, two] = ["7400000000000000001", "7400000000000000002"];
    await server.store.rooms.ensure([
      { kind: "web_rid", value: "98765" },
      { kind: "room_id", value: one },
      { kind: "room_id", value: two },
    ]);
    await append(chat("a", { sessionId: one }), chat("b", { sessionId: two }), chat("c", { sessionId: one }));
    const client = await WsClient.open(server.url, server.token);
    client.send({ op: "subscribe", rooms: [one, two] });
    await until(() => client.typed("error").length === 1);
    expect(client.typed("error")[0]?.["message"]).toContain(
      `${one} and ${two} are two broadcasts of one room: name one of them, or the room`,
    );
    client.send({ op: "subscribe", rooms: [one, two, "98765"], after: 1 });
    await until(() => client.events.length === 2);
    expect(client.typed("subscribed")[0]?.["rooms"]).toEqual([{ room, asked: "98765", oldest: 1, head: 3 }]);
    expect(client.events.map(({ seq }) => seq)).toEqual([2, 3]);
    // Of one broadcast alone, beside another room.
    const other = await server.room("22222");
    client.send({ op: "subscribe", rooms: [one, "22222"], after: 0 });
    await other.append(chat("d"));
    await until(() => client.events.length === 5);
    expect(client.events.slice(2).map(({ seq }) => seq)).toEqual([1, 3, 1]);
  });

  it("keeps the position of a named subscription where the client acks it, and no other", async () => {
    const server = await serveLive();
    const { room, append } = await server.room();
    await append(...chats(10));
    const first = await WsClient.open(server.url, server.token);
    first.send({ op: "subscribe", name: "archive", rooms: ["98765"], after: 0 });
    await until(() => first.events.length === 10);
    first.send({ op: "ack", ref: "k", cursor: first.cursors[6] });
    await until(() => first.typed("acked").length === 1);
    expect(first.typed("acked")).toEqual([{ type: "acked", ref: "k", name: "archive", cursor: first.cursors[6] }]);
    await server.store.log.append([{ room, epoch: null, events: [chat("later", { source: "test" })] }]);
    first.send({ op: "ack", ref: "too far", cursor: encodeCursor(server.store.log.id, 12) });
    await until(() => first.typed("error").length === 1);
    expect(first.typed("error")[0]).toMatchObject({ ref: "too far", code: "cursor_reset" });
    first.close();
    const second = await WsClient.open(server.url, server.token);
    second.send({ op: "subscribe", name: "archive", rooms: ["98765"] });
    await until(() => second.events.length === 4);
    expect(second.events.map(({ seq }) => seq)).toEqual([8, 9, 10, 11]);
    const others = [await WsClient.open(server.url, server.token), await WsClient.open(server.url, (await server.makeToken()).token)];
    others[0]?.send({ op: "subscribe", name: "another", rooms: ["98765"] });
    others[1]?.send({ op: "subscribe", name: "archive", rooms: ["98765"] });
    for (const other of others) {
      await until(() => other.typed("subscribed").length === 1);
      expect(other.typed("subscribed")[0]).toMatchObject({ cursor: encodeCursor(server.store.log.id, 11) });
    }
    others[0]?.send({ op: "subscribe", rooms: ["98765"] });
    others[0]?.send({ op: "ack", ref: "no name", cursor: first.cursors[6] });
    await until(() => others[0]?.typed("error").length === 1);
    expect(others[0]?.typed("error")[0]).toMatchObject({ ref: "no name", code: "bad_request" });
  });

  it("goes on after its own cursor where a client comes back, and else where its name is", async () => {
    const server = await serveLive();
    const { append } = await server.room();
    await append(...chats(6));
    const open = async (more: object) => {
      const client = await WsClient.open(server.url, server.token);
      client.send({ op: "subscribe", name: "archive", holder: "me", rooms: ["98765"], ...more });
      return client;
    };
    const first = await open({ after: 0 });
    await until(() => first.events.length === 6);
    first.close();
    const back = await open({ after: first.cursors[3], resumed: true });
    await until(() => back.events.length === 2);
    const anew = await open({ after: first.cursors[3] });
    await until(() => anew.events.length === 6);
  });

  it("keeps the place where a name's subscription begins, whether anything is acked or not", async () => {
    const server = await serveLive();
    const { append } = await server.room();
    await append(...chats(3));
    const first = await WsClient.open(server.url, server.token);
    first.send({ op: "subscribe", name: "archive", rooms: ["98765"] });
    await until(() => first.typed("subscribed").length === 1);
    first.close();
    await append(...chats(2, "while it was away"));
    const second = await WsClient.open(server.url, server.token);
    second.send({ op: "subscribe", name: "archive", rooms: ["98765"], after: 0 });
    await until(() => second.events.length === 2);
    expect(second.events.map(({ seq }) => seq)).toEqual([4, 5]);
  });

  it("lets the newest subscription of a name alone move its position", async () => {
    const server = await serveLive();
    const { append } = await server.room();
    await append(...chats(10));
    const [older, newer] = [await WsClient.open(server.url, server.token), await WsClient.open(server.url, server.token)];
    older.send({ op: "subscribe", name: "archive", rooms: ["98765"], after: 0 });
    await until(() => older.events.length === 10);
    older.send({ op: "ack", cursor: older.cursors[3] });
    await until(() => older.typed("acked").length === 1);
    newer.send({ op: "subscribe", name: "archive", rooms: ["98765"] });
    await until(() => newer.events.length === 6);
    older.send({ op: "ack", ref: "late", cursor: older.cursors[9] });
    await until(() => older.typed("error").length === 1);
    expect(older.typed("error")).toMatchObject([
      { ref: "late", code: "in_use", message: expect.stringContaining("another connection has subscribed as archive since") },
    ]);
    newer.send({ op: "ack", cursor: newer.cursors[0] });
    await until(() => newer.typed("acked").length === 1);
    older.send({ op: "subscribe", name: "archive", rooms: ["98765"] });
    await until(() => older.typed("subscribed").length === 2);
    expect(older.typed("subscribed")[1]).toMatchObject({ cursor: newer.cursors[0] });
  });

  it("tells a seq that the log has not reached, and what was removed", async () => {
    const server = await serveLive();
    const { room, append } = await server.room();
    await append(...chats(10));
    await server.store.log.remove(room, 1, 4, "retention");
    const client = await WsClient.open(server.url, server.token);
    client.send({ op: "subscribe", ref: "x", rooms: [room], after: 11 });
    await until(() => client.typed("error").length === 1);
    const [error] = client.typed("error");
    expect(error).toMatchObject({ ref: "x", code: "cursor_reset", retryable: false });
    expect(client.typed("subscribed")).toEqual([]);
    client.send({ op: "subscribe", rooms: [room], after: error?.["oldest"] });
    await until(() => client.events.length === 6);
    expect(client.typed("removed")).toEqual([{ type: "removed", room, from: 1, to: 4, cursor: encodeCursor(server.store.log.id, 4) }]);
    client.send({ op: "subscribe", rooms: [room], after: error?.["newest"] });
    await until(() => client.typed("subscribed").length === 2);
    await append(chat("new"));
    await until(() => client.events.length === 7);
  });

  it("answers pings, and tells at heartbeats how far it has come past events that are not shown", async () => {
    const server = await serveLive({ limits: { heartbeatMs: 30 } });
    const { room, append } = await server.room();
    const client = await WsClient.open(server.url, server.token);
    client.send({ op: "ping", ref: "p" });
    await until(() => client.typed("pong").length === 1);
    expect(client.typed("pong")[0]).toMatchObject({ ref: "p", time: expect.any(Number) });
    client.send({ op: "subscribe", rooms: [room], types: ["gift"] });
    await until(() => client.typed("subscribed").length === 1);
    await append(...chats(4));
    await until(() => client.typed("position").length === 1);
    expect(client.typed("position")).toEqual([{ type: "position", cursor: encodeCursor(server.store.log.id, 4) }]);
  });

  it("gives messages of every length a frame of RFC 6455", async () => {
    const server = await serveLive();
    const { room, append } = await server.room();
    const client = await WsClient.open(server.url, server.token);
    client.send({ op: "subscribe", rooms: [room] });
    await until(() => client.typed("subscribed").length === 1);
    const texts = ["", "é".repeat(40_000), "a".repeat(64_900), "b".repeat(200_000)];
    for (const [index, text] of texts.entries()) {
      await append(chat(`c${index}`, { text }));
      await until(() => client.events.length === index + 1);
    }
    expect(client.events.map(({ text }) => text)).toEqual(texts);
  });
});

describe("hostile commands", () => {
  it("are refused in words, one after the other", async () => {
    const server = await serveLive();
    await server.room();
    const client = await WsClient.open(server.url, server.token);
    const refused: readonly (readonly [text: string, words: RegExp])[] = [
      ["{", /not JSON/],
      ["null", /not an object/],
      ["[]", /not an object/],
      ['{"op":"__proto__"}', /op must be one of/],
      ['{"op":"subscribe","rooms":["nobody"]}', /no room is known as "nobody"/],
      ['{"op":"subscribe","rooms":[{}]}', /rooms/],
      ['{"op":"ping","admin":true}', /ping/],
      ['{"op":"subscribe","rooms":["98765"],"types":["x"]}', /there is no type "x"/],
      ['{"op":"subscribe","rooms":["98765"],"filter":"text.matches(\\"(a+)+$\\")"}', /filter: /],
      ['{"op":"subscribe","rooms":["98765"],"after":"djIv____"}', /cursor/],
      ['{"op":"ack","cursor":"0"}', /not subscribed/],
    ];
    for (const [text] of refused) client.send(text);
    client.send({ op: "ping" });
    await until(() => client.typed("pong").length === 1);
    const said = client.typed("error").map(({ message }) => message);
    expect(said).toEqual(refused.map(([, words]) => expect.stringMatching(words)));
  });

  it("10,000 subscriptions are refused, in one message or in many, on one connection or on many", async () => {
    const server = await serveLive({ limits: { heldPerToken: 50, commandBurst: 1000 } });
    const names = Array.from({ length: 210 }, (_, index) => `1000${index}`);
    for (const name of names) await server.store.rooms.ensure([{ kind: "web_rid", value: name }]);
    const [one, many, big] = [
      await WsClient.open(server.url, server.token),
      await WsClient.open(server.url, server.token),
      await WsClient.open(server.url, server.token),
    ];
    one.send({ op: "subscribe", rooms: names });
    await until(() => one.typed("error").length === 1);
    expect(one.typed("error")[0]).toMatchObject({
      code: "too_many_subscriptions",
      message: expect.stringMatching(/213 .* 50 are allowed/),
    });
    for (let count = 40; count < 60; count++) many.send({ op: "subscribe", rooms: names.slice(0, count) });
    await until(() => many.typed("error").length + many.typed("subscribed").length === 20);
    // The three connections count too.
    expect(many.typed("subscribed").length).toBe(8);
    expect(many.typed("error")[0]).toMatchObject({ code: "too_many_subscriptions" });
    big.send({ op: "subscribe", rooms: Array.from({ length: 10_000 }, (_, index) => 100_000 + index) });
    await until(() => big.closed);
    expect(big.closed?.code).toBe(1009);
    const next = await WsClient.open(server.url, server.token);
    many.close();
    await until(() => server.live.quota.size === 2);
    expect(next.closed).toBeNull();
    one.close();
    next.close();
    await until(() => server.live.quota.size === 0);
  });

  it("a flood of commands closes the connection", async () => {
    const server = await serveLive({ limits: { commandBurst: 20, commandsPerSecond: 1, graceMs: 50 } });
    const client = await WsClient.open(server.url, server.token);
    for (let i = 0; i < 100; i++) client.send({ op: "ping" });
    await until(() => client.closed);
    expect(client.closed).toEqual({ code: 1008, reason: "error" });
    expect(client.typed("error")).toMatchObject([{ code: "too_many_commands" }]);
    expect(client.typed("pong").length).toBeLessThanOrEqual(20);
  });

  it("a binary message is refused, one that is too long closes", async () => {
    const server = await serveLive();
    const client = await WsClient.open(server.url, server.token);
    client.socket.send(Buffer.from([1, 2, 3]));
    await until(() => client.typed("error").length === 1);
    client.send(" ".repeat(70_000));
    await until(() => client.closed);
    expect(client.closed?.code).toBe(1009);
  });
});
