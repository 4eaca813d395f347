// Guards: Whatever a proxy sends, a connection by it fails in bounded time and words, shows nothing of it, and is closed.
import { once } from "node:events";
import { type AddressInfo, createServer, type Socket } from "node:net";
import { describe, expect, it, onTestFinished } from "vitest";
import { ProxyServer } from "../../../src/platform/access/proxy.js";

/** What a terminal would obey, and what a page would run. */
const EVIL = "\u001b]0;owned\u0007\u009b31m<script>alert(1)</script>";
const HEAD = "HTTP/1.1 200 Connection established\r\n";
const SIGNAL = new AbortController().signal;

/** Sends the same again and again, as fast as it is taken, until the other end has gone. */
function flood(socket: Socket, text: string, before = ""): void {
  socket.write(before);
  const piece = text.repeat(1000);
  const send = () => {
    while (!socket.destroyed && socket.write(piece, "latin1"));
  };
  socket.on("drain", send);
  send();
}

/** Sends bytes one by one, the last of them for ever. */
function drip(socket: Socket, bytes: Buffer): void {
  let at = 0;
  const timer = setInterval(() => socket.write(Buffer.of(bytes[Math.min(at++, bytes.length - 1)] ?? 0)), 1);
  socket.on("close", () => clearInterval(timer));
}

/** A proxy that does this with each connection once something was asked; `closed` resolves when its first connection is closed by us. */
async function hostile(kind: string, answer: (socket: Socket) => void) {
  const sockets: Socket[] = [];
  const server = createServer((socket) => {
    sockets.push(socket.on("error", () => {}));
    socket.once("data", () => answer(socket)).resume();
  });
  const closed = new Promise<void>((resolve) => server.once("connection", (socket) => socket.once("close", () => resolve())));
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  const proxy = new ProxyServer(`${kind}://me:secret@127.0.0.1:${(server.address() as AddressInfo).port}`);
  return { proxy, sockets, closed };
}

const NO_AUTH = Buffer.from([5, 0]);

describe("a proxy that", () => {
  it.each<[kind: string, what: string, answer: (socket: Socket) => void, told: RegExp]>([
    ["http", "never ends its headers", (socket) => flood(socket, "x: y\r\n", HEAD), /HPE_HEADER_OVERFLOW$/],
    ["http", "sends one header without end", (socket) => flood(socket, "y", `${HEAD}x: `), /HPE_HEADER_OVERFLOW$/],
    [
      "http",
      "writes hostile words into a 407",
      (socket) => flood(socket, `HTTP/1.1 407 ${EVIL}\r\n\r\n${EVIL}`),
      /asks for other credentials \(HTTP 407\)$/,
    ],
    ["http", "says to go on for ever", (socket) => flood(socket, "HTTP/1.1 100 Continue\r\n\r\n"), /answered HTTP 100$/],
    ["http", "speaks something else", (socket) => flood(socket, EVIL), /HPE_INVALID_CONSTANT$/],
    ["http", "closes half-way", (socket) => socket.end(HEAD), /ECONNRESET$/],
    ["socks5", "speaks something else", (socket) => flood(socket, EVIL), /invalid Socks5 initial handshake \(invalid socks version\)$/],
    ["socks5", "wants a method that nobody offered", (socket) => socket.write(Buffer.from([5, 99])), /unknown authentication type\)$/],
    ["socks5", "closes half-way", (socket) => socket.end(NO_AUTH), /Socket closed$/],
    ["socks5", "sends all in advance", (socket) => flood(socket, "\u0005\u0002"), /failed: [\w ()-]+$/],
    [
      "socks5",
      "refuses by a reason that there is not",
      (socket) => socket.write(Buffer.from([...NO_AUTH, 5, 0x7f, 0, 1, 0])),
      /rejected connection - undefined$/,
    ],
    ["socks4", "speaks something else", (socket) => flood(socket, EVIL), /rejected connection - \(\w+\)$/],
  ])("%s: %s", async (kind, _what, answer, told) => {
    const { proxy, closed } = await hostile(kind, answer);
    const failed = (await proxy.connect("live.douyin.com", 443, SIGNAL).catch((error: unknown) => error)) as Error & { detail?: string };
    expect(failed).toMatchObject({ code: "unreachable", detail: expect.stringMatching(told) });
    expect(failed.detail).toMatch(/^the proxy \S+ [\x20-\x7e]{1,100}$/);
    await closed;
  });

  it.each([
    ["http", Buffer.from(`${HEAD}x: y`)],
    ["socks5", Buffer.from([...NO_AUTH, 5, 0, 0, 3, 255, 1])],
  ])("%s: sends %j byte by byte and never ends is left when the time is over", async (kind, bytes) => {
    const { proxy, sockets, closed } = await hostile(kind, (socket) => drip(socket, bytes));
    const stop = new AbortController();
    const waiting = proxy.connect("live.douyin.com", 443, stop.signal);
    while ((sockets[0]?.bytesWritten ?? 0) < bytes.length) await new Promise((resolve) => setTimeout(resolve, 1));
    stop.abort(new DOMException("late", "TimeoutError"));
    await expect(waiting).rejects.toMatchObject({ code: "unreachable", detail: `the proxy ${proxy.name} failed: no answer in time` });
    await closed;
  });

  it("sends its answer byte by byte is understood", async () => {
    const { proxy } = await hostile("http", (socket) => drip(socket, Buffer.from(`${HEAD}\r\n`)));
    const socket = await proxy.connect("live.douyin.com", 443, SIGNAL);
    expect(socket.destroyed).toBe(false);
    socket.destroy();
  });

  it("asks for a SOCKS password that cannot be sent is not asked at all", () => {
    for (const credentials of [`${"u".repeat(256)}:p`, `u:${"%E5%AF%86".repeat(86)}`]) {
      expect(() => new ProxyServer(`socks5://${credentials}@h`)).toThrow(expect.objectContaining({ code: "bad_config" }));
      expect(new ProxyServer(`http://${credentials}@h`).name).toBe("http://h:8080");
    }
  });
});
