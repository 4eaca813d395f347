import { Pipeline } from "../../src/ingest/pipeline.js";
import { Drift } from "../../src/platform/wire/drift.js";
import { systemClock } from "../../src/runtime/clock.js";
import { websocketSource } from "../../src/sources/websocket.js";
import { openSqliteStore } from "../../src/store/sqlite/store.js";
import { originOf } from "../decode/cases.js";
import type { Receiver, Run } from "./receiver.js";

/** The program's own parts, put together as its collector does: websocket source → pipeline → SQLite store. */
export async function dylive({ url, frames, database, roomId }: Run): Promise<Receiver> {
  const store = openSqliteStore({ path: database });
  const { webRid, sessionId, anchorId, source } = originOf(roomId);
  const room = await store.rooms.ensure([{ kind: "web_rid", value: webRid ?? "" }]);
  const drift = new Drift();
  const setAside = (_: unknown, error: unknown) => {
    throw error;
  };
  const pipeline = await Pipeline.open({ log: store.log, rooms: store.rooms, room, clock: systemClock, drift, setAside });
  const socket = websocketSource({ connectUrl: () => Promise.resolve(url), headers: {}, clock: systemClock, drift });
  return {
    receive: async () => {
      let left = frames;
      for await (const batch of socket.open(new AbortController().signal)) {
        await pipeline.store(batch, { sessionId, webRid, anchorId, source });
        left -= batch.length;
        if (left <= 0) break;
      }
    },
    close: () => store.close(),
  };
}
