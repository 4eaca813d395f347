import { expect } from "vitest";
import type { Simulator } from "../../simulator/index.js";
import type { NewEventOf } from "../../src/events/event.js";
import { openPostgresStore } from "../../src/store/postgres/store.js";
import type { RoomStore } from "../../src/store/store.js";
import { idOf } from "../fact-id.js";

/** What came of a run, over all rooms. */
export interface Judged {
  /** Messages of people that the simulator sent to at least one connection; gifts are counted by units. */
  readonly sent: number;
  /** Of these, not stored. */
  readonly lost: number;
  /** Units of gifts that were sent, and of these, not stored. */
  readonly units: number;
  readonly unitsLost: number;
  readonly gaps: readonly { readonly webRid: string; readonly from: number; readonly to: number; readonly reason: string }[];
  readonly stored: number;
}

/**
 * Compares what was sent with what is stored: every message of people is there once, or lies in a recorded gap; seqs have no hole; of
 * rooms without a gap the units of gifts are equal, of the others there are no more than what could be told apart, and no fewer than those
 * of the combos whose last message lies in no gap.
 * @param of a store, or the address of its database
 * @param ordered rooms whose messages came in the order in which they were sent, over one connection at a time: so they must be stored, and
 *   none of them within a gap
 */
export async function judge(
  of: RoomStore | string,
  simulator: Simulator,
  webRids: readonly string[],
  ordered: readonly string[] = [],
): Promise<Judged> {
  const store = typeof of === "string" ? await openPostgresStore({ url: of }) : of;
  try {
    let [sent, lost, stored, allUnits, unitsLost] = [0, 0, 0, 0, 0];
    const allGaps: Judged["gaps"][number][] = [];
    for (const webRid of webRids) {
      const room = (await store.rooms.find({ kind: "web_rid", value: webRid })) ?? 0;
      const { sent: truth } = simulator.truth(webRid);
      expect(truth.interactiveDropped, "the truth was let go").toBe(0);
      const received = new Map<string, number>();
      const seqs = new Map<string, number>();
      const gaps: Judged["gaps"][number][] = [];
      let [seq, units] = [0, 0];
      for (let after = 0; ; ) {
        const page = await store.log.readRoom(room, after, 5000);
        for (const event of page.events) {
          expect(event.seq, `a hole in room ${webRid}`).toBe(++seq);
          expect(received.has(event.id), `${event.id} is stored twice in room ${webRid}`).toBe(false);
          received.set(event.id, event.receivedAt);
          seqs.set(event.id, event.seq);
          if (event.type === "gap") {
            const { from, to, reason } = event as NewEventOf<"gap">;
            if (from === null) throw new Error(`a gap of unknown length, although nobody set a clock: ${JSON.stringify(event)}`);
            gaps.push({ webRid, from, to, reason });
          }
          if (event.type === "gift") units += (event as NewEventOf<"gift">).delta;
        }
        after = page.scanned;
        if (after >= page.head) break;
      }
      // Whatever the time on the way: what is lost would have been received between what was sent before and after it.
      const order = truth.interactive.map((fact) => ({ fact, at: received.get(idOf(fact)) }));
      const isLost = ({ fact, at }: (typeof order)[number]) => fact.kind !== "gift" && at === undefined;
      const around = (index: number) => ({
        before: order.slice(0, index).findLast(({ at }) => at !== undefined)?.at ?? 0,
        after: order.slice(index + 1).find(({ at }) => at !== undefined)?.at ?? Number.POSITIVE_INFINITY,
      });
      const isInGap = (index: number) => {
        const { before, after } = around(index);
        // A process that stood still reads later what had come to it than the next one what was sent after that.
        const [first, last] = [Math.min(before, after), Math.max(before, after)];
        return gaps.some(({ from, to }) => from <= last && to >= first);
      };
      const outside = order.flatMap((one, index) => (isLost(one) && !isInGap(index) ? [{ id: one.fact.msgId, ...around(index) }] : []));
      expect(outside, `messages of room ${webRid} that are neither stored nor at one of ${JSON.stringify(gaps)}`).toEqual([]);
      if (ordered.includes(webRid)) {
        // A gap is no longer than nothing came: else one over the whole run would excuse everything.
        const within = order.flatMap(({ fact, at = 0 }) => {
          const gap = fact.kind === "gift" ? undefined : gaps.find(({ from, to }) => from < at && at < to);
          return gap === undefined ? [] : [{ id: fact.msgId, at, gap }];
        });
        expect(within, `messages of room ${webRid} that came within a gap`).toEqual([]);
        // One whose first copy was lost comes when it is sent again, after what was sent in between: then it was received after that, too, or in the
        // same ms, where a process that stood still reads all at once.
        const again = new Set(truth.again);
        const placed = truth.interactive.flatMap((fact) => {
          const seq = fact.kind === "gift" ? undefined : seqs.get(idOf(fact));
          return seq === undefined ? [] : [{ seq, at: received.get(idOf(fact)) ?? 0, isAgain: again.has(fact.msgId) }];
        });
        const early = placed.flatMap((one, index) => {
          const before = placed[index - 1] ?? one;
          const isLate = before.isAgain && before.at >= one.at;
          return one.seq >= before.seq || isLate ? [] : [[before, one]];
        });
        expect(early, `seqs of room ${webRid} that came in another order than was sent`).toEqual([]);
      }
      const given = truth.combos.reduce((sum, { total }) => sum + total, truth.combosDropped.units);
      if (gaps.length === 0) expect(units, `units of gifts in room ${webRid}`).toBe(given);
      else {
        // Where a gift was lost, the BindingGift that follows it has a trace that nobody has counted: it is one more gift to whoever gets it.
        const bound = truth.interactive.reduce((sum, { gift }) => sum + (gift?.wrapped ? gift.total : 0), given);
        expect(units, `units of gifts in room ${webRid}`).toBeLessThanOrEqual(bound);
        const total = new Map(truth.combos.map((combo) => [combo.totalMsgId, combo.total]));
        const sure = order.reduce((sum, { fact }, index) => {
          const told = fact.kind === "gift" ? total.get(fact.msgId) : undefined;
          return told === undefined || isInGap(index) ? sum : sum + told;
        }, 0);
        expect(units, `units of gifts in room ${webRid}`).toBeGreaterThanOrEqual(sure);
      }
      allUnits += given;
      unitsLost += Math.max(0, given - units);
      sent += truth.interactive.filter(({ kind }) => kind !== "gift").length;
      lost += order.filter(isLost).length;
      stored += seq;
      allGaps.push(...gaps);
    }
    return { sent, lost, units: allUnits, unitsLost, stored, gaps: allGaps };
  } finally {
    if (store !== of) await store.close();
  }
}
