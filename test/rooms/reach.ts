import { DyliveError } from "../../src/errors.js";
import type { Accounts, Reach } from "../../src/rooms/place.js";
import { platformAt } from "../../src/sources/platform.js";
import { ProxyServer } from "../../src/sources/proxy.js";
import { directSeats } from "../../src/sources/seat.js";
import { httpSigner } from "../../src/sources/signer.js";

const USER_AGENT = "Mozilla/5.0 (test)";

/** Of somebody who has none. */
export const NO_ACCOUNTS: Accounts = {
  get: (name) => Promise.reject(new DyliveError("not_found", `there is no account ${JSON.stringify(name)}`)),
  noteReading: () => {},
};

/** A simulator as rooms reach it, with its own signer and without a browser. */
export function reachAt(url: string): Reach {
  return {
    platform: platformAt(url),
    platformBy: (proxyUrl) => platformAt(url, new ProxyServer(proxyUrl)),
    seats: directSeats({ signer: httpSigner(`${url}/@signer/sign`), userAgent: USER_AGENT }),
    accounts: NO_ACCOUNTS,
    account: "default",
    source: "websocket",
    userAgent: USER_AGENT,
  };
}
