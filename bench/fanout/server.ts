import { subscribe } from "node:diagnostics_channel";
import type { Socket } from "node:net";
import { pino } from "pino";
import type { Batch } from "../../src/feed/batch.js";
import { encodeCursor } from "../../src/feed/cursor.js";
import { Feed } from "../../src/feed/feed.js";
import type { RoomOperations } from "../../src/health/state.js";
import { startApi } from "../../src/http/server.js";
import { createToken } from "../../src/http/tokens.js";
import { systemClock } from "../../src/runtime/clock.js";
import { openSqliteStore } from "../../src/store/sqlite/store.js";
import { answer, cpuSeconds } from "../child.js";
import { roomEvents } from "./events.js";
import { naiveServer } from "./naive.js";

/** What a server is asked. */
export type Question =
  | { readonly what: "open" }
  /** `size` events at a time: one batch of the room, or spread over the rooms and over the time until the next. */
  | { readonly what: "deliver"; readonly batches: number; readonly size: number; readonly everyMs: number };
/** Where it listens. */
export interface Opened {
  readonly port: number;
  readonly token: string;
  readonly rooms: readonly number[];
  readonly meanBytes: number;
}
/** What delivering took. */
export interface Took {
  readonly cpuSeconds: number;
  readonly wallSeconds: number;
}

const [kind, count] = process.argv.slice(2);
const logger = pino({ level: "silent" });
const store = openSqliteStore({ path: ":memory:" });
const rooms: { readonly room: number; readonly epoch: number }[] = [];
for (let index = 0; index < Number(count); index++) {
  const room = await store.rooms.ensure([{ kind: "web_rid", value: String(900_000_001 + index) }]);
  rooms.push({ room, epoch: await store.rooms.claim(room) });
}
const events = await roomEvents(500, "fanout");
let made = 0;

/** The sockets of the readers, whichever server they are of. */
const sockets = new Set<Socket>();
subscribe("net.server.socket", (message) => {
  const { socket } = message as { socket: Socket };
  sockets.add(socket);
  socket.once("close", () => sockets.delete(socket));
});

const manager = { list: async () => [] } as unknown as RoomOperations;
const port =
  kind === "naive"
    ? await naivePort()
    : (await startApi({ host: "127.0.0.1", port: 0, store, rooms: manager, clock: systemClock, logger })).port;
const { token } = await createToken(store.tokens, { name: "bench", scope: "read", now: Date.now() });

/** The other side gets its batches from the same log by the same feed: only the way from there to the sockets differs. */
async function naivePort(): Promise<number> {
  const naive = await naiveServer();
  const onError = (error: unknown) => console.error(error);
  const feed = new Feed({ log: store.log, clock: systemClock, onError });
  const take = (batch: Batch) => {
    const cursors = JSON.stringify(batch.rows.map(({ pos }) => encodeCursor(store.log.id, pos)));
    naive.send(`{"type":"events","events":[${batch.rows.map(({ text }) => text).join(",")}],"cursors":${cursors}}`);
    return undefined;
  };
  const { signal } = new AbortController();
  for (const { room } of rooms) feed.follow({ rooms: new Set([room]), after: 0, take }, signal).done.catch(onError);
  return naive.port;
}

/** Waits until every reader was given more than before, and has taken it: where readers are behind, nothing is heaped up before them. */
async function taken(before: ReadonlyMap<Socket, number>): Promise<void> {
  const waiting = [...sockets];
  for (let last = waiting.at(-1); last !== undefined; last = waiting.at(-1)) {
    if (last.bytesWritten > (before.get(last) ?? 0) && last.writableLength === 0) waiting.pop();
    else await new Promise((resolve) => setTimeout(resolve, 1));
  }
}

answer<Question, Opened | Took>(async (question) => {
  if (question.what === "open") {
    const meanBytes = Math.round(events.reduce((sum, event) => sum + Buffer.byteLength(JSON.stringify(event)), 0) / events.length);
    return { port, token, rooms: rooms.map(({ room }) => room), meanBytes };
  }
  const cpu = cpuSeconds();
  const began = performance.now();
  for (let batch = 0; batch < question.batches; batch++) {
    const next = performance.now() + question.everyMs;
    const before = new Map([...sockets].map((socket) => [socket, socket.bytesWritten] as const));
    await Promise.all(rooms.map((_, index) => append(made + (index * question.size) / rooms.length, index, question)));
    made += question.size;
    await taken(before);
    await pause(next - performance.now());
  }
  const wallSeconds = (performance.now() - began) / 1000;
  // What is held back until the turn is over leaves now, and is part of it.
  await pause(50);
  return { cpuSeconds: cpuSeconds() - cpu, wallSeconds };
});

/** One room's share of a batch, from the event of this number on, when it is its turn. */
async function append(first: number, index: number, { size, everyMs }: { readonly size: number; readonly everyMs: number }): Promise<void> {
  const one = rooms[index];
  if (one === undefined) throw new Error("there is no such room");
  if (index > 0) await pause((index * everyMs) / rooms.length);
  const events = Array.from({ length: size / rooms.length }, (_, event) => eventAt(first + event, one.room));
  await store.log.append([{ ...one, events }]);
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, Math.max(0, ms)));
}

function eventAt(index: number, room: number) {
  const event = events[index % events.length];
  if (event === undefined) throw new Error("there are no events");
  return { ...event, id: `${event.id.slice(0, 10)}${String(index).padStart(9, "0")}`, room };
}
