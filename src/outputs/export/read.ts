import { setImmediate } from "node:timers/promises";
import type { LiveEvent } from "../../events/event.js";
import { compile } from "../../events/filter.js";
import type { Log } from "../../log/log.js";
import type { ExportAsk } from "./ask.js";

/** Events of one page: reading and writing them takes some 10 ms, which others must wait for. */
const PAGE = 500;

/**
 * The events that an export is of, page by page, in order of seq. A page may be empty: others get their turn after each.
 * @param onScanned told, before a page is given, up to which seq it and those before it have come
 */
export async function* eventsOf(
  log: Pick<Log, "read">,
  ask: ExportAsk,
  signal: AbortSignal,
  onScanned: (seq: number) => void = () => {},
): AsyncGenerator<readonly LiveEvent[]> {
  const { room, until, where, from, to } = ask;
  const passes = ask.filter === null ? null : compile(ask.filter);
  const wanted = (event: LiveEvent) =>
    event.seq <= until && (from === null || event.time >= from) && (to === null || event.time < to) && (passes === null || passes(event));
  for (let after = ask.after; after < until; ) {
    signal.throwIfAborted();
    const page = await log.read(room, after, PAGE, where);
    after = Math.max(page.scanned, after + 1);
    onScanned(Math.min(after, until));
    yield page.events.filter(wanted);
    await setImmediate();
  }
}
