import { lookup as systemLookup } from "node:dns";
import { BlockList, isIP, isIPv4, isIPv6, type LookupFunction } from "node:net";
import { Agent, buildConnector } from "undici";
import { DyliveError } from "./errors.js";
import { msg } from "./msg.js";

/**
 * Networks of IPv4 that are not the public internet (IANA's special-purpose registry), and addresses where clouds answer with secrets to
 * anyone who asks.
 */
const SPECIAL_V4 = [
  "0.0.0.0/8", // this network
  "10.0.0.0/8", // private
  "100.64.0.0/10", // shared by carriers (CGNAT); 100.100.100.200 is Alibaba's metadata
  "127.0.0.0/8", // loopback
  "168.63.129.16/32", // Azure's own service in each machine
  "169.254.0.0/16", // link-local; 169.254.169.254 is most clouds' metadata
  "172.16.0.0/12", // private
  "192.0.0.0/24", // protocol assignments; 192.0.0.192 is Oracle's metadata
  "192.0.2.0/24", // documentation
  "192.88.99.0/24", // 6to4 relays
  "192.168.0.0/16", // private
  "198.18.0.0/15", // benchmarks
  "198.51.100.0/24", // documentation
  "203.0.113.0/24", // documentation
  "224.0.0.0/4", // multicast
  "240.0.0.0/4", // reserved, broadcast
];
/** Networks of IPv6's public internet, 2000::/3, that are left out: tunnels that may end anywhere, documentation. */
const SPECIAL_V6 = ["2001::/23", "2001:db8::/32", "2002::/16", "3fff::/20"];
const PUBLIC_V6 = ["2000::/3"];
/** Networks of IPv6 that hold an IPv4 address: mapped, and translated by a gateway of an IPv6-only network. */
const V4_INSIDE = ["::ffff:0:0/96", "64:ff9b::/96"];

const special = networks(SPECIAL_V4);
const specialV6 = networks(SPECIAL_V6);
const publicV6 = networks(PUBLIC_V6);
const v4Inside = networks(V4_INSIDE);

/** Whether an IP address is one of the public internet, and not of this machine, its network or its cloud. */
export function isPublic(address: string): boolean {
  const plain = address.replace(/%.*$/, "");
  if (isIPv4(plain)) return !special.check(plain, "ipv4");
  if (!isIPv6(plain)) return false;
  if (v4Inside.check(plain, "ipv6")) return !special.check(v4Of(plain), "ipv4");
  return publicV6.check(plain, "ipv6") && !specialV6.check(plain, "ipv6");
}

/** List of addresses that may be reached beside the public ones: names, addresses and networks that the operator named. */
export class AllowedHosts {
  readonly #names = new Set<string>();
  readonly #networks = new BlockList();

  /**
   * @param list such as `receiver.lan, 10.1.0.0/16, ::1`; null for none
   * @param setting where it comes from, for the error
   * @throws DyliveError bad_config
   */
  constructor(list: string | null, setting = "the allowed hosts") {
    for (const entry of (list ?? "").split(",").map((one) => one.trim().toLowerCase())) {
      if (entry === "") continue;
      if (/^[a-z0-9._-]+$/.test(entry) && isIP(entry) === 0) this.#names.add(entry);
      else addNetwork(this.#networks, entry, setting);
    }
  }

  /** Whether a host may be reached whatever its address is. */
  hasName(host: string): boolean {
    return this.#names.has(host.toLowerCase());
  }

  /** Whether an IP address may be reached. */
  has(address: string): boolean {
    const plain = address.replace(/%.*$/, "");
    const family = isIP(plain);
    if (family === 0) return false;
    return isPublic(plain) || this.#networks.check(plain, family === 4 ? "ipv4" : "ipv6");
  }
}

function networks(list: readonly string[]): BlockList {
  const made = new BlockList();
  for (const entry of list) addNetwork(made, entry, "the table of networks");
  return made;
}

function addNetwork(list: BlockList, entry: string, setting: string): void {
  const [address = "", bits] = entry.split("/");
  const family = isIP(address);
  const most = family === 4 ? 32 : 128;
  const length = bits === undefined ? most : Number(bits);
  if (family === 0 || !/^\d{1,3}$/.test(bits ?? "0") || length > most)
    throw new DyliveError("bad_config", msg`${setting}: ${JSON.stringify(entry.slice(0, 80))} is no host name, address or network`);
  list.addSubnet(address, length, family === 4 ? "ipv4" : "ipv6");
}

/** Returns the last 32 bits of an IPv6 address as IPv4. */
function v4Of(address: string): string {
  const dotted = /(\d+\.\d+\.\d+\.\d+)$/.exec(address)?.[1];
  if (dotted !== undefined) return dotted;
  const [, high = "0", low = "0"] = /([0-9a-f]*):([0-9a-f]*)$/i.exec(address) ?? [];
  const bits = Number.parseInt(high || "0", 16) * 65_536 + Number.parseInt(low || "0", 16);
  return [24, 16, 8, 0].map((shift) => Math.floor(bits / 2 ** shift) % 256).join(".");
}

/** undici's parser of a socket's answers, by its symbol there (`lib/dispatcher/client-h1.js`). */
interface Parser {
  paused: boolean;
  /** Goes on with what came; does nothing on a socket that is destroyed. */
  resume(): void;
  /** The parser in WebAssembly, and which of its own this one is; null when it is over. */
  readonly ptr: number | null;
  readonly llhttp: { llhttp_resume(ptr: number): void };
}

/** Most times that a parser is asked to go on: it stands again after each piece that is not read. */
const MOST_TRIES = 3;

/**
 * Makes the sockets of a connector fit for servers that close them while no answer is read: when an answer waits to be read, undici up to 7.30 and
 * 6.29 ends the process with an assertion that cannot be caught (nodejs/undici#5360; mended in 8 alone, which needs Node 22).
 */
export function steady(connect: buildConnector.connector): buildConnector.connector {
  return (options, done) =>
    connect(options, (...made) => {
      const [, socket] = made;
      // Before undici listens: what waits goes on to its reader first, and what is over waits no more.
      for (const event of ["end", "error", "close"]) socket?.on(event, () => goOn(socket, event === "end"));
      done(...made);
    });
}

/** @param isEnd whether all that was sent has come: what has no length is whole then */
function goOn(socket: object, isEnd: boolean): void {
  const symbol = Object.getOwnPropertySymbols(socket).find(({ description }) => description === "parser");
  const parser = symbol === undefined ? undefined : (socket as Record<symbol, Parser | null>)[symbol];
  if (parser == null) return;
  for (let tries = 0; parser.paused && tries < MOST_TRIES; tries++) parser.resume();
  if (parser.paused && isEnd && parser.ptr !== null) parser.llhttp.llhttp_resume(parser.ptr);
  parser.paused = false;
}

/** Agent of requests to what the operator named, or the platform, without a proxy. */
export const httpAgent = new Agent({ connect: steady(buildConnector({})) });

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
  const connect = steady(buildConnector({ timeout: CONNECT_MS, lookup: guardedLookup(allowed, lookup) }));
  return (options, done) => {
    const host = options.hostname.replace(/^\[|\]$/g, "");
    // Node asks no resolver for an address.
    if (isIP(host) !== 0 && !allowed.has(host)) done(new PrivateAddress(host, host), null);
    else connect(options, done);
  };
}

/** Connects to any address, for what an admin has named or allowed. */
export function openConnector(lookup: LookupFunction = systemLookup): buildConnector.connector {
  return steady(buildConnector({ timeout: CONNECT_MS, lookup }));
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
  ECONNREFUSED: "no program listens there (ECONNREFUSED)",
  ENOTFOUND: "there is no host of this name (ENOTFOUND)",
  EAI_AGAIN: "the name could not be resolved (EAI_AGAIN)",
  UND_ERR_CONNECT_TIMEOUT: "no connection in time",
  UND_ERR_SOCKET: "the connection broke off before the whole answer came",
  UND_ERR_ABORTED: "the answer broke off",
  ECONNRESET: "the connection broke off (ECONNRESET)",
};
