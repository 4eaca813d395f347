import { ReadQueue } from "../feed/read-queue.js";
import { AllowedHosts, guardedConnector, openConnector } from "../runtime/allowed-hosts.js";
import type { SystemNews } from "../store/log.js";
import type { HookPlaces, HookRow } from "../store/sql/hooks.js";
import { Delivery, type HookContext } from "./delivery.js";
import { AddressPace } from "./pace.js";
import { FirstLive } from "./selection.js";
import { HttpSender, MailSender, type Send } from "./send.js";
import { type HookState, hookState, WebhookService } from "./webhook-service.js";

/** Time between two looks at the hooks, in ms: other processes of a cluster change them too. */
const LOOK_MS = 2_000;
interface HookRunnerDeps extends HookContext {
  /** Writes into the system's room, once for each kind and about. */
  readonly tell: (news: SystemNews) => Promise<void>;
  /** Time between two looks at the hooks, in ms; 2 s by default. */
  readonly lookMs?: number;
  /** ms of failing after which a hook is paused; three days by default. */
  readonly pauseAfterMs?: number;
}

/** Tries of this process, by hook. */
interface HookCounts {
  delivered: number;
  failed: number;
}

/** Delivers what every hook is to be sent, each from its own position in the log: the only thing in a process that sends webhooks. */
export class HookRunner {
  readonly #deps: HookRunnerDeps;
  readonly #firstLive: FirstLive;
  readonly #queue = new ReadQueue();
  readonly #deliveries = new Map<string, Delivery>();
  readonly #counts = new Map<string, HookCounts>();
  readonly #stop = new AbortController();
  #running: Promise<void> | null = null;
  #looking: AbortController | null = null;
  #again = false;

  constructor(deps: HookRunnerDeps) {
    this.#deps = deps;
    this.#firstLive = new FirstLive(deps.store.log);
  }

  start(): void {
    if (this.#running !== null) return;
    this.#running = this.#watchHooks();
  }

  /** Looks at the hooks at once: one was changed. */
  poke(): void {
    this.#again = true;
    this.#looking?.abort();
  }

  /** Tries since the start. */
  get counts(): ReadonlyMap<string, Readonly<HookCounts>> {
    return this.#counts;
  }

  /** Returns how far a hook is, where this process delivers it: newer than what the store knows. */
  placesOf({ id, revision }: HookRow): HookPlaces | null {
    const delivery = this.#deliveries.get(id);
    return delivery !== undefined && delivery.hook.revision >= revision ? delivery.places : null;
  }

  /** Cuts what is under way, and resolves when the store is not used any more. */
  async stop(): Promise<void> {
    this.#stop.abort();
    await this.#running;
    await Promise.all([...this.#deliveries.values()].map((delivery) => delivery.stop()));
    this.#deliveries.clear();
  }

  async #watchHooks(): Promise<void> {
    const { clock, lookMs = LOOK_MS, onError } = this.#deps;
    const { signal } = this.#stop;
    const stop = () => this.#looking?.abort();
    signal.addEventListener("abort", stop, { once: true });
    while (!signal.aborted) {
      this.#again = false;
      await this.#look().catch((error: unknown) => signal.aborted || onError(error));
      if (this.#again || signal.aborted) continue;
      this.#looking = new AbortController();
      await clock.sleep(lookMs, this.#looking.signal).catch(() => {});
      this.#looking = null;
    }
  }

  /** Brings what is delivered in line with the hooks of the store. */
  async #look(): Promise<void> {
    const rows = await this.#deps.store.hooks.list();
    const active = new Map(rows.flatMap((row) => (row.paused === null ? [[row.id, row] as const] : [])));
    const known = new Set(rows.map(({ id }) => id));
    for (const id of this.#counts.keys()) if (!known.has(id)) this.#counts.delete(id);
    // One that has ended though its hook is active could not pause it.
    const over = [...this.#deliveries].filter(([id, { hook, signal }]) => signal.aborted || active.get(id)?.revision !== hook.revision);
    await Promise.all(over.map(([, delivery]) => delivery.stop()));
    for (const [id] of over) this.#deliveries.delete(id);
    for (const row of active.values()) if (!this.#deliveries.has(row.id)) await this.#begin(row).catch(this.#deps.onError);
  }

  async #begin(row: HookRow): Promise<void> {
    const { store, pauseAfterMs = 3 * 86_400_000 } = this.#deps;
    if (this.#stop.signal.aborted) return;
    const counts = this.#counts.get(row.id) ?? { delivered: 0, failed: 0 };
    this.#counts.set(row.id, counts);
    const start = await store.hooks.begin(row.id, row.revision);
    if (start === null || this.#stop.signal.aborted) return;
    const delivery = new Delivery(start, {
      ...{ ...this.#deps, pauseAfterMs, queue: this.#queue, firstLive: this.#firstLive },
      onTry: ({ delivered }) => counts[delivered ? "delivered" : "failed"]++,
      onDead: (hook, reason) => this.#pause(hook, reason),
    });
    this.#deliveries.set(row.id, delivery);
  }

  async #pause(hook: HookRow, reason: "gone" | "failing"): Promise<void> {
    const { store, clock, tell, onError } = this.#deps;
    const why =
      reason === "gone" ? "its receiver answered 410 Gone" : `it has failed since ${new Date(hook.failing?.since ?? 0).toISOString()}`;
    const text = `webhook ${hook.name} (${hook.id}) is paused: ${why}; last: ${hook.last?.error ?? "unknown"}. Nothing is lost: resume it when its receiver is back.`;
    // Before it is paused: news that come twice are better than none.
    await tell({ kind: "hook.paused", about: `${hook.id}:${hook.revision}`, text }).catch(onError);
    await store.hooks.pause(hook.id, hook.revision, { at: clock.now(), reason });
    this.poke();
  }
}

interface HooksDeps extends Omit<HookRunnerDeps, "send" | "pace"> {
  /** Private hosts that every hook may reach, see {@link AllowedHosts}. */
  readonly allow: string | null;
  /** Address of the server that sends e-mail, see {@link MailSender}; null where there is none. */
  readonly smtp: string | null;
}

/** Figures of one hook in this process: what it has done, and how it is. */
export interface HookFigures {
  readonly id: string;
  readonly state: HookState;
  readonly backlog: number;
  readonly delivered: number;
  readonly failed: number;
}

/** Open webhooks: managed here, and delivered here or by another process. */
interface OpenHooks {
  readonly webhooks: WebhookService;
  figures(): Promise<readonly HookFigures[]>;
  /** Starts to deliver. @returns what ends that */
  deliver(): () => Promise<void>;
  /** Closes the sender. To be called when nothing is delivered any more. */
  close(): Promise<void>;
}

/** Opens the webhook service; nothing is delivered yet. @throws DyliveError bad_config */
export function openHooks(deps: HooksDeps): OpenHooks {
  const { store, clock } = deps;
  const allowed = new AllowedHosts(deps.allow, "DYLIVE_HOOK_ALLOW_PRIVATE");
  const http = new HttpSender({ clock, guarded: guardedConnector(allowed), open: openConnector() });
  const mail = new MailSender(deps.smtp);
  const send: Send = (outgoing, signal) => (outgoing.url.startsWith("mailto:") ? mail : http).send(outgoing, signal);
  const pace = new AddressPace(clock);
  let runner: HookRunner | null = null;
  const webhooks = new WebhookService({
    ...{ store, clock, send, pace, allowed },
    onChange: () => runner?.poke(),
    placesOf: (hook) => runner?.placesOf(hook) ?? null,
  });
  return {
    webhooks,
    figures: async () =>
      (await webhooks.list()).map(({ row, backlog }) => ({
        id: row.id,
        state: hookState(row),
        backlog,
        ...(runner?.counts.get(row.id) ?? { delivered: 0, failed: 0 }),
      })),
    deliver: () => {
      const running = new HookRunner({ ...deps, send, pace });
      runner = running;
      running.start();
      return async () => {
        await running.stop();
        if (runner === running) runner = null;
      };
    },
    close: async () => void (await Promise.all([mail.close(), http.close()])),
  };
}
