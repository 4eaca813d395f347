import pg from "pg";
import type { PostgresConnection } from "./connection.js";

/** Pause before a lost connection is opened again, in ms, which doubles each time; and the longest. */
const RETRY_MS = 100;
const MAX_RETRY_MS = 5000;

/** Handlers of the notices of a channel. */
interface NotificationListener {
  readonly onNotice: (payload: string) => void;
  /** Called when the connection stands: what was told before it did was missed. */
  readonly onListening: () => void;
}

/**
 * Listens to a channel on a connection of its own, opened again when it breaks, until the signal aborts. A caller that must miss nothing
 * also looks by itself.
 */
export async function listen(
  connection: PostgresConnection,
  channel: string,
  listener: NotificationListener,
  signal: AbortSignal,
): Promise<void> {
  for (let pauseMs = RETRY_MS; !signal.aborted; pauseMs = Math.min(2 * pauseMs, MAX_RETRY_MS)) {
    const listened = await listenOnce(connection, channel, listener, signal);
    if (listened) pauseMs = RETRY_MS;
    if (signal.aborted) return;
    await connection.clock.sleep(pauseMs, signal).catch(() => undefined);
  }
}

/** Listens until the connection ends. @returns whether there was one */
async function listenOnce(
  connection: PostgresConnection,
  channel: string,
  listener: NotificationListener,
  signal: AbortSignal,
): Promise<boolean> {
  const client = new pg.Client(connection.config);
  const ended = new Promise<void>((resolve) => {
    client.once("error", () => resolve());
    client.once("end", () => resolve());
    if (signal.aborted) resolve();
    else signal.addEventListener("abort", () => resolve(), { once: true });
  });
  // A second error of a connection that is being closed is nobody's.
  client.on("error", () => {});
  client.on("notification", ({ payload }) => listener.onNotice(payload ?? ""));
  let listened = false;
  try {
    await client.connect();
    await client.query(`LISTEN ${channel}`);
    listened = true;
    listener.onListening();
    await ended;
  } catch {
    // Gone or closing: it is tried again. Whoever reads or appends is told what is wrong.
  } finally {
    void client.end().catch(() => undefined);
  }
  return listened;
}
