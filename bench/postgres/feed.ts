import { openPostgresStore } from "../../src/store/postgres/store.js";
import type { Supply } from "./events.js";

const ROOMS = 50;
/** How often a worker flushes what its rooms got. */
const FLUSH_MS = 50;

/**
 * How long it takes from the receipt of an event by one process until another one has read it: appended at `perSecond` events a second over 50
 * rooms, told by NOTIFY, read by position. Writer and reader have connections of their own. @returns ms of every event, sorted
 */
export async function feedLags(url: string, supply: Supply, perSecond: number, seconds: number): Promise<readonly number[]> {
  const writer = await openPostgresStore({ url });
  const reader = await openPostgresStore({ url });
  const rooms: number[] = [];
  const epochs = new Map<number, number>();
  for (let i = 0; i < ROOMS; i++) {
    const room = await writer.rooms.ensure([{ kind: "web_rid", value: `feed${i}` }]);
    epochs.set(room, await writer.rooms.claim(room));
    rooms.push(room);
  }
  const flushes = Math.round((seconds * 1000) / FLUSH_MS);
  const each = Math.max(1, Math.round((perSecond * FLUSH_MS) / 1000 / ROOMS));
  const lags: number[] = [];
  const wanted = flushes * each * ROOMS;
  const stop = new AbortController();
  const reading = (async () => {
    let at = 0;
    for await (const _ of reader.log.wakes(stop.signal)) {
      for (let more = true; more; ) {
        const page = await reader.log.read(at, 1000);
        const now = Date.now();
        for (const event of page.events) lags.push(now - event.receivedAt);
        at = page.scanned;
        more = at < page.head;
      }
      if (lags.length >= wanted) return;
    }
  })();
  const began = performance.now();
  const appends: Promise<unknown>[] = [];
  for (let i = 0; i < flushes; i++) {
    const ahead = began + i * FLUSH_MS - performance.now();
    if (ahead > 0) await new Promise((resolve) => setTimeout(resolve, ahead));
    appends.push(writer.log.append(supply.batch(rooms, each).map(({ room, events }) => ({ room, epoch: epochs.get(room) ?? 0, events }))));
  }
  await Promise.all(appends);
  await reading;
  stop.abort();
  await writer.close();
  await reader.close();
  if (lags.length !== wanted) throw new Error(`${lags.length} of ${wanted} events were read`);
  return lags.sort((a, b) => a - b);
}
