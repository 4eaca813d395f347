import { once } from "node:events";
import { connect } from "node:net";
import { describe, expect, it } from "vitest";
import { WebSocket } from "ws";
import { until } from "../../until.js";
import { type LiveServer, serveLive } from "./live-server.js";
import { SseClient } from "./sse-client.js";
import { WsClient } from "./ws-client.js";

async function refusal(server: LiveServer, path: string, headers: Record<string, string> = {}) {
  const socket = new WebSocket(`ws://127.0.0.1:${server.port}${path}`, { headers });
  socket.on("error", () => {});
  const [, response] = await once(socket, "unexpected-response");
  let text = "";
  for await (const chunk of response) text += chunk;
  return { status: response.statusCode, ...(JSON.parse(text) as { error: { code: string } }).error };
}

describe("opening a WebSocket", () => {
  it("takes a token in the header or in the address, and refuses others in words", async () => {
    const server = await serveLive();
    const open = new WebSocket(`ws://127.0.0.1:${server.port}/v1/ws?token=${server.token}`);
    await once(open, "open");
    open.terminate();
    expect(await refusal(server, "/v1/ws")).toMatchObject({ status: 401, code: "no_token" });
    expect(await refusal(server, "/v1/ws?token=dyl_x")).toMatchObject({ status: 401, code: "bad_token" });
    expect(await refusal(server, `/v1/other?token=${server.token}`)).toMatchObject({ status: 404, code: "no_address" });
    const limited = await server.makeToken({ perMinute: 1 });
    await WsClient.open(server.url, limited.token);
    expect(await refusal(server, "/v1/ws", { authorization: `Bearer ${limited.token}` })).toMatchObject({
      status: 429,
      code: "rate_limited",
    });
  });

  it("answers a request that offers another protocol as if it had not: Java's client offers h2c with each", async () => {
    const server = await serveLive();
    const socket = connect(server.port, "127.0.0.1");
    await once(socket, "connect");
    socket.write(
      `GET /v1/nothing HTTP/1.1\r\nHost: x\r\nConnection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAEAAEAAAAIAAAABAAMAAABkAAQBAAAAAAUAAEAA\r\n\r\n`,
    );
    let text = "";
    socket.setEncoding("utf8").on("data", (chunk: string) => {
      text += chunk;
    });
    await once(socket, "end");
    expect(text).toMatch(/^HTTP\/1\.1 (404|401) [\s\S]*connection: close[\s\S]*\r\n\r\n\{/i);
  });
});

describe("tokens of open streams", () => {
  it("end them when they are revoked or expire", async () => {
    const server = await serveLive({ limits: { heartbeatMs: 30 } });
    const { room } = await server.room();
    const revoked = await server.makeToken();
    const expiring = await server.makeToken({ expiresAt: Date.now() + 1_500 });
    const sse = await SseClient.open(`${server.url}/v1/events/stream?rooms=${room}`, revoked);
    const ws = await WsClient.open(server.url, revoked.token);
    const other = await WsClient.open(server.url, expiring.token);
    await server.store.tokens.revoke(revoked.id, Date.now());
    await until(() => sse.ended && ws.closed);
    expect(sse.messages.at(-1)?.event).toBe("revoked");
    expect(ws.closed).toEqual({ code: 1008, reason: "revoked" });
    await until(() => other.closed);
  });

  it("see the rooms they are limited to, and do not learn of others", async () => {
    const server = await serveLive();
    await server.room("1111111");
    await server.room("2222222");
    const { token } = await server.makeToken({ rooms: ["1111111"] });
    const client = await WsClient.open(server.url, token);
    for (const rooms of [["1111111"], ["2222222"], ["3333333"]]) client.send({ op: "subscribe", rooms });
    await until(() => client.typed("error").length === 2);
    const errors = client.typed("error").map(({ code, message }) => [code, String(message).replace(/\d{7}/, "ROOM")]);
    expect(errors[0]).toEqual(errors[1]);
    const response = await fetch(`${server.url}/v1/events/stream?rooms=2222222&token=${token}`);
    expect(response.status).toBe(404);
  });
});

describe("stopping", () => {
  it("tells every stream, and cuts who does not listen", async () => {
    const server = await serveLive();
    const { room } = await server.room();
    const streams = [
      await SseClient.open(`${server.url}/v1/events/stream?rooms=${room}`, server),
      await SseClient.open(`${server.url}/v1/rooms/stream`, server),
    ];
    const ws = await WsClient.open(server.url, server.token);
    const deaf = await WsClient.open(server.url, server.token);
    deaf.socket.pause();
    await server.close();
    await until(() => streams.every(({ ended }) => ended) && ws.closed);
    for (const { messages } of streams) expect(messages.at(-1)?.event).toBe("stopping");
    expect(ws.told.at(-1)?.type).toBe("stopping");
    expect(ws.closed).toEqual({ code: 1001, reason: "stopping" });
  });

  it("cuts what does not answer pings", async () => {
    const server = await serveLive({ limits: { heartbeatMs: 30 } });
    const client = await WsClient.open(server.url, server.token);
    client.socket.pause();
    await until(() => server.live.counts().ws === 0);
  });
});

describe("bounds", () => {
  it("of streams: in all, and of rooms", async () => {
    const server = await serveLive({ limits: { connections: 2, roomsPerConnection: 2 } });
    for (const name of ["11", "22", "33"]) await server.room(name);
    const open = (rooms: string) => fetch(`${server.url}/v1/events/stream?rooms=${rooms}&token=${server.token}`);
    const refused = await open("web_rid:11,web_rid:22,web_rid:33");
    expect([refused.status, await refused.text()]).toEqual([429, expect.stringContaining("too_many_subscriptions")]);
    const [one, two] = [await open("web_rid:11"), await open("web_rid:11")];
    expect([one.status, two.status, (await open("web_rid:11")).status]).toEqual([200, 200, 429]);
    expect(await refusal(server, `/v1/ws?token=${server.token}`)).toMatchObject({ status: 429 });
    await Promise.all([one.body?.cancel(), two.body?.cancel()]);
    await until(() => server.live.quota.size === 0);
  });

  it("of a token: what turns out to be no handshake counts for nothing", async () => {
    const server = await serveLive();
    const socket = connect(server.port, "127.0.0.1");
    socket.write(`GET /v1/ws?token=${server.token} HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n`);
    const [answer] = await once(socket, "data");
    expect(String(answer)).toMatch(/^HTTP\/1\.1 400 /);
    expect(server.live.quota.size).toBe(0);
  });

  it("of a token: a socket beyond them is refused, and what its client sends then harms nobody", async () => {
    const server = await serveLive({ limits: { heldPerToken: 0 } });
    const socket = connect(server.port, "127.0.0.1");
    const head = `GET /v1/ws?token=${server.token} HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket`;
    const uncaught: unknown[] = [];
    const catching = (error: unknown) => uncaught.push(error);
    const others = process.listeners("uncaughtException");
    process.removeAllListeners("uncaughtException").on("uncaughtException", catching);
    try {
      // A client's frames must be masked; this one is not.
      const frame = Buffer.from([0x81, 0x01, 0x61]);
      const request = `${head}\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n`;
      socket.on("error", () => {}).write(Buffer.concat([Buffer.from(request), frame]));
      const chunks: Buffer[] = [];
      socket.on("data", (chunk: Buffer) => chunks.push(chunk));
      await once(socket, "end");
      expect(Buffer.concat(chunks).toString("latin1")).toMatch(/^HTTP\/1\.1 429 [\s\S]*too_many_subscriptions/);
      await new Promise((resolve) => setImmediate(resolve));
    } finally {
      process.off("uncaughtException", catching);
      for (const listener of others) process.on("uncaughtException", listener);
    }
    expect(uncaught).toEqual([]);
    expect(server.live.quota.size).toBe(0);
    expect((await fetch(`${server.url}/v1/events/stream?rooms=1`)).status).toBe(401);
  });
});
