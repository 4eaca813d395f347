import { pause } from "./pause.js";

/** What a reader of streams was given so far. */
export interface Reading {
  /** The last seq of each room, by its key. */
  readonly seqs: ReadonlyMap<number, number>;
  /** What came out of order, twice or not at all, in words. */
  readonly wrong: readonly string[];
  readonly count: number;
  readonly connections: number;
}

/**
 * Reads all events of rooms from their beginning as Server-Sent Events, and comes back with the last id whenever the stream ends.
 * @param base where to connect, asked for each connection
 * @param cutMs ends each connection by itself after about so long
 */
export function readStream(
  base: () => string,
  token: string,
  rooms: readonly number[],
  signal: AbortSignal,
  cutMs: number | null = null,
): Reading {
  const seqs = new Map<number, number>();
  const wrong: string[] = [];
  const reading = { seqs, wrong, count: 0, connections: 0 };
  let last: string | null = null;

  function take(block: string): void {
    const fields = new Map(
      block.split("\n").map((line) => [line.slice(0, line.indexOf(":")), line.slice(line.indexOf(":") + 1).trimStart()]),
    );
    last = fields.get("id") ?? last;
    const name = fields.get("event");
    const data = fields.get("data");
    if (name === "removed" || name === "cursor_reset") wrong.push(`${name} ${data}`);
    if (name === undefined || data === undefined) return;
    const { room, seq } = JSON.parse(data) as { room?: number; seq?: number };
    if (room === undefined || seq === undefined) return; // hello, stopping
    const expected = (seqs.get(room) ?? 0) + 1;
    if (seq !== expected) wrong.push(`room ${room}: seq ${seq} where ${expected} should be`);
    seqs.set(room, seq);
    reading.count++;
  }

  async function once(): Promise<void> {
    const cut = new AbortController();
    const end = () => cut.abort();
    signal.addEventListener("abort", end, { once: true });
    const late = cutMs === null ? undefined : setTimeout(end, cutMs * (0.2 + 1.6 * Math.random()));
    try {
      await read(cut.signal);
    } finally {
      clearTimeout(late);
      signal.removeEventListener("abort", end);
    }
  }

  async function read(cut: AbortSignal): Promise<void> {
    const query = new URLSearchParams({ rooms: rooms.join(","), types: "*", after: "0" });
    const headers = { authorization: `Bearer ${token}`, ...(last !== null && { "last-event-id": last }) };
    const response = await fetch(`${base()}/v1/events/stream?${query}`, { headers, signal: cut });
    if (response.status !== 200 || response.body === null) throw new Error(`${response.status} ${await response.text()}`);
    reading.connections++;
    let text = "";
    const decoder = new TextDecoder();
    for await (const bytes of response.body) {
      text += decoder.decode(bytes, { stream: true });
      for (let at = text.indexOf("\n\n"); at >= 0; at = text.indexOf("\n\n")) {
        take(text.slice(0, at));
        text = text.slice(at + 2);
      }
    }
  }

  void (async () => {
    while (!signal.aborted) {
      await once().catch(() => {}); // it comes back
      await pause(20);
    }
  })();
  return reading;
}
