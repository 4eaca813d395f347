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
  /** Mean time that a reader stays, in ms. */
  readonly stayMs: number;
  /** Rooms of each reader, by the way in which it reads. */
  readonly readers: readonly { readonly by: NonNullable<FollowOptions["by"]>; readonly rooms: readonly number[] }[];
}

/** Last seq that one was given of each room. */
type Places = readonly (readonly [room: number, seq: number])[];

/** What was given. */
export interface ReadersSeen {
  /** In the order of the orders. */
  readonly readers: readonly { readonly connections: number; readonly events: number; readonly places: Places }[];
  readonly hook: { readonly events: number };
  /** What came twice, out of order or not at all, in words; the first of it. */
  readonly wrong: readonly string[];
}

const WRONG_MOST = 20;

const { base, token, stayMs, readers: ordered }: ReaderOrders = JSON.parse(process.argv[2] ?? "{}");
const client = new DyliveClient({ url: base, token, WebSocket: WebSocket as never });
const wrong: string[] = [];

/** Looks whether a stretch of a room follows what one was given of it before. */
function follows(who: string, seqs: Map<number, number>, expected: number, room: number, from: number, to = from): void {
  if (from !== expected && wrong.length < WRONG_MOST) wrong.push(`${who}, room ${room}: seq ${from} where ${expected} should be`);
  seqs.set(room, to);
}

class Reader {
  readonly seqs = new Map<number, number>();
  connections = 0;
  events = 0;

  async read(who: string, by: FollowOptions["by"], rooms: readonly number[]): Promise<void> {
    for (let cursor = "0"; ; ) {
      const signal = AbortSignal.timeout(Math.round(stayMs * (0.5 + Math.random())));
      const given = client.follow(rooms.map(String), { by, types: EVENT_TYPES as EventType[], after: cursor, signal });
      this.connections++;
      for await (const { room, seq } of given) {
        follows(who, this.seqs, (this.seqs.get(room) ?? 0) + 1, room, seq);
        this.events++;
      }
      cursor = given.cursor ?? cursor;
    }
  }
}

const hook = { seqs: new Map<number, number>(), last: new Map<number, string>(), events: 0 };
const receiver = createServer((request, response) => {
  let text = "";
  request.setEncoding("utf8").on("data", (part: string) => {
    text += part;
  });
  request.on("end", () => {
    const id = String(request.headers["webhook-id"]);
    const { room, from, to, test } = JSON.parse(text) as Readonly<Record<"room" | "from" | "to", number>> & { readonly test?: true };
    // One whose answer was late comes again.
    if (test !== true && id !== hook.last.get(room)) {
      follows("webhook", hook.seqs, (hook.seqs.get(room) ?? from - 1) + 1, room, from, to);
      hook.events += to - from + 1;
      hook.last.set(room, id);
    }
    response.writeHead(204).end();
  });
});
receiver.listen(0, "127.0.0.1", () => process.send?.((receiver.address() as AddressInfo).port));

const readers = ordered.map(() => new Reader());
process.on("message", () =>
  process.send?.({
    readers: readers.map(({ connections, events, seqs }) => ({ connections, events, places: [...seqs] })),
    hook: { events: hook.events },
    wrong,
  } satisfies ReadersSeen),
);
for (const [at, { by, rooms }] of ordered.entries())
  void readers[at]?.read(`${by} ${at}`, by, rooms).catch((error: unknown) => {
    wrong.push(`${by} ${at} ended: ${String(error)}`);
  });
