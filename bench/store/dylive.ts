import { Pipeline } from "../../src/ingest/pipeline.js";
import { Drift } from "../../src/platform/wire/drift.js";
import { decodeResponse } from "../../src/platform/wire/frame.js";
import { type Clock, systemClock } from "../../src/runtime/clock.js";
import { catchUp } from "../../src/statistics/reader.js";
import { openVocabulary } from "../../src/statistics/words.js";
import { openSqliteStore } from "../../src/store/sqlite/store.js";
import { originOf } from "../decode/cases.js";
import { grouped, type Sided, TOGETHER } from "./side.js";

/** The program's own way from the bytes of a Response to the log: decode, dedupe, gift ledger, append; silent combos are settled. */
export async function dylive(path: string): Promise<Sided> {
  const store = openSqliteStore({ path });
  let now = 0;
  const clock: Clock = { ...systemClock, now: () => now };
  const { webRid, anchorId, source } = originOf("");
  const room = await store.rooms.ensure([{ kind: "web_rid", value: webRid ?? "" }]);
  const drift = new Drift();
  const setAside = (_: unknown, error: unknown) => {
    throw error;
  };
  const pipeline = await Pipeline.open({ log: store.log, rooms: store.rooms, room, clock, drift, setAside });
  return {
    append: async ({ frames, roomId }) => {
      for (const group of grouped(frames, TOGETHER)) {
        const arrived = group.map(({ bytes, at }) => ({ receivedAt: at, response: decodeResponse(bytes, drift) }));
        now = group.at(-1)?.at ?? now;
        await pipeline.store(arrived, { sessionId: roomId, webRid, anchorId, source });
        await pipeline.settle();
      }
    },
    index: async () => {
      await catchUp(store, openVocabulary());
    },
  };
}
