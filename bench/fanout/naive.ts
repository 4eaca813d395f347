import type { AddressInfo } from "node:net";
import { type WebSocket, WebSocketServer } from "ws";

/** What is usually written: a list of sockets, and `ws.send(string)` to each. */
export async function naiveServer(): Promise<{ readonly port: number; send(text: string): void }> {
  const sockets = new Set<WebSocket>();
  const server = new WebSocketServer({ host: "127.0.0.1", port: 0, perMessageDeflate: false });
  server.on("connection", (socket) => {
    sockets.add(socket);
    socket.on("error", () => {});
    socket.on("close", () => sockets.delete(socket));
  });
  await new Promise((resolve) => server.once("listening", resolve));
  return {
    port: (server.address() as AddressInfo).port,
    send: (text) => {
      for (const socket of sockets) socket.send(text);
    },
  };
}
