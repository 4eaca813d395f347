import { gzipSync } from "node:zlib";
import { loadSchema } from "../../simulator/schema.js";
import { Pipeline } from "../../src/ingest/pipeline.js";
import { readFrame } from "../../src/platform/access/read.js";
import { normalise } from "../../src/platform/messages/normalise.js";
import { Drift } from "../../src/platform/wire/drift.js";
import { systemClock } from "../../src/runtime/clock.js";
import { openSqliteStore } from "../../src/store/sqlite/store.js";
import { alike, type WorstCase } from "./turns.js";

const schema = loadSchema();
const MIB = 1024 * 1024;
const broadcast = { sessionId: "7624505674873244442", webRid: "1", anchorId: null, source: "websocket" } as const;
const context = { ...broadcast, room: 1, receivedAt: 1_777_726_800_000 };

function repeated(part: readonly number[], bytes: number): Buffer {
  const whole = Buffer.alloc(bytes - (bytes % part.length));
  for (let i = 0; i < whole.length; i++) whole[i] = part[i % part.length] ?? 0;
  return whole;
}

function frameOf(response: Uint8Array): Uint8Array {
  const headers = [{ key: "compress_type", value: "gzip" }];
  return schema.encode("PushFrame", { log_id: "1", payload_type: "msg", headers, payload: gzipSync(response) });
}

/** A Response of so many gifts, each a combo of its own. */
function combos(count: number): Uint8Array {
  const messages = Array.from({ length: count }, (_, i) => ({
    method: "WebcastGiftMessage",
    payload: schema.encode("GiftMessage", {
      ...{ common: { msg_id: String(10_000 + i), create_time: "1777726799000" }, user: { id: String(i + 1) } },
      ...{ gift_id: "1", group_id: "9", repeat_count: "2", combo_count: "2", gift: { id: "1", type: 1, combo: true } },
    }),
  }));
  return schema.encode("Response", { messages });
}

/** A pipeline into a database on a disk. */
async function opened(path: string) {
  const store = openSqliteStore({ path, clock: systemClock });
  const room = await store.rooms.ensure([{ kind: "web_rid", value: "1" }]);
  const setAside = (_event: unknown, error: unknown) => {
    throw error;
  };
  return {
    store,
    pipeline: await Pipeline.open({ log: store.log, rooms: store.rooms, room, clock: systemClock, drift: new Drift(), setAside }),
  };
}

/** What a hostile platform could send. @param folder of databases */
export function framesOfAnEnemy(folder: string): readonly WorstCase[] {
  const read = (name: string, response: Uint8Array): WorstCase => {
    const frame = frameOf(response);
    return alike(`a frame of ${frame.length} bytes: ${name}`, () => readFrame(frame, 0, new Drift()));
  };
  const decoded = (name: string, method: string, payload: Uint8Array): WorstCase =>
    alike(`a message of ${payload.length} bytes: ${name}`, () =>
      JSON.stringify(normalise({ method, msgId: "7", payload }, { ...context, drift: new Drift() })),
    );
  const many = frameOf(combos(19_990));
  let databases = 0;
  return [
    read("30 MB of fields of a wrong type", repeated([8, 1], 30_000_000)),
    read("4 MiB of fields of a wrong type", repeated([8, 1], 4 * MIB)),
    read("4 MiB of unknown fields", repeated([0x98, 6, 1], 4 * MIB)),
    read("4 MiB of groups", repeated([0x9b, 6, 0x9c, 6], 4 * MIB)),
    read("20,000 messages of nothing", repeated([10, 0], 40_000)),
    decoded("fields of a wrong type", "WebcastChatMessage", repeated([0x18, 1], MIB)),
    decoded("users, each in place of the one before", "WebcastChatMessage", repeated([0x12, 0], MIB)),
    decoded("5,000 pieces of text", "WebcastChatMessage", Buffer.concat([Buffer.from([0xc2, 2, 0x90, 0x4e]), repeated([0x22, 0], 10_000)])),
    decoded("one text", "WebcastChatMessage", schema.encode("ChatMessage", { content: '😀"'.repeat(200_000) })),
    {
      name: "a Response of 19,990 combos into SQLite",
      ready: async () => {
        const { store, pipeline } = await opened(`${folder}/combos-${databases++}.db`); // one that has them already only finds them there
        const work = async () => {
          const { response } = readFrame(many, context.receivedAt, new Drift()).received;
          await pipeline.store([{ receivedAt: context.receivedAt, response }], broadcast);
          await pipeline.settle(context.receivedAt + 1); // all of them
        };
        return { work, after: () => store.close() };
      },
    },
  ];
}
