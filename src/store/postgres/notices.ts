import type { RoomKey } from "../log.js";
import { rows, run } from "../sql/work.js";
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

const CHANNEL = "dylive_heads";
/** Most bytes of a payload, which holds fewer than 8000: with more rooms than fit, everybody looks for themselves. */
const MAX_PAYLOAD = 7000;
const LOOK = "look";

/** Room and its newest seq. */
export type Head = readonly [room: RoomKey, head: number];

/** Tells the other processes of heads, after the commit that moved them. Inside of it, all commits of the database would wait in line. */
export async function tellOthers(connection: PostgresConnection, heads: readonly Head[]): Promise<void> {
  const payload = heads.map(([room, head]) => `${room}:${head}`).join(",");
  // Whoever misses this finds the same by looking.
  await connection
    .borrow(() => run("SELECT pg_notify($1, $2)", CHANNEL, payload.length > MAX_PAYLOAD ? LOOK : payload))
    .catch(() => undefined);
}

/** Returns what keeps how far every room is, as far as this process has heard, and says which rooms have moved on: each head once. */
export function headWatch(connection: PostgresConnection, notify: (rooms: readonly RoomKey[]) => void) {
  const seen = new Map<RoomKey, number>();
  const hear = (heads: readonly Head[]): void => {
    const moved = heads.filter(([room, head]) => head > (seen.get(room) ?? 0));
    for (const [room, head] of moved) seen.set(room, head);
    if (moved.length > 0) notify(moved.map(([room]) => room));
  };
  const look = async (): Promise<void> => {
    try {
      const heads = await connection.ask(() => rows<{ room: RoomKey; head: number }>("SELECT room, head FROM heads WHERE head > 0"));
      hear(heads.map(({ room, head }) => [room, head]));
    } catch {
      // Gone or closing: the next look finds the same. Whoever reads or appends is told what is wrong.
    }
  };
  const onNotice = (payload: string | null) => (payload === null || payload === LOOK ? look() : hear(headsOf(payload)));
  return {
    /** Takes in heads that somebody told. */
    hear,
    /** Watches until the signal aborts. */
    watch: (signal: AbortSignal) => watchChannel(connection, CHANNEL, onNotice, signal),
  };
}

function headsOf(payload: string): readonly Head[] {
  const heads = payload.split(",").map((one) => one.split(":").map(Number));
  return heads.flatMap(([room, head]) => (Number.isSafeInteger(room) && Number.isSafeInteger(head) ? [[room ?? 0, head ?? 0]] : []));
}
