import type { NewEvent } from "../../src/events/event.js";
import { openStore } from "../../src/store/open.js";
import { answer, cpuSeconds } from "../child.js";
import { Supply } from "../postgres/events.js";
import { Process } from "../wide/process.js";
import { byRoom } from "./by-room.js";

/** Layouts of a log: dylive's own store, and the plain rival. */
export type LayoutName = "dylive" | "by room";

/** Appends events of several rooms in one transaction; resolves when it is on disk. */
export type Append = (batches: readonly { readonly room: number; readonly events: readonly NewEvent[] }[]) => Promise<void>;

/** Appends so many events, in random order of their rooms, so many a commit. */
export interface Fill {
  readonly events: number;
  readonly together: number;
}

/** Costs of an event. */
export interface Cost {
  readonly cpuMicros: number;
  /** Bytes that were written to the disk. */
  readonly bytes: number;
}

const [name, path = "", count = "0"] = process.argv.slice(2);
const rooms = Array.from({ length: Number(count) }, (_, i) => i + 1);
const supply = await Supply.open();
const append = name === "dylive" ? await dylive() : byRoom(path);
const self = new Process(process.pid);
let seed = 1;

answer<Fill, Cost>(async ({ events, together }) => {
  const commits = Array.from({ length: events / together }, () => {
    const batches = new Map<number, NewEvent[]>();
    for (let n = 0; n < together; n++) {
      const event = supply.next(rooms[Math.floor(random() * rooms.length)] ?? 1);
      const batch = batches.get(event.room);
      if (batch === undefined) batches.set(event.room, [event]);
      else batch.push(event);
    }
    return [...batches].map(([room, some]) => ({ room, events: some }));
  });
  const [cpu, bytes] = [cpuSeconds(), self.writtenBytes()];
  for (const batches of commits) await append(batches);
  return { cpuMicros: (1e6 * (cpuSeconds() - cpu)) / events, bytes: (self.writtenBytes() - bytes) / events };
});

async function dylive(): Promise<Append> {
  const store = await openStore({ engine: "sqlite", path });
  const keys = await Promise.all(rooms.map((n) => store.rooms.ensure([{ kind: "web_rid", value: String(n) }])));
  rooms.splice(0, rooms.length, ...keys);
  return async (batches) => {
    await store.log.append(batches.map((batch) => ({ ...batch, epoch: null })));
  };
}

/** The same rooms on both sides. */
function random(): number {
  seed = (seed * 48_271) % 2_147_483_647;
  return seed / 2_147_483_647;
}
