import type { Feed } from "../feed/feed.js";
import { type ReadEvents, type ReadRequest, readAfter, readNewest, readNext } from "../feed/read.js";
import type { Clock } from "../runtime/clock.js";
import { DyliveError } from "../runtime/errors.js";
import type { HttpCall } from "./calls.js";

/** A read that may wait for its first event. */
interface Polling extends ReadRequest {
  readonly clock: Clock;
  readonly feed: Feed;
  readonly waitMs: number;
  readonly call: HttpCall;
}

/**
 * Reads after `from`, or the newest events up to `head` when `from` is null. When there are none, it waits up to `waitMs` for one that the
 * filter shows, passing over hidden ones, or until the call is ended.
 */
export async function poll(polling: Polling, from: number | null, head: number): Promise<ReadEvents> {
  const { clock, feed, waitMs, call } = polling;
  const deadline = clock.now() + waitMs;
  const removed: ReadEvents["removed"][number][] = [];
  for (let after = from, isAtEnd = false; ; ) {
    const ms = deadline - clock.now();
    let got: ReadEvents;
    if (after === null) got = await newest(polling, head);
    else if (isAtEnd) got = await readNext(polling, after, { feed, clock, ms }, call.signal);
    else got = await readAfter(polling, after, call.signal);
    call.assertToken();
    removed.push(...got.removed);
    // A reading that was cut short by its bound has done its share of work: the client goes on with its cursor.
    const spent = got.more && polling.share !== undefined;
    if (got.rows.length > 0 || clock.now() >= deadline || spent || call.ended !== null) return { ...got, removed };
    after = got.next;
    isAtEnd = !got.more;
  }
}

/**
 * Reads the newest events. A read that the server ends before it could begin is refused: an empty answer would say that there were none.
 */
async function newest(polling: Polling, head: number): Promise<ReadEvents> {
  const { call } = polling;
  const got = await readNewest(polling, head, call.signal);
  if (got !== null) return got;
  call.assertToken();
  if (call.ended === "stopping") throw new DyliveError("stopping", "no events were read");
  // A newer call waits for this one, which moves its position; of one whose client has left nobody takes the answer.
  return call.ended === "newer" ? ((await readNewest(polling, head)) ?? nothingNew(head)) : nothingNew(head);
}

function nothingNew(head: number): ReadEvents {
  return { rows: [], next: head, more: false, removed: [] };
}
