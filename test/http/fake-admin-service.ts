import type { AdminService } from "../../src/http/api-deps.js";
import { DyliveError } from "../../src/runtime/errors.js";

type ShownAccount = Awaited<ReturnType<AdminService["accounts"]["save"]>>;

const FACTS: ShownAccount = {
  name: "phone",
  login: "logged_in",
  nickname: "小明",
  savedAt: 1_700_000_000_000,
  expiresAt: 1_705_000_000_000,
  checkedAt: 1_700_000_100_000,
  lapsed: false,
  health: {
    ...{ account: "phone", since: 1_700_000_000_000, gifts: 120, diamonds: 5300 },
    ...{ diamondsWitnessed: 6000, diamondsMissing: 700, refusals: 2 },
  },
  problem: null,
};

/** Rejects as a process does that was ended with its signal. */
function aborted(signal: AbortSignal): Promise<never> {
  return new Promise((_resolve, reject) => {
    signal.addEventListener("abort", () => reject(new DOMException("The operation was aborted", "AbortError")), { once: true });
  });
}

/** Accounts, settings and a doctor without files and platform. */
export class FakeAdminService implements AdminService {
  readonly kept = new Map<string, { facts: ShownAccount; cookies: string }>([["phone", { facts: FACTS, cookies: "sessionid=kept" }]]);
  readonly examined: (string | null)[] = [];
  /** What the doctor waits for. */
  looking: Promise<unknown> = Promise.resolve();

  readonly accounts: AdminService["accounts"] = {
    list: async () => [...this.kept.values()].map(({ facts }) => facts),
    save: async (name, cookies) => {
      if (!cookies.includes("sessionid=")) throw new DyliveError("bad_request", "these cookies hold no login");
      const facts = { ...FACTS, name, login: "unknown", nickname: null, checkedAt: null } as const;
      this.kept.set(name, { facts, cookies });
      return facts;
    },
    remove: async (name) => this.kept.delete(name),
    check: async (name) => {
      const found = this.kept.get(name);
      if (found === undefined) throw new DyliveError("not_found", "there is no such account");
      return found.facts;
    },
  };

  readonly changed: [Readonly<Record<string, number | string | null>>, string][] = [];

  async limits() {
    const none = { maxAgeMs: null, maxBytes: null };
    return { events: { maxAgeMs: 86_400_000, maxBytes: null }, statistics: none, raw: none };
  }

  async settings() {
    const change = this.changed.at(-1);
    const days = change?.[0]["DYLIVE_KEEP_EVENTS_DAYS"] ?? null;
    return [
      {
        name: "DYLIVE_KEEP_EVENTS_DAYS",
        value: days,
        about: "days for which events are kept; unset for ever",
        from: days === null ? ("default" as const) : ("change" as const),
        mayChange: true,
        changed: change === undefined ? null : { by: change[1], at: 1_700_000_000_000 },
      },
    ];
  }

  async change(changes: Readonly<Record<string, number | string | null>>, by: string) {
    this.changed.push([changes, by]);
    return this.settings();
  }

  async about() {
    return {
      version: "0.0.1",
      node: "20.19.0",
      startedAt: 1_700_000_000_000,
      storeBytes: 4096,
      account: "phone",
      settings: [{ name: "DYLIVE_PORT", value: 8787, about: "address that the server listens on; loopback by default" }],
      compat: [{ name: "grab", like: "DouyinBarrageGrab", url: "ws://127.0.0.1:8888" }],
    };
  }

  async examine(room: string | null, signal: AbortSignal): ReturnType<AdminService["examine"]> {
    this.examined.push(room);
    await Promise.race([this.looking, aborted(signal)]);
    return [{ layer: "home", state: "fail", detail: "no answer", todo: "Check the network." }];
  }
}
