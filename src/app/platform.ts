import { join, resolve } from "node:path";
import { type Platform, platformAt } from "../platform/access/platform.js";
import { directIdentities, type PlatformIdentities } from "../platform/access/platform-identity.js";
import { ProxyServer } from "../platform/access/proxy.js";
import { httpSigner } from "../platform/access/signer.js";
import { AccountStore } from "../platform/accounts/login-store.js";
import { findBrowser } from "../platform/browser/find.js";
import type { Reach } from "../platform/platform-access.js";
import type { Clock } from "../runtime/clock.js";
import { DyliveError } from "../runtime/errors.js";
import type { Config, Machine } from "./config.js";

/** Returns the platform by the server's own way. @throws DyliveError bad_config */
export function platformOf({ upstream, proxy }: Pick<Config, "upstream" | "proxy">): Platform {
  return platformAt(upstream, proxy === null ? null : new ProxyServer(proxy));
}

/** Returns how the platform is reached by these settings; the caller closes its identities. */
export function reachOf(config: Config, machine: Machine, clock: Clock): Reach & { readonly accounts: AccountStore } {
  return {
    platform: platformOf(config),
    platformBy: (url) => platformAt(config.upstream, new ProxyServer(url)),
    identities: identitiesOf(config, machine, clock),
    accounts: AccountStore.inside(config.data, clock),
    account: config.account,
    source: config.source,
    userAgent: config.userAgent,
  };
}

/** Returns the URL of the HTTP service that signs by these settings; null is the browser. A stand-in's own signs unless told otherwise. */
export function signerUrl({ signer, upstream, source }: Config): string | null {
  if (signer !== null) return signer === "browser" ? null : signer;
  return upstream === null || source === "browser" ? null : `${upstream.replace(/\/+$/, "")}/@signer/sign`;
}

/** Returns the source of the rooms' identities: a browser, or the signer that was named. */
function identitiesOf(config: Config, machine: Machine, clock: Clock): PlatformIdentities {
  const { upstream, userAgent, cdp, roomsPerContext } = config;
  const signer = signerUrl(config);
  if (signer !== null) return directIdentities({ signer: httpSigner(signer), userAgent });
  const choose = () => (cdp === null ? { program: findBrowser(config.browser, machine.browsers), headless: true } : { cdp });
  return browserIdentities(async () => {
    const { BrowserSession } = await import("../platform/browser/session.js");
    return new BrowserSession({ choose, clock, upstream, profile: join(resolve(config.data), "browser"), roomsPerContext });
  });
}

/** Returns the identities of a browser, whose code is loaded when the first one is taken: mostly plain requests do. */
function browserIdentities(open: () => Promise<PlatformIdentities>): PlatformIdentities {
  let opened: Promise<PlatformIdentities> | null = null;
  let isClosed = false;
  return {
    pages: true,
    take: async (request, signal) => {
      if (isClosed) throw new DyliveError("stopping", "the browser is closed");
      opened ??= open();
      return (await opened).take(request, signal);
    },
    close: async () => {
      isClosed = true;
      await (await opened)?.close();
    },
  };
}
