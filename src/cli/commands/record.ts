import { type Config, readMachine } from "../../app/config.js";
import { reachOf } from "../../app/platform.js";
import { OneRoom } from "../../cluster/one-room.js";
import type { Broadcast } from "../../ingest/pipeline.js";
import type { Received } from "../../platform/access/read.js";
import { Visitor } from "../../platform/access/visitor.js";
import { nameIn } from "../../platform/links/resolve.js";
import { systemClock } from "../../runtime/clock.js";
import { msg, msgOf, recorded } from "../../runtime/msg.js";
import { Recorder } from "../../sources/recording.js";
import { aborted, stopSignal } from "../stop.js";
import { ProgressLine, say } from "../terminal.js";

/** `dylive record ROOM`: what the room sends, byte for byte, into a file (`ROOM.dyrec` unless named); each further broadcast into one of its own. Ends when stopped. */
export async function record(config: Config, text: string, file: string | null): Promise<void> {
  const stop = stopSignal();
  const reach = reachOf(config, readMachine(), systemClock);
  const link = await nameIn(text, { platform: reach.platform, visitor: new Visitor(reach.userAgent) }, stop).catch((error: unknown) => {
    if (stop.aborted) return null;
    throw error;
  });
  if (link === null) return;
  const id = link.value;
  const out = file ?? `${id}.dyrec`;
  const progress = new ProgressLine(out, msg`frames`);
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
  const deps = { reach, clock: systemClock, pollMs: config.pollMs, maxEvents: 1_000, onReceived, setAside: () => {} };
  let room: OneRoom | null = null;
  try {
    room = await OneRoom.open(id, deps, stop);
    say(msg`${id}: ${msgOf(room.found.state)}, ${recorded(room.found.evidence.reason)}; recording to ${out}`);
    await Promise.race([aborted(stop), failed]);
  } catch (error) {
    if (!stop.aborted) throw error;
  } finally {
    await room?.close();
    (recorder as Recorder | null)?.close();
    progress.end(msg`${out}: ${frames} frames`);
  }
}
