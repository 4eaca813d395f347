import { corpus } from "../../simulator/index.js";
import { isUser } from "../../src/erasure/identity.js";
import type { User } from "../../src/events/event.js";
import { Pipeline } from "../../src/ingest/pipeline.js";
import { readFrame } from "../../src/platform/access/read.js";
import { Drift } from "../../src/platform/wire/drift.js";
import { advance, catchUp } from "../../src/statistics/reader.js";
import type { RoomKey } from "../../src/store/log.js";
import type { Store } from "../../src/store/store.js";
import { FakeClock } from "../clock.js";
import { plainWords } from "../statistics/plain-words.js";

const START = 1_777_726_780_000;

/** How busy a store is to have been. */
export interface Busy {
  readonly rooms: number;
  readonly framesOfEach: number;
}

/**
 * Fills a store with what some busy rooms bring at the same time, as a server does: batch after batch of each room in turn, counted and indexed
 * in between.
 */
export async function fillBusily(store: Store, { rooms, framesOfEach }: Busy): Promise<void> {
  const drift = new Drift();
  const clock = new FakeClock(START);
  const feeds = await Promise.all(
    Array.from({ length: rooms }, async (_, n) => {
      const { roomId, frames } = corpus({ seed: `busy/${n}`, frames: framesOfEach, start: START + n * 1000 });
      const webRid = `90000000${n}`;
      const room = await store.rooms.ensure([{ kind: "web_rid", value: webRid }]);
      const setAside = (_event: unknown, error: unknown) => {
        throw error;
      };
      const pipeline = await Pipeline.open({ log: store.log, rooms: store.rooms, room, clock, drift, setAside });
      return { webRid, roomId, frames, pipeline };
    }),
  );
  for (let at = 0; at < framesOfEach; at += 5) {
    for (const { webRid, roomId, frames, pipeline } of feeds) {
      const batch = frames.slice(at, at + 5).map((frame, n) => readFrame(frame, START + (at + n) * 400, drift).received);
      await pipeline.store(batch, { webRid, sessionId: roomId, anchorId: null, source: "websocket" });
      if (at % 25 === 0) await advance(store, plainWords);
    }
  }
  await catchUp(store, plainWords);
}

/** People of a store with an id, the most frequent first. */
export async function peopleOf(store: Store): Promise<readonly User[]> {
  const seen = new Map<string, { user: User; times: number }>();
  const visit = (value: unknown): void => {
    if (typeof value !== "object" || value === null) return;
    if (isUser(value) && value.id !== null && value.secUid !== null) {
      const known = seen.get(value.id);
      if (known === undefined) seen.set(value.id, { user: value, times: 1 });
      else known.times++;
    }
    for (const one of Object.values(value)) visit(one);
  };
  for (const room of (await store.log.heads()).keys()) await eachEvent(store, room, visit);
  return [...seen.values()].sort((a, b) => b.times - a.times).map(({ user }) => user);
}

async function eachEvent({ log }: Store, room: RoomKey, visit: (event: unknown) => void): Promise<void> {
  for (let after = 0; ; ) {
    const { events, scanned, head } = await log.readRoom(room, after, 1000);
    for (const event of events) visit(event);
    after = scanned;
    if (after >= head) return;
  }
}
