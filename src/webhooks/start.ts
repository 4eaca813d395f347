import { AllowedHosts } from "../runtime/allowed-hosts.js";
import type { Clock } from "../runtime/clock.js";
import { guardedConnector, openConnector } from "../runtime/guarded-connector.js";
import type { Store } from "../store/store.js";
import { HookRunner, type HookRunnerDeps } from "./runner.js";
import { HttpSender } from "./send.js";
import { type HookState, hookState, WebhookService } from "./webhook-service.js";

/** Dependencies of webhooks. */
interface HooksDeps extends Pick<HookRunnerDeps, "feed" | "tell" | "onError" | "pauseAfterMs"> {
  readonly store: Pick<Store, "log" | "rooms" | "hooks">;
  readonly clock: Clock;
  /** Private hosts that every hook may reach, see {@link AllowedHosts}. */
  readonly allow: string | null;
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

/** Opens the webhook service alone, where nobody delivers: for the command line beside a server. @throws DyliveError bad_config */
export function webhookServiceBeside(deps: Omit<HooksDeps, "feed" | "tell" | "onError" | "pauseAfterMs">): {
  readonly webhooks: WebhookService;
  close(): Promise<void>;
} {
  const { allowed, sender } = senderOf(deps);
  return { webhooks: new WebhookService({ ...deps, send: sender.send, allowed }), close: () => sender.close() };
}

/** Opens the webhook service; nothing is delivered yet. @throws DyliveError bad_config */
export function openHooks(deps: HooksDeps): OpenHooks {
  const { store, clock } = deps;
  const { allowed, sender } = senderOf(deps);
  const { send } = sender;
  let runner: HookRunner | null = null;
  const webhooks = new WebhookService({
    ...{ store, clock, send, allowed },
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
      const running = new HookRunner({ ...deps, send });
      runner = running;
      running.start();
      return async () => {
        await running.stop();
        if (runner === running) runner = null;
      };
    },
    close: () => sender.close(),
  };
}

function senderOf({ clock, allow }: Pick<HooksDeps, "clock" | "allow">) {
  const allowed = new AllowedHosts(allow, "DYLIVE_HOOK_ALLOW_PRIVATE");
  return { allowed, sender: new HttpSender({ clock, guarded: guardedConnector(allowed), open: openConnector() }) };
}
