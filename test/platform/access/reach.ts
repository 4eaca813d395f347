import { platformAt } from "../../../src/platform/access/platform.js";
import { directIdentities } from "../../../src/platform/access/platform-identity.js";
import { ProxyServer } from "../../../src/platform/access/proxy.js";
import { httpSigner } from "../../../src/platform/access/push.js";
import type { Reach } from "../../../src/platform/platform-access.js";
import { DyliveError } from "../../../src/runtime/errors.js";

const USER_AGENT = "Mozilla/5.0 (test)";

/** Of somebody who has none. */
export const NO_ACCOUNTS: Reach["accounts"] = {
  get: (name) => Promise.reject(new DyliveError("not_found", `there is no account ${JSON.stringify(name)}`)),
  hasLapsed: () => false,
  noteReading: () => {},
};

/** A simulator as rooms reach it, with its own signer and without a browser. */
export function reachAt(url: string): Reach {
  return {
    platform: platformAt(url),
    platformBy: (proxyUrl) => platformAt(url, new ProxyServer(proxyUrl)),
    identities: directIdentities({ signer: httpSigner(`${url}/@signer/sign`), userAgent: USER_AGENT }),
    accounts: NO_ACCOUNTS,
    account: "default",
    source: "websocket",
    userAgent: USER_AGENT,
  };
}
