import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { type AddressInfo, connect, type Socket } from "node:net";
import { describe, expect, it, onTestFinished } from "vitest";
import { Conversation } from "../../src/runtime/listen.js";
import { until } from "../until.js";

/** A server whose requests are answered when the test says so. */
async function listening() {
  const asked: { request: IncomingMessage; response: ServerResponse }[] = [];
  const conversations = new WeakMap<Socket, Conversation>();
  const sockets: Socket[] = [];
  const upgraded: { socket: Socket; head: Buffer }[] = [];
  /** Requests that were parsed. */
  const parsed: string[] = [];
  const server = createServer();
  server.on("connection", (socket) => {
    sockets.push(socket);
    conversations.set(socket, new Conversation(socket, (request, response) => asked.push({ request, response })));
  });
  server.on("request", (request, response) => {
    parsed.push(request.url ?? "");
    conversations.get(request.socket)?.ask(request, response);
  });
  server.on("upgrade", (request, socket: Socket, head) => {
    conversations.get(request.socket)?.leave();
    upgraded.push({ socket, head });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => server.close().closeAllConnections());
  const { port } = server.address() as AddressInfo;
  let received = "";
  const client = connect(port, "127.0.0.1");
  client.setEncoding("utf8").on("data", (text: string) => {
    received += text;
  });
  client.on("error", () => {});
  return { asked, sockets, upgraded, parsed, client, received: () => received };
}

const get = (path: string) => `GET ${path} HTTP/1.1\r\nhost: x\r\n\r\n`;

describe("a conversation", () => {
  it("has one request at a time parsed and answered, however many were sent, and is not read meanwhile", async () => {
    const { asked, sockets, parsed, client, received } = await listening();
    const count = 300;
    // More than is read at once.
    client.write(Array.from({ length: count }, (_, index) => get(`/${index}?${"x".repeat(1_000)}`)).join(""));
    for (let index = 0; index < count; index++) {
      await until(() => asked.length === index + 1);
      if (index < count - 1 && index % 10 === 0) {
        expect(parsed.length).toBe(index + 1);
        expect(sockets[0]?.isPaused()).toBe(true);
        // What was read of it at once is all that waits.
        expect(sockets[0]?.readableLength).toBeLessThanOrEqual(131_072);
      }
      asked[index]?.response.end(`<${index}>`);
    }
    await until(() => received().includes(`<${count - 1}>`));
    expect([...received().matchAll(/<(\d+)>/g)].map(([, index]) => Number(index))).toEqual(Array.from({ length: count }, (_, i) => i));
  }, 120_000);

  it("does not answer the next request before the answer ahead of it was taken", async () => {
    const { asked, client } = await listening();
    client.pause();
    client.write(get("/large") + get("/next"));
    await until(() => asked.length === 1);
    asked[0]?.response.end(Buffer.alloc(64_000_000));
    for (let turn = 0; turn < 50; turn++) await new Promise((resolve) => setImmediate(resolve));
    expect(asked.length).toBe(1);
    client.resume();
    await until(() => asked.length === 2);
  });

  it("reads a body to its end, in whatever pieces it comes, and then what follows it", async () => {
    const { asked, client, received } = await listening();
    const body = "x\r\n\r\n".repeat(4_000);
    client.write(`POST /body HTTP/1.1\r\nhost: x\r\ncontent-length: ${body.length}\r\n\r\n${body}${get("/after")}`);
    await until(() => asked.length === 1);
    let got = "";
    for await (const piece of asked[0]?.request ?? []) got += piece;
    expect(got).toBe(body);
    asked[0]?.response.end("one");
    await until(() => asked.length === 2);
    asked[1]?.response.end("two");
    await until(() => received().includes("two"));
  });

  it("notices that its client has left while a request waits", async () => {
    const { asked, client } = await listening();
    client.write(get("/"));
    await until(() => asked.length === 1);
    let closed = false;
    asked[0]?.response.once("close", () => {
      closed = true;
    });
    client.destroy();
    await until(() => closed);
  });

  it("takes a head that comes byte by byte", async () => {
    const { asked, client } = await listening();
    client.setNoDelay();
    for (const byte of get("/slow")) {
      client.write(byte);
      await new Promise((resolve) => setImmediate(resolve));
    }
    await until(() => asked.length === 1);
    expect(asked[0]?.request.url).toBe("/slow");
  });

  it("leaves what follows an upgrade on the connection, in order", async () => {
    const { upgraded, client } = await listening();
    client.write(`GET / HTTP/1.1\r\nhost: x\r\nconnection: upgrade\r\nupgrade: websocket\r\n\r\nfirst\r\n\r\nsecond`);
    await until(() => upgraded.length === 1);
    client.write("third");
    const [got] = upgraded;
    let text = String(got?.head);
    got?.socket.on("data", (data) => {
      text += String(data);
    });
    await until(() => text === "first\r\n\r\nsecondthird");
  });
});
