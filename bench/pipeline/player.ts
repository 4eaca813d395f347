import type { AddressInfo } from "node:net";
import { type WebSocket, WebSocketServer } from "ws";
import { answer } from "../child.js";
import { readChunks } from "../corpus-file.js";

/** Bytes that may wait in the socket; enough that the receiver never waits for the player. */
const AHEAD_BYTES = 8 * 1024 * 1024;

const frames = readChunks(process.argv[2] ?? "");
const server = new WebSocketServer({ host: "127.0.0.1", port: 0, perMessageDeflate: false });

server.on("connection", (socket) => {
  socket.on("message", () => {}); // acks and heartbeats
  socket.on("error", () => {});
  play(socket, 0);
});

/** Sends every frame once, as fast as the other side takes them. */
function play(socket: WebSocket, from: number): void {
  let next = from;
  while (next < frames.length && socket.readyState === socket.OPEN && socket.bufferedAmount < AHEAD_BYTES) {
    const frame = frames[next++];
    if (frame !== undefined) socket.send(frame);
  }
  if (next < frames.length && socket.readyState === socket.OPEN) setTimeout(() => play(socket, next), 1);
}

/** The answer to any question is the port. */
answer<unknown, number>(async () => {
  if (server.address() === null) await new Promise((resolve) => server.once("listening", resolve));
  return (server.address() as AddressInfo).port;
});
