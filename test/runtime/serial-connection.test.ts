// Guards: a connection costs the server one answer at a time, however many requests its client sends ahead.
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { type AddressInfo, connect, type Socket } from "node:net";
import { describe, expect, it, onTestFinished } from "vitest";
import { SerialConnection } from "../../src/runtime/serial-connection.js";
import { until } from "../until.js";

/** A server whose requests are answered when the test says so. */
async function listening() {
  const asked: { request: IncomingMessage; response: ServerResponse }[] = [];
  const connections = new WeakMap<Socket, SerialConnection>();
  const sockets: Socket[] = [];
  const upgraded: { socket: Socket; head: Buffer }[] = [];
  /** Requests that were parsed. */
  const parsed: string[] = [];
  const server = createServer();
  server.on("connection", (socket) => {
    sockets.push(socket);
    connections.set(socket, new SerialConnection(socket, (request, response) => asked.push({ request, response })));
  });
  server.on("request", (request, response) => {
    parsed.push(request.url ?? "");
    connections.get(request.socket)?.add(request, response);
  });
  server.on("upgrade", (request, socket: Socket, head) => {
    connections.get(request.socket)?.detach();
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

describe("a connection", () => {
  it("has its requests answered one after the other, and is not read while some wait", async () => {
    const { asked, sockets, client, received } = await listening();
    client.write(Array.from({ length: 9 }, (_, index) => get(`/${index}`)).join(""));
    for (let index = 0; index < 9; index++) {
      await until(() => asked.length === index + 1);
      if (index < 8) expect(sockets[0]?.isPaused()).toBe(true);
      else await until(() => sockets[0]?.isPaused() === false);
      asked[index]?.response.end(`<${index}>`);
    }
    await until(() => received().includes("<8>"));
    expect([...received().matchAll(/<(\d+)>/g)].map(([, index]) => Number(index))).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8]);
  });

  it("is cut when more than a few requests are sent ahead, of which no more are parsed", async () => {
    const { asked, parsed, sockets, client } = await listening();
    client.write(get("/").repeat(1_000));
    await until(() => sockets[0]?.destroyed === true);
    expect([asked.length, parsed.length]).toEqual([1, 10]);
  });

  it("does not answer the next request before the answer ahead of it was taken", async () => {
    const { asked, client } = await listening();
    client.pause();
    client.write(get("/large") + get("/next"));
    await until(() => asked.length === 1);
    asked[0]?.response.end(Buffer.alloc(16_000_000));
    for (let turn = 0; turn < 50; turn++) await new Promise((resolve) => setImmediate(resolve));
    expect(asked.length).toBe(1);
    client.resume();
    await until(() => asked.length === 2);
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
});
