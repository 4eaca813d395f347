import { lookup as systemLookup } from "node:dns";
import { isIP, type LookupFunction } from "node:net";
import { buildConnector } from "undici";
import type { AllowedHosts } from "./allowed-hosts.js";

/** Longest time for making a connection, TLS included, in ms. */
const CONNECT_MS = 10_000;

/** Error of a connection that was not made because of where it would have gone. */
class PrivateAddress extends Error {
  constructor(host: string, address: string) {
    super(
      host === address
        ? `${address} is a private address, which is not reached unless it is allowed`
        : `${host} is at the private address ${address}, which is not reached unless it is allowed`,
    );
    this.name = "PrivateAddress";
  }
}

/**
 * Connects to allowed addresses only. The address is judged when the connection is made, after the name was resolved: a name that leads
 * elsewhere than it did a moment ago gains nothing by it.
 * @param lookup how names are resolved; the system's way by default
 */
export function guardedConnector(allowed: AllowedHosts, lookup: LookupFunction = systemLookup): buildConnector.connector {
  const connect = buildConnector({ timeout: CONNECT_MS, lookup: guardedLookup(allowed, lookup) });
  return (options, done) => {
    const host = options.hostname.replace(/^\[|\]$/g, "");
    // Node asks no resolver for an address.
    if (isIP(host) !== 0 && !allowed.has(host)) done(new PrivateAddress(host, host), null);
    else connect(options, done);
  };
}

/** Connects to any address, for what an admin has named or allowed. */
export function openConnector(lookup: LookupFunction = systemLookup): buildConnector.connector {
  return buildConnector({ timeout: CONNECT_MS, lookup });
}

function guardedLookup(allowed: AllowedHosts, lookup: LookupFunction): LookupFunction {
  return (host, options, done) => {
    lookup(host, { ...options, all: true }, (error, found) => {
      if (error !== null) return done(error, []);
      const all = Array.isArray(found) ? found : [];
      const addresses = allowed.hasName(host) ? all : all.filter(({ address }) => allowed.has(address));
      const [first] = addresses;
      if (first === undefined) return done(new PrivateAddress(host, all[0]?.address ?? "no address"), []);
      if (options.all) done(null, addresses);
      else done(null, first.address, first.family);
    });
  };
}

/** Describes why a connection or an answer failed, in words fit to be shown. */
export function connectionFailure(error: unknown): string {
  for (let one: unknown = error, depth = 0; one instanceof Error && depth < 5; one = one.cause, depth++) {
    if (one instanceof PrivateAddress) return one.message;
    // Several addresses were tried: the first says enough.
    if (one instanceof AggregateError && one.errors[0] instanceof Error) return connectionFailure(one.errors[0]);
  }
  if (!(error instanceof Error)) return String(error).slice(0, 200);
  const code = (error as NodeJS.ErrnoException).code;
  const known = code === undefined ? undefined : WORDS[code];
  return (known ?? (code === undefined ? error.message : `${error.message} (${code})`)).toWellFormed().slice(0, 200);
}

const WORDS: Readonly<Record<string, string>> = {
  ECONNREFUSED: "nobody listens there (ECONNREFUSED)",
  ENOTFOUND: "there is no host of this name (ENOTFOUND)",
  EAI_AGAIN: "the name could not be resolved (EAI_AGAIN)",
  UND_ERR_CONNECT_TIMEOUT: "no connection in time",
  UND_ERR_SOCKET: "the connection broke off before the whole answer came",
  UND_ERR_ABORTED: "the answer broke off",
  ECONNRESET: "the connection broke off (ECONNRESET)",
};
