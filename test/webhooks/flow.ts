import { expect } from "vitest";
import { systemClock } from "../../src/runtime/clock.js";
import type { Store } from "../../src/store/store.js";
import { chat } from "../contracts/events.js";
import { until } from "../until.js";
import { delivering } from "./delivering.js";
import { Receiver, upTo } from "./receiver.js";

/** Events are appended this often. */
const EVERY_MS = 20;

/**
 * Appends events to a room at a rate and lets one hook deliver them over HTTP; each must arrive, in order.
 * @returns figures: times in ms from the append to the arrival
 */
export async function flow({ store, perSecond, seconds }: { readonly store: Store; readonly perSecond: number; readonly seconds: number }) {
  const { hook, append, webhooks } = await delivering({ clock: systemClock, store });
  const receiver = await Receiver.start();
  const { id } = await hook({ url: receiver.url });
  const total = perSecond * seconds;
  const appendedAt: number[] = [];
  const lags: number[] = [];
  const manner = receiver.manner;
  receiver.manner = (response, arrival) => {
    const now = performance.now();
    for (const { seq } of arrival.body.events) lags.push(now - (appendedAt[seq - 1] ?? now));
    manner(response, arrival);
  };
  const began = performance.now();
  let room = await append("a");
  for (let made = 0; made < total; ) {
    const due = Math.min(total, Math.floor(((performance.now() - began + EVERY_MS) * perSecond) / 1000));
    const events = Array.from({ length: due - made }, (_, index) => chat(`e${made + index}`));
    const now = performance.now();
    for (const _ of events) appendedAt.push(now);
    if (events.length > 0) room = await append("a", ...events);
    made = due;
    await new Promise((resolve) => setTimeout(resolve, EVERY_MS));
  }
  await until(() => receiver.seqs(room).length === total);
  const ms = performance.now() - began;
  expect(receiver.arrivals.flatMap(({ body }) => body.events.map(({ seq }) => seq))).toEqual(upTo(total));
  await until(async () => (await webhooks.view(id)).backlog === 0);
  lags.sort((a, b) => a - b);
  const at = (part: number) => Math.round(lags[Math.floor(lags.length * part)] ?? 0);
  return { events: total, requests: receiver.arrivals.length, seconds: ms / 1000, p50Ms: at(0.5), p99Ms: at(0.99), maxMs: at(0.9999) };
}
