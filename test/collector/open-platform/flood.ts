import { ITEM_TYPES, makeItem } from "../../../simulator/open-platform/pusher.js";
import type { LiveEvent } from "../../../src/events/event.js";
import { systemClock } from "../../../src/runtime/clock.js";
import { check } from "../../../src/store/check.js";
import type { Store } from "../../../src/store/store.js";
import { until } from "../../until.js";
import { APP, type Ingest, ROOM_ID, startIngest } from "./ingest.js";

/** A second room of the app, so that pushes mix. */
const OTHER_ROOM = "7214015683695250999";
/** Requests under way at once. */
const AT_ONCE = 32;

/** What came of a flood of pushes. */
export interface FloodFigures {
  /** Pushes answered with success: genuine ones, repeats included. */
  readonly answered: number;
  readonly forged: number;
  readonly events: number;
  readonly repeats: number;
  /** ms until the answer of genuine pushes: the middle, the slowest hundredth, the slowest */
  readonly p50: number;
  readonly p99: number;
  readonly max: number;
  readonly forgedP99: number;
  /** Genuine pushes that the platform would have counted as failed. */
  readonly late: number;
}

interface FloodOptions {
  readonly count: number;
  readonly store: Store;
  readonly perSecond?: number;
}

interface Plan {
  readonly roomId: string;
  readonly type: (typeof ITEM_TYPES)[number];
  readonly body: string;
  readonly kind: "new" | "repeat" | "forged";
}

/**
 * Pushes to a server over HTTP: new items, the same again, forged ones, with an outage of the database in the middle. Throws unless everything that was
 * pushed, and nothing else, is in the log once.
 * @param options.count pushes in all
 * @param options.perSecond how many are begun in a second; as fast as they are answered by default
 */
export async function flood(options: FloodOptions): Promise<FloodFigures> {
  const { count, store, perSecond = Number.POSITIVE_INFINITY } = options;
  const made = await startIngest({ clock: systemClock, store, app: { secret: null } });
  const began = performance.now();
  try {
    made.platform.mount(APP, OTHER_ROOM);
    const { plans, items } = plan(count);
    const times: number[] = [];
    const forgedTimes: number[] = [];
    let next = 0;
    const work = async () => {
      while (next < plans.length) {
        const at = next++;
        const early = (at * 1000) / perSecond - (performance.now() - began);
        if (early > 0) await systemClock.sleep(early);
        // A tenth of the way, from the middle on.
        made.outage = at >= count * 0.5 && at < count * 0.6 ? "down" : "none";
        const one = plans[at] as Plan;
        const secret = one.kind === "forged" ? { secret: "guess" } : {};
        const outcome = await made.platform.push(APP, one.roomId, one.type, one.body, { untasked: true, ...secret });
        const wanted = one.kind === "forged" ? 401 : 200;
        if (outcome.status !== wanted) throw new Error(`push ${at} (${one.kind}) was answered ${outcome.status}, not ${wanted}`);
        (one.kind === "forged" ? forgedTimes : times).push(outcome.ms);
      }
    };
    await Promise.all(Array.from({ length: AT_ONCE }, work));
    await until(() => made.official.receiver.counts.waiting === 0);
    const events = [...(await made.events()), ...(await made.events(OTHER_ROOM))];
    compare(events, items);
    const wrong = await check(store.log);
    if (wrong.length > 0 || made.aside.length > 0) throw new Error(`the log is not whole: ${JSON.stringify([wrong, made.aside])}`);
    return {
      answered: times.length,
      forged: forgedTimes.length,
      events: events.length,
      repeats: plans.filter(({ kind }) => kind === "repeat").length,
      p50: quantile(times, 0.5),
      p99: quantile(times, 0.99),
      max: quantile(times, 1),
      forgedP99: quantile(forgedTimes, 0.99),
      late: times.filter((ms) => ms > 2000).length,
    };
  } finally {
    await stop(made);
  }
}

/** Six of ten are new, two are repeats of others, two are forged; each has one to five items. */
function plan(count: number): { readonly plans: readonly Plan[]; readonly items: ReadonlyMap<string, number> } {
  const plans: Plan[] = [];
  const items = new Map<string, number>();
  let n = 0;
  for (let i = 0; i < count; i++) {
    const digit = i % 10;
    const before = plans[Math.max(0, i - 7)];
    if (digit < 2 || before === undefined || (digit < 4 && before.kind === "forged") || digit >= 4) {
      const type = ITEM_TYPES[i % ITEM_TYPES.length] ?? "live_comment";
      const forged = digit < 2;
      const made = Array.from({ length: 1 + (i % 5) }, () => makeItem(type, n++, Date.now()));
      const roomId = i % 3 === 0 ? OTHER_ROOM : ROOM_ID;
      plans.push({ roomId, type, body: JSON.stringify(made), kind: forged ? "forged" : "new" });
      if (!forged) for (const item of made) items.set(item.msg_id, type === "live_gift" ? Number(item["gift_num"]) : 0);
    } else plans.push({ ...before, kind: "repeat" });
  }
  return { plans, items };
}

function compare(events: readonly LiveEvent[], items: ReadonlyMap<string, number>): void {
  const seen = new Set<string>();
  for (const event of events) {
    const units = items.get(event.id);
    if (units === undefined || seen.has(event.id)) throw new Error(`${event.id} was not pushed, or is stored twice`);
    if (event.type === "unknown" || (event.type === "gift" && event.delta !== units))
      throw new Error(`${event.id} is not as it was pushed`);
    seen.add(event.id);
  }
  if (seen.size !== items.size) throw new Error(`${items.size - seen.size} of ${items.size} items are lost`);
}

function quantile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return Math.round((sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0) * 10) / 10;
}

async function stop(made: Ingest): Promise<void> {
  await made.stop();
  await made.platform.close();
}
