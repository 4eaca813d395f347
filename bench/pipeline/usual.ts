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
 * What most programs of this kind do: ws, gunzipSync, protobufjs' static code with Long, JSON.stringify, and one transaction per
 * frame. As durable as dylive (WAL, synchronous FULL), and like it no message is stored twice. It does not count gifts.
 */
export async function usual({ url, frames, database, roomId }: Run): Promise<Receiver> {
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
          store(drafts.map(({ event }) => event));
          if (--left > 0) return;
          socket.terminate();
          resolve();
        });
      }),
    close: async () => {
      db.close();
    },
  };
}
