import type { PostgresConnection } from "./connection.js";

/** Pause before a lost connection is opened again, in ms, which doubles each time; and the longest. */
const RETRY_MS = 100;
const MAX_RETRY_MS = 5000;
/** Interval at which everybody looks, in ms, should a notice have been lost: it costs a delay then, and no more. */
const POLL_MS = 1000;

/** Called with the payload of a notice; with null when one may have been missed. A look that takes long holds up the next one. */
type OnNotice = (payload: string | null) => unknown;

/**
 * Watches a channel until the signal aborts: on a connection of its own, opened again when it breaks, and by looking now and then. It keeps the
 * process alive.
 */
export function watchChannel(connection: PostgresConnection, channel: string, onNotice: OnNotice, signal: AbortSignal): void {
  const { clock } = connection;
  const poll = async () => {
    while (!signal.aborted) {
      await onNotice(null);
      await clock.sleep(POLL_MS, signal).catch(() => undefined);
    }
  };
  const listen = async () => {
    for (let pauseMs = RETRY_MS; !signal.aborted; pauseMs = Math.min(2 * pauseMs, MAX_RETRY_MS)) {
      if (await listenOnce(connection, channel, onNotice, signal)) pauseMs = RETRY_MS;
      await clock.sleep(pauseMs, signal).catch(() => undefined);
    }
  };
  void poll();
  void listen();
}

/** Listens until the connection ends. @returns whether there was one */
async function listenOnce(connection: PostgresConnection, channel: string, onNotice: OnNotice, signal: AbortSignal): Promise<boolean> {
  let onEnd = () => {};
  const ended = new Promise<void>((resolve) => {
    onEnd = resolve;
  });
  try {
    const client = await connection.connect({ name: "dylive", onEnd, onNotice }, (made) => made.query(`LISTEN ${channel}`));
    signal.addEventListener("abort", onEnd, { once: true });
    // What was told before the connection stood was missed.
    void onNotice(null);
    if (!signal.aborted) await ended;
    signal.removeEventListener("abort", onEnd);
    void client.end().catch(() => undefined);
    return true;
  } catch {
    // Gone or closing: it is tried again. Whoever reads or appends is told what is wrong.
    return false;
  }
}
