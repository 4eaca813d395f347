// Guards: the server answers waiting calls when it stops, and its log names errors and no token.
import { once } from "node:events";
import { connect } from "node:net";
import { describe, expect, it, vi } from "vitest";
import { encodeCursor } from "../../src/feed/cursor.js";
import { until } from "../until.js";
import { type ApiServer, serveApi } from "./api-server.js";
import { serveChat } from "./compatible/chat-server.js";
import { chat } from "./events.js";

async function raw(served: Pick<ApiServer, "api">, text: string) {
  const socket = connect(served.api.port, "127.0.0.1");
  let received = "";
  socket.setEncoding("utf8").on("data", (chunk: string) => {
    received += chunk;
  });
  socket.on("error", () => {});
  await once(socket, "connect");
  socket.write(text);
  return { socket, received: () => received };
}

describe("starting", () => {
  it("says it is healthy, without a token", async () => {
    const { api } = await serveApi();
    expect(api.url).toBe(`http://127.0.0.1:${api.port}`);
    const health = await fetch(`${api.url}/healthz`);
    expect([health.status, await health.text()]).toEqual([200, '{"status":"ok"}']);
    expect(health.headers.get("x-content-type-options")).toBe("nosniff");
  });

  it("says that a port is taken", async () => {
    const { api } = await serveApi();
    await expect(serveApi({ port: api.port })).rejects.toMatchObject({ code: "in_use" });
  });
});

describe("HEAD", () => {
  it("has the headers of a GET, waits for nothing, and keeps no stream open", async () => {
    const { call, tell } = await serveApi();
    await tell("98765");
    const [whole, head] = [await call("/v1/rooms"), await call("/v1/rooms", { method: "HEAD" })];
    expect(head.headers.get("content-length")).toBe(String(Buffer.byteLength(whole.text)));
    for (const [path, type] of [
      ["/v1/rooms/stream", "text/event-stream; charset=utf-8"],
      ["/v1/events/stream?rooms=98765", "text/event-stream; charset=utf-8"],
      ["/v1/rooms/98765/events?wait=60", "application/json; charset=utf-8"],
      ["/v1/rooms/98765/export?format=csv", "text/csv; charset=utf-8"],
    ] as const) {
      const { status, text, headers } = await call(path, { method: "HEAD" });
      expect([path, status, text, headers.get("content-type")]).toEqual([path, 200, "", type]);
    }
    for (const [path, status] of [
      ["/healthz", 200],
      ["/metrics", 200],
      ["/openapi.json", 200],
      ["/v1/works/6871947673600000001", 404],
      ["/v1/no-such-address", 404],
      // A GET of it moves its client's place.
      ["/douyin/liveroom/chat?room_id=98765", 405],
    ] as const)
      expect([path, (await call(path, { method: "HEAD" })).status]).toEqual([path, status]);
  });
});

describe("stopping", () => {
  it("answers those who wait with [], with their positions saved, and closes", async () => {
    const { api, get, add, clock, positions } = await serveChat();
    await add(chat("1"));
    await get();
    const waiting = [get({ wait: 60 }), get({ wait: 60, client: "b", types: "WebcastLikeMessage" }), get({ wait: 60, cursor: 1 })];
    await until(() => clock.sleeping === 3);
    await Promise.all([api.close(), api.close()]); // the clock stands still: their minute is not over
    for (const answer of await Promise.all(waiting)) {
      expect([answer.status, answer.text]).toEqual([200, '{"code":200,"data":[],"msg":"success"}']);
    }
    expect(await positions()).toEqual([1, 1]);
    await expect(fetch(`${api.url}/healthz`)).rejects.toThrow();
  });

  it("refuses what still comes on a connection, and reports itself unwell", async () => {
    const served = await serveApi();
    const token = served.tokens.read;
    const chatCall = await raw(served, `GET /douyin/liveroom/chat?room_id=1&token=${token} HTTP/1.1\r\nhost: x\r\n`);
    const health = await raw(served, "GET /healthz HTTP/1.1\r\nhost: x\r\n");
    await new Promise((resolve) => setTimeout(resolve, 50));
    const closing = served.api.close();
    await new Promise((resolve) => setTimeout(resolve, 20));
    chatCall.socket.write("\r\n");
    health.socket.write("\r\n");
    await closing;
    await until(() => chatCall.received().endsWith("}") && health.received().endsWith("}"));
    expect(chatCall.received()).toMatch(/^HTTP\/1\.1 503 /);
    expect(chatCall.received()).toMatch(/\r\nconnection: close\r\n/i);
    expect(chatCall.received()).toContain('{"code":503,"data":[],"msg":"The server is stopping');
    expect(health.received()).toMatch(/^HTTP\/1\.1 503 /);
    expect(health.received()).toContain('{"status":"stopping"}');
  });

  it("cuts what is still open after its grace", async () => {
    const served = await serveApi();
    const stuck = await raw(served, "GET /healthz HTTP/1.1\r\n");
    // Once another protocol was offered, Node has handed the connection over: the rest of the body never comes.
    const offered = "connection: upgrade\r\nupgrade: h2c\r\ncontent-length: 2\r\n\r\n{";
    const upgraded = await raw(served, `POST /v1/rooms HTTP/1.1\r\nhost: x\r\n${offered}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
    // A connection that is cut before all was read of it ends by a reset, which is an error before it is closed.
    const cut = Promise.all([stuck, upgraded].map(({ socket }) => new Promise((resolve) => socket.once("close", resolve))));
    const closing = served.api.close();
    await until(() => served.clock.sleeping > 0);
    await served.clock.advance(3_500);
    await closing;
    await cut;
  });
});

describe("what is logged", () => {
  it("never holds a token, at any level", async () => {
    const served = await serveChat();
    const { api, add, get, url, reader: token, manager, lines, setPosition } = served;
    const bad = "wrong_token_0123456789";
    await get();
    await get({}, { method: "POST" });
    await get({ limit: "x" });
    await get({ room_id: token.slice(0, 20), cursor: encodeCursor("no", 1) });
    await fetch(url({ token: bad, room_id: 1 }));
    await fetch(url({ room_id: 1 }), { headers: { authorization: `Bearer ${token}` } });
    await fetch(`${api.url}/nothing?token=${token}`);
    await fetch(`${api.url}/%ff?token=${token}`);
    vi.spyOn(manager, "request").mockRejectedValueOnce(new Error("a fault of ours"));
    await get();
    setPosition.mockRejectedValue(new Error("disk full"));
    await add(chat("1"));
    await get();
    const nonsense = await raw(served, `GET /douyin/liveroom/chat?token=${token} HTTP/9\r\n\r\n`);
    await until(() => nonsense.received().endsWith("}"));
    expect(nonsense.received()).toContain('{"code":400,"data":[],"msg":');
    const huge = await raw(served, `GET /?token=${token}&x=${"y".repeat(20_000)} HTTP/1.1\r\n\r\n`);
    await until(() => huge.received().endsWith("}"));
    expect(huge.received()).toMatch(/^HTTP\/1\.1 431 /);
    await until(() => lines.some((line) => line.includes("disk full")));
    const all = lines.join("");
    expect(all).toContain('"path":"/douyin/liveroom/chat"');
    expect(all).not.toContain(token);
    expect(all).not.toContain(bad);
  });

  it("names the request of every error, and the client is told the same name and no more", async () => {
    const { get, manager, lines } = await serveChat();
    vi.spyOn(manager, "request").mockRejectedValue(new Error("secret detail"));
    const answer = await get();
    expect([answer.status, answer.body.code, answer.body.data]).toEqual([500, 500, []]);
    expect(answer.text).not.toContain("secret detail");
    const id = /request ([0-9a-f]{12})/.exec(answer.body.msg)?.[1];
    const line = lines.find((text) => text.includes("secret detail")) ?? "{}";
    expect(JSON.parse(line)).toMatchObject({ level: 50, reqId: id });
  });
});
