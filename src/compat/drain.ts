import type { Duplex } from "node:stream";
import type { Clock } from "../runtime/clock.js";

/** Waits until little is queued for a socket, or it is gone; false when it took nothing for too long. */
export async function drained(
  socket: Duplex,
  { readyBytes, stallMs }: { readonly readyBytes: number; readonly stallMs: number },
  clock: Clock,
  signal: AbortSignal,
): Promise<boolean> {
  while (socket.writableLength >= readyBytes && !socket.destroyed && !signal.aborted) {
    const before = socket.writableLength;
    const moved = await moves(socket, stallMs, clock, signal);
    if (!moved && !signal.aborted && socket.writableLength >= before) return false;
  }
  return true;
}

/** Resolves with true when the socket drains or is gone, with false after `ms`. */
async function moves(socket: Duplex, ms: number, clock: Clock, signal: AbortSignal): Promise<boolean> {
  const waiting = new AbortController();
  const until = AbortSignal.any([signal, waiting.signal]);
  const moved = new Promise<boolean>((resolve) => {
    const done = () => resolve(true);
    socket.on("drain", done).on("close", done);
    until.addEventListener(
      "abort",
      () => {
        socket.off("drain", done).off("close", done);
        done();
      },
      { once: true },
    );
  });
  const stalled = clock.sleep(ms, until).then(
    () => false,
    () => true,
  );
  const result = await Promise.race([moved, stalled]);
  waiting.abort();
  return result;
}
