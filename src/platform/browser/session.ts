import { join } from "node:path";
import type { Clock } from "../../runtime/clock.js";
import { DyliveError } from "../../runtime/errors.js";
import { FairSemaphore } from "../../runtime/semaphore.js";
import { pausesAt } from "../access/platform.js";
import type { IdentityRequest, PlatformIdentities, PlatformIdentity } from "../access/platform-identity.js";
import type { ProxyServer } from "../access/proxy.js";
import type { WorkVisitor, WorkVisitorRequest, WorkVisitors } from "../access/work-visitor.js";
import type { Account } from "../accounts/login-store.js";
import { browserSource } from "./browser-page.js";
import { readCommentPage } from "./comment-page.js";
import { type EgressProxy, openEgressProxy, pageHosts } from "./egress-proxy.js";
import { readListPage } from "./list-page.js";
import { LIVE_SITE } from "./page.js";
import { type BrowserChoice, type BrowserProcess, BrowserSupervisor } from "./supervisor.js";
import { VisitorContext } from "./visitor-context.js";
import { readWorkPage, settledAddress } from "./work-page.js";

/** Options for a browser that serves rooms and works. */
export interface BrowserSessionOptions {
  /** Chooses the browser; called when one is started. @throws DyliveError no_browser, which callers that take an identity then get */
  readonly choose: () => BrowserChoice;
  readonly clock: Clock;
  /** Stand-in for the platform, or null. */
  readonly upstream: string | null;
  /** Folder in which visitors outlive this process; null keeps them in memory. */
  readonly profile: string | null;
  /** Tells whether a login is still the account's, neither forgotten nor saved again; always by default. */
  readonly isCurrent?: (account: Account) => Promise<boolean>;
  /** Rooms of one browser context. Peers warn that one visitor cookie in many rooms is noticed; the site itself has no number. 20 */
  readonly roomsPerContext?: number;
  /** Domains that pages may reach beside those that we know to be needed. */
  readonly moreHosts?: readonly string[];
}

interface HeldIdentity {
  readonly key: string;
  readonly index: number;
  readonly context: VisitorContext;
  readonly stateFile: string | null;
  /** Whether it is the user's own context in their own browser: that takes all rooms. */
  readonly isUser: boolean;
  rooms: number;
}

/**
 * One browser for many rooms, and for works. Each context is one visitor and serves a number of rooms; rooms with an account or a proxy of
 * their own share a context only with their like, and works have one of their own: they must not wear out what rooms live on.
 */
export class BrowserSession implements PlatformIdentities, WorkVisitors {
  readonly pages = true;
  readonly #options: BrowserSessionOptions;
  readonly #supervisor: BrowserSupervisor;
  readonly #contexts = new Set<HeldIdentity>();
  readonly #egressProxies = new Map<string, Promise<EgressProxy>>();
  /** Places for contexts that open: each is a visit of a megabyte and a core at work, so a restart with many rooms must not open all at once. */
  readonly #opening = new FairSemaphore(3);
  /** Contexts that close, with the files that they may still save. */
  readonly #closing = new Map<Promise<void>, string | null>();
  #closed = false;

  constructor(options: BrowserSessionOptions) {
    this.#options = options;
    this.#supervisor = new BrowserSupervisor(options.choose, options.clock);
  }

  async take(request: IdentityRequest, signal: AbortSignal): Promise<PlatformIdentity> {
    const { context, release } = this.#hold("rooms", request);
    try {
      return {
        visitor: await context.visitor(signal),
        signer: context.signer,
        account: request.account,
        proxy: request.proxy,
        pageSource: (webRid, deps) =>
          browserSource({
            newPage: (until) => context.newPage(until),
            url: `${LIVE_SITE}/${encodeURIComponent(webRid)}`,
            ...deps,
          }),
        pageGet: (path, until) => context.get(path, until),
        release,
      };
    } catch (error) {
      release();
      throw error;
    }
  }

  async visitWorks(request: WorkVisitorRequest): Promise<WorkVisitor> {
    const { context, release } = this.#hold("works", { ...request, webRid: null });
    const { clock, upstream } = this.#options;
    const deps = { newPage: (signal: AbortSignal) => context.newPage(signal), clock, pauses: pausesAt(upstream) };
    return {
      read: (asked, signal) => readWorkPage(asked, deps, signal),
      list: (request, signal) => readListPage(request, deps, signal),
      comments: (request, signal) => readCommentPage(request, deps, signal),
      open: (url, signal) => settledAddress(url, deps, signal),
      release,
    };
  }

  /** Counts contexts, rooms, starts of the browser, and refusals by host of its pages. */
  async status(): Promise<{
    readonly contexts: number;
    readonly rooms: number;
    readonly starts: number;
    readonly refused: Readonly<Record<string, number>>;
  }> {
    const refused: Record<string, number> = {};
    for (const egress of await Promise.all(this.#egressProxies.values()))
      for (const [host, n] of egress.refused) refused[host] = (refused[host] ?? 0) + n;
    const rooms = [...this.#contexts].reduce((sum, held) => sum + held.rooms, 0);
    return { contexts: this.#contexts.size, rooms, starts: this.#supervisor.starts, refused };
  }

  /** Returns the browser's processes; for measuring. */
  processes(): Promise<readonly BrowserProcess[]> {
    return this.#supervisor.processes();
  }

  /** Keeps the visitors and ends the browser, or lets go of the user's own. */
  async close(): Promise<void> {
    this.#closed = true;
    await Promise.all([...[...this.#contexts].map(({ context }) => context.close()), ...this.#closing.keys()]);
    this.#contexts.clear();
    await this.#supervisor.close();
    for (const egress of await Promise.all(this.#egressProxies.values())) await egress.close();
  }

  /** Takes a place in a context. */
  #hold(kind: "rooms" | "works", request: IdentityRequest): { readonly context: VisitorContext; readonly release: () => void } {
    if (this.#closed) throw new DyliveError("stopping", "the browser is closed");
    const held = this.#held(kind, request);
    held.rooms++;
    let given = true;
    const release = () => {
      if (!given) return;
      given = false;
      held.rooms--;
      if (held.rooms === 0) this.#retire(held);
    };
    return { context: held.context, release };
  }

  /** Returns a context with a free place, or a new one. Nothing waits in here, so that rooms that come at once share. */
  #held(kind: "rooms" | "works", { account, proxy, webRid, apart = null }: IdentityRequest): HeldIdentity {
    const { roomsPerContext = 20, profile, supervisor, clock } = { ...this.#options, supervisor: this.#supervisor };
    // No file on Windows has a colon in its name.
    const guest = apart === null ? "guest" : `guest-${apart.replaceAll(":", "-")}`;
    const key = `${kind} ${account === null ? guest : `account ${account.name} ${account.savedAt}`} ${proxy?.key() ?? ""}`;
    const like = [...this.#contexts].filter((held) => held.key === key);
    const free = like.find((held) => held.isUser || held.rooms < roomsPerContext);
    if (free !== undefined) return free;
    let index = 0;
    while (like.some((held) => held.index === index)) index++;
    // The first guest in a browser that the user runs is the user: their context, with their login. Works are read as a real guest.
    const isUsual = account === null && proxy === null && apart === null && index === 0;
    const isUser = kind === "rooms" && supervisor.attached && isUsual && this.#options.upstream === null;
    const allows = pageHosts(this.#options.moreHosts);
    const egressProxy = isUser ? null : () => this.#egressProxy(proxy, allows);
    const name = `${kind === "works" ? "works-" : ""}${account === null ? guest : `account-${account.name}`}${proxy === null ? "" : `-by-${proxy.key()}`}-${index}.json`;
    const stateFile = profile === null ? null : join(profile, name);
    const after = Promise.all([...this.#closing].flatMap(([closing, file]) => (file !== null && file === stateFile ? [closing] : [])));
    const context = new VisitorContext({
      supervisor,
      opening: this.#opening,
      clock,
      allows,
      egressProxy,
      account,
      isCurrent: this.#options.isCurrent ?? (async () => true),
      stateFile,
      webRid,
      after,
    });
    const held = { key, index, context, stateFile, isUser, rooms: 0 };
    this.#contexts.add(held);
    return held;
  }

  #egressProxy(proxy: ProxyServer | null, allows: (host: string) => boolean): Promise<EgressProxy> {
    const key = proxy?.key() ?? "";
    let opened = this.#egressProxies.get(key);
    if (opened === undefined) {
      opened = openEgressProxy({ allows, upstream: this.#options.upstream, proxy });
      this.#egressProxies.set(key, opened);
      opened.catch(() => this.#egressProxies.delete(key)); // the next that needs it tries again
    }
    return opened;
  }

  #retire(held: HeldIdentity): void {
    this.#contexts.delete(held);
    const closing = held.context.close().finally(() => this.#closing.delete(closing));
    this.#closing.set(closing, held.stateFile);
  }
}
