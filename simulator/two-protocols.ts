import type { Server as PlainServer } from "node:http";
import { createServer as createSecureServer } from "node:https";
import { createServer, type Server, type Socket } from "node:net";
import { selfSigned } from "./certificate.js";

/** First byte of a TLS connection: a handshake record. */
const TLS_HANDSHAKE = 0x16;

/**
 * Makes a server that takes plain HTTP and TLS at one port. Browsers have the platform's own addresses, which are `https:` alone: what is asked for at
 * host H by TLS is asked of the plain server as `/@H/…`.
 */
export function withTls(plain: PlainServer): Server {
  const secure = createSecureServer(selfSigned("simulated platform", Date.now()));
  for (const name of ["request", "upgrade"] as const)
    secure.on(name, (request, ...rest) => {
      request.url = `/@${request.headers.host}${request.url}`;
      plain.emit(name, request, ...rest);
    });
  secure.on("clientError", (_error, socket) => socket.destroy());
  return createServer((socket: Socket) => {
    socket.on("error", () => socket.destroy());
    socket.once("data", (first) => {
      socket.pause();
      socket.unshift(first);
      if (first[0] === TLS_HANDSHAKE) return void secure.emit("connection", socket); // reads what is buffered by itself
      plain.emit("connection", socket);
      socket.resume();
    });
  });
}
