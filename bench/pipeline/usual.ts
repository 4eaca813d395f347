import { gunzipSync } from "node:zlib";
import Database from "better-sqlite3";
import WebSocket from "ws";
import type { NewEvent } from "../../src/events/event.js";
import { originOf } from "../decode/cases.js";
import { protobufjs } from "../libraries/protobufjs.js";
import { makeNormaliser } from "../normaliser.js";
import { PLAIN_INSERT, PLAIN_TABLE } from "../plain-table.js";
import type { Receiver, Run } from "./receiver.js";

/**
 * Does as most programs of this kind do: ws, gunzipSync, protobufjs' static code with Long, JSON.stringify, and one transaction per
 * frame. As durable as dylive (WAL, synchronous FULL), and like it no message is stored twice. It does not count gifts.
 *
 * @param grouped whether all frames of one turn of the event loop share a transaction, as a careful program would have it
 */
async function stack({ url, frames, database, roomId }: Run, grouped: boolean): Promise<Receiver> {
  const library = await protobufjs();
  const normalise = makeNormaliser(library);
  const { room, webRid, sessionId, anchorId, source } = originOf(roomId);
  const db = new Database(database);
  db.pragma("journal_mode = WAL");
  db.pragma("synchronous = FULL");
  db.exec(PLAIN_TABLE);
  const insert = db.prepare(PLAIN_INSERT);
  const store = db.transaction((events: readonly NewEvent[]) => {
    for (const event of events) {
      const user = "user" in event ? event.user : undefined;
      insert.run(event.room, event.id, event.type, event.time, user?.id ?? null, JSON.stringify(event));
    }
  });
  return {
    receive: () =>
      new Promise<void>((resolve, reject) => {
        const socket = new WebSocket(url, { perMessageDeflate: false });
        let left = frames;
        let waiting: NewEvent[] = [];
        const commit = () => {
          store(waiting);
          waiting = [];
          if (left > 0) return;
          socket.terminate();
          resolve();
        };
        socket.on("error", reject);
        socket.on("message", (data: Buffer) => {
          const frame = library.frame.decode(data);
          const gzipped = frame.headers.some(({ key, value }) => key === "compress_type" && value === "gzip");
          const bytes = gzipped ? gunzipSync(frame.payload) : frame.payload;
          const response = library.response(bytes);
          const drafts = normalise(response, { room, webRid, sessionId, anchorId, receivedAt: Date.now(), source });
          if (response.needAck) {
            const payload = Buffer.from(response.internalExt);
            socket.send(library.frame.encode({ logId: frame.logId, payloadType: "ack", payload }).finish());
          }
          for (const { event } of drafts) waiting.push(event);
          left--;
          if (!grouped) commit();
          else if (waiting.length === drafts.length) setImmediate(commit);
        });
      }),
    close: async () => {
      db.close();
    },
  };
}

/** Commits each frame. */
export const usual = (run: Run): Promise<Receiver> => stack(run, false);
/** Commits the frames of a turn together. */
export const grouped = (run: Run): Promise<Receiver> => stack(run, true);
