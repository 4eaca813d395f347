import { createHash } from "node:crypto";
import { connect } from "node:net";
import { WebSocket } from "ws";
import { answer } from "../child.js";
import type { Opened } from "./server.js";

/** What the sink is asked: to connect readers, or what one of them has received since it was asked last. */
export type SinkQuestion =
  | { readonly what: "connect"; readonly side: "ws" | "sse"; readonly to: Opened; readonly readers: number }
  | { readonly what: "received"; readonly side: number };
/** The messages of a reader that parses, a hash of them and one of their events, whatever the order; and the bytes of each that only counts. */
export interface Received {
  readonly messages: number;
  readonly texts: string;
  readonly hash: string;
  readonly bytes: readonly number[];
}

/** An unasked answer to pings (RFC 6455, 5.5.3), with a mask of zeros: sockets that only count do not see the pings. */
const PONG = Buffer.from([0x8a, 0x80, 0, 0, 0, 0]);
const PONG_MS = 5_000;
/** One buffer for everything that is only counted. */
const buffer = Buffer.alloc(262_144);
const sides: { counts: number[]; messages: string[] }[] = [];

answer<SinkQuestion, number | Received>(async (question) => {
  if (question.what === "connect") return open(question.side, question.to, question.readers);
  const side = sides[question.side];
  if (side === undefined) throw new Error("there is no such side");
  const received = {
    messages: side.messages.length,
    // Each side has a log of its own, whose id is in its cursors.
    texts: hashOf(side.messages.map((text) => text.replace(/"cursors":\[[^\]]*\]/, ""))),
    hash: hashOf(
      side.messages
        .flatMap((text) => (JSON.parse(text) as { readonly events: readonly object[] }).events.map((event) => JSON.stringify(event)))
        .sort(),
    ),
    bytes: [...side.counts],
  };
  side.counts.fill(0);
  side.messages = [];
  return received;
});

/** Connects all readers but one as plain sockets that count bytes; the answer is the number of the side. */
async function open(kind: "ws" | "sse", to: Opened, readers: number): Promise<number> {
  const side = { counts: new Array<number>(readers - 1).fill(0), messages: [] as string[] };
  const subscribe = JSON.stringify({ op: "subscribe", rooms: to.rooms });
  for (let index = 0; index < readers - 1; index++)
    await plain(kind, to, subscribe, (bytes) => (side.counts[index] = (side.counts[index] ?? 0) + bytes));
  if (kind === "ws") {
    const socket = new WebSocket(`ws://127.0.0.1:${to.port}/v1/ws?token=${to.token}`);
    socket.on("message", (data) => {
      const text = String(data);
      if (!text.startsWith('{"type":"events"')) return;
      side.messages.push(text);
    });
    await new Promise((resolve) => socket.once("open", resolve));
    socket.send(subscribe);
  }
  sides.push(side);
  await new Promise((resolve) => setTimeout(resolve, 500));
  side.counts.fill(0);
  return sides.length - 1;
}

function plain(kind: "ws" | "sse", { port, token, rooms }: Opened, subscribe: string, count: (bytes: number) => void): Promise<void> {
  const upgrade =
    "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n";
  const path = kind === "ws" ? "/v1/ws" : `/v1/events/stream?rooms=${rooms}`;
  const head = `GET ${path} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${token}\r\n${kind === "ws" ? upgrade : ""}\r\n`;
  return new Promise((resolve) => {
    let first = true;
    const onread = {
      buffer,
      callback: (bytes: number) => {
        count(bytes);
        if (first) {
          first = false;
          if (kind === "ws") socket.write(masked(subscribe));
          resolve();
        }
        return true;
      },
    };
    const socket = connect({ port, host: "127.0.0.1", onread });
    socket.on("error", (error) => {
      throw error;
    });
    socket.write(head);
    if (kind === "ws") setInterval(() => socket.write(PONG), PONG_MS).unref();
  });
}

function hashOf(texts: readonly string[]): string {
  return createHash("sha256").update(texts.join("\n")).digest("hex");
}

/** A client's frame with a mask of zeros, which leaves the text as it is. */
function masked(text: string): Buffer {
  return Buffer.concat([Buffer.from([0x81, 0x80 | Buffer.byteLength(text), 0, 0, 0, 0]), Buffer.from(text)]);
}
