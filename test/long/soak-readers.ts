// A process of its own that reads a server in every way, leaves and comes back again and again, and is sent a webhook; tells what it was given.
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { WebSocket } from "ws";
import { DyliveClient, type FollowOptions } from "../../src/client.js";
import { EVENT_TYPES, type EventType } from "../../src/events/event.js";

/** What it is started with. */
export interface ReaderOrders {
  readonly base: string;
  readonly token: string;
  /** Rooms of each reader, by the way in which it reads. */
  readonly readers: readonly { readonly by: NonNullable<FollowOptions["by"]>; readonly rooms: readonly number[] }[];
}

/** What was given. */
export interface ReadersSeen {
  readonly connections: number;
  readonly events: number;
  readonly delivered: number;
  /** What came twice, out of order or not at all, in words; the first of it. */
  readonly wrong: readonly string[];
}

/** Mean time that a reader stays, in ms. */
const STAY_MS = 20_000;
const WRONG_MOST = 20;

const { base, token, readers }: ReaderOrders = JSON.parse(process.argv[2] ?? "{}");
const client = new DyliveClient({ url: base, token, WebSocket: WebSocket as never });
const wrong: string[] = [];
let [connections, events, delivered] = [0, 0, 0];

/** Looks whether a stretch of a room follows what one was given of it; a webhook begins where the room is. */
function follows(who: string, seqs: Map<number, number>, room: number, from: number, to = from): void {
  const expected = (seqs.get(room) ?? (who === "webhook" ? from - 1 : 0)) + 1;
  if (from !== expected && wrong.length < WRONG_MOST) wrong.push(`${who}, room ${room}: seq ${from} where ${expected} should be`);
  seqs.set(room, to);
}

async function read(who: string, by: FollowOptions["by"], rooms: readonly number[]): Promise<void> {
  const seqs = new Map<number, number>();
  for (let cursor = "0"; ; ) {
    const signal = AbortSignal.timeout(Math.round(STAY_MS * (0.5 + Math.random())));
    const given = client.follow(rooms.map(String), { by, types: EVENT_TYPES as EventType[], after: cursor, signal });
    connections++;
    for await (const { room, seq } of given) {
      follows(who, seqs, room, seq);
      events++;
    }
    cursor = given.cursor ?? cursor;
  }
}

const ofHook = new Map<number, number>();
let last = "";
const receiver = createServer((request, response) => {
  let text = "";
  request.setEncoding("utf8").on("data", (part: string) => {
    text += part;
  });
  request.on("end", () => {
    const id = String(request.headers["webhook-id"]);
    const { room, from, to, test } = JSON.parse(text) as Readonly<Record<"room" | "from" | "to", number>> & { readonly test?: true };
    // One whose answer was late comes again.
    if (id !== last && test !== true) {
      follows("webhook", ofHook, room, from, to);
      delivered += to - from + 1;
    }
    last = id;
    response.writeHead(204).end();
  });
});
receiver.listen(0, "127.0.0.1", () => process.send?.((receiver.address() as AddressInfo).port));
process.on("message", () => process.send?.({ connections, events, delivered, wrong } satisfies ReadersSeen));
for (const [at, { by, rooms }] of readers.entries())
  void read(`${by} ${at}`, by, rooms).catch((error: unknown) => {
    wrong.push(`${by} ${at} ended: ${String(error)}`);
  });
