import { setMaxListeners } from "node:events";
import { type AddressInfo, createServer } from "node:net";
import { demoRooms, type RoomScenario, type Simulator } from "../../simulator/index.js";
import { platformAt } from "../../src/platform/access/platform.js";
import type { IdentityRequest, PlatformIdentity } from "../../src/platform/access/platform-identity.js";
import { firstFetch, pushHeaders, pushUrl } from "../../src/platform/access/push.js";
import type { Received, Source } from "../../src/platform/access/read.js";
import type { WorkVisitor } from "../../src/platform/access/work-visitor.js";
import { BrowserSession, type BrowserSessionOptions } from "../../src/platform/browser/session.js";
import { Drift } from "../../src/platform/wire/drift.js";
import type { AskedList } from "../../src/platform/works/work-list.js";
import { systemClock } from "../../src/runtime/clock.js";
import { DyliveError } from "../../src/runtime/errors.js";
import { websocketSource } from "../../src/sources/websocket.js";
import { msgIdOf } from "../fact-id.js";
import { testBrowser } from "./chromium.js";

export const NEVER = new AbortController().signal;
setMaxListeners(0, NEVER); // many rooms wait with it at once
export const GUEST: IdentityRequest = { account: null, proxy: null, webRid: null };

/** So many live rooms, 300000001 and on. */
export function liveRooms(count: number): RoomScenario[] {
  const [model] = demoRooms();
  if (model === undefined) throw new Error("the demo has no rooms");
  const { shortCode: _code, ...scenario } = model;
  return Array.from({ length: count }, (_, index) => ({ ...scenario, webRid: `${300_000_001 + index}`, anchor: `主播${index}` }));
}

export async function openSession(simulator: { readonly url: string }, more: Partial<BrowserSessionOptions> = {}): Promise<BrowserSession> {
  const choice = { program: testBrowser(), headless: true };
  return new BrowserSession({ choose: () => choice, clock: systemClock, upstream: simulator.url, profile: null, ...more });
}

/**
 * Leaves a page of a visitor open at a list of works: a page beside one costs half of what the first page of a browser context does.
 * @returns closes it
 */
export async function keepPage(visitor: WorkVisitor, list: AskedList): Promise<() => Promise<void>> {
  const reading = visitor.list({ list, turn: async () => {} }, NEVER);
  await reading.next();
  return async () => void (await reading.return({ endedBy: "end", reason: "" }));
}

/** What a source has given so far, and how it ended. */
export class Collected {
  readonly messages = new Map<string, string>();
  error: unknown = null;
  ended = false;
  readonly #stop = new AbortController();

  get signal(): AbortSignal {
    return this.#stop.signal;
  }

  take(batch: readonly Received[]): void {
    for (const { response } of batch) for (const message of response?.messages ?? []) this.messages.set(msgIdOf(message), message.method);
  }

  /** Reads as a collector does: what could not be opened, as by a page that is too busy to sign within its limit, is opened again. */
  read(source: Source): this {
    void (async () => {
      let came = false;
      do {
        this.error = null;
        try {
          for await (const batch of source.open(this.signal)) {
            came = true;
            this.take(batch);
          }
        } catch (error) {
          this.error = error;
        }
      } while (!came && this.error instanceof DyliveError && this.error.code === "browser_failed" && !this.signal.aborted);
      this.ended = true;
    })();
    return this;
  }

  /** Whether more than `count` messages came. @throws whatever ended the source before that, which nothing more comes from */
  has(count: number): boolean {
    if (this.messages.size > count) return true;
    if (this.ended) throw this.error ?? new Error(`it ended after ${this.messages.size} messages`);
    return false;
  }

  stop(): void {
    this.#stop.abort();
  }

  /** Messages by method, as the simulator's truth counts them. */
  byMethod(): Record<string, number> {
    const counts: Record<string, number> = {};
    for (const method of this.messages.values()) counts[method] = (counts[method] ?? 0) + 1;
    return counts;
  }
}

/** Connects a socket of our own as the seat's visitor, after im/fetch, as the collector does. */
export async function viaSocket(simulator: Simulator, identity: PlatformIdentity, webRid: string): Promise<Collected> {
  const platform = platformAt(simulator.url, identity.proxy);
  const roomId = simulator.roomId(webRid) ?? "";
  const drift = new Drift();
  const collected = new Collected();
  const { visitor, signer } = identity;
  const first = await firstFetch({ platform, visitor, roomId, drift, now: Date.now }, NEVER);
  if (first !== null) collected.take([first.received]);
  const { host = null, cursor = "", internalExt = "" } = first ?? {};
  const target = { platform, signer, visitor, roomId, host, cursor, internalExt, attempt: 0 };
  return collected.read(
    websocketSource({
      connectUrl: (signal) => pushUrl(target, signal),
      headers: pushHeaders(visitor, webRid),
      clock: systemClock,
      drift,
      proxy: platform.proxy,
    }),
  );
}

/** Reads what the room's page in the browser receives. */
export function viaPage(identity: PlatformIdentity, webRid: string): Collected {
  const source = identity.pageSource?.(webRid, { clock: systemClock, drift: new Drift() });
  if (source === undefined) throw new Error("the seat has no browser");
  return new Collected().read(source);
}

/** A port of loopback that nobody listens on. */
export async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise<void>((resolve) => server.close(() => resolve()));
  return port;
}
