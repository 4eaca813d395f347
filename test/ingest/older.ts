// A room that was collected and recorded by a decoder of long ago.

import { corpus } from "../../simulator/index.js";
import { lateErasures } from "../../src/erasure/late.js";
import type { LiveEvent } from "../../src/events/event.js";
import { type Broadcast, Pipeline } from "../../src/ingest/pipeline.js";
import { redecode } from "../../src/ingest/redecode.js";
import type { Received } from "../../src/platform/access/read.js";
import { readFrame } from "../../src/platform/access/read.js";
import { normalise } from "../../src/platform/messages/normalise.js";
import { Drift } from "../../src/platform/wire/drift.js";
import { rawFiles } from "../../src/sources/raw/files.js";
import { RawRecorder } from "../../src/sources/raw/recorder.js";
import type { Store } from "../../src/store/store.js";
import { FakeClock } from "../clock.js";
import { readAll } from "../contracts/harness.js";

export const T0 = 1_777_726_800_000;
export const made = corpus({ seed: "redecode", frames: 80 });
export const received: Received[] = made.frames.map((frame, i) => readFrame(frame, T0 + i * 500, new Drift()).received);
export const broadcast: Broadcast = { sessionId: made.roomId, webRid: "98765", anchorId: null, source: "websocket" };

/** A decoder of long ago: it knew no likes, read every grade as unknown, took every gift for one unit, and fans' clubs for something unknown. */
export const older: typeof normalise = (envelope, context) => {
  if (envelope.method === "WebcastLikeMessage") return null;
  const draft = normalise(envelope, context);
  if (draft === null) return null;
  if (envelope.method === "WebcastFansclubMessage") {
    const { id, room, webRid, sessionId, method, time, receivedAt, source, revision } = draft.event;
    const payload = Buffer.from(envelope.payload).toString("base64");
    const bytes = envelope.payload.length;
    const event = { id, room, webRid, sessionId, method, type: "unknown", time, receivedAt, source, revision, payload, bytes } as const;
    return { event, claim: null };
  }
  const event = { ...draft.event };
  if ("user" in event && event.user !== undefined) event.user = { ...event.user, payLevel: null };
  return (draft.claim === null ? { event, claim: null } : { event, claim: { ...draft.claim, total: 1 } }) as typeof draft;
};

/** @param folder of all raw recordings */
export async function collected(store: Store, decode: typeof normalise | undefined, folder: string) {
  const room = await store.rooms.ensure([{ kind: "web_rid", value: "98765" }]);
  await store.sessions.open(room, made.roomId, T0);
  const clock = new FakeClock(T0);
  const setAside = (_event: unknown, error: unknown) => {
    throw error;
  };
  const raw = new RawRecorder({ folder, clock, byDefault: true, maxBytes: 50_000, onError: setAside });
  const parts = { log: store.log, rooms: store.rooms, room, clock, drift: new Drift(), setAside };
  const pipeline = await Pipeline.open({ ...parts, ...(decode && { decode }) });
  for (let at = 0; at < received.length; at += 4) {
    raw.take(room, received.slice(at, at + 4), broadcast);
    await pipeline.store(received.slice(at, at + 4), broadcast);
  }
  await clock.advance(120_000);
  await pipeline.settle();
  await raw.close();
  const again = async (change: Partial<Parameters<typeof redecode>[0]> = {}) =>
    redecode({
      store,
      room,
      files: await rawFiles(folder, room),
      clock: { now: () => clock.now(), every: clock.every.bind(clock), sleep: async () => {} }, // what a server is about to store is not waited for
      drift: new Drift(),
      erased: lateErasures(store),
      signal: new AbortController().signal,
      setAside,
      ...change,
    });
  const events = async () => (await readAll(store.log, room)).events;
  return { room, clock, pipeline, again, events, folder };
}

/** Events without what tells when they were stored; what settles is told by its combo. */
export const bodies = (events: readonly LiveEvent[]) =>
  new Map(events.filter(({ type }) => type !== "gift").map((event) => [event.id, { ...event, seq: 0, revision: 0 }]));
export const units = (events: readonly LiveEvent[]) => {
  const sums = new Map<string, [number, number | null]>();
  for (const event of events) {
    if (event.type !== "gift") continue;
    const [count, worth] = sums.get(event.comboId) ?? [0, 0];
    sums.set(event.comboId, [count + event.delta, worth === null || event.diamonds === null ? null : worth + event.diamonds]);
  }
  return new Map([...sums].sort());
};
