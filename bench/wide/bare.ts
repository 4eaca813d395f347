import WebSocket, { WebSocketServer } from "ws";
import { encodeHeartbeatAnswer } from "../../simulator/frame.js";
import { loadSchema } from "../../simulator/schema.js";
import { HEARTBEAT } from "../../src/platform/wire/frame.js";
import { answer } from "../child.js";

/** Questions to a process with sockets of `ws` and nothing else: one answers, another sends the heartbeats. */
export type BareQuestion = { readonly what: "listen" } | { readonly what: "connect"; readonly url: string; readonly sockets: number };

const HEARTBEAT_MS = 10_000;
/** Sockets that are opened together. */
const TOGETHER = 100;

answer((question: BareQuestion) => (question.what === "listen" ? listen() : connect(question.url, question.sockets)));

/** Answers each heartbeat as the platform does. @returns the address */
async function listen(): Promise<string> {
  const schema = loadSchema();
  const server = new WebSocketServer({ host: "127.0.0.1", port: 0, perMessageDeflate: false });
  await new Promise((resolve) => server.once("listening", resolve));
  let seqId = 0;
  server.on("connection", (socket) => {
    socket.on("message", () => {
      const head = { seqId: ++seqId, logId: String(7_624_505_674_873_000_000n + BigInt(seqId)), serverTime: Date.now() };
      socket.send(encodeHeartbeatAnswer(schema, head));
    });
  });
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("a TCP port was asked for");
  return `ws://127.0.0.1:${address.port}`;
}

/** Opens so many sockets, each with a timer of its own for its heartbeats. @returns null when all are open */
async function connect(url: string, sockets: number): Promise<null> {
  for (let at = 0; at < sockets; at += TOGETHER) {
    const opened = Array.from({ length: Math.min(TOGETHER, sockets - at) }, async () => {
      const socket = new WebSocket(url, { perMessageDeflate: false });
      socket.on("message", () => {});
      await new Promise((resolve, reject) => socket.once("open", resolve).once("error", reject));
      setInterval(() => socket.send(HEARTBEAT), HEARTBEAT_MS);
    });
    await Promise.all(opened);
  }
  return null;
}
