import pg from "pg";
import type { RoomKey } from "../log.js";
import { rows, run } from "../sql/work.js";
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

const CHANNEL = "dylive_heads";
/** Most bytes of a payload, which holds fewer than 8000: with more rooms than fit, everybody looks for themselves. */
const MAX_PAYLOAD = 7000;
const LOOK = "look";
/** Interval at which heads are looked at, in ms, should a notice have been lost: it costs a delay then, and no event. */
const POLL_MS = 1000;

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

/** Keeps how far every room is, as far as this process has heard, and says which rooms have moved on: each head once. */
export class HeadWatch {
  readonly #connection: PostgresConnection;
  readonly #notify: (rooms: readonly RoomKey[]) => void;
  readonly #seen = new Map<RoomKey, number>();

  constructor(connection: PostgresConnection, notify: (rooms: readonly RoomKey[]) => void) {
    this.#connection = connection;
    this.#notify = notify;
  }

  /** Takes in heads that somebody told. */
  hear(heads: readonly Head[]): void {
    const moved = heads.filter(([room, head]) => head > (this.#seen.get(room) ?? 0));
    for (const [room, head] of moved) this.#seen.set(room, head);
    if (moved.length > 0) this.#notify(moved.map(([room]) => room));
  }

  /** Watches until the returned function is called. Keeps the process alive: a caller waits for events. */
  readonly start = (): (() => void) => {
    const stop = new AbortController();
    void this.#poll(stop.signal);
    const onNotice = (payload: string) => void (payload === LOOK ? this.#look() : this.hear(headsOf(payload)));
    void listen(this.#connection, CHANNEL, { onNotice, onListening: () => void this.#look() }, stop.signal);
    return () => stop.abort();
  };

  async #poll(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      await this.#look();
      await this.#connection.clock.sleep(POLL_MS, signal).catch(() => undefined);
    }
  }

  async #look(): Promise<void> {
    try {
      const heads = await this.#connection.ask(() => rows<{ room: RoomKey; head: number }>("SELECT room, head FROM heads WHERE head > 0"));
      this.hear(heads.map(({ room, head }) => [room, head]));
    } catch {
      // Gone or closing: the next look finds the same. Whoever reads or appends is told what is wrong.
    }
  }
}

function headsOf(payload: string): readonly Head[] {
  const heads = payload.split(",").map((one) => one.split(":").map(Number));
  return heads.flatMap(([room, head]) => (Number.isSafeInteger(room) && Number.isSafeInteger(head) ? [[room ?? 0, head ?? 0]] : []));
}
