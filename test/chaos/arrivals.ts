import { expect } from "vitest";
import type { Log } from "../../src/store/log.js";
import { type Receiver, verify } from "../webhooks/receiver.js";

/**
 * What arrived, a message once for each id, is the log of every room: each event, in order, up to what had come when nothing was waiting any more;
 * a server that is busy or stops goes on storing.
 * @param due heads of the rooms just before nothing was waiting: all up to there arrived
 * @param first seq that a room's first message may begin with at most; 1: the hook was there before the room
 */
export async function judgeArrivals(
  { log }: { readonly log: Pick<Log, "readRoom"> },
  { arrivals }: Receiver,
  secret: string,
  due: Awaited<ReturnType<Log["heads"]>>,
  first: (room: number) => number = () => 1,
) {
  const bodies = new Map<string, string>();
  const at = new Map<number, number>();
  const begun = new Map<number, number>();
  const events: string[] = [];
  let again = 0;
  for (const arrival of arrivals) {
    const { room, from, to } = arrival.body;
    const known = bodies.get(arrival.id);
    if (known !== undefined) {
      expect(arrival.text).toBe(known);
      again++;
      continue;
    }
    bodies.set(arrival.id, arrival.text);
    if (!at.has(room)) {
      begun.set(room, from);
      expect([arrival.id, from <= first(room)]).toEqual([arrival.id, true]);
    } else expect([arrival.id, from]).toEqual([arrival.id, (at.get(room) ?? 0) + 1]);
    at.set(room, to);
    for (const event of arrival.body.events) events.push(`${room}:${event.seq}:${event.id}`);
    if (Math.abs(Date.now() / 1000 - arrival.timestamp) < 290) expect(verify(secret, arrival)).toEqual(arrival.body);
  }
  const stored: string[] = [];
  for (const [room, { head }] of due) expect([room, (at.get(room) ?? 0) >= head]).toEqual([room, true]);
  for (const [room, last] of at)
    for (let after = (begun.get(room) ?? 1) - 1; after < last; ) {
      const page = await log.readRoom(room, after, 5000);
      for (const event of page.events) if (event.seq <= last) stored.push(`${room}:${event.seq}:${event.id}`);
      after = page.scanned;
    }
  // Rooms side by side come in any order; within one the seqs were looked at above.
  expect(events.toSorted()).toEqual(stored.toSorted());
  return { stored: stored.length, messages: bodies.size, again };
}
