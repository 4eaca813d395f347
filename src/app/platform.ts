import { join, resolve } from "node:path";
import { get, type Platform, pausesAt, platformAt, type Reply } from "../platform/access/platform.js";
import { directIdentities, type PlatformIdentities } from "../platform/access/platform-identity.js";
import { ProxyServer } from "../platform/access/proxy.js";
import { httpSigner } from "../platform/access/push.js";
import type { WorkVisitor, WorkVisitors } from "../platform/access/work-visitor.js";
import { type Account, AccountStore, GUEST } from "../platform/accounts/login-store.js";
import { findBrowser } from "../platform/browser/find.js";
import type { BrowserSession } from "../platform/browser/session.js";
import type { Reach } from "../platform/platform-access.js";
import type { Clock } from "../runtime/clock.js";
import { DyliveError } from "../runtime/errors.js";
import { WorkReader } from "../works/reader.js";
import { type Config, type Machine, readMachine } from "./config.js";

/** Returns the platform by the server's own way. @throws DyliveError bad_config */
export function platformOf({ upstream, proxy }: Pick<Config, "upstream" | "proxy">): Platform {
  return platformAt(upstream, proxy === null ? null : new ProxyServer(proxy));
}

/** Returns what gives the pictures of a stand-in for the platform, by host and path; null at the real one, whose pictures browsers load. */
export function pictureOf(config: Pick<Config, "upstream">): ((address: string, signal: AbortSignal) => Promise<Reply>) | null {
  const { upstream } = platformAt(config.upstream);
  return upstream === null ? null : (address, signal) => get(`${upstream}/@${address}`, {}, signal);
}

/** Ways to the platform, of rooms and of works. */
interface PlatformReach extends Reach {
  readonly accounts: AccountStore;
  readonly works: WorkVisitors;
}

/** Returns how the platform is reached by these settings; the caller closes its identities, and with them the browser. */
export function reachOf(config: Config, machine: Machine, clock: Clock): PlatformReach {
  const accounts = AccountStore.inside(config.data, clock);
  const browser = lazyBrowser(config, machine, clock, (account) => accounts.isCurrent(account));
  return {
    platform: platformOf(config),
    platformBy: (url) => platformAt(config.upstream, new ProxyServer(url)),
    identities: identitiesOf(config, browser),
    works: { visitWorks: async (request) => (await browser.open()).visitWorks(request) },
    accounts,
    account: config.account,
    source: config.source,
    userAgent: config.userAgent,
  };
}

/** Reaches the platform for a program that uses the library, by its options: closed when the work is done, whose errors name options. */
export async function withReach<T>(config: Config, clock: Clock, work: (reach: PlatformReach) => Promise<T>): Promise<T> {
  const reach = reachOf(config, readMachine(), clock);
  try {
    return await work(reach);
  } catch (error) {
    throw DyliveError.forProgram(error);
  } finally {
    await reach.identities.close();
  }
}

/** Returns a reader of works by these settings; the caller closes it before the browser. */
export function workReaderOf(
  { worksAccount, userAgent }: Pick<Config, "worksAccount" | "userAgent">,
  { platform, accounts, works }: Pick<PlatformReach, "platform" | "accounts" | "works">,
  clock: Clock,
): WorkReader {
  let held: { readonly savedAt: number | null; readonly visitor: WorkVisitor } | null = null;
  const accountNow = () => (worksAccount === GUEST ? null : accounts.get(worksAccount));
  const leave = () => {
    held?.visitor.release();
    held = null;
  };
  const visitor = async () => {
    const account = await Promise.resolve(accountNow()).catch((error: unknown) => {
      leave(); // it was forgotten
      throw error;
    });
    const savedAt = account?.savedAt ?? null;
    if (held !== null && held.savedAt !== savedAt) leave();
    held ??= { savedAt, visitor: await works.visitWorks({ account, proxy: platform.proxy }) };
    return held.visitor;
  };
  return new WorkReader({ visitor, platform, userAgent, clock, pauses: pausesAt(platform.upstream) });
}

/** Returns the URL of the HTTP service that signs by these settings; null is the browser. By default a stand-in's own signs. */
export function signerUrl({ signer, upstream, source }: Config): string | null {
  if (signer !== null) return signer === "browser" ? null : signer;
  return upstream === null || source === "browser" ? null : `${upstream.replace(/\/+$/, "")}/@signer/sign`;
}

/** Returns the source of the rooms' identities: the browser, or the signer that was named. The browser is closed with it in both cases. */
function identitiesOf(config: Config, { open, close }: LazyBrowser): PlatformIdentities {
  const signer = signerUrl(config);
  if (signer !== null) return { ...directIdentities({ signer: httpSigner(signer), userAgent: config.userAgent }), close };
  return { pages: true, take: async (request, signal) => (await open()).take(request, signal), close };
}

/** The browser, whose code is loaded when it is first wanted: mostly plain requests do. */
interface LazyBrowser {
  /** @throws DyliveError stopping */
  readonly open: () => Promise<BrowserSession>;
  readonly close: () => Promise<void>;
}

function lazyBrowser(
  { upstream, cdp, roomsPerContext, browser, data }: Config,
  machine: Machine,
  clock: Clock,
  isCurrent: (account: Account) => Promise<boolean>,
): LazyBrowser {
  const choose = () => (cdp === null ? { program: findBrowser(browser, machine.browsers), headless: true } : { cdp });
  let opened: Promise<BrowserSession> | null = null;
  let isClosed = false;
  const load = async () => {
    const { BrowserSession } = await import("../platform/browser/session.js");
    return new BrowserSession({ choose, clock, upstream, profile: join(resolve(data), "browser"), roomsPerContext, isCurrent });
  };
  return {
    open: async () => {
      if (isClosed) throw new DyliveError("stopping", "the browser is closed");
      opened ??= load();
      return opened;
    },
    close: async () => {
      isClosed = true;
      await (await opened)?.close();
    },
  };
}
