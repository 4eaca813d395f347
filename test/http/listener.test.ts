// Guards: what clients make a server hold is bounded, and new connections are served while others flood it.
import { once } from "node:events";
import type { RequestListener, ServerResponse } from "node:http";
import { type AddressInfo, connect, type Socket } from "node:net";
import { expect, it, onTestFinished } from "vitest";
import { SecretCipher } from "../../src/http/authentication.js";
import { Listener } from "../../src/http/listener.js";
import { FakeClock } from "../clock.js";
import { until } from "../until.js";

const MEBI = 1_048_576;
const ASK = "GET / HTTP/1.1\r\nhost: x\r\n\r\n";

async function listening(handler: RequestListener, limits: ConstructorParameters<typeof Listener>[2] = {}) {
  const clock = new FakeClock();
  const listener = new Listener(new SecretCipher(), clock, limits);
  const server = listener.make(handler);
  const sockets: Socket[] = [];
  server.on("connection", (socket) => sockets.push(socket));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const clients: Socket[] = [];
  onTestFinished(() => {
    listener.close();
    listener.cut();
    server.close();
    for (const client of clients) client.destroy();
  });
  const { port } = server.address() as AddressInfo;
  /** A client that reads nothing by itself. */
  const open = async (text = ""): Promise<{ readonly client: Socket; readonly socket: Socket }> => {
    const client = connect(port, "127.0.0.1").pause();
    client.on("error", () => {});
    clients.push(client);
    const before = sockets.length;
    await until(() => sockets.length > before);
    if (text !== "") client.write(text);
    return { client, socket: sockets[before] as Socket };
  };
  return { clock, listener, port, open };
}

it("answers a new connection before the requests that floods have sent ahead", async () => {
  const answered: string[] = [];
  const { open } = await listening((request, response) => {
    answered.push(String(request.headers["x-of"]));
    response.end("{}");
  });
  const health = (of: string) => `GET /healthz HTTP/1.1\r\nhost: x\r\nx-of: ${of}\r\n\r\n`;
  const floods = await Promise.all(Array.from({ length: 20 }, () => open(health("flood").repeat(1_000))));
  await open(health("new"));
  await until(() => answered.includes("new"));
  // Of 20,000: at most nine of a connection, before it is cut.
  expect(answered.indexOf("new")).toBeLessThan(200);
  await until(() => floods.every(({ socket }) => socket.destroyed));
});

it("replaces the oldest idle connection by one more than it may have", async () => {
  const waiting: ServerResponse[] = [];
  const { listener, open } = await listening((_request, response) => waiting.push(response), { connections: 3 });
  const busy = await open(ASK);
  await until(() => waiting.length === 1);
  const [idle, newer] = [await open(), await open()];
  const fourth = await open(ASK);
  await until(() => idle.socket.destroyed);
  await until(() => waiting.length === 2);
  newer.client.write(ASK);
  await until(() => waiting.length === 3);
  const fifth = await open();
  await until(() => fifth.socket.destroyed);
  expect([busy, newer, fourth].map(({ socket }) => socket.destroyed)).toEqual([false, false, false]);
  expect([listener.size, listener.cutConnections]).toEqual([3, 2]);
});

it("cuts the connections for which most waits when too much waits in all", async () => {
  let mebis = 0;
  const { listener, open } = await listening(
    (_request, response) => {
      listener.answered(mebis * MEBI);
      response.end(Buffer.alloc(mebis * MEBI));
    },
    { waitingBytes: 110 * MEBI },
  );
  const sockets: Socket[] = [];
  for (mebis of [20, 40, 30, 30, 1]) {
    const { socket } = await open(ASK);
    sockets.push(socket);
    await until(() => socket.bytesWritten > 0);
  }
  expect(sockets.map(({ destroyed }) => destroyed)).toEqual([false, true, false, false, false]);
});

it("arms Node's timer for a client that leaves its answer untaken, and for no other", async () => {
  const waiting: ServerResponse[] = [];
  const { clock, open } = await listening((_request, response) => waiting.push(response));
  const { client, socket } = await open(ASK);
  await until(() => waiting.length === 1);
  await clock.advance(1_000);
  expect(socket.timeout).toBe(0);
  waiting[0]?.write(Buffer.alloc(32 * MEBI));
  await clock.advance(1_000);
  expect(socket.timeout).toBe(60_000);
  client.resume();
  await until(() => socket.writableLength === 0);
  await clock.advance(1_000);
  expect(socket.timeout).toBe(0);
});

it("reads the body of a request that offers another protocol, in however many pieces it comes", async () => {
  const bodies: string[] = [];
  const { port } = await listening((request, response) => {
    let body = "";
    request.setEncoding("utf8").on("data", (part: string) => {
      body += part;
    });
    request.on("end", () => {
      bodies.push(`${request.method} ${request.url} ${request.headers["content-type"]} ${body}`);
      response.end("taken");
    });
  });
  const body = JSON.stringify({ link: "直播间" });
  const head = (more: string) =>
    `POST /v1/rooms HTTP/1.1\r\nHost: x\r\nConnection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAEAAEAA\r\n${more}\r\n`;
  const ask = async (pieces: readonly string[]) => {
    const socket = connect(port, "127.0.0.1");
    let answer = "";
    socket.setEncoding("utf8").on("data", (part: string) => {
      answer += part;
    });
    for (const piece of pieces) {
      socket.write(piece);
      await new Promise((resolve) => setImmediate(resolve));
    }
    await once(socket, "end");
    return answer;
  };
  const whole = head(`Content-Type: application/json\r\nContent-Length: ${Buffer.byteLength(body)}\r\n`);
  const expected = `POST /v1/rooms application/json ${body}`;
  expect(await ask([whole + body])).toMatch(/^HTTP\/1\.1 200 [\s\S]*taken/);
  expect(await ask([whole, body.slice(0, 5), body.slice(5)])).toMatch(/^HTTP\/1\.1 200 [\s\S]*taken/);
  expect(await ask([head("Content-Type: application/json\r\n")])).toMatch(/^HTTP\/1\.1 200 /);
  expect(bodies).toEqual([expected, expected, "POST /v1/rooms application/json "]);
});
