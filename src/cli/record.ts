import { systemClock } from "../clock.js";
import { type Config, readMachine } from "../config.js";
import { openMemoryStore } from "../log/memory.js";
import { reachOf } from "../reach.js";
import type { Broadcast } from "../rooms/pipeline.js";
import { nameIn } from "../rooms/resolve.js";
import { Supervisor } from "../rooms/supervisor.js";
import { Recorder } from "../sources/recorder.js";
import type { Received } from "../sources/source.js";
import { Visitor } from "../sources/visitor.js";
import { Progress } from "./progress.js";
import { aborted, stopSignal } from "./stop.js";
import { plain, say } from "./terminal.js";

const SETTLE_MS = 10_000;

/** `dylive record ROOM`: what the room sends, byte for byte, into a file (`ROOM.dyrec` unless named); each further broadcast into one of its own. Ends when stopped. */
export async function record(config: Config, room: string, file: string | null): Promise<void> {
  const stop = stopSignal();
  const reach = reachOf(config, readMachine(), systemClock);
  const id = (await nameIn(room, { platform: reach.platform, visitor: new Visitor(reach.userAgent) }, stop)).value;
  const out = file ?? `${id}.dyrec`;
  const store = openMemoryStore({ maxEventsPerRoom: 1000 });
  const progress = new Progress(out, "frames");
  let recorder: Recorder | null = null;
  let frames = 0;
  let fail: (error: unknown) => void = () => {};
  const failed = new Promise<never>((_resolve, reject) => {
    fail = reject;
  });
  failed.catch(() => {}); // raced below; may fail before that
  let roomIdNow = "";
  const onReceived = (batch: readonly Received[], { sessionId, webRid }: Broadcast) => {
    const roomId = sessionId ?? "";
    try {
      if (recorder === null || roomIdNow !== roomId) {
        const path = recorder === null ? out : out.replace(/(\.[^./]*)?$/, `-${roomId}$1`);
        recorder?.close();
        recorder = new Recorder(path, { webRid: webRid ?? "", roomId, title: "", startedAt: Date.now(), source: "websocket" });
        roomIdNow = roomId;
      }
      recorder.write(batch, Date.now());
      frames += batch.length;
      progress.show(frames);
    } catch (error) {
      fail(error); // a recording that silently stops is worse than one that ends
    }
  };
  const parts = { ...reach, store, clock: systemClock, pollMs: config.pollMs, onReceived, setAside: () => {} };
  const rooms = new Supervisor({ ...parts, maxOnDemandRooms: 1, onDemandIdleMs: Number.MAX_SAFE_INTEGER });
  try {
    const { status } = await rooms.request(id, SETTLE_MS, stop);
    say(plain(`${id}: ${status.state}, ${status.evidence.reason}; recording to ${out}`));
    await Promise.race([aborted(stop), failed]);
  } finally {
    await rooms.stop();
    await store.close();
    await reach.seats.close();
    (recorder as Recorder | null)?.close();
    progress.end(`${out}: ${frames} frames`);
  }
}
