import { once } from "node:events";
import { createServer as createHttp } from "node:http";
import { type AddressInfo, connect, createServer, type Server, type Socket } from "node:net";

/** A proxy for tests: what it was asked for, in order. */
export interface TestProxy {
  readonly port: number;
  readonly asked: string[];
  /** Bytes that came back through it. */
  carried(): number;
  close(): Promise<void>;
}

/** An HTTP proxy that wants a user and a password. */
export async function httpProxy(credentials: string): Promise<TestProxy> {
  const asked: string[] = [];
  const server = createHttp();
  server.on("connect", (request, socket: Socket) => {
    const given = Buffer.from((request.headers["proxy-authorization"] ?? "").replace("Basic ", ""), "base64").toString();
    if (given !== credentials) return void socket.end("HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n\r\n");
    asked.push(request.url ?? "");
    const { hostname, port } = new URL(`http://${request.url}`);
    pipe(socket, hostname, Number(port) || 80, () => socket.write("HTTP/1.1 200 Connection established\r\n\r\n"));
  });
  return serving(server, asked);
}

/** A SOCKS5 proxy (RFC 1928) with a user and a password (RFC 1929). */
export async function socksProxy(user: string, password: string, { deadEnd = false } = {}): Promise<TestProxy> {
  const asked: string[] = [];
  const server = createServer(async (socket) => {
    socket.on("error", () => {});
    const [greeting] = (await once(socket, "data")) as [Buffer];
    if (!greeting.subarray(2).includes(2)) return void socket.end(Buffer.from([5, 0xff]));
    socket.write(Buffer.from([5, 2]));
    const [login] = (await once(socket, "data")) as [Buffer];
    const userEnd = 2 + (login[1] ?? 0);
    const right = login.subarray(2, userEnd).toString() === user && login.subarray(userEnd + 1).toString() === password;
    socket.write(Buffer.from([1, right ? 0 : 1]));
    if (!right) return void socket.end();
    const [ask] = (await once(socket, "data")) as [Buffer];
    const named = ask[3] === 3;
    const host = named ? ask.subarray(5, 5 + (ask[4] ?? 0)).toString() : ask.subarray(4, 8).join(".");
    const port = ask.readUInt16BE(ask.length - 2);
    asked.push(`${host}:${port}`);
    if (deadEnd) return void socket.end(Buffer.from([5, 4, 0, 1, 0, 0, 0, 0, 0, 0]));
    pipe(socket, host, port, () => socket.write(Buffer.from([5, 0, 0, 1, 0, 0, 0, 0, 0, 0])));
  });
  return serving(server, asked);
}

function pipe(socket: Socket, host: string, port: number, ready: () => void): void {
  const target = connect(port, host);
  target.once("connect", () => {
    ready();
    socket.pipe(target).pipe(socket);
  });
  for (const end of [socket, target])
    end.on("error", () => {
      socket.destroy();
      target.destroy();
    });
  socket.on("close", () => target.destroy());
  target.on("close", () => socket.destroy());
}

async function serving(server: Server, asked: string[]): Promise<TestProxy> {
  const open = new Set<Socket>();
  let closedBytes = 0;
  server.on("connection", (socket: Socket) => {
    open.add(socket);
    socket.on("close", () => {
      open.delete(socket);
      closedBytes += socket.bytesWritten;
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    port: (server.address() as AddressInfo).port,
    asked,
    carried: () => [...open].reduce((bytes, socket) => bytes + socket.bytesWritten, closedBytes),
    close: async () => {
      for (const socket of open) socket.destroy();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
}
