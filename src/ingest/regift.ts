import type { Claim } from "../events/combo.js";
import type { LiveEvent } from "../events/event.js";
import type { Log, RoomKey } from "../store/log.js";

const PAGE = 500;

/**
 * Reckons the units of all gifts of a broadcast anew, from the log alone and in its order: the new units of an event are those by which its total
 * is above the largest before it in its combo.
 * @param claims totals that messages claim, where they were decoded anew; for the others what is stored counts
 * @param onPage called after each page of gifts; it goes on when that resolves
 * @returns how many events were replaced
 */
export async function regift(
  log: Pick<Log, "read" | "replace" | "heads">,
  room: RoomKey,
  sessionId: string,
  claims: ReadonlyMap<string, Claim>,
  signal: AbortSignal,
  onPage: () => void | Promise<void> = () => {},
): Promise<number> {
  const { oldest = 1 } = (await log.heads([room])).get(room) ?? {};
  const highs = new Map<string, number>();
  let replaced = 0;
  for (let after = 0; ; ) {
    signal.throwIfAborted();
    const page = await log.read(room, after, PAGE, { types: ["gift"], sessionId });
    const changed: LiveEvent[] = [];
    for (const event of page.events) {
      if (event.type !== "gift") continue;
      // Where the beginning of the log was removed, what a combo had before stands in the first event that is left of it.
      const before = highs.get(event.comboId) ?? (oldest > 1 ? event.comboTotal - event.delta : 0);
      // An event that only settles claims nothing of its own.
      const total = event.id.startsWith("settle:") ? 0 : (claims.get(event.id)?.total ?? event.comboTotal);
      const high = Math.max(before, total);
      highs.set(event.comboId, high);
      const delta = high - before;
      if (delta === event.delta && high === event.comboTotal) continue;
      changed.push({ ...event, delta, comboTotal: high, diamonds: event.unitDiamonds === null ? null : delta * event.unitDiamonds });
    }
    if (changed.length > 0) await log.replace(room, changed);
    replaced += changed.length;
    after = page.scanned;
    await onPage();
    if (after >= page.head) return replaced;
  }
}
