import { onTestFinished } from "vitest";
import { Feed } from "../../src/feed/feed.js";
import { AllowedHosts, guardedConnector, openConnector } from "../../src/runtime/allowed-hosts.js";
import type { Clock } from "../../src/runtime/clock.js";
import { type SystemNews, tellSystem } from "../../src/store/log.js";
import { openSqliteStore } from "../../src/store/sqlite/store.js";
import type { Store } from "../../src/store/store.js";
import { AddressPace } from "../../src/webhooks/pace.js";
import { HookRunner } from "../../src/webhooks/runner.js";
import { HttpSender, type Send } from "../../src/webhooks/send.js";
import { WebhookService } from "../../src/webhooks/webhook-service.js";
import { FakeClock } from "../clock.js";
import { chat } from "../contracts/events.js";
import { tellerOf } from "../contracts/harness.js";
import { until } from "../until.js";

type OutgoingRequest = Parameters<Send>[0];
type NewHook = Parameters<WebhookService["add"]>[0];

/** Where hooks of these tests lead when it does not matter. */
const SOMEWHERE = "https://receiver.example/hook";

export interface DeliveringOptions<C extends Clock> {
  readonly clock?: C;
  readonly store?: Store;
  /** In place of HTTP. */
  readonly send?: Send;
  readonly allow?: string;
  readonly pauseAfterMs?: number;
  readonly lookMs?: number;
}

/** Opens hooks over a store, with everything in hand. */
export async function delivering<C extends Clock = FakeClock>(options: DeliveringOptions<C> = {}) {
  const clock = (options.clock ?? new FakeClock()) as C;
  const store = options.store ?? openSqliteStore({ path: ":memory:", clock });
  const errors: unknown[] = [];
  const news: SystemNews[] = [];
  const allowed = new AllowedHosts(options.allow ?? "127.0.0.1");
  const sender = new HttpSender({ clock, guarded: guardedConnector(allowed), open: openConnector() });
  const send = options.send ?? sender.send;
  const tell = async (told: SystemNews) => {
    news.push(told);
    await tellSystem(store, told, clock.now());
  };
  const { pauseAfterMs, lookMs = 2_000 } = options;
  const limits = { lookMs, ...(pauseAfterMs !== undefined && { pauseAfterMs }) };
  const pace = new AddressPace(clock);
  const make = () => new HookRunner({ store, feed, clock, send, pace, tell, onError: (error) => errors.push(error), ...limits });
  const feed = new Feed({ log: store.log, clock, onError: (error) => errors.push(error) });
  let runner = make();
  const webhooks = new WebhookService({
    store,
    clock,
    send,
    pace,
    allowed,
    onChange: () => runner.poke(),
    placesOf: (hook) => runner.placesOf(hook),
  });
  runner.start();
  const stop = async () => {
    await runner.stop();
    await sender.close();
    await store.close();
  };
  onTestFinished(stop);

  const append = tellerOf(store);
  let next = 0;
  return {
    store,
    clock,
    webhooks,
    get runner() {
      return runner;
    },
    errors,
    news,
    /** Adds a hook and waits until it is delivered. */
    hook: async ({ url = SOMEWHERE, ...wanted }: Omit<NewHook, "url"> & { readonly url?: string }) => {
      const row = await webhooks.add({ url, ...wanted });
      await until(() => runner.placesOf(row) !== null);
      return row;
    },
    /** Appends chats of ids that were not used before to a room of this name; its key. */
    chats: (name: string, count: number) => append(name, ...Array.from({ length: count }, () => chat(`c${next++}`))),
    append,
    /** Begins anew over the same store, as after a restart. */
    restart: async () => {
      await runner.stop();
      runner = make();
      runner.start();
    },
    stop,
  };
}

/** A receiver that is no server: what it is sent, and how it answers. */
export class FakeReceiver {
  readonly sent: (OutgoingRequest & { readonly id: string; readonly at: number; readonly body: string; answered: number | null })[] = [];
  /** Status by what is sent; null for no answer at all, until the request is cut. */
  answer: (outgoing: OutgoingRequest, nth: number) => number | null | Promise<number | null> = () => 204;
  putOffMs: number | null = null;
  readonly #clock: Clock;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  readonly send: Send = async (outgoing, signal) => {
    const one = { ...outgoing, id: outgoing.headers["webhook-id"] ?? "", at: this.#clock.now(), answered: null as number | null };
    this.sent.push(one);
    const status = await this.answer(outgoing, this.sent.length);
    if (status === null && !signal.aborted)
      await new Promise<void>((resolve) => signal.addEventListener("abort", () => resolve(), { once: true }));
    one.answered = status;
    const delivered = status !== null && status < 300;
    const error = delivered ? null : status === null ? "no answer" : `it answered HTTP ${status}`;
    return { delivered, status, error, answer: null, putOffMs: delivered ? null : this.putOffMs };
  };

  /** What was taken: bodies as JSON, in order. */
  get taken(): readonly {
    room: number;
    from: number;
    to: number;
    replay?: number;
    removed?: unknown;
    events: { seq: number; type: string; id: string }[];
  }[] {
    return this.sent.filter(({ answered }) => answered !== null && answered < 300).map(({ body }) => JSON.parse(body));
  }

  seqs(room: number): number[] {
    return [...new Set(this.taken.filter((body) => body.room === room).flatMap(({ events }) => events.map(({ seq }) => seq)))];
  }
}

/** Hooks on a clock that stands still, and a receiver that does as a test says. */
export async function faked(options: { readonly lookMs?: number } = {}) {
  const clock = new FakeClock();
  const receiver = new FakeReceiver(clock);
  const store = openSqliteStore({ path: ":memory:", clock });
  return { receiver, ...(await delivering({ clock, store, send: receiver.send, ...options })) };
}
